//! Which objects a replacement speaks of: by what identifies them, exactly, and by labels and annotations.

use super::scope::is_cluster_scoped;
use super::settings::{field, text, text_of};
use crate::render::kustomize::{Built, Id, Object, Refusal};
use crate::yaml::Value;
use regex::Regex;
use std::sync::LazyLock;

/// The fields that identify objects.
pub(super) const ID_FIELDS: [&str; 5] = ["group", "version", "kind", "name", "namespace"];

/// A selector of objects; what is empty fits any.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
    name: &'a str,
    namespace: &'a str,
    labels: Vec<Requirement<'a>>,
    annotations: Vec<Requirement<'a>>,
}

/// A requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement<'a> {
    Is(&'a str, Vec<&'a str>),
    IsNot(&'a str, Vec<&'a str>),
    Present(&'a str),
    Absent(&'a str),
}

impl<'a> Selector<'a> {
    /// Reads a selector.
    pub(super) fn read(value: Value<'a>) -> Built<Selector<'a>> {
        Ok(Selector {
            group: text_of(value, "group")?,
            version: text_of(value, "version")?,
            kind: text_of(value, "kind")?,
            name: text_of(value, "name")?,
            namespace: text_of(value, "namespace")?,
            labels: field(value, "labelSelector").map_or(Ok(Vec::new()), requirements)?,
            annotations: field(value, "annotationSelector").map_or(Ok(Vec::new()), requirements)?,
        })
    }

    /// Whether an identity the object has or had fits.
    pub(super) fn fits_id(&self, object: &Object<'_>) -> bool {
        let (group, version) = object.api();
        let fits = |wanted: &str, have: &str| wanted.is_empty() || wanted == have;
        if !fits(self.group, group) || !fits(self.version, version) {
            return false;
        }
        let now = (object.kind(), object.name(), object.namespace());
        let former = object.former.iter().map(|id: &Id| (&*id.kind, &*id.name, &*id.namespace));
        former.chain([now]).any(|(kind, name, namespace)| {
            fits(self.kind, kind) && fits(self.name, name) && self.fits_namespace(group, version, kind, namespace)
        })
    }

    /// No namespace means the default one.
    fn fits_namespace(&self, group: &str, version: &str, kind: &str, namespace: &str) -> bool {
        let is_wanted = |namespace: &str| self.namespace == if namespace.is_empty() { "default" } else { namespace };
        self.namespace.is_empty()
            || match is_cluster_scoped(group, version, kind) {
                true => is_cluster_scoped(self.group, self.version, self.kind),
                false => is_wanted(namespace),
            }
    }

    /// Whether labels and annotations fit.
    pub(super) fn fits_labels(&self, object: &Object<'_>) -> bool {
        self.labels.iter().all(|wanted| wanted.fits(object.tree.view(), "labels"))
            && self.annotations.iter().all(|wanted| wanted.fits(object.tree.view(), "annotations"))
    }

    /// Whether it says something of identities.
    pub(super) fn has_id(&self) -> bool {
        [self.group, self.version, self.kind, self.name, self.namespace].iter().any(|text| !text.is_empty())
    }

    /// Whether it says something of labels or annotations.
    pub(super) fn has_labels(&self) -> bool {
        !self.labels.is_empty() || !self.annotations.is_empty()
    }
}

impl Requirement<'_> {
    fn fits(&self, object: Value<'_>, field: &str) -> bool {
        let have = |key: &str| object.at(&["metadata", field, key]).and_then(Value::raw);
        match self {
            Requirement::Is(key, values) => have(key).is_some_and(|value| values.contains(&value)),
            Requirement::IsNot(key, values) => have(key).is_none_or(|value| !values.contains(&value)),
            Requirement::Present(key) => have(key).is_some(),
            Requirement::Absent(key) => have(key).is_none(),
        }
    }
}

/// Reads `a=b,c!=d,e in (f,g),!h` and the like.
fn requirements(value: Value<'_>) -> Built<Vec<Requirement<'_>>> {
    static REQUIREMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^\s*(?:(?P<not>!)\s*(?P<absent>[\w./-]+)|(?P<key>[\w./-]+)\s*(?:(?P<sign>==?|!=)\s*(?P<value>[\w.-]*)|(?P<word>in|notin)\s*\((?P<set>[^()]*)\))?)\s*(?:,|$)",
        )
        .expect("internal: a pattern of our own")
    });
    let mut rest = text(value)?;
    let mut found = Vec::new();
    while !rest.trim().is_empty() {
        let Some(captures) = REQUIREMENT.captures(rest) else {
            return Err(Refusal::new(value.span(), format!("`{}` is no selector of labels", rest.trim())));
        };
        let group = |name: &str| captures.name(name).map(|found| found.as_str());
        let key = group("key").unwrap_or_default();
        found.push(match (group("absent"), group("sign"), group("word")) {
            (Some(key), ..) => Requirement::Absent(key),
            (_, Some("!="), _) => Requirement::IsNot(key, vec![group("value").unwrap_or_default()]),
            (_, Some(_), _) => Requirement::Is(key, vec![group("value").unwrap_or_default()]),
            (.., Some(word)) => {
                let set = group("set").unwrap_or_default().split(',').map(str::trim).collect();
                if word == "in" { Requirement::Is(key, set) } else { Requirement::IsNot(key, set) }
            }
            _ => Requirement::Present(key),
        });
        rest = &rest[captures.get(0).map_or(rest.len(), |all| all.end())..];
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{message, object, settings};
    use super::*;

    #[test]
    fn selectors_fit_exactly_and_know_former_identities() {
        let text = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, labels: {x: v, n: '1'}}}";
        for (selector, expected) in [
            ("{}", true),
            ("{kind: Deployment, name: a}", true),
            ("{kind: Deploy}", false),
            ("{name: old, namespace: was}", true),
            ("{name: a, namespace: default}", true),
            ("{name: a, namespace: other}", false),
            ("{group: apps, version: v2}", false),
            ("{labelSelector: 'x=v, n in (1,2)'}", true),
            ("{labelSelector: 'x!=v'}", false),
            ("{labelSelector: 'y!=v,!z'}", true),
            ("{labelSelector: 'x notin (v)'}", false),
            ("{labelSelector: x, annotationSelector: '!q'}", true),
        ] {
            object(text, |object| {
                object.former.push(Id { name: "old".into(), namespace: "was".into(), ..object.id() });
                settings(selector, |value| {
                    let selector = Selector::read(value).expect("a selector");
                    assert_eq!(selector.fits_id(object) && selector.fits_labels(object), expected, "{value:?}");
                });
            });
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in ["a=b=c", "a in b", "=", "a b"] {
            settings(&format!("{{labelSelector: '{text}'}}"), |value| {
                assert!(
                    Selector::read(value).map_err(message).is_err_and(|text| text.contains("is no selector")),
                    "{text}"
                );
            });
        }
    }
}
