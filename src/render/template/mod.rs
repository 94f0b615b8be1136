//! Go's `text/template` as Flux ResourceSets and Argo CD ApplicationSets use it: text and values in, text out that
//! knows where each of its bytes comes from. It reads no files and knows no manifest.

mod arguments;
mod budget;
mod datum;
mod evaluate;
mod fast;
mod format;
mod functions;
mod lex;
mod literal;
mod output;
mod parse;
mod pipeline;
mod show;
mod syntax;
mod text;
mod value;

#[cfg(test)]
mod tests;

pub use datum::{Datum, Kind, Numbers};
pub use fast::fast;
pub use output::{PLACEHOLDER, Piece, Provenance, Rendered};

use std::ops::Range;

/// The two marks that enclose an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters<'t> {
    /// What opens an action.
    pub left: &'t str,
    /// What closes it.
    pub right: &'t str,
}

impl Delimiters<'static> {
    /// `<<` and `>>`, as in a ResourceSet.
    pub const ANGLES: Self = Self { left: "<<", right: ">>" };
    /// `{{` and `}}`, as in an ApplicationSet.
    pub const BRACES: Self = Self { left: "{{", right: "}}" };
}

/// Which functions a template may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Functions {
    /// Those of a ResourceSet: slim-sprig without what depends on its surroundings, `slugify`, `toYaml`, `inputs`.
    Slim,
    /// Those of an ApplicationSet: sprig without the environment, `normalize`, `slugify`, `toYaml`.
    Sprig,
}

/// What becomes of a key that a mapping does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// It is printed as `<no value>`; also Go's `missingkey=invalid`.
    #[default]
    Default,
    /// It is the empty value of the mapping's type, which prints as `<no value>` too.
    Zero,
    /// The template is refused.
    Error,
}

impl MissingKey {
    /// Reads an option such as `missingkey=error`; none for any other option.
    pub fn from_option(option: &str) -> Option<Self> {
        match option.strip_prefix("missingkey=")? {
            "default" | "invalid" => Some(Self::Default),
            "zero" => Some(Self::Zero),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

/// Why a template is not accepted, or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The bytes of the template that are to blame.
    pub range: Range<usize>,
    /// What is wrong, lower-case, without a full stop.
    pub message: String,
}

/// Why a template gave no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The controller would refuse it too.
    Refused(Refusal),
    /// What comes out hangs on something that nobody can know here.
    Undecided {
        /// The bytes of the template that ask for it.
        range: Range<usize>,
        /// What is not known, lower-case, without a full stop.
        reason: String,
    },
}

/// A template that was understood.
#[derive(Clone, Debug)]
pub struct Template<'t> {
    text: &'t str,
    functions: Functions,
    body: Vec<syntax::Statement<'t>>,
    named: syntax::Named<'t>,
}

impl<'t> Template<'t> {
    /// Understands `text`. An empty delimiter stands for Go's own, a pair of braces. Functions that do not exist and variables that were never declared are refused here.
    pub fn parse(text: &'t str, delimiters: Delimiters<'_>, functions: Functions) -> Result<Self, Refusal> {
        let (body, named) = parse::parse(text, delimiters, functions)?;
        Ok(Self { text, functions, body, named })
    }

    /// Whether the text holds neither action nor comment, so that it comes out as it went in.
    pub fn is_plain(&self) -> bool {
        match self.body.as_slice() {
            [] => self.text.is_empty(),
            [syntax::Statement::Text(span)] => *span == (0..self.text.len()),
            _ => false,
        }
    }

    /// Runs the template. `dot` is what `.` stands for, `inputs` what the function of that name gives.
    pub fn render<O: Clone>(
        &self,
        dot: &Datum<O>,
        inputs: Option<&Datum<O>>,
        missing_key: MissingKey,
    ) -> Result<Rendered<O>, Stop> {
        evaluate::render(self, dot, inputs, missing_key)
    }
}
