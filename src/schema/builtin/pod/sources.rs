//! What volumes are made of.

use super::super::claim;
use super::{listed, references, set_among};
use crate::schema::value::{
    Fault, Text, at_least, checked, code, config_map_key, dns_subdomain, field, in_range, is_set, items, missing,
    number, one_of, quantity, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

/// Fields without which a source is nothing; the API server wants them written and not empty.
const NEEDED: &[(&str, &[&str])] = &[
    ("awsElasticBlockStore", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("azureFile", &["secretName", "shareName"]),
    ("cephfs", &["monitors"]),
    ("cinder", &["volumeID"]),
    ("configMap", &["name"]),
    ("csi", &["driver"]),
    ("flexVolume", &["driver"]),
    ("gcePersistentDisk", &["pdName"]),
    ("gitRepo", &["repository"]),
    ("glusterfs", &["endpoints", "path"]),
    ("hostPath", &["path"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("nfs", &["server", "path"]),
    ("persistentVolumeClaim", &["claimName"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("quobyte", &["registry", "volume"]),
    ("rbd", &["monitors", "image"]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("secret", &["secretName"]),
    ("vsphereVolume", &["volumePath"]),
];

const HOST_PATH_TYPES: &[&str] =
    &["DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];

pub(super) fn check<'w>(kind: &'static str, source: Value<'w>, problems: &mut Problems<'w>) {
    if !source.is_mapping() {
        return;
    }
    for key in NEEDED.iter().filter(|(known, _)| *known == kind).flat_map(|(_, keys)| *keys) {
        needed(kind, source, key, problems);
    }
    match kind {
        "emptyDir" => empty_dir(source, problems),
        "hostPath" => host_path(source, problems),
        "secret" | "configMap" => {
            mode(source, "defaultMode", problems);
            keys(source, problems);
        }
        "downwardAPI" => {
            mode(source, "defaultMode", problems);
            downward(source, problems);
        }
        "projected" => projected(source, problems),
        "nfs" => absolute(source, problems),
        "csi" => {
            if let Some(driver) = field(source, "driver") {
                checked(driver, code::NAME, "driver name", |text| dns_subdomain(&text.to_ascii_lowercase()), problems);
            }
        }
        "ephemeral" => ephemeral(source, problems),
        "image" if text(source, "pullPolicy") != Text::Absent => {
            if let Some(policy) = source.get("pullPolicy") {
                one_of(policy, "pullPolicy", &["Always", "IfNotPresent", "Never"], problems);
            }
        }
        "iscsi" => {
            if let Some(lun) = field(source, "lun") {
                in_range(lun, "lun", 0..=255, problems);
            }
        }
        "gitRepo" => {
            if let Some(directory) = source.get("directory").filter(|_| text(source, "directory") != Text::Absent) {
                checked(directory, code::NAME, "directory", inside, problems);
            }
        }
        _ => {}
    }
}

fn needed<'w>(kind: &str, source: Value<'w>, key: &str, problems: &mut Problems<'w>) {
    let value = field(source, key);
    let is_missing = match value {
        None => true,
        Some(value) => value.known() == Some("") || (value.is_sequence() && value.is_empty()),
    };
    if is_missing {
        problems.push(
            missing(code::REQUIRED, source, key, format!("`{kind}` does not say its `{key}`"))
                .help(format!("set `{key}`")),
        );
    }
}

fn empty_dir<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    let Some(limit) = field(source, "sizeLimit") else { return };
    match quantity(limit) {
        Some(Err(fault)) => problems.push(fault.problem(code::QUANTITY, limit, "size")),
        Some(Ok(amount)) if amount.is_negative() => problems.push(
            Problem::new(code::QUANTITY, limit, "`sizeLimit` is less than nothing").help("write a size of 0 or more"),
        ),
        _ => {}
    }
}

fn host_path<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(path) = field(source, "path") {
        let steps = |text: &str| {
            text.split('/')
                .any(|part| part == "..")
                .then(|| Fault::new("a path without `..`", "`..` in it", "write the path that is meant"))
        };
        checked(path, code::NAME, "path", steps, problems);
    }
    if let Some(kind) = source.get("type").filter(|_| text(source, "type") != Text::Absent) {
        one_of(kind, "type", HOST_PATH_TYPES, problems);
    }
}

fn absolute<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(path) = field(source, "path") {
        let check = |text: &str| {
            let relative = !text.is_empty() && !text.starts_with('/');
            relative.then(|| Fault::new("an absolute path", "no `/` at its start", format!("write `/{text}`")))
        };
        checked(path, code::NAME, "path", check, problems);
    }
}

/// Permissions of files, up to octal 0777.
fn mode<'w>(source: Value<'w>, key: &str, problems: &mut Problems<'w>) {
    let Some(value) = field(source, key) else { return };
    let Some(number) = value.as_int().filter(|number| !(0..=0o777).contains(number)) else { return };
    let problem =
        Problem::new(code::BOUND, value, format!("`{key}` is {number}, and permissions end at 511, octal 0777"));
    // The digits as somebody meant them, without the zero that makes them octal.
    let octal = u32::from_str_radix(&number.to_string(), 8).ok().filter(|meant| *meant <= 0o777);
    problems.push(match octal {
        Some(meant) => problem.help(format!("write 0{number}, which is {meant}, for these permissions in octal")),
        None => problem.help("write a number from 0 to 511, or octal from 0000 to 0777"),
    });
}

/// A path below the folder that a volume is mounted at, and no path that Kubernetes keeps for itself.
fn inside(text: &str) -> Option<Fault> {
    let found = if text.starts_with('/') {
        "starts with `/`"
    } else if text.split('/').any(|part| part == "..") {
        "`..` in it"
    } else if text.starts_with("..") {
        "starts with `..`"
    } else {
        return None;
    };
    Some(Fault::new("a path inside the volume", found, "write a path relative to the volume"))
}

fn file_path<'w>(item: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(path) = field(item, "path") {
        let check = |text: &str| match text {
            "" => Some(Fault::new("a path inside the volume", "it is empty", "name the file")),
            text => inside(text),
        };
        checked(path, code::NAME, "path", check, problems);
    }
    mode(item, "mode", problems);
}

/// The keys of a Secret or ConfigMap that become files.
fn keys<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    for item in items(source, "items").filter(|item| item.is_mapping()) {
        if let Some(key) = field(item, "key") {
            checked(
                key,
                code::NAME,
                "data key",
                |text| text.is_empty().then(|| config_map_key(text)).flatten(),
                problems,
            );
        }
        file_path(item, problems);
    }
}

fn downward<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    for item in items(source, "items").filter(|item| item.is_mapping()) {
        file_path(item, problems);
        let found = set_among(item, &["fieldRef", "resourceFieldRef"]);
        match found.as_slice() {
            [] => problems.push(
                super::about(code::REQUIRED, item, "the file of `downwardAPI` has no source".to_owned())
                    .help("write `fieldRef` or `resourceFieldRef`"),
            ),
            [(_, one), (_, other), ..] => problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    *other,
                    "the file of `downwardAPI` has two sources, `fieldRef` and `resourceFieldRef`",
                )
                .at_key()
                .related(one.key_or_span(), "the first one")
                .help("write each in a file of its own"),
            ),
            [_] => {}
        }
        for (kind, value) in found {
            match kind {
                "fieldRef" => references::object_field(value, references::IN_FILES, problems),
                _ => references::resource_field(value, true, problems),
            }
        }
    }
}

const PROJECTED: &[&str] =
    &["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];

fn projected<'w>(volume: Value<'w>, problems: &mut Problems<'w>) {
    mode(volume, "defaultMode", problems);
    let mut files: HashMap<&'w str, Value<'w>> = HashMap::new();
    for source in items(volume, "sources").filter(|source| source.is_mapping()) {
        let found = set_among(source, PROJECTED);
        if let [(first, one), (second, other), ..] = found.as_slice() {
            problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    *other,
                    format!("an item of `sources` has two sources, {}", listed(&[first, second])),
                )
                .at_key()
                .related(one.key_or_span(), "the first one")
                .help("write each in an item of its own"),
            );
        }
        for (kind, value) in found {
            match kind {
                "secret" | "configMap" => {
                    needed(kind, value, "name", problems);
                    keys(value, problems);
                }
                "downwardAPI" => downward(value, problems),
                "serviceAccountToken" => token(value, problems),
                _ => {}
            }
            let own = (kind == "serviceAccountToken").then_some(value);
            for file in own.into_iter().chain(items(value, "items")) {
                let Some((path, at)) = text(file, "path").known().zip(file.get("path")) else { continue };
                if let Some(first) = files.get(path) {
                    problems.push(
                        Problem::new(code::DUPLICATE, at, format!("two sources of the volume write the file `{path}`"))
                            .related(first.span(), "the first one")
                            .help("give each file a path of its own"),
                    );
                } else {
                    files.insert(path, at);
                }
            }
        }
    }
}

fn token<'w>(token: Value<'w>, problems: &mut Problems<'w>) {
    needed("serviceAccountToken", token, "path", problems);
    if let Some(path) = field(token, "path") {
        checked(path, code::NAME, "path", inside, problems);
    }
    let Some(seconds) = field(token, "expirationSeconds") else { return };
    at_least(seconds, "expirationSeconds", 600, problems);
    if number(token, "expirationSeconds").is_some_and(|number| number > 1 << 32) {
        in_range(seconds, "expirationSeconds", 600..=1 << 32, problems);
    }
}

fn ephemeral<'w>(source: Value<'w>, problems: &mut Problems<'w>) {
    let Some(template) = field(source, "volumeClaimTemplate") else {
        problems.push(
            missing(code::REQUIRED, source, "volumeClaimTemplate", "`ephemeral` has no `volumeClaimTemplate`")
                .help("write the `spec` of the claim under `volumeClaimTemplate`"),
        );
        return;
    };
    if let Some(name) = field(template, "metadata").and_then(|metadata| field(metadata, "name")) {
        problems.push(
            Problem::new(code::CROSS_FIELD, name, "the claim of an ephemeral volume cannot be named")
                .at_key()
                .help("remove `name`; the claim is named after the Pod and the volume"),
        );
    }
    if is_set(template, "spec")
        && let Some(spec) = template.get("spec")
    {
        claim::spec(spec, problems);
    }
}
