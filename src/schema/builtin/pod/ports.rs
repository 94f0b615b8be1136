//! Ports of containers, and the ports of the node that they take.

use super::Pod;
use super::containers::{self, Container};
use crate::schema::value::{Text, code, field, items, number, one_of, port, port_name, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

pub(super) fn check<'w>(container: &Container<'w>, problems: &mut Problems<'w>) {
    let mut names: HashMap<&'w str, Value<'w>> = HashMap::new();
    for value in items(container.value, "ports").filter(|port| port.is_mapping()) {
        if let Some(number) = field(value, "containerPort") {
            port(number, "containerPort", problems);
        }
        if let Some(number) = field(value, "hostPort").filter(|number| number.as_int() != Some(0)) {
            port(number, "hostPort", problems);
        }
        if text(value, "protocol") != Text::Absent
            && let Some(protocol) = value.get("protocol")
        {
            one_of(protocol, "protocol", &["TCP", "UDP", "SCTP"], problems);
        }
        let (Some(name), Some(at)) = (text(value, "name").known(), value.get("name")) else { continue };
        if let Some(fault) = port_name(name) {
            problems.push(fault.problem(code::PORT, at, "port name"));
        } else if let Some(first) = names.get(name) {
            problems.push(
                Problem::new(code::DUPLICATE, at, format!("two ports of {} are named `{name}`", container))
                    .label("named a second time")
                    .related(first.span(), "the first one")
                    .help("give each port a name of its own"),
            );
        } else {
            names.insert(name, at);
        }
    }
}

/// Ports of the node: taken once by one Pod, and the same as the container's where the network is the node's.
pub(super) fn host_ports<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    let mut taken: HashMap<(i64, &str, &str), Value<'w>> = HashMap::new();
    for container in containers::all(pod.spec) {
        // Init containers run one after the other.
        let is_regular = !container.is_init && !container.is_sidecar;
        if !is_regular {
            taken.clear();
        }
        for value in items(container.value, "ports").filter(|port| port.is_mapping()) {
            let host = number(value, "hostPort").filter(|number| *number != 0);
            let inside = number(value, "containerPort");
            if is_regular
                && pod.host_network == Some(true)
                && let (Some(host), Some(inside), Some(at)) = (host, inside, value.get("hostPort"))
                && host != inside
            {
                problems.push(
                    Problem::new(
                        code::CROSS_FIELD,
                        at,
                        format!("`hostPort` is {host} and `containerPort` {inside}, on the network of the node"),
                    )
                    .related(value.get("containerPort").unwrap_or(value).span(), "the port that it listens on")
                    .help("write the same number, or remove `hostPort`"),
                );
                continue;
            }
            // A Pod on the network of its node takes the container's port there; a template gets it later.
            let own = inside.filter(|_| pod.is_pod && is_regular && pod.host_network == Some(true));
            let (Some(port), Some(protocol)) = (host.or(own), text(value, "protocol").or("TCP")) else { continue };
            let Some(address) = text(value, "hostIP").or("") else { continue };
            let at = value.get("hostPort").or_else(|| value.get("containerPort")).unwrap_or(value);
            if let Some(first) = taken.get(&(port, protocol, address)) {
                problems.push(
                    Problem::new(
                        code::DUPLICATE,
                        at,
                        format!("the Pod takes {protocol} port {port} of its node twice"),
                    )
                    .label("taken a second time")
                    .related(first.span(), "the first time")
                    .help("give one of them another `hostPort`, or remove it"),
                );
            } else {
                taken.insert((port, protocol, address), at);
            }
        }
    }
}
