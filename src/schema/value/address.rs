//! IP addresses and CIDRs, in the strict reading that Kubernetes has from 1.36 on: no leading zeros, no IPv4 address
//! inside an IPv6 one, no bits set after the prefix.

use super::Fault;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses, as `address/length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// The first address.
    pub address: IpAddr,
    /// How many leading bits are fixed.
    pub length: u8,
}

impl Cidr {
    /// Reads a range, whatever bits it sets after its prefix.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length: u8 = length.parse().ok().filter(|_| plain && (length == "0" || !length.starts_with('0')))?;
        (length <= if address.is_ipv4() { 32 } else { 128 }).then_some(Cidr { address, length })
    }

    /// The range with no bit set after its prefix.
    pub fn network(self) -> Cidr {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
            }
        };
        Cidr { address, ..self }
    }

    /// Whether every address of `other` lies in this range.
    pub fn contains(self, other: Cidr) -> bool {
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.length <= other.length
            && Cidr { length: self.length, ..other }.network().address == self.network().address
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// An IPv4 or IPv6 address.
pub fn ip(text: &str) -> Option<Fault> {
    let wanted = "an IP address";
    let help = "write an address such as `10.9.8.7` or `2001:db8::ffff`";
    match text.parse::<IpAddr>() {
        Ok(address) if is_mapped(address) => {
            Some(Fault::new(wanted, "an IPv4 address inside an IPv6 one", "write the IPv4 address alone"))
        }
        Ok(_) => None,
        Err(_) if text.is_empty() => Some(Fault::new(wanted, "it is empty", help)),
        Err(_) => match without_zeros(text) {
            Some(plain) => Some(Fault::new(wanted, "leading zeros", format!("write `{plain}`"))),
            None => Some(Fault::new(wanted, "cannot be read as an address", help)),
        },
    }
}

/// An IPv4 address without the zeros that some readers take for octal.
fn without_zeros(text: &str) -> Option<Ipv4Addr> {
    let strip = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        rest => rest.to_owned(),
    };
    text.split('.').map(strip).collect::<Vec<_>>().join(".").parse().ok()
}

/// A range of addresses.
pub fn cidr(text: &str) -> Option<Fault> {
    let wanted = "a CIDR";
    let help = "write a range such as `10.9.8.0/24` or `2001:db8::/64`";
    let Some(range) = Cidr::parse(text) else {
        let found = match text.split_once('/') {
            None if ip(text).is_none() => {
                let length = if text.contains(':') { 128 } else { 32 };
                return Some(Fault::new(
                    wanted,
                    "an address without a prefix length",
                    format!("write `{text}/{length}`"),
                ));
            }
            None => "no `/` and prefix length",
            Some((address, _)) if address.parse::<IpAddr>().is_err() => "the address cannot be read",
            Some(_) => "the prefix length does not fit the address",
        };
        return Some(Fault::new(wanted, found, help));
    };
    if is_mapped(range.address) {
        return Some(Fault::new(wanted, "an IPv4 address inside an IPv6 one", "write the IPv4 range alone"));
    }
    let network = range.network();
    (network != range).then(|| Fault::new(wanted, "bits are set after the prefix", format!("write `{network}`")))
}
