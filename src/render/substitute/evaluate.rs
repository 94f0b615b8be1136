//! Tokens and variables to the result, with the pieces and uses that belong to it. Grammar is settled before.

use super::parse::{Argument, Operator, Reference, Token};
use super::refusal::Refusal;
use super::{Lookup, MAX_BYTES, Piece, Provenance, Resolution, Substituted, Use, glob, operate};
use std::borrow::Cow;
use std::ops::Range;

/// The result of the tokens of `input`.
pub(super) fn evaluate<'v>(
    input: &str,
    tokens: &[Token<'_>],
    strict: bool,
    lookup: impl FnMut(&str) -> Lookup<'v>,
) -> Result<Substituted, Refusal> {
    let result = Substituted { text: String::with_capacity(input.len()), pieces: Vec::new(), uses: Vec::new() };
    let mut evaluation = Evaluation { input, strict, lookup, result };
    for token in tokens {
        match token {
            Token::Text(range) => evaluation.push(&input[range.clone()], Provenance::Input(range.clone()))?,
            Token::Dollar(range) => evaluation.push("$", Provenance::Escape(range.clone()))?,
            Token::Reference(reference) => evaluation.reference(reference)?,
        }
    }
    Ok(evaluation.result)
}

struct Evaluation<'i, L> {
    input: &'i str,
    strict: bool,
    lookup: L,
    result: Substituted,
}

/// A state of the result to fall back to.
#[derive(Clone, Copy)]
struct Mark {
    text: usize,
    pieces: usize,
    uses: usize,
}

/// What an operator gives: bytes of the value, or a text of its own.
enum Outcome {
    Copied(Range<usize>),
    Made(String),
}

impl<'i, 'v, L: FnMut(&str) -> Lookup<'v>> Evaluation<'i, L> {
    fn push(&mut self, text: &str, from: Provenance) -> Result<(), Refusal> {
        let start = self.result.text.len();
        if text.len() > MAX_BYTES - start {
            return Err(Refusal::size(match from {
                Provenance::Input(range) | Provenance::Escape(range) => range,
                Provenance::Variable { site, .. }
                | Provenance::Undefined { site, .. }
                | Provenance::Default { site, .. }
                | Provenance::Unread { site } => site,
            }));
        }
        self.result.text.push_str(text);
        self.result.pieces.push(Piece { range: start..self.result.text.len(), from });
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark { text: self.result.text.len(), pieces: self.result.pieces.len(), uses: self.result.uses.len() }
    }

    /// Takes back what was written since `mark`; the uses stay.
    fn rewind(&mut self, mark: Mark) {
        self.result.text.truncate(mark.text);
        self.result.pieces.truncate(mark.pieces);
    }

    fn reference(&mut self, reference: &Reference<'_>) -> Result<(), Refusal> {
        let number = self.result.uses.len();
        self.result.uses.push(Use {
            name: reference.name.clone(),
            site: reference.site.clone(),
            has_default: reference.operator == Operator::Default,
            counts: true,
            resolved: Resolution::Unknown,
        });
        // Words come before the variable, as in Flux: a default that is not taken is refused all the same.
        if reference.operator == Operator::Default {
            self.with_default(reference, number)
        } else {
            self.with_operator(reference, number)
        }
    }

    /// What is known of the variable, noted in use `number`.
    fn look_up(&mut self, reference: &Reference<'_>, number: usize) -> Lookup<'v> {
        let found = (self.lookup)(&self.input[reference.name.clone()]);
        self.result.uses[number].resolved = match found {
            Lookup::Known(_) => Resolution::Known,
            Lookup::Unread => Resolution::Unread,
            Lookup::Undefined => Resolution::Undefined,
            Lookup::Unknown => Resolution::Unknown,
        };
        found
    }

    fn with_default(&mut self, reference: &Reference<'_>, number: usize) -> Result<(), Refusal> {
        let mark = self.mark();
        self.default(reference)?;
        match self.look_up(reference, number) {
            Lookup::Known("") | Lookup::Undefined => self.keep(reference, mark),
            Lookup::Known(value) => {
                self.discard(mark);
                self.write(reference, value, Outcome::Copied(0..value.len()), true)
            }
            Lookup::Unread | Lookup::Unknown => {
                self.discard(mark);
                self.leave(reference)
            }
        }
    }

    fn with_operator(&mut self, reference: &Reference<'_>, number: usize) -> Result<(), Refusal> {
        let words = self.words(reference)?;
        let (value, is_defined) = match self.look_up(reference, number) {
            Lookup::Known(value) => (value, true),
            Lookup::Undefined if self.strict => {
                let name = &self.input[reference.name.clone()];
                return Err(Refusal::undefined(name, reference.site.clone()));
            }
            Lookup::Undefined => ("", false),
            Lookup::Unread | Lookup::Unknown => return self.leave(reference),
        };
        let Some(words) = words else { return self.leave(reference) };
        match self.operate(reference, value, &words)? {
            Some(outcome) => self.write(reference, value, outcome, is_defined),
            None => self.leave(reference),
        }
    }

    /// Writes all parts of a default.
    fn default(&mut self, reference: &Reference<'_>) -> Result<(), Refusal> {
        for argument in &reference.arguments {
            match argument {
                Argument::Text(range, text) => {
                    let from = Provenance::Default { site: reference.site.clone(), text: range.clone() };
                    self.push(text, from)?;
                }
                Argument::Reference(nested) => self.reference(nested)?,
            }
        }
        Ok(())
    }

    /// Takes back a default that is not taken, or may not be.
    fn discard(&mut self, mark: Mark) {
        self.rewind(mark);
        for one in &mut self.result.uses[mark.uses..] {
            one.counts = false;
        }
    }

    /// Keeps the default that was written since `mark`, with a piece for it even if it has no parts.
    fn keep(&mut self, reference: &Reference<'_>, mark: Mark) -> Result<(), Refusal> {
        if self.result.pieces.len() > mark.pieces {
            return Ok(());
        }
        let brace = reference.site.end - 1;
        self.push("", Provenance::Default { site: reference.site.clone(), text: brace..brace })
    }

    /// The words of an operator; none where one of them is not known.
    fn words<'r>(&mut self, reference: &'r Reference<'_>) -> Result<Option<Vec<Cow<'r, str>>>, Refusal> {
        let mut words = Some(Vec::with_capacity(reference.arguments.len()));
        for argument in &reference.arguments {
            let word = match argument {
                Argument::Text(_, text) => Some(Cow::Borrowed(text.as_ref())),
                Argument::Reference(nested) => {
                    let mark = self.mark();
                    self.reference(nested)?;
                    let is_unread = |piece: &Piece| matches!(piece.from, Provenance::Unread { .. });
                    let is_known = !self.result.pieces[mark.pieces..].iter().any(is_unread);
                    let word = is_known.then(|| Cow::Owned(self.result.text[mark.text..].to_owned()));
                    self.rewind(mark);
                    word
                }
            };
            words = words.zip(word).map(|(mut words, word)| {
                words.push(word);
                words
            });
        }
        Ok(words)
    }

    /// What the operator makes of `value`; none where that cannot be told.
    fn operate(
        &self,
        reference: &Reference<'_>,
        value: &str,
        words: &[Cow<'_, str>],
    ) -> Result<Option<Outcome>, Refusal> {
        let word = |number: usize| words.get(number).map(Cow::as_ref);
        let first = word(0).unwrap_or_default();
        Ok(match reference.operator {
            Operator::Plain | Operator::Default => Some(Outcome::Copied(0..value.len())),
            Operator::Length => Some(Outcome::Made(value.len().to_string())),
            Operator::Case { upper, all } => Some(Outcome::Made(operate::case(value, upper, all))),
            Operator::Slice => operate::slice(value, first, word(1)).map(Outcome::Copied),
            Operator::Trim { end, longest } => glob::trimmed(value, first, end, longest)
                .map(|taken| Outcome::Copied(if end { 0..value.len() - taken } else { taken..value.len() })),
            Operator::Replace(which) => {
                let replaced = operate::replace(value, which, first, word(1), MAX_BYTES)
                    .ok_or_else(|| Refusal::size(reference.site.clone()))?;
                Some(match replaced {
                    Cow::Borrowed(_) => Outcome::Copied(0..value.len()),
                    Cow::Owned(made) => Outcome::Made(made),
                })
            }
        })
    }

    fn write(
        &mut self,
        reference: &Reference<'_>,
        value: &str,
        outcome: Outcome,
        is_defined: bool,
    ) -> Result<(), Refusal> {
        let (site, name) = (reference.site.clone(), reference.name.clone());
        let (text, copied) = match &outcome {
            Outcome::Copied(range) => (&value[range.clone()], Some(range.clone())),
            Outcome::Made(text) => (text.as_str(), None),
        };
        let from = match is_defined {
            true => Provenance::Variable { site, name, copied },
            false => Provenance::Undefined { site, name },
        };
        self.push(text, from)
    }

    /// Leaves the reference as it is written.
    fn leave(&mut self, reference: &Reference<'_>) -> Result<(), Refusal> {
        let input = self.input;
        self.push(&input[reference.site.clone()], Provenance::Unread { site: reference.site.clone() })
    }
}
