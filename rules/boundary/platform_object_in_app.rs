//! What the platform owns, written where an app's objects belong.

use crate::config::Role;
use crate::declare_rule;
use crate::graph::{Any, View};
use crate::manifest::Resource;
use crate::rule::{Builder, Context, Sink};
use crate::source::Span;
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds objects of the platform in a repo or path whose role is `app`: the kinds that `ownership.platform`
    /// lists (a Cluster, a Pooler), a policy that denies everything in a namespace or that concerns the database pods,
    /// the operator and its definitions, and the namespaces of the databases.
    ///
    /// ## Why it matters
    /// The app's repo then decides on what other apps depend on: its next change, or its removal with pruning, reaches
    /// their databases, and the platform's own definition of the object and this one undo each other.
    ///
    /// ## Instead
    /// Move it to the platform's repo. An app asks for a database with a `Database` object that names the shared cluster.
    ///
    /// ## Limits
    /// Works where the config gives the path the role `app`. A NetworkPolicy for the app's own pods is the app's
    /// affair, although the kind is the platform's. Patches are not judged.
    pub static RULE {
        id: "boundary/platform-object-in-app",
        summary: "an object of the platform in an app's repo",
        scope: Resource(Any),
        codes: [
            "object" => (Error, High, Boundary),
            "policy" => (Error, High, Boundary),
            "operator" => (Error, High, Boundary),
            "namespace" => (Error, High, Boundary),
        ],
        since: "0.1.0",
        check: check,
    }
}

const POLICIES: &[(&str, &str)] = &[
    ("networking.k8s.io", "NetworkPolicy"),
    ("cilium.io", "CiliumNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
];

fn check<'w>(object: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = object.resource();
    let config = context.config();
    let Some(role) = config.role_of(resource.path).filter(|role| role.value == Role::App) else { return };
    if !resource.whole {
        return;
    }
    // Who owns policies owns those of every kind.
    let (group, kind) = POLICIES
        .iter()
        .find(|kind| **kind == (resource.group, resource.kind))
        .map_or((resource.group, resource.kind), |_| POLICIES[0]);
    let owned = config.owns(Role::Platform, group, kind) || config.owns(Role::Platform, resource.group, resource.kind);
    let title = resource.title();
    let found = if POLICIES.contains(&(resource.group, resource.kind)) {
        policy(context, resource).filter(|_| owned).map(|(value, why)| {
            sink.finding("policy", resource, value, format!("{title} {why}, which is up to the platform"))
                .label("not this app's to decide")
        })
    } else if owned && !config.owns(Role::App, resource.group, resource.kind) {
        let message = format!("{title} belongs to the platform but lives in an app's path");
        Some(sink.finding("object", resource, resource.headline(), message).label("owned by the platform"))
    } else if let Some(what) = operator(context, resource) {
        let message = format!("{title} {what} but lives in an app's path");
        Some(sink.finding("operator", resource, resource.headline(), message).label("a part of the operator"))
    } else if resource.is("", "Namespace") && is_database_namespace(context, resource.name()) {
        let message = format!("{title} holds the platform's databases but is defined in an app's path");
        Some(sink.finding("namespace", resource, resource.headline(), message).label("a namespace of the platform"))
    } else {
        None
    };
    if let Some(finding) = found {
        finish(finding, resource, role.span);
    }
}

fn finish(finding: Builder<'_>, resource: &Resource<'_>, role: Option<Span>) {
    let help = match resource.kind {
        "Cluster" => "ask the platform for a database in its shared cluster, and declare it here with a `Database`",
        _ => "move it to the platform's repo",
    };
    let finding = match role {
        Some(role) => finding.related(role, "this path is declared `app`"),
        None => finding,
    };
    finding.help(help);
}

/// The field by which a policy decides on more than the app's own pods, and how.
fn policy<'w>(context: &Context<'_, 'w>, resource: &'w Resource<'w>) -> Option<(Value<'w>, &'static str)> {
    let spec = resource.at(&["spec"])?;
    if is_database_namespace(context, resource.namespace.known()) {
        return Some((resource.headline(), "is a policy of a database namespace"));
    }
    let selector = spec.get("podSelector").or_else(|| spec.get("endpointSelector"))?;
    let labels = selector.get("matchLabels").into_iter().flat_map(Value::entries);
    let expressions = selector.get("matchExpressions").into_iter().flat_map(Value::items);
    let keys = labels.map(|(key, _)| key).chain(expressions.filter_map(|item| item.get("key")?.raw()));
    if keys.into_iter().any(|key| key.trim_start_matches("k8s:").trim_start_matches("any:").starts_with("cnpg.io/")) {
        return Some((selector, "selects database pods"));
    }
    let denies = ["ingress", "egress", "ingressDeny", "egressDeny"]
        .iter()
        .filter_map(|rules| spec.get(rules))
        .all(|rules| rules.is_null() || (rules.is_sequence() && rules.is_empty()));
    (resource.is("networking.k8s.io", "NetworkPolicy") && selector.is_mapping() && selector.is_empty() && denies)
        .then_some((selector, "denies everything to a whole namespace"))
}

fn is_database_namespace(context: &Context<'_, '_>, name: Option<&str>) -> bool {
    name.is_some_and(|name| context.config().databases.namespaces.iter().any(|known| known.value == name))
}

/// What an object is to the CloudNativePG operator, if it is a part of it.
fn operator(context: &Context<'_, '_>, resource: &Resource<'_>) -> Option<&'static str> {
    let name = resource.name()?;
    let namespace = &context.config().databases.operator.namespace;
    match (resource.group, resource.kind) {
        ("apiextensions.k8s.io", "CustomResourceDefinition")
            if name.ends_with(".postgresql.cnpg.io") || name.ends_with(".barmancloud.cnpg.io") =>
        {
            Some("defines the operator's kinds")
        }
        ("apps", "Deployment") if name == "cnpg-controller-manager" => Some("runs the operator"),
        ("helm.toolkit.fluxcd.io", "HelmRelease")
            if resource.at(&["spec", "chart", "spec", "chart"]).and_then(Value::known) == Some("cloudnative-pg") =>
        {
            Some("installs the operator")
        }
        ("", "Namespace") if namespace.as_ref().is_some_and(|known| known.value == name) => {
            Some("is the operator's namespace")
        }
        _ => None,
    }
}
