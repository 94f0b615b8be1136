//! What the API server does not let change in an object of its own kinds that is there, as kube-apiserver 1.36 decides it.

use crate::manifest::Resource;
use crate::schema::value::{Quantity, code, same};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// A field that keeps its value, by group and kind.
struct Fixed {
    group: &'static str,
    kinds: &'static [&'static str],
    path: &'static [&'static str],
    /// Whether a value may still be given where there was none.
    once: bool,
}

const fn fixed(group: &'static str, kinds: &'static [&'static str], path: &'static [&'static str]) -> Fixed {
    Fixed { group, kinds, path, once: false }
}

const fn fixed_once(group: &'static str, kinds: &'static [&'static str], path: &'static [&'static str]) -> Fixed {
    Fixed { group, kinds, path, once: true }
}

static FIXED: &[Fixed] = &[
    fixed("apps", &["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"], &["spec", "selector"]),
    fixed("apps", &["StatefulSet"], &["spec", "serviceName"]),
    fixed("apps", &["StatefulSet"], &["spec", "podManagementPolicy"]),
    fixed("apps", &["StatefulSet"], &["spec", "volumeClaimTemplates"]),
    fixed("batch", &["Job"], &["spec", "template"]),
    fixed("batch", &["Job"], &["spec", "completionMode"]),
    fixed("batch", &["Job"], &["spec", "podFailurePolicy"]),
    fixed("batch", &["Job"], &["spec", "backoffLimitPerIndex"]),
    fixed("batch", &["Job"], &["spec", "successPolicy"]),
    fixed("batch", &["Job"], &["spec", "managedBy"]),
    fixed("", &["Secret"], &["type"]),
    fixed("", &["PersistentVolumeClaim"], &["spec", "accessModes"]),
    fixed("", &["PersistentVolumeClaim"], &["spec", "selector"]),
    fixed("", &["PersistentVolumeClaim"], &["spec", "volumeMode"]),
    fixed("", &["PersistentVolumeClaim"], &["spec", "dataSource"]),
    fixed("", &["PersistentVolumeClaim"], &["spec", "dataSourceRef"]),
    fixed_once("", &["PersistentVolumeClaim"], &["spec", "storageClassName"]),
    fixed_once("", &["PersistentVolumeClaim"], &["spec", "volumeName"]),
    fixed("rbac.authorization.k8s.io", &["RoleBinding", "ClusterRoleBinding"], &["roleRef"]),
    fixed("storage.k8s.io", &["StorageClass"], &["provisioner"]),
    fixed("storage.k8s.io", &["StorageClass"], &["parameters"]),
    fixed("storage.k8s.io", &["StorageClass"], &["reclaimPolicy"]),
    fixed("storage.k8s.io", &["StorageClass"], &["volumeBindingMode"]),
    fixed("storage.k8s.io", &["VolumeAttributesClass"], &["driverName"]),
    fixed("storage.k8s.io", &["VolumeAttributesClass"], &["parameters"]),
    fixed("networking.k8s.io", &["IngressClass"], &["spec", "controller"]),
    fixed("scheduling.k8s.io", &["PriorityClass"], &["value"]),
    fixed("scheduling.k8s.io", &["PriorityClass"], &["preemptionPolicy"]),
    fixed("node.k8s.io", &["RuntimeClass"], &["handler"]),
    fixed("discovery.k8s.io", &["EndpointSlice"], &["addressType"]),
    fixed("apiextensions.k8s.io", &["CustomResourceDefinition"], &["spec", "scope"]),
    fixed("certificates.k8s.io", &["CertificateSigningRequest"], &["spec"]),
    fixed("resource.k8s.io", &["ResourceClaim", "ResourceClaimTemplate"], &["spec"]),
];

/// What the API server fills in where one of these fields is not written.
const ASSUMED: &[(&str, &str)] = &[
    ("apiGroup", "rbac.authorization.k8s.io"),
    ("apiVersion", "v1"),
    ("completionMode", "NonIndexed"),
    ("dnsPolicy", "ClusterFirst"),
    ("imagePullPolicy", "IfNotPresent"),
    ("kind", "PersistentVolumeClaim"),
    ("podManagementPolicy", "OrderedReady"),
    ("preemptionPolicy", "PreemptLowerPriority"),
    ("protocol", "TCP"),
    ("reclaimPolicy", "Delete"),
    ("schedulerName", "default-scheduler"),
    ("terminationGracePeriodSeconds", "30"),
    ("terminationMessagePath", "/dev/termination-log"),
    ("terminationMessagePolicy", "File"),
    ("type", "Opaque"),
    ("volumeBindingMode", "Immediate"),
    ("volumeMode", "Filesystem"),
];

/// Annotations by which whoever applies an object makes it anew where it cannot be changed.
const MADE_ANEW: &[(&str, &[&str])] = &[
    ("kustomize.toolkit.fluxcd.io/force", &["enabled", "Enabled"]),
    ("argocd.argoproj.io/sync-options", &["Replace=true", "Force=true"]),
];

/// Adds what is refused of the change from `old` to `new`, two states of one object. Values of `old` are named in messages,
/// and none of its places.
pub fn check_update<'w>(old: &Resource<'_>, new: &Resource<'w>, problems: &mut Problems<'w>) {
    let comparable = old.whole && new.whole && old.group == new.group && old.kind == new.kind;
    if !comparable || old.may_be_completed().is_some() || new.may_be_completed().is_some() || is_made_anew(new) {
        return;
    }
    let own = FIXED.iter().filter(|fixed| fixed.group == new.group && fixed.kinds.contains(&new.kind));
    for fixed in own {
        if new.kind == "Job" && (goes_by_itself(old) || suspends(old) && fixed.path == ["spec", "template"]) {
            continue;
        }
        let (before, after) = (value_at(old.value, fixed.path), value_at(new.value, fixed.path));
        if fixed.once && before.is_none() {
            continue;
        }
        if let Some(problem) = changed(before, after, new, fixed.path) {
            problems.push(problem);
        }
    }
    match (new.group, new.kind) {
        ("", "Secret" | "ConfigMap") => sealed(old, new, problems),
        ("", "PersistentVolumeClaim") => shrinking(old, new, problems),
        ("", "Service") => cluster_ip(old, new, problems),
        _ => {}
    }
}

fn value_at<'a>(value: Value<'a>, path: &[&str]) -> Option<Value<'a>> {
    value.at(path).filter(|value| !value.is_null())
}

fn is_made_anew(new: &Resource<'_>) -> bool {
    MADE_ANEW.iter().any(|(key, words)| {
        let text = new.annotation(key).and_then(Value::raw).unwrap_or_default();
        text.split(',').any(|word| words.contains(&word.trim()))
    })
}

/// Whether a Job is taken away when it is done, so that the next apply makes it anew.
fn goes_by_itself(job: &Resource<'_>) -> bool {
    let is_hook = |key: &str| job.annotation(key).is_some();
    job.at(&["spec", "ttlSecondsAfterFinished"]).is_some()
        || is_hook("helm.sh/hook")
        || is_hook("argocd.argoproj.io/hook")
}

/// Whether a Job waits: then it may still get another template.
fn suspends(job: &Resource<'_>) -> bool {
    job.at(&["spec", "suspend"]).and_then(Value::as_bool) == Some(true)
}

/// The problem of a field that may not change and did.
fn changed<'w>(
    before: Option<Value<'_>>,
    after: Option<Value<'w>>,
    new: &Resource<'w>,
    path: &[&str],
) -> Option<Problem<'w>> {
    let key = path.last().copied().unwrap_or_default();
    let assumed = |value: Value<'_>| ASSUMED.iter().any(|(name, text)| *name == key && value.raw() == Some(text));
    let differs = match (before, after) {
        (None, None) => false,
        (Some(one), Some(other)) => same(one, other, ASSUMED) == Some(false),
        (Some(one), None) => one.unknown().is_none() && !assumed(one),
        (None, Some(other)) => other.unknown().is_none() && !assumed(other),
    };
    if !differs {
        return None;
    }
    let field = path.join(".");
    let shown = |value: Option<Value<'_>>| match value {
        Some(value) if new.kind != "Secret" || key == "type" => value.raw().map(|text| format!("`{text}`")),
        Some(_) => None,
        None => Some("nothing".to_owned()),
    };
    let change = match (shown(before), shown(after)) {
        (Some(from), Some(to)) => format!(", and goes from {from} to {to}"),
        _ => ", and does".to_owned(),
    };
    let message = format!("{} is refused: `{field}` cannot change{change}", new.title());
    let holder = value_at(new.value, &path[..path.len() - 1]).unwrap_or(new.value);
    let problem = match after {
        Some(value) => Problem::new(code::IMMUTABLE, value, message).at_key().label("was another before"),
        None => {
            let place = holder.key_span().unwrap_or_else(|| new.headline().span());
            Problem::new(code::IMMUTABLE, holder, message).underline(place).label(format!("`{key}` was here"))
        }
    };
    Some(problem.help(match (new.kind, key) {
        ("StatefulSet", "volumeClaimTemplates") => {
            "delete it with `--cascade=orphan` before the change is applied, and grow the claims by themselves"
        }
        ("Job", _) => "give the Job a new name, or delete the old one before the change is applied",
        ("RoleBinding" | "ClusterRoleBinding", _) => "make a binding under another name, and take this one away",
        _ => "keep it as it was, or make a new object under another name",
    }))
}

/// A Secret or ConfigMap that says that it never changes.
fn sealed<'w>(old: &Resource<'_>, new: &Resource<'w>, problems: &mut Problems<'w>) {
    if old.at(&["immutable"]).and_then(Value::as_bool) != Some(true) {
        return;
    }
    let flag = new.at(&["immutable"]);
    if flag.and_then(Value::as_bool) != Some(true) {
        let message =
            format!("{} is refused: it was made with `immutable: true`, which cannot be taken back", new.title());
        let at = flag.unwrap_or(new.value);
        let place = flag.map_or_else(|| new.headline().span(), Value::key_or_span);
        problems.push(
            Problem::new(code::IMMUTABLE, at, message)
                .underline(place)
                .label("was `immutable: true`")
                .help("delete the object before the change is applied, or make a new one under another name"),
        );
        return;
    }
    for field in ["data", "stringData", "binaryData"] {
        let (before, after) = (value_at(old.value, &[field]), value_at(new.value, &[field]));
        let differs = match (before, after) {
            (None, None) => false,
            (Some(one), Some(other)) => same(one, other, &[]) == Some(false),
            (one, other) => one.or(other).is_some_and(|value| !value.is_empty()),
        };
        if differs {
            let message = format!("{} is refused: it is `immutable`, and its `{field}` changes", new.title());
            let at = after.or(flag).unwrap_or(new.value);
            let mut problem = Problem::new(code::IMMUTABLE, at, message).at_key().label("was another before");
            if let Some(flag) = flag {
                problem = problem.related(flag.key_or_span(), "nothing of it may change");
            }
            problems.push(problem.help("make a new object under another name, and point its users there"));
            return;
        }
    }
}

/// A claim asks for less than before.
fn shrinking<'w>(old: &Resource<'_>, new: &Resource<'w>, problems: &mut Problems<'w>) {
    const SIZE: &[&str] = &["spec", "resources", "requests", "storage"];
    let size = |value: Value<'_>| Quantity::parse(value.raw()?);
    let (Some(before), Some(after)) = (value_at(old.value, SIZE), value_at(new.value, SIZE)) else { return };
    if let (Some(from), Some(to)) = (size(before), size(after))
        && to < from
    {
        let (from, to) = (before.raw().unwrap_or_default(), after.raw().unwrap_or_default());
        let message = format!("{} is refused: a claim cannot shrink, and goes from `{from}` to `{to}`", new.title());
        problems.push(
            Problem::new(code::IMMUTABLE, after, message)
                .label(format!("was `{from}`"))
                .help("keep the size, or copy the data to a new claim"),
        );
    }
}

/// A Service keeps its address.
fn cluster_ip<'w>(old: &Resource<'_>, new: &Resource<'w>, problems: &mut Problems<'w>) {
    let outside = |one: Value<'_>| value_at(one, &["spec", "type"]).and_then(Value::raw) == Some("ExternalName");
    if outside(old.value) || outside(new.value) {
        return;
    }
    for path in [&["spec", "clusterIP"][..], &["spec", "loadBalancerClass"]] {
        // Not written, the server keeps or gives one.
        if let (Some(before), Some(after)) = (value_at(old.value, path), value_at(new.value, path)) {
            problems.found.extend(changed(Some(before), Some(after), new, path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifests, Parsed};
    use crate::source::SourceId;
    use crate::yaml::parse;

    /// What is told of the change from one text to another, as pointers.
    fn told(old: &str, new: &str) -> Vec<String> {
        let files = [parse(SourceId(0), old.into()), parse(SourceId(1), new.into())];
        let read = |file| Manifests::new(vec![Parsed { root: 0, path: "all.yaml", file }]);
        let (before, after) = (read(&files[0]), read(&files[1]));
        let (before, after) = (&before.resources[0], &after.resources[0]);
        let mut problems = Problems::default();
        check_update(before, after, &mut problems);
        assert!(problems.found.iter().all(|problem| problem.code == code::IMMUTABLE && !problem.helps.is_empty()));
        problems.found.iter().map(|problem| problem.pointer(after.value)).collect()
    }

    fn object(api: &str, kind: &str, rest: &str) -> String {
        format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\n{rest}\n")
    }

    const POD: &str = "template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: x}]}}";

    #[test]
    fn what_cannot_change_is_told_and_what_can_is_not() {
        let workload =
            |selector: &str, more: &str| format!("spec: {{selector: {{matchLabels: {selector}}}, {more}{POD}}}");
        let claim = |size: &str, more: &str| {
            format!("spec: {{accessModes: [ReadWriteOnce], {more}resources: {{requests: {{storage: {size}}}}}}}")
        };
        let sealed = |rest: &str| format!("immutable: true\ndata: {{{rest}}}");
        for (api, kind, old, new, expected) in [
            ("apps/v1", "Deployment", workload("{app: a}", ""), workload("{app: b}", ""), &["/spec/selector"][..]),
            (
                "apps/v1",
                "Deployment",
                workload("{app: a}", "replicas: 1, "),
                workload("{app: a}", "replicas: 2, "),
                &[],
            ),
            (
                "apps/v1",
                "StatefulSet",
                workload("{app: a}", "serviceName: a, "),
                workload("{app: a}", "serviceName: b, "),
                &["/spec/serviceName"],
            ),
            (
                "apps/v1",
                "StatefulSet",
                workload("{app: a}", ""),
                workload("{app: a}", "podManagementPolicy: OrderedReady, "),
                &[],
            ),
            (
                "apps/v1",
                "StatefulSet",
                workload("{app: a}", ""),
                workload("{app: a}", "podManagementPolicy: Parallel, "),
                &["/spec/podManagementPolicy"],
            ),
            (
                "batch/v1",
                "Job",
                format!("spec: {{{POD}}}"),
                format!("spec: {{{}}}", POD.replace('x', "y")),
                &["/spec/template"],
            ),
            (
                "batch/v1",
                "Job",
                format!("spec: {{ttlSecondsAfterFinished: 60, {POD}}}"),
                format!("spec: {{{}}}", POD.replace('x', "y")),
                &[],
            ),
            ("v1", "Secret", "type: a/b".into(), "type: Opaque".into(), &["/type"]),
            ("v1", "Secret", "data: {}".into(), "type: Opaque".into(), &[]),
            ("v1", "ConfigMap", sealed("a: b"), sealed("a: c"), &["/data"]),
            ("v1", "ConfigMap", sealed("a: b"), sealed("a: b"), &[]),
            ("v1", "ConfigMap", sealed("a: b"), "data: {a: b}".into(), &[""]),
            ("v1", "ConfigMap", "data: {a: b}".into(), sealed("a: c"), &[]),
            ("v1", "PersistentVolumeClaim", claim("2Gi", ""), claim("1Gi", ""), &["/spec/resources/requests/storage"]),
            ("v1", "PersistentVolumeClaim", claim("1024Mi", ""), claim("1Gi", ""), &[]),
            ("v1", "PersistentVolumeClaim", claim("1Gi", ""), claim("2Gi", "storageClassName: a, "), &[]),
            (
                "v1",
                "PersistentVolumeClaim",
                claim("1Gi", "storageClassName: a, "),
                claim("1Gi", "storageClassName: b, "),
                &["/spec/storageClassName"],
            ),
            (
                "v1",
                "Service",
                "spec: {clusterIP: None}".into(),
                "spec: {clusterIP: 10.0.0.1}".into(),
                &["/spec/clusterIP"],
            ),
            ("v1", "Service", "spec: {}".into(), "spec: {clusterIP: 10.0.0.1}".into(), &[]),
            (
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                "roleRef: {kind: Role, name: a}".into(),
                "roleRef: {kind: Role, name: b}".into(),
                &["/roleRef"],
            ),
            (
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                "roleRef: {kind: Role, name: a}".into(),
                "roleRef: {kind: Role, name: a, apiGroup: rbac.authorization.k8s.io}".into(),
                &[],
            ),
            ("storage.k8s.io/v1", "StorageClass", "provisioner: a".into(), "provisioner: b".into(), &["/provisioner"]),
            ("storage.k8s.io/v1", "StorageClass", "provisioner: a".into(), "provisioner: '${P}'".into(), &[]),
        ] {
            assert_eq!(told(&object(api, kind, &old), &object(api, kind, &new)), expected, "{kind}: {old} -> {new}");
        }
    }

    #[test]
    fn what_is_made_anew_may_change() {
        let job = |image: &str, annotation: &str| {
            format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: a, annotations: {{{annotation}}}}}\n\
                 spec: {{template: {{spec: {{containers: [{{name: a, image: {image}}}]}}}}}}\n"
            )
        };
        for annotation in
            ["kustomize.toolkit.fluxcd.io/force: enabled", "argocd.argoproj.io/sync-options: 'Force=true,Replace=true'"]
        {
            assert_eq!(told(&job("x", annotation), &job("y", annotation)), [""; 0], "{annotation}");
        }
        assert_eq!(told(&job("x", "a: b"), &job("y", "a: b")), ["/spec/template"]);
    }
}
