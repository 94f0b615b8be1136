//! Temporary.
use std::borrow::Cow;
/// d
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// k
    Kubectl,
    /// k
    Kustomize,
}
/// s
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "x")]
pub enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(Cow<'a, str>),
    Invalid(&'static str),
}
/// s
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "x")]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}
/// r
pub fn resolve<'a>(text: &'a str, style: Style, _tag: Option<&str>, _d: Dialect) -> Scalar<'a> {
    if style != Style::Plain {
        return Scalar::Text(Cow::Borrowed(text));
    }
    match text {
        "" | "~" | "null" => Scalar::Null,
        "true" => Scalar::Bool(true),
        "false" => Scalar::Bool(false),
        t => t
            .parse()
            .map(Scalar::Int)
            .or_else(|_| t.parse().map(Scalar::Float))
            .unwrap_or(Scalar::Text(Cow::Borrowed(text))),
    }
}
/// m
pub fn is_merge_key(text: &str, style: Style, _tag: Option<&str>) -> bool {
    text == "<<" && style == Style::Plain
}
