//! How references of Flux objects are looked up: what is there, who may make it, and what else was meant.

use super::{Sink, TargetContext, replace_name};
use crate::graph::secrets::Found;
use crate::graph::{Absence, Graph, Lookup, is_near, kyverno};
use crate::manifest::{Namespace, Resource};
use crate::tree;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::collections::BTreeSet;

/// A field that names an object.
pub struct Reference<'w> {
    /// The object that holds it.
    pub from: &'w Resource<'w>,
    /// The name.
    pub value: Value<'w>,
    /// The namespace, where the reference has one; else it is that of its object.
    pub namespace: Option<Value<'w>>,
    /// The group of what is named.
    pub group: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// The code to report under.
    pub code: &'static str,
    /// What it does with it: `waits for`.
    pub verb: &'static str,
}

/// The text of a reference; where it is not known yet, that is said.
pub fn known<'w>(value: Value<'w>, sink: &mut Sink<'_, 'w>) -> Option<&'w str> {
    if value.known().is_none()
        && let Some(reason) = value.unknown()
    {
        sink.undecided(value.span(), reason);
    }
    value.known().filter(|name| !name.is_empty())
}

/// Whether something that is not seen may be there all the same.
pub enum Doubt {
    /// It is not.
    None,
    /// It is, and nobody needs to be told.
    Silent,
    /// It may be, and why.
    Why(String),
}

impl From<Option<String>> for Doubt {
    fn from(reason: Option<String>) -> Doubt {
        reason.map_or(Doubt::None, Doubt::Why)
    }
}

impl<'w> Reference<'w> {
    /// Looks for the object and reports it where it is surely missing, unless there is a `doubt`.
    pub fn resolve(
        &self,
        makers: &Makers<'_, '_, 'w>,
        sink: &mut Sink<'_, 'w>,
        doubt: impl FnOnce(&Absence<'w>) -> Doubt,
    ) {
        let Some(name) = known(self.value, sink) else { return };
        let namespace = match self.namespace.filter(|namespace| !namespace.is_null()) {
            None => self.from.namespace.clone(),
            Some(namespace) => match known(namespace, sink) {
                Some(name) => Namespace::Known(name),
                None => return,
            },
        };
        match makers.graph().find_beside_charts(self.group, self.kind, &namespace, name) {
            Lookup::Found(_) => {}
            Lookup::Unknown(reason) => sink.undecided(self.value.span(), reason),
            Lookup::Absent(_) if self.from.is_example() => {
                sink.undecided(self.value.span(), "an example need not show the object it names");
            }
            Lookup::Absent(mut absence) => {
                if absence.near.is_some_and(|near| near.written_name() == self.from.written_name()) {
                    // Nobody means itself.
                    absence.near = None;
                }
                match doubt(&absence) {
                    Doubt::Silent => {}
                    Doubt::Why(reason) => sink.undecided(self.value.span(), reason),
                    Doubt::None if makers.guessed => {
                        sink.undecided(self.value.span(), "where Flux starts is not written in this repo");
                    }
                    Doubt::None => self.report(name, &namespace, &absence, sink),
                }
            }
        }
    }

    fn report(&self, name: &str, namespace: &Namespace<'_>, absence: &Absence<'w>, sink: &mut Sink<'_, 'w>) {
        let kind = self.kind;
        let full = match namespace {
            Namespace::Known(namespace) => format!("{namespace}/{name}"),
            _ => name.to_owned(),
        };
        let message = format!("{} {} {kind} `{full}`, which is not there", self.from.title(), self.verb);
        let place = match namespace {
            Namespace::Known(namespace) => format!("in namespace `{namespace}`"),
            _ => "in the same namespace".to_owned(),
        };
        let mut finding = sink
            .finding(self.code, self.from, self.value, message)
            .label(format!("no {kind} `{name}` {place}"))
            .note(match absence.looked_at {
                1 => format!("looked at the one {kind} of this target"),
                count => format!("looked at {count} objects of kind {kind}"),
            });
        for other in absence.elsewhere.iter().take(2) {
            finding = finding.related(
                other.headline().span(),
                match other.namespace.known() {
                    Some(namespace) => format!("this one is in `{namespace}`"),
                    None => "this one is in another namespace".to_owned(),
                },
            );
        }
        match absence.near.and_then(|near| near.written_name().map(|name| (near, name))) {
            Some((near, meant)) => {
                let finding = finding.related(near.headline().span(), format!("{kind} with a similar name"));
                match replace_name(self.value, meant) {
                    Some(edits) => finding.suggestion(format!("name {kind} `{meant}`, if that is meant"), edits),
                    None => finding.help(format!("did you mean `{meant}`?")),
                };
            }
            None => {
                let known = absence.elsewhere.iter().find_map(|other| other.namespace.known());
                finding.help(match known.filter(|_| !matches!(kind, "ConfigMap" | "Secret")) {
                    Some(namespace) => format!("add `namespace: {namespace}`, if that one is meant"),
                    None => format!("add {kind} `{full}`, or name one that is there"),
                });
            }
        }
    }
}

/// What in a target is made by something other than a manifest of its own.
pub struct Makers<'c, 'a, 'w> {
    context: &'c TargetContext<'a, 'w>,
    /// Generated ConfigMaps and Secrets by kind and name without the hash.
    hashed: HashMap<(&'w str, &'w str), Vec<&'w Resource<'w>>>,
    /// What a bootstrap calls the source and the Kustomization that everything starts from.
    starts: HashSet<&'w str>,
    /// Whether a policy engine generates objects.
    generates: bool,
    /// Whether it is a guess where Flux starts.
    guessed: bool,
}

impl<'c, 'a, 'w> Makers<'c, 'a, 'w> {
    /// Looks through a target once. `guessed` says that it is a guess where Flux starts.
    pub fn new(context: &'c TargetContext<'a, 'w>, guessed: bool) -> Makers<'c, 'a, 'w> {
        let graph = context.graph;
        let mut hashed: HashMap<(&str, &str), Vec<&Resource<'_>>> = HashMap::new();
        for kind in ["ConfigMap", "Secret"] {
            for resource in graph.of_kind("", kind).iter().copied() {
                if let Some(base) = resource.written_name().and_then(without_hash) {
                    hashed.entry((kind, base)).or_default().push(resource);
                }
            }
        }
        let generates = kyverno::policies(graph).any(|policy| kyverno::generates(policy, |_| true));
        Makers { context, hashed, starts: starts(context), generates, guessed }
    }

    /// The graph of the target.
    pub fn graph(&self) -> &'a Graph<'w> {
        self.context.graph
    }

    /// Whether a bootstrap makes a source and a Kustomization of that name.
    pub fn bootstraps(&self, name: &str) -> bool {
        self.starts.contains(name)
    }

    /// What a generator of kustomize made of `name`, in that namespace.
    pub fn hashed(&self, kind: &str, namespace: &Namespace<'_>, name: &str) -> Option<&'w Resource<'w>> {
        let made = self.hashed.get(&(kind, name))?;
        made.iter().copied().find(|resource| resource.namespace.is_same(namespace))
    }

    /// Whether another object surely makes a Secret of that name there.
    pub fn makes(&self, kind: &str, namespace: &Namespace<'_>, name: &str) -> bool {
        kind == "Secret" && matches!(self.context.secrets.find(namespace, name), Found::Made(_))
    }

    /// Why a ConfigMap or Secret that no manifest of the target makes may be there all the same.
    pub fn doubt(&self, kind: &str, namespace: &Namespace<'_>, name: &str, absence: &Absence<'w>) -> Option<String> {
        if kind == "Secret" {
            match self.context.secrets.find(namespace, name) {
                Found::Made(_) => return Some(format!("another object makes the Secret `{name}`")),
                Found::Unknown(reason) => return Some(reason),
                Found::Unseen => {}
            }
        }
        if self.generates {
            return Some("a policy of this target generates objects".into());
        }
        let copied = absence.elsewhere.iter().any(|other| {
            let annotations = other.at(&["metadata", "annotations"]).into_iter().flat_map(Value::entries);
            annotations.into_iter().any(|(key, _)| key.contains("reflector") || key.contains("replicat"))
        });
        if copied {
            return Some(format!("something copies the {kind} `{name}` to other namespaces"));
        }
        let mut written = self.context.world.manifests.resources.iter();
        let by_hand =
            written.find(|one| one.root == self.context.root && one.is("", kind) && one.written_name() == Some(name));
        if let Some(written) = by_hand.filter(|_| absence.elsewhere.is_empty()) {
            return Some(format!("`{}` holds it, and somebody may apply that by hand", written.path));
        }
        if kind == "Secret" && absence.near.is_none() && absence.elsewhere.is_empty() {
            return Some("who makes a Secret is not always written in a repo".into());
        }
        None
    }
}

/// The names that FluxInstances and bootstraps of the repo give.
fn starts<'w>(context: &TargetContext<'_, 'w>) -> HashSet<&'w str> {
    let mut names = HashSet::from_iter(["flux-system"]);
    for start in &context.world.starts {
        let home = || start.resource.at(&["metadata", "namespace"]);
        names.extend(start.sync.get("name").or_else(home).and_then(Value::known));
    }
    names
}

/// The name that kustomize put a hash of ten characters behind, if it did.
fn without_hash(name: &str) -> Option<&str> {
    let (base, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == 10 && hash.bytes().all(|byte| b"bcdfghkmt2456789".contains(&byte));
    (is_hash && !base.is_empty()).then_some(base)
}

/// Whether all clusters of the repo follow one revision of it.
pub fn only_branch(context: &TargetContext<'_, '_>) -> bool {
    let mut refs = BTreeSet::new();
    for (_, applied) in context.world.told.applied.iter().filter(|(_, applied)| applied.root == context.root) {
        for object in applied.objects.iter().filter(|object| object.kind() == "GitRepository") {
            if object.name() == "flux-system" {
                let view = object.tree.view();
                let written = view.at(&["spec", "ref"]).into_iter().flat_map(Value::entries);
                refs.insert(
                    written
                        .map(|(key, value)| format!("{key}={}", value.raw().unwrap_or_default()))
                        .collect::<String>(),
                );
            }
        }
    }
    refs.len() < 2
}

/// The folders of a root that hold something.
pub struct Folders<'w> {
    all: BTreeSet<&'w str>,
}

impl<'w> Folders<'w> {
    /// Collects the folders of the target's root.
    pub fn new(context: &TargetContext<'_, 'w>) -> Folders<'w> {
        let mut all = BTreeSet::new();
        let mut last = "";
        for parsed in context.world.manifests.files.iter().filter(|parsed| parsed.root == context.root) {
            let mut at = tree::parent(parsed.path);
            // The files of a folder follow each other.
            if std::mem::replace(&mut last, at) == at {
                continue;
            }
            while !at.is_empty() && all.insert(at) {
                at = tree::parent(at);
            }
        }
        Folders { all }
    }

    /// The deepest folder above `missing` that is there, and the folder that may have been meant: the same path with
    /// one step written a little differently.
    pub fn near<'f>(&self, missing: &'f str) -> (&'f str, Option<String>) {
        let mut there = missing;
        while !there.is_empty() && !self.all.contains(there) {
            there = tree::parent(there);
        }
        let rest = missing[there.len()..].trim_start_matches('/');
        let (step, after) = rest.split_once('/').map_or((rest, ""), |(step, after)| (step, after));
        let above = if there.is_empty() { String::new() } else { format!("{there}/") };
        let siblings = self.all.iter().filter_map(|folder| {
            let name = folder.strip_prefix(above.as_str()).filter(|name| !name.contains('/'))?;
            let distance = is_near(step, name)?;
            let whole = tree::child(folder, after);
            self.all.contains(whole.as_str()).then_some((distance, whole))
        });
        (there, siblings.min().map(|(_, folder)| folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_kustomize() {
        for (name, base) in [
            ("app-values-5hdk7mb2gc", Some("app-values")),
            ("app-values", None),
            ("app-abcdefghij", None),
            ("app-5hdk7mb2g", None),
            ("-5hdk7mb2gc", None),
        ] {
            assert_eq!(without_hash(name), base, "{name}");
        }
    }

    #[test]
    fn near_folders_differ_in_one_step() {
        let all = BTreeSet::from(["apps", "apps/base", "apps/base/shop", "infra", "infra/db"]);
        let folders = Folders { all };
        for (missing, there, near) in [
            ("apps/base/shops", "apps/base", Some("apps/base/shop")),
            ("app/base/shop", "", Some("apps/base/shop")),
            ("apps/bse/shop", "apps", Some("apps/base/shop")),
            ("apps/bse/other", "apps", None),
            ("elsewhere", "", None),
        ] {
            assert_eq!(folders.near(missing), (there, near.map(str::to_owned)), "{missing}");
        }
    }
}
