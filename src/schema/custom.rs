//! Schemas that the program does not bring along: CustomResourceDefinitions and JSON Schemas of a folder that the
//! user names, and definitions among the objects of the repo itself.

use super::compact::{Served, served};
use crate::manifest::Resource;
use crate::yaml::{self, Dialect, Value, rendered};
use serde_json::Value as Json;

/// Whether somebody asks for a group and a kind; a group that is not known in full is empty, its kind in lower case.
pub type Wanted<'a> = &'a dyn Fn(&str, &str) -> bool;

/// A file of a folder that the user named.
#[derive(Debug)]
pub struct GivenFile {
    /// Its path in the folder.
    pub path: String,
    /// Its nodes.
    pub file: yaml::File,
}

/// A kind as somebody defined it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What is kept of its structure.
    pub served: Served,
    /// Its whole schema, where it has rules of its own.
    pub rules: Option<Json>,
}

/// A JSON Schema of one kind.
#[derive(Clone, Debug)]
pub struct JsonSchema {
    /// The version; the group may be written before it.
    pub api_version: String,
    /// The kind, in lower case.
    pub kind: String,
    /// The schema.
    pub schema: Json,
}

/// What a user gave.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Kinds by CustomResourceDefinition.
    pub definitions: Vec<Definition>,
    /// Kinds by JSON Schema.
    pub schemas: Vec<JsonSchema>,
}

impl Given {
    /// What the files of the folders that a user named say of wanted kinds.
    pub fn read(files: &[GivenFile], wanted: Wanted<'_>) -> Given {
        let mut given = Given::default();
        for GivenFile { path, file } in files {
            given.read_file(path, file, wanted);
        }
        given
    }

    fn read_file(&mut self, path: &str, file: &yaml::File, wanted: Wanted<'_>) {
        for document in file.documents() {
            let Some(root) = document.root else { continue };
            let value = Value::new(file, root, Dialect::Kubectl);
            let is_text = |key: &str, expected: &str| value.get(key).and_then(Value::as_str) == Some(expected);
            if is_text("kind", "CustomResourceDefinition") {
                self.definitions.extend(definitions(value, wanted));
            } else if is_text("kind", "List") || is_text("kind", "CustomResourceDefinitionList") {
                for item in value.get("items").into_iter().flat_map(Value::items) {
                    self.definitions.extend(definitions(item, wanted));
                }
            } else if path.ends_with(".json")
                && (value.get("properties").is_some() || value.get("$ref").is_some() || value.get("oneOf").is_some())
                && let Some((api_version, kind)) = kind_of_path(path)
                && wanted("", &kind)
            {
                self.schemas.push(JsonSchema { api_version, kind, schema: rendered::to_json(value) });
            }
        }
    }

    /// Takes in the definitions among the objects of a root that are of a wanted kind.
    pub fn find<'w>(resources: impl Iterator<Item = &'w Resource<'w>>, wanted: Wanted<'_>) -> Given {
        let of_kind = resources.filter(|one| one.is("apiextensions.k8s.io", "CustomResourceDefinition") && one.whole);
        let definitions = of_kind.flat_map(|resource| definitions(resource.value, wanted)).collect();
        Given { definitions, schemas: Vec::new() }
    }
}

fn definitions(value: Value<'_>, wanted: Wanted<'_>) -> Vec<Definition> {
    let text = |path: &[&str]| value.at(path).and_then(Value::as_str).unwrap_or_default();
    if !wanted(text(&["spec", "group"]), text(&["spec", "names", "kind"])) {
        return Vec::new();
    }
    let Some(spec) = value.get("spec") else { return Vec::new() };
    let spec = rendered::to_json(spec);
    served(&spec)
        .map(|served| {
            let version = served.api_version.rsplit('/').next().unwrap_or_default();
            let versions = spec["versions"].as_array().into_iter().flatten();
            let schema =
                versions.filter(|one| one["name"] == version).map(|one| &one["schema"]["openAPIV3Schema"]).next();
            let rules = schema.filter(|schema| has_rules(schema)).cloned();
            Definition { served, rules }
        })
        .collect()
}

fn has_rules(schema: &Json) -> bool {
    match schema {
        Json::Object(map) => map.contains_key("x-kubernetes-validations") || map.values().any(has_rules),
        Json::Array(items) => items.iter().any(has_rules),
        _ => false,
    }
}

/// Group, version and kind of a path in one of the two layouts in use: `group/kind_version.json`, and
/// `kind-group-version.json`, where the group of Kubernetes' own kinds is cut at its first dot.
fn kind_of_path(path: &str) -> Option<(String, String)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.strip_suffix(".json")?;
    if let Some((kind, version)) = name.split_once('_') {
        let group = folder.rsplit('/').next().unwrap_or_default();
        return Some((format!("{group}/{version}"), kind.to_lowercase()));
    }
    let (kind, rest) = name.split_once('-')?;
    let api_version = match rest.rsplit_once('-') {
        Some((group, version)) => format!("{group}/{version}"),
        None => rest.to_owned(),
    };
    Some((api_version, kind.to_lowercase()))
}

impl JsonSchema {
    /// Whether it is the schema of that kind. Beside a full group, its part before the first dot names it.
    pub fn is_of(&self, api_version: &str, kind: &str) -> bool {
        let is_version = self.api_version == api_version
            || match (self.api_version.split_once('/'), api_version.split_once('/')) {
                (Some((known, version)), Some((group, asked))) => {
                    version == asked && group.split_once('.').is_some_and(|(first, _)| first == known)
                }
                _ => false,
            };
        is_version && self.kind.eq_ignore_ascii_case(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_of_json_schemas_are_read() {
        for (path, expected) in [
            ("postgresql.cnpg.io/cluster_v1.json", Some(("postgresql.cnpg.io/v1", "cluster"))),
            ("deployment-apps-v1.json", Some(("apps/v1", "deployment"))),
            ("service-v1.json", Some(("v1", "service"))),
            ("all/ingress-networking-v1.json", Some(("networking/v1", "ingress"))),
            ("readme.json", None),
        ] {
            let found = kind_of_path(path);
            assert_eq!(found.as_ref().map(|(version, kind)| (version.as_str(), kind.as_str())), expected, "{path}");
        }
    }

    #[test]
    fn a_group_may_be_cut_at_its_first_dot() {
        let schema = |api_version: &str| JsonSchema {
            api_version: api_version.into(),
            kind: "ingress".into(),
            schema: Json::Null,
        };
        for (known, asked, expected) in [
            ("networking/v1", "networking.k8s.io/v1", true),
            ("networking.k8s.io/v1", "networking.k8s.io/v1", true),
            ("networking/v1", "networking.k8s.io/v1beta1", false),
            ("v1", "v1", true),
            ("apps/v1", "v1", false),
        ] {
            assert_eq!(schema(known).is_of(asked, "Ingress"), expected, "{known} for {asked}");
        }
    }
}
