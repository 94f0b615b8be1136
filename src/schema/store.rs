//! The schemas of one run: those of the kinds that it holds, compiled before anything is checked in parallel.

use super::compile::{Compiler, Definitions, Head};
use super::custom::{Definition, Given};
use super::node::{Arena, NodeId};
use super::rules::Rules;
use super::shipped::{self, Shipped};
use super::{json_schema, structure};
use crate::finding::Versions;
use crate::manifest::split_api_version;
use foldhash::{HashMap, HashMapExt};

const METADATA: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

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
        let mut compiler = Compiler::default();
        let kubernetes = shipped::KUBERNETES.release(&versions.kubernetes);
        let lookup = |name: &str| shipped::KUBERNETES.find(name, kubernetes);
        let definitions = Definitions { space: space(0, &shipped::KUBERNETES, kubernetes), lookup: &lookup };
        let metadata = compiler.definition(METADATA.into(), definitions);
        let mut kinds: HashMap<String, HashMap<String, Kind>> = HashMap::new();
        for (api_version, kind) in wanted {
            if kinds.get(api_version).is_some_and(|kinds| kinds.contains_key(kind)) {
                continue;
            }
            let mut definitions = given.iter().flat_map(|given| &given.definitions);
            let definition = definitions.find(|one| one.served.api_version == api_version && one.served.kind == kind);
            let mut schemas = given.iter().flat_map(|given| &given.schemas);
            let known = match (definition, schemas.find(|one| one.is_of(api_version, kind))) {
                (Some(definition), _) => Some(custom(&mut compiler, definition)),
                (None, Some(schema)) => json_schema::compile(&schema.schema)
                    .map(|validator| Kind::Json(Box::new(validator)))
                    .or_else(|| shipped(&mut compiler, api_version, kind, versions)),
                (None, None) => shipped(&mut compiler, api_version, kind, versions),
            };
            if let Some(known) = known {
                kinds.entry(api_version.to_owned()).or_default().insert(kind.to_owned(), known);
            }
        }
        Schemas { arena: compiler.finish(), metadata, kinds }
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

fn custom(compiler: &mut Compiler, definition: &Definition) -> Kind {
    let served = &definition.served;
    let node = compiler.schema(&served.head["schema"]);
    let rules = definition.rules.as_ref();
    let rules = rules.map(|schema| Box::new(Rules::new(schema, &served.api_version, &served.kind)));
    Kind::Structural { node, custom: true, status: served.head["status"] == true, rules }
}

fn shipped(compiler: &mut Compiler, api_version: &str, kind: &str, versions: &Versions) -> Option<Kind> {
    let (group, _) = split_api_version(api_version);
    let (number, shipped) = shipped::of_group(group);
    let asked = match group {
        _ if number == 0 => &versions.kubernetes,
        "postgresql.cnpg.io" => &versions.cnpg,
        _ => NEWEST,
    };
    let name = format!("{api_version}/{kind}");
    let mut release = shipped.release(asked);
    let text = shipped.find(&name, release).or_else(|| {
        // Another rule tells that this release does not serve it; its structure is known from those that do.
        let (_, last) = shipped.ranges(&name).last()?;
        release = last;
        shipped.find(&name, release)
    })?;
    let lookup = |name: &str| shipped.find(name, release);
    let definitions = Definitions { space: space(number, shipped, release), lookup: &lookup };
    let Head { node, custom, status } = compiler.head(text, definitions)?;
    Some(Kind::Structural { node, custom, status, rules: None })
}

/// A number for the definitions of one text in one release.
fn space(number: usize, shipped: &Shipped, release: &str) -> usize {
    number << 8 | shipped.releases().position(|known| known == release).unwrap_or_default()
}
