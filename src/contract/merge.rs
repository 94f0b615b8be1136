//! Clusters of one name that several targets or contracts hold: what one of them has, an app may mean.

use super::model::{ClientRule, ClusterOffer, ServiceOffer};

/// Enters into `whole` what another cluster of its name offers.
pub(super) fn merge(whole: &mut ClusterOffer, other: ClusterOffer) {
    whole.shared |= other.shared;
    unite(&mut whole.roles, other.roles);
    unite(&mut whole.databases, other.databases);
    whole.roles_incomplete = whole.roles_incomplete.take().or(other.roles_incomplete);
    whole.databases_incomplete = whole.databases_incomplete.take().or(other.databases_incomplete);
    whole.clients = match (whole.clients.take(), other.clients) {
        (Some(one), Some(other)) => Some(widest(one, other)),
        // One of them lets in everybody.
        _ => None,
    };
    for service in other.services {
        match whole.services.iter_mut().find(|one| one.host == service.host) {
            Some(own) => merge_service(own, service),
            None => whole.services.push(service),
        }
    }
    whole.services.sort_by(|one, other| one.host.cmp(&other.host));
}

fn merge_service(whole: &mut ServiceOffer, other: ServiceOffer) {
    whole.clients = match (whole.clients.take(), other.clients) {
        (Some(one), Some(other)) => Some(widest(one, other)),
        (None, None) => None,
        (Some(rule), None) | (None, Some(rule)) => Some(ClientRule { others: true, ..rule }),
    };
}

/// Whom either of two rules lets in.
fn widest(mut one: ClientRule, other: ClientRule) -> ClientRule {
    if one == other {
        return one;
    }
    for (label, value) in other.labels {
        one.labels.entry(label).or_insert(value);
    }
    unite(&mut one.namespaces, other.namespaces);
    ClientRule { others: true, ..one }
}

fn unite(all: &mut Vec<String>, more: Vec<String>) {
    all.extend(more);
    all.sort();
    all.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(rest: &str) -> ClusterOffer {
        serde_yaml::from_str(&format!("{{namespace: db, name: main{rest}}}")).expect("a cluster")
    }

    #[test]
    fn what_one_of_two_has_is_on_offer() {
        for (one, other, expected) in [
            (", roles: [b], databases: [x]", ", roles: [a, b]", ", roles: [a, b], databases: [x]"),
            ("", ", rolesIncomplete: r, databasesIncomplete: d", ", rolesIncomplete: r, databasesIncomplete: d"),
            (", clients: {labels: {a: b}}", "", ""),
            (", clients: {labels: {a: b}}", ", clients: {labels: {a: b}}", ", clients: {labels: {a: b}}"),
            (
                ", clients: {labels: {a: b}}",
                ", clients: {namespaces: [c]}",
                ", clients: {labels: {a: b}, namespaces: [c], others: true}",
            ),
            (
                ", services: [{host: main-rw.db, port: 5432, access: read-write}]",
                ", services: [{host: main-pgb.db, port: 5432, access: read-write}]",
                ", services: [{host: main-pgb.db, port: 5432, access: read-write}, {host: main-rw.db, port: 5432, access: read-write}]",
            ),
        ] {
            let mut whole = cluster(one);
            merge(&mut whole, cluster(other));
            assert_eq!(whole, cluster(expected), "{one} {other}");
        }
    }
}
