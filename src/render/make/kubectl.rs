//! What `kubectl` and `oc` apply: `apply`, `create`, `replace`, with files, folders, kustomizations or a stream.

use super::arguments::{self, Argument, Parsed, Spec};
use super::run::{Flow, Shell};
use super::simple::{self, generated, range_of};
use super::{Apply, Command, Create, Input, InputKind};

const SPEC: Spec = Spec {
    long: &[
        "annotation",
        "applyset",
        "as",
        "as-group",
        "as-uid",
        "cache-dir",
        "certificate-authority",
        "client-certificate",
        "client-key",
        "cluster",
        "clusterrole",
        "context",
        "docker-email",
        "docker-password",
        "docker-server",
        "docker-username",
        "field-manager",
        "filename",
        "from",
        "from-env-file",
        "from-file",
        "from-literal",
        "grace-period",
        "group",
        "image",
        "kubeconfig",
        "kustomize",
        "namespace",
        "output",
        "password",
        "prune-allowlist",
        "prune-whitelist",
        "request-timeout",
        "resource",
        "role",
        "schedule",
        "selector",
        "server",
        "serviceaccount",
        "subresource",
        "template",
        "timeout",
        "tls-server-name",
        "token",
        "type",
        "user",
        "username",
        "verb",
    ],
    short: "fklnosv",
};

/// Kinds of `kubectl create` that have kinds of their own.
const FAMILIES: &[&str] = &["secret", "service", "svc"];

/// Runs `kubectl`; what flows out of it.
pub(super) fn run(shell: &mut Shell<'_>, words: &[Argument], input: Option<&[Input]>) -> Flow {
    let parsed = arguments::parse(&words[1..], &SPEC);
    let mut positional = parsed.positional.iter().filter(|word| !word.is_loose());
    let Some(verb) = positional.next() else {
        if parsed.open {
            shell.opaque(words);
        }
        return vec![generated(words[0].as_str(), range_of(words))];
    };
    let rest: Vec<&Argument> = positional.collect();
    let verb = match verb.known() {
        Some("apply") => "apply",
        Some("create") => "create",
        Some("replace") => "replace",
        Some("kustomize") => return kustomization(shell, rest.first().copied(), words),
        _ => return vec![generated(words[0].as_str(), range_of(words))],
    };
    if verb == "apply" && rest.first().is_some_and(|word| word.as_str().ends_with("-last-applied")) {
        return Flow::new();
    }
    let sources = sources(shell, &parsed, words, input);
    let dry_run = DryRun::of(&parsed);
    if verb == "create" && sources.is_empty() && !rest.is_empty() {
        return create(shell, &parsed, &rest, words, dry_run);
    }
    if dry_run == DryRun::Yes {
        return sources;
    }
    if sources.is_empty() {
        // The file may be in a word that could not be read.
        if parsed.open {
            shell.opaque(words);
        }
        return Flow::new();
    }
    let apply = Apply {
        verb,
        sources,
        namespace: parsed.value(&["n", "namespace"]).map(Argument::to_text),
        range: range_of(words),
        conditional: shell.conditional || dry_run == DryRun::Perhaps,
        open: parsed.open,
    };
    shell.push(Command::Apply(apply));
    Flow::new()
}

/// Whether a command only says what it would do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DryRun {
    No,
    Yes,
    Perhaps,
}

impl DryRun {
    fn of(parsed: &Parsed) -> DryRun {
        if !parsed.has(&["dry-run"]) {
            return DryRun::No;
        }
        match parsed.value(&["dry-run"]).map(Argument::known) {
            Some(Some("none")) => DryRun::No,
            Some(None) => DryRun::Perhaps,
            _ => DryRun::Yes,
        }
    }
}

/// The kustomization a command builds.
pub(super) fn kustomization(shell: &Shell<'_>, folder: Option<&Argument>, words: &[Argument]) -> Flow {
    let path = match folder {
        Some(folder) => shell.path(folder),
        None => shell.path(&simple::here(words)),
    };
    let remote = path.written().contains("://") || path.written().contains("?ref=");
    let kind = if remote { InputKind::Remote } else { InputKind::Kustomization };
    vec![Input { path, kind, recursive: false }]
}

/// What `-f` and `-k` name, in order.
fn sources(shell: &mut Shell<'_>, parsed: &Parsed, words: &[Argument], input: Option<&[Input]>) -> Flow {
    let recursive = parsed.has(&["R", "recursive"]);
    let mut sources = Flow::new();
    for (name, value) in parsed.options() {
        let Some(value) = value else { continue };
        match name {
            "k" | "kustomize" => sources.extend(kustomization(shell, Some(value), words)),
            "f" | "filename" => {
                for item in value.items() {
                    if matches!(item.as_str(), "-" | "/dev/stdin") {
                        sources.extend(stream(shell, &item, input));
                    } else {
                        sources.extend(shell.files(&with_pattern(item), recursive));
                    }
                }
            }
            _ => {}
        }
    }
    sources
}

/// kubectl reads patterns of file names itself, so quotes do not take them away.
fn with_pattern(mut item: Argument) -> Argument {
    item.glob |= item.known().is_some_and(|path| path.contains(['*', '?', '[']) && !path.contains("://"));
    item
}

/// What is read from a pipe.
fn stream(shell: &mut Shell<'_>, word: &Argument, input: Option<&[Input]>) -> Flow {
    match input {
        Some(flow) if !flow.is_empty() && shell.affords(flow.len()) => flow.to_vec(),
        _ => vec![Input {
            path: arguments::unknown(word.as_str(), word.to_text().range),
            kind: InputKind::Stdin,
            recursive: false,
        }],
    }
}

/// `kubectl create KIND NAME`. With a dry run it is made only where another command reads it.
fn create(shell: &mut Shell<'_>, parsed: &Parsed, rest: &[&Argument], words: &[Argument], dry_run: DryRun) -> Flow {
    let mut rest = rest.iter();
    let Some(first) = rest.next() else { return Flow::new() };
    let mut kind = first.as_str().to_owned();
    if FAMILIES.contains(&kind.as_str())
        && let Some(second) = rest.next()
    {
        kind = format!("{kind} {}", second.as_str());
    }
    if dry_run != DryRun::Yes || shell.piped && parsed.has(&["o", "output"]) {
        let create = Create {
            kind,
            name: rest.next().map(|name| name.to_text()),
            namespace: parsed.value(&["n", "namespace"]).map(Argument::to_text),
            range: range_of(words),
            conditional: shell.conditional || dry_run == DryRun::Perhaps,
        };
        shell.push(Command::Create(create));
    }
    vec![generated(words[0].as_str(), range_of(words))]
}
