//! Which objects a replacement speaks of: by what identifies them, exactly, and by labels and annotations.

use super::scope::{effective, is_cluster_scoped};
use crate::render::kustomize::fields::{field, text, text_of};
use crate::render::kustomize::label_selector::LabelSelector;
use crate::render::kustomize::{Built, Id, Object};
use crate::yaml::Value;

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
    labels: LabelSelector,
    annotations: LabelSelector,
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
            labels: labels(value, "labelSelector")?,
            annotations: labels(value, "annotationSelector")?,
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
        self.namespace.is_empty()
            || match effective(group, version, kind, namespace) {
                None => is_cluster_scoped(self.group, self.version, self.kind),
                Some(namespace) => namespace == self.namespace,
            }
    }

    /// Whether labels and annotations fit.
    pub(super) fn fits_labels(&self, object: &Object<'_>) -> bool {
        let metadata = |name| object.tree.view().at(&["metadata", name]);
        self.labels.matches(metadata("labels")) && self.annotations.matches(metadata("annotations"))
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

fn labels(mapping: Value<'_>, name: &str) -> Built<LabelSelector> {
    field(mapping, name).map_or(Ok(LabelSelector::default()), |value| LabelSelector::read(text(value)?, value.span()))
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
                assert!(Selector::read(value).map_err(message).is_err_and(|text| text.contains("selector")), "{text}");
            });
        }
    }
}
