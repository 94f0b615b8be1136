use super::table;

const RBAC: &str = "rbac.authorization.k8s.io/v1";

#[test]
fn roles() {
    table(
        RBAC,
        "Role",
        &[
            ("rules: null", &[]),
            ("rules: [{apiGroups: [''], resources: [pods], verbs: [gett]}]", &[]),
            ("rules: [{apiGroups: [''], resources: [pods], verbs: []}]", &["missing"]),
            ("rules: [{resources: [pods], verbs: [get]}]", &["missing"]),
            ("rules: [{apiGroups: [''], verbs: [get]}]", &["missing"]),
            ("rules: [{nonResourceURLs: [/x], verbs: [get]}]", &["cross-field"]),
            ("rules: [null]", &["missing"]),
        ],
    );
    table(
        RBAC,
        "ClusterRole",
        &[
            ("rules: [{nonResourceURLs: [x], verbs: [get]}]", &[]),
            ("rules: [{nonResourceURLs: [/x], apiGroups: [''], resources: [pods], verbs: [get]}]", &["cross-field"]),
            ("aggregationRule: {}", &["missing"]),
            ("aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b c}}]}", &["selector"]),
        ],
    );
}

#[test]
fn bindings() {
    table(
        RBAC,
        "RoleBinding",
        &[
            ("roleRef: {kind: Role, name: a}", &[]),
            ("roleRef: {kind: role, name: a}", &["enum"]),
            ("roleRef: {kind: Role, name: ''}", &["missing"]),
            ("roleRef: {kind: Role, name: a, apiGroup: b}", &["enum"]),
            ("roleRef: {kind: Role, name: a}\nsubjects: [{kind: ServiceAccount, name: a}]", &[]),
            ("roleRef: {kind: Role, name: a}\nsubjects: [{kind: ServiceAccount, name: A}]", &["name"]),
            (
                "roleRef: {kind: Role, name: a}\nsubjects: [{kind: ServiceAccount, name: a, apiGroup: rbac.authorization.k8s.io}]",
                &["cross-field"],
            ),
            ("roleRef: {kind: Role, name: a}\nsubjects: [{kind: User, name: a}]", &[]),
            ("roleRef: {kind: Role, name: a}\nsubjects: [{kind: Pod, name: a}]", &["enum"]),
        ],
    );
    table(
        RBAC,
        "ClusterRoleBinding",
        &[
            ("roleRef: {kind: ClusterRole, name: a}\nsubjects: [{kind: ServiceAccount, name: a, namespace: b}]", &[]),
            ("roleRef: {kind: Role, name: a}", &["enum"]),
            ("roleRef: {kind: ClusterRole, name: a}\nsubjects: [{kind: ServiceAccount, name: a}]", &["missing"]),
        ],
    );
}

#[test]
fn kinds_of_the_cluster() {
    table(
        "v1",
        "Namespace",
        &[
            ("spec: {finalizers: [kubernetes, a.org/b]}", &[]),
            ("spec: {finalizers: [mine]}", &["name"]),
            ("spec: {finalizers: [null]}", &["name"]),
        ],
    );
    table(
        "v1",
        "Node",
        &[
            ("spec: {taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoExecute}]}", &[]),
            ("spec: {taints: [{key: a, effect: NoSchedule}, {key: a, value: b, effect: NoSchedule}]}", &["duplicate"]),
            ("spec: {taints: [{key: a b, effect: noschedule}]}", &["name", "enum"]),
        ],
    );
    table(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        &[
            ("value: 1000000000", &[]),
            ("value: 1000000001", &["bound"]),
            ("metadata: {name: system-x}\nvalue: 5", &["name"]),
            ("metadata: {name: system-node-critical}\nvalue: 2000001000", &[]),
            ("value: 1\npreemptionPolicy: never", &["enum"]),
        ],
    );
    table("node.k8s.io/v1", "RuntimeClass", &[("handler: runc", &[]), ("handler: run_c", &["name"])]);
    table(
        "coordination.k8s.io/v1",
        "Lease",
        &[
            ("spec: {leaseDurationSeconds: 15, renewTime: '2030-01-01T00:00:00.000000Z'}", &[]),
            ("spec: {leaseDurationSeconds: 0}", &["bound"]),
            ("spec: {renewTime: yesterday}", &["duration"]),
        ],
    );
    table(
        "apiregistration.k8s.io/v1",
        "APIService",
        &[
            (
                "metadata: {name: v1.a.org}\nspec: {group: a.org, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {name: a, namespace: b}, insecureSkipTLSVerify: true}",
                &[],
            ),
            (
                "metadata: {name: a.org}\nspec: {group: a.org, version: v1, groupPriorityMinimum: 0, versionPriority: 1}",
                &["name", "bound"],
            ),
            (
                "metadata: {name: v1.a.org}\nspec: {group: a.org, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {name: a, namespace: b}, insecureSkipTLSVerify: true, caBundle: aGk=}",
                &["cross-field"],
            ),
            (
                "metadata: {name: v1.a.org}\nspec: {group: a.org, version: v1, groupPriorityMinimum: 1, versionPriority: 1, caBundle: aGk=}",
                &["cross-field"],
            ),
        ],
    );
    table(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        &[
            (
                "spec: {signerName: a.org/b, usages: [client auth], request: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K}",
                &[],
            ),
            ("spec: {signerName: b, usages: [], request: ''}", &["missing", "name"]),
            ("spec: {signerName: a.org/b, usages: [clientauth], expirationSeconds: 5}", &["enum", "bound"]),
        ],
    );
}
