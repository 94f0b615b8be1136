use super::table;

const TARGET: &str = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3";

fn autoscalers(cases: &[(&str, &[&str])]) {
    for (rest, expected) in cases {
        table("autoscaling/v2", "HorizontalPodAutoscaler", &[(&format!("spec: {{{TARGET}, {rest}}}"), expected)]);
    }
}

#[test]
fn bounds_and_targets_of_autoscalers() {
    autoscalers(&[
        ("minReplicas: 1", &[]),
        ("minReplicas: 4", &["cross-field"]),
        // Taken where a feature gate is on.
        ("minReplicas: 0", &[]),
        (
            "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]",
            &[],
        ),
        (
            "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}}]",
            &["bound"],
        ),
        ("metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}]", &["missing"]),
        (
            "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70, averageValue: 1}}}]",
            &["cross-field"],
        ),
        (
            "metrics: [{type: Resource, resource: {name: cpu, target: {type: utilization, averageUtilization: 70}}}]",
            &["enum"],
        ),
        (
            "metrics: [{type: Pods, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]",
            &["cross-field"],
        ),
        ("metrics: [{type: Pods}]", &["missing"]),
        (
            "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}, pods: {metric: {name: a}, target: {type: AverageValue, averageValue: 1}}}]",
            &["cross-field"],
        ),
        (
            "metrics: [{type: Pods, pods: {metric: {name: a/b}, target: {type: AverageValue, averageValue: 1}}}]",
            &["name"],
        ),
        (
            "metrics: [{type: Pods, pods: {metric: {name: a}, target: {type: AverageValue, averageValue: -1}}}]",
            &["quantity"],
        ),
        ("metrics: [{type: Pods, pods: {metric: {name: a}, target: {type: Value, value: 1}}}]", &["missing"]),
        (
            "metrics: [{type: External, external: {metric: {name: a}, target: {type: Value, value: 1, averageValue: 1}}}]",
            &["cross-field"],
        ),
        (
            "metrics: [{type: Object, object: {metric: {name: a}, describedObject: {kind: Service, name: s}, target: {type: Value, value: 1gi}}}]",
            &["quantity"],
        ),
        (
            "metrics: [{type: ContainerResource, containerResource: {name: storage, container: A, target: {type: AverageValue, averageValue: 1}}}]",
            &["name", "name"],
        ),
        ("metrics: [{type: Resources}]", &["enum"]),
        ("behavior: {scaleUp: {stabilizationWindowSeconds: 3601}}", &["bound"]),
        ("behavior: {scaleUp: {policies: []}}", &["missing"]),
        ("behavior: {scaleUp: {policies: null}}", &[]),
        ("behavior: {scaleDown: {policies: [{type: Pods, value: 0, periodSeconds: 1801}]}}", &["bound", "bound"]),
        ("behavior: {scaleDown: {selectPolicy: max}}", &["enum"]),
    ]);
    table(
        "autoscaling/v1",
        "HorizontalPodAutoscaler",
        &[
            ("spec: {scaleTargetRef: {apiVersion: v1, kind: Deployment, name: web}, maxReplicas: 3}", &["name"]),
            ("spec: {scaleTargetRef: {apiVersion: v1, kind: ReplicationController, name: web}, maxReplicas: 3}", &[]),
            ("spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 3}", &["missing"]),
            (
                "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: a/b, name: ''}, maxReplicas: 0}",
                &["bound", "name", "missing"],
            ),
            (
                "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: A, name: a}, maxReplicas: 3, targetCPUUtilizationPercentage: 0}",
                &["bound"],
            ),
        ],
    );
}

#[test]
fn disruption_budgets() {
    table(
        "policy/v1",
        "PodDisruptionBudget",
        &[
            ("spec: {minAvailable: 1}", &[]),
            ("spec: {}", &[]),
            ("spec: {minAvailable: 1, maxUnavailable: 1}", &["cross-field"]),
            ("spec: {minAvailable: -1}", &["bound"]),
            ("spec: {minAvailable: 150%}", &["bound"]),
            ("spec: {minAvailable: '1'}", &["bound"]),
            ("spec: {minAvailable: 100%}", &[]),
            ("spec: {unhealthyPodEvictionPolicy: Always}", &["enum"]),
            ("spec: {selector: {matchLabels: {a/b/c: d}}}", &["selector"]),
        ],
    );
}

#[test]
fn priorities_of_requests() {
    table(
        "flowcontrol.apiserver.k8s.io/v1",
        "FlowSchema",
        &[
            ("spec: {priorityLevelConfiguration: {name: a}, matchingPrecedence: 0}", &[]),
            ("spec: {priorityLevelConfiguration: {name: a}, matchingPrecedence: 1}", &["cross-field"]),
            ("spec: {priorityLevelConfiguration: {name: a}, matchingPrecedence: 10001}", &["bound"]),
            ("spec: {priorityLevelConfiguration: {name: A}}", &["name"]),
            (
                "spec: {priorityLevelConfiguration: {name: a}, rules: [{subjects: [{kind: User, user: {name: u}}], nonResourceRules: [{verbs: [get], nonResourceURLs: [/a/*]}]}]}",
                &[],
            ),
            (
                "spec: {priorityLevelConfiguration: {name: a}, rules: [{subjects: [{kind: User, group: {name: u}}], nonResourceRules: [{verbs: [got], nonResourceURLs: [a]}]}]}",
                &["cross-field", "missing", "enum", "address"],
            ),
            (
                "spec: {priorityLevelConfiguration: {name: a}, rules: [{subjects: [], resourceRules: [{verbs: ['*', get], apiGroups: ['*'], resources: ['*']}]}]}",
                &["missing", "cross-field", "missing"],
            ),
        ],
    );
    table(
        "flowcontrol.apiserver.k8s.io/v1",
        "PriorityLevelConfiguration",
        &[
            (
                "spec: {type: Limited, limited: {nominalConcurrencyShares: 0, limitResponse: {type: Queue, queuing: {}}}}",
                &[],
            ),
            ("spec: {type: Exempt}", &["cross-field"]),
            ("spec: {type: Limited}", &["missing"]),
            ("spec: {type: Limit}", &["enum"]),
            ("spec: {type: Limited, limited: {lendablePercent: 101}}", &["bound"]),
            ("spec: {type: Limited, limited: {limitResponse: {type: Reject, queuing: {}}}}", &["cross-field"]),
            (
                "spec: {type: Limited, limited: {limitResponse: {type: Queue, queuing: {handSize: 65}}}}",
                &["cross-field"],
            ),
        ],
    );
}
