//! Which databases and roles are a platform's own, by what they are called and by what they may do.

use crate::yaml::Value;

/// Words that make a name a platform's own, wherever they stand in it.
const OWN: &[&str] = &[
    "admin",
    "administrator",
    "dba",
    "infra",
    "maintenance",
    "meta",
    "metadata",
    "monitoring",
    "operator",
    "ops",
    "platform",
    "provisioner",
    "shared",
    "superuser",
    "system",
];

/// Words of names that are no app's, where the name has no others.
const NEUTRAL: &[&str] = &[
    "app",
    "apps",
    "backup",
    "bootstrap",
    "common",
    "database",
    "db",
    "default",
    "exporter",
    "metrics",
    "monitor",
    "owner",
    "pg",
    "pgbouncer",
    "pooler",
    "postgres",
    "postgresql",
    "prometheus",
    "readonly",
    "replication",
    "replicator",
    "role",
    "root",
    "template0",
    "template1",
    "user",
];

/// Attributes of roles that no app needs.
const POWERS: &[&str] = &["superuser", "createdb", "createrole", "replication", "bypassrls"];

/// Whether a database or role of that name is the platform's own, in the cluster called `cluster`.
pub fn is_platform_name(name: &str, cluster: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['-', '_']).filter(|word| !word.is_empty()).collect();
    let of_cluster: Vec<&str> = cluster.split('-').collect();
    words.iter().any(|word| OWN.contains(word))
        || words.iter().all(|word| NEUTRAL.contains(word) || of_cluster.contains(word))
}

/// Whether a role, an entry of `managed.roles` or the `spec` of a DatabaseRole, may do what only a platform does.
pub fn is_platform_role(role: Value<'_>) -> bool {
    let has_power = POWERS.iter().any(|power| role.get(power).and_then(Value::as_bool) == Some(true));
    let groups = role.get("inRoles").into_iter().flat_map(Value::items);
    has_power || groups.filter_map(Value::known).any(|group| group.starts_with("pg_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_known_by_its_words() {
        for (name, own) in [
            ("apps_meta", true),
            ("apps_admin", true),
            ("apps-pg", true),
            ("app", true),
            ("postgres_exporter", true),
            ("vergabe", false),
            ("vergabe_db", false),
            ("vergabe_readonly", false),
            ("shop_app", false),
            ("metabase", false),
        ] {
            assert_eq!(is_platform_name(name, "apps-pg"), own, "{name}");
        }
    }
}
