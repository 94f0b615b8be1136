//! Credentials outside of Secrets.

use super::{HISTORY, code, is_spoken_for};
use crate::declare_rule;
use crate::graph::credential::Setting;
use crate::graph::secret_scan::visit_outside;
use crate::manifest::holds_example_values;
use crate::rule::{FileContext, Sink};
use std::cell::LazyCell;

declare_rule! {
    /// ## What it does
    /// Finds a credential in a ConfigMap, an environment variable, a command line, Helm values, a literal of a
    /// kustomize generator, an annotation or any other field of an object.
    ///
    /// ## Why it matters
    /// Whoever can read the repository can use it, and so can everyone who may read that object in the cluster, where
    /// permissions for Secrets protect nothing of it.
    ///
    /// ## Instead
    /// Keep the credential in an encrypted Secret and refer to it: `secretKeyRef`, `envFrom`, `valuesFrom`,
    /// `existingSecret`.
    ///
    /// ## Limits
    /// Judged by key, shape and place, without any dictionary of yours: a value that only looks random is a guess and
    /// told with low confidence, and so is a well-known default. Placeholders, references and hashes of files are
    /// passed over. Helm values files are known by `values` in their name.
    pub static RULE {
        id: "secrets/plaintext-value",
        summary: "a credential is readable outside of a Secret",
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

fn check<'w>(context: &FileContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let example = LazyCell::new(|| holds_example_values(context.parsed.path));
    let spoken_for = LazyCell::new(|| is_spoken_for(context));
    visit_outside(context.world.manifests, context.index, &mut |piece| {
        if piece.in_sops {
            return;
        }
        let Some(credential) = piece.credential(|| *example) else { return };
        if *spoken_for {
            return;
        }
        let place = match piece.setting {
            Setting::Env => format!("the environment variable `{}`", piece.key),
            Setting::Argument => "a command line".to_owned(),
            Setting::HelmValue => format!("the Helm value `{}`", piece.key),
            Setting::GeneratorLiteral => format!("the generator literal `{}`", piece.key),
            Setting::ConfigMapData => format!("key `{}`", piece.key),
            Setting::Annotation => format!("the annotation `{}`", piece.key),
            Setting::SecretData | Setting::SecretStringData | Setting::Field => format!("the field `{}`", piece.key),
        };
        let (what, code) = (credential.what, code(&credential));
        let finding = match piece.resource {
            Some(resource) => {
                let message = format!("the {what} in {place} of {} is readable in the repository", resource.title());
                sink.finding(code, resource, piece.value, message)
            }
            None => {
                let message = format!("the {what} in {place} is readable in the repository");
                sink.file_finding(code, piece.value.span(), piece.pointer(), message)
            }
        };
        finding
            .label("stands here as it is")
            .underline(piece.span_of(credential.range))
            .help("keep it in an encrypted Secret and refer to that")
            .help(HISTORY);
    });
}
