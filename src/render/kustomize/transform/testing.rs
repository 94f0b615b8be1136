//! What the tests of the transformers share: small objects and settings, and what came of them.

use super::Configuration;
use crate::render::kustomize::{Built, FieldSpec, Object, Refusal};
use crate::source::{Origin, SourceId};
use crate::yaml::rendered::{Rendered, to_json};
use crate::yaml::{Dialect, File, Value, parse};
use serde_json::Value as Json;

/// Source of the objects of a test.
const OBJECTS: SourceId = SourceId(0);
/// Source of its settings.
const SETTINGS: SourceId = SourceId(1);

fn roots(file: &File, dialect: Dialect) -> Vec<Value<'_>> {
    file.documents().iter().filter_map(|document| document.root).map(|root| Value::new(file, root, dialect)).collect()
}

fn objects_of(file: &File) -> Vec<Object<'_>> {
    let object = |root| Rendered::written(root).map(|tree| Object::new(tree, root.span()));
    roots(file, Dialect::Kustomize).into_iter().filter_map(object).collect()
}

/// Shows one object.
pub(super) fn object(text: &str, look: impl FnOnce(&mut Object<'_>)) {
    let file = parse(OBJECTS, text.into());
    look(objects_of(&file).first_mut().expect("an object"));
}

/// Shows settings as a kustomization holds them.
pub(super) fn settings(text: &str, look: impl FnOnce(Value<'_>)) {
    let file = parse(SETTINGS, text.into());
    look(*roots(&file, Dialect::Kubectl).first().expect("settings"));
}

/// A spec of a path of any kind.
pub(super) fn spec(path: &str) -> FieldSpec {
    FieldSpec { group: None, version: None, kind: None, path: path.into(), create: false }
}

/// The message of a refusal.
pub(super) fn message(refusal: Refusal) -> String {
    refusal.message
}

/// Objects, settings and what a transformer made of them.
pub(super) struct Bench {
    objects: String,
    settings: String,
}

impl Bench {
    pub(super) fn new(objects: &str, settings: &str) -> Bench {
        Bench { objects: objects.into(), settings: settings.into() }
    }

    /// Runs a transformer with the defaults and shows the objects; `slice` gives the text of a span.
    pub(super) fn run(
        &self,
        transform: impl for<'w> FnOnce(&mut [Object<'w>], Value<'w>, &Configuration) -> Built<()>,
        look: impl FnOnce(Built<()>, &[Object<'_>], &dyn Fn(&Origin) -> Vec<String>),
    ) {
        let (objects, settings) =
            (parse(OBJECTS, self.objects.as_str().into()), parse(SETTINGS, self.settings.as_str().into()));
        let mut made = objects_of(&objects);
        let setting = *roots(&settings, Dialect::Kubectl).first().expect("settings");
        let done = transform(&mut made, setting, &Configuration::default_fields());
        look(done, &made, &|origin| self.show(origin));
    }

    /// The objects as JSON, or the message of the refusal with the text it points at.
    pub(super) fn json(
        &self,
        transform: impl for<'w> FnOnce(&mut [Object<'w>], Value<'w>, &Configuration) -> Built<()>,
    ) -> Json {
        let mut result = Json::Null;
        self.run(transform, |done, objects, show| {
            result = match done {
                Ok(()) => objects.iter().map(|object| to_json(object.tree.view())).collect(),
                Err(refusal) => {
                    Json::String(format!("{} at {}", refusal.message, show(&Origin::Written(refusal.span)).join("")))
                }
            };
        });
        result
    }

    /// Each part of an origin with the text it points at.
    fn show(&self, origin: &Origin) -> Vec<String> {
        let slice = |span: crate::source::Span| {
            let text = if span.source == OBJECTS { &self.objects } else { &self.settings };
            text[span.range()].to_owned()
        };
        match origin {
            Origin::Written(span) => vec![slice(*span)],
            Origin::Generated(span) => vec![format!("by {}", slice(*span))],
            Origin::Decoded(span) | Origin::Defaulted(span) => vec![format!("out of {}", slice(*span))],
            Origin::Composed(parts) => parts.iter().flat_map(|part| self.show(&part.origin)).collect(),
            Origin::Copied(origin) => self.show(origin).into_iter().map(|text| format!("copy of {text}")).collect(),
        }
    }
}
