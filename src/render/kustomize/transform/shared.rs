//! Fields of one object that hold one and the same value. Where kustomize puts a label into fields that lack it, it
//! puts in one node; whoever changes one of the fields afterwards changes them all. It ends with operations of
//! JSON 6902, which write the object anew.

use super::at;
use super::fieldspec::{Step, shared_at, slot_mut};
use crate::render::kustomize::Object;
use crate::yaml::Value;
use crate::yaml::rendered::{Past, Rendered};

/// Fields that change together, each with the value it had when that was last looked at.
#[derive(Clone, Debug, Default)]
pub struct Shared<'w>(Vec<(Vec<Step>, Rendered<'w>)>);

/// Notes that `fields` of an object were given one value.
pub(super) fn share(object: &mut Object<'_>, fields: Vec<Vec<Step>>) {
    if fields.len() < 2 {
        return;
    }
    let known = fields.into_iter().filter_map(|steps| {
        let value = shared_at(&object.tree, &steps)?;
        Some((steps, value))
    });
    let shared = Shared(known.collect());
    object.shared.push(shared);
}

/// Lets the fields follow each other; to be called after every step that may have changed one.
pub fn settle(objects: &mut [Object<'_>]) {
    objects.iter_mut().filter(|object| !object.shared.is_empty()).for_each(settle_one);
}

pub(super) fn settle_one(object: &mut Object<'_>) {
    let mut shared = std::mem::take(&mut object.shared);
    for Shared(fields) in &mut shared {
        let mut latest = None;
        fields.retain(|(steps, old)| match at(object.tree.view(), steps) {
            None => false,
            Some(now) => match shared_at(&object.tree, steps) {
                Some(value) if value.is_same(old) => true,
                Some(value) if has_been(now, old) => {
                    latest = Some(value);
                    true
                }
                _ => false,
            },
        });
        let Some(latest) = latest else { continue };
        for (steps, known) in fields {
            if let Some(slot) = slot_mut(&mut object.tree, steps)
                && !slot.value.is_same(&latest)
            {
                slot.replace(latest.clone());
            }
            *known = latest.clone();
        }
    }
    shared.retain(|Shared(fields)| fields.len() > 1);
    object.shared = shared;
}

/// Kustomize writes the annotations of an object anew when its name or namespace changes.
pub fn part_annotations(objects: &mut [Object<'_>]) {
    let is_own = |steps: &[Step]| match steps {
        [Step::Key(first), Step::Key(second), _] => **first == *"metadata" && **second == *"annotations",
        _ => false,
    };
    for object in objects.iter_mut().filter(|object| !object.shared.is_empty()) {
        for Shared(fields) in &mut object.shared {
            fields.retain(|(steps, _)| !is_own(steps));
        }
        object.shared.retain(|Shared(fields)| fields.len() > 1);
    }
}

/// Whether a value took the place of `old`.
fn has_been(now: Value<'_>, old: &Rendered<'_>) -> bool {
    let mut past: Option<&Past<'_>> = now.past();
    while let Some(known) = past {
        if known.value.is_same(old) {
            return true;
        }
        past = known.past.as_deref();
    }
    false
}
