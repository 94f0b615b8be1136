//! The schemas of one run: those of the kinds that it holds, compiled before anything is checked in parallel.

use super::custom::{Definition, Given};
use super::node::{Arena, NodeId};
use super::rules::Rules;
use super::shipped::{self, Shipped};
use super::{json_schema, structure};
use crate::finding::Versions;
use crate::manifest::split_api_version;
use serde_json::Value as Json;
use std::collections::HashMap;

const METADATA: &str = "#io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Asked where only the newest release will do.
const NEWEST: &str = "9999";

/// What is known of a kind.
#[derive(Debug)]
pub enum Kind {
    /// Its structure, as the API server has it.
    Structural {
        /// What is accepted.
        node: NodeId,
        /// Whether it is a custom kind.
        custom: bool,
        /// Whether its status is written by a controller only.
        status: bool,
        /// The rules of its definition.
        rules: Option<Box<Rules>>,
    },
    /// A JSON Schema.
    Json(Box<jsonschema::Validator>),
}

/// The schemas of the kinds that a run holds.
#[derive(Debug)]
pub struct Schemas {
    arena: Arena,
    metadata: NodeId,
    kinds: HashMap<String, HashMap<String, Kind>>,
}

impl Schemas {
    /// Compiles what is known of the `wanted` kinds (`apiVersion` and `kind`). What was `given` wins over what the
    /// program brings along, the first of several.
    pub fn new<'a>(
        wanted: impl IntoIterator<Item = (&'a str, &'a str)>,
        versions: &Versions,
        given: &[&Given],
    ) -> Schemas {
        let mut arena = Arena::default();
        let kubernetes = shipped::KUBERNETES.release(&versions.kubernetes);
        let metadata = arena.compile(&Json::from(METADATA), space(0, shipped::KUBERNETES, kubernetes), &|name| {
            shipped::KUBERNETES.find(name, kubernetes)
        });
        let mut schemas = Schemas { arena, metadata, kinds: HashMap::new() };
        for (api_version, kind) in wanted {
            if schemas.kind(api_version, kind).is_some() {
                continue;
            }
            let definition = |given: &&Given| {
                let mut all = given.definitions.iter();
                all.find(|one| one.served.api_version == api_version && one.served.kind == kind).cloned()
            };
            let schema = |given: &&Given| given.schemas.iter().find(|one| one.is_of(api_version, kind)).cloned();
            let known = match (given.iter().find_map(definition), given.iter().find_map(schema)) {
                (Some(definition), _) => Some(schemas.custom(&definition)),
                (None, Some(schema)) => json_schema::compile(&schema.schema)
                    .map(|validator| Kind::Json(Box::new(validator)))
                    .or_else(|| schemas.shipped(api_version, kind, versions)),
                (None, None) => schemas.shipped(api_version, kind, versions),
            };
            if let Some(known) = known {
                schemas.kinds.entry(api_version.to_owned()).or_default().insert(kind.to_owned(), known);
            }
        }
        schemas.arena.finish();
        schemas
    }

    fn custom(&mut self, definition: &Definition) -> Kind {
        let head = &definition.served.head;
        let node = self.arena.compile(&head["schema"], usize::MAX, &|_| None);
        let served = &definition.served;
        let rules = definition.rules.as_ref();
        let rules = rules.map(|schema| Box::new(Rules::new(schema, &served.api_version, &served.kind)));
        Kind::Structural { node, custom: true, status: head["status"] == true, rules }
    }

    fn shipped(&mut self, api_version: &str, kind: &str, versions: &Versions) -> Option<Kind> {
        let (group, _) = split_api_version(api_version);
        let (number, shipped) = shipped::of_group(group);
        let asked = match group {
            _ if number == 0 => &versions.kubernetes,
            "postgresql.cnpg.io" => &versions.cnpg,
            _ => NEWEST,
        };
        let name = format!("{api_version}/{kind}");
        let mut release = shipped.release(asked);
        let head = shipped.find(&name, release).or_else(|| {
            // Another rule tells that this release does not serve it; its structure is known from those that do.
            let (_, last) = shipped.ranges(&name).last()?;
            release = last;
            shipped.find(&name, release)
        })?;
        let head: Json = serde_json::from_str(head).ok()?;
        let lookup = |name: &str| shipped.find(name, release);
        let node = self.arena.compile(&head["schema"], space(number, shipped, release), &lookup);
        let is = |key: &str| head[key] == true;
        Some(Kind::Structural { node, custom: is("custom"), status: is("status"), rules: None })
    }

    /// What is known of a kind.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&Kind> {
        self.kinds.get(api_version)?.get(kind)
    }

    /// Where the walk along a kind starts.
    pub fn root(&self, node: NodeId, custom: bool, status: bool) -> structure::Root<'_> {
        structure::Root { arena: &self.arena, node, metadata: self.metadata, custom, status }
    }
}

/// A number for the definitions of one text in one release.
fn space(number: usize, shipped: Shipped, release: &str) -> usize {
    number << 8 | shipped.releases().position(|known| known == release).unwrap_or_default()
}
