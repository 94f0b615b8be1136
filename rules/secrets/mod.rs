//! Credentials that anyone who reads the repository can use, and Secrets that are not where they are needed.

pub mod broken_replication;
pub mod decrypted_twin;
pub mod escaping_superuser;
pub mod missing_key;
pub mod missing_secret;
pub mod plaintext_secret;
pub mod plaintext_value;
pub mod sops_not_encrypted;
pub mod sops_readable_leaf;

use crate::graph::credential::{Certainty, Credential};
use crate::graph::sops;
use crate::manifest::{By, Resource};
use crate::rule::{FileContext, TargetContext};
use crate::yaml::Value;
use foldhash::HashMap;
use std::cell::OnceCell;

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

/// So many others have to be made in a repo before one that is not is surely forgotten.
const CONVINCING: usize = 3;

/// What may bring a Secret that no target shows, worked out where it is asked for.
#[derive(Default)]
struct Surroundings<'w> {
    strays: OnceCell<HashMap<&'w str, &'w str>>,
    scripts: OnceCell<Vec<&'w str>>,
}

impl<'w> Surroundings<'w> {
    /// Why the Secret `name` may be there though no object of the target makes it, if so.
    fn may_bring(&self, context: &TargetContext<'_, 'w>, name: &str) -> Option<String> {
        let strays = self.strays.get_or_init(|| {
            let resources = context.world.manifests.resources.iter();
            let stray = resources.filter(|one| one.delivery.by == By::Nobody && one.kind.contains("Secret"));
            let names = |one: &'w Resource<'w>| {
                let target = one.at(&["spec", "target", "name"]).and_then(Value::known);
                [one.written_name(), target].into_iter().flatten().map(|name| (name, one.path))
            };
            stray.flat_map(names).collect()
        });
        if let Some(path) = strays.get(name) {
            return Some(format!("`{path}`, which nothing applies, holds one of that name"));
        }
        let scripts = self.scripts.get_or_init(|| {
            let texts = context.world.texts().map(|(_, source)| source.text());
            texts.filter(|text| ["create secret", "secret generic"].iter().any(|part| text.contains(part))).collect()
        });
        let word = |text: &&&str| text.contains(name);
        scripts.iter().any(|text| word(&text)).then(|| "a script of this repo may create it".to_owned())
    }
}
