//! Secrets that a controller copies to other namespaces: what asks for a copy, and what the source allows. Both known
//! controllers are told by annotations.

use super::hints::Hints;
use super::{Made, Maker};
use crate::graph::Graph;
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;
use foldhash::HashMap;
use regex::Regex;

/// The controller that copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copier {
    /// kubernetes-replicator.
    Replicator,
    /// reflector.
    Reflector,
}

const REPLICATOR: &str = "replicator.v1.mittwald.de/";
const REFLECTOR: &str = "reflector.v1.k8s.emberstack.com/";

impl Copier {
    /// The annotation of a source that allows copies at all.
    pub fn allows(self) -> &'static str {
        match self {
            Copier::Replicator => "replicator.v1.mittwald.de/replication-allowed",
            Copier::Reflector => "reflector.v1.k8s.emberstack.com/reflection-allowed",
        }
    }

    /// The annotation of a source that says to which namespaces.
    pub fn namespaces(self) -> &'static str {
        match self {
            Copier::Replicator => "replicator.v1.mittwald.de/replication-allowed-namespaces",
            Copier::Reflector => "reflector.v1.k8s.emberstack.com/reflection-allowed-namespaces",
        }
    }
}

/// A Secret that asks to be filled with another one.
#[derive(Clone, Copy, Debug)]
pub struct Copy<'w> {
    /// The Secret that asks.
    pub by: &'w Resource<'w>,
    /// The annotation that names the source.
    pub at: Value<'w>,
    /// Namespace and name of the source, if they are known.
    pub source: Option<(&'w str, &'w str)>,
    /// Who copies.
    pub copier: Copier,
}

impl<'w> Copy<'w> {
    /// What `resource` asks for, if it is such a Secret.
    pub fn of(resource: &'w Resource<'w>) -> Option<Copy<'w>> {
        let annotations = resource.at(&["metadata", "annotations"]).filter(|_| resource.is("", "Secret"))?;
        let asked = |prefix: &str, name: &str| annotations.get(&format!("{prefix}{name}"));
        let (at, copier) = match asked(REPLICATOR, "replicate-from") {
            Some(at) => (at, Copier::Replicator),
            None => (asked(REFLECTOR, "reflects")?, Copier::Reflector),
        };
        let source = at.known().and_then(|text| text.split_once('/'));
        Some(Copy { by: resource, at, source, copier })
    }
}

/// Whether a source lets itself be copied to a namespace.
#[derive(Clone, Debug)]
pub enum Permission<'w> {
    /// It does.
    Given,
    /// It does not: this annotation says so, or none says that it does.
    Refused(Option<Value<'w>>),
    /// Nobody can tell, and why.
    Unknown(String),
}

/// A way by which a Secret may leave its namespace.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'w> {
    /// The annotation that opens it.
    pub at: Value<'w>,
    /// Its key.
    pub key: &'w str,
    /// Where to.
    pub to: Openness<'w>,
}

/// Where a Secret may be copied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness<'w> {
    /// To every namespace.
    Everywhere,
    /// To those that a list of names and patterns says.
    Listed(&'w str),
    /// To some that nobody can tell.
    Somewhere,
}

/// Patterns of namespaces, compiled once each.
#[derive(Debug, Default)]
pub struct Patterns {
    compiled: HashMap<String, Option<Regex>>,
}

impl Patterns {
    /// Whether one of a list of patterns means `namespace`; none where one of them cannot be read.
    pub fn matches(&mut self, list: &str, namespace: &str) -> Option<bool> {
        let mut readable = true;
        for pattern in list.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()) {
            if is_literal(pattern) {
                if pattern == namespace {
                    return Some(true);
                }
                continue;
            }
            let compiled = self
                .compiled
                .entry(pattern.to_owned())
                .or_insert_with_key(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok());
            match compiled {
                Some(pattern) if pattern.is_match(namespace) => return Some(true),
                Some(_) => {}
                None => readable = false,
            }
        }
        readable.then_some(false)
    }
}

fn is_literal(pattern: &str) -> bool {
    pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether a list means every namespace there is.
fn is_everything(list: &str) -> bool {
    list.split(',').map(str::trim).any(|pattern| matches!(pattern, "*" | ".*" | ".+" | "^.*$"))
}

/// Where a list of namespaces leads to.
fn to<'w>(list: Value<'w>) -> Openness<'w> {
    match list.raw().unwrap_or_default() {
        _ if list.unknown().is_some() => Openness::Somewhere,
        text if is_everything(text) => Openness::Everywhere,
        text => Openness::Listed(text),
    }
}

impl<'w> Made<'w> {
    /// Whether `copier` may copy it to `namespace`.
    pub fn permission(&self, copier: Copier, namespace: &str, patterns: &mut Patterns) -> Permission<'w> {
        if self.namespace.known() == Some(namespace) {
            return Permission::Given;
        }
        let allows = self.annotation(copier.allows());
        let list = self.annotation(copier.namespaces());
        if let Some(reason) = [allows, list].into_iter().flatten().find_map(Value::unknown) {
            return Permission::Unknown(reason);
        }
        let refused = |at: Option<Value<'w>>| match (at, self.hides_annotations()) {
            (None, Some(reason)) => Permission::Unknown(reason),
            (at, _) => Permission::Refused(at),
        };
        match allows.map(|value| value.raw().unwrap_or_default()) {
            Some("true") => {}
            _ => return refused(allows),
        }
        match list.and_then(Value::raw) {
            Some("") | None if copier == Copier::Reflector => Permission::Given,
            None => refused(None),
            Some(text) => match patterns.matches(text, namespace) {
                Some(true) => Permission::Given,
                Some(false) => refused(list),
                None => Permission::Unknown(format!("`{text}` is no list of patterns that can be read here")),
            },
        }
    }

    /// The ways by which it may leave its namespace, as its annotations say.
    pub fn offers(&self) -> Vec<Offer<'w>> {
        let mut offers: Vec<Offer<'w>> = Vec::new();
        for (key, at) in self.annotations.iter().flat_map(|annotations| annotations.entries()) {
            let text = at.raw().unwrap_or_default();
            let name = |prefix: &str| key.strip_prefix(prefix);
            let offer = match (name(REPLICATOR), name(REFLECTOR)) {
                (Some("replicate-to"), _) if !text.is_empty() => Some((at, to(at))),
                (Some("replicate-to-matching"), _) => Some((at, Openness::Somewhere)),
                // Without a list of namespaces no copy is made.
                (Some("replication-allowed"), _) if text == "true" => self
                    .annotation(Copier::Replicator.namespaces())
                    .filter(|list| list.raw() != Some(""))
                    .map(|list| (if to(list) == Openness::Everywhere { list } else { at }, to(list))),
                (_, Some("reflection-allowed")) if text == "true" => {
                    Some(match self.annotation(Copier::Reflector.namespaces()).filter(|list| list.raw() != Some("")) {
                        Some(list) => (at, to(list)),
                        None => (at, Openness::Everywhere),
                    })
                }
                _ if key == "kubed.appscode.com/sync" => {
                    Some((at, if text.is_empty() { Openness::Everywhere } else { Openness::Somewhere }))
                }
                _ => None,
            };
            if let Some((at, to)) = offer {
                offers.push(Offer { at, key, to });
            }
        }
        // A list that holds nothing but its own namespace opens nothing.
        let own = self.namespace.known();
        offers.retain(|offer| !matches!(offer.to, Openness::Listed(list) if Some(list.trim()) == own));
        offers
    }
}

/// Enters the copies that Secrets are pushed to.
pub(super) fn push<'w>(graph: &Graph<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let mut patterns = Patterns::default();
    let mut copies = Vec::new();
    for one in made.iter().filter(|one| !one.annotations.is_empty()) {
        for offer in one.offers() {
            let pushes = offer.key.contains("replicate-to")
                || offer.key.starts_with("kubed.")
                || one.annotation("reflector.v1.k8s.emberstack.com/reflection-auto-enabled").is_some();
            if !pushes {
                continue;
            }
            let listed = match offer.to {
                Openness::Listed(list) => list,
                Openness::Everywhere | Openness::Somewhere => "",
            };
            let literal = !listed.is_empty() && listed.split(',').map(str::trim).all(is_literal);
            if !literal {
                let any = Namespace::Unknown(format!("{} is copied to other namespaces", one.by.title()));
                hints.unnamed(one.by, any, &one.name, false);
            }
            let spaces = graph.of_kind("", "Namespace").iter().filter_map(|space| space.name());
            let named = listed.split(',').map(str::trim).filter(|name| !name.is_empty() && is_literal(name));
            let matching: Vec<&'w str> = match literal {
                true => named.collect(),
                false => spaces.filter(|space| patterns.matches(listed, space) == Some(true)).collect(),
            };
            for namespace in matching.into_iter().filter(|name| one.namespace.known() != Some(name)) {
                copies.push(Made {
                    namespace: Namespace::Known(namespace),
                    maker: Maker::Pushed,
                    annotations: Vec::new(),
                    ..one.clone()
                });
            }
        }
    }
    made.extend(copies);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_listed_by_name_and_pattern() {
        let mut patterns = Patterns::default();
        for (list, namespace, expected) in [
            ("shop", "shop", Some(true)),
            ("shop,ledger", "ledger", Some(true)),
            ("shop, ledger", "ledger", Some(true)),
            ("shop", "shop-test", Some(false)),
            ("shop-[0-9]+", "shop-12", Some(true)),
            ("shop-[0-9]+", "my-shop-12", Some(false)),
            (".*", "shop", Some(true)),
            ("*", "shop", None),
            ("*,shop", "shop", Some(true)),
            ("", "shop", Some(false)),
        ] {
            assert_eq!(patterns.matches(list, namespace), expected, "{list} {namespace}");
        }
    }

    #[test]
    fn some_lists_mean_everything() {
        for (list, everything) in [("*", true), (".*", true), ("a,.*", true), ("a.*", false), ("a", false)] {
            assert_eq!(is_everything(list), everything, "{list}");
        }
    }
}
