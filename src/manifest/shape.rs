//! Whether a document is a whole object or only a part of one, as patches are.

use crate::yaml::Value;

/// Fields without which an object of a kind is only a part of one: one path of each row has to be there.
const NEEDED: &[(&str, &str, &[&[&str]])] = &[
    ("postgresql.cnpg.io", "Cluster", &[&["spec", "storage"]]),
    ("postgresql.cnpg.io", "Pooler", &[&["spec", "cluster"]]),
    ("postgresql.cnpg.io", "ScheduledBackup", &[&["spec", "cluster"]]),
    ("postgresql.cnpg.io", "Backup", &[&["spec", "cluster"]]),
    ("postgresql.cnpg.io", "Database", &[&["spec", "cluster"]]),
    ("postgresql.cnpg.io", "DatabaseRole", &[&["spec", "cluster"]]),
    ("barmancloud.cnpg.io", "ObjectStore", &[&["spec", "configuration"]]),
    ("apps", "Deployment", &[&["spec", "template", "spec", "containers"]]),
    ("apps", "StatefulSet", &[&["spec", "template", "spec", "containers"]]),
    ("apps", "DaemonSet", &[&["spec", "template", "spec", "containers"]]),
    ("batch", "Job", &[&["spec", "template", "spec", "containers"]]),
    ("batch", "CronJob", &[&["spec", "jobTemplate"]]),
    ("helm.toolkit.fluxcd.io", "HelmRelease", &[&["spec", "chart"], &["spec", "chartRef"]]),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", &[&["spec", "path"], &["spec", "sourceRef"]]),
    ("networking.k8s.io", "NetworkPolicy", &[&["spec"]]),
];

/// Whether `object` has what a whole object of its kind has, and no strategic-merge directive.
pub(super) fn is_whole(group: &str, kind: &str, object: Value<'_>) -> bool {
    if object.get("$patch").is_some() || object.at(&["spec", "$patch"]).is_some() {
        return false;
    }
    let Some((_, _, paths)) = NEEDED.iter().find(|(known, name, _)| *known == group && *name == kind) else {
        return true;
    };
    paths.iter().any(|path| object.at(path).is_some())
}
