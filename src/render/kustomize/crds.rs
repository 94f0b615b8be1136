//! What the files of `crds` say about fields of own kinds: which hold annotations, selectors or names. Their
//! definitions are those of OpenAPI, each by the name of its type; nothing is validated against them.

use super::fields::field;
use super::transform::{Configuration, NameReference};
use super::{Built, FieldSpec, Refusal};
use crate::source::Span;
use crate::yaml::{Kind, Value};

/// Types that refer to each other deeper than this go round in a circle.
const DEPTH: usize = 32;

/// Adds what the definitions in `file` say; `entry` is what names the file.
pub(super) fn read(file: Value<'_>, entry: Span) -> Built<Configuration> {
    let mut config = Configuration::default();
    if file.is_null() {
        return Ok(config);
    }
    if !file.is_mapping() {
        return Err(misfit(file, "definitions of types by their names", entry));
    }
    for (_, definition) in file.entries() {
        if !definition.is_mapping() && !definition.is_null() {
            return Err(misfit(definition, "the definition of a type, a mapping with `Schema`", entry));
        }
    }
    for (name, definition) in file.entries() {
        let known = |wanted: &str| properties(definition).any(|(name, _)| name == wanted);
        if ["kind", "apiVersion", "metadata"].into_iter().all(known) {
            let mut own = Configuration::default();
            let kind = name.rsplit('.').next().unwrap_or(name);
            Walk { file, kind, config: &mut own }.definition(name, &mut Vec::new());
            config.merge(own, entry)?;
        }
    }
    Ok(config)
}

fn misfit(value: Value<'_>, wanted: &str, entry: Span) -> Refusal {
    let message = format!("`crds` reads files of OpenAPI: {wanted} belongs here (not a CustomResourceDefinition)");
    Refusal::new(value.span(), message).with(entry, "it is named here")
}

fn properties<'w>(definition: Value<'w>) -> impl Iterator<Item = (&'w str, Value<'w>)> {
    let schema = field(definition, "Schema").and_then(|schema| field(schema, "properties"));
    schema.into_iter().flat_map(Value::entries)
}

/// The way through the types that one kind is made of.
struct Walk<'a, 'w> {
    file: Value<'w>,
    kind: &'a str,
    config: &'a mut Configuration,
}

impl<'w> Walk<'_, 'w> {
    fn definition(&mut self, name: &str, path: &mut Vec<&'w str>) {
        if path.len() > DEPTH {
            return;
        }
        let Some(definition) = self.file.get(name) else { return };
        for (name, property) in properties(definition) {
            path.push(name);
            self.property(property, path);
            if let Some(named) = property.get("$ref").and_then(Value::as_str) {
                self.definition(named, path);
            }
            path.pop();
        }
    }

    fn property(&mut self, property: Value<'w>, path: &[&str]) {
        let text = |key: &str| {
            let found = property.entries().find(|(name, _)| name.eq_ignore_ascii_case(key));
            found.map(|(_, value)| value).filter(|value| value.kind() == Kind::Text).and_then(Value::as_str)
        };
        let spec = |path: String| FieldSpec {
            group: None,
            version: None,
            kind: Some(self.kind.to_owned()),
            path,
            create: false,
        };
        let own = path.join("/");
        for (key, specs) in [
            ("x-kubernetes-annotation", &mut self.config.annotations),
            ("x-kubernetes-label-selector", &mut self.config.common_labels),
            ("x-kubernetes-identity", &mut self.config.name_prefix),
        ] {
            if text(key).is_some() {
                specs.push(spec(own.clone()));
            }
        }
        let named = text("x-kubernetes-object-ref-api-version").zip(text("x-kubernetes-object-ref-kind"));
        if let Some((version, kind)) = named {
            let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let word = |word: &str| (!word.is_empty()).then(|| word.to_owned());
            let referrers = vec![spec(format!("{own}/{key}"))];
            self.config.name_reference.push(NameReference {
                group: None,
                version: word(version),
                kind: word(kind),
                referrers,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    fn config(text: &str) -> Result<Configuration, String> {
        let file = parse(SourceId(0), text.into());
        let root = file.documents()[0].root.expect("a document");
        read(Value::new(&file, root, Dialect::Kubectl), Span::new(SourceId(1), 0..1)).map_err(|refusal| refusal.message)
    }

    #[test]
    fn marks_of_fields_become_field_specs() {
        let text = "
example.org/v1.Stack:
  Schema:
    properties:
      apiVersion: {type: string}
      kind: {type: string}
      metadata: {}
      notes: {x-kubernetes-annotation: ''}
      spec: {$ref: example.org/v1.StackSpec}
example.org/v1.StackSpec:
  Schema:
    properties:
      pick: {x-kubernetes-label-selector: ''}
      title: {x-kubernetes-identity: ''}
      vault: {x-kubernetes-object-ref-api-version: v1, x-kubernetes-object-ref-kind: Secret}
      pond:
        x-kubernetes-object-ref-api-version: v2
        x-kubernetes-object-ref-kind: Pond
        x-kubernetes-object-ref-name-key: called
      again: {$ref: example.org/v1.StackSpec}
";
        let config = config(text).expect("definitions");
        let first = |specs: &[FieldSpec]| {
            let spec = specs.first().expect("a spec");
            (spec.kind.clone().unwrap_or_default(), spec.path.clone())
        };
        let stack = |path: &str| ("Stack".to_owned(), path.to_owned());
        assert_eq!(first(&config.annotations), stack("notes"));
        assert_eq!(first(&config.common_labels), stack("spec/pick"));
        assert_eq!(first(&config.name_prefix), stack("spec/title"));
        let names = |kind: &str| {
            let one = config.name_reference.iter().find(|one| one.kind.as_deref() == Some(kind)).expect(kind);
            (one.version.clone().unwrap_or_default(), first(&one.referrers).1)
        };
        assert_eq!(names("Secret"), ("v1".to_owned(), "spec/vault/name".to_owned()));
        assert_eq!(names("Pond"), ("v2".to_owned(), "spec/pond/called".to_owned()));
    }

    #[test]
    fn a_definition_of_a_resource_is_none_of_types() {
        for text in ["apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n", "[a]\n"] {
            assert!(config(text).expect_err(text).contains("OpenAPI"), "{text}");
        }
        assert_eq!(
            config("a: {Schema: {properties: {x: {x-kubernetes-annotation: ''}}}}\n"),
            Ok(Configuration::default())
        );
    }
}
