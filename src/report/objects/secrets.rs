//! What of an object must not be printed: every value of a Secret, and what looks like a credential
//! elsewhere. What SOPS encrypted and a variable that nothing filled in are no secrets.

use crate::graph::credential::{self, Question, Setting};
use crate::graph::secret_scan;
use crate::source::MASK;
use crate::yaml::{Identity, Kind, Step, Value, placeholder};
use foldhash::{HashMap, HashMapExt};
use std::borrow::Cow;
use std::ops::Range;

/// Where `kubectl apply` keeps the object as it was handed in, with all values.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What must not be printed of one object.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    masks: bool,
    is_secret: bool,
    found: HashMap<Identity, Vec<Range<usize>>>,
}

impl Secrets {
    /// What must not be printed of `object`.
    pub(super) fn of(object: Value<'_>) -> Secrets {
        let mut found: HashMap<Identity, Vec<Range<usize>>> = HashMap::new();
        secret_scan::visit_object(object, &mut |piece| {
            let ranges = credential::mask_ranges(&piece.question(false));
            if !ranges.is_empty() {
                // Ranges of a text that was unpacked say nothing about the packed one.
                let whole = piece.value.raw().is_none_or(|raw| raw != piece.text);
                found.insert(piece.value.identity(), if whole { Vec::new() } else { ranges });
            }
        });
        let is_secret = object.get("kind").and_then(Value::as_str) == Some("Secret");
        Secrets { masks: true, is_secret, found }
    }

    /// Nothing is masked.
    pub(super) fn shown() -> Secrets {
        Secrets::default()
    }

    /// What is printed in place of a scalar; none where it is printed as it is.
    pub(super) fn mask(&self, steps: &[Step<'_>], value: Value<'_>) -> Option<Cow<'static, str>> {
        if !self.masks || value.kind() == Kind::Null {
            return None;
        }
        let raw = value.raw()?;
        if self.is_of_secret(steps) {
            return (!is_open(raw)).then_some(Cow::Borrowed(MASK));
        }
        self.found.get(&value.identity()).map(|ranges| cut(raw, ranges))
    }

    /// Whether a value that was replaced must not be printed. `pair` is the name beside a value, as environment
    /// variables have it.
    pub(super) fn hides_past(&self, steps: &[Step<'_>], pair: Option<&str>, past: Value<'_>) -> bool {
        let Some(raw) = past.raw() else { return true };
        let hidden = || (self.is_of_secret(steps) && !is_open(raw)) || self.is_credential(steps, pair, raw);
        self.masks && past.kind() != Kind::Null && hidden()
    }

    fn is_of_secret(&self, steps: &[Step<'_>]) -> bool {
        self.is_secret
            && match steps {
                [Step::Key("data" | "stringData"), ..] => true,
                [Step::Key("metadata"), Step::Key("annotations"), Step::Key(key)] => *key == APPLIED,
                _ => false,
            }
    }

    /// What may be a credential at this place, however it is read there.
    fn is_credential(&self, steps: &[Step<'_>], pair: Option<&str>, text: &str) -> bool {
        let mut parents: Vec<&str> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Key(key) => Some(*key),
                Step::Index(_) => None,
            })
            .collect();
        let last = parents.pop().unwrap_or_default();
        [Setting::Field, Setting::Argument, Setting::ConfigMapData].into_iter().any(|setting| {
            credential::must_mask(&Question {
                key: pair.unwrap_or(last),
                parents: &parents,
                value: text,
                setting,
                example: false,
                object_kind: None,
                object_name: None,
            })
        })
    }
}

/// Nothing in it, encrypted, or wholly a variable.
fn is_open(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || (text.starts_with("ENC[") && text.ends_with(']') && !text.contains('\n'))
        || placeholder(text).is_some_and(|found| found == text)
}

/// The text without the bytes of `ranges`; without all of it where there are none.
fn cut(text: &str, ranges: &[Range<usize>]) -> Cow<'static, str> {
    let mut out = String::new();
    let mut at = 0;
    for range in ranges {
        let (Some(before), Some(_)) = (text.get(at..range.start), text.get(range.clone())) else {
            return Cow::Borrowed(MASK);
        };
        out.push_str(before);
        out.push_str(MASK);
        at = range.end;
    }
    match ranges.is_empty() {
        true => Cow::Borrowed(MASK),
        false => Cow::Owned(out + &text[at..]),
    }
}
