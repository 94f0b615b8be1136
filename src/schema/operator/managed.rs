//! What the operator manages for a Cluster beside its instances: roles and services.

use super::cluster::Cluster;
use super::read::{Check, Part, Read};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    roles(check);
    services(check, cluster);
}

/// Whether PostgreSQL or the operator keeps a role for itself.
pub(super) fn is_reserved_role(name: &str) -> bool {
    matches!(name, "postgres" | "streaming_replica") || name.starts_with("pg_") || name.starts_with("cnpg_")
}

fn roles(check: &mut Check<'_, '_>) {
    let mut names: HashMap<&str, Value<'_>> = HashMap::new();
    let entries: Vec<Part<'_>> = check.spec.parts(&["managed", "roles"]).collect();
    let code = "managed-role";
    for role in entries {
        let place = role.nearest(&["name"]);
        if let Read::Is(name) = role.text(&["name"]) {
            if let Some(first) = names.get(name) {
                let problem = check.refusal(code, place, format!("the role `{name}` is managed twice"));
                let problem = problem.label("again").related(first.span(), "the first time");
                check.push(problem.help("write everything about the role in one entry"));
            } else {
                names.insert(name, place);
            }
            if is_reserved_role(name) {
                let fact = format!("the role `{name}` is reserved and cannot be managed");
                let help = "give the role another name; to grant a built-in role, list it in another's `inRoles`";
                check.refuse(code, place, fact, "reserved", help);
            }
        }
        if let Read::Is(limit) = role.int(&["connectionLimit"])
            && limit < -1
        {
            let value = role.nearest(&["connectionLimit"]);
            let fact = format!("a role has a connection limit of {limit}");
            check.refuse(code, value, fact, "-1 at least", "write -1 for no limit, or a number from 0 on");
        }
        password(check, role, code);
    }
}

/// A password that is given and switched off at once.
pub(super) fn password<'w>(check: &mut Check<'_, 'w>, role: Part<'w>, code: &'static str) {
    if role.flag(&["disablePassword"]) == Read::Is(true)
        && let Some(secret) = role.written(&["passwordSecret"])
    {
        let switch = role.nearest(&["disablePassword"]);
        let problem = check.refusal(code, switch, "a role gets a password and has it disabled");
        let problem = problem.label("beside `passwordSecret`").related(secret.key_or_span(), "the password");
        check.push(problem.help("keep one of `passwordSecret` and `disablePassword`"));
    }
}

fn services<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let code = "managed-service";
    for value in
        check.spec.written(&["managed", "services", "disabledDefaultServices"]).into_iter().flat_map(Value::items)
    {
        if value.known() == Some("rw") {
            let help = "take `rw` away from the list: only `ro` and `r` can be switched off";
            check.refuse(code, value, "the read-write service is to be switched off", "always there", help);
        }
    }
    let mut names: HashMap<&str, Value<'_>> = HashMap::new();
    let entries: Vec<Part<'w>> = check.spec.parts(&["managed", "services", "additional"]).collect();
    for service in entries {
        if let Some(selector) = service.written(&["serviceTemplate", "spec", "selector"])
            && !selector.is_empty()
        {
            let help = "take it away: `selectorType` chooses the instances";
            check.refuse(
                code,
                selector,
                "an additional service has a selector of its own",
                "set by the operator",
                help,
            );
        }
        let path = ["serviceTemplate", "metadata", "name"];
        let name = service.text(&path);
        let value = service.nearest(&path);
        if service.written(&["serviceTemplate"]).is_some() && name.is_blank() {
            let help = "write `serviceTemplate.metadata.name`";
            check.refuse(code, value, "an additional service has no name", "no name", help);
        }
        let Read::Is(name) = name else { continue };
        if name.is_empty() {
            continue;
        }
        if let Read::Is(owner) = cluster.name
            && let Some(suffix) = name.strip_prefix(owner).and_then(|rest| rest.strip_prefix('-'))
            && matches!(suffix, "rw" | "ro" | "r" | "any")
        {
            let fact = format!("an additional service is called `{name}`, like one of the operator's own");
            check.refuse(code, value, fact, "the name is taken", "give the service another name");
        }
        if let Some(first) = names.get(name) {
            let problem = check.refusal(code, value, format!("two additional services are called `{name}`"));
            let problem = problem.label("the name is taken").related(first.span(), "the first one");
            check.push(problem.help("give each service a name of its own"));
        } else {
            names.insert(name, value);
        }
    }
}
