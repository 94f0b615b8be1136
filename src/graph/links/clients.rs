//! Links of clients: whoever names a Service of a Cluster or Pooler.

use super::cnpg::{namespace_of, services};
use super::{End, Relation, Site};
use crate::graph::workload::Workload;
use crate::manifest::{Namespace, Resource};
use crate::source::Span;
use crate::yaml::{Step, Value, Visit, walk};
use foldhash::HashMap;

type Services<'w> = HashMap<String, Vec<&'w Resource<'w>>>;

pub(super) fn add<'w>(site: &mut Site<'_, 'w>) {
    let services = services(site);
    if services.is_empty() {
        return;
    }
    let is_client = |resource: &Resource<'_>| {
        resource.whole && (resource.is("helm.toolkit.fluxcd.io", "HelmRelease") || Workload::of(resource).is_some())
    };
    let mut found: Vec<(&'w Resource<'w>, &'w Resource<'w>, Span)> = Vec::new();
    for client in site.graph.resources().iter().copied().filter(|resource| is_client(resource)) {
        let content = if client.kind == "HelmRelease" { client.at(&["spec", "values"]) } else { client.at(&["spec"]) };
        let Some(content) = content else { continue };
        let namespace = namespace_of(client);
        let from = found.len();
        let mut look = |value: Value<'w>, is_host: bool| {
            for database in value.known().map(|text| named(text, is_host, &namespace, &services)).unwrap_or_default() {
                if !found[from..].iter().any(|(_, known, _)| std::ptr::eq(*known, database)) {
                    found.push((client, database, value.span()));
                }
            }
        };
        walk(content, &mut |steps, value| {
            let is_host = |name: Option<&str>| name.is_some_and(|name| name.to_ascii_lowercase().contains("host"));
            if let (true, Some(set)) = (is_host(value.get("name").and_then(Value::known)), value.get("value")) {
                look(set, true);
            }
            let key = match steps.last() {
                Some(Step::Key(key)) => Some(*key),
                _ => None,
            };
            look(value, is_host(key));
            Visit::Into
        });
    }
    for (client, database, at) in found {
        site.add(End::Object(client), Relation::ConnectsTo, [End::Object(database)], Some(at));
    }
}

/// The Clusters and Poolers whose Services a text names: as a whole, or in lines that are a connection string. A name
/// without a namespace is one of the client's own, where it is surely meant as a host.
fn named<'w>(text: &str, is_host: bool, own: &Namespace<'_>, services: &Services<'w>) -> Vec<&'w Resource<'w>> {
    let whole = !text.trim().contains(char::is_whitespace);
    let is_dsn = |line: &str| line.contains("postgres") || line.contains("host=") || line.contains("host:");
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']) && (is_dsn(line) || whole));
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut found: Vec<&'w Resource<'w>> = Vec::new();
    for line in lines {
        let is_host = is_host || line.contains("://") || line.contains("host=");
        for word in line.split(|c| !is_part(c)) {
            let Some(database) = meant(word, is_host, own, services) else { continue };
            if !found.iter().any(|known| std::ptr::eq(*known, database)) {
                found.push(database);
            }
        }
    }
    found
}

fn meant<'w>(word: &str, is_host: bool, own: &Namespace<'_>, services: &Services<'w>) -> Option<&'w Resource<'w>> {
    let mut parts = word.split('.');
    let candidates = services.get(parts.next()?)?;
    let namespace = parts.next();
    if parts.next().is_some_and(|third| third != "svc") {
        return None;
    }
    let fits = |database: &&&'w Resource<'w>| match namespace {
        Some(name) => database.namespace.known() == Some(name),
        // The name of a Pooler may be a word like any other.
        None => (is_host || database.kind == "Cluster") && database.namespace.is_same(own),
    };
    candidates.iter().find(fits).copied()
}
