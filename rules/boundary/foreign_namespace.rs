//! Objects that an app writes into somebody else's namespace.

use crate::config::Role;
use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::cnpg::{Cluster, DatabaseRole};
use crate::manifest::{By, Namespace, Resource};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds objects in a repo or path whose role is `app` that go into a namespace of somebody else: one that holds the
    /// platform's databases or its operator, one that another app defines, one of Kubernetes itself, or one that the app
    /// does not define while it defines others.
    ///
    /// ## Why it matters
    /// Whoever owns the namespace does not see the object in his repo and cannot change it: a quota, a policy or a cleanup
    /// there breaks the app, and a Secret or a policy of the app is open to all who work there.
    ///
    /// ## Instead
    /// Keep the app's objects in its own namespace, and ask the owner for what has to be in his.
    ///
    /// ## Limits
    /// Kinds that `ownership.app` lists (`Database`, `DatabaseRole`) belong beside the Cluster, and so do the Secrets
    /// with their passwords. What the platform owns by kind is told by `boundary/platform-object-in-app`. Objects of Flux
    /// and Argo CD are left alone, and so are namespaces that a platform's repo defines for others. A namespace that nobody
    /// is seen to define is told with medium confidence, and only where it is the only one and most of the app's objects go
    /// into namespaces that the repo defines.
    pub static RULE {
        id: "boundary/foreign-namespace",
        summary: "an app writes into a namespace that is not its own",
        scope: Target,
        codes: ["foreign" => (Warning, High, Boundary)],
        since: "0.1.0",
        check: check,
    }
}

/// Namespaces of Kubernetes itself.
const SYSTEM: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];

/// Namespaces that installers make, and that stand in no repo.
const UNDEFINED: &[&str] = &["default", "flux-system", "argocd", "argo-cd", "monitoring"];

/// Groups whose objects live where their controller looks for them.
const CONTROLLERS: &[&str] = &[".toolkit.fluxcd.io", "argoproj.io", "fluxcd.controlplane.io", "monitoring.coreos.com"];

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let config = context.config();
    let is_app = |resource: &Resource<'_>| config.role_of(resource.path).is_some_and(|role| role.value == Role::App);
    if !context.graph.resources().iter().any(|resource| is_app(resource)) {
        return;
    }
    let world = context.world;
    let own: HashSet<&str> = world
        .resources
        .iter()
        .filter(|one| one.root == context.root && one.whole && one.is("", "Namespace"))
        .filter_map(Resource::name)
        .collect();
    let owners = owners(context);
    let beside = beside_databases(context);
    let mut found = Vec::new();
    // Namespaces that it defines count with what is in them.
    let mut at_home = own.len();
    for resource in context.graph.resources().iter().copied().filter(|one| one.whole && is_app(one)) {
        let Some(namespace) = resource.namespace.known() else { continue };
        let owner = owners.get(namespace);
        let is_own = own.contains(namespace) && owner.is_none_or(|owner| !owner.sure);
        let controlled = CONTROLLERS.iter().any(|group| resource.group.ends_with(group));
        at_home += usize::from(is_own);
        if is_own || controlled || resource.delivery.by == By::Nobody || resource.is_example() {
            continue;
        }
        let belongs = config.owns(Role::App, resource.group, resource.kind)
            || config.owns(Role::Platform, resource.group, resource.kind)
            || resource.kind.contains("NetworkPolicy")
            || made_name(resource).is_some_and(|name| beside.contains(&(namespace, name)));
        // A platform may define namespaces for its apps.
        if !belongs && owner.is_none_or(|owner| owner.sure) {
            found.push((resource, namespace, owner));
        }
    }
    // Where others make most of the namespaces, one that is not defined here says nothing.
    let unseen = || found.iter().filter(|(_, _, owner)| owner.is_none());
    let places: HashSet<&str> = unseen().map(|(_, namespace, _)| *namespace).collect();
    let tells = places.len() == 1
        && places.iter().all(|place| !UNDEFINED.contains(place))
        && !own.is_empty()
        && unseen().count() <= at_home;
    for (resource, namespace, owner) in found.iter().copied().filter(|(_, _, owner)| owner.is_some() || tells) {
        let whose = owner.map_or("which it does not define", |owner| owner.whose);
        let message = format!("{} goes into namespace `{namespace}`, {whose}", resource.title());
        let at = resource.at(&["metadata", "namespace"]).unwrap_or_else(|| resource.headline());
        let mut finding = sink.finding("foreign", resource, at, message).label("not this app's namespace");
        match owner.and_then(|owner| owner.place.map(|place| (place, owner.text))) {
            Some((place, text)) => finding = finding.related(place, text),
            None => {
                let mine = context.graph.of_kind("", "Namespace").iter().find(|one| is_app(one));
                finding = finding.related(mine.map(|one| one.headline().span()), "a namespace that it defines");
            }
        }
        if owner.is_none() {
            finding = finding.confidence(Confidence::Medium);
        }
        finding.help("keep it in the app's own namespace, or leave it to the repo that owns this one");
    }
}

/// Whose a namespace is.
struct Owner {
    whose: &'static str,
    /// What shows it.
    place: Option<Span>,
    text: &'static str,
    /// Whether an app surely has no business there.
    sure: bool,
}

/// The namespaces that are known to be somebody else's.
fn owners(context: &TargetContext<'_, '_>) -> BTreeMap<String, Owner> {
    let world = context.world;
    let mut owners: BTreeMap<String, Owner> = BTreeMap::new();
    for name in SYSTEM {
        let owner = Owner { whose: "which is Kubernetes' own", place: None, text: "", sure: true };
        owners.insert((*name).to_owned(), owner);
    }
    let databases = &context.config().databases;
    let said = databases.namespaces.iter().chain(&databases.operator.namespace);
    for entry in said {
        let (whose, text) = ("which holds the platform's databases", "the config says so");
        owners.entry(entry.value.clone()).or_insert(Owner { whose, place: entry.span, text, sure: true });
    }
    for rented in context.offers().clusters() {
        let (whose, text) = ("which holds the platform's databases", "a Cluster of the platform");
        let owner = Owner { whose, place: rented.place(), text, sure: true };
        owners.entry(rented.cluster.namespace.clone()).or_insert(owner);
    }
    for (at, graph) in world.graphs.iter().enumerate() {
        let root = world.targets[at].root;
        let role = |one: &Resource<'_>| world.configs[root].role_of(one.path).map(|role| role.value);
        if root == context.root {
            // What a platform's path defines here may be defined for the app.
            for cluster in graph.all::<Cluster<'_>>().filter(|one| role(one.resource()) == Some(Role::Platform)) {
                let (whose, text) = ("which holds the platform's databases", "a Cluster of the platform");
                let place = Some(cluster.headline().span());
                if let Some(name) = cluster.namespace.known() {
                    owners.entry(name.to_owned()).or_insert(Owner { whose, place, text, sure: true });
                }
            }
            continue;
        }
        for object in graph.of_kind("", "Namespace").iter().filter(|one| one.whole) {
            let (whose, sure) = match role(object) {
                Some(Role::App) => ("which another app defines", true),
                _ => ("which another repo defines", false),
            };
            if let Some(name) = object.name() {
                let place = Some(object.headline().span());
                owners.entry(name.to_owned()).or_insert(Owner { whose, place, text: "defined here", sure });
            }
        }
    }
    owners
}

/// The Secrets with passwords of the app's roles, which have to be beside the Cluster; and those of a Cluster that
/// should not be here at all, which go where it goes.
fn beside_databases<'w>(context: &TargetContext<'_, 'w>) -> HashSet<(&'w str, &'w str)> {
    let mut found = HashSet::new();
    let mut put = |resource: &'w Resource<'w>, name: Option<Value<'w>>| {
        if let (Namespace::Known(namespace), Some(name)) = (&resource.namespace, name.and_then(Value::known)) {
            found.insert((*namespace, name));
        }
    };
    for role in context.graph.all::<DatabaseRole<'w>>() {
        put(role.resource(), role.at(&["spec", "passwordSecret", "name"]));
    }
    for cluster in context.graph.all::<Cluster<'w>>() {
        for (_, method) in cluster.spec(&["bootstrap"]).into_iter().flat_map(Value::entries) {
            put(cluster.resource(), method.at(&["secret", "name"]));
        }
        put(cluster.resource(), cluster.spec(&["superuserSecret", "name"]));
        for role in cluster.managed_roles() {
            put(cluster.resource(), role.at(&["passwordSecret", "name"]));
        }
    }
    found
}

/// The name of the Secret that an object is or makes.
fn made_name<'w>(resource: &'w Resource<'w>) -> Option<&'w str> {
    match resource.kind {
        "Secret" | "SealedSecret" => resource.name(),
        "ExternalSecret" => resource.at(&["spec", "target", "name"]).map_or_else(|| resource.name(), Value::known),
        _ => None,
    }
}
