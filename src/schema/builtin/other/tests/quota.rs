use super::table;

#[test]
fn quotas() {
    table(
        "v1",
        "ResourceQuota",
        &[
            (
                "spec: {hard: {requests.cpu: 4, pods: 10, count/deployments.apps: 5, requests.nvidia.com/gpu: 1, hugepages-2Mi: 1Gi}}",
                &[],
            ),
            ("spec: {hard: {request.cpu: 4}}", &["name"]),
            ("spec: {hard: {pods: -1}}", &["quantity"]),
            ("spec: {hard: {pods: 1.5}}", &["quantity"]),
            ("spec: {hard: {count/deployments.apps: 1500m}}", &["quantity"]),
            ("spec: {hard: {requests.cpu: 500m}}", &[]),
            ("spec: {hard: {pods: 1}, scopes: [BestEffort, NotBestEffort]}", &["cross-field"]),
            ("spec: {hard: {cpu: 1}, scopes: [BestEffort]}", &["cross-field"]),
            ("spec: {hard: {cpu: 1}, scopes: [NotBestEffort]}", &[]),
            ("spec: {hard: {pods: 1}, scopes: [besteffort]}", &["enum"]),
            (
                "spec: {hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [a]}]}}",
                &[],
            ),
            (
                "spec: {hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In}]}}",
                &["selector"],
            ),
            (
                "spec: {hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists, values: [a]}]}}",
                &["cross-field"],
            ),
            (
                "spec: {hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: BestEffort, operator: In, values: [a]}]}}",
                &["selector"],
            ),
        ],
    );
}

#[test]
fn limits() {
    table(
        "v1",
        "LimitRange",
        &[
            (
                "spec: {limits: [{type: Container, default: {cpu: 1}, defaultRequest: {cpu: 500m}, max: {cpu: 2}, min: {cpu: 100m}, maxLimitRequestRatio: {cpu: 20}}]}",
                &[],
            ),
            ("spec: {limits: [{type: Container, max: {cpu: 1}, min: {cpu: 2}}]}", &["cross-field"]),
            ("spec: {limits: [{type: Container, default: {memory: 2Gi}, max: {memory: 1Gi}}]}", &["cross-field"]),
            ("spec: {limits: [{type: Container, default: {cpu: 1}, defaultRequest: {cpu: 2}}]}", &["cross-field"]),
            ("spec: {limits: [{type: Container, min: {memory: 1Gi}, max: {memory: null}}]}", &["cross-field"]),
            ("spec: {limits: [{type: Container, maxLimitRequestRatio: {cpu: 500m}}]}", &["bound"]),
            (
                "spec: {limits: [{type: Container, max: {cpu: 2}, min: {cpu: 1}, maxLimitRequestRatio: {cpu: 3}}]}",
                &["cross-field"],
            ),
            ("spec: {limits: [{type: Container, max: {Memory: 1}}]}", &["name"]),
            ("spec: {limits: [{type: Container, max: {storage: 1}}]}", &["name"]),
            ("spec: {limits: [{type: Pod, default: {cpu: 1}}]}", &["cross-field"]),
            ("spec: {limits: [{type: Container}, {type: Container}]}", &["duplicate"]),
            ("spec: {limits: [{type: Bogus}]}", &["enum"]),
            ("spec: {limits: [{type: a.org/image, max: {storage: 1}}]}", &[]),
            ("spec: {limits: [{type: PersistentVolumeClaim, default: {storage: 1}}]}", &["missing"]),
            ("spec: {limits: [{type: PersistentVolumeClaim, default: {storage: 1}, max: {storage: 1}}]}", &[]),
        ],
    );
}
