//! Why Flux would not substitute a text, and where. It does not decide what that means for a manifest.

use super::{MAX_BYTES, MAX_DEPTH};
use std::ops::Range;

/// What Flux refuses, and with it the whole Kustomization.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The reference in the input, as far as it goes on its line.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub message: String,
    /// Which sort of refusal it is.
    pub kind: RefusalKind,
}

/// The sorts of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// No name follows `${`, as in `${}` or `${!list}`.
    Name,
    /// What follows the name is none of the forms that Flux reads, as in `${a.b}`.
    Syntax,
    /// A variable without a default is not defined, and substitution is strict.
    Undefined,
    /// References nested too deep, or a result too large, to be followed here.
    Limit,
}

/// The reference that begins at `start`, up to its brace if that stands plainly on its line; `near` is where its name
/// ends.
fn extent(input: &str, start: usize, near: usize) -> Range<usize> {
    let bytes = input.as_bytes();
    let rest = &bytes[near..];
    if let Some(found) = memchr::memchr3(b'}', b'\n', b'$', rest)
        && rest[found] == b'}'
    {
        return start..near + found + 1;
    }
    let offending = input[near..].chars().next().filter(|next| *next != '\n').map_or(0, char::len_utf8);
    start..near + offending
}

impl Refusal {
    /// No name at `near`, just behind the `${` at `start`.
    pub(super) fn name(input: &str, start: usize, near: usize) -> Refusal {
        Refusal {
            range: extent(input, start, near),
            message: format!("no variable name follows `{}`", &input[start..near]),
            kind: RefusalKind::Name,
        }
    }

    /// Something at `near`, where the name ends, that is neither the end of the reference nor an operator.
    pub(super) fn after_name(input: &str, start: usize, near: usize) -> Refusal {
        let written = &input[start..near];
        let message = match input[near..].chars().next() {
            None => format!("`{written}` has no closing `}}`"),
            Some(next) => format!("`{written}` is followed by `{}`, not by `}}` or an operator", next.escape_debug()),
        };
        Refusal { range: extent(input, start, near), message, kind: RefusalKind::Syntax }
    }

    /// An operator behind the name, which ends at `near`, without what it needs.
    pub(super) fn operator(input: &str, start: usize, near: usize, needs: &str) -> Refusal {
        Refusal {
            range: extent(input, start, near),
            message: format!("`{}` and its operator {needs}", &input[start..near]),
            kind: RefusalKind::Syntax,
        }
    }

    /// A variable that nothing defines.
    pub(super) fn undefined(name: &str, site: Range<usize>) -> Refusal {
        let message = format!("variable `{name}` is not defined, and substitution is strict");
        Refusal { range: site, message, kind: RefusalKind::Undefined }
    }

    /// References in references in references.
    pub(super) fn depth(start: usize) -> Refusal {
        let message = format!("references stand in each other more than {MAX_DEPTH} deep");
        Refusal { range: start..start + 2, message, kind: RefusalKind::Limit }
    }

    /// A reference that makes the result too large.
    pub(super) fn size(site: Range<usize>) -> Refusal {
        let message = format!("substitution gives more than {} MiB", MAX_BYTES >> 20);
        Refusal { range: site, message, kind: RefusalKind::Limit }
    }
}
