use super::table;

const API: &str = "admissionregistration.k8s.io/v1";

fn webhooks(cases: &[(&str, &[&str])]) {
    for (rest, expected) in cases {
        let name = if rest.contains("name: ") && rest.starts_with("name") { "" } else { "name: a.b.org, " };
        let client =
            if rest.contains("clientConfig") { "" } else { "clientConfig: {service: {name: a, namespace: b}}, " };
        let versions = if rest.contains("admissionReviewVersions") { "" } else { "admissionReviewVersions: [v1], " };
        let body = format!("webhooks: [{{{name}{client}{versions}sideEffects: None, {rest}}}]");
        table(API, "ValidatingWebhookConfiguration", &[(&body, expected)]);
    }
}

#[test]
fn webhook_configurations() {
    webhooks(&[
        ("timeoutSeconds: 30", &[]),
        ("timeoutSeconds: 31", &["bound"]),
        ("name: a.b", &["name"]),
        ("failurePolicy: fail", &["enum"]),
        ("matchPolicy: Same", &["enum"]),
        ("admissionReviewVersions: []", &["missing"]),
        ("admissionReviewVersions: [v2]", &["enum"]),
        ("clientConfig: {}", &["missing"]),
        ("clientConfig: {url: 'https://a.org', service: {name: a, namespace: b}}", &["cross-field"]),
        ("clientConfig: {url: 'http://a.org'}", &["address"]),
        ("clientConfig: {url: 'https://a.org?x'}", &["address"]),
        ("clientConfig: {url: 'https://a:b@a.org'}", &["address"]),
        ("clientConfig: {service: {name: a, namespace: b, port: 0, path: a}}", &["port", "address"]),
        ("clientConfig: {service: {name: a, namespace: b, path: /a//b}}", &["address"]),
        ("clientConfig: {service: {name: a, namespace: b}, caBundle: '!'}", &["format"]),
        ("rules: [{operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*']}]", &[]),
        ("rules: [{operations: [Create], apiGroups: [''], apiVersions: [v1], resources: [pods]}]", &["enum"]),
        (
            "rules: [{operations: ['*', CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}]",
            &["cross-field"],
        ),
        ("rules: [{operations: [CREATE], apiGroups: [], apiVersions: [v1], resources: [pods]}]", &["missing"]),
        (
            "rules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: ['*', pods]}]",
            &["cross-field"],
        ),
        (
            "rules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: ['pods/*', pods/log]}]",
            &["cross-field"],
        ),
        ("rules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: ['*', pods/log]}]", &[]),
        (
            "rules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods], scope: cluster}]",
            &["enum"],
        ),
        ("rules: [{}]", &["missing"]),
        ("matchConditions: [{name: m, expression: 'request.name != \"x\"'}]", &[]),
        ("matchConditions: [{name: m, expression: 'request.name'}]", &["expression"]),
        ("matchConditions: [{name: m, expression: 'request.name =='}]", &["expression"]),
        ("matchConditions: [{name: m, expression: 'params.x == 1'}]", &["expression"]),
        ("matchConditions: [{name: m, expression: ''}]", &["missing"]),
        ("matchConditions: [{name: 'a b', expression: 'true'}]", &["name"]),
        ("matchConditions: [{name: a, expression: 'true'}, {name: a, expression: 'false'}]", &["duplicate"]),
        ("namespaceSelector: {matchExpressions: [{key: a, operator: In}]}", &["selector"]),
    ]);
    table(
        API,
        "MutatingWebhookConfiguration",
        &[(
            "webhooks: [{name: a.b.c, clientConfig: {url: 'https://a.org'}, admissionReviewVersions: [v1], sideEffects: Some, reinvocationPolicy: Always}]",
            &["enum", "enum"],
        )],
    );
}

#[test]
fn policies() {
    let rules = "matchConstraints: {resourceRules: [{operations: [CREATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}]}";
    let policy = |rest: &str, expected: &[&str]| {
        table(API, "ValidatingAdmissionPolicy", &[(&format!("spec: {{{rules}, {rest}}}"), expected)]);
    };
    policy("validations: [{expression: 'object.spec.replicas <= 5', reason: Invalid, message: few}]", &[]);
    policy("validations: [{expression: 'object.spec.replicas <='}]", &["expression"]);
    policy("validations: [{expression: '1 + \"a\" == 2'}]", &["expression"]);
    policy("validations: [{expression: 'objekt.spec.replicas <= 5'}]", &["expression"]);
    policy("validations: [{expression: 'variables.a'}]", &["expression"]);
    policy("variables: [{name: a, expression: 'object.a'}], validations: [{expression: 'variables.a'}]", &[]);
    policy("variables: [{name: a-b, expression: 'object.a'}], validations: [{expression: 'true'}]", &["name"]);
    policy(
        "variables: [{name: b, expression: 'variables.a'}, {name: a, expression: '1'}], validations: [{expression: 'true'}]",
        &["expression"],
    );
    policy("validations: [{expression: 'true', reason: Nope}]", &["enum"]);
    policy("validations: [{expression: 'true', message: \"a\\nb\"}]", &["expression"]);
    policy("validations: [{expression: 'true', messageExpression: '1'}]", &["expression"]);
    policy("validations: []", &["missing"]);
    policy("auditAnnotations: [{key: a, valueExpression: \"'x'\"}]", &[]);
    policy(
        "auditAnnotations: [{key: a, valueExpression: \"'x'\"}, {key: a b, valueExpression: '1'}]",
        &["name", "expression"],
    );
    policy("paramKind: {apiVersion: v1, kind: ConfigMap}, validations: [{expression: 'params.x == 1'}]", &[]);
    policy("paramKind: {kind: Config Map}, validations: [{expression: 'true'}]", &["missing", "name"]);
    policy("failurePolicy: fail, validations: [{expression: 'true'}]", &["enum"]);
    table(API, "ValidatingAdmissionPolicy", &[("spec: {validations: [{expression: 'true'}]}", &["missing"])]);
    table(
        API,
        "MutatingAdmissionPolicy",
        &[
            (
                &format!(
                    "spec: {{{rules}, reinvocationPolicy: Never, mutations: [{{patchType: ApplyConfiguration, applyConfiguration: {{expression: 'Object{{}}'}}}}]}}"
                ),
                &[],
            ),
            (
                &format!(
                    "spec: {{{rules}, reinvocationPolicy: Never, mutations: [{{patchType: JSONPatch, applyConfiguration: {{expression: 'Object{{}}'}}}}]}}"
                ),
                &["cross-field", "missing"],
            ),
        ],
    );
}

#[test]
fn bindings_of_policies() {
    table(
        API,
        "ValidatingAdmissionPolicyBinding",
        &[
            ("spec: {policyName: a, validationActions: [Deny, Audit]}", &[]),
            ("spec: {policyName: a, validationActions: [Deny, Warn]}", &["cross-field"]),
            ("spec: {policyName: a, validationActions: []}", &["missing"]),
            ("spec: {policyName: a, validationActions: [Deny, null]}", &["missing"]),
            ("spec: {policyName: a, validationActions: [Deny, Deny]}", &["duplicate"]),
            ("spec: {policyName: A, validationActions: [deny]}", &["name", "enum"]),
            ("spec: {policyName: a, validationActions: [Deny], paramRef: {name: a, selector: {}}}", &["cross-field"]),
            (
                "spec: {policyName: a, validationActions: [Deny], paramRef: {parameterNotFoundAction: Deny}}",
                &["missing"],
            ),
        ],
    );
    table(API, "MutatingAdmissionPolicyBinding", &[("spec: {policyName: a}", &[]), ("spec: {}", &["missing"])]);
}
