//! The peers of a Cilium rule: endpoints, entities, blocks of addresses, names, services.

use super::book::Book;
use super::checks::Unread;
use super::cilium::{Reading, endpoints, names_namespaces};
use super::clause::{Entity, PlaceTest, Pods, Who};
use super::parties::place;
use crate::graph::cnpg;
use crate::manifest::Namespace;
use crate::reach::NamespaceKey;
use crate::reach::addresses::AddressSet;
use crate::reach::policy::Direction;
use crate::reach::selector::Selector;
use crate::yaml::Value;

/// Fields that name peers, for each direction, without `from` and `to`.
const KINDS: &[&str] = &["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes", "Groups", "FQDNs", "Services"];
/// Fields that were taken out of Cilium.
const GONE: &[&str] = &["Requires"];

/// The peers of `rule`: none within where it names nobody and so means everyone, none at all where it is rejected.
pub(super) fn read<'w>(
    book: &mut Book<'w>,
    reading: &Reading<'_, 'w>,
    rule: Value<'w>,
    direction: Direction,
) -> Option<Option<Vec<(Who, Value<'w>)>>> {
    let prefix = if direction == Direction::Ingress { "from" } else { "to" };
    let fields: Vec<(&str, Value<'w>)> = rule
        .entries()
        .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)))
        .filter(|(_, value)| !value.is_null())
        .collect();
    if let Some((key, value)) = fields.iter().find(|(key, _)| GONE.contains(key)) {
        book.fault(*value, format!("`{prefix}{key}` is gone since Cilium 1.19: what it asks for is not worked out"));
        let reason = "a field that is gone narrows the rule".to_owned();
        return Some(Some(vec![(Who::Unsure { reason, addresses: AddressSet::all(), pods: true }, *value)]));
    }
    let fields: Vec<(&str, Value<'w>)> = fields.into_iter().filter(|(key, _)| KINDS.contains(key)).collect();
    let mut filled = fields.iter().filter(|(_, list)| list.is_sequence() && !list.is_empty());
    match (filled.next(), filled.next()) {
        (Some((first, _)), Some((second, value))) => {
            book.reject(
                *value,
                format_args!("one rule has `{prefix}{first}` and `{prefix}{second}`, which is not supported"),
            );
            return None;
        }
        (None, _) if fields.is_empty() => return Some(None),
        _ => {}
    }
    let mut who = Vec::new();
    for (key, list) in fields {
        if list.unknown().is_none() && !list.is_sequence() {
            book.refuse(list, format_args!("`{prefix}{key}` is no list"));
            return None;
        }
        for item in list.items() {
            who.extend(peer(book, reading, key, item)?.into_iter().map(|who| (who, item)));
        }
        if list.raw().is_some() {
            let reason = list.unknown().unwrap_or_else(|| "a list of peers is no list".into());
            who.push((Who::Unsure { reason, addresses: AddressSet::all(), pods: true }, list));
        }
    }
    Some(Some(together(who)))
}

/// All entities of a rule as one list: the node a pod runs on and all others are every node.
fn together<'w>(who: Vec<(Who, Value<'w>)>) -> Vec<(Who, Value<'w>)> {
    let mut entities: Vec<Entity> = Vec::new();
    let mut first = None;
    let mut others = Vec::with_capacity(who.len());
    for (who, value) in who {
        match who {
            Who::Entities(list) => {
                entities.extend(list);
                first.get_or_insert(value);
            }
            other => others.push((other, value)),
        }
    }
    if let Some(first) = first {
        entities.sort_unstable();
        entities.dedup();
        others.push((Who::Entities(entities), first));
    }
    others
}

fn by_cilium<'w>(book: &mut Book<'w>, value: Value<'w>, what: String) {
    book.reject(value, what);
}

fn world(reason: impl Into<String>) -> Who {
    Who::Unsure { reason: reason.into(), addresses: AddressSet::all(), pods: false }
}

fn peer<'w>(book: &mut Book<'w>, reading: &Reading<'_, 'w>, key: &str, item: Value<'w>) -> Option<Vec<Who>> {
    Some(match key {
        "Endpoints" => endpoint(book, reading, item)?,
        "Entities" => entity(book, item)?,
        "CIDR" => vec![block(book, item, None)?],
        "CIDRSet" => set(book, reading, item)?,
        "Nodes" => vec![Who::Entities(vec![Entity::Host, Entity::RemoteNode])],
        "FQDNs" => vec![world("which addresses a domain name has is known at runtime only")],
        "Services" => service(book, reading, item),
        _ => vec![world("a group of a cloud's own is known at runtime only")],
    })
}

fn endpoint<'w>(book: &mut Book<'w>, reading: &Reading<'_, 'w>, item: Value<'w>) -> Option<Vec<Who>> {
    let selector = Selector::read(Some(item));
    let reserved = selector.requirements.iter().find_map(|requirement| {
        let name = requirement.key().strip_prefix("reserved:")?;
        Some((name.to_owned(), requirement.value))
    });
    if let Some((name, value)) = reserved {
        return entity_named(book, &name, value);
    }
    // A policy of the whole cluster means pods of any namespace, and no others.
    let implied = reading.own.filter(|_| !names_namespaces(&selector));
    Some(vec![Who::Pods(endpoints(book, item, selector, implied, None)?)])
}

fn entity<'w>(book: &mut Book<'w>, item: Value<'w>) -> Option<Vec<Who>> {
    match item.known() {
        Some(name) => entity_named(book, name, item),
        None => Some(vec![Who::Unsure {
            reason: item.unknown().unwrap_or_else(|| "an entity is no text".into()),
            addresses: AddressSet::all(),
            pods: true,
        }]),
    }
}

fn entity_named<'w>(book: &mut Book<'w>, name: &str, value: Value<'w>) -> Option<Vec<Who>> {
    Some(match name {
        "all" => vec![Who::Everyone],
        "world" => vec![Who::Addresses(AddressSet::all())],
        "world-ipv4" => vec![Who::Addresses(AddressSet::block("0.0.0.0/0").unwrap_or_default())],
        "world-ipv6" => vec![Who::Addresses(AddressSet::block("::/0").unwrap_or_default())],
        "none" => Vec::new(),
        "cluster" => {
            let others = Entity::ALL.into_iter().collect();
            vec![Who::Pods(book.every_pod()), Who::Entities(others)]
        }
        _ => match Entity::ALL.into_iter().find(|entity| entity.name() == name) {
            Some(entity) => vec![Who::Entities(vec![entity])],
            None => {
                book.reject(value, format_args!("`{name}` is no entity"));
                return None;
            }
        },
    })
}

fn block<'w>(book: &mut Book<'w>, cidr: Value<'w>, except: Option<Value<'w>>) -> Option<Who> {
    // An address alone stands for itself.
    let alone = cidr.known().and_then(|text| {
        let address: std::net::IpAddr = text.parse().ok()?;
        AddressSet::block(&format!("{text}/{}", if address.is_ipv4() { 32 } else { 128 }))
    });
    let mut rest = match alone.map_or_else(|| book.block(cidr, by_cilium), Ok) {
        Ok(block) => block,
        Err(Unread::Refused) => return None,
        Err(Unread::Unknown(reason)) => return Some(world(reason)),
    };
    let mut doubt = None;
    for item in except.into_iter().flat_map(Value::items) {
        match book.block(item, by_cilium) {
            Ok(out) => rest = rest.difference(&out),
            Err(Unread::Refused) => return None,
            Err(Unread::Unknown(reason)) => doubt = Some(reason),
        }
    }
    Some(match doubt {
        None => Who::Addresses(rest),
        Some(reason) => Who::Unsure { reason, addresses: rest, pods: false },
    })
}

fn set<'w>(book: &mut Book<'w>, reading: &Reading<'_, 'w>, item: Value<'w>) -> Option<Vec<Who>> {
    if let Some(cidr) = item.get("cidr") {
        return Some(vec![block(book, cidr, item.get("except"))?]);
    }
    if item.get("cidrGroupRef").is_none() && item.get("cidrGroupSelector").is_none() && item.unknown().is_none() {
        book.refuse(item, "a block of addresses has no cidr");
        return None;
    }
    let Some(name) = item.get("cidrGroupRef").and_then(Value::known) else {
        return Some(vec![world("which addresses a group has is not known")]);
    };
    let groups = reading.graph.of_kind("cilium.io", "CiliumCIDRGroup").iter();
    let Some(group) = groups.into_iter().find(|group| group.whole && group.name() == Some(name)) else {
        return Some(vec![world(format!("the CiliumCIDRGroup `{name}` is not in this repo"))]);
    };
    let blocks = group.at(&["spec", "externalCIDRs"]).into_iter().flat_map(Value::items);
    let mut all = Vec::new();
    for cidr in blocks {
        all.push(block(book, cidr, item.get("except"))?);
    }
    Some(all)
}

/// The pods behind a Service, or whatever addresses it stands for.
fn service<'w>(book: &mut Book<'w>, reading: &Reading<'_, 'w>, item: Value<'w>) -> Vec<Who> {
    let unsure = |reason: String| vec![Who::Unsure { reason, addresses: AddressSet::all(), pods: true }];
    let Some(named) = item.get("k8sService") else {
        return unsure("Services that are selected by labels are not worked out".into());
    };
    let Some(name) = named.get("serviceName").and_then(Value::known) else {
        return unsure("the name of a Service is not known".into());
    };
    let own = reading.own.unwrap_or(NamespaceKey::Nothing);
    let wanted = named.get("namespace").and_then(Value::known).map_or(own, NamespaceKey::Known);
    let services = reading.graph.of_kind("", "Service").iter();
    let mut found = services.filter(|service| service.name() == Some(name) && place(&service.namespace) == wanted);
    let Some(service) = found.next() else {
        if let Some(pods) = of_operator(reading, wanted, name, item) {
            return vec![Who::Pods(book.pods(Pods::Plain(PlaceTest::Own(wanted), pods)))];
        }
        return unsure(format!("the Service `{name}` is not in this repo"));
    };
    match service.at(&["spec", "selector"]).filter(|selector| selector.is_mapping() && !selector.is_empty()) {
        Some(selector) if !matches!(service.namespace, Namespace::Unknown(_)) => {
            let pods = Selector::of_labels(selector);
            vec![Who::Pods(book.pods(Pods::Plain(PlaceTest::Own(wanted), pods)))]
        }
        _ => vec![world(format!("the Service `{name}` has no selector"))],
    }
}

/// The pods behind a Service that the CloudNativePG operator makes for a Cluster or a Pooler.
fn of_operator<'w>(
    reading: &Reading<'_, 'w>,
    wanted: NamespaceKey<'w>,
    name: &str,
    value: Value<'w>,
) -> Option<Selector<'w>> {
    let there = |kind: &str, owner: &str| {
        let mut all = reading.graph.of_kind(cnpg::GROUP, kind).iter();
        all.any(|resource| resource.name() == Some(owner) && place(&resource.namespace) == wanted)
    };
    if there("Pooler", name) {
        return Some(Selector::equal(&[("cnpg.io/poolerName", name)], value));
    }
    let (owner, role) = name.rsplit_once('-').filter(|(owner, _)| there("Cluster", owner))?;
    let cluster = ("cnpg.io/cluster", owner);
    match role {
        "rw" => Some(Selector::equal(&[cluster, ("cnpg.io/instanceRole", "primary")], value)),
        "ro" => Some(Selector::equal(&[cluster, ("cnpg.io/instanceRole", "replica")], value)),
        "r" => Some(Selector::equal(&[cluster, ("cnpg.io/podRole", "instance")], value)),
        _ => None,
    }
}
