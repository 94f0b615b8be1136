//! The last steps of a build, which only its root takes: hash suffixes, references, variables, what
//! is not for the cluster, annotations as texts.

use super::accumulate::Accumulated;
use super::{Built, Object, hash, reread};
use crate::source::Origin;
use crate::yaml::rendered::{Key, Rendered};
use crate::yaml::{Kind, Scalar, Value};
use std::borrow::Cow;

/// Marks objects that are for kustomize alone.
const LOCAL: &str = "config.kubernetes.io/local-config";

/// Notes that kustomize takes down for itself; what stands there is lost, also where somebody wrote it.
const OWN: [&str; 17] = [
    "alpha.config.kubernetes.io/transformations",
    "config.k8s.io/id",
    "config.kubernetes.io/index",
    "config.kubernetes.io/origin",
    "config.kubernetes.io/path",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/index",
    NEEDS_HASH,
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/suffixes",
];

const NEEDS_HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";

/// Finishes what was accumulated.
pub(super) fn run(all: &mut Accumulated<'_>) -> Built<()> {
    all.objects.iter_mut().for_each(add_hash);
    all.steps.finish(&mut all.objects)?;
    all.objects.retain(|object| {
        let local = object.tree.view().at(&["metadata", "annotations", LOCAL]);
        local.is_none_or(|local| local.raw() == Some("false"))
    });
    all.objects.iter_mut().for_each(without_own_notes);
    all.objects.iter_mut().for_each(annotations_as_texts);
    all.objects.iter_mut().try_for_each(reread::run)
}

fn add_hash(object: &mut Object<'_>) {
    let is_generated = object.generated.is_some_and(|generated| generated.needs_hash);
    if !is_generated && object.text(&["metadata", "annotations", NEEDS_HASH]) != "enabled" {
        return;
    }
    let Some(suffix) = hash::suffix(object.tree.view()) else { return };
    object.remember();
    let made = Origin::Generated(object.born);
    let Some(name) = object.tree.view().at(&["metadata", "name"]) else { return };
    let (text, origin) = Origin::compose([
        (name.raw().unwrap_or_default(), name.text_origin()),
        ("-", made.clone()),
        (suffix.as_str(), made.clone()),
    ]);
    object.set(&["metadata", "name"], Rendered::text(text, origin), &made);
}

fn without_own_notes(object: &mut Object<'_>) {
    let Some(annotations) = object.tree.view().at(&["metadata", "annotations"]) else { return };
    if !annotations.entries().any(|(key, _)| OWN.contains(&key)) {
        return;
    }
    let span = annotations.span();
    let Some(metadata) = object.tree.map_mut().and_then(|map| map.get_mut("metadata")) else { return };
    let Some(metadata) = metadata.value.map_mut() else { return };
    if let Some(map) = metadata.get_mut("annotations").and_then(|slot| slot.value.map_mut()) {
        OWN.into_iter().for_each(|key| drop(map.remove(key, span)));
    }
}

/// Kustomize keeps notes of its own among the annotations, and so reads all of them as texts: numbers become
/// texts, and a mapping without any entry goes.
fn annotations_as_texts(object: &mut Object<'_>) {
    let Some(annotations) = object.tree.view().at(&["metadata", "annotations"]) else { return };
    // A date is read as what is written, too.
    let texts = |value: Value<'_>| match value.kind() {
        Kind::Text => matches!(value.scalar(), Some(Scalar::Text(Cow::Borrowed(_)))),
        kind => matches!(kind, Kind::Mapping | Kind::Sequence),
    };
    let span = annotations.span();
    let empty = annotations.is_null() || annotations.is_empty();
    if !empty && annotations.entries().all(|(_, value)| texts(value)) {
        return;
    }
    let changed: Vec<(String, String, Origin)> = annotations
        .entries()
        .filter(|(_, value)| !texts(*value))
        .map(|(key, value)| {
            let raw = if value.is_absent() { "" } else { value.raw().unwrap_or_default() };
            (key.to_owned(), raw.to_owned(), value.origin())
        })
        .collect();
    let Some(metadata) = object.tree.map_mut().and_then(|map| map.get_mut("metadata")) else { return };
    let Some(metadata) = metadata.value.map_mut() else { return };
    if empty {
        metadata.remove("annotations", span);
        return;
    }
    let Some(annotations) = metadata.get_mut("annotations").and_then(|slot| slot.value.map_mut()) else { return };
    for (key, text, origin) in changed {
        match annotations.get_mut(&key) {
            Some(slot) => slot.value = Rendered::text(text, origin),
            None => annotations.set(Key::made(key, origin.clone()), Rendered::text(text, origin)),
        }
    }
}
