//! Addresses where Services and their endpoints take them: no loopback, no link-local ones, lists of CIDRs.

use crate::schema::value::{Fault, cidr, code, ip};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use std::net::IpAddr;

/// Checks an address that others can reach: no loopback, link-local or unspecified one. `what` says what it is.
pub(super) fn ordinary_ip<'w>(value: Value<'w>, what: &str, problems: &mut Problems<'w>) {
    let Some(text) = value.known() else { return };
    if let Some(fault) = ip(text) {
        problems.push(fault.problem(code::ADDRESS, value, what));
    } else if let Some(kind) = text.parse().ok().and_then(special) {
        problems.push(
            Problem::new(code::ADDRESS, value, format!("{what} `{text}` is {kind} address"))
                .label("no other machine reaches it")
                .help("write an address that the cluster can reach"),
        );
    }
}

/// What an address is that means something only where it is used.
fn special(address: IpAddr) -> Option<&'static str> {
    let (link_local, multicast) = match address {
        IpAddr::V4(address) => (address.is_link_local(), address.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(address) => (address.is_unicast_link_local(), address.segments()[0] & 0xff0f == 0xff02),
    };
    match address {
        _ if address.is_unspecified() => Some("the unspecified"),
        _ if address.is_loopback() => Some("a loopback"),
        _ if link_local => Some("a link-local"),
        _ if multicast => Some("a link-local multicast"),
        _ => None,
    }
}

/// Checks a CIDR with blanks around it, or several with commas between them.
pub(super) fn list_of_cidrs<'w>(value: Value<'w>, several: bool, problems: &mut Problems<'w>) {
    let Some(text) = value.known() else { return };
    let parts: Vec<&str> = if several { text.trim().split(',').collect() } else { vec![text] };
    if several && text.trim().is_empty() {
        return;
    }
    if let Some(fault) = parts.iter().find_map(|part| cidr(part.trim())) {
        let wanted = if several { "a list of CIDRs" } else { "a CIDR" };
        problems.push(Fault { wanted, ..fault }.problem(code::ADDRESS, value, "source range"));
    }
}
