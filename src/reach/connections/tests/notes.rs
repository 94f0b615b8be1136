//! What is told beside the connections, and labels that come from elsewhere.

use super::*;

fn told(text: &str) -> Vec<String> {
    with(text, |connections| {
        assert!(connections.faults().iter().all(|fault| !fault.left_out), "{:?}", connections.faults());
        connections.faults().iter().map(|fault| fault.message.clone()).collect()
    })
}

fn network(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: k8s.ovn.org/v1\nkind: UserDefinedNetwork\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )
}

#[test]
fn networks_that_cannot_be_made_are_told() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: blue, labels: {k8s.ovn.org/primary-user-defined-network: ''}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: plain}\n";
    let sound = "{topology: Layer2, layer2: {role: Primary, subnets: [10.1.0.0/16]}}";
    for (networks, expected) in [
        (network("blue", "a", sound), None),
        (network("blue", "a", &sound.replace("Primary", "Secondary")), None),
        (network("blue", "a", &sound.replace("Layer2", "Layer4")), Some("no topology")),
        (network("blue", "a", &sound.replace("Layer2", "Layer3")), Some("has no `layer3`")),
        (network("blue", "a", &sound.replace("Primary", "Main")), Some("neither Primary nor Secondary")),
        (network("blue", "a", "{topology: Layer2, layer2: {}}"), Some("has no role")),
        (network("blue", "a", "{layer2: {role: Primary}}"), Some("has no topology")),
        (network("plain", "a", sound), Some("do not join")),
        (network("openshift-dns", "a", sound), Some("cannot be made in namespace")),
        (network("blue", "a", sound) + &network("blue", "b", sound), Some("has a primary network")),
    ] {
        let told = told(&format!("{namespace}{networks}"));
        match expected {
            None => assert_eq!(told, [""; 0], "{networks}"),
            Some(part) => assert!(matches!(told.as_slice(), [one] if one.contains(part)), "{networks}: {told:?}"),
        }
    }
}

#[test]
fn what_is_there_twice_is_told() {
    let policy = plain("podSelector: {}");
    let twice = told(&format!("{WORLD}---\n{policy}---\n{policy}"));
    assert_eq!(twice, ["NetworkPolicy `db/one` is there twice: the one that is applied last stays"]);
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: app}\n";
    assert_eq!(told(&format!("{WORLD}---\n{namespace}")).len(), 1);
    let same = [admin(3, "subject: {namespaces: {}}"), admin(3, "subject: {namespaces: {}}").replace("at-3", "other")];
    let same = told(&format!("{WORLD}---\n{}", same.join("---\n")));
    assert_eq!(same, ["AdminNetworkPolicy `at-3` has priority 3, too: which of both comes first is not defined"]);
}

#[test]
fn the_last_of_two_policies_with_one_name_stays() {
    let closed = plain("podSelector: {}");
    let open = plain("podSelector: {}\ningress: [{}]");
    check(&format!("{closed}---\n{open}"), &[("app/web db/main 5432", "yes")]);
    check(&format!("{open}---\n{closed}"), &[("app/web db/main 5432", "no")]);
}

#[test]
fn what_is_not_worked_out_is_owned_up_to() {
    let calico = policy("projectcalico.org/v3", "GlobalNetworkPolicy", "", "selector: all()");
    assert!(told(&format!("{WORLD}---\n{calico}"))[0].ends_with("less may pass than is listed"));
    let node = "apiVersion: v1\nkind: Pod\nmetadata: {name: agent, namespace: db}\nspec: {hostNetwork: true, containers: []}\n";
    let deny = plain("podSelector: {}");
    assert!(told(&format!("{WORLD}---\n{node}---\n{deny}"))[0].contains("shares the network of its node"));
    assert_eq!(told(&format!("{WORLD}---\n{node}")), [""; 0]);
    let mesh = "endpointSelector: {}\ningress: [{fromEntities: [cluster], toPorts: [{ports: [{port: '15008', protocol: TCP}]}]}]";
    assert!(told(&format!("{WORLD}---\n{}", cilium(mesh)))[0].contains("a mesh carries everything"));
    let named = "podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: http}]}]";
    assert!(told(&format!("{WORLD}---\n{}", plain(named)))[0].contains("addresses have no named ports"));
}

#[test]
fn pods_in_the_network_of_their_node_are_pods_only_where_nobody_knows_better() {
    let node = "apiVersion: v1\nkind: Pod\nmetadata: {name: agent, namespace: app, labels: {tier: web}}\nspec: {hostNetwork: true, containers: []}\n";
    let from_web =
        "podSelector: {}\ningress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {tier: web}}}]}]";
    check(&format!("{node}---\n{}", plain(from_web)), &[("app/agent db/main 1", "yes"), ("app/job db/main 1", "no")]);
    let by_label = cilium(
        "endpointSelector: {}\ningress: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: app, tier: web}}]}]",
    );
    // It may run on the node of the database, which always gets in.
    check(&format!("{node}---\n{by_label}"), &[("app/agent db/main 1", "perhaps"), ("app/web db/main 1", "yes")]);
    let nodes = cilium("endpointSelector: {}\negress: [{toEntities: [host, remote-node]}]");
    check(
        &format!("{node}---\n{nodes}"),
        &[("db/main app/agent 1", "yes"), ("db/main app/web 1", "no"), ("db/main kube-apiserver 1", "perhaps")],
    );
}

#[test]
fn labels_are_handed_down_where_the_operator_is_told_to() {
    let settings = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cnpg-controller-manager-config, namespace: cnpg-system}}\ndata: {{INHERITED_LABELS: '{value}'}}\n---\n"
        )
    };
    let cluster = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: pay, namespace: db, labels: {team: pay, org/unit: a}}\nspec: {instances: 1, storage: {size: 1Gi}, inheritedMetadata: {labels: {tier: data}}}\n---\n";
    for (settings, label, expected) in [
        (String::new(), "team: pay", "perhaps"),
        (settings("team, other"), "team: pay", "no"),
        (settings("other"), "team: pay", "yes"),
        (settings("org/*"), "org/unit: a", "no"),
        (settings("org/*"), "org/unit: b", "yes"),
        (String::new(), "tier: data", "no"),
    ] {
        let deny = plain(&format!("podSelector: {{matchLabels: {{{label}}}}}"));
        check(&format!("{cluster}{settings}{deny}"), &[("app/web db/pay 5432", expected)]);
    }
}
