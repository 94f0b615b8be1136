//! Components, which run over what the kustomization that names them has taken in so far.

use super::accumulate::{Accumulated, Builder};
use super::steps::setting;
use super::{Built, Refusal};
use crate::render::files::Content;
use crate::tree;
use crate::yaml::Value;
use crate::yaml::rendered::Rendered;

impl<'w> Builder<'_, 'w> {
    /// Runs the Components that the spec of a Flux Kustomization adds behind those of the kustomization.
    pub(super) fn components_of(
        &self,
        spec: Option<&Rendered<'w>>,
        folder: &str,
        all: &mut Accumulated<'w>,
        trail: &mut Vec<String>,
    ) -> Built<()> {
        let Some(spec) = spec else { return Ok(()) };
        let lenient = spec.view().get("ignoreMissingComponents").and_then(Value::as_bool) == Some(true);
        let mut list = spec.get("components");
        let Some(entries) = list.as_mut().and_then(Rendered::list_mut) else { return Ok(()) };
        for entry in entries.items.iter().filter_map(|slot| setting(self.files, &slot.value)) {
            let path = tree::join(folder, entry.as_str().unwrap_or_default());
            let there = path.is_none_or(|path| matches!(self.files.content(&path), Content::Folder));
            if there || !lenient {
                self.component(folder, entry, all, trail)?;
            }
        }
        Ok(())
    }

    /// Runs the Component that an entry names.
    pub(super) fn component(
        &self,
        folder: &str,
        entry: Value<'w>,
        all: &mut Accumulated<'w>,
        trail: &mut Vec<String>,
    ) -> Built<()> {
        let text = entry.as_str().unwrap_or_default();
        let Some(path) = self.resolve(folder, text, entry, all) else { return Ok(()) };
        match self.files.content(&path) {
            Content::Folder => {}
            Content::Missing => return Err(Refusal::new(entry.span(), format!("there is no folder `{text}`"))),
            _ => return Err(Refusal::new(entry.span(), format!("`{text}` is no folder; a Component is one"))),
        }
        let Some(inner) = self.settings(&path, Some(entry.span()))? else {
            return Err(Refusal::new(entry.span(), format!("there is no kustomization in the folder `{text}`")));
        };
        if !inner.component {
            let kind = inner.field("kind").map_or(inner.value, |kind| kind);
            let message = format!("`{text}` is no Component; it belongs under `resources`");
            return Err(Refusal::new(entry.span(), message).with(kind.span(), "its kustomization"));
        }
        if trail.contains(&path) {
            return Err(Refusal::new(entry.span(), "kustomizations include each other in a circle"));
        }
        trail.push(path);
        let result = self.run(&inner, None, all, trail);
        trail.pop();
        result
    }
}
