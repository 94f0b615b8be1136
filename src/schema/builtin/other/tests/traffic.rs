use super::table;

#[test]
fn services() {
    table(
        "v1",
        "Service",
        &[
            ("spec: {ports: [{port: 80}]}", &[]),
            ("spec: {}", &["missing"]),
            ("spec: {clusterIP: None}", &[]),
            ("spec: {type: Nodeport, ports: [{port: 80}]}", &["enum"]),
            ("spec: {type: '', ports: [{port: 80}]}", &[]),
            ("spec: {ports: [{port: 80}, {port: 81, name: b}]}", &["missing"]),
            ("spec: {ports: [{port: 80, name: a}, {port: 81, name: a}]}", &["duplicate"]),
            ("spec: {ports: [{port: 80, name: a}, {port: 80, name: b, protocol: TCP}]}", &["duplicate"]),
            ("spec: {ports: [{port: 80, name: a}, {port: 80, name: b, protocol: UDP}]}", &[]),
            ("spec: {ports: [{port: 0}]}", &["port"]),
            ("spec: {ports: [{port: 80, name: a_b}]}", &["port"]),
            ("spec: {ports: [{port: 80, targetPort: '80'}]}", &["port"]),
            ("spec: {ports: [{port: 80, targetPort: 0}]}", &[]),
            ("spec: {ports: [{port: 80, targetPort: ''}]}", &[]),
            ("spec: {ports: [{port: 80, targetPort: http}]}", &[]),
            ("spec: {ports: [{port: 80, protocol: tcp}]}", &["enum"]),
            ("spec: {ports: [{port: 80, appProtocol: 'a b'}]}", &["name"]),
            ("spec: {ports: [{port: 80, nodePort: 30080}]}", &["cross-field"]),
            ("spec: {type: NodePort, ports: [{port: 80, nodePort: 80}]}", &[]),
            ("spec: {type: NodePort, ports: [{port: 80, nodePort: 70000}]}", &["bound"]),
            (
                "spec: {type: NodePort, ports: [{port: 80, name: a, nodePort: 30000}, {port: 81, name: b, nodePort: 30000}]}",
                &["duplicate"],
            ),
            (
                "spec: {type: NodePort, ports: [{port: 80, name: a, nodePort: 30000}, {port: 80, name: b, protocol: UDP, nodePort: 30000}]}",
                &[],
            ),
            ("spec: {type: NodePort, clusterIP: None, ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {clusterIP: 10.0.0, ports: [{port: 80}]}", &["address"]),
            ("spec: {clusterIP: 10.0.0.5, clusterIPs: [10.0.0.5, 'fd00::1'], ports: [{port: 80}]}", &[]),
            ("spec: {clusterIP: 10.0.0.5, clusterIPs: [10.0.0.6], ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {clusterIP: 10.0.0.5, clusterIPs: [10.0.0.5, 10.0.0.6], ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {clusterIPs: [10.0.0.5], ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {clusterIP: 10.0.0.5, ipFamilies: [IPv6], ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {ipFamilyPolicy: SingleStack, ipFamilies: [IPv4, IPv6], ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv6], ports: [{port: 80}]}", &[]),
            ("spec: {ipFamilies: [IPv4, IPv4], ports: [{port: 80}]}", &["duplicate"]),
            ("spec: {ipFamilies: [ipv4], ports: [{port: 80}]}", &["enum"]),
            (
                "spec: {sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}, ports: [{port: 80}]}",
                &["bound"],
            ),
            (
                "spec: {sessionAffinity: None, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}, ports: [{port: 80}]}",
                &[],
            ),
            ("spec: {externalTrafficPolicy: Local, ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {externalTrafficPolicy: Local, externalIPs: [192.0.2.1], ports: [{port: 80}]}", &[]),
            ("spec: {externalIPs: [127.0.0.1], ports: [{port: 80}]}", &["address"]),
            ("spec: {externalIPs: [010.0.0.1], ports: [{port: 80}]}", &["address"]),
            (
                "spec: {type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30000, ports: [{port: 80}]}",
                &[],
            ),
            ("spec: {type: LoadBalancer, healthCheckNodePort: 30000, ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {type: LoadBalancer, ports: [{port: 10250}]}", &["port"]),
            ("spec: {type: LoadBalancer, loadBalancerSourceRanges: ['10.0.0.0/8 '], ports: [{port: 80}]}", &[]),
            ("spec: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0], ports: [{port: 80}]}", &["address"]),
            ("spec: {type: NodePort, loadBalancerSourceRanges: [10.0.0.0/8], ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {type: NodePort, loadBalancerClass: a.org/b, ports: [{port: 80}]}", &["cross-field"]),
            ("spec: {trafficDistribution: PreferNear, ports: [{port: 80}]}", &["enum"]),
            ("spec: {selector: {app: a b}, ports: [{port: 80}]}", &["selector"]),
            ("spec: {type: ExternalName, externalName: db.example.org.}", &[]),
            ("spec: {type: ExternalName}", &["missing"]),
            ("spec: {type: ExternalName, externalName: a_b}", &["address"]),
            ("spec: {type: ExternalName, externalName: a.b, clusterIP: 10.0.0.5}", &["cross-field"]),
            ("spec: {type: ExternalName, externalName: a.b, ipFamilies: [IPv4]}", &["cross-field"]),
            (
                "metadata: {name: a, annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: '10.0.0.0/8, 1.2.3.4'}}\nspec: {type: LoadBalancer, ports: [{port: 80}]}",
                &["address"],
            ),
            (
                "metadata: {name: a, annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: '10.0.0.0/8, 1.2.3.0/24'}}\nspec: {type: LoadBalancer, ports: [{port: 80}]}",
                &[],
            ),
        ],
    );
}

#[test]
fn endpoints() {
    table(
        "v1",
        "Endpoints",
        &[
            ("subsets: [{addresses: [{ip: 10.1.2.3}], ports: [{port: 80}]}]", &[]),
            ("subsets: [{addresses: [{ip: 127.0.0.1}]}]", &["address"]),
            ("subsets: [{addresses: [{ip: 169.254.1.1}]}]", &["address"]),
            ("subsets: [{addresses: [{ip: 224.0.0.1}]}]", &["address"]),
            ("subsets: [{ports: [{port: 80}]}]", &["missing"]),
            ("subsets: [{addresses: [{ip: 10.1.2.3}], ports: [{port: 80, name: a}, {port: 81}]}]", &["missing"]),
            ("subsets: [{addresses: [{ip: 10.1.2.3, hostname: A}]}]", &["name"]),
        ],
    );
    table(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        &[
            ("addressType: IPv4\nendpoints: [{addresses: [10.1.2.3]}]\nports: [{port: 80}]", &[]),
            ("addressType: IPv4\nendpoints: [{addresses: [host]}]", &["address"]),
            ("addressType: IPv4\nendpoints: [{addresses: ['fd00::1']}]", &["address"]),
            ("addressType: IPv6\nendpoints: [{addresses: ['fd00::1']}]", &[]),
            ("addressType: IP\nendpoints: []", &["enum"]),
            ("addressType: FQDN\nendpoints: [{addresses: [host]}]", &["address"]),
            ("addressType: FQDN\nendpoints: [{addresses: [host.example.org]}]", &[]),
            ("addressType: IPv4\nendpoints: [{addresses: []}]", &["missing"]),
            ("addressType: IPv4\nendpoints: []\nports: [{port: 80}, {port: 81}]", &["duplicate"]),
        ],
    );
}

#[test]
fn network_policies() {
    table(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        &[
            ("spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: []}", &[]),
            ("spec: {policyTypes: [Ingress, Ingress]}", &[]),
            ("spec: {policyTypes: [ingress]}", &["enum"]),
            ("spec: {policyTypes: [Ingress, Egress, Ingress]}", &["size"]),
            ("spec: {ingress: [{from: [{}]}]}", &["missing"]),
            ("spec: {ingress: [{from: [null]}]}", &["missing"]),
            ("spec: {ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}", &["cross-field"]),
            ("spec: {ingress: [{from: [{podSelector: {}, namespaceSelector: {}}]}]}", &[]),
            ("spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.1/8}}]}]}", &["address"]),
            ("spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}", &[]),
            ("spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}", &["address"]),
            ("spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}", &["address"]),
            ("spec: {ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: ['fd00::/8']}}]}]}", &["address"]),
            ("spec: {egress: [{ports: [{port: 80, endPort: 90}]}]}", &[]),
            ("spec: {egress: [{ports: [{port: 80, endPort: 79}]}]}", &["port"]),
            ("spec: {egress: [{ports: [{port: http, endPort: 90}]}]}", &["cross-field"]),
            ("spec: {egress: [{ports: [{endPort: 90}]}]}", &["cross-field"]),
            ("spec: {egress: [{ports: [{port: '80'}]}]}", &["port"]),
            ("spec: {egress: [{ports: [{port: 53, protocol: ICMP}]}]}", &["enum"]),
            (
                "spec: {egress: [{to: [{podSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}}]}]}",
                &["enum"],
            ),
            ("spec: {podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}", &["selector"]),
        ],
    );
    table(
        "networking.k8s.io/v1",
        "IPAddress",
        &[
            ("metadata: {name: 10.0.0.5}\nspec: {parentRef: {resource: services, name: a}}", &[]),
            ("metadata: {name: 'fd00:0::1'}\nspec: {parentRef: {resource: services, name: a}}", &["name"]),
            ("metadata: {name: a}\nspec: {parentRef: {resource: '', name: a}}", &["name", "missing"]),
        ],
    );
    table(
        "networking.k8s.io/v1",
        "ServiceCIDR",
        &[
            ("spec: {cidrs: [10.0.0.0/16, 'fd00::/112']}", &[]),
            ("spec: {cidrs: [10.0.0.0/16, 10.1.0.0/16]}", &["cross-field"]),
            ("spec: {cidrs: [10.0.0.0/16, 'fd00::/112', 10.1.0.0/16]}", &["size"]),
            ("spec: {cidrs: []}", &["missing"]),
        ],
    );
}

#[test]
fn ingresses() {
    table(
        "networking.k8s.io/v1",
        "Ingress",
        &[
            ("spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}", &[]),
            ("spec: {}", &["missing"]),
            ("spec: {defaultBackend: {}}", &["missing"]),
            (
                "spec: {defaultBackend: {service: {name: a, port: {number: 80}}, resource: {kind: B, name: b}}}",
                &["cross-field"],
            ),
            ("spec: {defaultBackend: {service: {name: a, port: {number: 80, name: b}}}}", &["cross-field"]),
            ("spec: {defaultBackend: {service: {name: a}}}", &["missing"]),
            ("spec: {defaultBackend: {service: {name: a_b, port: {number: 80}}}}", &["name"]),
            ("spec: {defaultBackend: {resource: {kind: a/b, name: b}}}", &["name"]),
            ("spec: {rules: [{host: 10.0.0.1}]}", &["address"]),
            ("spec: {rules: [{host: 'a.org:80'}]}", &["address"]),
            ("spec: {rules: [{host: A.org}]}", &["address"]),
            ("spec: {rules: [{host: 'a.*.org'}]}", &["address"]),
            ("spec: {rules: [{host: '*.a.org'}]}", &[]),
            ("spec: {rules: [{host: 'https://a.org'}]}", &["address"]),
            ("spec: {rules: [{http: {paths: []}}]}", &["missing"]),
            (
                "spec: {rules: [{http: {paths: [{pathType: Prefix, backend: {service: {name: a, port: {name: http}}}}]}}]}",
                &["missing"],
            ),
            (
                "spec: {rules: [{http: {paths: [{path: x, pathType: Exact, backend: {service: {name: a, port: {name: http}}}}]}}]}",
                &["address"],
            ),
            (
                "spec: {rules: [{http: {paths: [{path: /a//b, pathType: Exact, backend: {service: {name: a, port: {name: http}}}}]}}]}",
                &["address"],
            ),
            (
                "spec: {rules: [{http: {paths: [{path: /a/.., pathType: Exact, backend: {service: {name: a, port: {name: http}}}}]}}]}",
                &["address"],
            ),
            (
                "spec: {rules: [{http: {paths: [{path: '/x(/|$)(.*)', pathType: Prefix, backend: {service: {name: a, port: {name: http}}}}]}}]}",
                &[],
            ),
            (
                "spec: {rules: [{http: {paths: [{path: /a//b, pathType: ImplementationSpecific, backend: {service: {name: a, port: {name: http}}}}]}}]}",
                &[],
            ),
            (
                "spec: {rules: [{http: {paths: [{path: /a, pathType: prefix, backend: {service: {name: a, port: {name: http}}}}]}}]}",
                &["enum"],
            ),
            ("spec: {tls: [{hosts: ['A'], secretName: b}], rules: [{}]}", &["address"]),
            ("spec: {tls: [{hosts: [a], secretName: B}], rules: [{}]}", &["name"]),
            ("spec: {ingressClassName: '', rules: [{}]}", &["name"]),
            (
                "metadata: {name: a, annotations: {kubernetes.io/ingress.class: b}}\nspec: {ingressClassName: a, rules: [{}]}",
                &["cross-field"],
            ),
            (
                "metadata: {name: a, annotations: {kubernetes.io/ingress.class: a}}\nspec: {ingressClassName: a, rules: [{}]}",
                &[],
            ),
        ],
    );
    table(
        "networking.k8s.io/v1",
        "IngressClass",
        &[
            ("spec: {controller: a.org/b}", &[]),
            ("spec: {}", &["missing"]),
            ("spec: {controller: a}", &["name"]),
            (
                "spec: {controller: a.org/b, parameters: {kind: A, name: a, scope: Cluster, namespace: b}}",
                &["cross-field"],
            ),
            ("spec: {controller: a.org/b, parameters: {kind: A, name: a, scope: Namespace}}", &["missing"]),
            ("spec: {controller: a.org/b, parameters: {kind: A, name: a, scope: Namespace, namespace: b}}", &[]),
        ],
    );
}
