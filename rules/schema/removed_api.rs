//! APIs that the cluster no longer serves.

use crate::declare_rule;
use crate::rule::{Context, Sink, lives};
use crate::schema::lifecycle::{is_from, title};

declare_rule! {
    /// ## What it does
    /// Finds objects whose apiVersion the cluster no longer serves: Kubernetes' own by `--kubernetes-version` or the
    /// config, those of Flux, External Secrets, cert-manager, Cilium and CloudNativePG by the version that the repo
    /// states.
    ///
    /// ## Why it matters
    /// The API server does not know the kind and refuses the object. A cluster that still held such objects before an
    /// upgrade keeps them, but nobody can write them any more.
    ///
    /// ## Instead
    /// The apiVersion that took its place; where only the name changed, `--unsafe-fixes` writes it.
    ///
    /// ## Limits
    /// Silent where the repo states no version of the project; of Flux the oldest supported one is then taken. A
    /// version is stated by the config (of Flux), a FluxInstance, Flux' own manifests, or the release of a chart that
    /// carries the version of what it installs. Of several clusters with several versions the oldest counts.
    pub static RULE {
        id: "schema/removed-api",
        summary: "an apiVersion that the cluster no longer serves",
        scope: Repo,
        codes: ["removed" => (Error, High, Validity)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    lives::each(context, |resource, stated, lifecycle| {
        let Some(gone) = lifecycle.gone(resource.api_version, resource.kind) else { return };
        let Some(oldest) = stated.oldest(gone.project, resource.path) else { return };
        let Some(removed) = gone.removed.filter(|removed| is_from(&oldest.version, removed)) else { return };
        let Some(written) = resource.value.get("apiVersion") else { return };
        let project = title(gone.project);
        let end = match removed {
            "0" => "no version has ever served".to_owned(),
            _ => format!("{project} does not serve from {removed} on"),
        };
        let message = format!("{} is of `{}`, which {end}", resource.title(), resource.api_version);
        let finding = sink
            .finding("removed", resource, written, message)
            .label(format!("not served by {project} {}", oldest.version));
        lives::replace(lives::because(finding, gone.project, oldest), resource, gone);
    });
}
