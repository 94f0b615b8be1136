//! External clusters: their names, what tells how to reach them, and names that become paths.

use super::read::{Check, Part, Read};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

pub(super) fn check(check: &mut Check<'_, '_>) {
    let mut names: HashMap<&str, Value<'_>> = HashMap::new();
    let entries: Vec<Part<'_>> = check.spec.parts(&["externalClusters"]).collect();
    for entry in entries {
        if let Read::Is(name) = entry.text(&["name"]) {
            let value = entry.nearest(&["name"]);
            if let Some(first) = names.get(name) {
                let fact = format!("two external clusters have the name `{name}`");
                let problem = check.refusal("external-cluster-twice", value, fact).label("the name is taken");
                let problem = problem.related(first.span(), "the first one");
                check.push(problem.help("give each external cluster a name of its own"));
            } else {
                names.insert(name, value);
            }
        }
        reachable(check, entry);
        for (path, of) in [
            (&["name"][..], "the name"),
            (&["sslCert", "name"], "the Secret of `sslCert`"),
            (&["sslCert", "key"], "the key of `sslCert`"),
            (&["sslKey", "name"], "the Secret of `sslKey`"),
            (&["sslKey", "key"], "the key of `sslKey`"),
            (&["sslRootCert", "name"], "the Secret of `sslRootCert`"),
            (&["sslRootCert", "key"], "the key of `sslRootCert`"),
        ] {
            if let Read::Is(text) = entry.text(path)
                && (matches!(text, "." | "..") || text.contains(['/', '\\']))
            {
                let fact = format!("{of} becomes a part of a path, and `{text}` cannot be one");
                check.refuse(
                    "unsafe-path",
                    entry.nearest(path),
                    fact,
                    "no name of a file",
                    "write a name without `/` and `\\`",
                );
            }
        }
    }
}

fn reachable<'w>(check: &mut Check<'_, 'w>, entry: Part<'w>) {
    let ways = ["connectionParameters", "barmanObjectStore", "plugin"];
    if ways.iter().any(|key| !entry.get(&[key]).is_absent()) {
        return;
    }
    let place = entry.nearest(&["name"]);
    let fact = "an external cluster says nothing of how to reach it";
    let problem = check.refusal("unreachable-external-cluster", entry.value, fact).underline(place.span());
    let problem = problem.label("no connection, no archive, no plugin");
    check.push(problem.help("write `connectionParameters` with a `host`, or the `plugin` that reads its archive"));
}
