//! How a Cluster comes into being: one method of three, what initdb is told, what is imported, where a copy comes from.

use super::cluster::Cluster;
use super::read::{Check, Part, Read, either};
use crate::yaml::Value;

const METHODS: [&str; 3] = ["initdb", "recovery", "pg_basebackup"];

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    one_method(check);
    if let Some(initdb) = check.spec.part(&["bootstrap", "initdb"]) {
        self::initdb(check, initdb);
        if let Some(import) = initdb.part(&["import"]) {
            self::import(check, import);
        }
    }
    copy_source(check, cluster);
}

/// What the CRD itself refuses, with or without the operator's checks.
pub(super) fn check_locales<'w>(check: &mut Check<'_, 'w>, holder: Part<'w>) {
    for (field, provider) in [("builtinLocale", "builtin"), ("icuLocale", "icu"), ("icuRules", "icu")] {
        let Some(value) = holder.written(&[field]) else { continue };
        let written = holder.text(&["localeProvider"]);
        if matches!(written, Read::Unknown) || written == Read::Is(provider) {
            continue;
        }
        let fact = match written {
            Read::Is(other) => format!("`{field}` goes with the locale provider `{provider}`, not `{other}`"),
            _ => format!("`{field}` goes with the locale provider `{provider}`, and none is named"),
        };
        let mut problem = check
            .refusal("locale-provider", value, fact)
            .at_key()
            .label(format!("needs `localeProvider: {provider}`"))
            .help(format!("write `localeProvider: {provider}`, or take `{field}` away"));
        if let Some(other) = holder.written(&["localeProvider"]) {
            problem = problem.related(other.span(), "the provider that is named");
        }
        check.push(problem);
        return;
    }
}

fn one_method(check: &mut Check<'_, '_>) {
    let Some(bootstrap) = check.spec.part(&["bootstrap"]) else { return };
    let written: Vec<Value<'_>> = METHODS.iter().filter_map(|key| bootstrap.written(&[key])).collect();
    if let [first, second, ..] = written.as_slice() {
        let names: Vec<&str> = written.iter().filter_map(|value| value.key()).collect();
        let problem = check
            .refusal(
                "bootstrap-methods",
                bootstrap.value,
                "a cluster comes into being in one way, and `bootstrap` names more",
            )
            .underline(second.key_or_span())
            .label(format!("beside `{}`", first.key().unwrap_or_default()))
            .related(first.key_or_span(), "the first method")
            .help(format!("keep one of {}", either(&names)));
        check.push(problem);
    }
}

fn initdb<'w>(check: &mut Check<'_, 'w>, initdb: Part<'w>) {
    // Everywhere else the operator fills in the database, and then the owner.
    let monolith = initdb.text(&["import", "type"]) == Read::Is("monolith");
    if monolith && initdb.text(&["owner"]).is_filled() && initdb.text(&["database"]).is_blank() {
        let owner = initdb.nearest(&["owner"]);
        let problem = check
            .refusal("owner-without-database", initdb.value, "`initdb` names an owner and no database for it")
            .underline(owner.key_or_span())
            .label("a monolith import gets no database by default")
            .help("take `owner` away, or name the `database` that it owns");
        check.push(problem);
    }
    if let Read::Is(size) = initdb.int(&["walSegmentSize"])
        && (1..=1024).contains(&size)
        && !(size as u64).is_power_of_two()
    {
        let below = (size as u64).next_power_of_two() / 2;
        check.refuse(
            "wal-segment-size",
            initdb.nearest(&["walSegmentSize"]),
            format!("a WAL segment of {size} MB is no power of two"),
            "in megabytes, a power of two",
            format!("write {below} or {}", below * 2),
        );
    }
    for list in ["secretRefs", "configMapRefs"] {
        for reference in initdb.parts(&["postInitApplicationSQLRefs", list]) {
            for key in ["name", "key"] {
                if reference.text(&[key]) == Read::Is("") {
                    let value = reference.nearest(&[key]);
                    let fact = format!("an entry of `postInitApplicationSQLRefs.{list}` has an empty `{key}`");
                    let help = format!("write the `{key}` of the script, or take the entry away");
                    check.refuse("empty-reference", value, fact, "empty", help);
                }
            }
        }
    }
}

fn import<'w>(check: &mut Check<'_, 'w>, import: Part<'w>) {
    let Read::Is(kind) = import.text(&["type"]) else { return };
    // A list that is not there at all is told as a missing field.
    let databases = import.written(&["databases"]).and_then(|_| names(import, "databases"));
    let roles = names(import, "roles");
    match kind {
        "microservice" => {
            if let Some(databases) = databases {
                if databases.len() != 1 {
                    let fact = format!("a microservice import takes one database, and {} are named", databases.len());
                    let help = "name the one database to import, or write `type: monolith`";
                    check.refuse("import-databases", import.nearest(&["databases"]), fact, "exactly one", help);
                }
                for (name, value) in databases.iter().filter(|(name, _)| name.contains('*')).take(1) {
                    let fact = format!("a microservice import takes one database by name, and `{name}` is a pattern");
                    check.refuse("import-databases", *value, fact, "no name", "name the database");
                }
            }
            if roles.is_some_and(|roles| !roles.is_empty()) {
                let fact = "a microservice import brings no roles, and `roles` names some";
                let help =
                    "take `roles` away: the owner of the new database is the only role, or write `type: monolith`";
                check.refuse("import-roles", import.nearest(&["roles"]), fact, "only for a monolith import", help);
            }
        }
        "monolith" => {
            if let Some(databases) = databases {
                if databases.is_empty() {
                    let help = "name the databases, or write `[\"*\"]` for all";
                    let fact = "a monolith import names no database";
                    check.refuse("import-databases", import.nearest(&["databases"]), fact, "empty", help);
                }
                wildcard(check, "import-databases", "databases", &databases);
            }
            if let Some(roles) = roles {
                wildcard(check, "import-roles", "roles", &roles);
            }
            if import.count(&["postImportApplicationSQL"]).is().is_some_and(|count| count > 0) {
                let fact = "a monolith import runs no SQL afterwards, and `postImportApplicationSQL` holds some";
                let help = "take it away, and run the statements once the cluster is there";
                let value = import.nearest(&["postImportApplicationSQL"]);
                check.refuse("import-sql", value, fact, "only for a microservice import", help);
            }
        }
        _ => {}
    }
}

/// The texts of a list, if all of them are known; an absent list is an empty one.
fn names<'w>(import: Part<'w>, key: &str) -> Option<Vec<(&'w str, Value<'w>)>> {
    match import.get(&[key]) {
        Read::Absent => Some(Vec::new()),
        Read::Unknown => None,
        Read::Is(list) if !list.is_sequence() => None,
        Read::Is(list) => list.items().map(|item| Some((item.known()?, item))).collect(),
    }
}

fn wildcard<'w>(check: &mut Check<'_, 'w>, code: &'static str, field: &str, names: &[(&str, Value<'w>)]) {
    if names.len() > 1
        && let Some((_, value)) = names.iter().find(|(name, _)| *name == "*")
    {
        let fact = format!("`*` stands for all {field} and stands beside names");
        check.refuse(
            code,
            *value,
            fact,
            "not beside names",
            format!("keep `\"*\"` alone in `{field}`, or take it away"),
        );
    }
}

fn copy_source<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let path = ["bootstrap", "pg_basebackup", "source"];
    if let Read::Is(source) = check.spec.text(&path)
        && !source.is_empty()
        && cluster.has_external(source) == Some(false)
    {
        check.refuse(
            "unknown-external-cluster",
            check.spec.nearest(&path),
            format!("`pg_basebackup` copies from `{source}`, which is no entry of `externalClusters`"),
            "no such entry",
            cluster.external_help(source),
        );
    }
}
