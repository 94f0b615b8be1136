//! Which objects a patch is for: by the expressions of its `target`, or by the identity it is written with.

use super::super::label_selector::LabelSelector;
use super::super::transform;
use super::super::{Built, Id, Object, Refusal};
use crate::source::Span;
use crate::yaml::{Rendered, Value};
use regex::Regex;

/// The `target` of a patch.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is written.
    pub span: Span,
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    labels: Option<Built<LabelSelector>>,
    annotations: Option<Built<LabelSelector>>,
    /// The fields that are set, with their texts and places.
    pub(super) written: Vec<(&'static str, String, Span)>,
}

/// The fields of a target.
pub(super) const FIELDS: [&str; 7] =
    ["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];

impl Target {
    /// Reads a target; `field` gives the text of one of its fields.
    pub(super) fn read<'w>(value: Value<'w>, field: impl Fn(&str) -> Built<Option<(&'w str, Span)>>) -> Built<Target> {
        let written = |name: &str| Ok(field(name)?.filter(|(text, _)| !text.is_empty()));
        let pattern = |name: &str| written(name)?.map(|(text, span)| anchored(text, span)).transpose();
        // Kustomize reads a selector where the rest fits, and not before.
        let selector = |name: &str| Ok(written(name)?.map(|(text, span)| LabelSelector::read(text, span)));
        Ok(Target {
            span: value.span(),
            group: pattern("group")?,
            version: pattern("version")?,
            kind: pattern("kind")?,
            name: pattern("name")?,
            namespace: pattern("namespace")?,
            labels: selector("labelSelector")?,
            annotations: selector("annotationSelector")?,
            written: FIELDS
                .into_iter()
                .filter_map(|name| Some((name, written(name).ok()??)))
                .map(|(name, (text, span))| (name, text.to_owned(), span))
                .collect(),
        })
    }

    /// Whether one field of the target lets `object` pass.
    pub(super) fn field_fits(&self, field: &str, object: &Object<'_>) -> bool {
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.fits(text));
        let meets = |selector: &Option<Built<LabelSelector>>, field: &str| match selector {
            Some(Ok(selector)) => selector.matches(object.tree.view().at(&["metadata", field])),
            _ => true,
        };
        match field {
            "group" => fits(&self.group, object.group()),
            "version" => fits(&self.version, object.api().1),
            "kind" => fits(&self.kind, object.kind()),
            "name" => object.ids().any(|id| fits(&self.name, &id.name)),
            "namespace" => object.ids().any(|id| fits(&self.namespace, effective_of(&id))),
            "labelSelector" => meets(&self.labels, "labels"),
            _ => meets(&self.annotations, "annotations"),
        }
    }

    /// Whether `object` is meant. Name and namespace may be those it has or had, each for itself; group, version and
    /// kind are those it has.
    pub fn selects(&self, object: &Object<'_>) -> Built<bool> {
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.fits(text));
        let (group, version) = object.api();
        if !fits(&self.group, group) || !fits(&self.version, version) || !fits(&self.kind, object.kind()) {
            return Ok(false);
        }
        let name = fits(&self.name, object.name()) || object.former.iter().any(|id| fits(&self.name, &id.name));
        let now = effective(group, version, object.kind(), object.namespace());
        let namespace = self.namespace.is_none()
            || fits(&self.namespace, now)
            || object.former.iter().any(|id| fits(&self.namespace, effective_of(id)));
        if !name || !namespace {
            return Ok(false);
        }
        let meets = |selector: &Option<Built<LabelSelector>>, field: &str| match selector {
            None => Ok(true),
            Some(Err(refusal)) => Err(refusal.clone()),
            Some(Ok(selector)) => Ok(selector.matches(object.tree.view().at(&["metadata", field]))),
        };
        Ok(meets(&self.labels, "labels")? && meets(&self.annotations, "annotations")?)
    }
}

/// What stands for a namespace where identities are compared.
fn effective<'a>(group: &str, version: &str, kind: &str, namespace: &'a str) -> &'a str {
    transform::effective(group, version, kind, namespace).unwrap_or("_non_namespaceable_")
}

fn effective_of(id: &Id) -> &str {
    effective(&id.group, &id.version, &id.kind, &id.namespace)
}

/// A regular expression over a whole text. Nearly all are a name and nothing else.
#[derive(Clone, Debug)]
enum Pattern {
    Name(Box<str>),
    Expression(Regex),
}

impl Pattern {
    fn fits(&self, text: &str) -> bool {
        match self {
            Pattern::Name(name) => **name == *text,
            Pattern::Expression(expression) => expression.is_match(text),
        }
    }
}

fn anchored(text: &str, span: Span) -> Built<Pattern> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/')) {
        return Ok(Pattern::Name(text.into()));
    }
    Regex::new(&format!("^(?:{})$", with_literal_braces(text)))
        .map(Pattern::Expression)
        .map_err(|_| Refusal::new(span, format!("`{text}` is no regular expression, which a target is made of")))
}

/// A brace that counts nothing stands for itself in Go.
fn with_literal_braces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    let mut before = ' ';
    for (at, char) in text.char_indices() {
        let class = escaped || (matches!(before, 'p' | 'P' | 'x') && text[..at].ends_with(&format!("\\{before}")));
        if char == '{' && !class && !counts(&text[at + 1..]) {
            out.push('\\');
        }
        out.push(char);
        escaped = char == '\\' && !escaped;
        before = char;
    }
    out
}

fn counts(rest: &str) -> bool {
    let Some((inner, _)) = rest.split_once('}') else { return false };
    let mut parts = inner.splitn(2, ',');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(digits) && parts.next().is_none_or(|part| part.is_empty() || digits(part))
}

/// The one object that a patch without a target is for: some identity of it, former or current, is that of
/// the patch.
pub(super) fn named<'w>(patch: &Rendered<'w>, objects: &[Object<'w>]) -> Built<usize> {
    let wanted = Object::new(patch.clone(), patch.view().span());
    let (group, version) = wanted.api();
    let namespace = effective(group, version, wanted.kind(), wanted.namespace());
    let is_same = |kind: &str, name: &str, have: &str| {
        kind == wanted.kind() && name == wanted.name() && effective(group, version, kind, have) == namespace
    };
    let mut found = objects.iter().enumerate().filter(|(_, object)| {
        object.api() == (group, version)
            && (is_same(object.kind(), object.name(), object.namespace())
                || object.former.iter().any(|id| is_same(&id.kind, &id.name, &id.namespace)))
    });
    let span = patch.view().at(&["metadata", "name"]).map_or(patch.view().span(), Value::span);
    let id = wanted.id();
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        (None, _) => {
            let refusal = Refusal::new(span, format!("this patch is for {id}, which is not built here"));
            Err(match objects.iter().find(|object| is_near(object, &wanted)) {
                Some(near) => {
                    refusal.with(near.born, "this object has the name, and another kind, version or namespace")
                }
                None => refusal,
            })
        }
        (Some((_, first)), Some((_, second))) => {
            let refusal = Refusal::new(span, format!("this patch is for {id}, which several objects are or were"));
            Err(refusal.with(first.born, "one of them").with(second.born, "another one"))
        }
    }
}

/// Whether an object may be the one that was meant.
fn is_near(object: &Object<'_>, wanted: &Object<'_>) -> bool {
    (object.name() == wanted.name() || object.former.iter().any(|id| *id.name == *wanted.name()))
        && object.kind() == wanted.kind()
}
