//! A contract out of the objects of a platform: what its targets hold, with the place of each thing.

use super::clients;
use super::merge::merge;
use super::model::{
    Access, BackupPolicy, ClusterOffer, Contract, NamespaceOffer, OperatorOffer, ServiceOffer, VERSION,
};
use super::places::{Key, Places};
use super::secrets::Delivered;
use crate::config::Config;
use crate::graph::backup::{BackupSetup, destinations};
use crate::graph::cnpg::{Cluster, GROUP, Pooler, ScheduledBackup, cluster_reference};
use crate::graph::contents::{DatabaseMakers, databases_of};
use crate::graph::roles::{Declarations, bootstrap_database};
use crate::graph::secrets::Secrets;
use crate::graph::{Graph, View};
use crate::manifest::{Namespace, Resource};
use crate::reach::connections::Connections;
use crate::reach::{POSTGRES_PORT, operators};
use crate::schema::image::ImageReference;
use crate::source::Span;
use crate::yaml::Value;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// One target of the platform.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a, 'w> {
    /// Its objects.
    pub graph: &'a Graph<'w>,
    /// Who may reach whom, where that was worked out.
    pub connections: Option<&'a Connections<'w>>,
    /// Who makes and who uses its Secrets.
    pub secrets: &'a Secrets<'w>,
    /// The config of the repo.
    pub config: &'a Config,
}

/// Where the operator's own manifests put it.
const USUAL_OPERATOR: &str = "cnpg-system";

/// What `targets` offer together: what one of them holds is on offer.
pub fn collect(targets: &[Target<'_, '_>]) -> (Contract, Places) {
    let mut found = Collection::default();
    for target in targets {
        found.read(target);
    }
    found.finish()
}

#[derive(Default)]
struct Collection {
    operator: OperatorOffer,
    namespaces: BTreeMap<String, Option<String>>,
    /// Those that hold databases.
    holding: BTreeSet<String>,
    clusters: BTreeMap<String, ClusterOffer>,
    secrets: Delivered,
    places: Places,
    /// Namespaces of operators.
    homes: BTreeSet<String>,
}

impl Collection {
    fn read<'w>(&mut self, target: &Target<'_, 'w>) {
        self.operator(target);
        let homes = operators(target.graph).into_iter().filter_map(|one| one.namespace.known().map(str::to_owned));
        self.homes.extend(homes.chain([USUAL_OPERATOR.to_owned()]));
        let declarations = Declarations::new(target.graph);
        let makers = DatabaseMakers::new(target.graph);
        for cluster in target.graph.all::<Cluster<'w>>() {
            self.cluster(&cluster, target, &declarations, &makers);
        }
        self.own_namespaces(target);
        self.secrets.read(target, &self.holding, &mut self.places);
    }

    fn operator(&mut self, target: &Target<'_, '_>) {
        let said = &target.config.databases.operator.namespace;
        if let Some(namespace) = said.as_ref().filter(|_| self.operator.namespace.is_none()) {
            self.operator.namespace = Some(namespace.value.clone());
            self.homes.insert(namespace.value.clone());
            self.put(Key::Operator, namespace.span);
        }
        if let Some(version) = target.config.cnpg_version().filter(|_| self.operator.version.is_none()) {
            self.operator.version = Some(version.value.clone());
            self.put(Key::Operator, version.span);
        }
    }

    fn put(&mut self, key: Key, span: impl Into<Option<Span>>) {
        if let Some(span) = span.into() {
            self.places.put(key, span);
        }
    }

    /// Namespaces that the platform defines or says to be its own, and whether all that is in them is seen.
    fn own_namespaces(&mut self, target: &Target<'_, '_>) {
        let mut own: BTreeMap<String, Option<Span>> = BTreeMap::new();
        for object in target.graph.of_kind("", "Namespace").iter().filter(|object| object.whole) {
            if let Some(name) = object.name() {
                own.insert(name.to_owned(), Some(object.headline().span()));
            }
        }
        let databases = &target.config.databases;
        for said in databases.namespaces.iter().chain(&databases.operator.namespace) {
            own.entry(said.value.clone()).or_insert(said.span);
        }
        self.holding.extend(databases.namespaces.iter().map(|said| said.value.clone()));
        for cluster in target.graph.all::<Cluster<'_>>() {
            if let Some(name) = cluster.namespace.known() {
                own.entry(name.to_owned()).or_insert(Some(cluster.headline().span()));
                self.holding.insert(name.to_owned());
            }
        }
        for (name, span) in own {
            let place = Namespace::Known(&name);
            let unnamed = || {
                let mut clusters = target.graph.of_kind(GROUP, Cluster::KIND).iter();
                let unsure = clusters.find(|one| one.name().is_none() && one.namespace.may_be(&place))?;
                Some(format!("the name of {} is not known in full", unsure.title()))
            };
            let open = match self.holding.contains(&name) {
                true => target.graph.opened_for_databases(&place).map(str::to_owned).or_else(unnamed),
                // What is asked for there is Secrets.
                false => None,
            };
            let known = self.namespaces.entry(name.clone()).or_default();
            *known = known.take().or(open);
            self.put(Key::Namespace(name), span);
        }
    }

    fn cluster<'w>(
        &mut self,
        cluster: &Cluster<'w>,
        target: &Target<'_, 'w>,
        declarations: &Declarations<'w>,
        makers: &DatabaseMakers<'w>,
    ) {
        let resource = cluster.resource();
        let (Some(name), Some(namespace)) = (resource.name(), resource.namespace.known()) else { return };
        let id = format!("{namespace}/{name}");
        let mut offer = ClusterOffer {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            shared: target.config.databases.shared_entry(namespace, name).is_some(),
            instances: cluster.instances(),
            ..ClusterOffer::default()
        };
        self.put(Key::Cluster(id.clone()), resource.headline().span());
        self.put(Key::Instances(id.clone()), cluster.spec(&["instances"]).map(Value::key_or_span));
        if let Some((major, at)) = major(cluster) {
            offer.postgresql = Some(major);
            self.put(Key::Postgresql(id.clone()), at);
        }
        let class = cluster.spec(&["storage", "storageClass"]).filter(|class| class.known().is_some());
        if let Some(class) = class {
            offer.storage_class = class.known().map(str::to_owned);
            self.put(Key::Storage(id.clone()), class.key_or_span());
        }
        offer.backup = self.backup(cluster, &id, target.graph);
        if let Some((rule, span)) =
            target.connections.and_then(|connections| clients::rule(resource, connections, &self.homes))
        {
            offer.clients = Some(rule);
            self.put(Key::Clients(id.clone()), span);
        }
        self.roles(cluster, &id, declarations, (target.graph, makers), &mut offer);
        self.services(cluster, &id, target, &mut offer);
        match self.clusters.entry(id) {
            // Each target may hold one of that name: what one of them has, an app may mean.
            Entry::Occupied(mut there) => merge(there.get_mut(), offer),
            Entry::Vacant(place) => {
                place.insert(offer);
            }
        }
    }

    fn backup<'w>(&mut self, cluster: &Cluster<'w>, id: &str, graph: &Graph<'w>) -> Option<BackupPolicy> {
        let setup = BackupSetup::of(cluster);
        let (method, at) = match (&setup.in_tree, setup.plugins.first(), &setup.snapshot) {
            (_, Some(plugin), _) => ("plugin", *plugin),
            (Some(store), ..) => ("barmanObjectStore", *store),
            (None, None, Some(snapshot)) => ("volumeSnapshot", *snapshot),
            (None, None, None) => return None,
        };
        self.put(Key::Backup(id.to_owned()), at.key_or_span());
        let kept = destinations(cluster, graph).into_iter().find_map(|to| to.retention?.known().map(str::to_owned));
        let mut schedules: Vec<String> = graph
            .all::<ScheduledBackup<'w>>()
            .filter(|backup| backup.namespace.is_same(&cluster.namespace))
            .filter(|backup| cluster_reference(backup.resource()).and_then(Value::known) == cluster.name())
            .filter_map(|backup| backup.at(&["spec", "schedule"])?.known().map(str::to_owned))
            .collect();
        schedules.sort();
        schedules.dedup();
        Some(BackupPolicy { method: method.to_owned(), retention: kept, schedules })
    }

    fn roles<'w>(
        &mut self,
        cluster: &Cluster<'w>,
        id: &str,
        declarations: &Declarations<'w>,
        (graph, makers): (&Graph<'w>, &DatabaseMakers<'w>),
        offer: &mut ClusterOffer,
    ) {
        let declared = declarations.roles_of(cluster);
        let mut roles = BTreeSet::new();
        for role in &declared.roles {
            roles.insert(role.name.to_string());
            self.put(Key::Role(id.to_owned(), role.name.to_string()), role.origin.span());
        }
        offer.roles = roles.into_iter().collect();
        offer.roles_incomplete = declared.gaps.first().cloned();
        let mut databases = BTreeSet::new();
        if let Some(first) = bootstrap_database(cluster) {
            databases.insert(first.name.to_owned());
            self.put(Key::Database(id.to_owned(), first.name.to_owned()), first.origin.span());
        }
        let own = cluster.name().and_then(|name| declarations.databases().get(name)).into_iter().flatten();
        for database in own.filter(|database| database.namespace.is_same(&cluster.namespace)) {
            let name = database.at(&["spec", "name"]);
            if let Some((name, at)) = name.and_then(|name| Some((name.known()?, name.span()))) {
                databases.insert(name.to_owned());
                self.put(Key::Database(id.to_owned(), name.to_owned()), at);
            }
        }
        offer.databases = databases.into_iter().collect();
        offer.databases_incomplete = databases_of(cluster, graph, declarations, makers).err();
    }

    fn services<'w>(&mut self, cluster: &Cluster<'w>, id: &str, target: &Target<'_, 'w>, offer: &mut ClusterOffer) {
        let (name, namespace) = (offer.name.clone(), offer.namespace.clone());
        let switched_off = cluster.spec(&["managed", "services", "disabledDefaultServices"]);
        let off: Vec<&str> = switched_off.into_iter().flat_map(Value::items).filter_map(|item| item.known()).collect();
        let mut services: BTreeMap<String, (ServiceOffer, Span)> = BTreeMap::new();
        let mut add = |service: &str, port: u16, access: Access, at: Span| {
            let host = format!("{service}.{namespace}");
            let offer = ServiceOffer { host: host.clone(), port, access, pool_mode: None, clients: None };
            services.entry(host).or_insert((offer, at));
        };
        let headline = cluster.headline().span();
        for (end, access) in [("rw", Access::ReadWrite), ("ro", Access::ReadOnly), ("r", Access::Read)] {
            if !off.contains(&end) {
                add(&format!("{name}-{end}"), POSTGRES_PORT, access, headline);
            }
        }
        for extra in cluster.spec(&["managed", "services", "additional"]).into_iter().flat_map(Value::items) {
            let named = extra.at(&["serviceTemplate", "metadata", "name"]);
            if let Some((service, at)) = named.and_then(|named| Some((named.known()?, named.span()))) {
                let access = match extra.get("selectorType").and_then(Value::known) {
                    Some("ro") => Access::ReadOnly,
                    Some("r") => Access::Read,
                    _ => Access::ReadWrite,
                };
                add(service, POSTGRES_PORT, access, at);
            }
        }
        for service in target.graph.of_kind("", "Service").iter().filter(|service| service.whole) {
            if let Some((own, port)) = plain_service(service, &cluster.namespace, &name) {
                add(own, port, Access::Custom, service.headline().span());
            }
        }
        let here = cluster.resource();
        for pooler in target.graph.all::<Pooler<'w>>() {
            let of = cluster_reference(pooler.resource()).and_then(Value::known);
            if of != Some(name.as_str()) || !pooler.namespace.is_same(&here.namespace) {
                continue;
            }
            let Some(service) = pooler.resource().name() else { continue };
            let host = format!("{service}.{namespace}");
            let access = match pooler.at(&["spec", "type"]).and_then(Value::known) {
                Some("ro") => Access::ReadOnly,
                Some("r") => Access::Read,
                _ => Access::ReadWrite,
            };
            let mode = pooler.at(&["spec", "pgbouncer", "poolMode"]);
            let rule =
                target.connections.and_then(|connections| clients::rule(pooler.resource(), connections, &self.homes));
            let (rule, at) = rule.unzip();
            let own = rule.filter(|rule| offer.clients.as_ref() != Some(rule));
            if own.is_some() {
                self.put(Key::ServiceClients(id.to_owned(), host.clone()), at.flatten());
            }
            let mode = mode.map_or(Some("session"), Value::known).map(str::to_owned);
            let service =
                ServiceOffer { host: host.clone(), port: POSTGRES_PORT, access, pool_mode: mode, clients: own };
            services.insert(host, (service, pooler.headline().span()));
        }
        for (host, (service, at)) in services {
            self.put(Key::Service(id.to_owned(), host), at);
            offer.services.push(service);
        }
    }

    fn finish(mut self) -> (Contract, Places) {
        for (name, reason) in self.secrets.take_gaps() {
            self.namespaces.entry(name).or_default().get_or_insert(reason);
        }
        let operator = Some(self.operator).filter(|operator| *operator != OperatorOffer::default());
        let holding = self.holding;
        let namespaces = self.namespaces.into_iter().map(|(name, incomplete)| NamespaceOffer {
            databases: holding.contains(&name),
            name,
            incomplete,
        });
        let (secrets, secrets_incomplete) = self.secrets.finish();
        let contract = Contract {
            version: VERSION,
            operator,
            namespaces: namespaces.collect(),
            clusters: self.clusters.into_values().collect(),
            secrets,
            secrets_incomplete,
        };
        (contract, self.places)
    }
}

/// The PostgreSQL major version, where the manifest states one.
fn major<'w>(cluster: &Cluster<'w>) -> Option<(u32, Span)> {
    if let Some(major) = cluster.spec(&["imageCatalogRef", "major"]) {
        return Some((u32::try_from(major.as_int()?).ok()?, major.key_or_span()));
    }
    let image = cluster.image_name()?;
    Some((ImageReference::parse(image.known()?)?.major()?, image.key_or_span()))
}

/// Name and port of a Service that somebody wrote for the pods of a cluster.
fn plain_service<'w>(service: &'w Resource<'w>, namespace: &Namespace<'_>, cluster: &str) -> Option<(&'w str, u16)> {
    let selected = service.at(&["spec", "selector"])?.get("cnpg.io/cluster")?;
    if selected.known() != Some(cluster) || !service.namespace.is_same(namespace) {
        return None;
    }
    let port = service.at(&["spec", "ports"])?.items().next()?.get("port")?.as_int()?;
    Some((service.name()?, u16::try_from(port).ok()?))
}
