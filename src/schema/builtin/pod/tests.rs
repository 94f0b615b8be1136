use crate::schema::builtin::check;
use crate::schema::testing::told;

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: shop}}\nspec: {{{spec}}}\n")
}

/// What is told of a Pod with these fields beside its container.
fn of_spec(fields: &str) -> Vec<String> {
    told(check, &pod(&format!("containers: [{{name: app, image: app}}], {fields}")))
}

/// What is told of a container with these fields, in a Pod with a volume and a device.
fn of_container(fields: &str) -> Vec<String> {
    let volumes = "volumes: [{name: data, emptyDir: {}}, {name: raw, persistentVolumeClaim: {claimName: raw}}]";
    told(check, &pod(&format!("containers: [{{name: app, image: app, {fields}}}], {volumes}")))
}

/// Each row: fields, and what is told of them, without what stands before the part in question.
fn table(ask: fn(&str) -> Vec<String>, start: &str, rows: &[(&str, &[&str])]) {
    for (fields, expected) in rows {
        let found: Vec<String> = ask(fields).iter().map(|line| line.replacen(start, "", 1)).collect();
        assert_eq!(found, *expected, "{fields}");
    }
}

fn containers(rows: &[(&str, &[&str])]) {
    table(of_container, "/spec/containers/0", rows);
}

fn specs(rows: &[(&str, &[&str])]) {
    table(of_spec, "/spec", rows);
}

#[test]
fn containers_have_names_and_images_of_their_own() {
    table(
        |spec| told(check, &pod(spec)),
        "/spec",
        &[
            ("containers: []", &["missing /containers"]),
            ("containers: [{name: app, image: app}]", &[]),
            ("containers: [{name: App, image: app}]", &["name /containers/0/name"]),
            ("containers: [{name: '${NAME}', image: '${IMAGE}'}]", &[]),
            ("containers: [{name: app}]", &["missing /containers/0"]),
            ("containers: [{name: app, image: ''}]", &["missing /containers/0/image"]),
            ("containers: [{name: app, image: ' app'}]", &["reference /containers/0/image"]),
            ("containers: [{name: a, image: a}, {name: a, image: a}]", &["duplicate /containers/1/name"]),
            (
                "containers: [{name: a, image: a}], initContainers: [{name: a, image: a}]",
                &["duplicate /initContainers/0/name"],
            ),
            (
                "containers: [{name: a, image: a}], initContainers: [{name: b, image: b, livenessProbe: {exec: {command: [b]}}}]",
                &["cross-field /initContainers/0/livenessProbe"],
            ),
            (
                "containers: [{name: a, image: a}], initContainers: [{name: b, image: b, restartPolicy: Always, \
             livenessProbe: {exec: {command: [b]}}}]",
                &[],
            ),
            (
                "containers: [{name: a, image: a}], initContainers: [{name: b, image: b, restartPolicy: always, \
             startupProbe: {exec: {command: [b]}}}]",
                &["enum /initContainers/0/restartPolicy"],
            ),
            (
                "containers: [{name: a, image: a}], ephemeralContainers: [{name: b}]",
                &["cross-field /ephemeralContainers"],
            ),
        ],
    );
    containers(&[
        ("imagePullPolicy: ifnotpresent", &["enum /imagePullPolicy"]),
        ("imagePullPolicy: ''", &[]),
        ("terminationMessagePolicy: Logs", &["enum /terminationMessagePolicy"]),
        ("restartPolicyRules: [{action: Restart}]", &["cross-field /restartPolicyRules"]),
    ]);
}

#[test]
fn probes_have_one_handler_and_sound_numbers() {
    containers(&[
        ("livenessProbe: {httpGet: {port: 80}}", &[]),
        ("livenessProbe: {httpGet: {port: web}}", &[]),
        ("livenessProbe: {}", &["missing /livenessProbe"]),
        ("livenessProbe: {exec:, tcpSocket: {port: 80}}", &[]),
        ("livenessProbe: {exec: {command: []}}", &["missing /livenessProbe/exec/command"]),
        ("livenessProbe: {httpGet: {port: 80}, exec: {command: [a]}}", &["cross-field /livenessProbe/httpGet"]),
        ("livenessProbe: {httpGet: {port: 70000}}", &["port /livenessProbe/httpGet/port"]),
        ("livenessProbe: {httpGet: {port: '80'}}", &["port /livenessProbe/httpGet/port"]),
        ("livenessProbe: {httpGet: {port: '${PORT}'}}", &[]),
        ("livenessProbe: {httpGet: {port: 80, scheme: http}}", &["enum /livenessProbe/httpGet/scheme"]),
        (
            "livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: 'a b', value: x}]}}",
            &["name /livenessProbe/httpGet/httpHeaders/0/name"],
        ),
        ("livenessProbe: {grpc: {port: 0}}", &["port /livenessProbe/grpc/port"]),
        ("livenessProbe: {tcpSocket: {port: 80}, successThreshold: 2}", &["bound /livenessProbe/successThreshold"]),
        ("livenessProbe: {tcpSocket: {port: 80}, successThreshold: 0}", &[]),
        ("readinessProbe: {tcpSocket: {port: 80}, successThreshold: 2}", &[]),
        ("readinessProbe: {tcpSocket: {port: 80}, periodSeconds: -1}", &["bound /readinessProbe/periodSeconds"]),
        (
            "readinessProbe: {tcpSocket: {port: 80}, terminationGracePeriodSeconds: 5}",
            &["cross-field /readinessProbe/terminationGracePeriodSeconds"],
        ),
        (
            "startupProbe: {tcpSocket: {port: 80}, terminationGracePeriodSeconds: 0}",
            &["bound /startupProbe/terminationGracePeriodSeconds"],
        ),
        ("lifecycle: {preStop: {sleep: {seconds: 30}}}", &[]),
        ("lifecycle: {preStop: {sleep: {seconds: 31}}}", &["bound /lifecycle/preStop/sleep/seconds"]),
        ("lifecycle: {preStop: {}}", &["missing /lifecycle/preStop"]),
        (
            "lifecycle: {preStop: {exec: {command: [a]}, sleep: {seconds: 1}}}",
            &["cross-field /lifecycle/preStop/sleep"],
        ),
    ]);
}

#[test]
fn variables_have_one_source() {
    containers(&[
        ("env: [{name: A, value: b}, {name: A, value: c}, {name: 1-a b}]", &[]),
        ("env: [{name: 'A=B'}]", &["name /env/0/name"]),
        ("env: [{name: ''}]", &["name /env/0/name"]),
        ("env: [null]", &["missing /env/0"]),
        ("env: [{name: A, valueFrom: {}}]", &["missing /env/0/valueFrom"]),
        ("env: [{name: A, value: '', valueFrom: {fieldRef: {fieldPath: metadata.name}}}]", &[]),
        (
            "env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
            &["cross-field /env/0/valueFrom"],
        ),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: a, key: b}}}]",
            &["cross-field /env/0/valueFrom/secretKeyRef"],
        ),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]",
            &["reference /env/0/valueFrom/fieldRef/fieldPath"],
        ),
        (r#"env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels['a/b']"}}}]"#, &[]),
        (
            r#"env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels['a b']"}}}]"#,
            &["reference /env/0/valueFrom/fieldRef/fieldPath"],
        ),
        ("env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}]", &[]),
        (
            "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 3Mi}}}]",
            &["quantity /env/0/valueFrom/resourceFieldRef/divisor"],
        ),
        (
            "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.pods}}}]",
            &["enum /env/0/valueFrom/resourceFieldRef/resource"],
        ),
        (
            "env: [{name: A, valueFrom: {secretKeyRef: {name: Bad_Name, key: 'a b'}}}]",
            &["name /env/0/valueFrom/secretKeyRef/name", "name /env/0/valueFrom/secretKeyRef/key"],
        ),
        ("env: [{name: A, valueFrom: {secretKeyRef: {key: a}}}]", &["missing /env/0/valueFrom/secretKeyRef"]),
        ("envFrom: [{secretRef: {name: a-}}]", &[]),
        ("envFrom: [{secretRef: {name: -a}}]", &["name /envFrom/0/secretRef/name"]),
        ("envFrom: [{prefix: A_}]", &["missing /envFrom/0"]),
        ("envFrom: [{configMapRef: {name: a}, secretRef: {name: a}}]", &["cross-field /envFrom/0/secretRef"]),
    ]);
}

#[test]
fn ports_are_numbers_with_names_of_their_own() {
    containers(&[
        ("ports: [{containerPort: 80, name: http}, {containerPort: 80, name: web}]", &[]),
        ("ports: [{containerPort: 0}]", &["port /ports/0/containerPort"]),
        ("ports: [{containerPort: 80, protocol: tcp}]", &["enum /ports/0/protocol"]),
        ("ports: [{containerPort: 80, name: HTTP}]", &["port /ports/0/name"]),
        ("ports: [{containerPort: 80, name: http}, {containerPort: 81, name: http}]", &["duplicate /ports/1/name"]),
        (
            "ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]",
            &["duplicate /ports/1/hostPort"],
        ),
        ("ports: [{containerPort: 80, hostPort: 80}, {containerPort: 80, hostPort: 80, protocol: UDP}]", &[]),
    ]);
    table(
        |spec| told(check, &pod(spec)),
        "/spec/containers/0",
        &[
            (
                "hostNetwork: true, containers: [{name: a, image: a, ports: [{containerPort: 80, hostPort: 81}]}]",
                &["cross-field /ports/0/hostPort"],
            ),
            ("hostNetwork: true, containers: [{name: a, image: a, ports: [{containerPort: 80}]}]", &[]),
            (
                "hostNetwork: true, containers: [{name: a, image: a, ports: [{containerPort: 80}, {containerPort: 80}]}]",
                &["duplicate /ports/1/containerPort"],
            ),
        ],
    );
}

#[test]
fn volumes_have_one_source_and_mounts_a_volume() {
    containers(&[
        ("volumeMounts: [{name: data, mountPath: /a}, {name: data, mountPath: b:c}]", &[]),
        ("volumeMounts: [{name: date, mountPath: /a}]", &["reference /volumeMounts/0/name"]),
        ("volumeMounts: [{name: '${V}', mountPath: /a}]", &[]),
        ("volumeMounts: [{name: data, mountPath: ''}]", &["missing /volumeMounts/0/mountPath"]),
        (
            "volumeMounts: [{name: data, mountPath: /a}, {name: data, mountPath: /a}]",
            &["duplicate /volumeMounts/1/mountPath"],
        ),
        ("volumeMounts: [{name: data, mountPath: /a, subPath: /b}]", &["name /volumeMounts/0/subPath"]),
        ("volumeMounts: [{name: data, mountPath: /a, subPath: b/../c}]", &["name /volumeMounts/0/subPath"]),
        ("volumeMounts: [{name: data, mountPath: /a, subPath: ..b}]", &[]),
        (
            "volumeMounts: [{name: data, mountPath: /a, subPath: b, subPathExpr: c}]",
            &["cross-field /volumeMounts/0/subPathExpr"],
        ),
        (
            "volumeMounts: [{name: data, mountPath: /a, mountPropagation: Bidirectional}]",
            &["cross-field /volumeMounts/0/mountPropagation"],
        ),
        (
            "securityContext: {privileged: true}, volumeMounts: [{name: data, mountPath: /a, mountPropagation: Bidirectional}]",
            &[],
        ),
        ("volumeDevices: [{name: raw, devicePath: /dev/a}]", &[]),
        ("volumeDevices: [{name: data, devicePath: /dev/a}]", &["cross-field /volumeDevices/0/name"]),
        (
            "volumeDevices: [{name: raw, devicePath: /a}], volumeMounts: [{name: data, mountPath: /a}]",
            &["duplicate /volumeMounts/0/mountPath"],
        ),
        (
            "volumeMounts: [{name: data, mountPath: /a, recursiveReadOnly: Enabled}]",
            &["cross-field /volumeMounts/0/recursiveReadOnly"],
        ),
    ]);
    specs(&[
        ("volumes: [{name: a}]", &[]),
        ("volumes: [{name: a.b, emptyDir: {}}]", &["name /volumes/0/name"]),
        ("volumes: [{name: a, emptyDir: {}}, {name: a, emptyDir: {}}]", &["duplicate /volumes/1/name"]),
        ("volumes: [{name: a, emptyDir: {}, secret: {secretName: a}}]", &["cross-field /volumes/0/secret"]),
        ("volumes: [{name: a, emptyDir: {sizeLimit: 1gi}}]", &["quantity /volumes/0/emptyDir/sizeLimit"]),
        ("volumes: [{name: a, emptyDir: {sizeLimit: -1}}]", &["quantity /volumes/0/emptyDir/sizeLimit"]),
        ("volumes: [{name: a, configMap: {name: 'a b'}}]", &[]),
        ("volumes: [{name: a, configMap: {}}]", &["missing /volumes/0/configMap"]),
        ("volumes: [{name: a, secret: {secretName: ''}}]", &["missing /volumes/0/secret/secretName"]),
        ("volumes: [{name: a, secret: {secretName: a, defaultMode: 0777}}]", &[]),
        ("volumes: [{name: a, secret: {secretName: a, defaultMode: 777}}]", &["bound /volumes/0/secret/defaultMode"]),
        (
            "volumes: [{name: a, configMap: {name: a, items: [{key: '', path: ../b}]}}]",
            &["name /volumes/0/configMap/items/0/key", "name /volumes/0/configMap/items/0/path"],
        ),
        ("volumes: [{name: a, hostPath: {path: /a/../b}}]", &["name /volumes/0/hostPath/path"]),
        ("volumes: [{name: a, hostPath: {path: /a, type: Dir}}]", &["enum /volumes/0/hostPath/type"]),
        ("volumes: [{name: a, nfs: {server: a, path: b}}]", &["name /volumes/0/nfs/path"]),
        ("volumes: [{name: a, persistentVolumeClaim: {}}]", &["missing /volumes/0/persistentVolumeClaim"]),
        ("volumes: [{name: a, projected: {sources: [{}]}}]", &[]),
        (
            "volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: a, expirationSeconds: 60}}]}}]",
            &["bound /volumes/0/projected/sources/0/serviceAccountToken/expirationSeconds"],
        ),
        (
            "volumes: [{name: a, projected: {sources: [{secret: {name: a, items: [{key: k, path: p}]}}, \
             {configMap: {name: a, items: [{key: k, path: p}]}}]}}]",
            &["duplicate /volumes/0/projected/sources/1/configMap/items/0/path"],
        ),
        (
            "volumes: [{name: a, downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.labels}}, \
             {path: b, resourceFieldRef: {resource: limits.cpu}}, {path: c}]}}]",
            &["missing /volumes/0/downwardAPI/items/1/resourceFieldRef", "missing /volumes/0/downwardAPI/items/2"],
        ),
        (
            "volumes: [{name: a, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], \
             resources: {requests: {storage: 1Gi}}}}}}]",
            &[],
        ),
        (
            "volumes: [{name: a, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [RWO]}}}}]",
            &[
                "enum /volumes/0/ephemeral/volumeClaimTemplate/spec/accessModes/0",
                "missing /volumes/0/ephemeral/volumeClaimTemplate/spec",
            ],
        ),
    ]);
}

#[test]
fn requests_fit_their_limits() {
    let rows: &[(&str, &[&str])] = &[
        ("{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m, memory: 1Gi}}", &[]),
        ("{limits: {cpu: 1}, requests: {cpu: 1001m}}", &["cross-field /requests/cpu"]),
        ("{limits: {memory: 1G}, requests: {memory: 1Gi}}", &["cross-field /requests/memory"]),
        ("{limits: {memory: '${M}'}, requests: {memory: 1Gi}}", &[]),
        ("{requests: {cpu: 1 m}}", &["quantity /requests/cpu"]),
        ("{limits: {cpu: -1}, requests: {cpu: 1}}", &["quantity /limits/cpu"]),
        ("{limits: {mem: 1Gi}}", &["name /limits/mem"]),
        ("{limits: {'a b/c': 1}}", &["name /limits/a b~1c"]),
        ("{limits: {example.org/gpu: 1}, requests: {example.org/gpu: 1}}", &[]),
        ("{requests: {example.org/gpu: 1}}", &["cross-field /requests/example.org~1gpu"]),
        ("{limits: {example.org/gpu: 2}, requests: {example.org/gpu: 1}}", &["cross-field /requests/example.org~1gpu"]),
        ("{limits: {example.org/gpu: 500m}}", &["quantity /limits/example.org~1gpu"]),
        ("{limits: {cpu: 1, hugepages-2Mi: 4Mi}, requests: {hugepages-2Mi: 4Mi}}", &[]),
        ("{limits: {cpu: 1}, requests: {hugepages-2Mi: 4Mi}}", &["cross-field /requests/hugepages-2Mi"]),
        ("{limits: {hugepages-2Mi: 4Mi}}", &["cross-field /limits/hugepages-2Mi"]),
        ("{claims: [{name: gpu}]}", &["reference /claims/0/name"]),
    ];
    for (resources, expected) in rows {
        let found = of_container(&format!("resources: {resources}"));
        let found: Vec<String> =
            found.iter().map(|line| line.replacen("/spec/containers/0/resources", "", 1)).collect();
        assert_eq!(found, *expected, "{resources}");
    }
}

#[test]
fn security_contexts_do_not_contradict_themselves() {
    containers(&[
        ("securityContext: {runAsNonRoot: true, runAsUser: 0}", &[]),
        ("securityContext: {runAsUser: -1}", &["bound /securityContext/runAsUser"]),
        (
            "securityContext: {privileged: true, allowPrivilegeEscalation: false}",
            &["cross-field /securityContext/allowPrivilegeEscalation"],
        ),
        (
            "securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}, allowPrivilegeEscalation: false}",
            &["cross-field /securityContext/allowPrivilegeEscalation"],
        ),
        ("securityContext: {capabilities: {add: [SYS_ADMIN]}, allowPrivilegeEscalation: false}", &[]),
        ("securityContext: {seccompProfile: {type: Localhost}}", &["cross-field /securityContext/seccompProfile"]),
        (
            "securityContext: {seccompProfile: {type: RuntimeDefault, localhostProfile: a}}",
            &["cross-field /securityContext/seccompProfile/localhostProfile"],
        ),
        ("securityContext: {seccompProfile: {type: runtimeDefault}}", &["enum /securityContext/seccompProfile/type"]),
        ("securityContext: {procMount: All}", &["enum /securityContext/procMount"]),
    ]);
    specs(&[
        ("securityContext: {fsGroup: 3000000000}", &["bound /securityContext/fsGroup"]),
        ("securityContext: {supplementalGroups: [1, -1]}", &["bound /securityContext/supplementalGroups/1"]),
        ("securityContext: {fsGroupChangePolicy: Never}", &["enum /securityContext/fsGroupChangePolicy"]),
        ("securityContext: {sysctls: [{name: net/core.a_b, value: '1'}]}", &[]),
        ("securityContext: {sysctls: [{name: net..core, value: '1'}]}", &["name /securityContext/sysctls/0/name"]),
        (
            "securityContext: {sysctls: [{name: a, value: '1'}, {name: a, value: '1'}]}",
            &["duplicate /securityContext/sysctls/1/name"],
        ),
        (
            "hostNetwork: true, securityContext: {sysctls: [{name: net.a, value: '1'}]}",
            &["cross-field /securityContext/sysctls/0/name"],
        ),
        ("shareProcessNamespace: true, hostPID: true", &["cross-field /shareProcessNamespace"]),
        ("hostUsers: false, hostNetwork: true", &["cross-field /hostNetwork"]),
        ("hostUsers: true, hostNetwork: true", &[]),
        ("os: {name: windows}, securityContext: {fsGroup: 1}", &["cross-field /securityContext/fsGroup"]),
        ("os: {name: linux}, securityContext: {windowsOptions: {}}", &["cross-field /securityContext/windowsOptions"]),
        ("os: {name: macos}", &["enum /os/name"]),
    ]);
}

#[test]
fn scheduling_asks_for_what_can_be() {
    specs(&[
        (
            "tolerations: [{operator: Exists}, {key: a, effect: NoExecute, tolerationSeconds: 5}, {key: a, value: b}]",
            &[],
        ),
        ("tolerations: [{key: a, operator: Exists, value: b}]", &["cross-field /tolerations/0/value"]),
        ("tolerations: [{value: b}]", &["cross-field /tolerations/0"]),
        ("tolerations: [{operator: Equal, value: b}]", &["cross-field /tolerations/0/operator"]),
        (
            "tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: 5}]",
            &["cross-field /tolerations/0/tolerationSeconds"],
        ),
        ("tolerations: [{key: 'Bad Key', operator: Exists}]", &["selector /tolerations/0/key"]),
        ("tolerations: [{key: a, effect: noSchedule}]", &["enum /tolerations/0/effect"]),
        ("nodeSelector: {a/b/c: x}", &["selector /nodeSelector/a~1b~1c"]),
        ("schedulingGates: [{name: a.org/b}]", &[]),
        ("schedulingGates: [{name: a.org/b}], nodeName: c", &["cross-field /nodeName"]),
        ("activeDeadlineSeconds: 0", &["bound /activeDeadlineSeconds"]),
        ("restartPolicy: always", &["enum /restartPolicy"]),
        ("priorityClassName: High", &["name /priorityClassName"]),
        ("terminationGracePeriodSeconds: -1", &[]),
    ]);
    let spread = |rest: &str| of_spec(&format!("topologySpreadConstraints: [{rest}]"));
    let full = "maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule";
    for (text, expected) in [
        (format!("{{{full}}}"), vec![]),
        (format!("{{{full}}}, {{{full}}}"), vec!["duplicate /spec/topologySpreadConstraints/1/topologyKey"]),
        (
            "{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, minDomains: 2}".to_owned(),
            vec![
                "bound /spec/topologySpreadConstraints/0/maxSkew",
                "cross-field /spec/topologySpreadConstraints/0/minDomains",
            ],
        ),
        (
            format!("{{{full}, matchLabelKeys: [a]}}"),
            vec!["cross-field /spec/topologySpreadConstraints/0/matchLabelKeys"],
        ),
    ] {
        assert_eq!(spread(&text), expected, "{text}");
    }
    let nodes = |terms: &str| {
        of_spec(&format!(
            "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{terms}]}}}}}}"
        ))
        .iter()
        .map(|line| {
            line.replacen("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution", "", 1)
        })
        .collect::<Vec<_>>()
    };
    for (terms, expected) in [
        ("", vec!["missing /nodeSelectorTerms"]),
        ("{matchExpressions: [{key: a, operator: In, values: [b]}, {key: a, operator: Gt, values: [b]}]}", vec![]),
        ("{matchExpressions: [{key: a, operator: In}]}", vec!["selector /nodeSelectorTerms/0/matchExpressions/0"]),
        (
            "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
            vec!["selector /nodeSelectorTerms/0/matchExpressions/0/values"],
        ),
        (
            "{matchExpressions: [{key: a, operator: in, values: [b]}]}",
            vec!["enum /nodeSelectorTerms/0/matchExpressions/0/operator"],
        ),
        (
            "{matchFields: [{key: metadata.uid, operator: In, values: [a, b]}]}",
            vec!["enum /nodeSelectorTerms/0/matchFields/0/key", "selector /nodeSelectorTerms/0/matchFields/0/values"],
        ),
    ] {
        assert_eq!(nodes(terms), expected, "{terms}");
    }
    for (weight, told) in [(1, 0), (100, 0), (0, 1), (101, 1)] {
        let preferred = format!(
            "affinity: {{podAntiAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: [{{weight: {weight}, \
             podAffinityTerm: {{topologyKey: zone}}}}]}}}}"
        );
        assert_eq!(of_spec(&preferred).len(), told, "{weight}");
    }
}

#[test]
fn names_and_addresses_of_the_network_are_read() {
    specs(&[
        ("hostname: a, subdomain: b", &[]),
        ("hostname: a.b", &["name /hostname"]),
        ("hostAliases: [{ip: 10.0.0.1, hostnames: [a.b]}, {ip: 010.0.0.1}]", &["address /hostAliases/1/ip"]),
        ("dnsPolicy: None", &["cross-field /dnsPolicy"]),
        ("dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [_a.b.]}", &[]),
        ("dnsConfig: {nameservers: [a]}", &["address /dnsConfig/nameservers/0"]),
        ("dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}", &["size /dnsConfig/nameservers"]),
        ("dnsConfig: {options: [{value: a}]}", &["missing /dnsConfig/options/0"]),
        ("dnsPolicy: default", &["enum /dnsPolicy"]),
        ("resourceClaims: [{name: a, resourceClaimName: b}]", &[]),
        ("resourceClaims: [{name: a}]", &["missing /resourceClaims/0"]),
    ]);
}

#[test]
fn annotations_of_old_name_a_container() {
    let text = |key: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {{container.apparmor.security.beta.kubernetes.io/{key}: {value}}}}}\n\
             spec: {{containers: [{{name: app, image: app}}]}}\n"
        )
    };
    for (key, value, count) in
        [("app", "runtime/default", 0), ("app", "localhost/x", 0), ("app", "strict", 1), ("other", "unconfined", 1)]
    {
        assert_eq!(told(check, &text(key, value)).len(), count, "{key}: {value}");
    }
}
