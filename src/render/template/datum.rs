//! The values that go into a template: trees in which every value may say where it was written.

use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A value, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum<O> {
    /// What it is.
    pub kind: Kind<O>,
    /// Where it was written, in the words of the caller.
    pub origin: Option<O>,
}

/// What a [`Datum`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind<O> {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number without a fraction, as the Kubernetes reader of JSON keeps it.
    Int(i64),
    /// Any other number; a plain reader of JSON makes all numbers such.
    Float(f64),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Datum<O>>),
    /// Values by key.
    Map(BTreeMap<String, Datum<O>>),
    /// Something that exists and that nobody can know here: the number of a pull request, say.
    Unknown,
}

/// How numbers without a fraction are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// As integers, so that a million prints as `1000000`: what a ResourceSet gets.
    Integers,
    /// As floating point like all others, so that a million prints as `1e+06`: what an ApplicationSet gets.
    Floats,
}

impl<O> Datum<O> {
    /// A value of unknown origin.
    pub fn new(kind: Kind<O>) -> Self {
        Self { kind, origin: None }
    }

    /// A text of unknown origin.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Kind::Text(text.into()))
    }

    /// The same value, written at `origin`.
    #[must_use]
    pub fn at(mut self, origin: O) -> Self {
        self.origin = Some(origin);
        self
    }

    /// A value read from JSON, of unknown origin throughout.
    pub fn from_json(json: &Json, numbers: Numbers) -> Self {
        let kind = match json {
            Json::Null => Kind::Null,
            Json::Bool(truth) => Kind::Bool(*truth),
            Json::Number(number) => match number.as_i64() {
                Some(integer) if numbers == Numbers::Integers => Kind::Int(integer),
                _ => Kind::Float(number.as_f64().unwrap_or(f64::INFINITY)),
            },
            Json::String(text) => Kind::Text(text.clone()),
            Json::Array(items) => Kind::List(items.iter().map(|item| Self::from_json(item, numbers)).collect()),
            Json::Object(entries) => {
                Kind::Map(entries.iter().map(|(key, value)| (key.clone(), Self::from_json(value, numbers))).collect())
            }
        };
        Self::new(kind)
    }
}
