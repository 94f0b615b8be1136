//! An exported file: text to a contract with the line of everything in it.

use super::model::{Contract, VERSION};
use super::places::{Key, Places};
use crate::source::{SourceId, Span};
use crate::yaml::{self, Dialect, Value};
use std::sync::Arc;

/// Why a file is no contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// Reads a contract in YAML or JSON.
///
/// # Errors
/// Why the text is none, with its line where that is known.
pub fn read(source: SourceId, text: Arc<str>) -> Result<(Contract, Places), ReadError> {
    let version: Versioned = serde_yaml::from_str(&text).map_err(|error| ReadError(error.to_string()))?;
    match version.version {
        Some(VERSION) => {}
        Some(other) => {
            return Err(ReadError(format!("a contract of version {other}, and this program reads version {VERSION}")));
        }
        None => return Err(ReadError("no contract: `version` is missing".to_owned())),
    }
    let contract: Contract = serde_yaml::from_str(&text).map_err(|error| ReadError(error.to_string()))?;
    let file = yaml::parse(source, text);
    let root = file.documents().first().and_then(|document| document.root);
    let places = root.map(|root| places(&contract, Value::new(&file, root, Dialect::Kubectl))).unwrap_or_default();
    Ok((contract, places))
}

#[derive(serde::Deserialize)]
struct Versioned {
    version: Option<u32>,
}

fn places(contract: &Contract, root: Value<'_>) -> Places {
    let mut places = Places::default();
    let mut put = |key: Key, at: Option<Span>| {
        if let Some(span) = at {
            places.put(key, span);
        }
    };
    let list = |of: Value<'_>, key: &str| of.get(key).map(|list| list.items().map(Value::span).collect::<Vec<Span>>());
    put(Key::Operator, root.get("operator").map(Value::key_or_span));
    put(Key::Secrets, root.get("secretsIncomplete").map(Value::key_or_span));
    let items = |key: &str| root.get(key).into_iter().flat_map(Value::items);
    for (offer, at) in contract.namespaces.iter().zip(items("namespaces")) {
        put(Key::Namespace(offer.name.clone()), at.get("name").map(Value::span));
    }
    for (offer, at) in contract.secrets.iter().zip(items("secrets")) {
        put(Key::Secret(offer.id()), at.get("name").map(Value::span));
    }
    for (offer, at) in contract.clusters.iter().zip(items("clusters")) {
        let id = offer.id();
        put(Key::Cluster(id.clone()), at.get("name").map(Value::span));
        for (key, field) in [
            (Key::Postgresql(id.clone()), "postgresql"),
            (Key::Instances(id.clone()), "instances"),
            (Key::Storage(id.clone()), "storageClass"),
            (Key::Backup(id.clone()), "backup"),
            (Key::Clients(id.clone()), "clients"),
        ] {
            put(key, at.get(field).map(Value::key_or_span));
        }
        for (service, at) in offer.services.iter().zip(at.get("services").into_iter().flat_map(Value::items)) {
            put(Key::Service(id.clone(), service.host.clone()), at.get("host").map(Value::span));
            let clients = at.get("clients").map(Value::key_or_span);
            put(Key::ServiceClients(id.clone(), service.host.clone()), clients);
        }
        for (role, span) in offer.roles.iter().zip(list(at, "roles").unwrap_or_default()) {
            put(Key::Role(id.clone(), role.clone()), Some(span));
        }
        for (database, span) in offer.databases.iter().zip(list(at, "databases").unwrap_or_default()) {
            put(Key::Database(id.clone(), database.clone()), Some(span));
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version: 1\nnamespaces:\n- name: databases\nclusters:\n- namespace: databases\n  name: main\n  services:\n  - {host: main-rw.databases, port: 5432, access: read-write}\n  roles: [admin]\n";

    fn slice(key: &Key) -> Option<&'static str> {
        let (_, places) = read(SourceId(0), TEXT.into()).expect("a contract");
        places.of(key).map(|span| &TEXT[span.range()])
    }

    #[test]
    fn everything_has_its_line() {
        for (key, text) in [
            (Key::Namespace("databases".into()), Some("databases")),
            (Key::Cluster("databases/main".into()), Some("main")),
            (Key::Service("databases/main".into(), "main-rw.databases".into()), Some("main-rw.databases")),
            (Key::Role("databases/main".into(), "admin".into()), Some("admin")),
            (Key::Role("databases/main".into(), "other".into()), Some("main")),
            (Key::Cluster("databases/other".into()), None),
        ] {
            assert_eq!(slice(&key), text, "{key:?}");
        }
    }

    #[test]
    fn what_is_no_contract_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "no contract"),
            ("a: 1\n", "no contract"),
            ("version: 2\n", "this program reads version 1"),
            ("version: 1\nclusterz: []\n", "unknown field `clusterz`"),
            ("version: 1\nclusters: [{name: main}]\n", "missing field `namespace`"),
            ("version: [\n", "line"),
        ] {
            let error = read(SourceId(0), text.into()).expect_err(text);
            assert!(error.0.contains(reason), "{text:?}: {error}");
        }
    }
}
