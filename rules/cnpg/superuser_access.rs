//! Superuser access over the network.

use crate::declare_rule;
use crate::graph::cnpg::{Cluster, GROUP};
use crate::graph::{Graph, View};
use crate::manifest::Resource;
use crate::rule::{Context, Sink, remove_line};
use crate::yaml::{Step, Value, Visit, walk};

declare_rule! {
    /// ## What it does
    /// Finds a Cluster with `enableSuperuserAccess: true`, and says which objects beside it name the
    /// superuser's Secret.
    ///
    /// ## Why it matters
    /// The operator then gives `postgres` a password and keeps it in a Secret, `<cluster>-superuser` or the one
    /// in `superuserSecret`: whoever reads that Secret owns every database of the cluster. Without it, which is
    /// the default, the superuser has no password and nobody can log in as it from outside the pod.
    ///
    /// ## Instead
    /// Leave the field out and give each application its own role: `managed.roles`, or a `DatabaseRole`.
    ///
    /// ## Limits
    /// A value that is still a `${VAR}` is left undecided. Users of the Secret are looked for in the cluster's
    /// namespace, in every field whose name speaks of a secret; that nothing uses it is said only where
    /// everything that goes to the cluster can be seen.
    pub static RULE {
        id: "cnpg/superuser-access",
        summary: "the superuser can log in over the network",
        scope: Resource(Cluster),
        codes: ["enabled" => (Warning, High, Reliability)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Places shown that use the Secret; the rest are counted.
const SHOWN: usize = 3;

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(switch) = cluster.spec(&["enableSuperuserAccess"]) else { return };
    if let Some(reason) = switch.unknown() {
        sink.undecided(switch.span(), reason);
        return;
    }
    if switch.as_bool() != Some(true) {
        return;
    }
    let secret = secret_name(cluster);
    let users = secret.as_deref().map(|secret| Users::of(cluster, secret, context));
    let used = users.as_ref().is_some_and(|users| !users.places.is_empty());
    let title = cluster.title();
    let mut finding = sink
        .finding("enabled", cluster.resource(), switch, format!("the superuser of {title} can log in over the network"))
        .label("gives `postgres` a password");
    if let (Some(secret), Some(users)) = (&secret, users) {
        for (resource, value) in users.places.iter().take(SHOWN) {
            finding = finding.related(value.span(), format!("{} uses it", resource.title()));
        }
        let count = users.places.len();
        if count > SHOWN {
            finding = finding.note(format!("{count} places use Secret `{secret}`"));
        } else if count == 0 && users.all_seen {
            finding = finding.note(format!("nothing in this target uses Secret `{secret}`"));
        }
    }
    finding = finding.help("give each application a role of its own, in `managed.roles` or as a DatabaseRole");
    if let Some(edits) = remove_line(switch) {
        finding.suggestion(
            if used { "once nothing uses it, take superuser access away" } else { "take superuser access away" },
            edits,
        );
    }
}

/// The Secret with the superuser's password: the one that is named, else the operator's own.
fn secret_name(cluster: &Cluster<'_>) -> Option<String> {
    match cluster.spec(&["superuserSecret", "name"]) {
        Some(name) => name.known().map(str::to_owned),
        None => cluster.name().map(|name| format!("{name}-superuser")),
    }
}

/// Who names the Secret.
struct Users<'w> {
    places: Vec<(&'w Resource<'w>, Value<'w>)>,
    /// Whether the targets of the cluster show everything that may use it.
    all_seen: bool,
}

impl<'w> Users<'w> {
    fn of(cluster: &Cluster<'w>, secret: &str, context: &Context<'_, 'w>) -> Users<'w> {
        let mut users = Users { places: Vec::new(), all_seen: true };
        let mut reached = false;
        for graph in context.world.graphs.iter().filter(|graph| holds(graph, cluster)) {
            reached = true;
            users.all_seen &= graph.licence(GROUP, Cluster::KIND, &cluster.namespace).is_ok();
            for resource in graph.resources() {
                users.look_at(resource, cluster, secret);
            }
        }
        users.all_seen &= reached;
        users
    }

    fn look_at(&mut self, resource: &'w Resource<'w>, cluster: &Cluster<'w>, secret: &str) {
        if makes_secrets(resource) {
            return;
        }
        let Some(value) = use_of(resource, secret) else { return };
        if !resource.namespace.is_same(&cluster.namespace) {
            // A Secret of that name in another namespace may be a copy of this one.
            self.all_seen = false;
        } else if !self.places.iter().any(|(_, known)| known.span() == value.span()) {
            self.places.push((resource, value));
        }
    }
}

fn holds<'w>(graph: &Graph<'w>, cluster: &Cluster<'w>) -> bool {
    graph.of_kind(GROUP, Cluster::KIND).iter().any(|known| std::ptr::eq(*known, cluster.resource()))
}

/// Kinds that hold or make the Secret, and the Cluster itself.
fn makes_secrets(resource: &Resource<'_>) -> bool {
    matches!(
        (resource.group, resource.kind),
        ("", "Secret" | "ConfigMap")
            | (GROUP, "Cluster")
            | ("bitnami.com", "SealedSecret")
            | ("external-secrets.io", _)
            | ("generators.external-secrets.io", _)
            | ("isindir.github.com", "SopsSecret")
    )
}

/// The first field that names the Secret and speaks of a secret: `secretKeyRef.name`, `secretName` …
fn use_of<'w>(resource: &'w Resource<'w>, secret: &str) -> Option<Value<'w>> {
    let mut found = None;
    walk(resource.value, &mut |steps, value| {
        let speaks = |step: &Step<'_>| matches!(step, Step::Key(key) if key.to_ascii_lowercase().contains("secret"));
        let is_metadata = steps.first() == Some(&Step::Key("metadata"));
        if found.is_none() && !is_metadata && value.known() == Some(secret) && steps.iter().rev().take(2).any(speaks) {
            found = Some(value);
        }
        if found.is_some() || is_metadata { Visit::Past } else { Visit::Into }
    });
    found
}
