//! The ports of a Cilium rule. Numbers are texts there, and a protocol that is left out means all of them.

use super::book::Book;
use super::clause::{Action, ClausePorts};
use super::network_policy::is_port_name;
use crate::reach::ports::{PORTS, PortSet, Protocol};
use crate::yaml::{Kind, Value};

/// The ports of `toPorts`, and whether only a part of what is said there passes; none where it is rejected.
pub(super) fn read<'w>(book: &mut Book<'w>, list: Value<'w>, action: Action) -> Option<(ClausePorts<'w>, bool)> {
    let mut all = ClausePorts::default();
    let mut limited = false;
    if list.unknown().is_none() && !list.is_sequence() {
        book.refuse(list, "the ports of a rule are no list");
        return None;
    }
    if list.raw().is_some() {
        let reason = list.unknown().unwrap_or_else(|| "the ports of a rule are no list".into());
        all.doubt = Some((PortSet::all(), reason));
        return Some((all, limited));
    }
    if list.is_empty() {
        return Some((ClausePorts::all(), limited));
    }
    for item in list.items() {
        if !item.is_mapping() {
            book.refuse(item, "an item of the ports of a rule is no mapping");
            return None;
        }
        let rules = item.get("rules").filter(|rules| rules.is_mapping() && !rules.is_empty());
        if let Some(rules) = rules {
            if action == Action::Deny {
                book.reject(rules, "a rule that denies looks into what is said on a port");
                return None;
            }
            // What is asked of a name server passes a proxy; the port itself is as open as without it.
            limited |= rules.get("dns").is_none();
        }
        let Some(ports) = item.get("ports").filter(|ports| ports.is_sequence() && !ports.is_empty()) else {
            all.fixed = PortSet::all();
            continue;
        };
        for port in ports.items() {
            one(book, port, &mut all)?;
        }
    }
    Some((all, limited))
}

fn one<'w>(book: &mut Book<'w>, entry: Value<'w>, into: &mut ClausePorts<'w>) -> Option<()> {
    if !entry.is_mapping() {
        book.refuse(entry, "a port of a rule is no mapping");
        return None;
    }
    let protocols: Vec<Protocol> = match entry.get("protocol").filter(|word| !word.is_null()) {
        None => Protocol::ALL.to_vec(),
        Some(word) => match word.known() {
            Some("ANY" | "") => Protocol::ALL.to_vec(),
            Some("ICMP" | "ICMPv6") => Vec::new(),
            Some(name) => match Protocol::parse(name) {
                Some(protocol) => vec![protocol],
                // The protocols of tunnels have no ports.
                None if matches!(name, "VRRP" | "IGMP" | "GRE" | "IPIP" | "IPV6") => Vec::new(),
                None => {
                    book.reject(word, format_args!("`{name}` is no protocol"));
                    return None;
                }
            },
            None => {
                into.doubt = Some((PortSet::all(), "the protocol of a rule is not known".into()));
                return Some(());
            }
        },
    };
    let Some(port) = entry.get("port").filter(|port| !port.is_null()) else {
        add(into, &protocols, PORTS);
        return Some(());
    };
    let text = match (port.kind(), port.known()) {
        (Kind::Text, Some(text)) => text,
        (Kind::Number, _) => {
            book.reject(port, "the port is a number, and has to be a text");
            return None;
        }
        _ => {
            let mut more = PortSet::none();
            for protocol in &protocols {
                more.add(&PortSet::range(*protocol, PORTS.0, PORTS.1));
            }
            into.doubt = Some((more, port.unknown().unwrap_or_else(|| "a port is not known".into())));
            return Some(());
        }
    };
    match (text.parse::<u32>(), entry.get("endPort").and_then(Value::as_int)) {
        (Ok(0), None | Some(0)) => add(into, &protocols, PORTS),
        (Ok(first), end) => {
            let last = end.filter(|end| *end != 0).unwrap_or(i64::from(first));
            match (u16::try_from(first), u16::try_from(last)) {
                (Ok(first), Ok(last)) if first <= last => add(into, &protocols, (first, last)),
                _ => {
                    book.reject(port, "a port is none, or its range ends before it starts");
                    return None;
                }
            }
        }
        (Err(_), _) if is_port_name(&text.to_ascii_lowercase()) => {
            for protocol in protocols {
                into.named.push((Some(protocol), text));
            }
        }
        (Err(_), _) => {
            book.reject(port, "a port is neither a number nor a name");
            return None;
        }
    }
    Some(())
}

fn add(into: &mut ClausePorts<'_>, protocols: &[Protocol], (first, last): (u16, u16)) {
    for protocol in protocols {
        into.fixed.add(&PortSet::range(*protocol, first, last));
    }
}
