//! Two states of a contract: what is gone or other than promised, and what came.

use super::model::{ClientRule, Contract};
use super::places::Key;
use std::collections::BTreeMap;

/// How something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is not offered any more.
    Gone,
    /// It is offered otherwise, and apps may rely on how it was.
    Changed,
    /// It is otherwise, and no app can rely on how it was.
    Drifted,
    /// It is new.
    Added,
}

impl Change {
    /// Whether an app may break by it.
    pub fn breaks(self) -> bool {
        matches!(self, Change::Gone | Change::Changed)
    }
}

/// One difference between what is promised and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub key: Key,
    /// How.
    pub change: Change,
    /// How it was, in words; empty where its being there says all.
    pub before: String,
    /// How it is.
    pub after: String,
}

/// What an app may rely on, with the words that describe it.
struct Fact {
    text: String,
    /// Whether an app may rely on the words, not on the thing alone.
    binding: bool,
}

/// Compares what is promised with what is there. What goes with a cluster is not told one by one.
pub fn compare(promised: &Contract, there: &Contract) -> Vec<Difference> {
    let (old, new) = (facts(promised), facts(there));
    let mut found = Vec::new();
    let inside = |key: &Key, of: &BTreeMap<Key, Fact>| {
        key.cluster().is_none_or(|cluster| of.contains_key(&Key::Cluster(cluster.to_owned())))
    };
    for (key, before) in &old {
        let difference = |change, after: &str| Difference {
            key: key.clone(),
            change,
            before: before.text.clone(),
            after: after.to_owned(),
        };
        match new.get(key) {
            Some(after) if after.text == before.text => {}
            Some(after) => {
                let breaks = before.binding && !is_wider(key, promised, there);
                let change = if breaks { Change::Changed } else { Change::Drifted };
                found.push(difference(change, &after.text));
            }
            None if !inside(key, &new) => {}
            // Where nothing limits clients any more, everybody is let in.
            None if matches!(key, Key::Clients(_) | Key::ServiceClients(..)) => {
                found.push(difference(Change::Drifted, "everybody"));
            }
            None if !before.binding && !stands_for_itself(key, promised) => {
                found.push(difference(Change::Drifted, "nothing stated"))
            }
            None => found.push(difference(Change::Gone, "")),
        }
    }
    for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(key)) {
        let limits = matches!(key, Key::Clients(_)) && inside(key, &old);
        let change = if limits { Change::Changed } else { Change::Added };
        let before = if limits { "everybody".to_owned() } else { String::new() };
        // The parts of a new cluster come with it.
        if inside(key, &old) {
            found.push(Difference { key: key.clone(), change, before, after: after.text.clone() });
        }
    }
    found.sort_by(|a, b| (a.change, &a.key).cmp(&(b.change, &b.key)));
    found
}

/// Whether a changed rule for clients lets in all whom the old one let in.
fn is_wider(key: &Key, promised: &Contract, there: &Contract) -> bool {
    let (Some(old), Some(new)) = (clients(key, promised), clients(key, there)) else { return false };
    old.labels.iter().all(|(label, value)| new.labels.get(label) == Some(value))
        && old.namespaces.iter().all(|name| new.namespaces.contains(name))
        && (new.others || !old.others)
}

fn clients<'c>(key: &Key, contract: &'c Contract) -> Option<&'c ClientRule> {
    let cluster = contract.clusters.iter().find(|cluster| Some(cluster.id().as_str()) == key.cluster())?;
    match key {
        Key::Clients(_) => cluster.clients.as_ref(),
        Key::ServiceClients(_, host) => cluster.services.iter().find(|service| service.host == *host)?.clients.as_ref(),
        _ => None,
    }
}

fn facts(contract: &Contract) -> BTreeMap<Key, Fact> {
    let mut facts = BTreeMap::new();
    let mut put = |key: Key, text: String, binding: bool| {
        facts.insert(key, Fact { text, binding });
    };
    if let Some(operator) = &contract.operator {
        let words = [operator.version.as_deref(), operator.namespace.as_deref()];
        put(Key::Operator, words.into_iter().flatten().collect::<Vec<_>>().join(" in "), false);
    }
    for namespace in &contract.namespaces {
        let holds = if namespace.databases { "holds databases" } else { "" };
        let open = namespace.incomplete.as_deref().unwrap_or_default();
        let words: Vec<&str> = [holds, open].into_iter().filter(|word| !word.is_empty()).collect();
        put(Key::Namespace(namespace.name.clone()), words.join("; "), false);
    }
    for secret in &contract.secrets {
        let more = if secret.more_keys { " and others" } else { "" };
        let beside = contract.namespaces.iter().any(|one| one.databases && one.name == secret.namespace);
        // What the platform uses itself in other namespaces is not meant for apps, though they may.
        put(Key::Secret(secret.id()), format!("keys {}{more}", secret.keys.join(", ")), beside || !secret.own);
    }
    if let Some(reason) = &contract.secrets_incomplete {
        put(Key::Secrets, format!("not whole: {reason}"), false);
    }
    for cluster in &contract.clusters {
        let id = cluster.id();
        let open = [&cluster.roles_incomplete, &cluster.databases_incomplete].into_iter().flatten().map(String::as_str);
        let said: Vec<&str> = cluster.shared.then_some("shared").into_iter().chain(open).collect();
        put(Key::Cluster(id.clone()), said.join("; "), false);
        if let Some(major) = cluster.postgresql {
            put(Key::Postgresql(id.clone()), major.to_string(), true);
        }
        if let Some(instances) = cluster.instances {
            put(Key::Instances(id.clone()), instances.to_string(), false);
        }
        if let Some(class) = &cluster.storage_class {
            put(Key::Storage(id.clone()), class.clone(), false);
        }
        if let Some(backup) = &cluster.backup {
            let kept = backup.retention.as_ref().map(|kept| format!(", kept {kept}")).unwrap_or_default();
            put(Key::Backup(id.clone()), format!("{}{kept} {}", backup.method, backup.schedules.join(", ")), false);
        }
        if let Some(rule) = &cluster.clients {
            put(Key::Clients(id.clone()), words(rule), true);
        }
        for service in &cluster.services {
            let mode = service.pool_mode.as_ref().map(|mode| format!(", {mode} pooling")).unwrap_or_default();
            let text = format!("port {}, {}{mode}", service.port, service.access.name());
            put(Key::Service(id.clone(), service.host.clone()), text, true);
            if let Some(rule) = &service.clients {
                put(Key::ServiceClients(id.clone(), service.host.clone()), words(rule), true);
            }
        }
        for role in &cluster.roles {
            put(Key::Role(id.clone(), role.clone()), String::new(), true);
        }
        for database in &cluster.databases {
            put(Key::Database(id.clone(), database.clone()), String::new(), true);
        }
    }
    facts
}

/// Whether apps rely on its being there, whatever is said of it.
fn stands_for_itself(key: &Key, promised: &Contract) -> bool {
    match key {
        Key::Cluster(_) => true,
        // Another is listed only for what nobody could see in it.
        Key::Namespace(name) => {
            promised.namespaces.iter().any(|one| one.name == *name && (one.databases || one.incomplete.is_none()))
        }
        _ => false,
    }
}

/// A rule for clients in words.
fn words(rule: &ClientRule) -> String {
    let labels = rule.labels.iter().map(|(key, value)| format!("namespaces with label {key}={value}"));
    let names = rule.namespaces.iter().map(|name| format!("namespace {name}"));
    let others = rule.others.then(|| "others".to_owned());
    let all: Vec<String> = labels.chain(names).chain(others).collect();
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(clusters: &str) -> Contract {
        serde_yaml::from_str(&format!("version: 1\nclusters: [{clusters}]\n")).expect("a contract")
    }

    #[test]
    fn what_apps_rely_on_breaks_them() {
        const MAIN: &str = "namespace: db, name: main";
        for (before, after, change) in [
            ("", "", None),
            ("", "roles: [a]", Some(Change::Added)),
            ("roles: [a]", "", Some(Change::Gone)),
            ("postgresql: 16", "postgresql: 17", Some(Change::Changed)),
            ("instances: 1", "instances: 3", Some(Change::Drifted)),
            ("instances: 1", "", Some(Change::Drifted)),
            ("shared: true", "shared: true, databasesIncomplete: a script", Some(Change::Drifted)),
            ("clients: {labels: {a: b}}", "clients: {labels: {a: c}}", Some(Change::Changed)),
            ("clients: {labels: {a: b}}", "clients: {labels: {a: b, d: e}}", Some(Change::Drifted)),
            ("clients: {namespaces: [a]}", "clients: {namespaces: [a, b]}", Some(Change::Drifted)),
            ("clients: {namespaces: [a, b]}", "clients: {namespaces: [a]}", Some(Change::Changed)),
            ("clients: {labels: {a: b}}", "", Some(Change::Drifted)),
            ("", "clients: {labels: {a: b}}", Some(Change::Changed)),
            (
                "services: [{host: main-rw.db, port: 5432, access: read-write}]",
                "services: [{host: main-rw.db, port: 6432, access: read-write}]",
                Some(Change::Changed),
            ),
        ] {
            let text = |rest: &str| format!("{{{MAIN}, {rest}}}").replace(", }", "}");
            let found = compare(&contract(&text(before)), &contract(&text(after)));
            let changes: Vec<Change> = found.iter().map(|difference| difference.change).collect();
            assert_eq!(changes, change.into_iter().collect::<Vec<_>>(), "{before} -> {after}");
        }
    }

    #[test]
    fn the_parts_of_a_cluster_go_and_come_with_it() {
        let whole = contract("{namespace: db, name: main, roles: [a], postgresql: 16}");
        let gone = compare(&whole, &contract(""));
        assert_eq!(gone.len(), 1);
        assert_eq!((gone[0].change, gone[0].key.title()), (Change::Gone, "Cluster `db/main`".to_owned()));
        let came = compare(&contract(""), &whole);
        assert_eq!(came.len(), 1);
        assert_eq!(came[0].change, Change::Added);
    }
}
