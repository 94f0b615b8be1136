//! Network policies, and the address ranges of a cluster.

use super::require::{filled, needs, unwanted};
use crate::schema::value::{
    Cidr, IntOrText, checked, cidr, code, field, int_or_text, ip, items, number, one_of, path_segment, port,
    port_or_name, selector,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use std::net::IpAddr;

/// Checks a NetworkPolicy.
pub(super) fn policy<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    if let Some(pods) = field(spec, "podSelector") {
        selector(pods, problems);
    }
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in items(spec, direction) {
            items(rule, peers).for_each(|found| peer(found, problems));
            items(rule, "ports").for_each(|found| policy_port(found, problems));
        }
    }
    let Some(types) = field(spec, "policyTypes") else { return };
    let count = types.items().count();
    if count > 2 {
        let fact = format!("`policyTypes` has {count} entries, and there are two directions");
        problems.push(Problem::new(code::SIZE, types, fact).at_key().help("list each direction once"));
        return;
    }
    types.items().for_each(|kind| one_of(kind, "policyTypes", &["Ingress", "Egress"], problems));
}

fn peer<'w>(peer: Value<'w>, problems: &mut Problems<'w>) {
    let selectors = ["podSelector", "namespaceSelector"].map(|key| field(peer, key));
    let block = field(peer, "ipBlock");
    selectors.iter().flatten().for_each(|found| selector(*found, problems));
    if let Some(block) = block.filter(|block| block.is_mapping()) {
        ip_block(block, problems);
        if let Some(other) = selectors.iter().flatten().next() {
            problems.push(
                Problem::new(code::CROSS_FIELD, peer, "a peer is an address range or a selector, not both")
                    .underline(block.key_or_span())
                    .related(other.key_or_span(), "the selector")
                    .help("write two list items"),
            );
        }
    } else if (peer.is_null() || peer.is_mapping()) && block.is_none() && selectors.iter().all(Option::is_none) {
        problems.push(
            Problem::new(code::REQUIRED, peer, "an empty peer names nobody, and is refused")
                .label("no selector and no address range")
                .help("write `podSelector: {}` for all Pods of the namespace, or remove the list for everyone"),
        );
    }
}

fn ip_block<'w>(block: Value<'w>, problems: &mut Problems<'w>) {
    let Some(range) = field(block, "cidr") else { return };
    checked(range, code::ADDRESS, "address range", cidr, problems);
    let whole = range.known().and_then(Cidr::parse);
    for except in items(block, "except") {
        let Some(text) = except.known() else { continue };
        if let Some(fault) = cidr(text) {
            problems.push(fault.problem(code::ADDRESS, except, "excepted range"));
        } else if let (Some(whole), Some(part)) = (whole, Cidr::parse(text))
            && (!whole.contains(part) || whole.length >= part.length)
        {
            let same = whole.network() == part;
            let how = if same { "is all of" } else { "is no part of" };
            problems.push(
                Problem::new(code::ADDRESS, except, format!("excepted range `{text}` {how} `{whole}`"))
                    .related(range.span(), "the range it is taken from")
                    .help("except smaller ranges that lie inside `cidr`"),
            );
        }
    }
}

fn policy_port<'w>(entry: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(protocol) = field(entry, "protocol") {
        one_of(protocol, "protocol", &["TCP", "UDP", "SCTP"], problems);
    }
    let first = field(entry, "port");
    if let Some(first) = first {
        port_or_name(first, "port", problems);
    }
    let Some(last) = field(entry, "endPort") else { return };
    match first.map(int_or_text) {
        None => unwanted(last, "`endPort` ends a range that has no `port` to start from", "write `port` too", problems),
        Some(Some(IntOrText::Text(name))) => {
            let fact = format!("`endPort` ends a range that starts at the named port `{name}`");
            unwanted(last, fact, "write the number of the first port", problems);
        }
        Some(Some(IntOrText::Int(start))) => {
            port(last, "endPort", problems);
            if let Some(end) = number(entry, "endPort").filter(|end| (1..start).contains(end)) {
                let fact = format!("the range of ports ends at {end}, before it starts at {start}");
                problems.push(Problem::new(code::PORT, last, fact).help("write the greater port under `endPort`"));
            }
        }
        Some(None) => {}
    }
}

/// Checks an IPAddress, whose name is the address in its shortest form.
pub(super) fn ip_address<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(name) = object.at(&["metadata", "name"])
        && let Some(text) = name.known().filter(|text| !text.is_empty())
    {
        match text.parse::<IpAddr>() {
            Ok(address) if address.to_string() != text => problems.push(
                Problem::new(code::NAME, name, format!("the name `{text}` is not the shortest form of the address"))
                    .help(format!("write `{address}`")),
            ),
            Ok(_) => {}
            Err(_) => checked(name, code::NAME, "name", ip, problems),
        }
    }
    let parent = field(object, "spec").and_then(|spec| field(spec, "parentRef"));
    for key in ["resource", "name"] {
        if let Some(parent) = parent.filter(|parent| filled(*parent, key, problems))
            && let Some(value) = field(parent, key)
        {
            checked(value, code::NAME, key, path_segment, problems);
        }
    }
}

/// Checks a ServiceCIDR.
pub(super) fn service_cidr<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    needs(spec, "cidrs", "the ServiceCIDR has no range", "list one range, or one of each family", problems);
    let ranges: Vec<Value<'w>> = items(spec, "cidrs").collect();
    if let Some(third) = ranges.get(2) {
        let fact = format!("a ServiceCIDR has one range of each family at most, not {}", ranges.len());
        problems.push(Problem::new(code::SIZE, *third, fact).help("keep one range of each family"));
        return;
    }
    for range in &ranges {
        checked(*range, code::ADDRESS, "address range", cidr, problems);
    }
    let parsed = |at: usize| ranges.get(at).and_then(|range| range.known()).and_then(Cidr::parse);
    if let (Some(a), Some(b)) = (parsed(0), parsed(1))
        && a.address.is_ipv4() == b.address.is_ipv4()
    {
        let fact = "both ranges are of one address family";
        problems.push(
            Problem::new(code::CROSS_FIELD, ranges[1], fact)
                .related(ranges[0].span(), "the first one")
                .help("list one range of each family"),
        );
    }
}
