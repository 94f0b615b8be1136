//! Fills the templates in a tree, text by text, as Argo CD does it. Each byte keeps its origin; what is not known
//! stays the template it was, which readers of the result see as not known.

use super::parameters::{Mode, Parameters};
use crate::render::template::{
    Datum, Delimiters, Functions, Kind as DatumKind, PLACEHOLDER, Provenance, Rendered as Output, Stop, Template, fast,
};
use crate::source::{Origin, Span};
use crate::yaml::rendered::{Key, Rendered, Slot};
use crate::yaml::{Kind, Step, Value, Visit, walk};
use std::ops::Range;

/// Why a template is refused: where, and what is wrong.
pub(super) type Fault = (Span, String);

/// Fills `tree` in.
pub(super) fn fill<'w>(tree: &Rendered<'w>, parameters: &Parameters, mode: Mode) -> Result<Rendered<'w>, Fault> {
    let mut filled = tree.clone();
    let dot = Datum::new(DatumKind::Map(parameters.tree.clone()));
    Filling { parameters, dot, mode }.below(&mut filled)?;
    Ok(filled)
}

struct Filling<'f> {
    parameters: &'f Parameters,
    dot: Datum<Origin>,
    mode: Mode,
}

fn is_templated(text: &str) -> bool {
    text.contains("{{")
}

fn holds_template(view: Value<'_>) -> bool {
    let mut found = false;
    walk(view, &mut |steps, value| {
        found |= value.raw().is_some_and(is_templated) || value.is_alias();
        found |= matches!(steps.last(), Some(Step::Key(key)) if is_templated(key));
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

impl Filling<'_> {
    fn below(&self, tree: &mut Rendered<'_>) -> Result<(), Fault> {
        let view = tree.view();
        match view.kind() {
            Kind::Mapping if holds_template(view) => {
                let Some(map) = tree.map_mut() else { return Ok(()) };
                for entry in &mut map.entries {
                    if is_templated(entry.key.text()) {
                        let origin = entry.key.origin();
                        let text = entry.key.text().to_owned();
                        let (text, origin) =
                            self.text(&text, &|range| origin.part(text.len() as u32, range), origin.span())?;
                        entry.key = Key::made(text, origin);
                    }
                    self.slot(&mut entry.slot)?;
                }
                Ok(())
            }
            Kind::Sequence if holds_template(view) => {
                let Some(list) = tree.list_mut() else { return Ok(()) };
                list.items.iter_mut().try_for_each(|item| self.slot(item))
            }
            _ => Ok(()),
        }
    }

    fn slot(&self, slot: &mut Slot<'_>) -> Result<(), Fault> {
        let value = slot.value.view();
        let Some(text) = value.as_str() else { return self.below(&mut slot.value) };
        if is_templated(text) {
            let (text, origin) = self.text(text, &|range| value.part(range), value.span())?;
            slot.replace(Rendered::text(text, origin));
        }
        Ok(())
    }

    fn text(&self, text: &str, part: &dyn Fn(Range<u32>) -> Origin, whole: Span) -> Result<(String, Origin), Fault> {
        match run(text, self.parameters, &self.dot, self.mode) {
            Ok(output) => Ok(compose(text, &output, part)),
            Err(Stop::Refused(refusal)) => {
                let place = part(refusal.range.start as u32..refusal.range.end as u32);
                let span = if let Origin::Written(span) = place { span } else { whole };
                Err((span, refusal.message))
            }
            Err(Stop::Undecided { .. }) => Ok((text.to_owned(), part(0..text.len() as u32))),
        }
    }
}

/// Runs one template.
pub(super) fn run(
    text: &str,
    parameters: &Parameters,
    dot: &Datum<Origin>,
    mode: Mode,
) -> Result<Output<Origin>, Stop> {
    match mode {
        Mode::Fast => fast(text, |name| parameters.flat(name)).map_err(Stop::Refused),
        Mode::Go(missing) => {
            let template = Template::parse(text, Delimiters::BRACES, Functions::Sprig).map_err(Stop::Refused)?;
            template.render(dot, None, missing)
        }
    }
}

/// The text that came out of a template, and where it comes from. What is not known is the action that asks for it.
pub(super) fn compose(
    template: &str,
    output: &Output<Origin>,
    part: &dyn Fn(Range<u32>) -> Origin,
) -> (String, Origin) {
    let place = |range: &Range<usize>| part(range.start as u32..range.end as u32);
    let pieces = output.pieces.iter().map(|piece| {
        let text = &output.text[piece.range.clone()];
        match &piece.from {
            Provenance::Template(bytes) => (text, place(bytes)),
            Provenance::Value { origin, whole: true, .. } => (text, origin.clone()),
            Provenance::Value { origin, .. } => (text, Origin::Generated(origin.span())),
            Provenance::Action(bytes) => (text, Origin::Generated(place(bytes).span())),
            Provenance::Unknown { action, .. } => {
                debug_assert_eq!(text, PLACEHOLDER);
                (&template[action.clone()], place(action))
            }
        }
    });
    if output.pieces.is_empty() {
        return (String::new(), Origin::Generated(place(&(0..template.len())).span()));
    }
    Origin::compose(pieces)
}
