//! Which namespaces policies let in to a database, as far as a list can say it.

use super::model::ClientRule;
use crate::manifest::Resource;
use crate::reach::connections::{Connections, Grant};
use crate::reach::{Direction, POSTGRES_PORT};
use crate::source::Span;
use kube_core::Expression;
use std::collections::BTreeSet;

/// The rule for the pods of `resource`, a Cluster or a Pooler, and where it is written; none where nothing limits who
/// reaches them. The namespaces of operators, `homes`, are no clients.
pub(super) fn rule<'w>(
    resource: &'w Resource<'w>,
    connections: &Connections<'w>,
    homes: &BTreeSet<String>,
) -> Option<(ClientRule, Option<Span>)> {
    let party = connections.parties().iter().position(|party| std::ptr::eq(party.resource, resource))?;
    if !connections.is_isolated(party, Direction::Ingress) {
        return None;
    }
    let mut rule = ClientRule::default();
    let (mut by_label, mut by_name) = (None, None);
    for grant in connections.grants(party, POSTGRES_PORT) {
        if let Some((key, value, span)) = label(&grant) {
            rule.others |= rule.labels.get(&key).is_some_and(|known| *known != value);
            rule.labels.entry(key).or_insert(value);
            by_label = by_label.or(Some(span));
            continue;
        }
        match grant.who.named_places() {
            Some(places) if grant.sure => {
                by_name = by_name.or_else(|| Some(grant.rule.key_or_span()));
                rule.namespaces.extend(places.into_iter().filter(|place| !homes.contains(*place)).map(str::to_owned));
            }
            _ => rule.others = true,
        }
    }
    rule.namespaces.sort();
    rule.namespaces.dedup();
    Some((rule, by_label.or(by_name)))
}

/// The one label with one value that a namespace opts in by.
fn label(grant: &Grant<'_, '_>) -> Option<(String, String, Span)> {
    let asked = grant.who.opt_in();
    let [(key, requirement)] = asked.as_slice() else { return None };
    let Expression::Equal(_, value) = &requirement.expression else { return None };
    let known = grant.sure && requirement.doubt.is_none();
    known.then(|| ((*key).to_owned(), value.clone(), requirement.value.span()))
}
