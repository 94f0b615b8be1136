//! WAL archives that two Clusters write to.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::backup::{Archive, ArchivePlace, skips_empty_check};
use crate::graph::cnpg::Cluster;
use crate::graph::{Graph, View};
use crate::manifest::Resource;
use crate::rule::{Context, Sink};
use crate::yaml::Value;
use foldhash::{HashMap, HashSet, HashSetExt};
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds two Clusters, in one target or in two (dev and live), that archive WAL to one place: the same endpoint,
    /// `destinationPath` and `serverName`. Also a Cluster that archives to the place it recovers from. `serverName` is the
    /// Cluster's name where it is not written, and the external cluster's name on the side of the source.
    ///
    /// ## Why it matters
    /// When the operator creates a Cluster it asks for an empty archive and stops with `Expected empty archive` where it
    /// is not: the recovery that was to save the day does not start, or the second Cluster archives nothing and fills its
    /// WAL volume. With `cnpg.io/skipEmptyWalArchiveCheck: enabled` it goes ahead, segments of two histories carry the
    /// same names, and the archive may restore neither.
    ///
    /// ## Instead
    /// Give each Cluster a `serverName` or a `destinationPath` of its own, and a new one with each recovery
    /// (`orders-2`, `orders-3`).
    ///
    /// ## Limits
    /// Two Clusters are compared where both places are known in full, ObjectStores looked up; a `${VAR}` in one that could
    /// be the same is left undecided. An endpoint that is a Service is taken to be another store in each target.
    /// Definitions of one name and namespace in one target are alternatives, not two
    /// Clusters. Samples are not compared with each other. Recovery from a Backup object or from snapshots is not looked
    /// at, and of plugins only barman-cloud is known.
    pub static RULE {
        id: "cnpg/shared-archive",
        summary: "two Clusters archive WAL to one place, or one to the place it recovers from",
        scope: Repo,
        codes: [
            "two-clusters" => (Error, High, Reliability),
            "recovery-source" => (Error, High, Reliability),
            "unchecked" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// A Cluster of a target, and the archive it writes.
#[derive(Clone, Copy)]
struct Writer<'w> {
    target: usize,
    cluster: Cluster<'w>,
    archive: Archive<'w>,
}

/// Whether two writers are two Clusters.
#[derive(Debug, PartialEq, Eq)]
enum Relation {
    Same,
    Unknown,
    Two,
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut seen: HashSet<*const Resource<'w>> = HashSet::new();
    let mut places: BTreeMap<(ArchivePlace<'w>, Option<usize>), Vec<Writer<'w>>> = BTreeMap::new();
    let mut open: Vec<(Writer<'w>, String)> = Vec::new();
    let mut servers = Servers::default();
    for (target, graph) in context.world.graphs.iter().enumerate() {
        for cluster in graph.all::<Cluster<'w>>() {
            let Some(archive) = Archive::written_by(&cluster) else { continue };
            let first = seen.insert(std::ptr::from_ref(cluster.resource()));
            if first {
                judge_recovery(&cluster, &archive, graph, sink);
            }
            if cluster.is_example() {
                continue;
            }
            let writer = Writer { target, cluster, archive };
            if first {
                servers.add(archive.server());
            }
            match archive.place(graph) {
                Ok(place) => {
                    let only_in = place.is_in_cluster().then_some(target);
                    places.entry((place, only_in)).or_default().push(writer);
                }
                Err(reason) if first => open.push((writer, reason)),
                Err(_) => {}
            }
        }
    }
    for ((place, _), writers) in &places {
        judge_place(place, writers, context, sink);
    }
    for (writer, reason) in open {
        if servers.has_another(writer.archive.server()) {
            sink.undecided(writer.archive.handle().site(), reason);
        }
    }
}

/// How many Clusters archive under each name: different names are different places, whatever else is not known.
#[derive(Default)]
struct Servers<'w> {
    known: HashMap<&'w str, usize>,
    unknown: usize,
}

impl<'w> Servers<'w> {
    fn add(&mut self, server: Option<&'w str>) {
        match server {
            Some(server) => *self.known.entry(server).or_default() += 1,
            None => self.unknown += 1,
        }
    }

    /// Whether a Cluster other than the one in question may archive under its name.
    fn has_another(&self, server: Option<&str>) -> bool {
        match server {
            Some(server) => self.known.get(server).is_some_and(|count| *count > 1) || self.unknown > 0,
            None => !self.known.is_empty() || self.unknown > 1,
        }
    }
}

/// Judges the writers of one place against the first: what is an alternative of the first meets the others there.
fn judge_place<'w>(
    place: &ArchivePlace<'w>,
    writers: &[Writer<'w>],
    context: &Context<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let Some((first, rest)) = writers.split_first() else { return };
    let mut said: HashSet<*const Resource<'w>> = HashSet::new();
    for writer in rest {
        match relation(first, writer) {
            Relation::Same => {}
            Relation::Unknown => {
                let reason = format!("whether this is another Cluster than {} is not known", first.cluster.title());
                sink.undecided(writer.archive.handle().site(), reason);
            }
            Relation::Two if said.insert(std::ptr::from_ref(writer.cluster.resource())) => {
                report_two(place, first, writer, context, sink);
            }
            Relation::Two => {}
        }
    }
}

fn relation(a: &Writer<'_>, b: &Writer<'_>) -> Relation {
    let (one, other) = (a.cluster.resource(), b.cluster.resource());
    if std::ptr::eq(one, other) {
        return Relation::Same;
    }
    if a.target != b.target {
        return Relation::Two;
    }
    match (one.name(), other.name()) {
        (Some(name), Some(known)) if name != known => Relation::Two,
        (Some(_), Some(_)) if one.namespace.is_same(&other.namespace) => Relation::Same,
        _ if one.namespace.may_be(&other.namespace) => Relation::Unknown,
        _ => Relation::Two,
    }
}

fn report_two<'w>(
    place: &ArchivePlace<'w>,
    first: &Writer<'w>,
    second: &Writer<'w>,
    context: &Context<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let skips = [second, first].into_iter().find_map(|writer| skips_empty_check(writer.cluster.resource()));
    let code = if skips.is_some() { "unchecked" } else { "two-clusters" };
    let handle = second.archive.handle();
    let (own, other) = titles(first, second, context);
    let message = format!("{own} archives WAL where {other} does: `{}` in `{}`", place.server, place.path);
    let (here, there) = (handle.place(), first.archive.handle().place());
    let mut finding = sink.finding(code, second.cluster.resource(), handle, message).underline(here);
    finding = match here == there {
        true => finding.label("both archive here"),
        false => finding.label("the same archive").related(there, "is written by this Cluster too"),
    };
    finding = match skips {
        Some(switch) => finding.related(switch.span(), "lets it archive among the files of the other").note(MIXED),
        None => finding.note(REFUSED),
    };
    finding.help("give each Cluster a `serverName` or a `destinationPath` of its own");
}

/// What the second and the first are called: by their targets or files where kind and name are the same.
fn titles(first: &Writer<'_>, second: &Writer<'_>, context: &Context<'_, '_>) -> (String, String) {
    let (own, other) = (second.cluster.title(), first.cluster.title());
    if own != other {
        return (own, other);
    }
    let target = |writer: &Writer<'_>| &context.world.targets[writer.target].name;
    if target(first) != target(second) {
        return (format!("{own} of target `{}`", target(second)), format!("that of target `{}`", target(first)));
    }
    let file = |writer: &Writer<'_>| context.world.sources.name(writer.cluster.source()).into_owned();
    (own, format!("that of `{}`", file(first)))
}

const REFUSED: &str =
    "the operator asks for an empty archive when it creates a Cluster, and stops with `Expected empty archive`";
const SECOND: &str =
    "the new timeline lies among the old files; a second recovery may overwrite what the first one archived";
const MIXED: &str = "WAL files of both carry the same names: one overwrites the other, and neither may be restorable";

fn judge_recovery<'w>(cluster: &Cluster<'w>, own: &Archive<'w>, graph: &Graph<'w>, sink: &mut Sink<'_, 'w>) {
    let Some(source) = Archive::recovered_by(cluster) else { return };
    let handle = own.handle();
    if !own.has_words_of(&source) {
        if own.server().is_some() && source.server().is_some() && own.server() != source.server() {
            return;
        }
        match (own.place(graph), source.place(graph)) {
            (Ok(own), Ok(source)) if own == source => {}
            (Ok(_), Ok(_)) => return,
            (Err(reason), _) | (_, Err(reason)) => {
                sink.undecided(handle.site(), reason);
                return;
            }
        }
    }
    // One written mapping may serve both sides through an alias; then the bootstrap tells the other side.
    let one_mapping = source.handle().place() == handle.place();
    let old = match source.handle().place() {
        span if span == handle.place() => cluster.spec(&["bootstrap", "recovery", "source"]).map(Value::place),
        span => Some(span),
    };
    let skips = skips_empty_check(cluster.resource());
    let code = if skips.is_some() { "unchecked" } else { "recovery-source" };
    let message = format!("{} archives WAL to the place it recovers from, {}", cluster.title(), own.bucket_title());
    let mut finding = sink
        .finding(code, cluster.resource(), handle, message)
        .underline(handle.place())
        .label("where the new Cluster writes");
    if let Some(old) = old {
        finding = finding.related(old, "and where the old one wrote");
    }
    finding = match skips {
        Some(switch) => finding.related(switch.span(), "lets it archive among the old files").note(SECOND),
        None => finding.note(REFUSED),
    };
    finding = finding.help(match one_mapping {
        true => {
            "give the new Cluster parameters of its own, not by an alias, with another `serverName` in each recovery"
        }
        false => "give the new Cluster a `serverName` of its own, another with each recovery",
    });
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_archives_apart() {
        let mut servers = Servers::default();
        for server in [Some("orders"), Some("billing"), Some("billing")] {
            servers.add(server);
        }
        for (server, another) in [(Some("orders"), false), (Some("billing"), true), (None, true)] {
            assert_eq!(servers.has_another(server), another, "{server:?}");
        }
        servers.add(None);
        assert!(servers.has_another(Some("orders")), "an unknown name may be any");
    }
}
