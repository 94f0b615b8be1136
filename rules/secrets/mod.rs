//! Credentials that anyone who reads the repository can use.

pub mod decrypted_twin;
pub mod plaintext_secret;
pub mod plaintext_value;
pub mod sops_not_encrypted;
pub mod sops_readable_leaf;

use crate::graph::credential::{Certainty, Credential};
use crate::graph::sops;
use crate::rule::FileContext;

/// The code of a readable credential.
fn code(credential: &Credential) -> &'static str {
    match credential.certainty {
        Certainty::High => "readable",
        Certainty::Low if credential.weak_default => "weak-default",
        Certainty::Low => "guess",
    }
}

/// Whether another rule speaks of this file as a whole: it should be encrypted, or shows what another one encrypts.
fn is_spoken_for(context: &FileContext<'_, '_>) -> bool {
    let manifests = context.world.manifests;
    let expected = !sops::has_block(&context.parsed) && context.world.creation_rules.claim(&context.parsed).is_some();
    expected || sops::twin(manifests, context.index).is_some()
}

const HISTORY: &str = "change the credential too: the old one stays in the git history";
