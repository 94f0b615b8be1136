//! A kustomization file as kustomize reads it: strict about fields and types, blind to the case of
//! letters. It says what is written, and builds nothing.

use super::fields::{field, what};
use super::{Built, Refusal};
use crate::source::Span;
use crate::tree;
use crate::yaml::{Dialect, File, Kind, Value};

/// The kustomization of a folder.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'w> {
    /// Its path in the root.
    pub path: &'w str,
    /// The folder it lies in.
    pub folder: &'w str,
    /// Whether it is a Component.
    pub component: bool,
    /// The document; none for a file without one.
    pub value: Value<'w>,
}

/// What a field has to hold.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Bool,
    Number,
    /// Anything at all.
    Free,
    Texts,
    /// A mapping of texts.
    TextMap,
    BoolMap,
    Fields(&'static [(&'static str, Shape)]),
    List(&'static [(&'static str, Shape)]),
}

use Shape::{Bool, BoolMap, Fields, Free, List, Number, TextMap, Texts};
const TEXT: Shape = Shape::Text;

const FIELD_SPEC: &[(&str, Shape)] =
    &[("group", TEXT), ("version", TEXT), ("kind", TEXT), ("path", TEXT), ("create", Bool)];
const SELECTOR: &[(&str, Shape)] = &[
    ("group", TEXT),
    ("version", TEXT),
    ("kind", TEXT),
    ("name", TEXT),
    ("namespace", TEXT),
    ("annotationSelector", TEXT),
    ("labelSelector", TEXT),
];
const PATCH: &[(&str, Shape)] = &[("path", TEXT), ("patch", TEXT), ("target", Fields(SELECTOR)), ("options", BoolMap)];
const FIELD_OPTIONS: &[(&str, Shape)] = &[("delimiter", TEXT), ("index", Number), ("encoding", TEXT), ("create", Bool)];
const REPLACEMENT: &[(&str, Shape)] = &[
    ("path", TEXT),
    (
        "source",
        Fields(&[
            ("group", TEXT),
            ("version", TEXT),
            ("kind", TEXT),
            ("name", TEXT),
            ("namespace", TEXT),
            ("fieldPath", TEXT),
            ("options", Fields(FIELD_OPTIONS)),
        ]),
    ),
    (
        "targets",
        List(&[
            ("select", Fields(SELECTOR)),
            ("reject", List(SELECTOR)),
            ("fieldPaths", Texts),
            ("options", Fields(FIELD_OPTIONS)),
        ]),
    ),
];
const GENERATOR_OPTIONS: &[(&str, Shape)] =
    &[("labels", TextMap), ("annotations", TextMap), ("disableNameSuffixHash", Bool), ("immutable", Bool)];
const CONFIG_MAP: &[(&str, Shape)] = &[
    ("name", TEXT),
    ("namespace", TEXT),
    ("behavior", TEXT),
    ("literals", Texts),
    ("files", Texts),
    ("envs", Texts),
    ("env", TEXT),
    ("options", Fields(GENERATOR_OPTIONS)),
];
const SECRET: &[(&str, Shape)] = &[
    ("name", TEXT),
    ("namespace", TEXT),
    ("behavior", TEXT),
    ("literals", Texts),
    ("files", Texts),
    ("envs", Texts),
    ("env", TEXT),
    ("options", Fields(GENERATOR_OPTIONS)),
    ("type", TEXT),
];
const HELM_CHART: &[(&str, Shape)] = &[
    ("name", TEXT),
    ("version", TEXT),
    ("repo", TEXT),
    ("releaseName", TEXT),
    ("namespace", TEXT),
    ("additionalValuesFiles", Texts),
    ("valuesFile", TEXT),
    ("valuesInline", Free),
    ("valuesMerge", TEXT),
    ("includeCRDs", Bool),
    ("skipHooks", Bool),
    ("apiVersions", Texts),
    ("kubeVersion", TEXT),
    ("nameTemplate", TEXT),
    ("skipTests", Bool),
    ("debug", Bool),
];

const KUSTOMIZATION: &[(&str, Shape)] = &[
    ("apiVersion", TEXT),
    ("kind", TEXT),
    ("metadata", Fields(&[("name", TEXT), ("namespace", TEXT), ("labels", TextMap), ("annotations", TextMap)])),
    ("openapi", TextMap),
    ("namePrefix", TEXT),
    ("nameSuffix", TEXT),
    ("namespace", TEXT),
    ("commonLabels", TextMap),
    (
        "labels",
        List(&[
            ("pairs", TextMap),
            ("includeSelectors", Bool),
            ("includeTemplates", Bool),
            ("fields", List(FIELD_SPEC)),
        ]),
    ),
    ("commonAnnotations", TextMap),
    ("patchesStrategicMerge", Texts),
    ("patchesJson6902", List(PATCH)),
    ("patches", List(PATCH)),
    ("images", List(&[("name", TEXT), ("newName", TEXT), ("tagSuffix", TEXT), ("newTag", TEXT), ("digest", TEXT)])),
    ("imageTags", List(&[("name", TEXT), ("newName", TEXT), ("tagSuffix", TEXT), ("newTag", TEXT), ("digest", TEXT)])),
    ("replacements", List(REPLACEMENT)),
    ("replicas", List(&[("name", TEXT), ("count", Number)])),
    (
        "vars",
        List(&[
            ("name", TEXT),
            (
                "objref",
                Fields(&[
                    ("apiVersion", TEXT),
                    ("group", TEXT),
                    ("version", TEXT),
                    ("kind", TEXT),
                    ("name", TEXT),
                    ("namespace", TEXT),
                ]),
            ),
            ("fieldref", Fields(&[("fieldPath", TEXT)])),
        ]),
    ),
    (
        "sortOptions",
        Fields(&[("order", TEXT), ("legacySortOptions", Fields(&[("orderFirst", Texts), ("orderLast", Texts)]))]),
    ),
    ("resources", Texts),
    ("components", Texts),
    ("crds", Texts),
    ("bases", Texts),
    ("configMapGenerator", List(CONFIG_MAP)),
    ("secretGenerator", List(SECRET)),
    ("helmGlobals", Fields(&[("chartHome", TEXT), ("configHome", TEXT)])),
    ("helmCharts", List(HELM_CHART)),
    ("helmChartInflationGenerator", Free),
    ("generatorOptions", Fields(GENERATOR_OPTIONS)),
    ("configurations", Texts),
    ("generators", Texts),
    ("transformers", Texts),
    ("validators", Texts),
    ("buildMetadata", Texts),
];

impl<'w> Settings<'w> {
    /// Reads the kustomization at `path`; `flux` for one that Flux fills in, which may be empty.
    pub fn read(file: &'w File, path: &'w str, flux: bool) -> Built<Settings<'w>> {
        let start = Span { source: file.source(), start: 0, end: 0 };
        let first = file.documents().first();
        if let Some(error) = first.and_then(|document| document.errors.first()) {
            return Err(Refusal::new(error.span, error.message.clone()));
        }
        let Some(root) = first.and_then(|document| document.root) else {
            return Err(Refusal::new(start, "this kustomization is empty"));
        };
        let value = Value::new(file, root, Dialect::Kubectl);
        if value.is_null() {
            return Err(Refusal::new(value.span(), "this kustomization is empty"));
        }
        check_fields(value, KUSTOMIZATION)?;
        let settings = Settings {
            path,
            folder: tree::parent(path),
            component: value.get("kind").and_then(Value::as_str) == Some("Component"),
            value,
        };
        settings.check_type()?;
        let says_something = KUSTOMIZATION.iter().skip(2).any(|(name, _)| settings.field(name).is_some_and(is_set));
        if !says_something && !flux {
            return Err(Refusal::new(value.span(), "this kustomization is empty: it names nothing to build"));
        }
        Ok(settings)
    }

    /// The value of a field; none where it is missing or null.
    pub fn field(&self, name: &str) -> Option<Value<'w>> {
        field(self.value, name)
    }

    /// The items of a field that is a list.
    pub fn list(&self, name: &str) -> impl Iterator<Item = Value<'w>> + use<'w> {
        self.field(name).into_iter().flat_map(Value::items).filter(|item| !item.is_null())
    }

    /// The text of a field with its value; none where it is missing or empty.
    pub fn text(&self, name: &str) -> Option<(&'w str, Value<'w>)> {
        let value = self.field(name)?;
        value.as_str().filter(|text| !text.is_empty()).map(|text| (text, value))
    }

    fn check_type(&self) -> Built<()> {
        let named = |name: &str| self.field(name).and_then(|value| Some((value, value.as_str()?)));
        let expected = match named("kind") {
            Some((_, "Component")) => "kustomize.config.k8s.io/v1alpha1",
            None | Some((_, "" | "Kustomization")) => "kustomize.config.k8s.io/v1beta1",
            Some((value, kind)) => {
                let message = format!("the kind is `{kind}`; kustomize builds only a Kustomization or a Component");
                return Err(Refusal::new(value.span(), message));
            }
        };
        match named("apiVersion") {
            Some((value, version)) if !version.is_empty() && version != expected => {
                let kind = if self.component { "Component" } else { "Kustomization" };
                let message = format!("the apiVersion of a {kind} is `{expected}`, not `{version}`");
                Err(Refusal::new(value.span(), message))
            }
            _ => Ok(()),
        }
    }
}

/// Go takes an empty text, false and zero for not set; an empty list is set.
fn is_set(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Null => false,
        Kind::Text => value.as_str().is_some_and(|text| !text.is_empty()),
        Kind::Mapping => value.key() != Some("sortOptions") || !value.is_empty(),
        _ => true,
    }
}

fn check_fields(map: Value<'_>, fields: &'static [(&'static str, Shape)]) -> Built<()> {
    if map.is_null() {
        return Ok(());
    }
    if !map.is_mapping() {
        return Err(Refusal::new(map.span(), format!("a mapping belongs here, not {}", word(map))));
    }
    for (key, value) in map.entries() {
        let known = fields.iter().find(|(name, _)| *name == key);
        let known = known.or_else(|| fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)));
        let Some((name, shape)) = known else {
            let near = fields
                .iter()
                .map(|(name, _)| (strsim::damerau_levenshtein(name, key), *name))
                .filter(|(distance, _)| *distance <= 2)
                .min();
            let hint = near.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default();
            let message = format!("a kustomization has no field `{key}` here{hint}");
            return Err(Refusal::new(value.key_or_span(), message));
        };
        check(value, name, *shape)?;
    }
    Ok(())
}

fn check(value: Value<'_>, name: &str, shape: Shape) -> Built<()> {
    if value.is_null() {
        return Ok(());
    }
    let wrong = |value: Value<'_>, wanted: &str| {
        Err(Refusal::new(value.span(), format!("`{name}` takes {wanted}, and this is {}", word(value))))
    };
    match shape {
        Shape::Text if value.kind() != Kind::Text => wrong(value, "a text"),
        Bool if value.kind() != Kind::Bool => wrong(value, "true or false"),
        Number if value.as_int().is_none() => wrong(value, "a whole number"),
        Texts => check_all(value, name, value.is_sequence(), "a list of texts", Kind::Text),
        TextMap => check_all(value, name, value.is_mapping(), "a mapping of texts", Kind::Text),
        BoolMap => check_all(value, name, value.is_mapping(), "a mapping of true and false", Kind::Bool),
        Fields(fields) => check_fields(value, fields),
        List(_) if !value.is_sequence() => wrong(value, "a list"),
        List(fields) => value.items().try_for_each(|item| check_fields(item, fields)),
        Shape::Text | Bool | Number | Free => Ok(()),
    }
}

fn check_all(value: Value<'_>, name: &str, fits: bool, wanted: &str, kind: Kind) -> Built<()> {
    if !fits {
        return Err(Refusal::new(value.span(), format!("`{name}` takes {wanted}, and this is {}", word(value))));
    }
    let children = value.items().chain(value.entries().map(|(_, child)| child));
    let mut misfits = children.filter(|child| child.kind() != kind && !child.is_null());
    match misfits.next() {
        Some(child) => Err(Refusal::new(child.span(), format!("`{name}` takes {wanted}, and this is {}", word(child)))),
        None => Ok(()),
    }
}

/// What a value is, to somebody who may have meant a text.
fn word(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Bool => "a boolean (`y`, `n`, `yes`, `no`, `on` and `off` are booleans here)",
        _ => what(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn read(text: &str) -> Result<(), (String, String)> {
        let file = parse(SourceId(0), text.into());
        match Settings::read(&file, "kustomization.yaml", false) {
            Ok(_) => Ok(()),
            Err(refusal) => Err((text[refusal.span.range()].to_owned(), refusal.message)),
        }
    }

    #[test]
    fn what_kustomize_takes_is_taken() {
        for text in [
            "resources: []\n",
            "resources: [a.yaml]\nkind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n",
            "nameprefix: x-\n",
            "images: []\n",
            "metadata: {name: x}\n",
            "resources: [a.yaml]\nnamespace: \"\"\nimages:\n---\nfoo: bar\n",
            "commonLabels: {a: 'yes'}\n",
        ] {
            assert_eq!(read(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_kustomize_refuses_is_refused_at_its_place() {
        for (text, place, word) in [
            ("", "", "empty"),
            ("# only a comment\n", "", "empty"),
            ("kind: Kustomization\n", "kind: Kustomization", "empty"),
            ("namespace: \"\"\n", "namespace: \"\"", "empty"),
            ("resources: a.yaml\n", "a.yaml", "a list of texts, and this is a text"),
            ("resources: [1]\n", "1", "this is a number"),
            ("namespace: n\n", "n", "booleans here"),
            ("commonLabels: {x: y}\n", "y", "booleans here"),
            ("resource: [a]\n", "resource", "did you mean `resources`?"),
            ("spec: {}\n", "spec", "no field `spec`"),
            ("kind: Foo\nresources: []\n", "Foo", "only a Kustomization or a Component"),
            (
                "kind: Component\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: []\n",
                "kustomize.config.k8s.io/v1beta1",
                "v1alpha1",
            ),
            ("patches: [{target: {knd: Pod}}]\n", "knd", "did you mean `kind`?"),
            ("- a\n", "- a", "a mapping belongs here, not a list"),
            ("resources: [a\n", "[", ""),
        ] {
            let (at, message) = read(text).expect_err(text);
            assert_eq!(at.trim_end(), place, "{text}");
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}
