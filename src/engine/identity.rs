//! What makes a finding the same one in another run: rule, code, object, pointer, and the file it lies in. No value and no
//! line is part of it.

use crate::finding::{Finding, ObjectName};
use crate::source::Sources;
use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// One finding as it is known again. Sorted as a person reads: by file first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The file of the primary label.
    pub file: String,
    /// Id of the rule.
    pub rule: String,
    /// Which of the rule's facts it is.
    pub code: String,
    /// `Kind/namespace/name` of the object, `-` for no namespace; none for a fact about a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// JSON pointer in the document.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pointer: String,
}

impl Identity {
    /// The identity of a finding.
    pub fn of(sources: &Sources, finding: &Finding) -> Identity {
        Identity {
            file: sources.name(finding.primary.span.source).into_owned(),
            rule: finding.rule.to_owned(),
            code: finding.code.to_owned(),
            object: objects(finding).into_iter().next(),
            pointer: finding.pointer.clone(),
        }
    }

    fn fingerprint(&self) -> String {
        let subject = self.object.as_deref().unwrap_or(&self.file);
        format!("{}:{}:{subject}:{}", self.rule, self.code, self.pointer)
    }
}

/// Every object that a finding is about, sorted: a fault in a base is one of each overlay.
pub(super) fn objects(finding: &Finding) -> BTreeSet<String> {
    finding.places.iter().filter_map(|place| place.resource.as_ref()).map(object).collect()
}

fn object(object: &ObjectName) -> String {
    let namespace = object.namespace.as_deref().unwrap_or("-");
    format!("{}/{namespace}/{}", object.kind, without_hash(&object.kind, &object.name))
}

/// The name without the hash of the content that kustomize puts behind it: that changes with every value.
fn without_hash<'n>(kind: &str, name: &'n str) -> &'n str {
    let of_kustomize = |hash: &str| hash.len() == 10 && hash.bytes().all(|byte| b"bcdfghkmt2456789".contains(&byte));
    match name.rsplit_once('-') {
        Some((stem, hash)) if matches!(kind, "ConfigMap" | "Secret") && of_kustomize(hash) => stem,
        _ => name,
    }
}

/// A pointer in which the numbers of list items do not count: they shift when an item comes in front.
pub(super) fn without_numbers(pointer: &str) -> Cow<'_, str> {
    let is_number = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    if !pointer.split('/').any(is_number) {
        return Cow::Borrowed(pointer);
    }
    let steps: Vec<&str> = pointer.split('/').map(|step| if is_number(step) { "*" } else { step }).collect();
    Cow::Owned(steps.join("/"))
}

/// Gives each finding its fingerprint, in the order of the list.
pub(super) fn fingerprints(sources: &Sources, findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let identity = Identity::of(sources, finding).fingerprint();
        let ordinal = seen.entry(identity.clone()).or_default();
        finding.fingerprint = format!("{identity}:{ordinal}");
        *ordinal += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_kustomize_is_no_part_of_a_name() {
        for (kind, name, expected) in [
            ("ConfigMap", "settings-8m9f2hk7ct", "settings"),
            ("Secret", "orders-db-b4t5g6h7k8", "orders-db"),
            ("Secret", "orders-db-password99", "orders-db-password99"),
            ("Secret", "orders-db", "orders-db"),
            ("Cluster", "orders-8m9f2hk7ct", "orders-8m9f2hk7ct"),
        ] {
            assert_eq!(without_hash(kind, name), expected);
        }
    }

    #[test]
    fn numbers_of_items_do_not_count() {
        for (pointer, expected) in [
            ("", ""),
            ("/spec/size", "/spec/size"),
            ("/spec/containers/0/env/12/value", "/spec/containers/*/env/*/value"),
            ("/data/a1/0x", "/data/a1/0x"),
        ] {
            assert_eq!(without_numbers(pointer), expected);
        }
    }
}
