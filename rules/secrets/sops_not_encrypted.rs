//! Files that are expected to be encrypted and are not.

use super::HISTORY;
use crate::declare_rule;
use crate::graph::credential::{is_placeholder, is_reference};
use crate::graph::secret_scan::{Piece, scan};
use crate::graph::sops::{Claim, has_block};
use crate::manifest::holds_example_values;
use crate::rule::{FileContext, Sink};

declare_rule! {
    /// ## What it does
    /// Finds a file that its name (`*.sops.yaml`, `*.sops.yml`, `*.sops.json`, `*.sops.yaml.template`) or a rule in
    /// `.sops.yaml` says is encrypted, and that holds readable secrets without a `sops:` block.
    ///
    /// ## Why it matters
    /// Everyone takes the name for a promise and reviews the file as harmless, while its values can be read; Flux and
    /// Argo CD apply it as it is.
    ///
    /// ## Instead
    /// Run `sops encrypt --in-place FILE` before the commit, and change the credentials that were committed.
    ///
    /// ## Limits
    /// A file without anything secret, or with references such as `${SECRET_TOKEN}` only, is left alone. A
    /// `path_regex` that matches a kustomization in the same folder too says how files are encrypted and not which
    /// ones, so it promises nothing. The nearest `.sops.yaml` above the file counts, and its first rule that matches.
    pub static RULE {
        id: "secrets/sops-not-encrypted",
        summary: "a file that is to be encrypted is not",
        scope: File,
        codes: ["readable" => (Error, High, Secrets)],
        since: "0.1.0",
        fixable: No,
        check: check,
    }
}

fn check<'w>(context: &FileContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(claim) = context.world.creation_rules.claim(&context.parsed) else { return };
    if has_block(&context.parsed) {
        return;
    }
    let example = holds_example_values(context.parsed.path);
    let pieces = scan(context.world.manifests, context.index);
    let sure = pieces.iter().find(|piece| !piece.generated && piece.credential(|| example).is_some());
    let Some(piece) = sure.or_else(|| pieces.iter().find(|piece| !example && is_literal(piece))) else { return };
    let (message, rule) = match claim {
        Claim::Name => ("this file is not encrypted, although its name says that it is", None),
        Claim::Rule(pattern) => ("this file is not encrypted, although `.sops.yaml` has a rule for it", Some(pattern)),
    };
    sink.file_finding("readable", piece.value.span(), piece.pointer(), message)
        .label("can be read by anyone")
        .related(rule.map(|rule| rule.span()), "this rule matches the file")
        .note("the file has no `sops:` block")
        .help(cure(context.parsed.path))
        .help(HISTORY);
}

/// The command that encrypts the file. SOPS tells the format by the ending, and takes what it does not know for binary.
fn cure(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("yaml" | "yml" | "json" | "env" | "ini") => "run `sops encrypt --in-place` on it",
        _ => "run `sops encrypt --in-place --input-type yaml --output-type yaml` on it",
    }
}

/// A value of a Secret that is written out.
fn is_literal(piece: &Piece<'_>) -> bool {
    let text = piece.text.trim();
    piece.is_of_secret() && !piece.generated && !is_placeholder(text) && !is_reference(text)
}
