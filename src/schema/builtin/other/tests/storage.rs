use super::table;

#[test]
fn claims() {
    table(
        "v1",
        "PersistentVolumeClaim",
        &[
            ("spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", &[]),
            (
                "spec: {accessModes: [ReadWriteOnce], storageClassName: '', resources: {requests: {storage: 1Gi, cpu: 1}, limits: {storage: 1}}}",
                &[],
            ),
            ("spec: {}", &["missing", "missing"]),
            ("spec: {accessModes: [], resources: {requests: {storage: 1Gi}}}", &["missing"]),
            ("spec: {accessModes: [readwriteonce], resources: {requests: {storage: 1Gi}}}", &["enum"]),
            (
                "spec: {accessModes: [ReadWriteOnce, ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}",
                &["cross-field"],
            ),
            ("spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}}", &["quantity"]),
            ("spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: -1}}}", &["quantity"]),
            ("spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1 Gi}}}", &["quantity"]),
            (
                "spec: {accessModes: [ReadWriteOnce], storageClassName: A, resources: {requests: {storage: 1}}}",
                &["name"],
            ),
            ("spec: {accessModes: [ReadWriteOnce], volumeMode: block, resources: {requests: {storage: 1}}}", &["enum"]),
            (
                "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, dataSource: {kind: Pod, name: ''}}",
                &[],
            ),
            (
                "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, dataSource: {kind: PersistentVolumeClaim, name: ''}}",
                &["missing"],
            ),
            (
                "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, dataSourceRef: {kind: Pod, name: a}}",
                &["cross-field"],
            ),
            (
                "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, dataSourceRef: {apiGroup: a.org, kind: Pod, name: a}}",
                &[],
            ),
        ],
    );
}

#[test]
fn volumes() {
    let volume = |rest: &str, expected: &[&str]| {
        let body = format!("spec: {{accessModes: [ReadWriteOnce], {rest}}}");
        table("v1", "PersistentVolume", &[(&body, expected)]);
    };
    volume("capacity: {storage: 1}, hostPath: {path: /a}, persistentVolumeReclaimPolicy: Recycle", &[]);
    volume("capacity: {storage: 1}, hostPath: {path: /}, persistentVolumeReclaimPolicy: Recycle", &["cross-field"]);
    volume("capacity: {storage: 1}, hostPath: {path: /a/../b}", &["address"]);
    volume("hostPath: {path: /a}", &["missing"]);
    volume("capacity: {storage: 1, cpu: 1}, hostPath: {path: /a}", &["enum"]);
    volume("capacity: {storage: 1}", &["missing"]);
    volume("capacity: {storage: 1}, hostPath: {path: /a}, nfs: {server: a, path: /b}", &["cross-field"]);
    volume("capacity: {storage: 1}, nfs: {server: a, path: b}", &["address"]);
    volume("capacity: {storage: 1}, local: {path: /a}", &["missing"]);
    volume("capacity: {storage: 1}, local: {path: /a}, nodeAffinity: {required: {nodeSelectorTerms: [{}]}}", &[]);
    volume("capacity: {storage: 1}, csi: {driver: a b, volumeHandle: ''}", &["name", "missing"]);
    volume("capacity: {storage: 1}, hostPath: {path: /a}, persistentVolumeReclaimPolicy: retain", &["enum"]);
}

#[test]
fn classes_and_drivers() {
    table(
        "storage.k8s.io/v1",
        "StorageClass",
        &[
            ("provisioner: a.org/b\nallowedTopologies: []", &[]),
            ("provisioner: ''", &["missing"]),
            ("provisioner: a.org/b\nreclaimPolicy: Recycle", &["enum"]),
            ("provisioner: a.org/b\nvolumeBindingMode: immediate", &["enum"]),
            ("provisioner: a.org/b\nparameters: {'': a}", &["name"]),
            ("provisioner: a.org/b\nallowedTopologies: [{}]", &["missing"]),
            (
                "provisioner: a.org/b\nallowedTopologies: [{matchLabelExpressions: [{key: a, values: [b, b]}, {key: a, values: [b]}]}]",
                &["duplicate", "duplicate"],
            ),
        ],
    );
    table(
        "storage.k8s.io/v1",
        "VolumeAttributesClass",
        &[
            ("driverName: a.org\nparameters: {a: b}", &[]),
            ("driverName: ''\nparameters: {a: b}", &["missing"]),
            ("driverName: a.org", &["missing"]),
        ],
    );
    table(
        "storage.k8s.io/v1",
        "CSIDriver",
        &[
            ("spec: {volumeLifecycleModes: [Persistent]}", &[]),
            ("spec: {volumeLifecycleModes: [Permanent]}", &["enum"]),
            ("spec: {tokenRequests: [{audience: a}, {audience: a, expirationSeconds: 5}]}", &["duplicate", "bound"]),
        ],
    );
}

#[test]
fn devices() {
    table(
        "resource.k8s.io/v1",
        "ResourceClaimTemplate",
        &[
            ("spec: {spec: {devices: {requests: [{name: a, exactly: {deviceClassName: b}}]}}}", &[]),
            (
                "spec: {spec: {devices: {requests: [{name: a, exactly: {deviceClassName: b, allocationMode: Some}}]}}}",
                &["enum"],
            ),
            (
                "spec: {spec: {devices: {requests: [{name: a, exactly: {deviceClassName: b, allocationMode: All, count: 2}}]}}}",
                &["cross-field"],
            ),
            (
                "spec: {spec: {devices: {requests: [{name: a, exactly: {deviceClassName: b}}, {name: a, exactly: {deviceClassName: B}}]}}}",
                &["duplicate", "name"],
            ),
        ],
    );
}
