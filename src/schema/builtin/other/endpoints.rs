//! Endpoints and EndpointSlices: addresses that can be reached, and their ports.

use super::address::ordinary_ip;
use super::require::{Seen, filled, needs};
use crate::schema::value::{
    Fault, checked, code, dns_label, dns_subdomain, field, in_range, items, one_of, port, qualified_name, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use std::net::IpAddr;

const PROTOCOLS: &[&str] = &["TCP", "UDP", "SCTP"];

/// Checks an Endpoints object.
pub(super) fn endpoints<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    for subset in items(object, "subsets").filter(|subset| subset.is_mapping()) {
        let lists = ["addresses", "notReadyAddresses"];
        if lists.iter().all(|key| field(subset, key).is_none_or(Value::is_empty)) {
            let fact = "a subset has no address, neither ready nor not ready";
            needs(subset, "addresses", fact, "list its addresses, or remove the subset", problems);
        }
        for address in lists.iter().flat_map(|key| items(subset, key)) {
            if let Some(ip) = field(address, "ip") {
                ordinary_ip(ip, "endpoint address", problems);
            }
            names(address, problems);
        }
        let count = items(subset, "ports").count();
        for entry in items(subset, "ports").filter(|entry| entry.is_mapping()) {
            if count > 1 {
                needs(entry, "name", "a port has no name beside others", "name each port", problems);
            }
            ports_of(entry, problems);
            if let Some(number) = field(entry, "port") {
                port(number, "port", problems);
            }
        }
    }
}

fn names<'w>(address: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(name) = field(address, "hostname").filter(|name| name.known() != Some("")) {
        checked(name, code::NAME, "host name", dns_label, problems);
    }
    if let Some(name) = field(address, "nodeName") {
        checked(name, code::NAME, "node name", dns_subdomain, problems);
    }
}

fn ports_of<'w>(entry: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(name) = field(entry, "name").filter(|name| name.known() != Some("")) {
        checked(name, code::PORT, "port name", dns_label, problems);
    }
    if let Some(protocol) = field(entry, "protocol").filter(|value| value.known() != Some("")) {
        one_of(protocol, "protocol", PROTOCOLS, problems);
    }
    if let Some(protocol) = field(entry, "appProtocol").filter(|value| value.known() != Some("")) {
        checked(protocol, code::NAME, "application protocol", qualified_name, problems);
    }
}

/// Checks an EndpointSlice.
pub(super) fn slice<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let kind = text(object, "addressType");
    if filled(object, "addressType", problems)
        && let Some(value) = field(object, "addressType")
    {
        one_of(value, "addressType", &["IPv4", "IPv6", "FQDN"], problems);
    }
    at_most(object, "endpoints", 1000, problems);
    at_most(object, "ports", 20_000, problems);
    for endpoint in items(object, "endpoints").filter(|endpoint| endpoint.is_mapping()) {
        filled(endpoint, "addresses", problems);
        at_most(endpoint, "addresses", 100, problems);
        for address in items(endpoint, "addresses") {
            match kind.known() {
                Some("IPv4") => ip_of(address, "an IPv4 address", IpAddr::is_ipv4, problems),
                Some("IPv6") => ip_of(address, "an IPv6 address", IpAddr::is_ipv6, problems),
                Some("FQDN") => checked(address, code::ADDRESS, "endpoint address", full_name, problems),
                _ => {}
            }
        }
        names(endpoint, problems);
    }
    let mut seen = Seen::default();
    for entry in items(object, "ports").filter(|entry| entry.is_mapping()) {
        ports_of(entry, problems);
        if let Some(number) = field(entry, "port") {
            in_range(number, "port", 1..=65535, problems);
        }
        if let Some(name) = text(entry, "name").or("") {
            let what = if name.is_empty() { "a port without a name".to_owned() } else { format!("port name `{name}`") };
            seen.once(name, entry, &what, problems);
        }
    }
}

fn ip_of<'w>(value: Value<'w>, wanted: &'static str, is: fn(&IpAddr) -> bool, problems: &mut Problems<'w>) {
    match value.known().and_then(|text| text.parse().ok()) {
        Some(address) if !is(&address) => problems.push(
            Fault::new(wanted, "it is of the other family", "list it in a slice of its own family").problem(
                code::ADDRESS,
                value,
                "endpoint address",
            ),
        ),
        _ => ordinary_ip(value, "endpoint address", problems),
    }
}

/// A DNS name of two labels or more, with or without a final dot.
fn full_name(text: &str) -> Option<Fault> {
    let name = text.strip_suffix('.').unwrap_or(text);
    dns_subdomain(name).or_else(|| {
        let found = "one label only";
        (!name.contains('.')).then(|| Fault::new("a full DNS name", found, "write it as `name.example.org`"))
    })
}

fn at_most<'w>(parent: Value<'w>, key: &str, most: usize, problems: &mut Problems<'w>) {
    let count = items(parent, key).count();
    if let Some(value) = field(parent, key).filter(|_| count > most) {
        let fact = format!("`{key}` has {count} entries, at most {most} are allowed");
        problems.push(Problem::new(code::SIZE, value, fact).at_key());
    }
}
