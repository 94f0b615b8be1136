//! Secrets whose values anyone can read.

use super::{HISTORY, code, is_spoken_for};
use crate::declare_rule;
use crate::graph::credential::Credential;
use crate::graph::secret_scan::{Piece, visit_secrets};
use crate::manifest::holds_example_values;
use crate::rule::{FileContext, Sink};
use std::cell::LazyCell;

declare_rule! {
    /// ## What it does
    /// Finds a Secret with a credential in `data` or `stringData` that nothing encrypts.
    ///
    /// ## Why it matters
    /// `data` is base64, which is an encoding and no encryption: whoever can read the repository, a fork or a backup
    /// of it can use the credential, and the git history keeps it after the file is changed.
    ///
    /// ## Instead
    /// Encrypt the file with SOPS, seal it as a SealedSecret, or let an ExternalSecret fetch the values. Then change
    /// the credential itself.
    ///
    /// ## Limits
    /// Placeholders, references such as `${VAR}` and public values are passed over, and data that is no valid base64
    /// or no text is not looked into. Documents with a `sops:` block belong to `secrets/sops-readable-leaf`, files
    /// that are expected to be encrypted to `secrets/sops-not-encrypted`, and decrypted copies to
    /// `secrets/decrypted-twin`. Well-known defaults and guesses are told with low confidence.
    pub static RULE {
        id: "secrets/plaintext-secret",
        summary: "a Secret is readable in the repository",
        scope: File,
        codes: [
            "readable" => (Error, High, Secrets),
            "weak-default" => (Error, Low, Secrets),
            "guess" => (Error, Low, Secrets),
        ],
        since: "0.1.0",
        fixable: No,
        check: check,
    }
}

/// Further keys shown of one Secret.
const SHOWN: usize = 3;

fn check<'w>(context: &FileContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    if memchr::memmem::find(context.parsed.file.text().as_bytes(), b"Secret").is_none() {
        return;
    }
    let example = LazyCell::new(|| holds_example_values(context.parsed.path));
    let mut found: Vec<(Piece<'w>, Credential)> = Vec::new();
    visit_secrets(context.world.manifests, context.index, &mut |piece| {
        if piece.in_sops || piece.generated {
            return;
        }
        if let Some(credential) = piece.credential(|| *example) {
            found.push((piece, credential));
        }
    });
    if found.is_empty() || is_spoken_for(context) {
        return;
    }
    let same = |a: &(Piece<'w>, Credential), b: &(Piece<'w>, Credential)| match (a.0.resource, b.0.resource) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        (None, None) => a.0.root.identity() == b.0.root.identity(),
        _ => false,
    };
    for group in found.chunk_by(same) {
        tell(group, sink);
    }
}

fn tell<'w>(group: &[(Piece<'w>, Credential)], sink: &mut Sink<'_, 'w>) {
    let surest = group.iter().map(|(_, credential)| credential.certainty).max();
    let Some(first) = group.iter().position(|(_, credential)| Some(credential.certainty) == surest) else { return };
    let (piece, credential) = &group[first];
    let code = code(credential);
    let mut finding = match piece.resource {
        Some(resource) => {
            let message = format!("the {} of {} is readable in the repository", credential.what, resource.title());
            sink.finding(code, resource, piece.value, message)
        }
        None => {
            let message = format!("the {} of a Secret is readable in the repository", credential.what);
            sink.file_finding(code, piece.value.span(), piece.pointer(), message)
        }
    };
    let label = if piece.setting == crate::graph::credential::Setting::SecretData {
        "base64, which anyone can undo"
    } else {
        "stands here as it is"
    };
    finding = finding.label(label);
    let others = group.iter().enumerate().filter(|(at, _)| *at != first).map(|(_, other)| other);
    for (other, credential) in others.take(SHOWN) {
        finding = finding.related(other.value.span(), format!("the {} in `{}` too", credential.what, other.key));
    }
    if group.len() > SHOWN + 1 {
        finding = finding.note(format!("{} values of this Secret are readable", group.len()));
    }
    let kind = piece.resource.and_then(|resource| resource.value.get("kind"));
    finding
        .related(kind.map(|kind| kind.span()), "has no `sops:` block, so nothing encrypts it")
        .help("encrypt the file with SOPS, or let an ExternalSecret fetch the values")
        .help(HISTORY);
}
