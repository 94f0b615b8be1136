//! Pods around databases that install software when they start.

use crate::declare_rule;
use crate::graph::database_pods::DatabasePod;
use crate::rule::{Sink, TargetContext};
use crate::source::{Sources, Span};
use crate::yaml::{Step, Value, Visit, walk};

declare_rule! {
    /// ## What it does
    /// Finds Jobs, CronJobs and Pods that hold a password of a Cluster or run in a namespace of databases
    /// (`databases.namespaces` of the config), and whose commands install packages or run a script from the network.
    ///
    /// ## Why it matters
    /// What runs beside the password is then whatever the mirror serves at that hour: another version each night,
    /// nothing while it is down, and not what anybody has scanned. It also needs root, a writable root file system and
    /// a way out to the internet, which a pod around a database should not have.
    ///
    /// ## Instead
    /// An image that holds what is needed: the cluster's own has `psql`, `pg_dump` and the like.
    ///
    /// ## Limits
    /// Commands and arguments are read, scripts in ConfigMaps and images are not. Deployments and the like are left
    /// alone.
    pub static RULE {
        id: "workload/install-at-start",
        summary: "a pod with a database password installs software when it starts",
        scope: Target,
        codes: [
            "package" => (Warning, High, Workload),
            "script" => (Warning, High, Workload),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// Commands that install, with the word that says so.
const INSTALLERS: &[(&str, &[&str])] = &[
    ("apt-get", &["install", "upgrade", "dist-upgrade"]),
    ("apt", &["install", "upgrade"]),
    ("apk", &["add", "upgrade"]),
    ("yum", &["install", "update"]),
    ("dnf", &["install", "update"]),
    ("microdnf", &["install", "update"]),
    ("pip", &["install"]),
    ("pip3", &["install"]),
    ("npm", &["install", "i"]),
    ("gem", &["install"]),
    ("cargo", &["install"]),
    ("go", &["install"]),
];

/// Programs that fetch, and those that run what they are fed.
const FETCHERS: &[&str] = &["curl", "wget"];
const SHELLS: &[&str] = &["sh", "bash", "ash", "python", "python3", "perl"];

/// What a command puts in.
#[derive(Debug, PartialEq, Eq)]
enum Found<'t> {
    /// A package, by this command, in this statement.
    Package(&'static str, &'t str),
    /// A script from the network, by this program, in this line.
    Script(&'static str, &'t str),
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for pod in DatabasePod::all(context.graph, context.secrets, context.config()) {
        for container in pod.containers() {
            let mut found = None;
            walk(container.value, &mut |steps, value| {
                let is_command = matches!(
                    steps,
                    [Step::Key("command" | "args"), Step::Index(_)] | [Step::Key("lifecycle"), .., Step::Index(_)]
                );
                if is_command && found.is_none() {
                    found = value.as_str().and_then(installs).map(|what| (value, what));
                }
                Visit::Into
            });
            let words: Vec<&str> = ["command", "args"]
                .into_iter()
                .filter_map(|key| container.value.get(key))
                .flat_map(Value::items)
                .filter_map(Value::as_str)
                .collect();
            let all = words.join(" ");
            let split = || {
                let first = container.value.get("command").or_else(|| container.value.get("args"))?;
                Some((first, installs(&all)?))
            };
            let Some((at, what)) = found.or_else(split) else { continue };
            let title = pod.resource.title();
            let name = container.name();
            let (code, message, by, part) = match what {
                Found::Package(by, part) => {
                    ("package", format!("{title} installs packages each time container `{name}` starts"), by, part)
                }
                Found::Script(by, part) => {
                    let message = format!("{title} runs a script from the network each time container `{name}` starts");
                    ("script", message, by, part)
                }
            };
            sink.finding(code, pod.resource, at, message)
                .underline(place(at, part, context.world.sources))
                .label(format!("by `{by}`"))
                .note(pod.because.text())
                .help("use an image that holds what is needed; the cluster's own has the clients of PostgreSQL");
            break;
        }
    }
}

/// The bytes of a part of a text, where they stand in its source as they are.
fn place(at: Value<'_>, part: &str, sources: &Sources) -> Span {
    let span = at.span();
    match sources[span.source].text().get(span.range()).and_then(|text| text.find(part)) {
        Some(offset) => {
            let start = span.start + offset as u32;
            Span { start, end: start + part.len() as u32, ..span }
        }
        None => span,
    }
}

/// What a command line or script installs, if it does.
fn installs(text: &str) -> Option<Found<'_>> {
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for statement in line.split("&&").flat_map(|part| part.split(';')) {
            let words: Vec<&str> = statement.split_whitespace().collect();
            let bare =
                |word: &&str| word.rsplit('/').next().unwrap_or(word).trim_matches(['"', '\'', '(', ')']).to_owned();
            let names: Vec<String> = words.iter().map(bare).collect();
            // `python -m pip install`, `sudo apt-get -y install`
            for (at, name) in names.iter().enumerate() {
                let Some((program, verbs)) = INSTALLERS.iter().find(|(program, _)| program == name) else { continue };
                let is_called =
                    at == 0 || matches!(names[at - 1].as_str(), "sudo" | "-m" | "-c" | "then" | "do" | "if" | "!");
                let verb = names[at + 1..].iter().find(|word| !word.starts_with('-'));
                if is_called && verb.is_some_and(|verb| verbs.contains(&verb.as_str())) {
                    return Some(Found::Package(program, statement.trim()));
                }
            }
        }
        let mut parts = line.split('|').map(|part| part.split_whitespace().collect::<Vec<_>>());
        let mut fetched = None;
        for words in parts.by_ref() {
            let is = |word: &&str, list: &[&'static str]| {
                list.iter().copied().find(|name| word.rsplit('/').next().is_some_and(|word| word == *name))
            };
            let first = words.iter().find(|word| !matches!(**word, "sudo" | "env"));
            if let (Some(by), Some(_)) = (fetched, first.and_then(|word| is(word, SHELLS))) {
                return Some(Found::Script(by, line.trim()));
            }
            fetched = words.iter().find_map(|word| is(word, FETCHERS));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_install_are_known() {
        for (text, expected) in [
            ("apt-get update && apt-get install -y awscli", Some("apt-get")),
            ("set -e\nsudo apt-get -qq install jq", Some("apt-get")),
            ("/sbin/apk add --no-cache curl", Some("apk")),
            ("python -m pip install psycopg", Some("pip")),
            ("sh -c apk add jq", Some("apk")),
            ("curl -fsSL https://example.org/setup | sh", Some("curl")),
            ("wget -qO- https://example.org/x | sudo bash -s", Some("wget")),
            ("apt-get update", None),
            ("curl -fsS https://hooks.example.org/done", None),
            ("curl https://example.org/list | jq .", None),
            ("echo apk add jq", None),
            ("# apt-get install jq", None),
            ("pg_dump orders | gzip", None),
            ("", None),
        ] {
            let by = installs(text).map(|found| match found {
                Found::Package(by, _) | Found::Script(by, _) => by,
            });
            assert_eq!(by, expected, "{text}");
        }
    }
}
