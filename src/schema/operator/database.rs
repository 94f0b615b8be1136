//! What is declared within a cluster: databases, roles, publications; and the catalogs of images.

use super::bootstrap::check_locales;
use super::managed::{is_reserved_role, password};
use super::read::{Check, Part, Read};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

/// What the operator's webhook refuses of a Database.
pub(super) fn check(check: &mut Check<'_, '_>) {
    for (list, what) in [
        ("extensions", "the extension"),
        ("schemas", "the schema"),
        ("fdws", "the foreign data wrapper"),
        ("servers", "the server"),
    ] {
        let entries: Vec<Part<'_>> = check.spec.parts(&[list]).collect();
        twice(check, entries.iter().copied(), what);
        if matches!(list, "fdws" | "servers") {
            for entry in &entries {
                twice(check, entry.parts(&["options"]), "the option");
                twice(check, entry.parts(&["usage"]), "the role of a usage");
            }
        }
    }
    wrappers(check);
}

fn twice<'w>(check: &mut Check<'_, 'w>, entries: impl Iterator<Item = Part<'w>>, what: &str) {
    let mut names: HashMap<&str, Value<'w>> = HashMap::new();
    for entry in entries {
        let Read::Is(name) = entry.text(&["name"]) else { continue };
        let value = entry.nearest(&["name"]);
        if let Some(first) = names.get(name) {
            let problem = check.refusal("listed-twice", value, format!("{what} `{name}` stands twice in its list"));
            let problem = problem.label("again").related(first.span(), "the first time");
            check.push(problem.help("write everything about it in one entry"));
        } else {
            names.insert(name, value);
        }
    }
}

fn wrappers(check: &mut Check<'_, '_>) {
    let known: Option<Vec<&str>> = match check.spec.get(&["fdws"]) {
        Read::Unknown => None,
        _ => check.spec.parts(&["fdws"]).map(|entry| entry.text(&["name"]).is()).collect(),
    };
    let Some(known) = known else { return };
    let servers: Vec<Part<'_>> = check.spec.parts(&["servers"]).collect();
    for server in servers {
        let Read::Is(name) = server.text(&["fdw"]) else { continue };
        let gone = server.text(&["ensure"]).or("present");
        if name.is_empty() || known.contains(&name) || gone != Read::Is("present") || !check.spec.is_complete() {
            continue;
        }
        let help = match crate::config::closest(name, known.iter().copied()) {
            Some(near) => format!("write `{near}`, if that is meant"),
            None => format!("add `{name}` to `fdws`"),
        };
        let fact = format!("a server uses the foreign data wrapper `{name}`, which is no entry of `fdws`");
        check.refuse("unknown-wrapper", server.nearest(&["fdw"]), fact, "no such entry", help);
    }
}

/// What the CRD of a Database refuses.
pub(super) fn check_definition(check: &mut Check<'_, '_>) {
    if let Read::Is(name @ ("postgres" | "template0" | "template1")) = check.spec.text(&["name"]) {
        let fact = format!("the database `{name}` is PostgreSQL's own");
        check.refuse("reserved-database", check.spec.nearest(&["name"]), fact, "reserved", "name another database");
    }
    check_locales(check, check.spec);
    for list in ["fdws", "servers"] {
        let entries: Vec<Part<'_>> = check.spec.parts(&[list]).collect();
        for entry in entries {
            if list == "servers" && entry.text(&["fdw"]) == Read::Is("") {
                let help = "name an entry of `fdws`";
                check.refuse("empty-reference", entry.nearest(&["fdw"]), "a server names no wrapper", "empty", help);
            }
            for usage in entry.parts(&["usage"]) {
                if usage.text(&["name"]) == Read::Is("") {
                    let help = "name the role";
                    check.refuse("empty-reference", usage.nearest(&["name"]), "a usage names no role", "empty", help);
                }
            }
        }
    }
}

/// What the CRD of a DatabaseRole refuses.
pub(super) fn check_role(check: &mut Check<'_, '_>) {
    let code = "database-role";
    if let Read::Is(name) = check.spec.text(&["name"])
        && (name.is_empty() || is_reserved_role(name))
    {
        let (fact, label) = if name.is_empty() {
            ("the role has an empty name".to_owned(), "empty")
        } else {
            (format!("the role `{name}` is reserved"), "reserved")
        };
        check.refuse(code, check.spec.nearest(&["name"]), fact, label, "give the role another name");
    }
    if check.spec.text(&["ensure"]) == Read::Is("absent") {
        let value = check.spec.nearest(&["ensure"]);
        let help = "take the object away with `databaseRoleReclaimPolicy: delete` set before";
        check.refuse(code, value, "a DatabaseRole cannot say that its role is absent", "not here", help);
    }
    password(check, check.spec, code);
    let certificate = check.spec.part(&["clientCertificate"]);
    if let Some(certificate) = certificate
        && certificate.flag(&["enabled"]).or(true) == Read::Is(true)
        && check.spec.flag(&["login"]).or(false) == Read::Is(false)
    {
        let fact = "the role gets a certificate to log in with and may not log in";
        let problem = check.refusal(code, certificate.value, fact).label("needs `login: true`");
        check.push(problem.help("write `login: true`, or take `clientCertificate` away"));
    }
}

/// What the CRD of a Publication refuses.
pub(super) fn check_publication(check: &mut Check<'_, '_>) {
    let code = "publication-target";
    let Some(target) = check.spec.part(&["target"]) else { return };
    let (all, objects) = (target.get(&["allTables"]), target.get(&["objects"]));
    match (all, objects) {
        (Read::Is(all), Read::Is(objects)) => {
            let problem = check.refusal(code, objects, "it publishes all tables, and names some");
            let problem = problem.label("beside `allTables`").related(all.key_or_span(), "all tables");
            check.push(problem.help("keep one of `allTables` and `objects`"));
        }
        (Read::Absent, Read::Absent) => {
            let help = "write `allTables: true`, or list `objects`";
            check.refuse(code, target.value, "it says nothing of what it publishes", "nothing to publish", help);
        }
        _ => {}
    }
    let entries: Vec<Part<'_>> = target.parts(&["objects"]).collect();
    let mut columns = None;
    let mut schema = None;
    for entry in entries {
        let (table, tables) = (entry.get(&["table"]), entry.get(&["tablesInSchema"]));
        columns = columns.or(entry.written(&["table", "columns"]));
        schema = schema.or(entry.written(&["tablesInSchema"]));
        let (fact, label) = match (table, tables) {
            (Read::Is(_), Read::Is(_)) => ("an entry names a table and a whole schema", "one of two"),
            (Read::Absent, Read::Absent) => ("an entry names neither a table nor a schema", "names nothing"),
            _ => continue,
        };
        let place = entry.value.entries().next().map_or(entry.value.span(), |(_, value)| value.key_or_span());
        let problem = check.refusal(code, entry.value, fact).underline(place).label(label);
        check.push(problem.help("keep one of `table` and `tablesInSchema` in each entry"));
    }
    if let (Some(columns), Some(schema)) = (columns, schema) {
        let fact = "it publishes some columns of a table beside a whole schema";
        let problem = check.refusal(code, columns, fact).label("not beside `tablesInSchema`");
        let problem = problem.related(schema.key_or_span(), "the schema");
        check.push(problem.help("take `columns` away, or publish them apart"));
    }
}

/// What the CRD of a catalog refuses.
pub(super) fn check_catalog(check: &mut Check<'_, '_>) {
    let mut majors: HashMap<i64, Value<'_>> = HashMap::new();
    let entries: Vec<Part<'_>> = check.spec.parts(&["images"]).collect();
    for entry in entries {
        let Read::Is(major) = entry.int(&["major"]) else { continue };
        let value = entry.nearest(&["major"]);
        if let Some(first) = majors.get(&major) {
            let problem =
                check.refusal("catalog-major-twice", value, format!("it lists two images for PostgreSQL {major}"));
            let problem = problem.label("again").related(first.span(), "the first one");
            check.push(problem.help("keep one image for each major version"));
        } else {
            majors.insert(major, value);
        }
    }
}
