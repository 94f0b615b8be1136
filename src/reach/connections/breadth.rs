//! Rules that let in everybody: how many one lets in, and whether that holds beside all other policies.

use super::grants::{Grant, Granted};
use super::isolation::is_every_pod;
use super::{Connections, End};
use crate::reach::policy::Direction;
use crate::reach::ports::Protocol;
use crate::yaml::Value;

/// How many a rule lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// Everybody, inside the cluster and outside.
    Everyone,
    /// Pods of every namespace.
    EveryNamespace,
    /// Every address outside the cluster.
    EveryAddress,
    /// Fewer, or not known how many.
    Limited,
}

/// Cilium's words for all addresses outside, or all of one family.
const WORLD: &[&str] = &["world", "world-ipv4", "world-ipv6"];

impl<'w> Grant<'_, 'w> {
    /// How many it lets in, as far as that is certain.
    pub fn breadth(&self) -> Breadth {
        match self.who {
            Granted::Everyone => Breadth::Everyone,
            Granted::Pods(pods) if is_every_pod(pods) => Breadth::EveryNamespace,
            Granted::Pods(_) => Breadth::Limited,
            Granted::Others => {
                let is_all = |value: Value<'_>| value.known().is_some_and(|text| WORLD.contains(&text) || is_all(text));
                if self.block().is_some_and(is_all) { Breadth::EveryAddress } else { Breadth::Limited }
            }
        }
    }

    /// The block of addresses that it names, or Cilium's word for one.
    pub fn block(&self) -> Option<Value<'w>> {
        let peer = self.peer;
        match self.who {
            Granted::Others if peer.is_mapping() => peer.at(&["ipBlock", "cidr"]).or_else(|| peer.get("cidr")),
            Granted::Others => Some(peer),
            _ => None,
        }
    }

    /// The blocks that are taken out of the one it names.
    pub fn exceptions(&self) -> Vec<Value<'w>> {
        let list = self.peer.at(&["ipBlock", "except"]).or_else(|| self.peer.get("except"));
        list.into_iter().flat_map(Value::items).collect()
    }
}

/// Whether a block holds all addresses of its family.
fn is_all(cidr: &str) -> bool {
    cidr.split_once('/').is_some_and(|(address, length)| length == "0" && address.parse::<std::net::IpAddr>().is_ok())
}

impl Connections<'_> {
    /// Whether so many surely get in to a TCP port of some pods of a party, whatever other policies say.
    pub fn is_open_to(&self, party: usize, breadth: Breadth, port: u16) -> bool {
        match breadth {
            Breadth::Limited => false,
            Breadth::Everyone | Breadth::EveryNamespace => {
                let mut views =
                    self.classes_of(party).into_iter().map(|class| self.views.of(class, Direction::Ingress));
                views.any(|view| view.default.sure.holds(Protocol::Tcp, port))
            }
            Breadth::EveryAddress => {
                let beyond = self.beyond(&self.classes_of(party), Direction::Ingress, true);
                let mut addresses = beyond.iter().filter(|(end, _)| matches!(end, End::Addresses(_)));
                addresses.any(|(_, reached)| reached.sure.holds(Protocol::Tcp, port))
            }
        }
    }
}
