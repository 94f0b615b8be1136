//! The Secrets of a contract: all that the platform makes, wherever it does, and where there may be others.

use super::collect::Target;
use super::model::SecretOffer;
use super::places::{Key, Places};
use crate::graph::cnpg;
use crate::graph::secrets::{Made, Maker, Secrets};
use crate::manifest::Namespace;
use foldhash::HashSet;
use std::collections::{BTreeMap, BTreeSet};

/// What a platform brings.
#[derive(Default)]
pub(super) struct Delivered {
    all: BTreeMap<(String, String), Known>,
    incomplete: Option<String>,
    /// Namespaces in which there may be others, and why.
    gaps: BTreeMap<String, String>,
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
            let Some(namespace) = made.namespace.known().filter(|_| is_offered(made)) else { continue };
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
                (None, place) => {
                    let reason = format!("a name that {} makes is not known in full", by.title());
                    match place.known().filter(|name| !holding.contains(*name)) {
                        Some(name) => self.gap(name, &reason),
                        None => self.incomplete = self.incomplete.take().or(Some(reason)),
                    }
                }
            }
        }
        let open = holding.iter().find_map(|name| target.graph.opened(&Namespace::Known(name)));
        let open = open.map(str::to_owned).or_else(|| target.secrets.open_reason());
        self.incomplete = self.incomplete.take().or(open);
        for (name, reason) in target.graph.open_namespaces().filter(|(name, _)| !holding.contains(*name)) {
            self.gap(name, reason);
        }
        for (name, by) in target.secrets.strangers().into_iter().filter(|(name, _)| !holding.contains(*name)) {
            self.gap(name, &format!("{} may make Secrets", by.title()));
        }
    }

    fn gap(&mut self, namespace: &str, reason: &str) {
        if !self.gaps.contains_key(namespace) {
            self.gaps.insert(namespace.to_owned(), reason.to_owned());
        }
    }

    fn one(&mut self, made: &Made<'_>, namespace: &str, own: bool, secrets: &Secrets<'_>, places: &mut Places) {
        let known = self.all.entry((namespace.to_owned(), made.name.to_string())).or_default();
        known.keys.extend(made.keys.known().map(str::to_owned));
        known.more |= secrets.may_have_others(made);
        known.own |= own;
        places.put(Key::Secret(format!("{namespace}/{}", made.name)), made.by.headline().span());
    }

    /// Namespaces in which there may be Secrets that are not listed, and why.
    pub(super) fn take_gaps(&mut self) -> BTreeMap<String, String> {
        std::mem::take(&mut self.gaps)
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

/// Whether apps may find it: wherever the platform writes a Secret, an app may live. What the operator keeps to itself
/// is none of them.
fn is_offered(made: &Made<'_>) -> bool {
    let is_inner = made.by.group == cnpg::GROUP && !made.name.ends_with("-app");
    made.maker != Maker::Adds && made.doubt.is_none() && !is_inner
}
