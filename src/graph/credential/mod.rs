//! Decides whether a literal is a readable credential, and which part of it. Knows neither YAML nor
//! files: it is asked about one value at a time, with the names around it.

mod embedded;
mod hash;
mod hint;
mod key;
mod pattern;
mod placeholder;
mod plain;
mod reference;
mod shape;
#[cfg(test)]
mod tests;
mod url;
mod verdict;
mod weak;

pub use hint::may_hold;
pub use placeholder::is_placeholder;
pub use reference::is_reference;
pub use verdict::{judge, judge_all, mask_ranges, must_mask, only_speaks};

use std::ops::Range;

/// Where a value stands, which decides how much proof is needed before it counts as a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `data` of a Secret, with base64 already taken off.
    SecretData,
    /// `stringData` of a Secret.
    SecretStringData,
    /// A literal of a kustomize `secretGenerator`.
    GeneratorLiteral,
    /// `data` of a ConfigMap, or a literal of a `configMapGenerator`.
    ConfigMapData,
    /// The value of a container's environment variable.
    Env,
    /// An element of a container's `command` or `args`.
    Argument,
    /// A Helm value.
    HelmValue,
    /// The value of an annotation.
    Annotation,
    /// Any other field of a resource.
    Field,
}

impl Setting {
    /// Whether everything here is meant to be secret.
    pub fn is_secret(self) -> bool {
        matches!(self, Setting::SecretData | Setting::SecretStringData | Setting::GeneratorLiteral)
    }
}

/// One value and the names around it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The last key name, such as `POSTGRES_PASSWORD`.
    pub key: &'a str,
    /// The enclosing keys, outermost first.
    pub parents: &'a [&'a str],
    /// The value as the consumer gets it.
    pub value: &'a str,
    /// Where the value stands.
    pub setting: Setting,
    /// The file is an example, a test or otherwise not deployed, as [`holds_example_values`](crate::manifest::holds_example_values) says.
    pub example: bool,
    /// Kind of the resource; `None` lowers the certainty of everything but tokens, private keys, Helm values,
    /// environment variables and generator literals.
    pub object_kind: Option<&'a str>,
    /// Name of the resource.
    pub object_name: Option<&'a str>,
}

/// How sure the decision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It may well be harmless.
    Low,
    /// A reader of the file can use it.
    High,
}

/// A readable credential within a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// What it is, to be read in "the … is readable".
    pub what: &'static str,
    /// How sure that is.
    pub certainty: Certainty,
    /// The secret bytes of the value.
    pub range: Range<usize>,
    /// It is a default or a single everyday word that can be guessed without reading the file.
    pub weak_default: bool,
}

/// Whether a key of this name is expected to hold a credential itself, and not the name or the path of one.
pub fn is_credential_key(key: &str) -> bool {
    key::kind(key).is_some()
}
