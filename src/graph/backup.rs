//! How a Cluster is backed up and where its WAL goes: in-tree object stores, volume snapshots, plugins, and the archive
//! it recovers from. Nothing is judged here.

use super::cnpg::{BARMAN_PLUGIN, Bootstrap, Cluster};
use super::{Graph, Lookup, View};
use crate::manifest::{Namespace, Resource};
use crate::source::Span;
use crate::yaml::{Text, Value};

/// The annotation by which the operator archives into a place that is not empty.
const SKIP_EMPTY_CHECK: &str = "cnpg.io/skipEmptyWalArchiveCheck";
/// The annotation by which the operator archives no WAL at all.
const SKIP_ARCHIVING: &str = "cnpg.io/skipWalArchiving";

/// The ways in which a Cluster can make backups.
#[derive(Debug)]
pub struct BackupSetup<'w> {
    /// `spec.backup.barmanObjectStore`.
    pub in_tree: Option<Value<'w>>,
    /// `spec.backup.volumeSnapshot`.
    pub snapshot: Option<Value<'w>>,
    /// Entries of `spec.plugins` that are sure to be about backups: barman-cloud, or whatever archives WAL.
    pub plugins: Vec<Value<'w>>,
    /// What may be a way too, and why that cannot be told.
    pub doubt: Option<(Span, String)>,
}

impl<'w> BackupSetup<'w> {
    /// What the manifest of `cluster` says.
    pub fn of(cluster: &Cluster<'w>) -> BackupSetup<'w> {
        let backup = cluster.spec(&["backup"]);
        let mut doubt = backup.and_then(unknown);
        let mut way = |key: &str| {
            let value = backup.and_then(|backup| backup.get(key)).filter(|value| !value.is_null())?;
            doubt = doubt.take().or_else(|| unknown(value));
            value.is_mapping().then_some(value)
        };
        let (in_tree, snapshot) = (way("barmanObjectStore"), way("volumeSnapshot"));
        let mut plugins = Vec::new();
        doubt = doubt.or_else(|| cluster.spec(&["plugins"]).and_then(unknown));
        for plugin in cluster.plugins() {
            let name = plugin.get("name");
            let archives = plugin.get("isWALArchiver").and_then(Value::as_bool) == Some(true);
            if archives || name.and_then(Value::known) == Some(BARMAN_PLUGIN) {
                plugins.push(plugin);
            } else if let Some(name) = name {
                let reason = match name.known() {
                    Some(known) => format!("whether the plugin `{known}` makes backups is not known"),
                    None => "which plugin this is cannot be told".to_owned(),
                };
                doubt = doubt.or(Some((name.span(), reason)));
            }
        }
        BackupSetup { in_tree, snapshot, plugins, doubt }
    }

    /// Whether there is a way that is certain.
    pub fn is_configured(&self) -> bool {
        self.in_tree.is_some() || self.snapshot.is_some() || !self.plugins.is_empty()
    }
}

/// Where the value stands and why it is not known, if it is a scalar that something replaces later.
fn unknown(value: Value<'_>) -> Option<(Span, String)> {
    value.unknown().map(|reason| (value.span(), reason))
}

/// A WAL archive as a Cluster names it.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'w> {
    cluster: Cluster<'w>,
    store: Store<'w>,
    /// `serverName`, where it is written.
    server: Option<Value<'w>>,
    /// What stands for it where it is not, unless that is changed on its way.
    default_server: Option<Value<'w>>,
}

/// Where the bucket of an archive is written.
#[derive(Clone, Copy, Debug)]
enum Store<'w> {
    /// In the Cluster itself.
    InTree(Value<'w>),
    /// In an ObjectStore of this name.
    Object(Value<'w>),
}

/// The place of an archive, known in full. Two Clusters with one place write over each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchivePlace<'w> {
    /// `endpointURL` without a final slash; none for the provider's own.
    pub endpoint: Option<&'w str>,
    /// `destinationPath` without a final slash.
    pub path: &'w str,
    /// The folder below it.
    pub server: &'w str,
}

impl ArchivePlace<'_> {
    /// Whether the endpoint is a Service, which is another one in each Kubernetes cluster.
    pub fn is_in_cluster(&self) -> bool {
        let Some(endpoint) = self.endpoint else { return false };
        let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let host = authority.split(['/', ':']).next().unwrap_or_default().trim_end_matches('.');
        !host.is_empty() && (!host.contains('.') || host.ends_with(".svc") || host.ends_with(".svc.cluster.local"))
    }
}

impl<'w> Archive<'w> {
    /// The archive that `cluster` writes its WAL to, if it writes any by means that are known here.
    pub fn written_by(cluster: &Cluster<'w>) -> Option<Archive<'w>> {
        if cluster.annotation(SKIP_ARCHIVING).and_then(Value::known) == Some("enabled") {
            return None;
        }
        let archiver =
            cluster.plugins().find(|plugin| plugin.get("isWALArchiver").and_then(Value::as_bool) == Some(true));
        let default_server = cluster.name_value().filter(|_| !cluster.delivery.renames);
        match archiver {
            Some(plugin) => Archive::by_plugin(*cluster, plugin, default_server),
            None => Archive::in_tree(*cluster, cluster.spec(&["backup", "barmanObjectStore"])?, default_server),
        }
    }

    /// The archive of the external cluster that `cluster` recovers from, if it does.
    pub fn recovered_by(cluster: &Cluster<'w>) -> Option<Archive<'w>> {
        let Bootstrap::Recovery(recovery) = cluster.bootstrap() else { return None };
        let source = recovery.get("source")?.raw()?;
        let name = |entry: Value<'w>| entry.get("name");
        let entry = cluster.external_clusters().find(|entry| name(*entry).and_then(Value::raw) == Some(source))?;
        match (entry.get("barmanObjectStore"), entry.get("plugin")) {
            (Some(store), _) => Archive::in_tree(*cluster, store, name(entry)),
            (None, Some(plugin)) => Archive::by_plugin(*cluster, plugin, name(entry)),
            (None, None) => None,
        }
    }

    fn in_tree(cluster: Cluster<'w>, store: Value<'w>, default_server: Option<Value<'w>>) -> Option<Archive<'w>> {
        store.get("destinationPath")?.raw()?;
        Some(Archive { cluster, store: Store::InTree(store), server: written(store, "serverName"), default_server })
    }

    fn by_plugin(cluster: Cluster<'w>, plugin: Value<'w>, default_server: Option<Value<'w>>) -> Option<Archive<'w>> {
        if plugin.get("name")?.known()? != BARMAN_PLUGIN {
            return None;
        }
        let parameters = plugin.get("parameters")?;
        let store = parameters.get("barmanObjectName")?;
        store.raw()?;
        let server = written(parameters, "serverName");
        Some(Archive { cluster, store: Store::Object(store), server, default_server })
    }

    /// The value to change for another archive: `serverName` where it is written, else what names the bucket.
    pub fn handle(&self) -> Value<'w> {
        self.server.unwrap_or_else(|| self.bucket())
    }

    fn bucket(&self) -> Value<'w> {
        match self.store {
            Store::InTree(store) => store.get("destinationPath").unwrap_or(store),
            Store::Object(name) => name,
        }
    }

    /// The folder of the archive, if it is known.
    pub fn server(&self) -> Option<&'w str> {
        self.server.or(self.default_server).and_then(Value::known)
    }

    /// Whether both are named by the same words in one object. What something replaces later is then replaced alike.
    pub fn has_words_of(&self, other: &Archive<'w>) -> bool {
        let identity = |archive: &Archive<'w>| {
            let server = words(archive.server.or(archive.default_server)?)?;
            Some(match archive.store {
                Store::InTree(store) => (server, words(archive.bucket())?, Some(endpoint(store).map_or("", trimmed))),
                Store::Object(name) => (server, words(name)?, None),
            })
        };
        std::ptr::eq(self.cluster.resource(), other.cluster.resource())
            && identity(self).is_some_and(|own| identity(other) == Some(own))
    }

    /// How a message names the bucket: the path, or the ObjectStore that holds it.
    pub fn bucket_title(&self) -> String {
        let text = self.bucket().raw().unwrap_or_default();
        match self.store {
            Store::InTree(_) => format!("`{text}`"),
            Store::Object(_) => format!("ObjectStore `{text}`"),
        }
    }

    /// The place of the archive, its ObjectStore looked up in the Cluster's namespace.
    ///
    /// # Errors
    /// Why the place is not known.
    pub fn place(&self, graph: &Graph<'w>) -> Result<ArchivePlace<'w>, String> {
        let server = self.server.or(self.default_server).ok_or("the name of the Cluster is changed on its way")?;
        let server = known(server)?;
        match self.store {
            Store::InTree(store) => place(store, server),
            Store::Object(name) => {
                let stores = object_stores(graph, &self.cluster.namespace, known(name)?)?;
                let mut places = stores.iter().map(|store| match store.at(&["spec", "configuration"]) {
                    Some(configuration) => place(configuration, server),
                    None => Err(format!("{} says no destination", store.title())),
                });
                let first = places.next().unwrap_or_else(|| Err("there is no such ObjectStore".into()))?;
                match places.all(|other| other.as_ref() == Ok(&first)) {
                    true => Ok(first),
                    false => Err("the repo holds several ObjectStores of that name".into()),
                }
            }
        }
    }
}

/// A place that a Cluster writes backups to.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'w> {
    /// The object that configures it: the Cluster itself, or an ObjectStore.
    pub holder: &'w Resource<'w>,
    /// Its configuration: destination, credentials, compression.
    pub configuration: Value<'w>,
    /// For how long backups are kept there, where it is written.
    pub retention: Option<Value<'w>>,
    /// What names the place in the Cluster.
    pub named_at: Value<'w>,
    /// Whether the Cluster holds the configuration.
    pub in_tree: bool,
}

/// The places that `cluster` writes backups to, as far as they are seen: its own object store, and the ObjectStores that
/// its barman-cloud plugin names.
pub fn destinations<'w>(cluster: &Cluster<'w>, graph: &Graph<'w>) -> Vec<Destination<'w>> {
    let setup = BackupSetup::of(cluster);
    let mut all = Vec::new();
    if let Some(configuration) = setup.in_tree {
        all.push(Destination {
            holder: cluster.resource(),
            configuration,
            retention: cluster.spec(&["backup", "retentionPolicy"]),
            named_at: configuration,
            in_tree: true,
        });
    }
    for plugin in setup.plugins.iter().filter(|plugin| plugin.get("name").and_then(Value::known) == Some(BARMAN_PLUGIN))
    {
        let Some(named_at) = plugin.at(&["parameters", "barmanObjectName"]) else { continue };
        let Some(name) = named_at.known() else { continue };
        for holder in object_stores(graph, &cluster.namespace, name).unwrap_or_default() {
            let Some(configuration) = holder.at(&["spec", "configuration"]) else { continue };
            let retention = holder.at(&["spec", "retentionPolicy"]);
            all.push(Destination { holder, configuration, retention, named_at, in_tree: false });
        }
    }
    all
}

/// Whether the operator was told to archive into a place that is not empty; the annotation, if so.
pub fn skips_empty_check<'w>(resource: &'w Resource<'w>) -> Option<Value<'w>> {
    resource.annotation(SKIP_EMPTY_CHECK).filter(|value| value.known() == Some("enabled"))
}

fn object_stores<'w>(
    graph: &Graph<'w>,
    namespace: &Namespace<'w>,
    name: &str,
) -> Result<Vec<&'w Resource<'w>>, String> {
    match graph.find("barmancloud.cnpg.io", "ObjectStore", namespace, name) {
        Lookup::Found(stores) => Ok(stores),
        Lookup::Absent(_) => Err(format!("there is no ObjectStore `{name}`")),
        Lookup::Unknown(reason) => Err(reason),
    }
}

fn place<'w>(store: Value<'w>, server: &'w str) -> Result<ArchivePlace<'w>, String> {
    let path = store.get("destinationPath").ok_or("no destinationPath is written")?;
    let endpoint = endpoint(store).map(known).transpose()?;
    Ok(ArchivePlace { endpoint: endpoint.map(trim_slash), path: trim_slash(known(path)?), server })
}

fn endpoint(store: Value<'_>) -> Option<Value<'_>> {
    written(store, "endpointURL").filter(|endpoint| endpoint.raw() != Some(""))
}

fn written<'w>(parent: Value<'w>, key: &str) -> Option<Value<'w>> {
    parent.get(key).filter(|value| !value.is_null())
}

fn trimmed(value: Value<'_>) -> &str {
    trim_slash(value.raw().unwrap_or_default())
}

fn trim_slash(text: &str) -> &str {
    text.trim_end_matches('/')
}

/// The text as written, unless it is encrypted: two secrets that read alike need not be alike.
fn words(value: Value<'_>) -> Option<&str> {
    match value.text() {
        Text::Known(text) | Text::Partial(text) => Some(trim_slash(text)),
        Text::Encrypted | Text::Other(_) => None,
    }
}

fn known(value: Value<'_>) -> Result<&str, String> {
    value.known().ok_or_else(|| value.unknown().unwrap_or_else(|| "the value is no text".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_told_from_hosts() {
        for (endpoint, is) in [
            (Some("http://garage.garage.svc.cluster.local:3900"), true),
            (Some("https://minio.storage.svc"), true),
            (Some("http://minio:9000"), true),
            (Some("minio.storage.svc.:9000"), true),
            (Some("https://s3.eu-central.example.com"), false),
            (Some("https://svc.example.com"), false),
            (Some("https://"), false),
            (None, false),
        ] {
            let place = ArchivePlace { endpoint, path: "s3://backups", server: "orders" };
            assert_eq!(place.is_in_cluster(), is, "{endpoint:?}");
        }
    }
}
