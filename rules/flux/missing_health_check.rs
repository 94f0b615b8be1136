//! Kustomizations that say they are ready before their database is.

use crate::declare_rule;
use crate::graph::cnpg::GROUP;
use crate::graph::flux::{Flux, Node};
use crate::manifest::{Resource, split_api_version};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds Flux Kustomizations that apply a CloudNativePG Cluster, that others wait for, and that do not look whether
    /// the Cluster is ready: no `wait: true`, and no entry of `healthChecks` that names it. Finds `healthCheckExprs` that
    /// nothing ever evaluates.
    ///
    /// ## Why it matters
    /// Without a check a Kustomization is ready as soon as the API server has taken its objects. Those who wait for it
    /// then start while the first instance is still being made: databases that fail, migrations that give up, jobs that
    /// run out of attempts. `healthCheckExprs` only say how to read the state of a kind; which objects are looked at is
    /// said by `wait` or `healthChecks`, so alone they do nothing.
    ///
    /// ## Instead
    /// Set `wait: true`, or list the Cluster under `healthChecks`, and say in `healthCheckExprs` when it is ready:
    /// `current: status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')`.
    ///
    /// ## Limits
    /// A dependent that has a `readyExpr` of its own is not counted. What the expressions mean is not worked out. Clusters
    /// that a ResourceSet brings are not looked at.
    pub static RULE {
        id: "flux/missing-health-check",
        summary: "a Kustomization is ready before its database is",
        scope: Target,
        codes: [
            "unchecked" => (Warning, High, Gitops),
            "inert-expressions" => (Warning, High, Gitops),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let flux = context.flux();
    for (at, node) in flux.nodes.iter().enumerate() {
        let Some(resource) = node.resource else { continue };
        let told = expressions(node, resource, &flux, at, sink);
        if !told && !node.is_on("wait") {
            unchecked(node, resource, &flux, at, sink);
        }
    }
}

/// The kind that a check or an expression is about, with its group.
fn kind_of<'w>(entry: Value<'w>) -> Option<(&'w str, &'w str)> {
    let (group, _) = split_api_version(entry.get("apiVersion")?.known()?);
    Some((group, entry.get("kind")?.known()?))
}

/// Looks at `healthCheckExprs`; whether something about Clusters was said.
fn expressions<'w>(
    node: &Node<'_, 'w>,
    resource: &'w Resource<'w>,
    flux: &Flux<'_, 'w>,
    at: usize,
    sink: &mut Sink<'_, 'w>,
) -> bool {
    let Some(list) = node.spec(&["healthCheckExprs"]).filter(|list| list.is_sequence() && !list.is_empty()) else {
        return false;
    };
    if node.is_on("wait") || node.spec(&["wait"]).is_some_and(|wait| wait.as_bool().is_none()) {
        return false;
    }
    let checks = node.spec(&["healthChecks"]);
    let checked: Vec<(&str, &str)> = checks.into_iter().flat_map(Value::items).filter_map(kind_of).collect();
    if checks.is_some_and(|checks| checks.items().any(|check| kind_of(check).is_none())) {
        return false;
    }
    let inert: Vec<(&str, &str)> = list.items().filter_map(kind_of).filter(|kind| !checked.contains(kind)).collect();
    let Some((_, kind)) = inert.first().filter(|_| inert.len() == list.items().count()) else { return false };
    let message = format!("{} never evaluates its `healthCheckExprs`", resource.title());
    let label = match checked.is_empty() {
        true => "no `wait: true` and no `healthChecks`: nothing is looked at".to_owned(),
        false => format!("no entry of `healthChecks` is a {kind}"),
    };
    let mut finding =
        sink.finding("inert-expressions", resource, list, message).underline(list.key_or_span()).label(label);
    if let Some(wait) = node.spec(&["wait"]) {
        finding = finding.related(wait.key_or_span(), "so Flux does not wait for what it applies");
    }
    for (other, wait) in waiting(flux, at).take(2) {
        finding = finding.related(wait.span(), format!("`{}` waits for this", other.applied.name));
    }
    finding.help(format!("set `wait: true`, or name the {kind} under `healthChecks`"));
    inert.contains(&(GROUP, "Cluster"))
}

/// Those who wait for a Kustomization and go by what it says of itself.
fn waiting<'f, 'a, 'w>(
    flux: &'f Flux<'a, 'w>,
    at: usize,
) -> impl Iterator<Item = (&'f Node<'a, 'w>, Value<'w>)> + use<'f, 'a, 'w> {
    flux.waiting_for(at).filter(|(_, wait)| !wait.has_expression).map(|(node, wait)| (node, wait.name))
}

fn unchecked<'w>(
    node: &Node<'_, 'w>,
    resource: &'w Resource<'w>,
    flux: &Flux<'_, 'w>,
    at: usize,
    sink: &mut Sink<'_, 'w>,
) {
    let checks = node.spec(&["healthChecks"]);
    if let Some(reason) = node.spec(&["wait"]).and_then(Value::unknown) {
        return sink.undecided(resource.headline().span(), reason);
    }
    let is_checked = |cluster: &Resource<'_>| {
        checks.into_iter().flat_map(Value::items).any(|check| {
            let name = check.get("name").and_then(Value::known);
            kind_of(check).is_none_or(|kind| kind == (GROUP, "Cluster"))
                && (name.is_none() || cluster.written_name().is_none_or(|own| name == Some(own)))
        })
    };
    let mut clusters = node.objects.iter().copied().filter(|object| object.whole && object.is(GROUP, "Cluster"));
    let Some(cluster) = clusters.find(|cluster| !is_checked(cluster)) else { return };
    let dependents: Vec<(&Node<'_, 'w>, Value<'w>)> = waiting(flux, at).collect();
    if dependents.is_empty() {
        return;
    }
    let many = match dependents.len() {
        1 => format!("`{}` waits for it", dependents[0].0.applied.name),
        count => format!("{count} Kustomizations wait for it"),
    };
    let message = format!("{} is ready before {} is, and {many}", resource.title(), cluster.title());
    let mut finding = sink
        .finding("unchecked", resource, resource.headline(), message)
        .label("neither `wait: true` nor a health check of the Cluster")
        .related(cluster.headline().span(), "what it applies and does not look at");
    if let Some(wait) = node.spec(&["wait"]) {
        finding = finding.related(wait.key_or_span(), "so Flux does not wait for what it applies");
    }
    for (other, wait) in dependents.iter().take(2) {
        finding = finding.related(wait.span(), format!("`{}` waits for this", other.applied.name));
    }
    finding.help("set `wait: true`, or name the Cluster under `healthChecks`, with `healthCheckExprs` for its kind");
}
