use super::check;
use crate::schema::testing::told;

fn of(api_version: &str, kind: &str, metadata: &str) -> Vec<String> {
    told(check, &format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{{metadata}}}\n"))
}

#[test]
fn names_follow_their_kind() {
    let long = |count: usize| format!("name: {}", "a".repeat(count));
    for (api_version, kind, metadata, is_good) in [
        ("v1", "ConfigMap", "name: a.b", true),
        ("v1", "ConfigMap", "name: 1abc", true),
        ("v1", "ConfigMap", "name: A", false),
        ("v1", "ConfigMap", "name: a..b", false),
        ("v1", "ConfigMap", "name: '${NAME}'", true),
        ("v1", "ConfigMap", &long(253), true),
        ("v1", "ConfigMap", &long(254), false),
        ("v1", "Namespace", "name: a.b", false),
        ("v1", "Namespace", &long(63), true),
        ("v1", "Namespace", &long(64), false),
        ("v1", "Service", "name: 1a", true),
        ("v1", "Service", "name: a.b", false),
        ("rbac.authorization.k8s.io/v1", "Role", "name: 'system:A_b'", true),
        ("rbac.authorization.k8s.io/v1", "Role", "name: a/b", false),
        ("policy/v1", "PodDisruptionBudget", "name: 'A b-'", true),
        ("batch/v1", "CronJob", &long(52), false), // only a part of one: no jobTemplate
        ("example.org/v1", "Thing", "name: a.b", true),
        ("example.org/v1", "Thing", "name: A", false),
        ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration", "name: A", true),
        ("backstage.io/v1alpha1", "Component", "name: Shop_API", true),
        ("fn.kpt.dev/v1alpha1", "ApplySetters", "name: Set_All", true),
        ("notbackstage.io/v1alpha1", "Component", "name: Shop_API", false),
        ("builtin", "ImageTagTransformer", "name: notImportant", true),
        ("v1", "Config", "name: A", true),
        ("v1", "ConfigMap", "generateName: a-", true),
        ("v1", "ConfigMap", "generateName: A-", false),
        ("v1", "ConfigMap", "", false),
        ("v1", "ConfigMap", "name: ''", false),
        ("v1", "LimitRange", "name: ''", true),
        ("example.org/v1", "Thing", "", true),
        ("example.org/v1", "Thing", "name: ''", false),
        ("kustomize.toolkit.fluxcd.io/v1", "Receiver", "", false),
    ] {
        // A CronJob without a template is only a part of one, and left alone.
        let is_good = is_good || kind == "CronJob";
        assert_eq!(of(api_version, kind, metadata).is_empty(), is_good, "{kind} {metadata}");
    }
}

#[test]
fn names_of_jobs_leave_room() {
    let cron = |count: usize| {
        told(
            check,
            &format!(
                "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {}}}\nspec: {{jobTemplate: {{}}}}\n",
                "a".repeat(count)
            ),
        )
    };
    assert!(cron(52).is_empty());
    assert_eq!(cron(53), ["name /metadata/name"]);
    let job = |count: usize, spec: &str| {
        told(
            check,
            &format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {}}}\nspec: {{template: {{spec: {{containers: []}}}}, {spec}}}\n",
                "a".repeat(count)
            ),
        )
    };
    assert!(job(63, "completions: 4").is_empty());
    assert_eq!(job(64, "completions: 4"), ["name /metadata/name"]);
    assert!(job(61, "completions: 4, completionMode: Indexed").is_empty());
    assert_eq!(job(62, "completions: 4, completionMode: Indexed"), ["name /metadata/name"]);
    assert_eq!(job(61, "completions: 11, completionMode: Indexed"), ["name /metadata/name"]);
}

#[test]
fn the_rest_of_the_metadata_is_read() {
    for (metadata, expected) in [
        ("name: a, namespace: b", vec![]),
        ("name: a, namespace: ''", vec![]),
        ("name: a, namespace: b.c", vec!["namespace /metadata/namespace"]),
        ("name: a, labels: {a.org/b: '', c: D_e.f}", vec![]),
        ("name: a, labels: {a: null}", vec![]),
        ("name: a, labels: {UP.org/b: c}", vec!["label /metadata/labels/UP.org~1b"]),
        ("name: a, labels: {a: -b}", vec!["label /metadata/labels/a"]),
        ("name: a, labels: {a: '${B}'}", vec![]),
        ("name: a, labels: {'${A}/b': c}", vec![]),
        ("name: a, annotations: {UP.org/b: a b}", vec![]),
        ("name: a, annotations: {a_b.org/c: d}", vec!["annotation /metadata/annotations/a_b.org~1c"]),
        ("name: a, finalizers: [kubernetes, example.org/a]", vec![]),
        ("name: a, finalizers: [other]", vec!["finalizer /metadata/finalizers/0"]),
        ("name: a, finalizers: [a b]", vec!["finalizer /metadata/finalizers/0"]),
        ("name: a, ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: b, controller: true}]", vec![]),
        (
            "name: a, ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: '', controller: true}, \
             {apiVersion: v1, kind: Pod, name: b, uid: c, controller: true}]",
            vec!["owner /metadata/ownerReferences/0/uid", "owner /metadata/ownerReferences/1"],
        ),
    ] {
        assert_eq!(of("v1", "ConfigMap", metadata), expected, "{metadata}");
    }
    assert!(of("example.org/v1", "Thing", "name: a, finalizers: [other]").is_empty());
    assert!(of("v1", "PersistentVolume", "name: a, namespace: A_b").is_empty());
    let large = format!("name: a, annotations: {{a: {}}}", "b".repeat(256 * 1024));
    assert_eq!(of("v1", "ConfigMap", &large), ["annotation /metadata/annotations"]);
}

#[test]
fn namespaces_name_levels_of_pod_security() {
    for (labels, count) in [
        ("{pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/enforce-version: v1.36}", 0),
        ("{pod-security.kubernetes.io/warn: latest}", 1),
        ("{pod-security.kubernetes.io/enforce: null}", 1),
        ("{pod-security.kubernetes.io/audit-version: '1.36'}", 1),
        ("{pod-security.kubernetes.io/enforce: '-a'}", 1),
    ] {
        assert_eq!(of("v1", "Namespace", &format!("name: a, labels: {labels}")).len(), count, "{labels}");
    }
}

#[test]
fn templates_have_metadata_too() {
    let text = "apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    metadata: {name: Any, labels: {a: b/c}, annotations: {a/b/c: d}}
    spec: {containers: []}
";
    assert_eq!(
        told(check, text),
        ["label /spec/template/metadata/labels/a", "annotation /spec/template/metadata/annotations/a~1b~1c",]
    );
}
