//! Helm releases: `upgrade`, `install`, `template` whose output is applied, and `repo add`.

use super::arguments::{self, Argument, Parsed, Spec};
use super::run::{Flow, Shell};
use super::simple::{generated, range_of};
use super::{Command, Input, InputKind, Release, Repository};

const SPEC: Spec = Spec {
    long: &[
        "api-versions",
        "burst-limit",
        "ca-file",
        "cert-file",
        "description",
        "history-max",
        "key-file",
        "keyring",
        "kube-apiserver",
        "kube-as-group",
        "kube-as-user",
        "kube-ca-file",
        "kube-context",
        "kube-tls-server-name",
        "kube-token",
        "kube-version",
        "kubeconfig",
        "labels",
        "name-template",
        "namespace",
        "output",
        "output-dir",
        "password",
        "post-renderer",
        "post-renderer-args",
        "qps",
        "registry-config",
        "repo",
        "repository-cache",
        "repository-config",
        "set",
        "set-file",
        "set-json",
        "set-literal",
        "set-string",
        "show-only",
        "timeout",
        "username",
        "values",
        "version",
    ],
    short: "flnosa",
};

/// Runs `helm`; what flows out of it.
pub(super) fn run(shell: &mut Shell<'_>, words: &[Argument]) -> Flow {
    let parsed = arguments::parse(&words[1..], &SPEC);
    let sure = parsed.positional.iter().position(|word| !word.is_loose());
    let Some(mut at) = sure else {
        if parsed.open {
            shell.opaque(words);
        }
        return vec![generated(words[0].as_str(), range_of(words))];
    };
    // The secrets plugin decrypts values files and passes the rest on.
    if parsed.positional[at].known() == Some("secrets") {
        at += 1;
    }
    let (verb, rest) = match parsed.positional.get(at..).and_then(<[Argument]>::split_first) {
        Some((verb, rest)) => (verb.known().unwrap_or_default(), rest),
        None => return Flow::new(),
    };
    match verb {
        "upgrade" => release(shell, "upgrade", &parsed, rest, words),
        "install" => release(shell, "install", &parsed, rest, words),
        "template" => return template(shell, &parsed, rest, words),
        "repo" => repository(shell, rest, words),
        "decrypt" => {
            return rest.iter().flat_map(|file| decrypted(shell, file)).collect();
        }
        _ => return vec![generated(words[0].as_str(), range_of(words))],
    }
    Flow::new()
}

fn decrypted(shell: &Shell<'_>, file: &Argument) -> Flow {
    let files = shell.files(file, false).into_iter();
    files.map(|input| Input { kind: InputKind::Decrypted, ..input }).collect()
}

fn release(shell: &mut Shell<'_>, verb: &'static str, parsed: &Parsed, rest: &[Argument], words: &[Argument]) {
    let dry_run = parsed.value(&["dry-run"]).and_then(Argument::known) != Some("none") && parsed.has(&["dry-run"]);
    if !dry_run {
        let release = described(shell, verb, parsed, rest, words);
        shell.push(Command::Release(Box::new(release)));
    }
}

/// `helm template`: a release only where another command reads it.
fn template(shell: &mut Shell<'_>, parsed: &Parsed, rest: &[Argument], words: &[Argument]) -> Flow {
    let release = described(shell, "template", parsed, rest, words);
    let Some(chart) = release.chart.clone() else { return vec![generated(words[0].as_str(), range_of(words))] };
    if shell.piped {
        shell.push(Command::Release(Box::new(release)));
    }
    vec![Input { path: chart, kind: InputKind::Chart, recursive: false }]
}

fn described(shell: &Shell<'_>, verb: &'static str, parsed: &Parsed, rest: &[Argument], words: &[Argument]) -> Release {
    let (name, chart) = name_and_chart(verb, parsed, rest);
    let chart = chart.map(|chart| {
        // Only a path that says so is one: `a/b` may be a chart of the repository `a`.
        let local = chart.as_str().starts_with('.') || chart.traced.starts_at_root();
        if local { shell.path(chart) } else { chart.to_text() }
    });
    Release {
        verb,
        name: name.map(Argument::to_text),
        chart,
        version: parsed.value(&["version"]).map(Argument::to_text),
        repository: parsed.value(&["repo"]).map(Argument::to_text),
        namespace: parsed.value(&["n", "namespace"]).map(Argument::to_text),
        values: parsed.values(&["f", "values"]).flat_map(|value| values_files(shell, value)).collect(),
        sets: parsed
            .values(&["set", "set-string", "set-file", "set-json", "set-literal"])
            .map(Argument::to_text)
            .collect(),
        create_namespace: parsed.has(&["create-namespace"]),
        range: range_of(words),
        conditional: shell.conditional,
        open: parsed.open,
    }
}

fn values_files(shell: &Shell<'_>, value: &Argument) -> Flow {
    let mut inputs = Flow::new();
    for item in value.items() {
        let encrypted = ["secrets://", "sops://"].iter().find_map(|scheme| item.as_str().strip_prefix(scheme));
        match encrypted {
            Some(path) => inputs.extend(decrypted(shell, &item.from(item.as_str().len() - path.len()))),
            None => inputs.extend(shell.files(&item, false)),
        }
    }
    inputs
}

/// The words that are name and chart; those that may hold flags only count where no others do.
fn name_and_chart<'w>(
    verb: &str,
    parsed: &Parsed,
    rest: &'w [Argument],
) -> (Option<&'w Argument>, Option<&'w Argument>) {
    let sure: Vec<&Argument> = rest.iter().filter(|word| !word.is_loose()).collect();
    let words = if rest.len() <= 2 { rest.iter().collect() } else { sure };
    let unnamed = parsed.has(&["generate-name", "g", "name-template"]) || verb == "template" && words.len() == 1;
    match words[..] {
        [chart] if unnamed => (None, Some(chart)),
        [name, chart] => (Some(name), Some(chart)),
        [name] => (Some(name), None),
        _ => (None, None),
    }
}

fn repository(shell: &mut Shell<'_>, rest: &[Argument], words: &[Argument]) {
    if let [verb, name, url, ..] = rest
        && verb.known() == Some("add")
    {
        let repository = Repository { name: name.to_text(), url: url.to_text(), range: range_of(words) };
        shell.push(Command::Repository(repository));
    }
}
