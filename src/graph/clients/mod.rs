//! Who names a PostgreSQL service: the hosts in what a target tells its pods, with the port, the user and the database
//! beside each. Whether there is such a service is not judged here.

mod dsn;
mod host;
mod siblings;
#[cfg(test)]
mod tests;

use super::Graph;
use super::cnpg::{Cluster, Pooler};
use super::workload::Workload;
use crate::manifest::{By, Namespace, Resource};
use crate::source::{Sources, Span};
use crate::yaml::{Identity, Step, Value, Visit, walk};
use base64::{Engine, engine::general_purpose::STANDARD};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use siblings::Home;
use std::borrow::Cow;
use std::ops::Deref;

pub use host::{Host, is_cluster_like};

/// Objects that hold what pods are told, beside workloads.
const HOLDERS: &[(&str, &str)] = &[
    ("", "ConfigMap"),
    ("", "Secret"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("external-secrets.io", "ExternalSecret"),
    ("bitnami.com", "SealedSecret"),
];

/// In which form a host is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// In a connection string: a URL, `host=... dbname=...`, or the options of a command such as `psql`.
    Dsn,
    /// As a whole value.
    Whole,
    /// As a word of a line that speaks of PostgreSQL.
    Word,
}

/// Something that is said beside a host.
#[derive(Clone, Debug)]
pub struct Part<'w> {
    /// What it says; none where that is filled in later, as `$(PGUSER)` is, or read from elsewhere.
    pub text: Option<String>,
    /// The value that says it.
    pub value: Value<'w>,
}

/// A host that is named, and what is said beside it.
#[derive(Clone, Debug)]
pub struct Mention<'w> {
    /// The value that names it.
    pub value: Value<'w>,
    /// What the value is known by: the name of a variable, or a key.
    pub key: &'w str,
    /// In which form.
    pub how: How,
    /// Whether it is told to a container that only prepares others.
    pub is_initial: bool,
    /// The host.
    pub host: Host,
    /// The port.
    pub port: Option<Part<'w>>,
    /// The user.
    pub user: Option<Part<'w>>,
    /// The database.
    pub database: Option<Part<'w>>,
    /// `sslmode`.
    pub ssl_mode: Option<Part<'w>>,
}

impl<'w> Mention<'w> {
    /// The bytes of what is said beside the host: within the value that names it, or a value of its own.
    pub fn part_span(&self, part: &Part<'w>, sources: &Sources) -> Span {
        if part.value.identity() != self.value.identity() {
            return part.value.span();
        }
        let host = self.span(sources);
        let Some(text) = part.text.as_deref().filter(|text| !text.is_empty()) else { return host };
        let whole = sources[host.source].text();
        let (before, behind) = (&whole[..host.start as usize], &whole[host.end as usize..]);
        let start = before.rfind('\n').map_or(0, |at| at + 1).max(self.value.span().start as usize);
        let end = host.end as usize + behind.find('\n').unwrap_or(behind.len());
        // The same name may stand there for something else: what leads to it makes it one, and the user comes first.
        let leads = |at: usize| whole[..at].ends_with(['/', ':', '=', ' ']);
        let ends = |at: usize| !whole[at..].starts_with(|next: char| next.is_alphanumeric() || "_-.".contains(next));
        let all = whole.get(start..end).unwrap_or_default().match_indices(text).map(|(at, _)| start + at);
        let all: Vec<usize> = all
            .filter(|at| leads(*at) && ends(at + text.len()))
            .filter(|at| at + text.len() <= host.start as usize || *at >= host.end as usize)
            .collect();
        let is_user = self.user.as_ref().is_some_and(|user| std::ptr::eq(user, part));
        let beside = match is_user {
            true => all.first(),
            false => all.iter().find(|at| **at >= host.end as usize).or(all.first()),
        };
        match beside {
            Some(at) => Span { start: *at as u32, end: (at + text.len()) as u32, ..host },
            None => host,
        }
    }

    /// The bytes of the host, where they can be found; else those of the value.
    pub fn span(&self, sources: &Sources) -> Span {
        self.span_of(&self.host.text, sources)
    }

    /// The bytes of a part of the value, where they can be found; of a host that is written over two lines those of its
    /// first label; else those of the value. A value that was put together from pieces, a file with variables in it,
    /// stands for the whole text from its first piece on, in which the first place is taken.
    pub fn span_of(&self, part: &str, sources: &Sources) -> Span {
        let span = self.value.span();
        let whole = sources[span.source].text();
        let text = whole.get(span.range()).unwrap_or_default();
        let behind = whole.get(span.start as usize..).filter(|_| text.contains('\n'));
        let find = |part: &str| text.find(part).or_else(|| behind?.find(part)).filter(|_| !part.is_empty());
        let label = part.split('.').next().unwrap_or_default();
        match [part, label].into_iter().find_map(|part| Some((find(part)?, part.len()))) {
            Some((at, len)) => {
                let start = span.start + at as u32;
                Span { start, end: start + len as u32, ..span }
            }
            None => span,
        }
    }
}

/// An object that names a host.
#[derive(Clone, Debug)]
pub struct Client<'w> {
    /// The object.
    pub resource: &'w Resource<'w>,
    /// Where the pods run that are told of it: the namespace that a host without one is looked for in.
    pub place: Namespace<'w>,
    /// What it names.
    pub mention: Mention<'w>,
}

impl<'w> Deref for Client<'w> {
    type Target = Mention<'w>;

    fn deref(&self) -> &Mention<'w> {
        &self.mention
    }
}

impl Client<'_> {
    /// Whether the host is a value of a Secret, which a message does not repeat.
    pub fn is_secret(&self) -> bool {
        self.resource.is("", "Secret")
    }
}

/// Every client of a target, in the order of its objects.
#[derive(Debug, Default)]
pub struct Clients<'w> {
    all: Vec<Client<'w>>,
}

impl<'w> Clients<'w> {
    /// Reads what the objects of `graph` tell their pods.
    pub fn new(graph: &Graph<'w>) -> Clients<'w> {
        let names = service_names(graph);
        let mut all = Vec::new();
        for resource in graph.resources().iter().copied() {
            let Some(content) = content(resource) else { continue };
            let place = place(resource);
            let mut mentions = Vec::new();
            read(content, resource.is("", "Secret"), &names, &mut mentions);
            all.extend(mentions.into_iter().map(|mention| Client { resource, place: place.clone(), mention }));
        }
        Clients { all: without_repeats(all) }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Client<'w>> {
        self.all.iter()
    }
}

/// The hosts that a mapping of Helm values names.
pub fn mentions_of_values(values: Value<'_>) -> Vec<Mention<'_>> {
    let mut mentions = Vec::new();
    read(values, false, &HashSet::new(), &mut mentions);
    mentions
}

/// Names that services of Clusters and Poolers of the target have, in whatever namespace.
fn service_names<'w>(graph: &Graph<'w>) -> HashSet<Cow<'w, str>> {
    let poolers = graph.all::<Pooler<'w>>().filter_map(|pooler| pooler.written_name()).map(Cow::Borrowed);
    let own = graph.all::<Cluster<'w>>().flat_map(|cluster| {
        let entries = cluster.spec(&["managed", "services", "additional"]).into_iter().flat_map(Value::items);
        entries.filter_map(|entry| entry.at(&["serviceTemplate", "metadata", "name"])?.known()).map(Cow::Borrowed)
    });
    poolers.chain(own).collect()
}

/// Where an object that is delivered holds what pods are told.
fn content<'w>(resource: &'w Resource<'w>) -> Option<Value<'w>> {
    let is_holder = HOLDERS.iter().any(|(group, kind)| resource.is(group, kind));
    if !resource.whole || resource.delivery.by == By::Nobody || !(is_holder || Workload::of(resource).is_some()) {
        return None;
    }
    match resource.kind {
        "ConfigMap" => resource.at(&["data"]),
        "Secret" => Some(resource.value),
        "HelmRelease" => resource.values.map(|values| values.value).or_else(|| resource.at(&["spec", "values"])),
        _ => resource.at(&["spec"]),
    }
}

fn place<'w>(resource: &'w Resource<'w>) -> Namespace<'w> {
    let target = resource.at(&["spec", "targetNamespace"]).filter(|target| !target.is_null());
    match target.filter(|_| resource.kind == "HelmRelease") {
        Some(target) => match target.known() {
            Some(name) => Namespace::Known(name),
            None => Namespace::Unknown(target.unknown().unwrap_or_else(|| "the target namespace is no text".into())),
        },
        None => resource.namespace.clone(),
    }
}

/// Every host below `content`. `names` are services beside those whose names tell that they are a Cluster's.
fn read<'w>(content: Value<'w>, secret: bool, names: &HashSet<Cow<'w, str>>, into: &mut Vec<Mention<'w>>) {
    let mut homes: HashMap<Identity, (&'w str, Home<'w>)> = HashMap::new();
    walk(content, &mut |steps, value| {
        if value.is_mapping() || value.is_sequence() {
            siblings::register(value, &mut homes);
            return match (secret, steps) {
                (true, [Step::Key("metadata" | "sops")]) => Visit::Past,
                _ => Visit::Into,
            };
        }
        let Some(raw) = value.as_str().filter(|text| !text.is_empty() && !text.starts_with("ENC[")) else {
            return Visit::Into;
        };
        let packed = secret && matches!(steps, [Step::Key("data"), Step::Key(_)]);
        let Some(text) = (if packed { decoded(raw) } else { Some(Cow::Borrowed(raw)) }) else { return Visit::Into };
        let home = homes.get(&value.identity());
        let last = steps.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Index(_) => None,
        });
        let key = home.map(|(key, _)| *key).or(last).unwrap_or_default();
        let mut found = dsn::read(&text, value, key, &|host| is_cluster_like(host) || names.contains(host));
        if let (Some((_, home)), [whole]) = (home, found.as_mut_slice())
            && whole.how == How::Whole
        {
            home.complete(whole, secret);
        }
        if steps.iter().any(|step| matches!(step, Step::Key("initContainers"))) {
            found.iter_mut().for_each(|mention| mention.is_initial = true);
        }
        into.append(&mut found);
        Visit::Into
    });
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let packed: String = text.split_ascii_whitespace().collect();
    Some(Cow::Owned(String::from_utf8(STANDARD.decode(packed).ok()?).ok()?))
}

/// A ConfigMap of Helm values is read as a text, and again as the values of its release: the closer look stays.
fn without_repeats(all: Vec<Client<'_>>) -> Vec<Client<'_>> {
    let mut spans: HashMap<&str, Vec<Span>> = HashMap::new();
    for client in &all {
        spans.entry(&client.host.text).or_default().push(client.value.span());
    }
    let is_wide = |client: &Client<'_>| {
        let own = client.value.span();
        client.resource.is("", "ConfigMap")
            && spans[client.host.text.as_str()].iter().any(|span| *span != own && own.contains(*span))
    };
    let wide: Vec<bool> = all.iter().map(is_wide).collect();
    all.into_iter().zip(wide).filter(|(_, wide)| !wide).map(|(client, _)| client).collect()
}
