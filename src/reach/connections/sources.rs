//! Where a Cluster copies its data from: other Clusters of the target that `externalClusters` names by their services.

use super::parties::{Parties, Party, PartyKind};
use crate::graph::View;
use crate::graph::cnpg::{Bootstrap, Cluster};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

/// The services of Clusters and Poolers, by namespace and name.
#[derive(Debug, Default)]
pub(super) struct Services {
    by_name: HashMap<(String, String), usize>,
}

impl Services {
    pub(super) fn new(parties: &Parties<'_>) -> Services {
        let mut by_name = HashMap::new();
        for (at, party) in parties.parties.iter().enumerate() {
            for service in party.services() {
                by_name.insert((party.namespace.clone(), service), at);
            }
        }
        Services { by_name }
    }

    /// Who stands behind a host, as pods of `namespace` ask for it.
    fn behind(&self, host: &str, namespace: &str) -> Option<usize> {
        let mut parts = host.split('.');
        let service = parts.next()?;
        let place = parts.next().unwrap_or(namespace);
        // Names go on with `svc` and the cluster's domain; everything else is a host outside.
        let inside = parts.next().is_none_or(|part| part == "svc");
        self.by_name.get(&(place.to_owned(), service.to_owned())).copied().filter(|_| inside)
    }

    /// From whom the pods of `party` copy or stream, where it is another Cluster of the target.
    pub(super) fn source(&self, party: &Party<'_>) -> Option<usize> {
        let cluster = Cluster::of(party.resource)?;
        let name = match party.kind {
            PartyKind::Database if cluster.is_replica() => cluster.spec(&["replica", "source"])?,
            PartyKind::Job => match cluster.bootstrap() {
                Bootstrap::Initdb(Some(initdb)) if party.name.ends_with("-import") => {
                    initdb.at(&["import", "source", "externalCluster"])?
                }
                Bootstrap::Basebackup(copy) if party.name.ends_with("-pgbasebackup") => copy.get("source")?,
                _ => return None,
            },
            _ => return None,
        };
        let name = name.known()?;
        let named = |entry: &Value<'_>| entry.get("name").and_then(Value::known) == Some(name);
        let entry = cluster.external_clusters().find(named)?;
        let parameters = entry.get("connectionParameters")?;
        let port = parameters.get("port");
        if port.is_some_and(|port| port.raw() != Some("5432")) {
            return None;
        }
        self.behind(parameters.get("host")?.known()?, &party.namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::Services;
    use foldhash::HashMap;

    #[test]
    fn a_host_is_a_service_of_its_own_namespace_or_of_the_one_it_names() {
        let by_name = HashMap::from_iter([(("databases".to_owned(), "orders-rw".to_owned()), 3)]);
        let services = Services { by_name };
        for (host, namespace, expected) in [
            ("orders-rw", "databases", Some(3)),
            ("orders-rw", "web", None),
            ("orders-rw.databases", "web", Some(3)),
            ("orders-rw.databases.svc.cluster.local", "web", Some(3)),
            ("orders-rw.databases.example.org", "web", None),
            ("db.example.org", "databases", None),
        ] {
            assert_eq!(services.behind(host, namespace), expected, "{host}");
        }
    }
}
