//! Documents that SOPS was to encrypt and that are readable.

use super::HISTORY;
use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::credential::{is_placeholder, is_reference};
use crate::graph::secret_scan::scan;
use crate::graph::sops::{Block, Leaf, Selector, roots};
use crate::manifest::holds_example_values;
use crate::rule::{FileContext, Sink};

declare_rule! {
    /// ## What it does
    /// Finds a document with a `sops:` block in which a value is readable that the block says is encrypted, or in
    /// which nothing is encrypted at all; and a block without `mac` or without anyone who can decrypt it.
    ///
    /// ## Why it matters
    /// A value that was pasted into the encrypted file stays readable, and SOPS then refuses the file: it expects the
    /// form `ENC[…]` there. An `encrypted_regex` that matches no key encrypts nothing without a word. Without `mac`
    /// SOPS refuses to decrypt unless it is told to ignore that, and Flux does not take the object for encrypted and
    /// applies it as it is.
    ///
    /// ## Instead
    /// Restore the file as SOPS wrote it, change values with `sops edit FILE` or `sops set` only, and let the pattern
    /// in `.sops.yaml` match the keys.
    ///
    /// ## Limits
    /// Follows SOPS 3: `encrypted_regex`, `unencrypted_regex`, both suffixes, and `_unencrypted` where none is set.
    /// Empty texts, nulls and comments are never encrypted. Blocks whose encryption is chosen by comments are judged
    /// only for `mac` and recipients. Nothing is decrypted, so a wrong `mac` is not noticed.
    pub static RULE {
        id: "secrets/sops-readable-leaf",
        summary: "a value that SOPS was to encrypt is readable",
        scope: File,
        codes: [
            "leaf" => (Error, High, Secrets),
            "no-mac" => (Error, High, Secrets),
            "no-recipient" => (Error, High, Secrets),
            "matched-nothing" => (Error, High, Secrets),
        ],
        since: "0.1.0",
        fixable: No,
        check: check,
    }
}

/// Further values shown of one document.
const SHOWN: usize = 3;

fn check<'w>(context: &FileContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for block in roots(&context.parsed).filter_map(Block::of) {
        metadata(&block, sink);
        if let Some(selector) = block.selector() {
            leaves(context, &block, &selector, sink);
        }
    }
}

fn metadata<'w>(block: &Block<'w>, sink: &mut Sink<'_, 'w>) {
    let span = block.metadata.key_or_span();
    if !block.has_mac() {
        sink.file_finding(
            "no-mac",
            span,
            "/sops".into(),
            "the `sops:` block has no `mac`, so neither SOPS nor Flux decrypts the file",
        )
        .label("no `mac` in here")
        .note("SOPS refuses it unless told to ignore the MAC; Flux does not take it for encrypted")
        .help("restore the file as SOPS wrote it, or encrypt it anew from its readable form");
    }
    if !block.has_recipient() {
        sink.file_finding(
            "no-recipient",
            span,
            "/sops".into(),
            "the `sops:` block names no key, so nobody can decrypt the file",
        )
        .label("no age, PGP or KMS key in here")
        .help("encrypt it anew from its readable form, with a recipient in `.sops.yaml`");
    }
}

fn leaves<'w>(context: &FileContext<'_, 'w>, block: &Block<'w>, selector: &Selector, sink: &mut Sink<'_, 'w>) {
    let all = block.leaves();
    let selected: Vec<&Leaf<'w>> = all.iter().filter(|leaf| selector.selects(&leaf.path)).collect();
    if selected.is_empty() && !all.iter().any(Leaf::is_encrypted) {
        matched_nothing(context, block, sink);
        return;
    }
    let mut readable = Vec::new();
    for leaf in selected {
        if leaf.is_encrypted() || leaf.is_empty() {
            continue;
        }
        let text = leaf.value.raw().unwrap_or_default();
        if is_reference(text) || is_placeholder(text) {
            sink.undecided(leaf.value.span(), "the value is not encrypted, and only stands for another");
        } else {
            readable.push(leaf);
        }
    }
    let Some((first, others)) = readable.split_first() else { return };
    let key = first.path.last().copied().unwrap_or_default();
    let pointer = block.root.pointer_to(first.value).unwrap_or_default();
    let message = format!("`{key}` is readable, although the `sops:` block says it is encrypted");
    let mut finding = sink
        .file_finding("leaf", first.value.span(), pointer, message)
        .label("not encrypted")
        .related(block.metadata.key_or_span(), "this block covers it");
    for other in others.iter().take(SHOWN) {
        finding = finding.related(other.value.span(), "not encrypted either");
    }
    if others.len() > SHOWN {
        finding = finding.note(format!("{} values are readable that should be encrypted", readable.len()));
    }
    finding
        .note("SOPS refuses to decrypt the file as it is")
        .help("restore the file as SOPS wrote it, then put the value in with `sops edit` or `sops set`")
        .help(HISTORY);
}

fn matched_nothing<'w>(context: &FileContext<'_, 'w>, block: &Block<'w>, sink: &mut Sink<'_, 'w>) {
    let pattern = ["encrypted_regex", "encrypted_suffix", "unencrypted_regex", "unencrypted_suffix"]
        .iter()
        .find_map(|key| block.metadata.get(key))
        .unwrap_or(block.metadata);
    let example = holds_example_values(context.parsed.path);
    let credential = scan(context.world.manifests, context.index)
        .into_iter()
        .filter(|piece| piece.root.identity() == block.root.identity())
        .find(|piece| piece.credential(|| example).is_some());
    let pointer = block.root.pointer_to(pattern).unwrap_or_default();
    let message = "SOPS encrypted nothing in this document: its pattern picks none of the keys";
    let mut finding =
        sink.file_finding("matched-nothing", pattern.span(), pointer, message).label("picks no key of this document");
    finding = match credential {
        Some(piece) => finding.related(piece.value.span(), "readable, and looks like a credential"),
        None => finding.confidence(Confidence::Medium),
    };
    finding.help("let the pattern in `.sops.yaml` match the keys, and encrypt the file anew").help(HISTORY);
}
