//! What an app uses of a platform that does not offer it.

mod cluster;
mod content;
mod host;
mod label;
mod role;

use crate::declare_rule;
use crate::graph::cnpg::GROUP;
use crate::manifest::Resource;
use crate::rule::{Builder, Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::HashSet;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Holds what a repo uses against the contract of the platform it relies on: the Clusters that its Databases, roles
    /// and poolers name, the hosts and ports in connection strings, environment variables and Helm values, the label by
    /// which its namespace opts in, the owners of its Databases, and the users and databases that its connections ask
    /// for. A contract is a checkout or an exported file that `contracts` or `--contract` names, or a repo of role
    /// `platform` that is checked in the same run.
    ///
    /// ## Why it matters
    /// Each repo is right by itself, and nothing works: the Database waits for ever, the name does not resolve, the
    /// policy drops the connection. It shows when both are applied, in the logs of the app.
    ///
    /// ## Instead
    /// Name what is on offer, or ask the platform for what is missing.
    ///
    /// ## Limits
    /// Nothing is said of namespaces that hold no database of the platform, nor where the platform's own lists are not
    /// whole: a chart, a base that is not built, a role that a script makes. Operators before 1.30 have no
    /// DatabaseRole; where the platform manages no role for apps either, logins are made by hand, and owners are not
    /// judged. A user or a database of a connection is compared where the cluster's are made by declaration only. One
    /// that is like none of them is reported with less confidence, for the repo of another app may declare it, and not
    /// at all where neither this repo nor the platform declares any for apps.
    pub static RULE {
        id: "boundary/broken-contract",
        summary: "an app uses what the platform does not offer",
        scope: Target,
        codes: [
            "cluster" => (Error, High, Boundary),
            "host" => (Error, High, Boundary),
            "port" => (Error, High, Boundary),
            "label" => (Error, High, Boundary),
            "role" => (Error, High, Boundary),
            "database" => (Error, High, Boundary),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Places that are shown beside the first one.
const SHOWN: usize = 3;

/// Clusters that are not on offer, and what names them.
type Missing<'w> = BTreeMap<(String, String), Vec<Use<'w>>>;

/// Namespaces and clusters of which it is told that they do not let each other in.
type Told = HashSet<(String, String)>;

/// A place that uses something of a platform.
#[derive(Clone)]
struct Use<'w> {
    /// The object; none for a values file.
    resource: Option<&'w Resource<'w>>,
    value: Value<'w>,
    span: Span,
    /// The host that is named, where it is one.
    host: Option<String>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let offers = context.offers();
    if offers.is_empty() || context.world.references[context.root] {
        return;
    }
    let mut missing = Missing::new();
    cluster::references(context, &offers, &mut missing);
    let mut told = Told::default();
    let mut contents = content::Contents::new(context, &offers);
    for connection in host::connections(context) {
        let Some((at, rented, offered)) = host::check(connection, context, &offers, &mut missing, sink) else {
            continue;
        };
        if !host::port(&at, rented, offered, sink) {
            // Several contracts each let in whom they let in.
            if offers.alike(rented.cluster).len() == 1 {
                label::let_in(&at, rented, offered, context, &mut told, sink);
            }
        }
        contents.check(&at, rented, &offers, sink);
    }
    for ((namespace, name), uses) in missing {
        cluster::report(&namespace, &name, uses, context, &offers, sink);
    }
    role::owners(context, &offers, sink);
}

/// Whether the repo may hold the object itself.
fn has_own(context: &TargetContext<'_, '_>, kind: &str, namespace: &str, name: &str) -> bool {
    let group = if kind == "Service" { "" } else { GROUP };
    let named = context.graph.named(group, kind, name);
    named.iter().any(|one| one.namespace.known().is_none_or(|known| known == namespace))
}

fn begin<'s, 'w>(code: &str, at: &Use<'w>, message: String, sink: &'s mut Sink<'_, 'w>) -> Builder<'s> {
    match at.resource {
        Some(resource) => sink.finding(code, resource, at.value, message).underline(at.span),
        None => sink.file_finding(code, at.span, pointer(at.value), message),
    }
}

fn pointer(value: Value<'_>) -> String {
    value.key().map(|key| format!("/{key}")).unwrap_or_default()
}

fn subject(at: &Use<'_>) -> String {
    at.resource.map_or_else(|| "this values file".to_owned(), Resource::title)
}
