//! Patches of a kustomization: which objects they are for, and what they change. What they are read from is in
//! `read`, how they merge in `strategic`, the operations of JSON 6902 in `json`.

mod custom;
mod idle;
mod json;
mod lists;
mod merge_keys;
mod odd_lists;
mod read;
mod select;
mod strategic;

#[cfg(test)]
mod tests;

use super::{Built, Object};
use crate::source::{Origin, Span};
use crate::yaml::rendered::{Entry, Key, Map, Rendered, Slot, to_json};
use crate::yaml::{Dialect, Kind, Value};

pub use custom::Schema;
pub use idle::{Idle, Misfit, Near};
pub use read::read;
pub use select::Target;
pub use strategic::{Outcome, merge};

/// The field of a kustomization that a patch stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `patches`.
    Patches,
    /// `patchesStrategicMerge`.
    StrategicMerge,
    /// `patchesJson6902`.
    Json6902,
}

/// A patch of a kustomization.
#[derive(Clone, Debug)]
pub struct Patch<'w> {
    /// The entry that names it.
    pub entry: Span,
    /// What it is for; a strategic merge patch without a target names its object itself.
    pub target: Option<Target>,
    content: Content<'w>,
    allow_name: bool,
    allow_kind: bool,
    /// It stands in one of the older lists, `patchesStrategicMerge` and `patchesJson6902`.
    listed: bool,
}

#[derive(Clone, Debug)]
enum Content<'w> {
    /// Documents to be merged.
    Strategic(Vec<Rendered<'w>>),
    /// Operations.
    Json(Vec<Value<'w>>),
}

impl Patch<'_> {
    /// Whether it is merged into objects, and no list of operations.
    pub fn merges(&self) -> bool {
        matches!(self.content, Content::Strategic(_))
    }
}

/// What applying a patch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// How many objects it was for.
    pub matched: usize,
    /// What says which objects: the target, else the entry.
    pub span: Span,
}

/// Applies a patch to the objects it is for; those it deletes leave the list. Where the list is `partial`, a
/// patch that names an object outside it is passed over. `schema` is the one that a kustomization brings along.
pub fn apply<'w>(
    patch: &Patch<'w>,
    objects: &mut Vec<Object<'w>>,
    partial: bool,
    schema: Option<&Schema<'w>>,
) -> Built<Applied> {
    let Some(target) = &patch.target else {
        let documents = match &patch.content {
            Content::Strategic(documents) => &documents[..],
            Content::Json(_) => &[],
        };
        for document in documents {
            let at = match select::named(document, objects) {
                Ok(at) => at,
                Err(_) if partial => continue,
                Err(refusal) if patch.entry.source == document.view().span().source => return Err(refusal),
                Err(refusal) => return Err(refusal.with(patch.entry, "the kustomization uses the patch here")),
            };
            let terms = Terms { targeted: false, texts: patch.listed, name: patch.allow_name, kind: patch.allow_kind };
            if merge_into(&mut objects[at], document, terms, schema)? == Outcome::Deleted {
                objects.remove(at);
            }
        }
        return Ok(Applied { matched: documents.len(), span: patch.entry });
    };
    let mut matched = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        if target.selects(object)? {
            matched.push(at);
        }
    }
    let mut deleted = vec![false; objects.len()];
    for at in &matched {
        let object = &mut objects[*at];
        match &patch.content {
            Content::Json(operations) => operate(object, operations, patch)?,
            Content::Strategic(documents) => {
                let terms = Terms { targeted: true, texts: true, name: patch.allow_name, kind: patch.allow_kind };
                for document in documents {
                    deleted[*at] |= merge_into(object, document, terms, schema)? == Outcome::Deleted;
                }
            }
        }
    }
    let mut deleted = deleted.into_iter();
    objects.retain(|_| !deleted.next().unwrap_or(false));
    Ok(Applied { matched: matched.len(), span: target.span })
}

fn operate<'w>(object: &mut Object<'w>, operations: &[Value<'w>], patch: &Patch<'w>) -> Built<()> {
    let (before, annotations) = (object.id(), object.tree.at(&ANNOTATIONS));
    // Kustomize's own notes stand among the annotations: of `patches` always, else once it changed the identity.
    let has_notes = !patch.listed || !object.former.is_empty();
    json::apply(&mut object.tree, operations, has_notes)?;
    object.shared.clear();
    let by = operations.last().map_or(patch.entry, |operation| operation.span());
    settle_annotations(&mut object.tree, annotations.as_ref(), by, true);
    if object.id() != before && object.former.last() != Some(&before) {
        object.former.push(before);
    }
    Ok(())
}

/// What a strategic merge patch may do to the identity of an object.
#[derive(Clone, Copy)]
struct Terms {
    /// It has a target, so its own identity means nothing.
    targeted: bool,
    /// Its labels and annotations are read as texts before it is merged.
    texts: bool,
    name: bool,
    kind: bool,
}

fn merge_into<'w>(
    object: &mut Object<'w>,
    document: &Rendered<'w>,
    terms: Terms,
    schema: Option<&Schema<'w>>,
) -> Built<Outcome> {
    let patch = without_identity(object, document, terms)?;
    let annotations = object.tree.at(&ANNOTATIONS);
    let saved = patch.view().get("metadata").and_then(|metadata| metadata.get(strategic::DIRECTIVE)).is_some();
    let saved = if saved { identity_of(&object.tree) } else { Vec::new() };
    if terms.name || terms.kind {
        object.remember();
    }
    let outcome = merge(&mut object.tree, &patch, schema)?;
    if outcome == Outcome::Kept {
        restore(&mut object.tree, saved);
        settle_annotations(&mut object.tree, annotations.as_ref(), document.view().span(), false);
    }
    Ok(outcome)
}

const ANNOTATIONS: [&str; 2] = ["metadata", "annotations"];

/// The patch without the fields that do not get through: those that name an object.
fn without_identity<'w>(object: &Object<'w>, document: &Rendered<'w>, terms: Terms) -> Built<Rendered<'w>> {
    let mut patch = document.clone();
    let same_api = patch.view().get("apiVersion").and_then(Value::raw) == Some(object.text(&["apiVersion"]));
    let Some(root) = patch.map_mut() else { return Ok(patch) };
    root.entries.retain(|entry| match entry.key.text() {
        "apiVersion" => !terms.targeted && !same_api,
        "kind" => terms.kind,
        _ => true,
    });
    let Some(metadata) = root.get_mut("metadata").and_then(|slot| slot.value.map_mut()) else { return Ok(patch) };
    metadata.entries.retain(|entry| match entry.key.text() {
        "namespace" => false,
        "name" => terms.name,
        _ => true,
    });
    if terms.texts {
        for key in ["labels", "annotations"] {
            as_texts(metadata, key)?;
        }
    }
    if metadata.entries.is_empty() {
        root.entries.retain(|entry| entry.key.text() != "metadata");
    }
    Ok(patch)
}

/// Labels and annotations of a patch with a target, or of `patchesStrategicMerge`, are read as texts before they are merged, a `null` among
/// them; an empty mapping and a null are lost.
fn as_texts(metadata: &mut Map<'_>, key: &str) -> Built<()> {
    let Some(slot) = metadata.get_mut(key) else { return Ok(()) };
    if slot.value.view().is_sequence() {
        let span = slot.value.view().span();
        return Err(super::Refusal::new(span, format!("`{key}` is a mapping of texts, not a list")));
    }
    if !slot.value.view().is_mapping() || slot.value.view().is_empty() {
        metadata.entries.retain(|entry| entry.key.text() != key);
        return Ok(());
    }
    textual(&mut slot.value, false);
    Ok(())
}

/// Makes every value of a mapping a text: the one that is written, or where operations went through JSON, the one
/// that JSON has.
fn textual(value: &mut Rendered<'_>, through_json: bool) {
    let text_of = |child: Value<'_>| {
        let raw = child.raw().filter(|_| !child.is_absent()).unwrap_or_default().to_owned();
        let json = through_json && child.dialect() == Dialect::Kubectl && !child.is_mapping() && !child.is_sequence();
        let text = if json { to_json(child).to_string() } else { raw.clone() };
        // Only what stands there as it is was written there.
        let origin =
            if text == raw && !text.is_empty() { child.origin() } else { Origin::Generated(child.key_or_span()) };
        Rendered::text(text, origin)
    };
    let other = value.view().entries().filter(|(_, child)| child.kind() != Kind::Text);
    let texts: Vec<(String, Rendered<'_>)> = other.map(|(key, child)| (key.to_owned(), text_of(child))).collect();
    let Some(map) = value.map_mut().filter(|_| !texts.is_empty()) else { return };
    for (key, text) in texts {
        if let Some(slot) = map.get_mut(&key) {
            slot.value = text;
        }
    }
}

/// Annotations are texts, and there is no empty mapping of them: kustomize writes them anew.
fn settle_annotations<'w>(tree: &mut Rendered<'w>, before: Option<&Rendered<'w>>, by: Span, through_json: bool) {
    let Some(now) = tree.at(&ANNOTATIONS) else { return };
    if before.is_some_and(|before| before.is_same(&now)) {
        return;
    }
    let view = now.view();
    let usable = view.is_mapping() && !view.is_empty();
    if usable && view.entries().all(|(_, child)| child.kind() == Kind::Text) {
        return;
    }
    let metadata = tree.map_mut().and_then(|root| root.get_mut("metadata")).and_then(|slot| slot.value.map_mut());
    let Some(metadata) = metadata else { return };
    if usable {
        if let Some(slot) = metadata.get_mut("annotations") {
            textual(&mut slot.value, through_json);
        }
    } else if before.is_some() {
        metadata.remove("annotations", by);
    } else {
        metadata.entries.retain(|entry| entry.key.text() != "annotations");
    }
}

/// Name and namespace of an object, with their past.
fn identity_of<'w>(tree: &Rendered<'w>) -> Vec<(Key<'w>, Slot<'w>)> {
    let mut metadata = tree.get("metadata");
    let Some(map) = metadata.as_mut().and_then(Rendered::map_mut) else { return Vec::new() };
    let identity = map.entries.iter().filter(|entry| matches!(entry.key.text(), "name" | "namespace"));
    identity.map(|entry| (entry.key.clone(), entry.slot.clone())).collect()
}

/// Puts name and namespace back where a patch replaced all metadata.
fn restore<'w>(tree: &mut Rendered<'w>, saved: Vec<(Key<'w>, Slot<'w>)>) {
    for (key, slot) in saved {
        let Some(root) = tree.map_mut() else { return };
        let origin = slot.view().origin();
        let Some(metadata) = root.map_under("metadata", &origin) else { return };
        if metadata.get(key.text()).is_none() {
            metadata.removed.retain(|removed| *removed.key != *key.text());
            metadata.entries.push(Entry { key, slot });
        }
    }
}
