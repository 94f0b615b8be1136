//! The variables of a Flux Kustomization: which there are, what they hold, and where that is written.

use crate::render::substitute::Lookup;
use crate::source::{Origin, Span};
use crate::yaml::rendered::Rendered;
use crate::yaml::{Kind, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use foldhash::HashMap;
use std::ops::Range;

/// What a variable holds.
#[derive(Clone, Debug)]
struct Variable {
    /// None where it is defined and cannot be read.
    text: Option<String>,
    origin: Origin,
}

/// The variables of one Flux Kustomization.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    known: HashMap<String, Variable>,
    /// Why there may be others, if so.
    pub(super) open: Option<String>,
    /// Whether substitution runs at all.
    pub(super) active: bool,
    /// Whether an undefined variable without a default is an error.
    pub(super) strict: bool,
}

/// A ConfigMap or Secret that a Flux Kustomization takes variables from.
#[derive(Clone, Debug)]
pub struct Reference {
    /// `ConfigMap` or `Secret`.
    pub kind: String,
    /// Its name; it lies in the namespace of the Kustomization.
    pub name: String,
    /// Whether it may be missing.
    pub optional: bool,
    /// What names it.
    pub span: Span,
}

/// What `spec.postBuild.substituteFrom` names, in order. A name that is not known in full is left out and told.
pub(super) fn references(spec: Value<'_>) -> (Vec<Reference>, Option<String>) {
    let mut found = Vec::new();
    let mut open = None;
    for item in spec.at(&["postBuild", "substituteFrom"]).into_iter().flat_map(Value::items) {
        let (Some(kind), Some(name)) = (item.get("kind"), item.get("name")) else { continue };
        match (kind.known(), name.known()) {
            (Some(kind), Some(text)) => found.push(Reference {
                kind: kind.to_owned(),
                name: text.to_owned(),
                optional: item.get("optional").and_then(Value::as_bool) == Some(true),
                span: name.span(),
            }),
            _ => open = name.unknown().or_else(|| kind.unknown()),
        }
    }
    (found, open)
}

impl Variables {
    /// Takes in the keys of a ConfigMap or a Secret; those that are there are replaced.
    pub(super) fn take(&mut self, object: Value<'_>) {
        let secret = object.get("kind").and_then(Value::as_str) == Some("Secret");
        for (key, value) in object.get("data").into_iter().flat_map(Value::entries) {
            let readable = value.raw().filter(|text| !text.starts_with("ENC[") && value.kind() == Kind::Text);
            let (text, origin) = match readable {
                Some(text) if secret => (decode(text), Origin::Decoded(value.span())),
                Some(text) => (Some(text.to_owned()), origin_of_line(value)),
                None => (None, value.origin()),
            };
            self.set(key, text, origin);
        }
        if secret {
            for (key, value) in object.get("stringData").into_iter().flat_map(Value::entries) {
                let text = value.raw().filter(|text| !text.starts_with("ENC["));
                self.set(key, text.map(str::to_owned), origin_of_line(value));
            }
        }
    }

    /// Takes in `spec.postBuild.substitute`, which wins over what is there.
    pub(super) fn take_inline(&mut self, spec: Value<'_>) {
        for (key, value) in spec.at(&["postBuild", "substitute"]).into_iter().flat_map(Value::entries) {
            let text = value.raw().filter(|text| crate::yaml::placeholder(text).is_none());
            self.set(key, text.map(str::to_owned), origin_of_line(value));
        }
    }

    fn set(&mut self, key: &str, text: Option<String>, origin: Origin) {
        // Flux takes line breaks out of values.
        let text = text.map(|text| if text.contains('\n') { text.replace('\n', "") } else { text });
        self.known.insert(key.to_owned(), Variable { text, origin });
    }

    /// Whether anything is defined.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What is known of a variable.
    pub(super) fn lookup(&self, name: &str) -> Lookup<'_> {
        match self.known.get(name) {
            Some(Variable { text: Some(text), .. }) => Lookup::Known(text),
            Some(_) => Lookup::Unread,
            None if self.open.is_some() => Lookup::Unknown,
            None => Lookup::Undefined,
        }
    }

    /// Where a variable is defined.
    pub(super) fn origin(&self, name: &str) -> Option<&Origin> {
        self.known.get(name).map(|variable| &variable.origin)
    }

    /// Where bytes of a variable's value come from.
    pub(super) fn part(&self, name: &str, range: Range<usize>) -> Option<Origin> {
        let variable = self.known.get(name)?;
        let len = variable.text.as_ref().map_or(0, String::len) as u32;
        Some(variable.origin.part(len, range.start as u32..range.end as u32))
    }

    /// Every name that is defined, in order, with its place.
    pub(super) fn names(&self) -> Vec<(String, Span)> {
        let mut names: Vec<(String, Span)> =
            self.known.iter().map(|(name, variable)| (name.clone(), variable.origin.span())).collect();
        names.sort();
        names
    }
}

/// Where a value without line breaks comes from: byte for byte if it had none but at its end.
fn origin_of_line(value: Value<'_>) -> Origin {
    let line = value.raw().unwrap_or_default().trim_end_matches('\n');
    match line.contains('\n') {
        true => Origin::Decoded(value.span()),
        false => value.part(0..line.len() as u32),
    }
}

fn decode(text: &str) -> Option<String> {
    let packed: String = text.split_ascii_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}

/// Where objects of a target are looked up by kind, namespace and name.
#[derive(Debug, Default)]
pub(super) struct Index<'w> {
    objects: HashMap<(String, String, String), Rendered<'w>>,
}

impl<'w> Index<'w> {
    /// Remembers an object, in `namespace` where it names none.
    pub(super) fn add(&mut self, tree: &Rendered<'w>, namespace: &str) {
        let view = tree.view();
        let text = |path: &[&str]| view.at(path).and_then(Value::known);
        let (Some(kind), Some(name)) = (text(&["kind"]), text(&["metadata", "name"])) else { return };
        let namespace = text(&["metadata", "namespace"]).unwrap_or(namespace);
        self.objects.insert((kind.to_owned(), namespace.to_owned(), name.to_owned()), tree.clone());
    }

    /// The object of that kind, namespace and name.
    pub(super) fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Rendered<'w>> {
        self.objects.get(&(kind.to_owned(), namespace.to_owned(), name.to_owned()))
    }

    /// Whether an ExternalSecret or the like makes a Secret of that name.
    pub(super) fn makes_secret(&self, namespace: &str, name: &str) -> bool {
        self.objects.iter().any(|((kind, space, own), tree)| {
            let maker = matches!(kind.as_str(), "ExternalSecret" | "SealedSecret" | "ClusterExternalSecret");
            let target = tree.view().at(&["spec", "target", "name"]).and_then(Value::as_str).map(str::to_owned);
            maker && (space == namespace || kind == "ClusterExternalSecret") && target.as_deref().unwrap_or(own) == name
        })
    }
}

/// The namespace of an object for lookups: the one it names, else `fallback`.
pub(super) fn namespace_of(tree: &Rendered<'_>, fallback: &str) -> String {
    let view = tree.view();
    let written = view.at(&["metadata", "namespace"]).and_then(Value::known);
    written.filter(|namespace| !namespace.is_empty()).unwrap_or(fallback).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    #[test]
    fn values_lose_line_breaks_and_only_those_of_one_line_are_written_byte_for_byte() {
        let text = "data:\n  plain: abc\n  quoted: 'abc'\n  block: |\n    abc\n  lines: |\n    ab\n    c\n";
        let file = parse(SourceId(0), text.into());
        let mut variables = Variables::default();
        variables.take(Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl));
        for (name, whole, part) in [
            ("plain", Some("abc"), Some("b")),
            ("quoted", Some("abc"), Some("b")),
            ("block", Some("abc"), Some("b")),
            ("lines", None, None),
        ] {
            assert!(matches!(variables.lookup(name), Lookup::Known("abc")), "{name}");
            let written = |range| variables.part(name, range)?.editable().map(|span| &text[span.range()]);
            assert_eq!((written(0..3), written(1..2)), (whole, part), "{name}");
        }
    }
}
