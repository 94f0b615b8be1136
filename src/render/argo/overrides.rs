//! What the `kustomize` block of a source writes into a kustomization, as `kustomize edit` would.

use crate::render::kustomize::settings::Settings;
use crate::source::Origin;
use crate::yaml::Value;
use crate::yaml::rendered::{Key, Rendered, Slot};

/// Fields of the block, and the fields of the spec that a build takes in beside the kustomization.
const FIELDS: [(&str, &str); 6] = [
    ("namespace", "targetNamespace"),
    ("namePrefix", "namePrefix"),
    ("nameSuffix", "nameSuffix"),
    ("patches", "patches"),
    ("components", "components"),
    ("commonAnnotations", "commonAnnotations"),
];

/// The spec that `block` makes for the kustomization `own`; none where it changes nothing.
pub(super) fn overrides<'w>(block: &Rendered<'w>, own: Option<&Settings<'w>>) -> Option<Rendered<'w>> {
    let made = Origin::Generated(block.view().span());
    let mut spec = Rendered::map(made.clone());
    let map = spec.map_mut().expect("internal: a mapping was just made");
    let set = |name: &str| block.get(name).filter(|value| is_set(value.view()));
    for (name, field) in FIELDS {
        if let Some(value) = set(name) {
            map.set(Key::made(field, made.clone()), value);
        }
    }
    if let Some(labels) = set("commonLabels") {
        let flag = |name: &str| block.view().get(name).and_then(Value::as_bool) == Some(true);
        if flag("labelWithoutSelector") {
            map.set(Key::made("labels", made.clone()), pairs(labels, flag("labelIncludeTemplates"), &made));
        } else {
            map.set(Key::made("commonLabels", made.clone()), labels);
        }
    }
    if let Some(list) = set("images") {
        let items = list.view().items().filter_map(|item| image(item, own, &made)).map(Slot::from).collect();
        map.set(Key::made("images", made.clone()), Rendered::list(items, made.clone()));
    }
    if let Some(list) = set("replicas") {
        let items = list.view().items().map(|item| replica(item, &made)).map(Slot::from).collect();
        map.set(Key::made("replicas", made.clone()), Rendered::list(items, made.clone()));
    }
    if set("ignoreMissingComponents").is_some_and(|flag| flag.view().as_bool() == Some(true)) {
        map.set(Key::made("ignoreMissingComponents", made.clone()), Rendered::plain("true", made.clone()));
    }
    (!map.entries.is_empty()).then_some(spec)
}

fn is_set(value: Value<'_>) -> bool {
    !value.is_null() && !value.is_empty() && value.as_str() != Some("")
}

fn pairs<'w>(labels: Rendered<'w>, templates: bool, made: &Origin) -> Rendered<'w> {
    let mut entry = Rendered::map(made.clone());
    if let Some(map) = entry.map_mut() {
        map.set(Key::made("pairs", made.clone()), labels);
        if templates {
            map.set(Key::made("includeTemplates", made.clone()), Rendered::plain("true", made.clone()));
        }
    }
    Rendered::list(vec![entry.into()], made.clone())
}

/// `[name=]new[:tag][@digest]` as an entry of `images`.
fn image<'w>(item: Value<'_>, own: Option<&Settings<'w>>, made: &Origin) -> Option<Rendered<'w>> {
    let text = item.as_str()?;
    let (name, start) = match text.split_once('=') {
        Some((name, _)) => (0..name.len(), name.len() + 1),
        None => (0..0, 0),
    };
    let (rest, digest) = match text[start..].split_once('@') {
        Some((rest, digest)) => (rest, Some(text.len() - digest.len()..text.len())),
        None => (&text[start..], None),
    };
    let slash = rest.rfind('/').map_or(0, |at| at + 1);
    let colon = rest[slash..].find(':').map(|at| slash + at);
    let new = start..start + colon.unwrap_or(rest.len());
    let tag = colon.map(|at| start + at + 1..start + rest.len());
    let mut entry = Rendered::map(made.clone());
    let map = entry.map_mut()?;
    let part = |range: &std::ops::Range<usize>| {
        Rendered::text(&text[range.clone()], item.part(range.start as u32..range.end as u32))
    };
    let old = if name.is_empty() { &new } else { &name };
    // An entry of the same name would be written over, and keeps the new name it has.
    let renamed = own.into_iter().flat_map(|own| own.list("images")).find_map(|known| {
        let same = known.get("name").and_then(Value::as_str) == Some(&text[old.clone()]);
        known.get("newName").filter(|_| same).and_then(Rendered::written)
    });
    map.set(Key::made("name", made.clone()), renamed.unwrap_or_else(|| part(old)));
    if !name.is_empty() {
        map.set(Key::made("newName", made.clone()), part(&new));
    }
    if let Some(tag) = &tag {
        map.set(Key::made("newTag", made.clone()), part(tag));
    }
    if let Some(digest) = &digest {
        map.set(Key::made("digest", made.clone()), part(digest));
    }
    Some(entry)
}

fn replica<'w>(item: Value<'_>, made: &Origin) -> Rendered<'w> {
    let mut entry = Rendered::map(made.clone());
    if let Some(map) = entry.map_mut() {
        for (key, value) in item.entries() {
            let text = value.raw().unwrap_or_default();
            let value = match key {
                "count" => Rendered::plain(text, value.text_origin()),
                _ => Rendered::text(text, value.text_origin()),
            };
            map.set(Key::made(key, made.clone()), value);
        }
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::rendered::to_json;
    use crate::yaml::{Dialect, parse};
    use serde_json::json;

    #[test]
    fn a_block_becomes_fields_of_a_kustomization() {
        for (text, expected) in [
            ("{}", None),
            ("{version: v5.0.0, namePrefix: ''}", None),
            ("{namespace: shop, nameSuffix: -x}", Some(json!({"targetNamespace": "shop", "nameSuffix": "-x"}))),
            ("{images: ['web:1.2']}", Some(json!({"images": [{"name": "web", "newTag": "1.2"}]}))),
            (
                "{images: ['web=reg:5000/team/web:1@sha256:ab', 'reg:5000/x=y']}",
                Some(json!({"images": [
                    {"name": "web", "newName": "reg:5000/team/web", "newTag": "1", "digest": "sha256:ab"},
                    {"name": "reg:5000/x", "newName": "y"},
                ]})),
            ),
            ("{replicas: [{name: web, count: '3'}]}", Some(json!({"replicas": [{"name": "web", "count": 3}]}))),
            ("{commonLabels: {a: b}}", Some(json!({"commonLabels": {"a": "b"}}))),
            (
                "{commonLabels: {a: b}, labelWithoutSelector: true, labelIncludeTemplates: true}",
                Some(json!({"labels": [{"pairs": {"a": "b"}, "includeTemplates": true}]})),
            ),
        ] {
            let file = parse(SourceId(0), text.into());
            let block = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
            let block = Rendered::written(block).expect("written");
            let found = overrides(&block, None).map(|spec| to_json(spec.view()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
