//! Objects as JSON, alone or with their origins.

use super::origins::pointer;
use super::{Look, Origins, Place, pair_of};
use crate::report::json::TextRange;
use crate::source::{MASK, Origin, Span};
use crate::yaml::rendered::{Past, to_json};
use crate::yaml::{Kind, Step, Value};
use serde_json::{Map, Value as Json, json};

pub(super) fn print(objects: &[Value<'_>], look: &Look<'_>) -> String {
    let entries: Vec<Json> = objects.iter().map(|object| entry(*object, look)).collect();
    let mut text = serde_json::to_string_pretty(&entries).expect("internal: JSON values can be written");
    text.push('\n');
    text
}

fn entry(object: Value<'_>, look: &Look<'_>) -> Json {
    let secrets = look.secrets(object);
    let mut sheet = Sheet { origins: look.origins, entries: Map::new(), removed: Vec::new() };
    let json = sheet.value(object, &mut Vec::new(), None, &secrets);
    match look.origins {
        None => json,
        Some(_) => json!({"object": json, "origins": sheet.entries, "removed": sheet.removed}),
    }
}

struct Sheet<'p> {
    origins: Option<Origins<'p>>,
    entries: Map<String, Json>,
    removed: Vec<Json>,
}

impl Sheet<'_> {
    fn value<'w>(
        &mut self,
        value: Value<'w>,
        steps: &mut Vec<Step<'w>>,
        pair: Option<&str>,
        secrets: &super::Secrets,
    ) -> Json {
        self.note(value, &Place { secrets, steps, pair });
        match value.kind() {
            Kind::Mapping => {
                let mut map = Map::new();
                for (key, child) in value.entries() {
                    steps.push(Step::Key(key));
                    map.insert(key.to_owned(), self.value(child, steps, pair_of(key, value), secrets));
                    steps.pop();
                }
                Json::Object(map)
            }
            Kind::Sequence => {
                let mut list = Vec::new();
                for (index, item) in value.items().enumerate() {
                    steps.push(Step::Index(index));
                    list.push(self.value(item, steps, None, secrets));
                    steps.pop();
                }
                Json::Array(list)
            }
            _ => match (Place { secrets, steps, pair }).mask(value) {
                Some(mask) => Json::String(mask.into_owned()),
                None => to_json(value),
            },
        }
    }

    fn note(&mut self, value: Value<'_>, place: &Place<'_>) {
        let Some(origins) = self.origins else { return };
        let origin = value.origin();
        let inner = matches!(value.kind(), Kind::Mapping | Kind::Sequence) && !value.is_empty();
        if !inner || value.past().is_some() || !matches!(origin, Origin::Written(_)) {
            let mut entry = describe(&origins, &origin);
            let mut was = Vec::new();
            let mut past: Option<&Past<'_>> = value.past();
            while let Some(old) = past {
                was.push(before(&origins, value, old.value.view(), place));
                past = old.past.as_deref();
            }
            if !was.is_empty() {
                entry.insert("was".into(), was.into());
            }
            self.entries.insert(pointer(place.steps), entry.into());
        }
        for removed in super::removed(value) {
            let mut entry = Map::new();
            entry.insert("parent".into(), pointer(place.steps).into());
            match removed.key.parse::<usize>() {
                Ok(index) if value.is_sequence() => entry.insert("index".into(), index.into()),
                _ => entry.insert("key".into(), Json::from(&*removed.key)),
            };
            entry.insert("was".into(), describe(&origins, &removed.was.view().origin()).into());
            entry.insert("by".into(), range(&origins, removed.by).into());
            self.removed.push(entry.into());
        }
    }
}

/// A value that `value` replaced.
fn before(origins: &Origins<'_>, value: Value<'_>, old: Value<'_>, place: &Place<'_>) -> Json {
    let mut entry = Map::new();
    if !matches!(old.kind(), Kind::Mapping | Kind::Sequence) {
        entry.insert("value".into(), if place.hides_past(value, old) { MASK.into() } else { to_json(old) });
    }
    entry.extend(describe(origins, &old.origin()));
    entry.into()
}

fn describe(origins: &Origins<'_>, origin: &Origin) -> Map<String, Json> {
    let mut entry = Map::new();
    let kind = match origin {
        Origin::Written(_) => "written",
        Origin::Composed(_) => "composed",
        Origin::Generated(_) => "generated",
        Origin::Decoded(_) => "decoded",
        Origin::Defaulted(_) => "defaulted",
        Origin::Copied(_) => "copied",
    };
    entry.insert("kind".into(), kind.into());
    entry.extend(range(origins, origin.span()));
    match origin {
        Origin::Composed(parts) => {
            let part = |part: &crate::source::Part| {
                let mut entry = Map::new();
                entry.insert("start".into(), part.start.into());
                entry.insert("end".into(), part.end.into());
                entry.extend(describe(origins, &part.origin));
                Json::Object(entry)
            };
            entry.insert("parts".into(), parts.iter().map(part).collect());
        }
        Origin::Copied(from) => {
            entry.insert("from".into(), describe(origins, from).into());
        }
        _ => {}
    }
    entry
}

fn range(origins: &Origins<'_>, span: Span) -> Map<String, Json> {
    match serde_json::to_value(TextRange::new(origins.sources, span)) {
        Ok(Json::Object(map)) => map,
        _ => Map::new(),
    }
}
