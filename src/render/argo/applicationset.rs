//! The Applications that an ApplicationSet makes, one for each set of parameters.

use super::generators::{Sets, Surroundings};
use super::parameters::{Cluster, Mode, Parameters};
use super::template::{Fault, compose, fill, run};
use crate::render::kustomize::Object;
use crate::render::template::{Datum, Kind as DatumKind, Stop};
use crate::source::{Origin, Part, Span};
use crate::yaml::rendered::{Key, Rendered};
use crate::yaml::{Dialect, SyntaxKind, Value, parse_pieces};

/// What came out of an ApplicationSet.
#[derive(Debug, Default)]
pub(super) struct Expanded<'w> {
    pub(super) applications: Vec<Made<'w>>,
    /// Why there may be others, if so.
    pub(super) open: Option<String>,
    /// Why Argo CD refuses it, if it does.
    pub(super) refused: Option<Fault>,
}

/// An Application that was made.
#[derive(Debug)]
pub(super) struct Made<'w> {
    pub(super) tree: Rendered<'w>,
    /// The cluster that its parameters are for.
    pub(super) cluster: Option<Cluster>,
    /// Why any of it may be other than it is seen, if so.
    pub(super) open: Option<String>,
}

/// Runs an ApplicationSet that lives in `namespace`.
pub(super) fn expand<'w>(object: &Object<'w>, namespace: &str, surroundings: &Surroundings<'_, 'w>) -> Expanded<'w> {
    let mut expanded = Expanded::default();
    let Some(spec) = object.tree.get("spec") else { return expanded };
    let Some(template) = spec.get("template") else { return expanded };
    let mut generators = spec.get("generators");
    let entries = generators.as_mut().and_then(Rendered::list_mut).map(|list| list.items.clone()).unwrap_or_default();
    for entry in entries {
        let Sets { sets, open } = match surroundings.generate(&entry.value, 0) {
            Ok(sets) => sets,
            Err(fault) => {
                expanded.refused.get_or_insert(fault);
                continue;
            }
        };
        expanded.open = expanded.open.take().or(open);
        let template = overridden(&template, &entry.value);
        for set in &sets {
            let made = application(&template, spec.view(), set, namespace, object, surroundings);
            match made {
                Ok(made) => expanded.applications.push(made),
                Err(fault) => {
                    expanded.refused.get_or_insert(fault);
                }
            }
        }
    }
    expanded
}

/// The template with that of a generator over it.
fn overridden<'w>(template: &Rendered<'w>, generator: &Rendered<'w>) -> Rendered<'w> {
    let mut template = template.clone();
    let own = ["list", "git", "clusters", "matrix", "merge"].iter().find_map(|kind| generator.at(&[kind, "template"]));
    if let Some(own) = own.filter(|own| own.view().is_mapping() && !own.view().is_empty()) {
        merge(&mut template, &own);
    }
    template
}

fn application<'w>(
    template: &Rendered<'w>,
    spec: Value<'_>,
    set: &Parameters,
    namespace: &str,
    object: &Object<'w>,
    surroundings: &Surroundings<'_, 'w>,
) -> Result<Made<'w>, Fault> {
    let mut open = None;
    // What is not known stays a template, which whoever reads the field sees.
    let mut filled = fill(template, set, surroundings.mode)?;
    if let Some(patch) = spec.get("templatePatch").filter(|patch| !patch.is_null()) {
        self::patch(&mut filled, patch, set, surroundings, &mut open)?;
    }
    let made = Origin::Generated(object.born);
    let mut tree = Rendered::map(made.clone());
    if let Some(map) = tree.map_mut() {
        let api = object.tree.get("apiVersion").unwrap_or_else(|| Rendered::text("argoproj.io/v1alpha1", made.clone()));
        map.set(Key::made("apiVersion", made.clone()), api);
        map.set(Key::made("kind", made.clone()), Rendered::text("Application", made.clone()));
        for field in ["metadata", "spec"] {
            if let Some(value) = filled.get(field) {
                map.set(Key::made(field, made.clone()), value);
            }
        }
        // Whatever the template says, they live beside their set.
        if !namespace.is_empty()
            && let Some(metadata) = map.map_under("metadata", &made)
            && metadata.get("namespace").is_none_or(|known| known.view().as_str() != Some(namespace))
        {
            let home = object.tree.at(&["metadata", "namespace"]);
            let home = home.unwrap_or_else(|| Rendered::text(namespace, made.clone()));
            metadata.set(Key::made("namespace", made.clone()), home);
        }
    }
    Ok(Made { tree, cluster: set.cluster.clone(), open })
}

/// Applies `templatePatch`: a template whose text is YAML that is merged over what the template gave.
fn patch<'w>(
    filled: &mut Rendered<'w>,
    patch: Value<'_>,
    set: &Parameters,
    surroundings: &Surroundings<'_, 'w>,
    open: &mut Option<String>,
) -> Result<(), Fault> {
    let span = patch.span();
    let Some(text) = patch.as_str() else { return Ok(()) };
    let dot = Datum::new(DatumKind::Map(set.tree.clone()));
    let output = match run(text, set, &dot, surroundings.mode) {
        Ok(output) => output,
        Err(Stop::Refused(refusal)) => return Err((span, refusal.message)),
        Err(Stop::Undecided { reason, .. }) => {
            open.get_or_insert(reason);
            return Ok(());
        }
    };
    if output.has_unknown() {
        open.get_or_insert_with(|| "what its template patch changes is not known here".into());
    }
    let (text, origin) = compose(text, &output, &|range| patch.part(range));
    let parts = match origin {
        Origin::Composed(parts) => parts,
        origin => vec![Part { start: 0, end: text.len() as u32, origin }],
    };
    let file = surroundings.files.keep(parse_pieces(&text, parts, span));
    for document in file.documents() {
        if let Some(error) = document.errors.iter().find(|error| error.kind != SyntaxKind::Incompatible) {
            if output.has_unknown() {
                return Ok(());
            }
            return Err((error.span, format!("what comes out of the template patch is no YAML: {}", error.message)));
        }
        let Some(root) = document.root else { continue };
        if let Some(tree) = Rendered::written(Value::new(file, root, Dialect::Kubectl)) {
            merge(filled, &tree);
        }
    }
    Ok(())
}

/// Merges mappings; everything else is replaced, and a null takes away.
fn merge<'w>(target: &mut Rendered<'w>, over: &Rendered<'w>) {
    let mut over = over.clone();
    let Some(entries) = over.map_mut() else { return };
    let Some(map) = target.map_mut() else { return };
    for entry in &entries.entries {
        let value = &entry.slot.value;
        let key = entry.key.text();
        if value.view().is_null() {
            map.remove(key, value.view().span());
            continue;
        }
        match map.get_mut(key) {
            Some(slot) if slot.value.view().is_mapping() && value.view().is_mapping() => {
                merge(&mut slot.value, value);
            }
            _ => map.set(entry.key.clone(), value.clone()),
        }
    }
}

/// Where the mode of an ApplicationSet is read.
pub(super) fn mode(object: &Object<'_>) -> Mode {
    object.tree.view().get("spec").map_or(Mode::Fast, Mode::of)
}

/// The place of an ApplicationSet's name.
pub(super) fn place(object: &Object<'_>) -> Span {
    object.tree.view().at(&["metadata", "name"]).map_or(object.born, Value::span)
}
