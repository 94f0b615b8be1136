//! Which tool a word names, and which tools may apply what is not seen.

use super::arguments::Argument;

/// Tools that apply what they read elsewhere; with words, only those subcommands.
const APPLIERS: &[(&str, &[&str])] = &[
    ("helmfile", &[]),
    ("flux", &["bootstrap", "create", "install"]),
    ("argocd", &["app", "appset", "proj"]),
    ("terraform", &["apply"]),
    ("tofu", &["apply"]),
    ("terragrunt", &["apply", "run-all", "run"]),
    ("pulumi", &["up", "update"]),
    ("ansible-playbook", &[]),
    ("kapp", &["deploy", "app-group"]),
    ("kpt", &["live"]),
    ("timoni", &["apply", "bundle", "install"]),
    ("skaffold", &["run", "dev", "deploy", "apply"]),
    ("tilt", &["up", "ci"]),
    ("cilium", &["install", "upgrade"]),
    ("talosctl", &["apply-config"]),
    ("just", &[]),
    ("task", &[]),
    ("source", &[]),
    (".", &[]),
    ("eval", &[]),
    ("python", &[]),
    ("python3", &[]),
];

/// The tool that a word names, without its folder.
pub(super) fn tool_of(word: &Argument) -> Option<String> {
    const NAMED: &[&str] =
        &["kubectl", "oc", "helm", "sops", "kustomize", "envsubst", "make", "helmfile", "flux", "yq", "jq"];
    let text = word.as_str();
    let slash = text.rfind('/').map_or(0, |slash| slash + 1);
    if word.known().is_some() {
        let base = &text[slash..];
        let own = text.contains('/') && (text.starts_with('.') || !text.starts_with('/'));
        // A script of the repo keeps its folder: only well-known tools are taken by their last part.
        return Some(if own && !NAMED.contains(&base) { text.to_owned() } else { base.to_owned() });
    }
    let name = text.trim_matches(['$', '(', ')', '{', '}']).to_ascii_lowercase();
    let base =
        if word.traced.unknown_parts().last().is_some_and(|part| part.end <= slash) { &text[slash..] } else { &name };
    NAMED.contains(&base).then(|| base.to_owned())
}

pub(super) fn is_applier(tool: &str, words: &[Argument]) -> bool {
    if tool.contains('/') || tool.ends_with(".sh") || tool.ends_with(".py") {
        return true;
    }
    if let Some((_, verbs)) = APPLIERS.iter().find(|(name, _)| *name == tool) {
        return verbs.is_empty() || words.iter().any(|word| verbs.contains(&word.as_str()) || word.is_loose());
    }
    // `xargs kubectl ...`, `ssh host kubectl ...`, `find -exec helm ...`
    !matches!(tool, "echo" | "printf" | "which" | "type" | "test" | "[" | "[[" | "hash")
        && words.iter().any(|word| {
            let text = word.as_str();
            ["kubectl", "helm"]
                .iter()
                .any(|name| text == *name || text.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))
        })
}

/// A word of `sudo`, `env`, `timeout` and so on that is not yet the command.
pub(super) fn is_wrapping(word: &Argument) -> bool {
    let text = word.as_str();
    text.starts_with('-') || is_assignment(word) || text.starts_with(|first: char| first.is_ascii_digit())
}

pub(super) fn is_command_flag(word: &Argument) -> bool {
    let text = word.as_str();
    text.starts_with('-') && !text.starts_with("--") && text.ends_with('c')
}

/// Whether a word sets a variable of the shell.
pub(super) fn is_assignment(word: &Argument) -> bool {
    word.as_str().split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// Whether a text can name a variable of the shell.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
