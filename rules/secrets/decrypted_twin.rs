//! Readable copies of encrypted files.

use super::HISTORY;
use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::sops::{Block, roots, twin};
use crate::rule::{FileContext, Sink};
use crate::tree;

declare_rule! {
    /// ## What it does
    /// Finds a file beside its encrypted one (`db.yaml`, `db.dec.yaml` or `db.decrypted.yaml` beside `db.sops.yaml`)
    /// in which values are readable that are encrypted there.
    ///
    /// ## Why it matters
    /// A decrypted copy that was committed gives away what the encryption is to hide, in the git history for ever.
    ///
    /// ## Instead
    /// Take the copy out of the repository, name it in `.gitignore`, and change the credentials.
    ///
    /// ## Limits
    /// Values are compared by path only, for nothing is decrypted: where just a part of the encrypted values is
    /// readable here, the file may hold defaults that the encrypted one overrides, and the confidence is medium. Files
    /// that git ignores are not read unless asked for.
    pub static RULE {
        id: "secrets/decrypted-twin",
        summary: "a decrypted copy lies beside the encrypted file",
        scope: File,
        codes: ["readable" => (Error, High, Secrets)],
        since: "0.1.0",
        fixable: No,
        check: check,
    }
}

fn check<'w>(context: &FileContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let manifests = context.world.manifests;
    let Some(twin) = twin(manifests, context.index) else { return };
    let Some(first) = twin.readable.first() else { return };
    let encrypted = &manifests.files[twin.encrypted];
    let block = roots(encrypted).find_map(Block::of);
    let pointer = roots(&context.parsed).find_map(|root| root.pointer_to(*first)).unwrap_or_default();
    let message = format!("this file shows what `{}` encrypts", tree::name(encrypted.path));
    let count = twin.readable.len();
    let mut finding = sink
        .file_finding("readable", first.span(), pointer, message)
        .label("readable here, encrypted there")
        .related(block.map(|block| block.metadata.key_or_span()), "the encrypted file");
    if count > 1 {
        finding = finding.note(format!("{count} values are readable here and encrypted there"));
    }
    if !twin.complete {
        finding = finding.confidence(Confidence::Medium);
    }
    finding.help("remove the copy and name it in `.gitignore`").help(HISTORY);
}
