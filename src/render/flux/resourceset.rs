//! ResourceSets of the Flux operator: templates that are run once for each set of inputs.

use super::variables::Index;
use crate::render::files::Files;
use crate::render::kustomize::Object;
use crate::render::template::{
    Datum, Delimiters, Functions, Kind as DatumKind, MissingKey, Provenance, Stop, Template,
};
use crate::source::{Origin, Part, Span};
use crate::yaml::rendered::{Rendered, emit};
use crate::yaml::{Dialect, File, Kind, Scalar, Step, SyntaxKind, Value, Visit, parse_pieces, walk};
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeMap;

/// The group of the operator's kinds.
pub(super) const GROUP: &str = "fluxcd.controlplane.io";

/// What came out of a ResourceSet.
#[derive(Debug, Default)]
pub(super) struct Expanded<'w> {
    /// The objects.
    pub(super) objects: Vec<Object<'w>>,
    /// Why there may be others, if so.
    pub(super) open: Option<String>,
    /// Why the operator refuses it, if it does.
    pub(super) refused: Option<(Span, String)>,
    /// The set of inputs for which it does, where it is written.
    pub(super) refused_for: Option<Span>,
}

/// Runs a ResourceSet. What other objects give it is looked up in `index`.
pub(super) fn expand<'w>(object: &Object<'w>, namespace: &str, index: &Index<'w>, files: &Files<'w>) -> Expanded<'w> {
    let view = object.tree.view();
    let mut expanded = Expanded::default();
    let annotation = |name: &str| view.at(&["metadata", "annotations", name]).and_then(Value::raw);
    if annotation("fluxcd.controlplane.io/reconcile").is_some_and(|text| text.eq_ignore_ascii_case("disabled")) {
        return expanded;
    }
    let Some(spec) = object.tree.at(&["spec"]) else { return expanded };
    let inputs = inputs(object, spec.view(), namespace, index, &mut expanded.open);
    let mut run = Run { files, expanded, seen: HashSet::new(), born: object.born };
    let mut stages = vec![spec.clone()];
    let mut steps = spec.get("steps");
    if let Some(steps) = steps.as_mut().and_then(Rendered::list_mut) {
        stages.extend(steps.items.iter().map(|step| step.value.clone()));
    }
    for stage in &stages {
        run.stage(stage, &inputs);
    }
    run.expanded
}

type Inputs = Vec<Datum<Origin>>;

fn inputs(
    object: &Object<'_>,
    spec: Value<'_>,
    namespace: &str,
    index: &Index<'_>,
    open: &mut Option<String>,
) -> Inputs {
    let written = spec.get("inputs").into_iter().flat_map(Value::items);
    let mut sets: Inputs = written.map(|item| with_provider(datum(item), object, namespace)).collect();
    let from = spec.get("inputsFrom").filter(|from| !from.is_null() && !from.is_empty());
    for entry in from.into_iter().flat_map(Value::items) {
        match entry.get("name").and_then(Value::known) {
            Some(name) => match index.get("ResourceSetInputProvider", namespace, name) {
                Some(provider) => sets.extend(provided(provider, namespace, open)),
                None => *open = Some(format!("the input provider `{name}` is not in this repo")),
            },
            None => *open = Some("its inputs are chosen by labels".into()),
        }
    }
    if sets.is_empty() && from.is_none() {
        sets.push(Datum::new(DatumKind::Map(BTreeMap::new())));
    }
    sets
}

/// The set of a static provider; that of any other needs its service.
fn provided(provider: &Rendered<'_>, namespace: &str, open: &mut Option<String>) -> Option<Datum<Origin>> {
    let view = provider.view();
    let kind = view.at(&["spec", "type"]).and_then(Value::as_str).unwrap_or_default();
    let name = view.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default();
    if kind != "Static" {
        *open = Some(format!("the input provider `{name}` asks a service of type {kind}"));
        return None;
    }
    let mut set =
        view.at(&["spec", "defaultValues"]).map_or_else(|| Datum::new(DatumKind::Map(BTreeMap::new())), datum);
    if let DatumKind::Map(map) = &mut set.kind {
        map.insert("id".into(), Datum::new(DatumKind::Unknown));
    }
    let own = Object::new(Rendered::plain("null", Origin::Generated(view.span())), view.span());
    let mut set = with_provider(set, &own, namespace);
    if let DatumKind::Map(map) = &mut set.kind {
        let names = [("apiVersion", "fluxcd.controlplane.io/v1"), ("kind", "ResourceSetInputProvider"), ("name", name)];
        let provider = names.into_iter().chain([("namespace", namespace)]);
        let provider = provider.map(|(key, text)| (key.to_owned(), Datum::text(text))).collect();
        map.insert("provider".into(), Datum::new(DatumKind::Map(provider)));
    }
    Some(set)
}

fn with_provider(mut set: Datum<Origin>, object: &Object<'_>, namespace: &str) -> Datum<Origin> {
    if let DatumKind::Map(map) = &mut set.kind {
        let text = |key: &str, value: &str| (key.to_owned(), Datum::text(value));
        let provider = BTreeMap::from([
            text("apiVersion", object.text(&["apiVersion"])),
            text("kind", object.kind()),
            text("name", object.name()),
            text("namespace", namespace),
        ]);
        map.insert("provider".into(), Datum::new(DatumKind::Map(provider)));
    }
    set
}

/// A value with its places. What holds a `${VAR}` that nobody resolved is not known.
fn datum(value: Value<'_>) -> Datum<Origin> {
    let kind = match value.kind() {
        Kind::Mapping => DatumKind::Map(value.entries().map(|(key, child)| (key.to_owned(), datum(child))).collect()),
        Kind::Sequence => DatumKind::List(value.items().map(datum).collect()),
        _ => match value.scalar() {
            Some(Scalar::Bool(truth)) => DatumKind::Bool(truth),
            Some(Scalar::Int(number)) => DatumKind::Int(number),
            Some(Scalar::UInt(number)) => DatumKind::Float(number as f64),
            Some(Scalar::Float(number)) => DatumKind::Float(number),
            Some(Scalar::Text(text)) if text.contains("${") => DatumKind::Unknown,
            Some(Scalar::Text(text)) => DatumKind::Text(text.into_owned()),
            Some(Scalar::Null | Scalar::Invalid(_)) | None => DatumKind::Null,
        },
    };
    Datum::new(kind).at(if value.style().is_some() { value.text_origin() } else { value.origin() })
}

struct Run<'r, 'w> {
    files: &'r Files<'w>,
    expanded: Expanded<'w>,
    /// Group, kind, namespace and name of what is there; the first one wins.
    seen: HashSet<(String, String, String, String)>,
    born: Span,
}

impl<'w> Run<'_, 'w> {
    fn stage(&mut self, stage: &Rendered<'w>, inputs: &Inputs) {
        let mut resources = stage.get("resources");
        if let Some(list) = resources.as_mut().and_then(Rendered::list_mut) {
            for slot in &list.items {
                self.resource(&slot.value, inputs);
            }
        }
        let Some(template) = stage.get("resourcesTemplate") else { return };
        let view = template.view();
        let Some(text) = view.as_str() else { return };
        self.template(text, &|range| view.part(range), view.span(), inputs);
    }

    fn resource(&mut self, tree: &Rendered<'w>, inputs: &Inputs) {
        let mut templated = false;
        walk(tree.view(), &mut |steps, value| {
            templated |= value.raw().is_some_and(|text| text.contains("<<")) || value.is_alias();
            templated |= matches!(steps.last(), Some(Step::Key(key)) if key.contains("<<"));
            if templated { Visit::Past } else { Visit::Into }
        });
        if !templated {
            if !inputs.is_empty() {
                self.take(Object::new(tree.clone(), tree.view().span()));
            }
            return;
        }
        let (text, parts) = emit(tree.view());
        let whole = tree.view().span();
        let origin = Origin::Composed(parts);
        self.template(&text, &|range| origin.part(text.len() as u32, range), whole, inputs);
    }

    /// Runs a template for each set of inputs and reads what comes out.
    fn template(&mut self, text: &str, part: &dyn Fn(std::ops::Range<u32>) -> Origin, whole: Span, inputs: &Inputs) {
        let place = |range: &std::ops::Range<usize>| part(range.start as u32..range.end as u32).span();
        let template = match Template::parse(text, Delimiters::ANGLES, Functions::Slim) {
            Ok(template) => template,
            Err(refusal) => {
                self.refuse(place(&refusal.range), refusal.message, None);
                return;
            }
        };
        for set in inputs {
            match template.render(set, Some(set), MissingKey::Error) {
                Ok(rendered) => {
                    let parts = rendered.pieces.iter().map(|piece| {
                        let range = |range: &std::ops::Range<usize>| part(range.start as u32..range.end as u32);
                        let origin = match &piece.from {
                            Provenance::Template(bytes) => range(bytes),
                            Provenance::Value { origin, .. } => origin.clone(),
                            Provenance::Action(bytes) => Origin::Generated(range(bytes).span()),
                            Provenance::Unknown { action, .. } => Origin::Generated(range(action).span()),
                        };
                        Part { start: piece.range.start as u32, end: piece.range.end as u32, origin }
                    });
                    let parts: Vec<Part> = parts.collect();
                    if rendered.has_unknown() {
                        self.expanded.open.get_or_insert_with(|| "some of its inputs are not known here".into());
                    }
                    let file = self.files.keep(parse_pieces(&rendered.text, parts, whole));
                    self.read(file, whole);
                }
                Err(Stop::Refused(refusal)) => {
                    // Where no set will do, the template is to blame.
                    let fails =
                        |set| matches!(template.render(set, Some(set), MissingKey::Error), Err(Stop::Refused(_)));
                    let written = set.origin.as_ref().map(Origin::span);
                    let inputs = written.filter(|_| !inputs.iter().all(fails));
                    self.refuse(place(&refusal.range), refusal.message, inputs);
                    return;
                }
                Err(Stop::Undecided { reason, .. }) => self.expanded.open = Some(reason),
            }
        }
    }

    fn refuse(&mut self, span: Span, message: String, inputs: Option<Span>) {
        if self.expanded.refused.is_none() {
            self.expanded.refused = Some((span, message));
            self.expanded.refused_for = inputs;
        }
    }

    fn read(&mut self, file: &'w File, whole: Span) {
        for document in file.documents() {
            if let Some(error) = document.errors.iter().find(|error| error.kind != SyntaxKind::Incompatible) {
                let message = format!("what comes out of the template is no YAML: {}", error.message);
                self.refuse(error.span, message, None);
                return;
            }
            let Some(root) = document.root else { continue };
            let value = Value::new(file, root, Dialect::Kubectl);
            if value.is_null() {
                continue;
            }
            let _ = whole;
            if let Some(tree) = Rendered::written(value) {
                self.take(Object::new(tree, self.born));
            }
        }
    }

    fn take(&mut self, object: Object<'w>) {
        let id = object.id();
        let disabled = object.text(&["metadata", "annotations", "fluxcd.controlplane.io/reconcile"]) == "disabled";
        let key = (id.group.to_string(), id.kind.to_string(), id.namespace.to_string(), id.name.to_string());
        if !disabled && self.seen.insert(key) {
            self.expanded.objects.push(object);
        }
    }
}
