//! Which Secrets a target has, who makes each and with which keys, and who uses them. What is missing is not
//! judged here.

mod certificates;
mod copies;
mod database;
mod external;
mod hints;
mod keys;
mod operators;
mod pods;
mod uses;
mod written;

use super::Graph;
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};
use std::borrow::Cow;

pub use copies::{Copier, Copy, Offer, Openness, Patterns, Permission};
pub use database::{Unmade, unmade};
pub use hints::may_be_name;
pub use keys::Keys;
pub use uses::{Class, Login, LoginKind, Use};

use hints::Hints;

/// What makes a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// It is written in the repo, readable or encrypted.
    Written,
    /// A controller makes it from an object that is written for this purpose: ExternalSecret, SealedSecret, Certificate
    /// ...
    Controller,
    /// An operator makes it beside an object that is there for something else.
    Operator,
    /// It is a copy that a Secret of another namespace is pushed to.
    Pushed,
    /// It adds keys to a Secret that something else has to make.
    Adds,
}

/// A Secret that something in the target makes.
#[derive(Clone, Debug)]
pub struct Made<'w> {
    /// Its name.
    pub name: Cow<'w, str>,
    /// Its namespace.
    pub namespace: Namespace<'w>,
    /// The object that makes it, or that it is.
    pub by: &'w Resource<'w>,
    /// Where its name is written, or that of its maker.
    pub at: Value<'w>,
    /// What makes it.
    pub maker: Maker,
    /// The keys it has.
    pub keys: Keys<'w>,
    /// Why it may not be there all the same, if so.
    pub doubt: Option<String>,
    /// Mappings of annotations that it carries.
    pub annotations: Vec<Value<'w>>,
}

/// The answer to a question for a Secret.
#[derive(Debug)]
pub enum Found<'s, 'w> {
    /// Something makes it; more than one where several objects do.
    Made(Vec<&'s Made<'w>>),
    /// Nothing that is seen makes it. Whether that is all there is, the openings of the target say.
    Unseen,
    /// Something may make it, and what.
    Unknown(String),
}

/// The Secrets of one target.
#[derive(Debug)]
pub struct Secrets<'w> {
    made: Vec<Made<'w>>,
    by_name: HashMap<String, Vec<usize>>,
    /// By namespace; those whose namespace is not known by name stand under the empty one.
    by_namespace: HashMap<String, Vec<usize>>,
    hints: Hints<'w>,
    uses: Vec<Use<'w>>,
}

impl<'w> Secrets<'w> {
    /// Looks at every object of `graph` once. `operator` is the version of the database operator, as `major.minor`.
    pub fn new(graph: &Graph<'w>, operator: &str) -> Secrets<'w> {
        let mut made = Vec::new();
        let mut hints = Hints::default();
        let mut uses = Vec::new();
        for resource in graph.resources().iter().copied().filter(|resource| resource.whole) {
            let before = made.len();
            written::add(resource, &mut made, &mut hints);
            external::add(graph, resource, &mut made, &mut hints);
            certificates::add(resource, &mut made, &mut hints);
            operators::add(resource, &mut made, &mut hints);
            database::add(resource, operator, &mut made, &mut hints);
            hints.look_at(resource, made.len() > before && !operators::is_guess(resource));
            uses::add(resource, &mut uses);
        }
        copies::push(graph, &mut made, &mut hints);
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_namespace: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, one) in made.iter().enumerate() {
            by_name.entry(one.name.to_string()).or_default().push(at);
            by_namespace.entry(one.namespace.known().unwrap_or_default().to_owned()).or_default().push(at);
        }
        Secrets { made, by_name, by_namespace, hints, uses }
    }

    /// Every Secret that something makes, in the order of the objects.
    pub fn made(&self) -> &[Made<'w>] {
        &self.made
    }

    /// Every place that names a Secret, in the order of the objects.
    pub fn uses(&self) -> &[Use<'w>] {
        &self.uses
    }

    /// Who makes the Secret `name` of `namespace`.
    pub fn find(&self, namespace: &Namespace<'_>, name: &str) -> Found<'_, 'w> {
        let named: Vec<&Made<'w>> = self.by_name.get(name).into_iter().flatten().map(|at| &self.made[*at]).collect();
        let same: Vec<&Made<'w>> = named.iter().copied().filter(|one| one.namespace.is_same(namespace)).collect();
        if same.iter().any(|one| one.doubt.is_none() && one.maker != Maker::Adds) {
            return Found::Made(same);
        }
        if let Some(doubt) = same.iter().find_map(|one| one.doubt.clone()) {
            return Found::Unknown(doubt);
        }
        if let Some(near) = named.iter().find(|one| one.namespace.may_be(namespace) && one.maker != Maker::Adds) {
            return Found::Unknown(format!("whether {} is in the same namespace is not known", near.by.title()));
        }
        match self.hints.of(namespace, name) {
            Some(reason) => Found::Unknown(reason),
            None => Found::Unseen,
        }
    }

    /// Whether a Secret has a key; none where nobody can tell. A copy has what its source has.
    pub fn has_key(&self, made: &Made<'w>, key: &str) -> Option<bool> {
        let known = made.keys.has(key).filter(|has| *has || !self.hints.is_scripted(&made.name));
        let copy = Copy::of(made.by).filter(|_| known.is_none() && made.maker == Maker::Written);
        let Some((namespace, name)) = copy.and_then(|copy| copy.source) else { return known };
        match self.find(&Namespace::Known(namespace), name) {
            Found::Made(sources) if sources.iter().all(|source| source.keys.has(key) == Some(false)) => Some(false),
            Found::Made(sources) if sources.iter().any(|source| source.keys.has(key) == Some(true)) => Some(true),
            _ => None,
        }
    }

    /// Whether it may have keys that are not known.
    pub fn may_have_others(&self, made: &Made<'w>) -> bool {
        made.keys.gap().is_some() || self.hints.is_scripted(&made.name)
    }

    /// Objects that make Secrets whose name or namespace is not known in full: the object, the namespace as far as it
    /// is known, and the name where it is known.
    pub fn loose(&self) -> impl Iterator<Item = (&'w Resource<'w>, &Namespace<'w>, Option<&str>)> {
        self.hints.unnamed_ones()
    }

    /// Why there may be Secrets of any name in any namespace, if so: a policy or a script makes them.
    pub fn open_reason(&self) -> Option<String> {
        self.hints.open_reason()
    }

    /// Objects of which nobody told us what they make, by the namespace that they are in.
    pub fn strangers(&self) -> Vec<(&str, &'w Resource<'w>)> {
        self.hints.strangers()
    }

    /// Secrets of that name in other namespaces.
    pub fn elsewhere(&self, namespace: &Namespace<'_>, name: &str) -> Vec<&Made<'w>> {
        let named = self.by_name.get(name).into_iter().flatten().map(|at| &self.made[*at]);
        named.filter(|one| !one.namespace.may_be(namespace) && one.maker != Maker::Adds).collect()
    }

    /// Secrets that are surely in `namespace`.
    pub fn within(&self, namespace: &Namespace<'_>) -> impl Iterator<Item = &Made<'w>> {
        let at = self.by_namespace.get(namespace.known().unwrap_or_default());
        let own = at.into_iter().flatten().map(|at| &self.made[*at]);
        own.filter(move |one| one.namespace.is_same(namespace) && one.maker != Maker::Adds)
    }
}

/// Kinds whose objects are there to make Secrets, beside those of [`operators`].
const MAKERS: &[(&str, &str)] = &[
    ("external-secrets.io", "ExternalSecret"),
    ("external-secrets.io", "ClusterExternalSecret"),
    ("external-secrets.io", "PushSecret"),
    ("bitnami.com", "SealedSecret"),
    ("isindir.github.com", "SopsSecret"),
    ("addons.projectcapsule.dev", "SopsSecret"),
    ("addons.projectcapsule.dev", "GlobalSopsSecret"),
    ("cert-manager.io", "Certificate"),
];

/// Whether an object is there to make Secrets.
pub fn is_maker(resource: &Resource<'_>) -> bool {
    MAKERS.contains(&(resource.group, resource.kind)) || operators::is_maker(resource)
}

impl<'w> Made<'w> {
    /// An annotation that the Secret carries.
    pub fn annotation(&self, key: &str) -> Option<Value<'w>> {
        self.annotations.iter().find_map(|annotations| annotations.get(key))
    }

    /// Why it may carry annotations that are not seen, if so.
    pub fn hides_annotations(&self) -> Option<String> {
        match self.maker {
            Maker::Written | Maker::Controller => self.by.may_be_completed().map(str::to_owned),
            Maker::Operator | Maker::Pushed | Maker::Adds => {
                Some(format!("what {} puts on its Secret is not seen", self.by.title()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
