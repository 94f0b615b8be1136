//! Substitution over one object, as Flux does it after a build: on the text that the object is written
//! out to, where quotes are gone that are not needed, and which is read again.

use super::variables::Variables;
use crate::render::substitute::{Provenance, RefusalKind, Resolution, Substituted, has_reference, substitute};
use crate::source::{Origin, SourceId, Span};
use crate::yaml::rendered::{Key, Rendered, is_plain};
use crate::yaml::scalar;
use crate::yaml::{self, Dialect, Kind, Scalar, Step, Style, Value, Visit, has_placeholder, walk};
use std::sync::Arc;

/// A reference to a variable that nothing defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undefined {
    /// The `${...}`.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Whether what is left of the value is nothing at all.
    pub blank: bool,
    /// The object it stands in: an index into what the Kustomization brings.
    pub object: usize,
    /// The keys and indexes that lead to its value within the object.
    pub steps: Vec<Box<str>>,
    /// The text it stands in, before substitution.
    pub text: Arc<str>,
}

impl Undefined {
    /// The value it stands in, in the object as it was rendered.
    pub fn value<'w>(&self, object: Value<'w>) -> Option<Value<'w>> {
        self.steps.iter().try_fold(object, |value, step| match value.is_sequence() {
            true => value.items().nth(step.parse().ok()?),
            false => value.get(step),
        })
    }
}

/// A text that Flux refuses to substitute, which fails the whole Kustomization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// The place.
    pub span: Span,
    /// Why.
    pub message: String,
    /// Whether it is only that nothing defines the variable, where substitution is strict.
    pub strict: bool,
    /// Whether the text was substituted and only cannot be read again afterwards.
    pub unreadable: bool,
    /// The object, as messages name it.
    pub object: String,
}

/// Label or annotation that exempts an object.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Substitution in one object.
struct Pass<'v> {
    variables: &'v Variables,
    undefined: &'v mut Vec<Undefined>,
    object: usize,
    steps: Vec<Box<str>>,
}

/// Substitutes in `tree`, which is object number `at`; an object without references stays as it is and shared.
pub(super) fn object<'w>(
    tree: &mut Rendered<'w>,
    at: usize,
    variables: &Variables,
    undefined: &mut Vec<Undefined>,
) -> Result<(), Refused> {
    let view = tree.view();
    let marked = |list: &str| view.at(&["metadata", list, SWITCH]).and_then(Value::raw) == Some("disabled");
    if marked("labels") || marked("annotations") || !holds_reference(view) {
        return Ok(());
    }
    Pass { variables, undefined, object: at, steps: Vec::new() }.below(tree)
}

fn holds_reference(view: Value<'_>) -> bool {
    let mut found = false;
    walk(view, &mut |steps, value| {
        found |= value.raw().is_some_and(has_reference) || value.is_alias();
        found |= matches!(steps.last(), Some(Step::Key(key)) if has_reference(key));
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

impl Pass<'_> {
    fn below(&mut self, tree: &mut Rendered<'_>) -> Result<(), Refused> {
        let view = tree.view();
        match view.kind() {
            Kind::Mapping if holds_reference(view) => {
                let Some(map) = tree.map_mut() else { return Ok(()) };
                for entry in &mut map.entries {
                    if has_reference(entry.key.text()) {
                        let text = entry.key.text().to_owned();
                        let origin = entry.key.origin();
                        let made =
                            self.replaced(&text, &|range| origin.part(text.len() as u32, range), origin.span())?;
                        entry.key = Key::made(made.0, made.1);
                    }
                    self.steps.push(entry.key.text().into());
                    self.slot(&mut entry.slot)?;
                    self.steps.pop();
                }
                Ok(())
            }
            Kind::Sequence if holds_reference(view) => {
                let Some(list) = tree.list_mut() else { return Ok(()) };
                for (at, item) in list.items.iter_mut().enumerate() {
                    self.steps.push(at.to_string().into());
                    self.slot(item)?;
                    self.steps.pop();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn slot(&mut self, slot: &mut crate::yaml::rendered::Slot<'_>) -> Result<(), Refused> {
        let value = slot.value.view();
        let Some(text) = value.as_str() else { return self.below(&mut slot.value) };
        if !has_reference(text) {
            return Ok(());
        }
        let (new, origin) = self.replaced(text, &|range| value.part(range), value.span())?;
        // What is still to be filled in cannot be read before that.
        let whole = !has_placeholder(&new);
        let new = if is_plain(text) && whole { read_again(&new, origin)? } else { Rendered::text(new, origin) };
        slot.replace(new);
        Ok(())
    }

    /// The text after substitution and where its bytes come from.
    fn replaced(
        &mut self,
        text: &str,
        part: &dyn Fn(std::ops::Range<u32>) -> Origin,
        whole: Span,
    ) -> Result<(String, Origin), Refused> {
        let variables = self.variables;
        let place = |range: &std::ops::Range<usize>| match part(range.start as u32..range.end as u32) {
            Origin::Written(span) => span,
            _ => whole,
        };
        let result = substitute(text, variables.strict, |name| variables.lookup(name)).map_err(|refusal| Refused {
            span: place(&refusal.range),
            strict: refusal.kind == RefusalKind::Undefined,
            unreadable: false,
            message: refusal.message,
            object: String::new(),
        })?;
        let mut shared: Option<Arc<str>> = None;
        for found in result.uses.iter().filter(|found| found.counts && !found.has_default) {
            if found.resolved == Resolution::Undefined {
                self.undefined.push(Undefined {
                    span: place(&found.site),
                    name: text[found.name.clone()].to_owned(),
                    blank: result.text.is_empty(),
                    object: self.object,
                    steps: self.steps.clone(),
                    text: Arc::clone(shared.get_or_insert_with(|| text.into())),
                });
            }
        }
        let Substituted { text: new, pieces, .. } = &result;
        let parts = pieces.iter().map(|piece| {
            let range = |range: &std::ops::Range<usize>| part(range.start as u32..range.end as u32);
            let origin = match &piece.from {
                Provenance::Input(bytes) | Provenance::Escape(bytes) => range(bytes),
                Provenance::Variable { site, name, copied } => {
                    let name = &text[name.clone()];
                    let origin = match copied {
                        Some(copied) => variables.part(name, copied.clone()),
                        None => variables.origin(name).map(|origin| Origin::Generated(origin.span())),
                    };
                    origin.unwrap_or_else(|| range(site))
                }
                Provenance::Default { text: bytes, .. } => range(bytes),
                Provenance::Undefined { site, .. } | Provenance::Unread { site } => range(site),
            };
            (&new[piece.range.clone()], origin)
        });
        let (_, origin) = Origin::compose(parts);
        Ok((result.text, origin))
    }
}

/// What a reader makes of a text that stands without quotes.
fn read_again<'w>(text: &str, origin: Origin) -> Result<Rendered<'w>, Refused> {
    let refuse = |message: &str| Refused {
        span: origin.span(),
        message: message.to_owned(),
        strict: false,
        unreadable: true,
        object: String::new(),
    };
    if text.trim().is_empty() {
        return Ok(Rendered::plain("null", origin));
    }
    let plain = text.trim();
    let simple =
        is_plain(plain) || scalar::resolve(plain, Style::Plain, None, Dialect::Kubectl) != Scalar::Text(plain.into());
    if simple && !plain.starts_with(['"', '\'', '{', '[', '&', '*', '!', '|', '>', '%', '@', '`', '#']) {
        let from = (text.len() - text.trim_start().len()) as u32;
        let origin = if plain.len() == text.len() {
            origin
        } else {
            origin.part(text.len() as u32, from..from + plain.len() as u32)
        };
        let read = scalar::resolve(plain, Style::Plain, None, Dialect::Kubectl);
        return Ok(match read {
            Scalar::Text(_) => Rendered::text(plain, origin),
            other => Rendered::scalar(&other, origin),
        });
    }
    let file = yaml::parse(SourceId(0), format!("v: {text}\n").into());
    let document = file.documents().first();
    let root = document.filter(|document| document.is_readable() && file.documents().len() == 1);
    let Some(root) = root.and_then(|document| document.root) else {
        return Err(refuse("after substitution this is no YAML any more; put quotes around the value of the variable"));
    };
    let Some(value) = Value::new(&file, root, Dialect::Kubectl).get("v") else {
        return Err(refuse("after substitution this is no YAML any more"));
    };
    Ok(rebuild(value, text.len() as u32, &origin))
}

/// A value that was read out of a substituted text of `len` bytes.
fn rebuild<'w>(value: Value<'_>, len: u32, origin: &Origin) -> Rendered<'w> {
    let made = Origin::Decoded(origin.span());
    match value.kind() {
        Kind::Mapping => {
            let mut tree = Rendered::map(made.clone());
            if let Some(map) = tree.map_mut() {
                for (key, child) in value.entries() {
                    map.set(Key::made(key, made.clone()), rebuild(child, len, origin));
                }
            }
            tree
        }
        Kind::Sequence => Rendered::list(value.items().map(|item| rebuild(item, len, origin).into()).collect(), made),
        _ => match value.scalar() {
            Some(read) => {
                let inner = value.raw().unwrap_or_default();
                let whole = value.span();
                // Behind `v: ` and an opening quote.
                let quotes = u32::from(value.style() != Some(Style::Plain));
                let from = whole.start.saturating_sub(3) + quotes;
                let exact = (whole.end - whole.start) as usize == inner.len() + 2 * quotes as usize;
                let origin = if exact { origin.part(len, from..from + inner.len() as u32) } else { made };
                Rendered::scalar(&read, origin)
            }
            None => Rendered::plain("null", made),
        },
    }
}
