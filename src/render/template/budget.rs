//! What a template may use up, so that no text makes a run hang or grow without end.

/// Why a function gave no value; the caller knows where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Refused(String),
    Undecided(String),
}

impl Fault {
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }
}

pub(super) type Outcome<T> = Result<T, Fault>;

/// The longest text, in bytes, that may come out or be made on the way.
pub(super) const LONGEST_TEXT: usize = 16 << 20;
/// How deep statements, parentheses, templates and values may nest.
pub(super) const DEEPEST: usize = 100;

const STEPS: usize = 2_000_000;
const BYTES: usize = 256 << 20;

/// What is left to use up.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { steps: STEPS, bytes: BYTES }
    }

    /// Takes `count` steps off.
    pub(super) fn steps(&mut self, count: usize) -> Outcome<()> {
        self.steps = self.steps.checked_sub(count).ok_or_else(|| Fault::refused("the template never seems to end"))?;
        Ok(())
    }

    /// Takes `count` bytes of text off, read or written.
    pub(super) fn bytes(&mut self, count: usize) -> Outcome<()> {
        if count > LONGEST_TEXT {
            return Err(Fault::refused("the template makes a text of more than 16 MiB"));
        }
        self.bytes =
            self.bytes.checked_sub(count).ok_or_else(|| Fault::refused("the template handles too much text"))?;
        Ok(())
    }
}
