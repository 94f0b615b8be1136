//! A node of `graph` on its way: what makes two objects one, what is told of it in each target, and its place in the
//! order.

use super::graph_facts::Facts;
use crate::finding::{Finding, ObjectName};
use crate::graph::links;
use crate::manifest::{Namespace, Resource, split_api_version};
use crate::report::graph::{At, Class, Node, Presence, Remark};
use crate::source::{Sources, Span};
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What makes two objects one node: root, group, kind, where and name.
pub(super) type Key = (usize, String, String, String, String);

/// A node on its way.
pub(super) struct Draft {
    pub(super) node: Node,
    pub(super) key: Key,
    /// What is told of it in each target.
    pub(super) told: Vec<(Option<Arc<str>>, Facts)>,
}

impl Draft {
    pub(super) fn order(&self) -> impl Ord + '_ {
        let node = &self.node;
        let group = match (&node.namespace, node.class) {
            (_, Class::Namespace) => (0, node.name.as_str()),
            (Some(namespace), _) => (0, namespace.as_str()),
            (None, _) => (if node.cluster_wide { 1 } else { 2 }, ""),
        };
        (group, node.class, &node.kind, &node.name, &self.key)
    }
}

pub(super) fn rank(presence: &Presence) -> u8 {
    match presence {
        Presence::Written => 0,
        Presence::Made => 1,
        Presence::Unknown(_) => 2,
        Presence::Missing => 3,
    }
}

pub(super) fn told(presence: &links::Presence) -> Presence {
    match presence {
        links::Presence::Made => Presence::Made,
        links::Presence::Missing => Presence::Missing,
        links::Presence::Unknown(reason) => Presence::Unknown(reason.clone()),
    }
}

/// The values of a fact, each with the targets that have it.
type Values = Vec<(String, Vec<Arc<str>>)>;

/// Facts of all targets: as one where they agree, else each with its targets.
pub(super) fn merged(told: Vec<(Option<Arc<str>>, Facts)>) -> Facts {
    let mut names: Vec<&'static str> = Vec::new();
    let mut values: HashMap<&'static str, Values> = HashMap::new();
    for (target, facts) in told {
        for (name, value) in facts {
            if !names.contains(&name) {
                names.push(name);
            }
            let known = values.entry(name).or_default();
            match known.iter_mut().find(|(other, _)| *other == value) {
                Some((_, targets)) => targets.extend(target.clone()),
                None => known.push((value, target.iter().cloned().collect())),
            }
        }
    }
    let shown = |values: &[(String, Vec<Arc<str>>)]| match values {
        [(value, _)] => value.clone(),
        several => {
            let each = several.iter().map(|(value, targets)| format!("{value} in {}", targets.join(", ")));
            each.collect::<Vec<_>>().join("; ")
        }
    };
    names.into_iter().map(|name| (name, shown(&values[name]))).collect()
}

pub(super) fn key(resource: &Resource<'_>, root: usize) -> Key {
    let name = resource.object_name().name;
    (root, resource.group.to_owned(), resource.kind.to_owned(), place_key(&resource.namespace), name)
}

pub(super) fn place_key(namespace: &Namespace<'_>) -> String {
    match namespace {
        Namespace::None => String::new(),
        Namespace::Known(name) | Namespace::Set(_, Some(name)) => (*name).to_owned(),
        Namespace::Unspecified(scope) | Namespace::Set(scope, None) => format!("?{scope}"),
        Namespace::Unknown(_) => "?".to_owned(),
    }
}

pub(super) fn object_key(object: &ObjectName) -> (String, String, Option<String>, String) {
    let (group, _) = split_api_version(&object.api_version);
    (group.to_owned(), object.kind.clone(), object.namespace.clone(), object.name.clone())
}

pub(super) fn id_of(namespace: Option<&str>, kind: &str) -> String {
    namespace.map_or_else(|| kind.to_owned(), |namespace| format!("{namespace}/{kind}"))
}

pub(super) fn node(class: Class, kind: &str, namespace: &Namespace<'_>, name: &str, presence: Presence) -> Node {
    let place = match namespace {
        Namespace::Known(name) | Namespace::Set(_, Some(name)) => Some((*name).to_owned()),
        _ => None,
    };
    Node {
        id: format!("{}/{name}", id_of(place.as_deref(), kind)),
        class,
        kind: kind.to_owned(),
        namespace: place,
        cluster_wide: *namespace == Namespace::None,
        name: name.to_owned(),
        presence,
        targets: BTreeSet::new(),
        places: Vec::new(),
        facts: Vec::new(),
        findings: Vec::new(),
    }
}

pub(super) fn place(sources: &Sources, span: Span) -> At {
    let line = sources[span.source].position(span.start).line;
    At { file: sources.name(span.source).into_owned(), line }
}

pub(super) fn remark(sources: &Sources, finding: &Finding) -> Remark {
    Remark {
        rule: finding.rule,
        code: finding.code,
        severity: finding.severity,
        confidence: finding.confidence,
        message: finding.message.clone(),
        at: place(sources, finding.primary.span),
    }
}
