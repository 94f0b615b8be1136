//! Services: type and what goes with it, ports, addresses, families.

use super::address::{list_of_cidrs, ordinary_ip};
use super::require::{Seen, needs, unwanted};
use crate::schema::value::{
    IntOrText, Text, checked, code, dns_label, dns_subdomain, field, in_range, int_or_text, ip, items, label_map,
    number, one_of, port, port_or_name, qualified_name, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use std::net::IpAddr;

const TYPES: &[&str] = &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];
const PROTOCOLS: &[&str] = &["TCP", "UDP", "SCTP"];
const FAMILIES: &[&str] = &["IPv4", "IPv6"];
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
/// Kubelets listen on it; a load balancer may not lead there.
const KUBELET_PORT: i64 = 10250;

/// Checks a Service.
pub(super) fn check<'w>(service: Value<'w>, problems: &mut Problems<'w>) {
    let spec = field(service, "spec").unwrap_or(service);
    if !spec.is_mapping() {
        return;
    }
    words(spec, problems);
    let Some(kind) = text(spec, "type").or("ClusterIP") else { return };
    let headless = text(spec, "clusterIP");
    ports(spec, kind, headless, problems);
    affinity(spec, problems);
    cluster_ips(spec, kind, problems);
    families(spec, kind, problems);
    traffic(spec, kind, problems);
    load_balancer(service, spec, kind, problems);
    if let Some(selector) = field(spec, "selector") {
        label_map(selector, code::SELECTOR, "selector", problems);
    }
    for address in items(spec, "externalIPs") {
        ordinary_ip(address, "external IP", problems);
    }
    if kind == "ExternalName" {
        external_name(spec, problems);
    }
}

/// Fields that take one of a few words.
fn words<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    for (key, allowed, may_be_empty) in [
        ("type", TYPES, true),
        ("sessionAffinity", &["ClientIP", "None"][..], true),
        ("externalTrafficPolicy", &["Cluster", "Local"], true),
        ("internalTrafficPolicy", &["Cluster", "Local"], false),
        ("ipFamilyPolicy", &["SingleStack", "PreferDualStack", "RequireDualStack"], false),
        ("trafficDistribution", &["PreferClose", "PreferSameZone", "PreferSameNode"], false),
    ] {
        if let Some(value) = field(spec, key).filter(|value| !(may_be_empty && value.known() == Some(""))) {
            one_of(value, key, allowed, problems);
        }
    }
}

fn ports<'w>(spec: Value<'w>, kind: &str, cluster_ip: Text<'w>, problems: &mut Problems<'w>) {
    let headless = matches!(cluster_ip, Text::Known("None") | Text::Unknown);
    if kind != "ExternalName" && !headless {
        let fact = "the Service has no ports, which only a headless Service may lack";
        needs(spec, "ports", fact, "list the ports under `spec.ports`", problems);
    }
    let count = items(spec, "ports").count();
    let (mut names, mut numbers, mut node_ports) = (Seen::default(), Seen::default(), Seen::default());
    for entry in items(spec, "ports").filter(|entry| entry.is_mapping()) {
        match field(entry, "name").map(|name| (name, name.known())) {
            None | Some((_, Some(""))) if count > 1 => {
                let fact = format!("a port has no name beside {}", others(count - 1));
                needs(entry, "name", &fact, "name each port", problems);
            }
            Some((value, Some(name))) if !name.is_empty() => {
                checked(value, code::PORT, "port name", dns_label, problems);
                names.once(name, value, &format!("port name `{name}`"), problems);
            }
            _ => {}
        }
        if let (Some(number), Some(protocol)) = (number(entry, "port"), text(entry, "protocol").or("TCP")) {
            let what = format!("port {number}/{protocol}");
            numbers.once(format!("{number}/{protocol}"), entry, &what, problems);
        }
        if let Some(number) = field(entry, "port") {
            port(number, "port", problems);
            if kind == "LoadBalancer" && number.as_int() == Some(KUBELET_PORT) {
                let fact = "port 10250 is that of the kubelets, which no load balancer may open";
                problems.push(Problem::new(code::PORT, number, fact).help("choose another port"));
            }
        }
        if let Some(target) = field(entry, "targetPort")
            && !matches!(int_or_text(target), Some(IntOrText::Int(0) | IntOrText::Text("")))
        {
            port_or_name(target, "targetPort", problems);
        }
        if let Some(protocol) = field(entry, "protocol").filter(|value| value.known() != Some("")) {
            one_of(protocol, "protocol", PROTOCOLS, problems);
        }
        if let Some(protocol) = field(entry, "appProtocol").filter(|value| value.known() != Some("")) {
            checked(protocol, code::NAME, "application protocol", qualified_name, problems);
        }
        let Some(node_port) = field(entry, "nodePort").filter(|value| value.as_int().is_some_and(|number| number != 0))
        else {
            continue;
        };
        if kind == "ClusterIP" {
            let fact = "a Service of type `ClusterIP` has no node ports";
            unwanted(node_port, fact, "remove `nodePort`, or write `type: NodePort`", problems);
            continue;
        }
        in_range(node_port, "nodePort", 0..=65535, problems);
        if let (Some(number), Some(protocol)) = (node_port.as_int(), text(entry, "protocol").or("TCP")) {
            let what = format!("node port {number}/{protocol}");
            node_ports.once(format!("{number}/{protocol}"), node_port, &what, problems);
        }
    }
}

fn others(count: usize) -> String {
    if count == 1 { "another port".to_owned() } else { format!("{count} others") }
}

fn affinity<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let timeout = spec.at(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"]).filter(|value| !value.is_null());
    if let Some(timeout) = timeout.filter(|_| text(spec, "sessionAffinity").is("ClientIP")) {
        in_range(timeout, "timeoutSeconds", 1..=86400, problems);
    }
}

fn external_name<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let fact = "a Service of type `ExternalName` names nothing";
    if needs(spec, "externalName", fact, "write the DNS name under `externalName`", problems) {
        return;
    }
    let name = |text: &str| dns_subdomain(text.strip_suffix('.').unwrap_or(text));
    if let Some(value) = field(spec, "externalName") {
        checked(value, code::ADDRESS, "external name", name, problems);
    }
}

fn cluster_ips<'w>(spec: Value<'w>, kind: &str, problems: &mut Problems<'w>) {
    let single = field(spec, "clusterIP").filter(|value| value.known() != Some(""));
    let list: Vec<Value<'w>> = items(spec, "clusterIPs").collect();
    if kind == "ExternalName" {
        let fact = "a Service of type `ExternalName` has no cluster IP";
        if let Some(value) = single.or_else(|| field(spec, "clusterIPs").filter(|_| !list.is_empty())) {
            problems.push(
                Problem::new(code::CROSS_FIELD, spec, fact)
                    .underline(value.key_or_span())
                    .help("remove the cluster IP"),
            );
        }
        return;
    }
    if let Some(value) = single.filter(|value| value.known() == Some("None")) {
        if matches!(kind, "NodePort" | "LoadBalancer") {
            problems.push(
                Problem::new(code::CROSS_FIELD, spec, format!("a headless Service cannot be of type `{kind}`"))
                    .underline(value.span())
                    .label("`None` makes it headless")
                    .help("remove `clusterIP`, or the type"),
            );
            return;
        }
    } else if let Some(value) = single
        && let Some(fault) = value.known().and_then(ip)
    {
        problems.push(
            fault
                .problem(code::ADDRESS, value, "cluster IP")
                .note("a cluster IP is an address, or `None` for a headless Service"),
        );
        return;
    }
    if let (Some(first), None) = (list.first(), single) {
        problems.push(
            Problem::new(code::CROSS_FIELD, *first, "`clusterIPs` is set, and `clusterIP` is not")
                .help("write the first of them under `clusterIP` as well"),
        );
        return;
    }
    if list.len() > 2 {
        let fact = format!("a Service has at most two cluster IPs, not {}", list.len());
        problems.push(Problem::new(code::SIZE, list[2], fact).help("keep one address of each family"));
        return;
    }
    for value in &list {
        if value.known() != Some("None") {
            checked(*value, code::ADDRESS, "cluster IP", ip, problems);
        } else if list.len() > 1 {
            let fact = "`None` stands beside another cluster IP";
            problems.push(Problem::new(code::CROSS_FIELD, *value, fact).help("keep `None` alone, or remove it"));
        }
    }
    if let (Some(first), Some(single)) = (list.first(), single)
        && let (Some(a), Some(b)) = (first.known(), single.known())
        && a != b
    {
        problems.push(
            Problem::new(code::CROSS_FIELD, *first, format!("the first of `clusterIPs` is not `{b}`"))
                .related(single.span(), "`clusterIP`")
                .help("write the same address in both"),
        );
    }
    if let [first, second] = &list[..]
        && let (Some(a), Some(b)) = (address(*first), address(*second))
        && a.is_ipv4() == b.is_ipv4()
    {
        let fact = "both cluster IPs are of one family";
        problems.push(
            Problem::new(code::CROSS_FIELD, *second, fact)
                .related(first.span(), "the first one")
                .help("write one address of each family"),
        );
    }
}

fn address(value: Value<'_>) -> Option<IpAddr> {
    value.known()?.parse().ok()
}

fn families<'w>(spec: Value<'w>, kind: &str, problems: &mut Problems<'w>) {
    let list: Vec<Value<'w>> = items(spec, "ipFamilies").collect();
    if kind == "ExternalName" {
        for key in ["ipFamilies", "ipFamilyPolicy"] {
            if let Some(value) = field(spec, key).filter(|value| !value.is_empty()) {
                let fact = "a Service of type `ExternalName` has no addresses, and so no families";
                unwanted(value, fact, "remove it", problems);
            }
        }
        return;
    }
    let mut seen = Seen::default();
    for family in &list {
        one_of(*family, "ipFamilies", FAMILIES, problems);
        if let Some(name) = family.known() {
            seen.once(name, *family, &format!("family `{name}`"), problems);
        }
    }
    let addresses = items(spec, "clusterIPs").count();
    let two = list.len() == 2 || addresses == 2;
    if let Some(policy) = field(spec, "ipFamilyPolicy").filter(|policy| two && policy.known() == Some("SingleStack")) {
        let what = if list.len() == 2 { "IP families" } else { "cluster IPs" };
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                policy,
                format!("`SingleStack` has room for one, and there are two {what}"),
            )
            .help("write `PreferDualStack` or `RequireDualStack`, or keep one"),
        );
    }
    let first = field(spec, "clusterIP").into_iter();
    let written: Vec<Value<'w>> = if addresses > 0 { items(spec, "clusterIPs").collect() } else { first.collect() };
    for (value, family) in written.iter().zip(&list) {
        if let (Some(ip), Some(name)) = (address(*value), family.known())
            && FAMILIES.contains(&name)
            && ip.is_ipv4() != (name == "IPv4")
        {
            problems.push(
                Problem::new(code::CROSS_FIELD, *value, format!("cluster IP `{ip}` is no {name} address"))
                    .related(family.span(), "the family it should be of")
                    .help("write both of one family"),
            );
        }
    }
}

fn traffic<'w>(spec: Value<'w>, kind: &str, problems: &mut Problems<'w>) {
    let outside = matches!(kind, "NodePort" | "LoadBalancer")
        || kind == "ClusterIP" && field(spec, "externalIPs").is_some_and(|ips| !ips.is_empty());
    let policy = field(spec, "externalTrafficPolicy").filter(|value| value.known() != Some(""));
    if let Some(policy) = policy.filter(|policy| !outside && matches!(policy.known(), Some("Cluster" | "Local"))) {
        let fact = format!("a Service of type `{kind}` gets no traffic from outside that a policy could apply to");
        unwanted(policy, fact, "remove `externalTrafficPolicy`", problems);
    }
    let Some(check_port) = field(spec, "healthCheckNodePort").filter(|value| value.as_int() != Some(0)) else { return };
    in_range(check_port, "healthCheckNodePort", 0..=65535, problems);
    let used = kind == "LoadBalancer" && !matches!(text(spec, "externalTrafficPolicy").or("Cluster"), Some("Cluster"));
    if !used && number(spec, "healthCheckNodePort").is_some_and(|port| port > 0) {
        let fact = "only a `LoadBalancer` Service with `externalTrafficPolicy: Local` has health checks";
        unwanted(check_port, fact, "remove `healthCheckNodePort`", problems);
    }
}

fn load_balancer<'w>(service: Value<'w>, spec: Value<'w>, kind: &str, problems: &mut Problems<'w>) {
    let ranges = field(spec, "loadBalancerSourceRanges").filter(|ranges| !ranges.is_empty());
    let annotation = service.at(&["metadata", "annotations", SOURCE_RANGES]).filter(|value| !value.is_null());
    let class = field(spec, "loadBalancerClass");
    if kind != "LoadBalancer" {
        let allocates = field(spec, "allocateLoadBalancerNodePorts");
        for value in [ranges.or(annotation), class, allocates].into_iter().flatten() {
            let fact = format!("only a `LoadBalancer` Service has `{}`, not one of type `{kind}`", name(value));
            unwanted(value, fact, "remove it, or write `type: LoadBalancer`", problems);
        }
        return;
    }
    if let Some(ranges) = ranges {
        for range in ranges.items() {
            list_of_cidrs(range, false, problems);
        }
    } else if let Some(ranges) = annotation {
        list_of_cidrs(ranges, true, problems);
    }
    if let Some(class) = class.filter(|class| class.known() != Some("")) {
        checked(class, code::NAME, "load balancer class", qualified_name, problems);
    }
}

fn name(value: Value<'_>) -> &str {
    value.key().unwrap_or("this field")
}
