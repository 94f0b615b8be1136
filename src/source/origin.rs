//! Where a value comes from. An origin is more than one span: values are composed, generated,
//! decoded and copied on their way from a repo to a cluster.

use super::Span;

/// A range of a composed value and where that range comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// First byte of the range in the composed value.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// Where the range comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The bytes of a source, as somebody typed them.
    Written(Span),
    /// Put together from parts (prefix + name + hash; text around a variable). Ranges do not overlap.
    Composed(Vec<Part>),
    /// Made by a line of a kustomization or another recipe.
    Generated(Span),
    /// Read out of a value that holds it in another form: base64, an env file, a string that is YAML.
    Decoded(Span),
    /// Not written: what the API server or an operator puts there, beside the object that lacks it.
    Defaulted(Span),
    /// Taken over from another field.
    Copied(Box<Origin>),
}

impl Origin {
    /// The span that somebody has to look at to change the value.
    pub fn span(&self) -> Span {
        match self {
            Origin::Written(span) | Origin::Generated(span) | Origin::Decoded(span) | Origin::Defaulted(span) => *span,
            Origin::Composed(parts) => {
                parts.first().expect("internal: a composed value has at least one part").origin.span()
            }
            Origin::Copied(origin) => origin.span(),
        }
    }

    /// The span to edit if the whole value is one written text; a fix may touch nothing else.
    pub fn editable(&self) -> Option<Span> {
        match self {
            Origin::Written(span) => Some(*span),
            _ => None,
        }
    }
}
