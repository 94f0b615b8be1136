//! What policies of Kyverno make, and what they write into objects as they are made.

use super::Graph;
use crate::manifest::Resource;
use crate::yaml::{Step, Value, Visit, has_placeholder, walk};

const GROUPS: &[&str] = &["kyverno.io", "policies.kyverno.io"];

const KINDS: &[&str] = &[
    "ClusterPolicy",
    "Policy",
    "GeneratingPolicy",
    "NamespacedGeneratingPolicy",
    "MutatingPolicy",
    "NamespacedMutatingPolicy",
];

/// Whether it is a policy that may make or change objects.
pub fn is_policy(resource: &Resource<'_>) -> bool {
    GROUPS.contains(&resource.group) && KINDS.contains(&resource.kind)
}

/// Those of a target.
pub fn policies<'g, 'w>(graph: &'g Graph<'w>) -> impl Iterator<Item = &'w Resource<'w>> + use<'g, 'w> {
    let kinds = GROUPS.iter().flat_map(|group| KINDS.iter().map(move |kind| (group, kind)));
    kinds.flat_map(|(group, kind)| graph.of_kind(group, kind).iter().copied())
}

fn rules<'w>(policy: &'w Resource<'w>) -> impl Iterator<Item = Value<'w>> {
    policy.at(&["spec", "rules"]).into_iter().flat_map(Value::items)
}

/// Whether a policy makes objects of a kind that `is_meant` names, or what it makes is not known.
pub fn generates<'w>(policy: &'w Resource<'w>, is_meant: impl Fn(&str) -> bool) -> bool {
    let is_kind = |kind: Value<'w>| kind.known().is_none_or(|kind| is_meant(kind.rsplit('/').next().unwrap_or(kind)));
    policy.kind.ends_with("GeneratingPolicy")
        || rules(policy).filter_map(|rule| rule.get("generate")).any(|generate| match generate.get("cloneList") {
            Some(list) => list.get("kinds").into_iter().flat_map(Value::items).any(is_kind),
            None => generate.get("kind").is_none_or(is_kind),
        })
}

/// Whether a policy writes labels into objects of one of `kinds` as they are made.
pub fn relabels<'w>(policy: &'w Resource<'w>, kinds: &[&str]) -> bool {
    let is_about = |matched: Value<'w>| names(matched, kinds);
    if policy.kind.ends_with("MutatingPolicy") {
        let about = policy.at(&["spec", "matchConstraints"]).is_none_or(is_about);
        return about && policy.at(&["spec", "mutations"]).is_some_and(writes_labels);
    }
    rules(policy).any(|rule| {
        let Some(mutate) = rule.get("mutate") else { return false };
        let about = rule.get("match").is_none_or(is_about) || mutate.get("targets").is_some_and(is_about);
        about && writes_labels(mutate)
    })
}

/// Whether what a policy matches may be of one of `kinds`: by kind, or by the name that the API server has for it.
fn names(matched: Value<'_>, kinds: &[&str]) -> bool {
    let mut found = false;
    walk(matched, &mut |steps, value| {
        let key = steps.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Index(_) => None,
        });
        if matches!(key, Some("kind" | "kinds" | "resources"))
            && let Some(text) = value.raw()
        {
            let own = text.rsplit('/').next().unwrap_or(text);
            let is_own = |kind: &&str| {
                own == *kind || own.strip_suffix('s').is_some_and(|plural| plural.eq_ignore_ascii_case(kind))
            };
            found |= own.contains('*') || has_placeholder(own) || kinds.iter().any(is_own);
        }
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

/// Whether a change speaks of labels: as a patch, by a path, or in an expression.
fn writes_labels(change: Value<'_>) -> bool {
    let mut found = false;
    walk(change, &mut |steps, value| {
        // `+(labels)` is added where it is missing.
        let is_labels = |step: &Step<'_>| matches!(step, Step::Key(key) if key.trim_start_matches("+(").trim_end_matches(')') == "labels");
        found |= steps.last().is_some_and(is_labels) || value.raw().is_some_and(|text| text.contains("labels"));
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifests, Parsed};
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn with<T>(spec: &str, kind: &str, look: impl FnOnce(&Resource<'_>) -> T) -> T {
        let text = format!("apiVersion: kyverno.io/v1\nkind: {kind}\nmetadata: {{name: p}}\nspec: {spec}\n");
        let file = parse(SourceId(0), text.into());
        let manifests = Manifests::new(vec![Parsed { root: 0, path: "p.yaml", file: &file }]);
        look(&manifests.resources[0])
    }

    #[test]
    fn what_is_made_goes_by_kind() {
        for (generate, expected) in [
            ("{kind: Secret}", true),
            ("{kind: NetworkPolicy}", false),
            ("{kind: '{{request.object.kind}}'}", true),
            ("{cloneList: {kinds: [v1/ConfigMap, v1/Secret]}}", true),
            ("{cloneList: {kinds: [v1/ConfigMap]}}", false),
        ] {
            let spec = format!("{{rules: [{{generate: {generate}}}]}}");
            let found = with(&spec, "ClusterPolicy", |policy| generates(policy, |kind| kind == "Secret"));
            assert_eq!(found, expected, "{generate}");
        }
        assert!(with("{}", "GeneratingPolicy", |policy| generates(policy, |kind| kind == "Secret")));
    }

    #[test]
    fn who_is_given_labels_goes_by_kind_and_patch() {
        let of = |kind: &str, mutate: &str| {
            format!("{{rules: [{{match: {{any: [{{resources: {{kinds: [{kind}]}}}}]}}, mutate: {mutate}}}]}}")
        };
        let labels = "{patchStrategicMerge: {metadata: {+(labels): {a: b}}}}";
        let annotations = "{patchStrategicMerge: {metadata: {annotations: {a: b}}}}";
        let expression = |resource: &str| {
            format!(
                "{{matchConstraints: {{resourceRules: [{{resources: [{resource}]}}]}}, mutations: [{{applyConfiguration: \
                 {{expression: 'Object{{metadata: Object.metadata{{labels: {{}}}}}}'}}}}]}}"
            )
        };
        for (kind, spec, expected) in [
            ("ClusterPolicy", of("Namespace", labels), true),
            ("ClusterPolicy", of("'*'", labels), true),
            ("ClusterPolicy", of("v1/Namespace", labels), true),
            ("ClusterPolicy", of("Pod", labels), false),
            ("ClusterPolicy", of("Namespace", annotations), false),
            ("MutatingPolicy", expression("namespaces"), true),
            ("MutatingPolicy", expression("pods"), false),
        ] {
            assert_eq!(with(&spec, kind, |policy| relabels(policy, &["Namespace"])), expected, "{kind} {spec}");
        }
    }
}
