//! Superuser access over the network.

use crate::declare_rule;
use crate::graph::cnpg::{Cluster, GROUP, Pooler, cluster_reference};
use crate::graph::{Graph, View};
use crate::manifest::Resource;
use crate::rule::{Context, Sink, remove_line};
use crate::source::Span;
use crate::yaml::{Step, Value, Visit, walk};
use foldhash::{HashMap, HashMapExt, HashSet};

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
        scope: Repo,
        codes: ["enabled" => (Warning, High, Reliability)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Places shown that use the Secret; the rest are counted.
const SHOWN: usize = 3;

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut open: Vec<Open<'w>> = Vec::new();
    for cluster in context.world.resources.iter().filter_map(Cluster::of) {
        let Some(switch) = cluster.spec(&["enableSuperuserAccess"]) else { continue };
        if let Some(reason) = switch.unknown() {
            sink.undecided(switch.span(), reason);
        } else if switch.as_bool() == Some(true) {
            let secret = secret_name(&cluster);
            open.push(Open { cluster, switch, secret, users: Users::default() });
        }
    }
    if open.is_empty() {
        return;
    }
    for graph in &context.world.graphs {
        look_for_users(graph, &mut open);
    }
    for cluster in open {
        tell(cluster, sink);
    }
}

/// A Cluster whose superuser can log in.
struct Open<'w> {
    cluster: Cluster<'w>,
    switch: Value<'w>,
    /// The Secret with its password, if its name is known.
    secret: Option<String>,
    users: Users<'w>,
}

/// Who names the Secret.
#[derive(Default)]
struct Users<'w> {
    places: Vec<(&'w Resource<'w>, Value<'w>)>,
    /// Whether a target has the Cluster.
    reached: bool,
    /// Whether something may use the Secret that the targets of the cluster do not show.
    may_be_more: bool,
}

fn tell<'w>(open: Open<'w>, sink: &mut Sink<'_, 'w>) {
    let Open { cluster, switch, secret, users } = open;
    let title = cluster.title();
    let mut finding = sink
        .finding("enabled", cluster.resource(), switch, format!("the superuser of {title} can log in over the network"))
        .label("gives `postgres` a password");
    if let Some(secret) = &secret {
        for (resource, value) in users.places.iter().take(SHOWN) {
            finding = finding.related(value.span(), format!("{} uses it", resource.title()));
        }
        let count = users.places.len();
        if count > SHOWN {
            finding = finding.note(format!("{count} places use Secret `{secret}`"));
        } else if count == 0 && users.reached && !users.may_be_more {
            finding = finding.note(format!("nothing in this target uses Secret `{secret}`"));
        }
    }
    finding = finding.help("give each application a role of its own, in `managed.roles` or as a DatabaseRole");
    if cluster.spec(&["superuserSecret"]).is_some_and(|secret| !secret.is_null()) {
        finding = finding.help("take `superuserSecret` away with the access: it has no effect without");
    }
    if let Some(edits) = remove_line(switch) {
        let used = !users.places.is_empty();
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

/// Walks the objects of a target once, for all Secrets of the Clusters in it.
fn look_for_users<'w>(graph: &Graph<'w>, open: &mut [Open<'w>]) {
    let held: HashSet<Span> = graph.of_kind(GROUP, Cluster::KIND).iter().map(|known| known.span()).collect();
    let mut by_secret: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, cluster) in open.iter_mut().enumerate() {
        let Some(secret) = &cluster.secret else { continue };
        if held.contains(&cluster.cluster.span()) {
            cluster.users.reached = true;
            cluster.users.may_be_more |= graph.licence(GROUP, Cluster::KIND, &cluster.cluster.namespace).is_err();
            by_secret.entry(secret.clone()).or_default().push(at);
        }
    }
    if by_secret.is_empty() {
        return;
    }
    for resource in graph.resources().iter().filter(|resource| !makes_secrets(resource)) {
        for (secret, value) in uses(resource, &by_secret) {
            for at in &by_secret[secret] {
                let Open { cluster, users, .. } = &mut open[*at];
                // A Pooler logs in to its own Cluster; a Secret of the same name is that of another one.
                let other = Pooler::of(resource).and_then(|_| cluster_reference(resource)).and_then(Value::known);
                if other.is_some_and(|name| cluster.name() != Some(name)) {
                    users.may_be_more = true;
                    continue;
                }
                if resource.span() == cluster.span() {
                    continue;
                }
                // What another Cluster takes for its own superuser, it may share with this one.
                if value.key() == Some("name") && is_own_superuser(resource, value) {
                    users.may_be_more = true;
                    continue;
                }
                if !resource.namespace.is_same(&cluster.namespace) {
                    // A Secret of that name in another namespace may be a copy of this one.
                    users.may_be_more = true;
                } else if !users.places.iter().any(|(_, known)| known.span() == value.span()) {
                    users.places.push((resource, value));
                }
            }
        }
    }
}

/// Kinds that hold or make the Secret.
fn makes_secrets(resource: &Resource<'_>) -> bool {
    matches!(
        (resource.group, resource.kind),
        ("", "Secret" | "ConfigMap")
            | ("bitnami.com", "SealedSecret")
            | ("external-secrets.io", _)
            | ("generators.external-secrets.io", _)
            | ("isindir.github.com", "SopsSecret")
    )
}

/// Whether a value names the Secret of a Cluster's own superuser.
fn is_own_superuser(resource: &Resource<'_>, value: Value<'_>) -> bool {
    let own = resource.at(&["spec", "superuserSecret", "name"]).filter(|_| Cluster::of(resource).is_some());
    own.is_some_and(|own| own.identity() == value.identity())
}

/// For each of `secrets`, the first field that names it and speaks of a secret: `secretKeyRef.name`, `secretName` …
fn uses<'s, 'w>(resource: &'w Resource<'w>, secrets: &'s HashMap<String, Vec<usize>>) -> Vec<(&'s str, Value<'w>)> {
    let mut found: Vec<(&'s str, Value<'w>)> = Vec::new();
    walk(resource.value, &mut |steps, value| {
        if steps.first() == Some(&Step::Key("metadata")) {
            return Visit::Past;
        }
        let speaks = |step: &Step<'_>| match step {
            Step::Key(key) => key.as_bytes().windows(6).any(|part| part.eq_ignore_ascii_case(b"secret")),
            Step::Index(_) => false,
        };
        if steps.iter().rev().take(2).any(speaks)
            && let Some((secret, _)) = value.known().and_then(|name| secrets.get_key_value(name))
            && !found.iter().any(|(known, _)| known == secret)
        {
            found.push((secret, value));
        }
        Visit::Into
    });
    found
}
