//! What the CloudNativePG operator refuses and warns of, after its own defaulting: its admission webhooks, and what its
//! definitions say beyond structure. What fields are there, of which type, and which are required is no matter of this.

mod access;
mod annotations;
mod backup;
mod bootstrap;
mod cluster;
mod codes;
mod database;
mod environment;
mod externals;
mod images;
mod managed;
mod parameters;
mod placement;
mod pooler;
mod quantity;
mod read;
mod recovery;
mod replica;
mod replication;
mod storage;
#[cfg(test)]
mod tests;
mod update;
mod warnings;

use crate::finding::Versions;
use crate::manifest::Resource;
use crate::schema::{Problem, Problems};
use cluster::Cluster;
use read::{Check, Read, minor};

pub use codes::{REFUSALS, WARNINGS};
pub use update::check_update;

/// The API group of the operator.
pub const GROUP: &str = "postgresql.cnpg.io";

/// The annotation that switches the operator's webhooks off for one object, since 1.26.
pub const VALIDATION: &str = "cnpg.io/validation";

/// Whether this module judges objects of that group and kind. What the definitions of such a kind say by expressions is
/// told here, in words.
pub fn is_known(group: &str, kind: &str) -> bool {
    let kinds = [
        "Cluster",
        "Pooler",
        "Backup",
        "ScheduledBackup",
        "Database",
        "DatabaseRole",
        "Publication",
        "Subscription",
        "ImageCatalog",
        "ClusterImageCatalog",
    ];
    group == GROUP && kinds.contains(&kind)
}

/// What to write instead of a field that people look for and no version of the operator has.
pub fn meant(kind: &str, pointer: &str) -> Option<&'static str> {
    Some(match (kind, pointer) {
        (
            "Cluster",
            "/spec/postgresql/version" | "/spec/version" | "/spec/postgresVersion" | "/spec/postgresql/image",
        ) => "name the version by `imageName`, or by `imageCatalogRef` and its `major`",
        ("Cluster", "/spec/replicas" | "/spec/numberOfInstances") => "write `instances`: the primary counts as one",
        ("Cluster", "/spec/users" | "/spec/roles") => "write `managed.roles`, or `DatabaseRole` objects",
        ("Cluster", "/spec/databases") => "write a `Database` object for each",
        _ => return None,
    })
}

/// Whether the operator's mutating webhook writes a required field at this pointer where it is missing, with a value that
/// passes: it hands the object back with the empty value of every field that it always writes.
pub fn fills(kind: &str, pointer: &str) -> bool {
    kind == "Cluster" && pointer == "/spec/postgresql/syncReplicaElectionConstraint/enabled"
}

/// Whether the operator's webhook looks at an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bypass {
    No,
    Yes,
    Unknown,
}

fn bypass<'w>(check: &Check<'_, 'w>, resource: &Resource<'w>) -> Bypass {
    // The webhook of ScheduledBackup does not read the annotation.
    if check.operator < 26 || resource.kind == "ScheduledBackup" {
        return Bypass::No;
    }
    match check.annotation(VALIDATION) {
        Read::Is("disabled") => Bypass::Yes,
        Read::Is(_) | Read::Absent => Bypass::No,
        Read::Unknown => Bypass::Unknown,
    }
}

/// Adds what the API server or the operator refuses of an object when it is made.
pub fn check_refusals<'w>(resource: &Resource<'w>, versions: &Versions, problems: &mut Problems<'w>) {
    if !resource.whole || !is_known(resource.group, resource.kind) {
        return;
    }
    let Some(mut check) = Check::new(resource, minor(&versions.cnpg), problems) else { return };
    definition(&mut check, resource);
    if bypass(&check, resource) == Bypass::No {
        webhook(&mut check, resource);
    }
}

/// What the definitions say, whoever is asked to look away.
fn definition<'w>(check: &mut Check<'_, 'w>, resource: &Resource<'w>) {
    match resource.kind {
        "Cluster" => {
            images::check_catalog(check, check.spec, "imageName");
            if let Some(initdb) = check.spec.part(&["bootstrap", "initdb"]) {
                bootstrap::check_locales(check, initdb);
            }
            replication::check_exclusive(check);
        }
        "Pooler" => pooler::check_definition(check),
        "Database" => database::check_definition(check),
        "DatabaseRole" => database::check_role(check),
        "Publication" => database::check_publication(check),
        "ImageCatalog" | "ClusterImageCatalog" => database::check_catalog(check),
        _ => {}
    }
}

fn webhook<'w>(check: &mut Check<'_, 'w>, resource: &Resource<'w>) {
    match resource.kind {
        "Cluster" => {
            let cluster = Cluster::new(resource, check);
            annotations::check(check, &cluster);
            bootstrap::check(check, &cluster);
            recovery::check(check, &cluster);
            access::check(check);
            images::check(check, &cluster);
            environment::check(check);
            parameters::check(check, &cluster);
            storage::check(check);
            replication::check(check, &cluster);
            replica::check(check, &cluster);
            backup::check(check);
            externals::check(check);
            placement::check(check, &cluster);
            managed::check(check, &cluster);
        }
        "Pooler" => pooler::check(check, resource),
        "Backup" => {
            backup::method(check, true);
            annotations::deadline(check);
        }
        "ScheduledBackup" => {
            backup::schedule(check);
            backup::method(check, false);
        }
        "Database" => database::check(check),
        _ => {}
    }
}

/// Adds what the operator accepts with a warning when an object is made.
pub fn check_warnings<'w>(resource: &Resource<'w>, versions: &Versions, problems: &mut Problems<'w>) {
    if !resource.whole || !is_known(resource.group, resource.kind) {
        return;
    }
    let Some(mut check) = Check::new(resource, minor(&versions.cnpg), problems) else { return };
    let read = ["Cluster", "Backup", "Database", "Pooler"].contains(&resource.kind) && check.operator >= 26;
    if let (true, Read::Is(text), Some(value)) =
        (read, check.annotation(VALIDATION), check.annotation_value(VALIDATION))
        && !matches!(text, "" | "enabled" | "disabled")
    {
        let message =
            format!("the annotation `{VALIDATION}` of {} says neither yes nor no: checks still run", check.title);
        let problem = Problem::new("validation-value", value, message).label("one of two");
        check.push(problem.help("write `enabled` or `disabled`, or take it away"));
    }
    if bypass(&check, resource) != Bypass::No {
        return;
    }
    match resource.kind {
        "Cluster" => {
            let cluster = Cluster::new(resource, &check);
            warnings::cluster(&mut check, &cluster);
        }
        "Pooler" => warnings::pooler(&mut check),
        "ScheduledBackup" => warnings::schedule(&mut check),
        _ => {}
    }
}
