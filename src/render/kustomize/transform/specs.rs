//! Which fields the transformers look at: kustomize's own list and what `configurations` add to it.

mod defaults;

use super::fieldspec::fits;
use crate::render::kustomize::fields::{field, field_specs, list, mapping, text_of};
use crate::render::kustomize::order::{FIRST, LAST, rank};
use crate::render::kustomize::{Built, FieldSpec, Refusal};
use crate::source::Span;
use crate::yaml::Value;
use std::sync::{Arc, LazyLock};

/// The fields each transformer looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Where `namePrefix` goes.
    pub name_prefix: Vec<FieldSpec>,
    /// Where `nameSuffix` goes.
    pub name_suffix: Vec<FieldSpec>,
    /// Where `namespace` goes, beside `metadata.namespace`.
    pub namespace: Vec<FieldSpec>,
    /// Where `commonLabels` go, and `labels` that include selectors.
    pub common_labels: Vec<FieldSpec>,
    /// Where `labels` go; `metadata.labels` where this is empty.
    pub labels: Vec<FieldSpec>,
    /// Where `labels` go that include templates.
    pub template_labels: Vec<FieldSpec>,
    /// Where `commonAnnotations` go.
    pub annotations: Vec<FieldSpec>,
    /// Which fields name objects.
    pub name_reference: Vec<NameReference>,
    /// Where variables are looked for.
    pub var_reference: Vec<FieldSpec>,
    /// Where images are, beside the containers at any depth.
    pub images: Vec<FieldSpec>,
    /// Where `replicas` go.
    pub replicas: Vec<FieldSpec>,
}

/// Fields that name objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameReference {
    /// The group of the objects; none for any.
    pub group: Option<String>,
    /// Their version; none for any.
    pub version: Option<String>,
    /// Their kind; none for any.
    pub kind: Option<String>,
    /// The fields that hold their names.
    pub referrers: Vec<FieldSpec>,
}

const KEYS: [&str; 11] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "varReference",
    "images",
    "replicas",
    "nameReference",
];

static DEFAULTS: LazyLock<Arc<Configuration>> = LazyLock::new(|| {
    let mut config = defaults::configuration();
    config.sort();
    Arc::new(config)
});

impl Configuration {
    /// What kustomize looks at without being told.
    pub fn default_fields() -> Arc<Configuration> {
        Arc::clone(&DEFAULTS)
    }

    /// Adds what a file named in `configurations` says.
    pub fn merge_file(&mut self, file: Value<'_>) -> Built<()> {
        if file.is_null() {
            return Ok(());
        }
        let file = mapping(file, &KEYS)?;
        for (key, specs) in KEYS.iter().zip(self.lists()) {
            if let Some(value) = field(file, key) {
                merge_specs(specs, field_specs(value)?, value.key_or_span())?;
            }
        }
        let references = field(file, "nameReference").map_or(Ok(Vec::new()), list)?;
        for entry in references {
            let entry = mapping(entry, &["group", "version", "kind", "fieldSpecs"])?;
            let optional = |name| text_of(entry, name).map(|text| (!text.is_empty()).then(|| text.to_owned()));
            let referrers = field(entry, "fieldSpecs").map_or(Ok(Vec::new()), field_specs)?;
            let reference = NameReference {
                group: optional("group")?,
                version: optional("version")?,
                kind: optional("kind")?,
                referrers,
            };
            self.merge_reference(reference, entry.span())?;
        }
        self.sort();
        Ok(())
    }

    /// Adds another configuration; `at` is what brings it. A kustomization's own one, its files included, is
    /// added to the ones of all that it takes in, or else to an empty one: on the way in, a spec for any kind
    /// gives way to one for some kind with the same path.
    pub fn merge(&mut self, other: Configuration, at: Span) -> Built<()> {
        // Nearly all kustomizations have the defaults and nothing else.
        if *self == other {
            return Ok(());
        }
        if other == **DEFAULTS && *self == Configuration::default() {
            *self = other;
            return Ok(());
        }
        let Configuration {
            name_prefix,
            name_suffix,
            namespace,
            common_labels,
            labels,
            template_labels,
            annotations,
            name_reference,
            var_reference,
            images,
            replicas,
        } = other;
        let lists = [
            name_prefix,
            name_suffix,
            namespace,
            common_labels,
            labels,
            template_labels,
            annotations,
            var_reference,
            images,
            replicas,
        ];
        for (mine, theirs) in self.lists().into_iter().zip(lists) {
            merge_specs(mine, theirs, at)?;
        }
        name_reference.into_iter().try_for_each(|reference| self.merge_reference(reference, at))?;
        self.sort();
        Ok(())
    }

    /// Puts all specs in the order in which kustomize goes through them.
    fn sort(&mut self) {
        for specs in self.lists() {
            sort_specs(specs);
        }
        self.name_reference.sort_by_cached_key(|names| order(&names.group, &names.version, &names.kind));
        self.name_reference.iter_mut().for_each(|names| sort_specs(&mut names.referrers));
    }

    /// The lists in the order of [`KEYS`].
    fn lists(&mut self) -> [&mut Vec<FieldSpec>; 10] {
        [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ]
    }

    fn merge_reference(&mut self, reference: NameReference, at: Span) -> Built<()> {
        let same = |known: &&mut NameReference| {
            known.group == reference.group && known.version == reference.version && known.kind == reference.kind
        };
        match self.name_reference.iter_mut().find(same) {
            Some(known) => merge_specs(&mut known.referrers, reference.referrers, at),
            None => {
                self.name_reference.push(reference);
                Ok(())
            }
        }
    }
}

fn sort_specs(specs: &mut [FieldSpec]) {
    specs.sort_by_cached_key(|spec| order(&spec.group, &spec.version, &spec.kind));
}

/// Where kustomize sorts a spec; what is left open comes after everything that is said.
fn order(group: &Option<String>, version: &Option<String>, kind: &Option<String>) -> (isize, String) {
    let place = rank(kind.as_deref().unwrap_or_default(), FIRST, LAST);
    let word = |word: &Option<String>, open: &str| word.as_deref().unwrap_or(open).to_owned();
    (place, [word(group, "~G"), word(version, "~V"), word(kind, "~K")].join("_"))
}

/// Adds specs that are not there yet. A spec counts as there if one with its path speaks of nothing else
/// than it does; if the two do not agree on `create`, they are in conflict.
pub(super) fn merge_specs(specs: &mut Vec<FieldSpec>, more: Vec<FieldSpec>, at: Span) -> Built<()> {
    for new in more {
        let part = |known: &&FieldSpec| {
            let [group, version, kind] =
                [&known.group, &known.version, &known.kind].map(|word| word.as_deref().unwrap_or_default());
            known.path == new.path && fits(&new, group, version, kind)
        };
        match specs.iter().find(part) {
            Some(known) if known.create != new.create => {
                return Err(Refusal::new(
                    at,
                    format!(
                        "the field `{}` is to be {} here, which another configuration has the other way round",
                        new.path,
                        if new.create { "created" } else { "left out where it is missing" }
                    ),
                ));
            }
            Some(_) => {}
            None => specs.push(new),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{message, settings, spec};
    use super::*;

    fn merged(text: &str) -> Result<Configuration, String> {
        let mut config = Arc::unwrap_or_clone(Configuration::default_fields());
        let mut done = Ok(());
        settings(text, |value| done = config.merge_file(value).map_err(message));
        done.map(|()| config)
    }

    #[test]
    fn specs_that_are_there_are_not_added_again() {
        let before = Configuration::default_fields();
        for (text, added) in [
            ("commonLabels: [{path: metadata/labels, create: true}]", 0),
            ("commonLabels: [{path: spec/selector/matchLabels, create: true, kind: ReplicaSet}]", 0),
            // One that speaks of any kind is taken for the one of Services that is there.
            ("commonLabels: [{path: spec/selector, create: true}]", 0),
            ("COMMONLABELS: [{path: spec/selector, create: true, Kind: Stack}]", 1),
            ("commonLabels: [{path: spec/x}, {path: spec/x}]", 1),
            ("{}", 0),
        ] {
            let after = merged(text).expect(text);
            assert_eq!(after.common_labels.len() - before.common_labels.len(), added, "{text}");
        }
    }

    #[test]
    fn the_defaults_are_not_in_conflict_with_themselves() {
        let mut slow = Configuration::default();
        settings("images: [{path: spec/x}]", |value| {
            let more = Configuration {
                images: vec![FieldSpec { create: true, ..spec("spec/x") }],
                ..Configuration::default()
            };
            slow.merge(more, value.span()).expect("nothing to be in conflict with");
            slow.merge(Arc::unwrap_or_clone(Configuration::default_fields()), value.span()).expect("no conflict");
        });
        slow.images.retain(|image| image.path != "spec/x");
        assert_eq!(slow, *Configuration::default_fields());
    }

    #[test]
    fn conflicts_and_unknown_fields_are_refused() {
        for (text, expected) in [
            ("commonLabels: [{path: metadata/labels}]", "the other way round"),
            ("images: {path: a}", "a list is expected here, not a mapping"),
            ("image: []", "unknown field `image`"),
            ("images: [{paths: a}]", "unknown field `paths`"),
            ("nameReference: [{kind: A, fieldspecs: [{path: a, x: b}]}]", "unknown field `x`"),
            ("- a", "a mapping is expected here, not a list"),
        ] {
            let refusal = merged(text).expect_err(text);
            assert!(refusal.contains(expected), "{text}: {refusal}");
        }
    }

    #[test]
    fn a_spec_for_any_kind_gives_way_on_the_way_in() {
        for (text, any) in [
            ("commonLabels: [{path: metadata/labels, create: true, kind: Stack}]", false),
            ("commonLabels: [{path: metadata/labels, create: true, kind: ValidatingWebhookConfiguration}]", true),
            ("commonLabels: [{path: spec/labels, create: true, kind: Stack}]", true),
        ] {
            let mut all = Configuration::default();
            settings(text, |value| all.merge(merged(text).expect(text), value.span()).expect(text));
            let is_any = |spec: &FieldSpec| spec.path == "metadata/labels" && spec.kind.is_none();
            assert_eq!(all.common_labels.iter().any(is_any), any, "{text}");
        }
    }

    #[test]
    fn referrers_are_added_to_the_kind_they_name() {
        let before = Configuration::default_fields().name_reference.len();
        let after = merged(
            "nameReference:\n- {kind: ConfigMap, version: v1, fieldSpecs: [{kind: Stack, path: spec/values}]}\n\
             - {kind: ConfigMap, fieldSpecs: [{kind: Stack, path: spec/other}]}\n",
        )
        .expect("no conflict");
        assert_eq!(after.name_reference.len(), before + 1);
        let maps = after.name_reference.iter().filter(|reference| reference.kind.as_deref() == Some("ConfigMap"));
        let stacks: Vec<usize> = maps
            .map(|reference| reference.referrers.iter().filter(|spec| spec.kind.as_deref() == Some("Stack")).count())
            .collect();
        assert_eq!(stacks, [1, 1]);
    }
}
