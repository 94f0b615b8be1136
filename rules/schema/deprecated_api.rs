//! APIs that will not be served for long.

use crate::declare_rule;
use crate::rule::{Context, Sink, lives};
use crate::schema::lifecycle::{is_from, title};

declare_rule! {
    /// ## What it does
    /// Finds objects whose apiVersion is still served and is deprecated: Kubernetes' own by `--kubernetes-version` or
    /// the config, those of Flux, External Secrets, cert-manager and Cilium by the version that the repo states.
    ///
    /// ## Why it matters
    /// The upgrade that ends the apiVersion breaks the apply of every such object at once. Until then the API server
    /// warns on each apply.
    ///
    /// ## Instead
    /// The apiVersion that takes its place; where only the name changes, `--unsafe-fixes` writes it.
    ///
    /// ## Limits
    /// Silent where the repo states no version of the project; of Flux the oldest supported one is then taken. What a
    /// later release plans to end may change. Objects already in the cluster may have to be migrated, which a repo does
    /// not show.
    pub static RULE {
        id: "schema/deprecated-api",
        summary: "an apiVersion that a coming release no longer serves",
        scope: Repo,
        codes: ["deprecated" => (Warning, High, Validity)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    lives::each(context, |resource, stated, lifecycle| {
        let Some(gone) = lifecycle.gone(resource.api_version, resource.kind) else { return };
        let Some(oldest) = stated.oldest(gone.project, resource.path) else { return };
        if gone.removed.is_some_and(|removed| is_from(&oldest.version, removed)) {
            return;
        }
        let Some(since) = gone.deprecated.filter(|since| is_from(&oldest.version, since)) else { return };
        let Some(written) = resource.value.get("apiVersion") else { return };
        let project = title(gone.project);
        let message =
            format!("{} is of `{}`, deprecated since {project} {since}", resource.title(), resource.api_version);
        let label = match gone.removed {
            Some(removed) => format!("{project} {removed} does not serve it"),
            None => "its end has no date yet".to_owned(),
        };
        let finding = sink.finding("deprecated", resource, written, message).label(label);
        lives::replace(lives::because(finding, gone.project, oldest), resource, gone);
    });
}
