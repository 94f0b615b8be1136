//! What an app finds among the contracts that it relies on: there, absent with a licence, or unknown.

use super::model::{ClientRule, ClusterOffer, Contract, NamespaceOffer, SecretOffer, ServiceOffer};
use super::places::{Key, Places};
use crate::graph::is_near;
use crate::source::Span;

/// What one platform offers.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The root that it was worked out from; none for an exported file.
    pub root: Option<usize>,
    /// What it offers.
    pub contract: Contract,
    /// Where that is written.
    pub places: Places,
}

impl Offer {
    /// A namespace of the platform that holds its databases.
    fn namespace(&self, name: &str) -> Option<&NamespaceOffer> {
        self.contract.namespaces.iter().find(|namespace| namespace.databases && namespace.name == name)
    }

    fn cluster(&self, namespace: &str, name: &str) -> Option<&ClusterOffer> {
        self.contract.clusters.iter().find(|cluster| cluster.namespace == namespace && cluster.name == name)
    }

    /// Where something of it is written.
    pub fn place(&self, key: &Key) -> Option<Span> {
        self.places.of(key)
    }
}

/// A cluster on offer, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Rented<'a> {
    /// The platform.
    pub offer: &'a Offer,
    /// The cluster.
    pub cluster: &'a ClusterOffer,
}

impl<'a> Rented<'a> {
    /// Who may reach a host of it; none where nothing limits that.
    pub fn clients_of(&self, service: &'a ServiceOffer) -> Option<&'a ClientRule> {
        service.clients.as_ref().or(self.cluster.clients.as_ref())
    }

    /// Where the cluster is written.
    pub fn place(&self) -> Option<Span> {
        self.offer.place(&Key::Cluster(self.cluster.id()))
    }
}

/// A Secret on offer, and who brings it.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The platform.
    pub offer: &'a Offer,
    /// The Secret.
    pub secret: &'a SecretOffer,
}

impl Delivery<'_> {
    /// Where it is written.
    pub fn place(&self) -> Option<Span> {
        self.offer.place(&Key::Secret(self.secret.id()))
    }

    /// Whether it has a key; none where nobody can tell.
    pub fn has_key(&self, key: &str) -> Option<bool> {
        match self.secret.keys.iter().any(|known| known == key) {
            true => Some(true),
            // Whoever writes a contract by hand need not list keys.
            false if self.secret.more_keys || self.secret.keys.is_empty() => None,
            false => Some(false),
        }
    }
}

/// The answer to a question.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a, T> {
    /// It is on offer.
    There(T),
    /// The platform that owns the namespace does not offer it.
    Absent(&'a Offer),
    /// No contract speaks of databases in the namespace, or it does not say all; why not, where there is a reason.
    Unknown(Option<&'a str>),
}

/// The contracts that an app relies on.
#[derive(Clone, Debug, Default)]
pub struct Offers<'a> {
    all: Vec<&'a Offer>,
}

impl<'a> Offers<'a> {
    /// These.
    pub fn new(all: Vec<&'a Offer>) -> Offers<'a> {
        Offers { all }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Every contract.
    pub fn iter(&self) -> impl Iterator<Item = &'a Offer> + '_ {
        self.all.iter().copied()
    }

    /// Every cluster on offer.
    pub fn clusters(&self) -> impl Iterator<Item = Rented<'a>> + '_ {
        self.iter().flat_map(|offer| offer.contract.clusters.iter().map(move |cluster| Rented { offer, cluster }))
    }

    /// A cluster.
    pub fn cluster(&self, namespace: &str, name: &str) -> Answer<'a, Rented<'a>> {
        let found = self.iter().find_map(|offer| Some(Rented { offer, cluster: offer.cluster(namespace, name)? }));
        found.map_or_else(|| self.absent(namespace), Answer::There)
    }

    /// The clusters on offer that have the name of this one: several contracts may list it, each as one of their targets
    /// holds it.
    pub fn alike(&self, cluster: &ClusterOffer) -> Vec<Rented<'a>> {
        let same = |one: &Rented<'_>| one.cluster.namespace == cluster.namespace && one.cluster.name == cluster.name;
        self.clusters().filter(same).collect()
    }

    /// A host: service and namespace.
    pub fn service(&self, namespace: &str, service: &str) -> Answer<'a, (Rented<'a>, &'a ServiceOffer)> {
        let host = format!("{service}.{namespace}");
        let found = self
            .clusters()
            .find_map(|rented| Some((rented, rented.cluster.services.iter().find(|service| service.host == host)?)));
        found.map_or_else(|| self.absent(namespace), Answer::There)
    }

    /// Whether absence from `namespace` can be told, and by whom.
    pub fn absent<T>(&self, namespace: &str) -> Answer<'a, T> {
        let mut owners = self.iter().filter_map(|offer| Some((offer, offer.namespace(namespace)?)));
        let Some((offer, first)) = owners.next() else { return Answer::Unknown(None) };
        let reasons = first.incomplete.as_deref();
        match reasons.or_else(|| owners.find_map(|(_, other)| other.incomplete.as_deref())) {
            Some(reason) => Answer::Unknown(Some(reason)),
            None => Answer::Absent(offer),
        }
    }

    /// A Secret that a platform brings to `namespace`.
    pub fn secret(&self, namespace: &str, name: &str) -> Answer<'a, Delivery<'a>> {
        let named = |offer: &'a Offer| offer.contract.secrets.iter().filter(move |secret| secret.name == name);
        let all = || self.iter().flat_map(move |offer| named(offer).map(move |secret| Delivery { offer, secret }));
        if let Some(found) = all().find(|one| one.secret.namespace == namespace) {
            return Answer::There(found);
        }
        if all().any(|one| one.secret.anywhere) {
            return Answer::Unknown(Some("the platform may bring a Secret of that name to this namespace"));
        }
        let stems = ["-app", "-superuser", "-ca", "-server", "-replication", "-pooler", "-pull-secret"];
        let stem = stems.iter().find_map(|end| name.strip_suffix(end));
        let of_operator =
            |rented: Rented<'_>| rented.cluster.namespace == namespace && Some(rented.cluster.name.as_str()) == stem;
        if self.clusters().any(of_operator) {
            return Answer::Unknown(Some("the operator may make a Secret of that name beside the platform's cluster"));
        }
        let Some(first) = self.iter().next() else { return Answer::Unknown(None) };
        let here = |one: &&'a NamespaceOffer| one.name == namespace;
        let beside = self.iter().flat_map(|offer| offer.contract.namespaces.iter()).filter(here);
        let beside = beside.filter_map(|one| one.incomplete.as_deref());
        match beside.chain(self.iter().filter_map(|offer| offer.contract.secrets_incomplete.as_deref())).next() {
            Some(reason) => Answer::Unknown(Some(reason)),
            None => Answer::Absent(self.owner(namespace).unwrap_or(first)),
        }
    }

    /// The Secret that a platform brings to `namespace` with the nearest name; of the `idle` ones only, which it does
    /// not use itself.
    pub fn near_secret(&self, namespace: &str, name: &str, idle: bool) -> Option<Delivery<'a>> {
        let all = self
            .iter()
            .flat_map(|offer| offer.contract.secrets.iter().map(move |secret| Delivery { offer, secret }))
            .filter(|one| one.secret.namespace == namespace && !(idle && one.secret.own));
        let near = all.filter_map(|one| is_near(name, &one.secret.name).map(|far| (far, one)));
        near.min_by_key(|(far, one)| (*far, one.secret.name.as_str())).map(|(_, one)| one)
    }

    /// The platform whose databases live in the namespace.
    pub fn owner(&self, namespace: &str) -> Option<&'a Offer> {
        self.iter().find(|offer| offer.namespace(namespace).is_some())
    }

    /// The cluster of `namespace` with the nearest name; the only shared one where none is near.
    pub fn near_cluster(&self, namespace: &str, name: &str) -> Option<Rented<'a>> {
        let beside = || self.clusters().filter(|rented| rented.cluster.namespace == namespace);
        let near = beside().filter_map(|rented| is_near(name, &rented.cluster.name).map(|far| (far, rented)));
        let near = near.min_by_key(|(far, rented)| (*far, rented.cluster.name.clone())).map(|(_, rented)| rented);
        let mut shared = beside().filter(|rented| rented.cluster.shared);
        near.or_else(|| shared.next().filter(|_| shared.next().is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(rest: &str) -> Offer {
        let text = format!(
            "version: 1\nnamespaces: [{{name: databases, databases: true}}]\nclusters: [{{namespace: databases, name: main}}]\nsecrets:\n- {{namespace: shop, name: shop-login}}\n- {{namespace: databases, name: admin-login, own: true}}\n{rest}"
        );
        let contract = serde_yaml::from_str(&text).expect("a contract");
        Offer { root: None, contract, places: Places::default() }
    }

    #[test]
    fn a_secret_is_there_absent_or_unknown() {
        for (rest, namespace, name, expected) in [
            ("", "shop", "shop-login", "there"),
            ("", "shop", "shop-logins", "absent"),
            ("", "ledger", "shop-login", "absent"),
            // The operator makes some beside a cluster that nobody lists.
            ("", "databases", "main-ca", "unknown"),
            ("", "databases", "other-ca", "absent"),
            ("- {name: bundle, anywhere: true}\n", "ledger", "bundle", "unknown"),
            ("- {name: bundle, anywhere: true}\n", "ledger", "bundles", "absent"),
            ("secretsIncomplete: a chart\n", "shop", "shop-logins", "unknown"),
            ("secretsIncomplete: a chart\n", "shop", "shop-login", "there"),
        ] {
            let offer = offer(rest);
            let found = match Offers::new(vec![&offer]).secret(namespace, name) {
                Answer::There(_) => "there",
                Answer::Absent(_) => "absent",
                Answer::Unknown(_) => "unknown",
            };
            assert_eq!(found, expected, "{rest}{namespace}/{name}");
        }
        let mut open = offer("");
        open.contract.namespaces.push(NamespaceOffer {
            name: "shop".into(),
            databases: false,
            incomplete: Some("a chart".into()),
        });
        let offers = Offers::new(vec![&open]);
        assert!(matches!(offers.secret("shop", "shop-logins"), Answer::Unknown(Some("a chart"))));
        assert!(matches!(offers.secret("ledger", "shop-logins"), Answer::Absent(_)));
        assert!(matches!(Offers::default().secret("shop", "shop-login"), Answer::Unknown(None)));
    }

    #[test]
    fn keys_that_nobody_lists_are_not_known() {
        for (secret, expected) in [
            ("", None),
            (", keys: [password]", Some(false)),
            (", keys: [password], moreKeys: true", None),
            (", keys: [user]", Some(true)),
        ] {
            let offer = offer(&format!("- {{namespace: ledger, name: login{secret}}}\n"));
            let Answer::There(found) = Offers::new(vec![&offer]).secret("ledger", "login") else { panic!("{secret}") };
            assert_eq!(found.has_key("user"), expected, "{secret}");
        }
    }

    #[test]
    fn what_the_platform_uses_itself_is_not_meant_for_apps() {
        let offer = offer("");
        let offers = Offers::new(vec![&offer]);
        let near = |namespace: &str, name: &str, idle: bool| {
            offers.near_secret(namespace, name, idle).map(|near| near.secret.name.clone())
        };
        assert_eq!(near("shop", "shop-logins", true).as_deref(), Some("shop-login"));
        assert_eq!(near("databases", "admin-logins", true), None);
        assert_eq!(near("databases", "admin-logins", false).as_deref(), Some("admin-login"));
        assert_eq!(near("ledger", "shop-logins", false), None);
    }
}
