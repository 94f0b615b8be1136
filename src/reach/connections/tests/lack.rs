//! Which needs are met, with those who are not in the repo.

use super::*;

/// Verdicts on the needs of `main` with all who are not in the repo, as `kind verdict ports sides`.
fn verdicts(text: &str, kind: NeedKind) -> Vec<String> {
    let file: File = parse(SourceId(0), text.to_owned().into());
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "all.yaml", file: &file }]);
    let members = (0..manifests.resources.len()).collect();
    let target = Target { name: ".".into(), root: 0, members, openings: Vec::new() };
    let graph = Graph::new(&manifests.resources, &target, None);
    let connections = Connections::with_unseen(&graph, &[]);
    let own = |need: &&Need| need.kind == kind && connections.parties()[need.owner].kind != PartyKind::Job;
    let verdicts = connections.all_needs().iter().filter(own).map(|need| match connections.verdict(need) {
        Verdict::Met => "met".to_owned(),
        Verdict::Unknown(_) => "unknown".to_owned(),
        Verdict::Stopped(lack) => {
            let sides: Vec<&str> = lack.blocks.iter().map(|block| block.direction.name()).collect();
            format!("{} {}", lack.stopped, sides.join("+"))
        }
    });
    verdicts.collect()
}

#[test]
fn needs_are_judged_with_those_who_are_not_in_the_repo() {
    const ALL: &str = "podSelector: {}\npolicyTypes: [Ingress, Egress]\n";
    let operator = |ports: &str| {
        format!(
            "{ALL}ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: cnpg-system}}}}}}], ports: {ports}}}]"
        )
    };
    let out = |rule: &str| format!("{ALL}egress: [{rule}]");
    let cases: &[(NeedKind, String, &str)] = &[
        (NeedKind::Operator, operator("[{port: 5432}, {port: 8000}]"), "met"),
        (NeedKind::Operator, operator("[{port: 5432}]"), "TCP 8000 ingress"),
        // Its own pods are not the operator.
        (
            NeedKind::Operator,
            format!("{ALL}ingress: [{{from: [{{podSelector: {{matchLabels: {{cnpg.io/cluster: main}}}}}}]}}]"),
            "TCP 5432,8000 ingress",
        ),
        (NeedKind::Replication, operator("[{port: 5432}]"), "TCP 5432 egress+ingress"),
        (NeedKind::IsolationCheck, operator("[{port: 5432}]"), "TCP 8000 egress+ingress"),
        (NeedKind::KubeApi, out("{ports: [{port: 6443}]}"), "met"),
        (NeedKind::KubeApi, out("{to: [{ipBlock: {cidr: 10.0.0.1/32}}], ports: [{port: 6443}]}"), "met"),
        (NeedKind::KubeApi, out("{to: [{namespaceSelector: {}}], ports: [{port: 6443}]}"), "TCP 6443 egress"),
        (
            NeedKind::Dns,
            out(
                "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}",
            ),
            "met",
        ),
        (NeedKind::Dns, out("{to: [{ipBlock: {cidr: 169.254.20.10/32}}], ports: [{port: 53, protocol: UDP}]}"), "met"),
        (
            NeedKind::Dns,
            out(
                "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: openshift-dns}}}], ports: [{port: 5353, protocol: UDP}]}",
            ),
            "unknown",
        ),
        (NeedKind::Dns, out("{ports: [{port: 443}]}"), "UDP 53 egress"),
    ];
    for (kind, spec, expected) in cases {
        let found = verdicts(&format!("{WORLD}---\n{}", plain(spec)), *kind);
        assert_eq!(found.first().map(String::as_str), Some(*expected), "{kind:?}: {spec}");
    }
}

#[test]
fn backups_are_judged_by_the_endpoint_of_the_store() {
    let cluster = |endpoint: &str| {
        format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: main, namespace: db}}\nspec: {{instances: 1, storage: {{size: 1Gi}}, \
             backup: {{barmanObjectStore: {{destinationPath: 's3://wal'{endpoint}}}}}}}\n---\n"
        )
    };
    let out = |rule: &str| plain(&format!("podSelector: {{}}\npolicyTypes: [Egress]\negress: [{rule}]"));
    let inside = "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: s3}}}], ports: [{port: 9000}]}";
    let world = "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}";
    let dns = "{ports: [{port: 53, protocol: UDP}]}";
    for (endpoint, rule, expected) in [
        ("", world, "met"),
        ("", dns, "TCP 443 egress"),
        ("", inside, "TCP 443 egress"),
        (", endpointURL: 'https://s3.example.org'", dns, "TCP 443 egress"),
        // The host may be an ingress of this cluster.
        (", endpointURL: 'https://s3.example.org'", inside, "unknown"),
        (", endpointURL: 'http://minio.s3.svc:9000'", inside, "met"),
        (", endpointURL: 'http://minio.s3.svc:80'", inside, "unknown"),
        (", endpointURL: 'http://minio.s3.svc:9000'", world, "TCP 9000 egress"),
    ] {
        let found = verdicts(&format!("{}{}", cluster(endpoint), out(rule)), NeedKind::Backup);
        assert_eq!(found, [expected], "{endpoint} {rule}");
    }
}
