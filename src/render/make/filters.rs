//! Programs that pass manifests on: sops, kustomize, cat, envsubst, sed and their like. What they change stays unknown.

use super::arguments::{self, Argument, Parsed, Spec};
use super::run::{Flow, Shell};
use super::simple::{generated, range_of};
use super::{Input, InputKind, kubectl};

const SOPS: Spec = Spec {
    long: &[
        "age",
        "aws-profile",
        "config",
        "encrypted-regex",
        "extract",
        "filename-override",
        "hc-vault-transit",
        "indent",
        "input-type",
        "kms",
        "output",
        "output-type",
        "pgp",
        "set",
        "shamir-secret-sharing-threshold",
        "unencrypted-regex",
    ],
    short: "akp",
};
const KUSTOMIZE: Spec = Spec {
    long: &[
        "output",
        "load-restrictor",
        "env",
        "mount",
        "network-name",
        "helm-command",
        "helm-kube-version",
        "reorder",
    ],
    short: "oe",
};
/// Programs whose first word is a script, not a file.
const SCRIPTED: &[&str] = &["sed", "gsed", "awk", "gawk", "grep", "egrep", "yq", "jq", "perl"];
const EDITORS: Spec = Spec { long: &["expression", "file", "regexp", "from-file"], short: "efF" };
const PLAIN: Spec = Spec { long: &["lines", "bytes", "url", "header", "output", "user"], short: "nHo" };

/// Runs a program that is no tool of the cluster; what flows out of it.
pub(super) fn run(shell: &mut Shell<'_>, tool: &str, words: &[Argument], input: Option<&[Input]>) -> Flow {
    let rest = &words[1..];
    match tool {
        "sops" => sops(shell, rest, words, input),
        "kustomize" => kustomize(shell, rest, words),
        "cat" | "tac" => {
            let parsed = arguments::parse(rest, &PLAIN);
            read(shell, &parsed.positional, input)
        }
        "tee" => {
            let flow = input.unwrap_or_default().to_vec();
            for target in &arguments::parse(rest, &PLAIN).positional {
                let from = if shell.affords(flow.len()) { flow.clone() } else { Flow::new() };
                shell.write(target, from);
            }
            flow
        }
        "cp" | "mv" | "install" => {
            copy(shell, &arguments::parse(rest, &PLAIN));
            Flow::new()
        }
        "envsubst" => substituted(input.unwrap_or_default().to_vec()),
        "curl" | "wget" => fetched(shell, &arguments::parse(rest, &PLAIN), words),
        "head" | "tail" | "sort" | "uniq" | "tr" | "cut" => {
            let parsed = arguments::parse(rest, &PLAIN);
            let files = if tool == "tr" { &[][..] } else { &parsed.positional[..] };
            substituted(read(shell, files, input))
        }
        _ if SCRIPTED.contains(&tool) => scripted(shell, rest, input),
        _ => match input {
            // What an unknown program makes of a stream is still made from it.
            Some(flow) if !matches!(tool, "echo" | "printf" | "true" | ":") => substituted(flow.to_vec()),
            _ if shell.piped => vec![generated(tool, range_of(words))],
            _ => Flow::new(),
        },
    }
}

/// The files, or the stream where there are none.
fn read(shell: &Shell<'_>, files: &[Argument], input: Option<&[Input]>) -> Flow {
    if files.is_empty() {
        return input.unwrap_or_default().to_vec();
    }
    let mut flow = Flow::new();
    for file in files {
        if file.as_str() == "-" {
            flow.extend(input.unwrap_or_default().iter().cloned());
        } else {
            flow.extend(shell.files(file, false));
        }
    }
    flow
}

/// A stream that was rewritten on the way.
fn substituted(mut flow: Flow) -> Flow {
    for input in &mut flow {
        if matches!(input.kind, InputKind::File | InputKind::Folder | InputKind::Decrypted) {
            input.kind = InputKind::Substituted;
        }
    }
    flow
}

fn decrypted(mut flow: Flow) -> Flow {
    for input in &mut flow {
        if matches!(input.kind, InputKind::File | InputKind::Folder | InputKind::Substituted) {
            input.kind = InputKind::Decrypted;
        }
    }
    flow
}

fn sops(shell: &mut Shell<'_>, rest: &[Argument], words: &[Argument], input: Option<&[Input]>) -> Flow {
    let parsed = arguments::parse(rest, &SOPS);
    let verb = parsed.positional.first().map_or("", |word| word.as_str());
    if matches!(verb, "exec-file" | "exec-env") {
        shell.opaque(words);
        return Flow::new();
    }
    let decrypts = verb == "decrypt" || parsed.has(&["d", "decrypt"]);
    let files =
        if matches!(verb, "decrypt" | "encrypt" | "edit") { &parsed.positional[1..] } else { &parsed.positional };
    let last = files.len().saturating_sub(1);
    let flow = read(shell, &files[last..], input);
    let flow = if decrypts { decrypted(flow) } else { substituted(flow) };
    if parsed.has(&["i", "in-place"]) {
        if let Some(file) = files.last() {
            shell.write(file, flow);
        }
        return Flow::new();
    }
    match parsed.value(&["output"]) {
        Some(target) if target.as_str() != "-" => {
            shell.write(target, flow);
            Flow::new()
        }
        _ => flow,
    }
}

fn kustomize(shell: &mut Shell<'_>, rest: &[Argument], words: &[Argument]) -> Flow {
    let parsed = arguments::parse(rest, &KUSTOMIZE);
    let mut positional = parsed.positional.iter().filter(|word| !word.is_loose());
    if positional.next().and_then(Argument::known) != Some("build") {
        return Flow::new();
    }
    let flow = match positional.next() {
        None if parsed.open => vec![generated(words[0].as_str(), range_of(words))],
        folder => kubectl::kustomization(shell, folder, words),
    };
    match parsed.value(&["o", "output"]) {
        Some(target) => {
            shell.write(target, flow);
            Flow::new()
        }
        None => flow,
    }
}

/// `sed`, `yq` and their like: the first word is the script unless a flag gave it.
fn scripted(shell: &mut Shell<'_>, rest: &[Argument], input: Option<&[Input]>) -> Flow {
    let parsed = arguments::parse(rest, &EDITORS);
    let given = parsed.values(&["e", "f", "expression", "file", "regexp", "from-file"]).next().is_some();
    let mut files = &parsed.positional[..];
    // `yq eval SCRIPT FILE`
    if files.first().is_some_and(|word| matches!(word.as_str(), "eval" | "e" | "eval-all" | "ea")) {
        files = &files[1..];
    }
    let skipped = usize::from(!given).min(files.len());
    substituted(read(shell, &files[skipped..], input))
}

fn fetched(shell: &mut Shell<'_>, parsed: &Parsed, words: &[Argument]) -> Flow {
    let url = parsed.positional.iter().find(|word| word.as_str().contains("://"));
    let flow = match url {
        Some(url) => shell.files(url, false),
        None => vec![generated(words[0].as_str(), range_of(words))],
    };
    if let Some(target) = parsed.value(&["o", "output"]) {
        shell.write(target, flow);
        return Flow::new();
    }
    flow
}

/// The last word is written from the others.
fn copy(shell: &mut Shell<'_>, parsed: &Parsed) {
    if let Some((target, files)) = parsed.positional.split_last()
        && !files.is_empty()
    {
        let from = files.iter().flat_map(|file| shell.files(file, false)).collect();
        shell.write(target, from);
    }
}
