//! The Secrets of a contract: those beside the clusters, those that may be copied from where they are, and those that the
//! platform brings to the namespaces of others.

use super::collect::Target;
use super::model::SecretOffer;
use super::places::{Key, Places};
use crate::graph::cnpg;
use crate::graph::secrets::{Made, Maker, Secrets};
use crate::manifest::Namespace;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What a platform brings.
#[derive(Default)]
pub(super) struct Delivered {
    all: BTreeMap<(String, String), Known>,
    incomplete: Option<String>,
}

#[derive(Default)]
struct Known {
    keys: BTreeSet<String>,
    more: bool,
    own: bool,
    anywhere: bool,
}

impl Delivered {
    /// Enters what one target brings. `holding` are the namespaces of the clusters.
    pub(super) fn read(&mut self, target: &Target<'_, '_>, holding: &BTreeSet<String>, places: &mut Places) {
        let used: HashSet<(&str, &str)> =
            target.secrets.uses().iter().filter_map(|one| Some((one.namespace.known()?, one.name.known()?))).collect();
        for made in target.secrets.made() {
            let Some(namespace) = made.namespace.known().filter(|name| is_offered(made, name, holding)) else {
                continue;
            };
            let is_own = used.contains(&(namespace, &*made.name));
            self.one(made, namespace, is_own, target.secrets, places);
        }
        for (by, namespace, name) in target.secrets.loose() {
            match (name, namespace) {
                (Some(name), _) => {
                    let known = self.all.entry((String::new(), name.to_owned())).or_default();
                    (known.more, known.anywhere) = (true, true);
                    places.put(Key::Secret(format!("/{name}")), by.headline().span());
                }
                (None, Namespace::Known(own)) if !holding.contains(*own) => {}
                (None, _) => {
                    self.incomplete
                        .get_or_insert_with(|| format!("a name that {} makes is not known in full", by.title()));
                }
            }
        }
        let open = holding.iter().find_map(|name| target.graph.opened(&Namespace::Known(name)));
        if let Some(reason) = open.filter(|_| self.incomplete.is_none()) {
            self.incomplete = Some(reason.to_owned());
        }
    }

    fn one(&mut self, made: &Made<'_>, namespace: &str, own: bool, secrets: &Secrets<'_>, places: &mut Places) {
        let known = self.all.entry((namespace.to_owned(), made.name.to_string())).or_default();
        known.keys.extend(made.keys.known().map(str::to_owned));
        known.more |= secrets.may_have_others(made);
        known.own |= own;
        places.put(Key::Secret(format!("{namespace}/{}", made.name)), made.by.headline().span());
    }

    /// The Secrets, and why there may be others.
    pub(super) fn finish(self) -> (Vec<SecretOffer>, Option<String>) {
        let all = self.all.into_iter().map(|((namespace, name), known)| SecretOffer {
            namespace,
            name,
            keys: known.keys.into_iter().collect(),
            more_keys: known.more,
            own: known.own,
            anywhere: known.anywhere,
        });
        (all.collect(), self.incomplete)
    }
}

/// Whether apps may see it: beside a cluster, open for copies, or brought to another namespace than that of its maker.
fn is_offered(made: &Made<'_>, namespace: &str, holding: &BTreeSet<String>) -> bool {
    let is_inner = made.by.group == cnpg::GROUP && !made.name.ends_with("-app");
    made.maker != Maker::Adds
        && made.doubt.is_none()
        && !is_inner
        && (holding.contains(namespace)
            || !made.offers().is_empty()
            || made.by.namespace.known().is_some_and(|home| home != namespace)
            || made.by.namespace == Namespace::None)
}
