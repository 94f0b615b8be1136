//! A Cluster as the operator sees it after its own defaulting: what several checks ask for.

use super::read::{Check, Part, Read};
use crate::manifest::Resource;
use crate::schema::image::ImageReference;
use crate::yaml::Value;

/// How a cluster comes into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Initdb,
    Recovery,
    Copy,
}

/// Facts of one Cluster.
#[derive(Debug)]
pub(super) struct Cluster<'w> {
    pub(super) spec: Part<'w>,
    pub(super) name: Read<&'w str>,
    /// `spec.instances`, 1 by default.
    pub(super) instances: Read<i64>,
    /// Whether it follows another cluster.
    pub(super) replica: Read<bool>,
    /// The PostgreSQL major version, of the operator's default image where none is named.
    pub(super) major: Read<u32>,
    /// The names of `externalClusters`, if all of them are known.
    pub(super) externals: Option<Vec<&'w str>>,
}

impl<'w> Cluster<'w> {
    pub(super) fn new(resource: &Resource<'w>, check: &Check<'_, 'w>) -> Cluster<'w> {
        let spec = check.spec;
        let name = resource.name().map_or(Read::Unknown, Read::Is);
        Cluster {
            spec,
            name,
            instances: spec.int(&["instances"]).or(1),
            replica: is_replica(spec, name),
            major: major(spec, check.operator),
            externals: externals(spec),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Read<&'w str> {
        self.spec.text(&["postgresql", "parameters", name])
    }

    /// The value of a parameter, where it is written.
    pub(super) fn parameter_value(&self, name: &str) -> Option<Value<'w>> {
        self.spec.written(&["postgresql", "parameters", name])
    }

    /// `initdb` where nothing else is written, as the operator fills it in.
    pub(super) fn method(&self) -> Read<Method> {
        match (self.spec.get(&["bootstrap", "recovery"]), self.spec.get(&["bootstrap", "pg_basebackup"])) {
            (Read::Is(_), _) => Read::Is(Method::Recovery),
            (_, Read::Is(_)) => Read::Is(Method::Copy),
            (Read::Absent, Read::Absent) => Read::Is(Method::Initdb),
            _ => Read::Unknown,
        }
    }

    /// Whether `name` is an external cluster; none where they are not all known.
    pub(super) fn has_external(&self, name: &str) -> Option<bool> {
        self.externals.as_ref().map(|all| all.contains(&name))
    }

    /// What to do about an external cluster that is not there.
    pub(super) fn external_help(&self, name: &str) -> String {
        let known = self.externals.iter().flatten().copied();
        match crate::config::closest(name, known) {
            Some(near) => format!("write `{near}`, if that is meant"),
            None => format!("add `{name}` to `externalClusters`, with how to reach it"),
        }
    }

    /// Whether some parameter begins with `pg_failover_slots.`.
    pub(super) fn failover_slots(&self) -> Option<Value<'w>> {
        let parameters = self.spec.written(&["postgresql", "parameters"])?;
        parameters.entries().find(|(key, _)| key.starts_with("pg_failover_slots.")).map(|(_, value)| value)
    }
}

fn is_replica(spec: Part<'_>, name: Read<&str>) -> Read<bool> {
    match spec.get(&["replica"]) {
        Read::Absent => return Read::Is(false),
        Read::Unknown => return Read::Unknown,
        Read::Is(_) => {}
    }
    match spec.flag(&["replica", "enabled"]) {
        Read::Absent => {}
        known => return known,
    }
    let own = match spec.text(&["replica", "self"]) {
        Read::Absent | Read::Is("") => name,
        written => written,
    };
    match (spec.text(&["replica", "primary"]).or(""), own) {
        (Read::Is(""), _) => Read::Is(true),
        (Read::Is(primary), Read::Is(own)) => Read::Is(primary != own),
        _ => Read::Unknown,
    }
}

/// The major version of the image that operator 1.n takes where none is named.
fn default_major(operator: u32) -> u32 {
    match operator {
        ..=24 => 16,
        25..=27 => 17,
        _ => 18,
    }
}

fn major(spec: Part<'_>, operator: u32) -> Read<u32> {
    match spec.get(&["imageCatalogRef"]) {
        Read::Is(_) => {
            return match spec.int(&["imageCatalogRef", "major"]) {
                Read::Is(major) => u32::try_from(major).map_or(Read::Unknown, Read::Is),
                _ => Read::Unknown,
            };
        }
        Read::Unknown => return Read::Unknown,
        Read::Absent => {}
    }
    match spec.text(&["imageName"]) {
        Read::Absent | Read::Is("") => Read::Is(default_major(operator)),
        Read::Is(name) => ImageReference::parse(name).and_then(|image| image.major()).map_or(Read::Unknown, Read::Is),
        Read::Unknown => Read::Unknown,
    }
}

fn externals(spec: Part<'_>) -> Option<Vec<&str>> {
    if !spec.is_complete() {
        return None;
    }
    let list = match spec.get(&["externalClusters"]) {
        Read::Absent => return Some(Vec::new()),
        Read::Unknown => return None,
        Read::Is(list) if !list.is_sequence() => return None,
        Read::Is(list) => list,
    };
    list.items().map(|item| spec.within(item).text(&["name"]).is()).collect()
}
