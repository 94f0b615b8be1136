//! What may not change once an object is there: shrinking volumes, fixed fields, PostgreSQL going backwards.

use super::cluster::Cluster;
use super::quantity::quantity;
use super::read::{Check, Part, Read};
use super::storage::size;
use super::{Bypass, bypass, minor};
use crate::finding::Versions;
use crate::manifest::Resource;
use crate::schema::value::same;
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

/// A field that keeps its value, by kind, and the operator (the n of 1.n) whose definitions say so first.
const FIXED: &[(&str, &[&str], u32)] = &[
    ("Cluster", &["serviceAccountName"], 29),
    ("Pooler", &["serviceAccountName"], 29),
    ("Pooler", &["cluster"], 30),
    ("ScheduledBackup", &["cluster"], 30),
    ("Database", &["cluster"], 30),
    ("Database", &["name"], 25),
    ("Database", &["template"], 25),
    ("Database", &["encoding"], 25),
    ("Database", &["locale"], 25),
    ("Database", &["localeProvider"], 25),
    ("Database", &["localeCollate"], 25),
    ("Database", &["localeCType"], 25),
    ("Database", &["icuLocale"], 25),
    ("Database", &["icuRules"], 25),
    ("Database", &["builtinLocale"], 25),
    ("Database", &["collationVersion"], 25),
    ("DatabaseRole", &["cluster"], 30),
    ("DatabaseRole", &["name"], 30),
    ("Publication", &["cluster"], 30),
    ("Publication", &["dbname"], 25),
    ("Publication", &["name"], 25),
    ("Publication", &["target", "allTables"], 25),
    ("Subscription", &["cluster"], 30),
    ("Subscription", &["dbname"], 25),
    ("Subscription", &["name"], 25),
];

/// Adds what is refused of the change from `old` to `new`, two states of one object of the operator. Values of `old` are
/// named in messages, and none of its places: it may belong to another set of sources.
pub fn check_update<'w>(old: &Resource<'_>, new: &Resource<'w>, versions: &Versions, problems: &mut Problems<'w>) {
    if new.group != super::GROUP || old.group != new.group || old.kind != new.kind || !old.whole || !new.whole {
        return;
    }
    let Some(mut check) = Check::new(new, minor(&versions.cnpg), problems) else { return };
    let before = Part::of(old);
    let Some(before_spec) = before.part(&["spec"]) else { return };
    for (_, path, since) in FIXED.iter().filter(|(kind, ..)| *kind == new.kind) {
        if check.operator >= *since {
            fixed(&mut check, before_spec, path);
        }
    }
    if new.kind == "Backup" && check.operator >= 27 {
        whole_backup(&mut check, before_spec);
    }
    if new.kind == "Cluster" && bypass(&check, new) == Bypass::No {
        let mut ignored = Problems::default();
        let Some(before_check) = Check::new(old, check.operator, &mut ignored) else { return };
        let (was, is) = (Cluster::new(old, &before_check), Cluster::new(new, &check));
        volumes(&mut check, before_spec);
        users(&mut check, before_spec);
        major(&mut check, before, &was, &is);
        image_and_parameters(&mut check, before_spec);
        slot_prefix(&mut check, before_spec);
        wal_level(&mut check, &was, &is);
    }
}

fn fixed<'w>(check: &mut Check<'_, 'w>, before: Part<'_>, path: &[&str]) {
    let (Some(was), Some(is)) = (before.written(path), check.spec.written(path)) else { return };
    if same(was, is, &[]) != Some(false) {
        return;
    }
    let field = path.join(".");
    let named = |value: Value<'_>| -> Option<String> { value.get("name").unwrap_or(value).known().map(str::to_owned) };
    let fact = match (named(was), named(is)) {
        (Some(was), Some(is)) => format!("`{field}` cannot change, and goes from `{was}` to `{is}`"),
        _ => format!("`{field}` cannot change once the object is there"),
    };
    let problem = check.refusal("fixed-field", is, fact).label("was another before");
    check.push(problem.help("keep the value, or make a new object under another name"));
}

fn whole_backup<'w>(check: &mut Check<'_, 'w>, before: Part<'_>) {
    if same(before.value, check.spec.value, &[]) == Some(false) {
        let problem = check.refusal("fixed-field", check.spec.value, "a Backup cannot change once it is there");
        check.push(problem.label("was another before").help("make a new Backup under another name"));
    }
}

fn volumes<'w>(check: &mut Check<'_, 'w>, before: Part<'_>) {
    shrinks(check, before, check.spec, "storage", "the volume");
    let code = "lost-volume";
    if before.written(&["walStorage"]).is_some() {
        if check.spec.get(&["walStorage"]).is_absent() {
            let fact = "its volume for WAL is taken away, and instances cannot give it back";
            let problem = check.refusal(code, check.spec.value, fact).label("`walStorage` was here");
            check.push(problem.help("put `walStorage` back, or make a new cluster without it"));
        } else {
            shrinks(check, before, check.spec, "walStorage", "the volume for WAL");
        }
    }
    let (was, is): (Vec<Part<'_>>, Vec<Part<'w>>) =
        (before.parts(&["tablespaces"]).collect(), check.spec.parts(&["tablespaces"]).collect());
    if was.is_empty() || matches!(check.spec.get(&["tablespaces"]), Read::Unknown) {
        return;
    }
    let all_known = is.iter().all(|tablespace| tablespace.text(&["name"]).is().is_some()) && check.spec.is_complete();
    for tablespace in was {
        let Read::Is(name) = tablespace.text(&["name"]) else { continue };
        match is.iter().find(|other| other.text(&["name"]) == Read::Is(name)) {
            Some(other) => shrinks(check, tablespace, *other, "storage", "the volume of a tablespace"),
            None if all_known => {
                let at = check.spec.nearest(&["tablespaces"]);
                let fact = format!("the tablespace `{name}` is taken away, and data may lie in it");
                let problem = check.refusal(code, at, fact).label(format!("`{name}` was here"));
                check.push(problem.help("put it back"));
            }
            None => {}
        }
    }
}

fn shrinks<'w>(check: &mut Check<'_, 'w>, before: Part<'_>, now: Part<'w>, field: &str, what: &str) {
    let (Read::Is(was), Read::Is(is)) = (size(before, field), size(now, field)) else { return };
    if let (Some(old), Some(new)) = (quantity(was), quantity(is))
        && new < old
    {
        let own = now.written(&[field, "size"]);
        let value = own.unwrap_or_else(|| now.nearest(&[field, "pvcTemplate", "resources", "requests", "storage"]));
        let fact = format!("{what} shrinks from `{was}` to `{is}`, and volumes only grow");
        check.refuse("shrinking-volume", value, fact, "less than before", format!("write `{was}` or more"));
    }
}

fn users<'w>(check: &mut Check<'_, 'w>, before: Part<'_>) {
    for field in ["postgresUID", "postgresGID"] {
        let (was, is) = (before.int(&[field]).or(26), check.spec.int(&[field]).or(26));
        if let (Read::Is(was), Read::Is(is)) = (was, is)
            && was != is
        {
            let fact = format!("`{field}` cannot change, and goes from {was} to {is}");
            let value = check.spec.nearest(&[field]);
            check.refuse(
                "fixed-field",
                value,
                fact,
                "files belong to the former one",
                format!("write `{field}: {was}`"),
            );
        }
    }
}

/// The data directory knows its major version: what the status says, else what ran before.
fn major<'w>(check: &mut Check<'_, 'w>, before: Part<'_>, was: &Cluster<'_>, is: &Cluster<'w>) {
    let from_status = before.int(&["status", "pgDataImageInfo", "majorVersion"]);
    let old = match from_status {
        Read::Is(major) => u32::try_from(major).map_or(Read::Unknown, Read::Is),
        _ if names_image(was) => was.major,
        _ => Read::Unknown,
    };
    let (Read::Is(old), Read::Is(new)) = (old, is.major) else { return };
    if check.operator < 26 || !names_image(is) || old == new {
        return;
    }
    let own = check.spec.written(&["imageName"]);
    let place = own.unwrap_or_else(|| check.spec.nearest(&["imageCatalogRef", "major"]));
    let at = own.unwrap_or(check.spec.value);
    let (fact, help) = if new < old {
        (
            format!("PostgreSQL {old} cannot go back to {new}: the data directory is of the newer version"),
            format!("name an image of PostgreSQL {old}, or restore a backup into a new cluster"),
        )
    } else if new < 16 {
        (
            format!("PostgreSQL {old} cannot be upgraded in place to {new}"),
            "upgrade to PostgreSQL 16 or later, or import into a new cluster".to_owned(),
        )
    } else {
        return;
    };
    let problem = check.refusal("major-version", at, fact).underline(place.span()).label(format!("was {old} before"));
    check.push(problem.help(help));
}

fn names_image(cluster: &Cluster<'_>) -> bool {
    ["imageName", "imageCatalogRef"].iter().any(|field| cluster.spec.written(&[field]).is_some())
}

fn image_and_parameters<'w>(check: &mut Check<'_, 'w>, before: Part<'_>) {
    if check.spec.text(&["primaryUpdateMethod"]) != Read::Is("switchover") {
        return;
    }
    let (Read::Is(was), Read::Is(is)) = (before.text(&["imageName"]), check.spec.text(&["imageName"])) else { return };
    let path = ["postgresql", "parameters"];
    let (old, new) = (before.written(&path), check.spec.written(&path));
    let changed = match (old, new) {
        (None, None) => false,
        (Some(one), None) => !one.is_empty(),
        (None, Some(one)) => !one.is_empty(),
        (Some(one), Some(other)) => same(one, other, &[]) == Some(false),
    };
    if was != is && changed {
        let value = check.spec.nearest(&["imageName"]);
        let fact = "its image and its parameters change at once, and updates go by switchover";
        let problem: Problem<'w> =
            check.refusal("image-with-parameters", value, fact).label("changes with the parameters");
        let problem = match new {
            Some(parameters) => problem.related(parameters.key_or_span(), "these change too"),
            None => problem,
        };
        check.push(
            problem.help("change one of them first and the other after it, or write `primaryUpdateMethod: restart`"),
        );
    }
}

fn slot_prefix<'w>(check: &mut Check<'_, 'w>, before: Part<'_>) {
    let enabled = before.flag(&["replicationSlots", "highAvailability", "enabled"]).or(true);
    let path = ["replicationSlots", "highAvailability", "slotPrefix"];
    let (was, is) = (before.text(&path).or("_cnpg_"), check.spec.text(&path).or("_cnpg_"));
    if let (Read::Is(true), Read::Is(was), Read::Is(is)) = (enabled, was, is)
        && was != is
    {
        let fact = format!("the prefix of its slots goes from `{was}` to `{is}` while they are in use");
        let help = "switch `highAvailability.enabled` off first, and on again with the new prefix";
        check.refuse("slot-prefix", check.spec.nearest(&path), fact, "slots of the former prefix are there", help);
    }
}

fn wal_level<'w>(check: &mut Check<'_, 'w>, was: &Cluster<'_>, is: &Cluster<'w>) {
    // The operator's default is `logical`, so that nothing else has to be written before.
    let before = was.parameter("wal_level").or("logical");
    if let (Read::Is(before), Read::Is("minimal")) = (before, is.parameter("wal_level"))
        && !matches!(before, "" | "minimal")
    {
        let value = check.spec.nearest(&["postgresql", "parameters", "wal_level"]);
        let fact = format!("its WAL level goes from `{before}` to `minimal`");
        check.refuse("wal-level", value, fact, "more was written before", "keep the level, or make a new cluster");
    }
}
