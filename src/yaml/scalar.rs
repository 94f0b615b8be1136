//! What a scalar is to whoever reads it: its value by dialect, its name as a mapping key, and
//! where readers or people disagree. Knows nothing of nodes, spans or documents.

mod number;
mod timestamp;

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use number::Number;
pub(super) use number::float_text;
use std::borrow::Cow;

/// Who reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `sigs.k8s.io/yaml`: go-yaml v2, with the booleans of YAML 1.1. Reads what `kubectl` and Flux
    /// are handed, and `kustomization.yaml` itself.
    Kubectl,
    /// A resource on its way through kustomize: go-yaml v3 decoding without a schema.
    Kustomize,
}

/// How the scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// A block after `|`.
    Literal,
    /// A block after `>`.
    Folded,
}

/// The value a reader makes of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// No value.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Int(i64),
    /// An integer above `i64::MAX` that still fits 64 bits.
    UInt(u64),
    /// A finite number with a fraction or exponent, or an integer too long for 64 bits.
    Float(f64),
    /// Text; borrowed unless the reader rewrites it (a decoded `!!binary`, a date through kustomize).
    Text(Cow<'a, str>),
    /// The reader refuses the document; the reason completes "the value is ...".
    Invalid(&'static str),
}

const NOT_JSON: &str = "an infinite or undefined number, which JSON cannot carry";
const BAD_NULL: &str = "tagged !!null but is not null";
const BAD_BOOL: &str = "tagged !!bool but is not a boolean";
const BAD_INT: &str = "tagged !!int but is not an integer of 64 bits";
const BAD_FLOAT: &str = "tagged !!float but is not a number";
const BAD_TIMESTAMP: &str = "tagged !!timestamp but is not a date";
const BAD_BINARY: &str = "tagged !!binary but is not base64";
const BAD_ZONE: &str = "a date whose time zone is a day or more away";

const NULL_KEY: &str = "null, which cannot be a key in JSON";
const LARGE_KEY: &str = "a number above 9223372036854775807, which cannot be a key";
const TYPED_KEY: &str = "not a string; kustomize accepts only strings as keys";

/// The value `dialect` reads from a scalar; `tag` as the parser gives it, short or full.
#[inline]
pub fn resolve<'a>(text: &'a str, style: Style, tag: Option<&str>, dialect: Dialect) -> Scalar<'a> {
    match read(text, style, tag, dialect) {
        Scalar::Float(value) if !value.is_finite() => Scalar::Invalid(NOT_JSON),
        value => value,
    }
}

/// The JSON name of a mapping key, or why the reader refuses it (completing "the key is ...").
pub fn key_name<'a>(
    text: &'a str,
    style: Style,
    tag: Option<&str>,
    dialect: Dialect,
) -> Result<Cow<'a, str>, &'static str> {
    let value = read(text, style, tag, dialect);
    if dialect == Dialect::Kustomize {
        return match value {
            Scalar::Text(_) if is_string_key(text, style, tag) => Ok(Cow::Borrowed(text)),
            Scalar::Invalid(reason) => Err(reason),
            _ => Err(TYPED_KEY),
        };
    }
    match value {
        Scalar::Text(text) => Ok(text),
        Scalar::Bool(value) => Ok(Cow::Borrowed(if value { "true" } else { "false" })),
        Scalar::Int(value) => Ok(Cow::Owned(value.to_string())),
        Scalar::Float(value) => Ok(number::float_key(value)),
        Scalar::Null => Err(NULL_KEY),
        Scalar::UInt(_) => Err(LARGE_KEY),
        Scalar::Invalid(reason) => Err(reason),
    }
}

/// Whether a key merges its value into the mapping (`<<`) rather than naming an entry; the same in both dialects.
pub fn is_merge_key(text: &str, style: Style, tag: Option<&str>) -> bool {
    text == "<<"
        && match Tag::of(tag) {
            Tag::None | Tag::NonSpecific => style == Style::Plain,
            Tag::Core("merge") => true,
            Tag::Core(_) | Tag::Custom => false,
        }
}

/// Whether the two dialects make different values of the scalar.
pub fn differs(text: &str, style: Style, tag: Option<&str>) -> bool {
    if tag.is_none() && (style != Style::Plain || Lead::of(text) == Lead::Text) {
        return false;
    }
    resolve(text, style, tag, Dialect::Kubectl) != resolve(text, style, tag, Dialect::Kustomize)
}

/// What a YAML 1.1 reader makes of a plain, untagged scalar, where a person would not expect it: a
/// boolean that is not spelled true or false, a number that does not print as written, a `~`.
pub fn is_ambiguous(text: &str) -> Option<Cow<'static, str>> {
    let printed = match untagged(text, Dialect::Kubectl) {
        Scalar::Null => return (text == "~").then_some(Cow::Borrowed("null")),
        Scalar::Bool(_) => {
            let spelled_out = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
            return (!spelled_out).then_some(Cow::Borrowed("a boolean"));
        }
        Scalar::Float(value) if !value.is_finite() => return Some(Cow::Borrowed("a number that JSON cannot carry")),
        Scalar::Int(value) => value.to_string(),
        Scalar::UInt(value) => value.to_string(),
        Scalar::Float(value) => float_text(value),
        Scalar::Text(_) | Scalar::Invalid(_) => return None,
    };
    // A short commit hash such as `3e30` prints as written and is no less surprising as a number.
    (printed != text || text.contains(['e', 'E'])).then(|| Cow::Owned(format!("the number {printed}")))
}

/// What the first byte of a plain scalar allows it to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Text,
    Word,
    Dot,
    Number,
}

impl Lead {
    #[inline]
    fn of(text: &str) -> Lead {
        match text.as_bytes().first() {
            None | Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => Lead::Word,
            Some(b'.') => Lead::Dot,
            Some(b'+' | b'-' | b'0'..=b'9') => Lead::Number,
            Some(_) => Lead::Text,
        }
    }
}

/// A tag without the ways to write it.
#[derive(Clone, Copy)]
enum Tag<'t> {
    None,
    /// A bare `!`.
    NonSpecific,
    /// A name below `tag:yaml.org,2002:`.
    Core(&'t str),
    Custom,
}

impl<'t> Tag<'t> {
    fn of(tag: Option<&'t str>) -> Tag<'t> {
        match tag {
            None | Some("") => Tag::None,
            Some("!") => Tag::NonSpecific,
            Some(tag) => match tag.strip_prefix("tag:yaml.org,2002:").or_else(|| tag.strip_prefix("!!")) {
                Some(name) => Tag::Core(name),
                None => Tag::Custom,
            },
        }
    }
}

/// [`resolve`] before infinite numbers are refused: as keys they have names.
#[inline]
fn read<'a>(text: &'a str, style: Style, tag: Option<&str>, dialect: Dialect) -> Scalar<'a> {
    match tag {
        None if style == Style::Plain => untagged(text, dialect),
        None => Scalar::Text(Cow::Borrowed(text)),
        Some(_) => tagged(text, style, Tag::of(tag), dialect),
    }
}

#[inline]
fn untagged(text: &str, dialect: Dialect) -> Scalar<'_> {
    match Lead::of(text) {
        Lead::Text => Scalar::Text(Cow::Borrowed(text)),
        lead => {
            // Only kustomize prints a date; the other reader hands on the text it saw.
            if dialect == Dialect::Kustomize
                && lead == Lead::Number
                && let Some(date) = timestamp::parse(text)
            {
                return date_text(date);
            }
            literal(text, lead, dialect).unwrap_or(Scalar::Text(Cow::Borrowed(text)))
        }
    }
}

fn date_text<'a>(date: timestamp::Timestamp) -> Scalar<'a> {
    date.to_rfc3339().map_or(Scalar::Invalid(BAD_ZONE), |text| Scalar::Text(Cow::Owned(text)))
}

/// The null, boolean or number that `text` spells; infinities included.
fn literal(text: &str, lead: Lead, dialect: Dialect) -> Option<Scalar<'static>> {
    match lead {
        Lead::Text => None,
        Lead::Word => word(text, dialect),
        Lead::Dot | Lead::Number => {
            let number = match text {
                ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Number::Float(f64::INFINITY),
                "-.inf" | "-.Inf" | "-.INF" => Number::Float(f64::NEG_INFINITY),
                ".nan" | ".NaN" | ".NAN" => Number::Float(f64::NAN),
                _ => number::parse(text, dialect)?,
            };
            Some(match number {
                Number::Int(value) => Scalar::Int(value),
                Number::UInt(value) => Scalar::UInt(value),
                Number::Float(value) => Scalar::Float(value),
            })
        }
    }
}

fn word(text: &str, dialect: Dialect) -> Option<Scalar<'static>> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Scalar::Null),
        "true" | "True" | "TRUE" => Some(Scalar::Bool(true)),
        "false" | "False" | "FALSE" => Some(Scalar::Bool(false)),
        _ if dialect == Dialect::Kustomize => None,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(Scalar::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(Scalar::Bool(false)),
        _ => None,
    }
}

fn tagged<'a>(text: &'a str, style: Style, tag: Tag<'_>, dialect: Dialect) -> Scalar<'a> {
    let name = match tag {
        Tag::None if style == Style::Plain => return untagged(text, dialect),
        // go-yaml v3 ignores a bare `!`; v2 takes it to mean text, as the specification does.
        Tag::NonSpecific if style == Style::Plain && dialect == Dialect::Kustomize => return untagged(text, dialect),
        Tag::None | Tag::NonSpecific | Tag::Custom => return Scalar::Text(Cow::Borrowed(text)),
        Tag::Core(name) => name,
    };
    // Quotes do not matter here: `!!int "7"` is a number to both readers.
    let value = || literal(text, Lead::of(text), dialect);
    match name {
        "null" => match value() {
            Some(Scalar::Null) => Scalar::Null,
            _ => Scalar::Invalid(BAD_NULL),
        },
        "bool" => match value() {
            Some(value @ Scalar::Bool(_)) => value,
            _ => Scalar::Invalid(BAD_BOOL),
        },
        "int" => match value() {
            Some(value @ (Scalar::Int(_) | Scalar::UInt(_))) => value,
            _ => Scalar::Invalid(BAD_INT),
        },
        // An integer above i64 is refused here although a longer one, already a float, is not.
        "float" => match value() {
            Some(Scalar::Int(value)) => Scalar::Float(value as f64),
            Some(value @ Scalar::Float(_)) => value,
            _ => Scalar::Invalid(BAD_FLOAT),
        },
        "timestamp" => match timestamp::parse(text) {
            Some(date) if dialect == Dialect::Kustomize => date_text(date),
            Some(_) => Scalar::Text(Cow::Borrowed(text)),
            None => Scalar::Invalid(BAD_TIMESTAMP),
        },
        "binary" => decode(text).map_or(Scalar::Invalid(BAD_BINARY), |text| Scalar::Text(Cow::Owned(text))),
        _ => Scalar::Text(Cow::Borrowed(text)),
    }
}

/// Go's standard encoding skips line breaks and accepts stray trailing bits.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Decoded bytes as JSON carries them: one replacement character for each byte that is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let text: Cow<'_, str> = match text.contains(['\r', '\n']) {
        true => Cow::Owned(text.replace(['\r', '\n'], "")),
        false => Cow::Borrowed(text),
    };
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    let mut decoded = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(decoded)
}

/// Whether kustomize counts a key, known to read as text, among the strings: a date or a custom tag is not one.
fn is_string_key(text: &str, style: Style, tag: Option<&str>) -> bool {
    match Tag::of(tag) {
        Tag::None | Tag::NonSpecific => style != Style::Plain || timestamp::parse(text).is_none(),
        Tag::Core(name) => name == "str",
        Tag::Custom => false,
    }
}
