//! The Flux Kustomizations of one target: who applies what, who applies whom, and who waits for whom.

use crate::manifest::Resource;
use crate::render::flux::{Applied, GROUP, Trouble, sync};
use crate::source::Span;
use crate::yaml::{Identity, Value};
use foldhash::{HashMap, HashSet, HashSetExt};
use std::collections::{BTreeMap, BTreeSet};

/// A Kustomization, and what it brings.
#[derive(Debug)]
pub struct Node<'a, 'w> {
    /// How its build went.
    pub applied: &'a Applied<'w>,
    /// The Kustomization itself; none for the path that a cluster starts from.
    pub resource: Option<&'w Resource<'w>>,
    /// What it applies itself.
    pub objects: Vec<&'w Resource<'w>>,
    /// What ResourceSets among its objects bring.
    pub expanded: Vec<&'w Resource<'w>>,
    /// The Kustomization that applies this one.
    pub parent: Option<usize>,
    /// What it waits for, as far as that is in the target.
    pub waits: Vec<Wait<'w>>,
    /// Whether it waits for something that is not in the target or not known.
    pub waits_elsewhere: bool,
}

/// An entry of `dependsOn` that leads to a Kustomization of the target.
#[derive(Clone, Copy, Debug)]
pub struct Wait<'w> {
    /// The number of that Kustomization.
    pub on: usize,
    /// The name in the entry.
    pub name: Value<'w>,
    /// Whether the entry says itself when the other one is ready.
    pub has_expression: bool,
}

/// The Flux Kustomizations of a target.
#[derive(Debug)]
pub struct Flux<'a, 'w> {
    /// All of them, in the order in which they were followed; none where it is only a guess where the target starts.
    pub nodes: Vec<Node<'a, 'w>>,
    /// Whether it is a guess where the target starts: what applies these Kustomizations may change them.
    pub guessed: bool,
}

/// An object that says what Flux starts from in its cluster: a FluxInstance, or the release of a chart that makes one.
#[derive(Clone, Copy, Debug)]
pub struct Start<'w> {
    /// The object.
    pub resource: &'w Resource<'w>,
    /// What it says of that.
    pub sync: Value<'w>,
}

/// Every object among `written` that says what Flux starts from.
pub fn starts<'w>(written: impl IntoIterator<Item = &'w Resource<'w>>) -> Vec<Start<'w>> {
    let start = |resource: &'w Resource<'w>| Some(Start { resource, sync: sync(resource)? });
    written.into_iter().filter_map(start).collect()
}

/// Names that Flux substitutes, with the place that defines each, where it is known.
pub type Names<'w> = BTreeMap<&'w str, Option<Span>>;

/// What the Flux Kustomizations among the objects of a root define. Which of them reaches an object is not asked: a
/// name that any of them defines is a variable to whoever wrote it.
pub fn substituted<'w>(own: &[&'w Resource<'w>]) -> Names<'w> {
    let text = |value: Value<'w>, key: &str| value.get(key).and_then(Value::known);
    let keys = |map: Option<Value<'w>>| {
        let entries = map.into_iter().flat_map(Value::entries);
        entries.map(|(key, value)| (key, value.key_span()))
    };
    let mut names = Names::new();
    let mut sources: BTreeSet<(&str, &str)> = BTreeSet::new();
    for flux in own.iter().filter(|resource| resource.is(GROUP, "Kustomization")) {
        let Some(build) = flux.at(&["spec", "postBuild"]) else { continue };
        names.extend(keys(build.get("substitute")));
        let from = build.get("substituteFrom").into_iter().flat_map(Value::items);
        sources.extend(from.filter_map(|source| Some((text(source, "kind")?, text(source, "name")?))));
    }
    if sources.is_empty() {
        return names;
    }
    for object in own.iter().filter(|resource| resource.group.is_empty()) {
        if object.name().is_some_and(|name| sources.contains(&(object.kind, name))) {
            names.extend(["data", "stringData"].iter().flat_map(|map| keys(object.at(&[map]))));
        }
    }
    names
}

/// The namespace and name of an entry of `dependsOn`; none where they are not known.
pub fn dependency<'v>(entry: Value<'v>, own: &'v str) -> Option<(&'v str, &'v str)> {
    let name = entry.get("name")?.known()?;
    let namespace = match entry.get("namespace") {
        Some(namespace) if !namespace.is_null() => namespace.known()?,
        _ => own,
    };
    Some((namespace, name))
}

impl<'a, 'w> Flux<'a, 'w> {
    /// The Kustomizations `applied`, whose objects are among `resources`.
    pub fn new(applied: impl Iterator<Item = &'a Applied<'w>>, resources: &[&'w Resource<'w>]) -> Flux<'a, 'w> {
        let mut nodes: Vec<Node<'a, 'w>> = applied.map(Node::new).collect();
        let scopes: HashMap<u32, usize> = nodes.iter().enumerate().map(|(at, node)| (node.applied.scope, at)).collect();
        let expanded: HashSet<Identity> = nodes
            .iter()
            .flat_map(|node| node.applied.objects.iter().skip(node.applied.own))
            .map(|object| object.tree.view().identity())
            .collect();
        let selves: HashMap<Identity, usize> = nodes
            .iter()
            .enumerate()
            .filter_map(|(at, node)| Some((node.applied.object.as_ref()?.view().identity(), at)))
            .collect();
        for resource in resources {
            let identity = resource.value.identity();
            let bringer = scopes.get(&resource.delivery.scope).copied();
            if let Some(node) = bringer.map(|at| &mut nodes[at]) {
                match expanded.contains(&identity) {
                    true => node.expanded.push(resource),
                    false => node.objects.push(resource),
                }
            }
            if let Some(at) = selves.get(&identity).filter(|_| resource.is(GROUP, "Kustomization"))
                && nodes[*at].resource.is_none()
            {
                nodes[*at].resource = Some(resource);
                nodes[*at].parent = bringer.filter(|bringer| bringer != at);
            }
        }
        let mut flux = Flux { nodes, guessed: false };
        flux.connect();
        flux
    }

    /// The target, of which it is only a guess where it starts.
    pub fn guess() -> Flux<'a, 'w> {
        Flux { nodes: Vec::new(), guessed: true }
    }

    fn connect(&mut self) {
        let names: HashMap<(&str, &str), usize> = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.resource.is_some())
            .map(|(at, node)| ((node.applied.namespace.as_str(), node.applied.name.as_str()), at))
            .collect();
        let mut waits: Vec<(Vec<Wait<'w>>, bool)> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let (mut known, mut elsewhere) = (Vec::new(), false);
            let entries = node.resource.and_then(|resource| resource.at(&["spec", "dependsOn"]));
            for entry in entries.into_iter().flat_map(Value::items) {
                let on = dependency(entry, &node.applied.namespace).and_then(|key| names.get(&key).copied());
                match (on, entry.get("name")) {
                    (Some(on), Some(name)) => {
                        let has_expression = entry.get("readyExpr").is_some_and(|value| !value.is_null());
                        known.push(Wait { on, name, has_expression });
                    }
                    _ => elsewhere = true,
                }
            }
            waits.push((known, elsewhere));
        }
        for (node, (known, elsewhere)) in self.nodes.iter_mut().zip(waits) {
            node.waits = known;
            node.waits_elsewhere = elsewhere;
        }
    }

    /// Every Kustomization that has to be there before number `from` is applied: what it and those that apply it
    /// wait for, however long the chain. With it, whether the chain leaves the target.
    pub fn before(&self, from: usize) -> (HashSet<usize>, bool) {
        let mut seen = HashSet::new();
        let mut elsewhere = false;
        let mut queue = vec![from];
        let mut walked = HashSet::from_iter([from]);
        while let Some(at) = queue.pop() {
            let node = &self.nodes[at];
            elsewhere |= node.waits_elsewhere;
            for next in node.waits.iter().map(|wait| wait.on).chain(node.parent) {
                seen.insert(next);
                if walked.insert(next) {
                    queue.push(next);
                }
            }
        }
        (seen, elsewhere)
    }

    /// Those who wait for number `on`, with the entry that says so.
    pub fn waiting_for(&self, on: usize) -> impl Iterator<Item = (&Node<'a, 'w>, Wait<'w>)> {
        self.nodes
            .iter()
            .flat_map(move |node| node.waits.iter().filter(move |wait| wait.on == on).map(move |wait| (node, *wait)))
    }
}

impl<'a, 'w> Node<'a, 'w> {
    fn new(applied: &'a Applied<'w>) -> Node<'a, 'w> {
        Node {
            applied,
            resource: None,
            objects: Vec::new(),
            expanded: Vec::new(),
            parent: None,
            waits: Vec::new(),
            waits_elsewhere: false,
        }
    }

    /// Everything it brings, by itself or through ResourceSets.
    pub fn brings(&self) -> impl Iterator<Item = &'w Resource<'w>> {
        self.objects.iter().chain(&self.expanded).copied()
    }

    /// A field of its spec.
    pub fn spec(&self, path: &[&str]) -> Option<Value<'w>> {
        self.resource?.at(&["spec"])?.at(path).filter(|value| !value.is_null())
    }

    /// Whether a switch of its spec is on.
    pub fn is_on(&self, switch: &str) -> bool {
        self.spec(&[switch]).and_then(Value::as_bool) == Some(true)
    }

    /// What Flux refuses to substitute, with the place and the object, if it does. A text that is no YAML after
    /// substitution is not counted: how Flux quotes it is not known to the last byte.
    pub fn refused(&self) -> Option<(Span, &'a str, &'a str, bool)> {
        match &self.applied.trouble {
            Some(Trouble::Substitution(refused)) if !refused.unreadable => {
                Some((refused.span, refused.message.as_str(), refused.object.as_str(), refused.strict))
            }
            _ => None,
        }
    }
}
