//! The volumes of a Pod: their names, and that each has one source.

use super::{about, label_name, set_among, sources, titled};
use crate::schema::value::{code, field, items, text};
use crate::schema::{Problem, Problems};
use crate::yaml::{Value, has_placeholder};
use foldhash::{HashMap, HashMapExt};

/// Every source that a volume can have.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];

/// The volumes that mounts can name.
pub(super) struct Volumes<'w> {
    /// By name, with the source, if it has one.
    known: HashMap<&'w str, Option<&'static str>>,
    /// Whether there may be others, because a name is not known.
    is_open: bool,
}

impl<'w> Volumes<'w> {
    /// Whether there surely is no volume of that name.
    pub(super) fn lack(&self, name: &str) -> bool {
        !self.is_open && !self.known.contains_key(name)
    }

    /// The source of a volume.
    pub(super) fn source(&self, name: &str) -> Option<&'static str> {
        *self.known.get(name)?
    }

    /// The names, for a suggestion.
    pub(super) fn names(&self) -> impl Iterator<Item = &'w str> {
        let mut names: Vec<&'w str> = self.known.keys().copied().collect();
        names.sort_unstable();
        names.into_iter()
    }
}

pub(super) fn check<'w>(spec: Value<'w>, claims: Option<Value<'w>>, problems: &mut Problems<'w>) -> Volumes<'w> {
    let mut volumes = Volumes { known: HashMap::new(), is_open: false };
    let mut first: HashMap<&'w str, Value<'w>> = HashMap::new();
    for (index, volume) in items(spec, "volumes").enumerate().filter(|(_, volume)| volume.is_mapping()) {
        label_name(volume, "volume name", problems);
        let found = set_among(volume, SOURCES);
        match text(volume, "name").known().zip(volume.get("name")) {
            Some((name, at)) => {
                if let Some(first) = first.get(name) {
                    problems.push(
                        Problem::new(code::DUPLICATE, at, format!("two volumes of this Pod are named `{name}`"))
                            .label("named a second time")
                            .related(first.span(), "the first one")
                            .help("give each volume a name of its own"),
                    );
                } else {
                    first.insert(name, at);
                }
                // A Pod with a volume without a source gets an empty folder.
                volumes.known.insert(name, found.first().map(|(kind, _)| *kind));
            }
            None => volumes.is_open |= field(volume, "name").is_some_and(|name| name.unknown().is_some()),
        }
        if let [(one, _), (two, other), ..] = found.as_slice() {
            problems.push(
                about(
                    code::CROSS_FIELD,
                    *other,
                    format!("{} has two sources, `{one}` and `{two}`", titled("volume", volume, index)),
                )
                .at_key()
                .related(found[0].1.key_or_span(), "the first one")
                .help("write each in a volume of its own"),
            );
        }
        for (kind, source) in found {
            sources::check(kind, source, problems);
        }
    }
    for claim in claims.into_iter().flat_map(Value::items) {
        let name = field(claim, "metadata").and_then(|metadata| field(metadata, "name"));
        match name.and_then(Value::known) {
            Some(name) => {
                volumes.known.insert(name, Some("persistentVolumeClaim"));
            }
            // One without a name is told where it stands, and may be any that is mounted.
            None => volumes.is_open = true,
        }
    }
    let is_unknown = |value: Option<Value<'_>>| value.is_some_and(|value| value.raw().is_some_and(has_placeholder));
    volumes.is_open |= is_unknown(spec.get("volumes")) || is_unknown(claims);
    volumes
}
