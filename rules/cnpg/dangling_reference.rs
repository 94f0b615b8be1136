//! References between CloudNativePG objects that lead nowhere.

use crate::contract::Answer;
use crate::declare_rule;
use crate::graph::cnpg::{
    BARMAN_PLUGIN, Cluster, ClusterImageCatalog, GROUP, ImageCatalog, ObjectStore, Pooler, Subscription,
    cluster_reference,
};
use crate::graph::{Absence, Graph, Lookup, View, is_near};
use crate::manifest::{Namespace, Resource};
use crate::rule::{Sink, TargetContext, replace_name};
use crate::source::Span;
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds references to objects that are not there: from Database, DatabaseRole, Pooler, Backup, ScheduledBackup,
    /// Publication and Subscription to their Cluster; from Clusters and Poolers to an image catalog, and to a major
    /// version that the catalog does not list; from the barman-cloud plugin to its ObjectStore; from an import or a
    /// Subscription to an entry of `externalClusters`; from a Cluster to ConfigMaps and their keys.
    ///
    /// ## Why it matters
    /// All of these are accepted, since admission looks at one object alone. The operator then waits for the missing
    /// one without an end: no pooler, no database, no backup, and nothing that fails loudly.
    ///
    /// ## Instead
    /// Name an object of the same namespace; references have no namespace field, so they never leave it. Only a
    /// ClusterImageCatalog is found from everywhere.
    ///
    /// ## Limits
    /// Nothing is said where the object may come from elsewhere: a chart, a base that is not built here, another repo.
    /// What a contract speaks of is left to `boundary/broken-contract`. Secrets have rules of their own. Names of Backups are not looked for, since schedules make them. What the
    /// webhook refuses itself (sources of recovery, of base backups and of replicas) is said there. In folders of
    /// examples the other object need not be shown.
    pub static RULE {
        id: "cnpg/dangling-reference",
        summary: "a reference leads to an object that is not there",
        scope: Target,
        codes: [
            "missing-cluster" => (Error, High, Reliability),
            "missing-catalog" => (Error, High, Reliability),
            "missing-major" => (Error, High, Reliability),
            "missing-object-store" => (Error, High, Reliability),
            "missing-external-cluster" => (Error, High, Reliability),
            "missing-config-map" => (Error, High, Reliability),
            "missing-key" => (Error, High, Reliability),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Kinds that name their Cluster in `spec.cluster.name`.
const DEPENDANTS: [&str; 7] =
    ["Backup", "Database", "DatabaseRole", "Pooler", "Publication", "ScheduledBackup", "Subscription"];

/// The ConfigMap that the operator makes in each namespace.
const DEFAULT_QUERIES: &str = "cnpg-default-monitoring";

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let graph = context.graph;
    for kind in DEPENDANTS {
        for from in graph.of_kind(GROUP, kind).iter().filter(|resource| resource.whole) {
            let Some(value) = cluster_reference(from) else { continue };
            if is_promised(from, value, context, sink) {
                continue;
            }
            let reference = Reference { from, value, group: GROUP, kind: "Cluster", code: "missing-cluster" };
            reference.resolve(graph, &from.namespace, sink);
        }
    }
    for cluster in graph.all::<Cluster<'w>>() {
        catalog(cluster.resource(), cluster.spec(&["imageCatalogRef"]), graph, sink);
        object_stores(&cluster, graph, sink);
        import_source(&cluster, sink);
        config_maps(&cluster, graph, sink);
    }
    for pooler in graph.all::<Pooler<'w>>() {
        catalog(pooler.resource(), pooler.at(&["spec", "pgbouncer", "imageCatalogRef"]), graph, sink);
    }
    for subscription in graph.all::<Subscription<'w>>() {
        publisher(&subscription, graph, sink);
    }
}

/// Whether a contract says if the cluster is there: what it does not offer is told by a rule of its own.
fn is_promised<'w>(
    from: &'w Resource<'w>,
    value: Value<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) -> bool {
    let (Some(name), Some(namespace)) = (value.known(), from.namespace.known()) else { return false };
    let is_own = |one: &&'w Resource<'w>| one.namespace.may_be(&from.namespace);
    if context.graph.named(GROUP, Cluster::KIND, name).iter().any(is_own) {
        return false;
    }
    match context.offers().cluster(namespace, name) {
        Answer::There(_) | Answer::Absent(_) => true,
        Answer::Unknown(Some(reason)) => {
            sink.undecided(value.span(), reason);
            true
        }
        Answer::Unknown(None) => false,
    }
}

/// A field that names an object.
struct Reference<'w> {
    from: &'w Resource<'w>,
    value: Value<'w>,
    group: &'static str,
    kind: &'static str,
    code: &'static str,
}

impl<'w> Reference<'w> {
    /// The objects it may mean; none where nothing is there or nobody can tell, which is then said.
    fn resolve(
        &self,
        graph: &Graph<'w>,
        namespace: &Namespace<'_>,
        sink: &mut Sink<'_, 'w>,
    ) -> Option<Vec<&'w Resource<'w>>> {
        let name = known(self.value, sink)?;
        match graph.find(self.group, self.kind, namespace, name) {
            Lookup::Found(found) => return Some(found),
            Lookup::Unknown(reason) => sink.undecided(self.value.span(), reason),
            Lookup::Absent(_) if self.from.is_example() => {
                sink.undecided(self.value.span(), "an example need not show the object it names");
            }
            Lookup::Absent(absence) => self.report(name, &absence, sink),
        }
        None
    }

    fn report(&self, name: &str, absence: &Absence<'w>, sink: &mut Sink<'_, 'w>) {
        let kind = self.kind;
        let message = format!("{} waits for {kind} `{name}`, which is not there", self.from.title());
        let place = match &self.from.namespace {
            _ if kind == ClusterImageCatalog::KIND => "in this target".to_owned(),
            Namespace::Known(namespace) => format!("in namespace `{namespace}`"),
            _ => "in the same namespace".to_owned(),
        };
        let mut finding = sink
            .finding(self.code, self.from, self.value, message)
            .label(format!("no {kind} `{name}` {place}"))
            .note(format!("looked at {}", counted(absence.looked_at, kind)));
        for other in absence.elsewhere.iter().take(2) {
            let label = match other.namespace.known() {
                Some(namespace) => format!("this one is in `{namespace}`; references never leave the namespace"),
                None => "this one is in another namespace; references never leave theirs".to_owned(),
            };
            finding = finding.related(other.headline().span(), label);
        }
        match absence.near.and_then(|near| near.written_name().map(|name| (near, name))) {
            Some((near, meant)) => {
                finding = finding.related(near.headline().span(), format!("{kind} with a similar name"));
                suggest(finding, self.value, kind, meant);
            }
            None if absence.elsewhere.is_empty() => {
                finding.help(format!("add {kind} `{name}`, or name one that is there"));
            }
            None => {
                finding.help(format!("move this object to the namespace of the {kind}, or name one beside it"));
            }
        }
    }
}

fn suggest(finding: crate::rule::Builder<'_>, value: Value<'_>, what: &str, meant: &str) {
    match replace_name(value, meant) {
        Some(edits) => finding.suggestion(format!("name {what} `{meant}`, if that is meant"), edits),
        None => finding.help(format!("did you mean `{meant}`?")),
    };
}

fn counted(count: usize, kind: &str) -> String {
    match count {
        1 => format!("1 object of kind {kind}"),
        count => format!("{count} objects of kind {kind}"),
    }
}

/// The text of a reference; where it is not known yet, that is said.
fn known<'w>(value: Value<'w>, sink: &mut Sink<'_, 'w>) -> Option<&'w str> {
    if value.known().is_none()
        && let Some(reason) = value.unknown()
    {
        sink.undecided(value.span(), reason);
    }
    value.known().filter(|name| !name.is_empty())
}

fn catalog<'w>(from: &'w Resource<'w>, reference: Option<Value<'w>>, graph: &Graph<'w>, sink: &mut Sink<'_, 'w>) {
    let Some(reference) = reference else { return };
    let (Some(kind), Some(value)) = (reference.get("kind").and_then(Value::known), reference.get("name")) else {
        return;
    };
    let (kind, namespace) = match kind {
        "ImageCatalog" => (ImageCatalog::KIND, from.namespace.clone()),
        "ClusterImageCatalog" => (ClusterImageCatalog::KIND, Namespace::None),
        _ => return,
    };
    let is_published = value.known().is_some_and(|name| name == "postgresql" || name.starts_with("postgresql-"));
    let found = match value.known() {
        Some(name)
            if kind == ClusterImageCatalog::KIND && is_published && graph.named(GROUP, kind, name).is_empty() =>
        {
            sink.undecided(value.span(), "the operator's project publishes catalogs of such names");
            return;
        }
        _ => Reference { from, value, group: GROUP, kind, code: "missing-catalog" }.resolve(graph, &namespace, sink),
    };
    if let (Some(found), Some(major)) = (found, reference.get("major")) {
        catalog_major(from, major, &found, sink);
    }
}

/// A catalog has to list the major version that is asked of it; of several definitions one is enough.
fn catalog_major<'w>(from: &'w Resource<'w>, value: Value<'w>, catalogs: &[&'w Resource<'w>], sink: &mut Sink<'_, 'w>) {
    let Some(asked) = value.as_int() else {
        if let Some(reason) = value.unknown() {
            sink.undecided(value.span(), reason);
        }
        return;
    };
    let mut offered = Vec::new();
    for catalog in catalogs {
        for entry in catalog.at(&["spec", "images"]).into_iter().flat_map(Value::items) {
            match entry.get("major").and_then(Value::as_int) {
                Some(major) => offered.push(major),
                None => return sink.undecided(value.span(), "the catalog lists a major version that is not known"),
            }
        }
        if let Some(reason) = catalog.may_be_completed().filter(|_| !offered.contains(&asked)) {
            return sink.undecided(value.span(), reason);
        }
    }
    if offered.contains(&asked) {
        return;
    }
    offered.sort_unstable();
    offered.dedup();
    let list = offered.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let message = format!("{} asks its catalog for PostgreSQL {asked}, which it does not list", from.title());
    let mut finding = sink.finding("missing-major", from, value, message).label("not in the catalog");
    for catalog in catalogs.iter().take(2) {
        let images = catalog.at(&["spec", "images"]).map_or(catalog.headline().span(), Value::key_or_span);
        finding = finding.related(images, "the catalog's images");
    }
    let held = if list.is_empty() { "no image".to_owned() } else { format!("PostgreSQL {list}") };
    finding
        .note(format!("the catalog lists {held}"))
        .help(format!("add an image with `major: {asked}` to the catalog, or ask for a major version that it lists"));
}

fn object_stores<'w>(cluster: &Cluster<'w>, graph: &Graph<'w>, sink: &mut Sink<'_, 'w>) {
    let sources = cluster.external_clusters().filter_map(|external| external.get("plugin"));
    for plugin in cluster.plugins().chain(sources) {
        if plugin.get("name").and_then(Value::known) != Some(BARMAN_PLUGIN) {
            continue;
        }
        let Some(value) = plugin.at(&["parameters", "barmanObjectName"]) else { continue };
        let reference = Reference {
            from: cluster.resource(),
            value,
            group: ObjectStore::GROUP,
            kind: ObjectStore::KIND,
            code: "missing-object-store",
        };
        reference.resolve(graph, &cluster.namespace, sink);
    }
}

/// The entries of `externalClusters` of several definitions of one cluster, or why they are not known.
fn external_names<'w>(clusters: &[Cluster<'w>]) -> Result<Vec<(&'w str, Span)>, String> {
    let mut names = Vec::new();
    for cluster in clusters {
        if let Some(reason) = cluster.may_be_completed() {
            return Err(reason.to_owned());
        }
        if cluster.spec(&["externalClusters"]).is_some_and(|list| !list.is_sequence() && !list.is_null()) {
            return Err("`externalClusters` is no list that can be read here".into());
        }
        for external in cluster.external_clusters() {
            match external.get("name").map(|name| (name.known(), name.span())) {
                Some((Some(name), span)) => names.push((name, span)),
                _ => return Err("the name of an external cluster is not known".into()),
            }
        }
    }
    Ok(names)
}

fn import_source<'w>(cluster: &Cluster<'w>, sink: &mut Sink<'_, 'w>) {
    let source = ["bootstrap", "initdb", "import", "source", "externalCluster"];
    let Some(value) = cluster.spec(&source) else { return };
    let title = cluster.title();
    external(cluster.resource(), value, &[*cluster], sink, |name| {
        format!("{title} imports from external cluster `{name}`, which it does not declare")
    });
}

fn publisher<'w>(subscription: &Subscription<'w>, graph: &Graph<'w>, sink: &mut Sink<'_, 'w>) {
    let Some(value) = subscription.at(&["spec", "externalClusterName"]) else { return };
    let Some(cluster) = cluster_reference(subscription.resource()).and_then(Value::known) else { return };
    let found = match graph.find(GROUP, Cluster::KIND, &subscription.namespace, cluster) {
        Lookup::Found(found) => found,
        // The reference to the cluster itself was looked at before.
        Lookup::Absent(_) | Lookup::Unknown(_) => return,
    };
    let clusters: Vec<Cluster<'w>> = found.iter().copied().map(Cluster::new).collect();
    let title = subscription.title();
    external(subscription.resource(), value, &clusters, sink, |name| {
        format!("{title} subscribes to external cluster `{name}`, which Cluster `{cluster}` does not declare")
    });
}

/// Up to three names, and how many there are beside them.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len().checked_sub(3).filter(|more| *more > 0) {
        _ if names.is_empty() => "nothing".to_owned(),
        Some(more) => format!("{} and {more} more", names[..3].join(", ")),
        None => names.join(", "),
    }
}

fn external<'w>(
    from: &'w Resource<'w>,
    value: Value<'w>,
    clusters: &[Cluster<'w>],
    sink: &mut Sink<'_, 'w>,
    message: impl FnOnce(&str) -> String,
) {
    let Some(name) = known(value, sink) else { return };
    let names = match external_names(clusters) {
        Ok(names) => names,
        Err(reason) => return sink.undecided(value.span(), reason),
    };
    if names.iter().any(|(known, _)| *known == name) {
        return;
    }
    if from.is_example() {
        return sink.undecided(value.span(), "an example need not show the object it names");
    }
    let finding = sink
        .finding("missing-external-cluster", from, value, message(name))
        .label(format!("no entry `{name}` in `externalClusters`"));
    let near = names.iter().filter_map(|(known, span)| is_near(name, known).map(|distance| (distance, *known, *span)));
    match near.min() {
        Some((_, meant, span)) => {
            suggest(finding.related(span, "an entry with a similar name"), value, "external cluster", meant);
        }
        None => {
            let list = clusters.iter().find_map(|cluster| cluster.spec(&["externalClusters"]));
            let says = format!("declares {}", listed(names.iter().map(|(known, _)| *known)));
            let owner = match clusters.first().filter(|cluster| !std::ptr::eq(cluster.resource(), from)) {
                Some(cluster) => format!(" of {}", cluster.title()),
                None => String::new(),
            };
            finding
                .related(list.map(Value::key_or_span), says)
                .help(format!("add `{name}` to `externalClusters`{owner}, with its connection parameters"));
        }
    }
}

fn config_maps<'w>(cluster: &Cluster<'w>, graph: &Graph<'w>, sink: &mut Sink<'_, 'w>) {
    let initdb = |key: &'static str| cluster.spec(&["bootstrap", "initdb", key, "configMapRefs"]);
    let lists = [
        initdb("postInitSQLRefs"),
        initdb("postInitTemplateSQLRefs"),
        initdb("postInitApplicationSQLRefs"),
        cluster.spec(&["monitoring", "customQueriesConfigMap"]),
    ];
    for reference in lists.into_iter().flatten().flat_map(Value::items) {
        let Some(value) = reference.get("name").filter(|name| name.known() != Some(DEFAULT_QUERIES)) else { continue };
        let from = cluster.resource();
        let target = Reference { from, value, group: "", kind: "ConfigMap", code: "missing-config-map" };
        if let (Some(found), Some(key)) = (target.resolve(graph, &cluster.namespace, sink), reference.get("key")) {
            config_map_key(from, key, &found, sink);
        }
    }
}

fn config_map_key<'w>(from: &'w Resource<'w>, value: Value<'w>, maps: &[&'w Resource<'w>], sink: &mut Sink<'_, 'w>) {
    let Some(key) = known(value, sink) else { return };
    let data = |map: &&'w Resource<'w>| ["data", "binaryData"].into_iter().filter_map(|part| map.at(&[part]));
    if maps.iter().flat_map(data).any(|data| data.get(key).is_some()) {
        return;
    }
    if let Some(reason) = maps.iter().find_map(|map| map.may_be_completed()) {
        return sink.undecided(value.span(), reason);
    }
    // Somebody fills a ConfigMap that is empty here.
    if maps.iter().flat_map(data).all(Value::is_empty) {
        return sink.undecided(value.span(), "the ConfigMap holds nothing in this repo");
    }
    let message = format!("{} reads key `{key}` of a ConfigMap that does not hold it", from.title());
    let mut finding = sink.finding("missing-key", from, value, message).label("no such key");
    let keys = |map: &&'w Resource<'w>| data(map).flat_map(Value::entries).map(|(key, _)| key);
    for map in maps.iter().take(2) {
        finding = finding.related(map.headline().span(), format!("holds {}", listed(keys(map))));
    }
    let keys = maps.iter().flat_map(keys);
    let near = keys.filter_map(|known| is_near(key, known).map(|distance| (distance, known))).min();
    match near {
        Some((_, meant)) => suggest(finding, value, "key", meant),
        None => {
            finding.help(format!("add `{key}` to the ConfigMap, or name a key that it holds"));
        }
    }
}
