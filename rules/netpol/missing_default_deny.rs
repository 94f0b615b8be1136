//! Namespaces with a database that no policy closes by default.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::cnpg::{Cluster, Pooler};
use crate::graph::workload::Labels;
use crate::graph::{View, is_near};
use crate::manifest::{Namespace, Resource};
use crate::reach::connections::clause::Decree;
use crate::reach::scraped::Scrapers;
use crate::reach::{Direction, Isolation, NamespaceKey, Operator, PeerRole, Pod, Reach, Unseen, operators};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::cell::OnceCell;

declare_rule! {
    /// ## What it does
    /// Finds namespaces with a Cluster or Pooler in which a pod that is there, or a later one without labels, is isolated
    /// by no network policy for ingress or for egress: NetworkPolicies, those of Cilium and of admins count together.
    ///
    /// ## Why it matters
    /// A pod that no policy of a direction selects is not isolated in it: every pod of the cluster may connect to it. Policies
    /// that select the pods of today by label leave out what comes tomorrow: a restore Job, a new Cluster, a debug pod. A
    /// database that may connect anywhere is also a way out for whoever breaks into it.
    ///
    /// ## Instead
    /// One NetworkPolicy with `podSelector: {}`, `policyTypes: [Ingress, Egress]` and no rules, and further ones
    /// that allow what is needed. Without `policyTypes` it isolates egress only where it has an egress rule.
    ///
    /// ## Limits
    /// An error in the namespaces that the config lists as `databases.namespaces`, for either direction. Elsewhere a warning
    /// where ingress is open, a note where only egress is. A note too where the repo holds no network policy at
    /// all, or where charts and kustomizations that are not built could bring one and no policy that is written selects a
    /// pod without labels. Undecided where Calico or Antrea policies or a Kyverno generator are in the repo, where a
    /// policy that was to select the pods is not in force as it is written, where a release has a policy among its values, and in repos of the role `app`, whose policies the
    /// platform holds. Confidence is medium where the Namespace object is not in
    /// the repo, for its policies may be elsewhere too, and low for samples.
    pub static RULE {
        id: "netpol/missing-default-deny",
        summary: "a namespace with a database has no default-deny policy",
        scope: Target,
        codes: [
            "open" => (Warning, High, Network),
            "open-database-namespace" => (Error, High, Network),
            "open-egress" => (Note, High, Network),
            "no-policies" => (Note, Medium, Network),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// How many databases of a namespace are pointed at.
const SHOWN: usize = 6;

/// A namespace and the databases in it.
struct Home<'w> {
    namespace: &'w Namespace<'w>,
    databases: Vec<&'w Resource<'w>>,
}

/// A direction in which a namespace is not closed.
struct Hole<'r, 'w> {
    direction: Direction,
    /// Workloads that are open.
    open: usize,
    /// Workloads in all.
    workloads: usize,
    /// Whether a pod without labels is surely open.
    unlabelled: bool,
    /// A policy of that direction that selects only some.
    nearest: Option<&'r Decree<'w>>,
    /// A policy that selects a pod without labels, for the other direction.
    half: Option<&'r Decree<'w>>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let clusters = context.graph.all::<Cluster<'w>>().map(|cluster| cluster.resource());
    let poolers = context.graph.all::<Pooler<'w>>().map(|pooler| pooler.resource());
    let mut homes: Vec<Home<'w>> = Vec::new();
    let mut index: HashMap<NamespaceKey<'w>, usize> = HashMap::new();
    for database in clusters.chain(poolers) {
        if let Namespace::Unknown(reason) = &database.namespace {
            sink.undecided(database.headline().span(), reason.clone());
            continue;
        }
        let at = *index.entry(NamespaceKey::of(&database.namespace)).or_insert(homes.len());
        match homes.get_mut(at) {
            Some(home) => home.databases.push(database),
            None => homes.push(Home { namespace: &database.namespace, databases: vec![database] }),
        }
    }
    if homes.is_empty() {
        return;
    }
    let facts = Facts::default();
    for home in &homes {
        judge(home, context, &facts, sink);
    }
}

/// What is worked out once for all namespaces, and only where it is asked for.
#[derive(Default)]
struct Facts<'a, 'w> {
    scrapers: OnceCell<Scrapers<'w>>,
    operators: OnceCell<Vec<Operator<'w>>>,
    of_another_target: OnceCell<Option<(&'w Resource<'w>, &'a str)>>,
}

fn judge<'a, 'w>(home: &Home<'w>, context: &TargetContext<'a, 'w>, facts: &Facts<'a, 'w>, sink: &mut Sink<'_, 'w>) {
    let reach = context.reach;
    let headline = home.databases[0].headline().span();
    if context.graph.is_of_app() {
        sink.undecided(headline, "this repo is an app's; network policies are the platform's");
        return;
    }
    let mut holes = Vec::new();
    for direction in Direction::ALL {
        match hole(reach, home.namespace, direction) {
            Ok(hole) => holes.extend(hole),
            Err(reason) => sink.undecided(headline, reason),
        }
    }
    let Some(first) = holes.first() else { return };
    let declared = context
        .config()
        .databases
        .namespaces
        .iter()
        .find(|declared| home.namespace.known() == Some(declared.value.as_str()));
    let (code, unseen) = match reach.unseen_policies_of_databases(context.graph, home.namespace) {
        Unseen::Likely(reason) => return sink.undecided(headline, reason),
        Unseen::Possible(reason) if first.direction == Direction::Egress || !first.unlabelled => {
            return sink.undecided(headline, reason);
        }
        Unseen::Possible(reason) => ("no-policies", Some(reason)),
        Unseen::None if declared.is_some() => ("open-database-namespace", None),
        Unseen::None if reach.has_no_policy() => ("no-policies", None),
        Unseen::None if first.direction == Direction::Ingress => ("open", None),
        Unseen::None => ("open-egress", None),
    };
    if reach.namespace_object(home.namespace).is_none()
        && let Some((policy, target)) = facts.of_another_target.get_or_init(|| of_another_target(context))
    {
        let reason = format!("{} of target `{target}` may be in force in the same cluster", policy.title());
        return sink.undecided(headline, reason);
    }
    report(home, &holes, (code, unseen), context, facts, sink);
}

/// A policy for a whole cluster that another target of the repo holds: it may be in force beside this one's, which does
/// not hold the namespace itself.
fn of_another_target<'a, 'w>(context: &TargetContext<'a, 'w>) -> Option<(&'w Resource<'w>, &'a str)> {
    let world = context.world;
    let others = world.targets.iter().zip(&world.reaches);
    let others = others.filter(|(target, _)| target.root == context.target.root && target.name != context.target.name);
    others.into_iter().find_map(|(target, reach)| {
        let everywhere = |decree: &&Decree<'w>| matches!(decree.resource.namespace, Namespace::None);
        let decree = reach.decrees().iter().find(everywhere)?;
        Some((decree.resource, target.name.as_ref()))
    })
}

/// Whether `namespace` is open in `direction`; the error is why nobody can tell.
fn hole<'r, 'w>(
    reach: &'r Reach<'w>,
    namespace: &'w Namespace<'w>,
    direction: Direction,
) -> Result<Option<Hole<'r, 'w>>, String> {
    let later = Labels::none();
    let unlabelled = Pod { namespace, labels: &later, ports: &[], account: Some("default") };
    let mut doubt = None;
    let open_later = match reach.isolation(unlabelled, direction) {
        Isolation::Open => true,
        Isolation::Isolated(_) => false,
        Isolation::Unknown(reason) => {
            doubt = Some(reason);
            false
        }
    };
    let mut found = open_later;
    let mut workloads: HashMap<*const Resource<'w>, bool> = HashMap::new();
    let mut nearest = None;
    for peer in reach.peers_in(namespace).filter(|peer| peer.role != PeerRole::Job) {
        let open = match reach.isolation(peer.pod(), direction) {
            Isolation::Open => true,
            Isolation::Isolated(policies) => {
                nearest = nearest.or(policies.first().copied());
                false
            }
            Isolation::Unknown(reason) => {
                doubt = doubt.or(Some(reason));
                false
            }
        };
        found |= open;
        *workloads.entry(std::ptr::from_ref(peer.resource)).or_insert(false) |= open;
    }
    match doubt {
        _ if found => {
            let open = workloads.values().filter(|open| **open).count();
            let other = if direction == Direction::Ingress { Direction::Egress } else { Direction::Ingress };
            let half = match reach.isolation(unlabelled, other) {
                Isolation::Isolated(policies) => policies.first().copied(),
                Isolation::Open | Isolation::Unknown(_) => None,
            };
            let workloads = workloads.len();
            Ok(Some(Hole { direction, open, workloads, unlabelled: open_later, nearest, half }))
        }
        Some(reason) => Err(reason),
        None => Ok(None),
    }
}

fn report<'w>(
    home: &Home<'w>,
    holes: &[Hole<'_, 'w>],
    (code, unseen): (&str, Option<String>),
    context: &TargetContext<'_, 'w>,
    facts: &Facts<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let reach = context.reach;
    let object = reach.namespace_object(home.namespace);
    let resource = object.unwrap_or(home.databases[0]);
    let primary = match object {
        Some(object) => object.headline(),
        None => {
            let written = resource.at(&["metadata", "namespace"]).filter(|_| home.namespace.known().is_some());
            written.unwrap_or_else(|| resource.headline())
        }
    };
    let named = match home.namespace.known() {
        Some(name) => format!("namespace `{name}`"),
        None => format!("the namespace of {}", home.databases[0].title()),
    };
    let directions: Vec<&str> = holes.iter().map(|hole| hole.direction.name()).collect();
    let message = match code {
        "no-policies" => format!("no network policy in this repo isolates {named}"),
        _ => format!("{named} has no default-deny policy for {}", directions.join(" and ")),
    };
    let mut finding = sink.finding(code, resource, primary, message).label(label(&holes[0]));
    if object.is_none() && code == "open" {
        // Who holds the Namespace may hold its policies as well.
        finding = finding.confidence(Confidence::Medium);
    }
    if home.databases.iter().all(|database| database.is_example()) {
        finding = finding.confidence(Confidence::Low);
    }
    let own = home.databases.iter().find(|one| one.headline().span() == primary.span());
    // Several files may define one Cluster, each for a place of its own.
    let mut named: HashSet<(&str, Option<&str>)> = own.map(|own| named_by(own)).into_iter().collect();
    let others = home.databases.iter().filter(|one| one.written_name().is_none() || named.insert(named_by(one)));
    let mut others = others.filter(|database| database.headline().span() != primary.span());
    for database in others.by_ref().take(SHOWN) {
        finding = finding.related(database.headline().span(), format!("{} runs here", database.title()));
    }
    match others.count() {
        0 => {}
        1 => finding = finding.note("1 more Cluster or Pooler is in the same namespace"),
        more => finding = finding.note(format!("{more} more Clusters and Poolers are in the same namespace")),
    }
    if let Some(half) = holes.iter().find_map(|hole| hole.half) {
        let only = if holes[0].direction == Direction::Ingress { "egress" } else { "ingress" };
        finding = finding.related(half.resource.headline().span(), format!("closes {only} only"));
    } else if let Some(nearest) = holes.iter().find_map(|hole| hole.nearest) {
        let selector = reach.subject(nearest).selector();
        if !selector.selects_all() {
            finding = finding.related(nearest.place.span(), format!("selects only `{selector}`"));
        }
    }
    if let Some((place, other)) = misplaced(home, reach) {
        finding = finding.related(place, format!("selects all pods, but of namespace `{other}`"));
    }
    let declared = &context.config().databases.namespaces;
    if let Some(declared) = declared
        .iter()
        .find(|declared| code == "open-database-namespace" && home.namespace.known() == Some(declared.value.as_str()))
    {
        finding = finding.related(declared.span, "the config lists it as a namespace of databases");
    }
    if let Some(reason) = unseen {
        finding = finding.note(format!("what is not seen here may hold one: {reason}"));
    }
    finding.help(cure(holes, reach)).help(first_allow(home, holes, context, facts));
}

/// What has to be let through before the namespace is closed, by what is in it.
fn first_allow<'w>(
    home: &Home<'w>,
    holes: &[Hole<'_, '_>],
    context: &TargetContext<'_, 'w>,
    facts: &Facts<'_, 'w>,
) -> String {
    let operators = facts.operators.get_or_init(|| operators(context.graph));
    let holds_operator = operators.iter().any(|operator| operator.namespace.is_same(home.namespace));
    let clusters = || home.databases.iter().copied().filter_map(Cluster::of);
    let mut ways = Vec::new();
    if holes.iter().any(|hole| hole.direction == Direction::Ingress) {
        ways.extend(["clients on 5432", "the operator on 5432 and 8000"]);
    }
    ways.push("instances among themselves");
    if holes.iter().any(|hole| hole.direction == Direction::Ingress) {
        let scrapers = facts.scrapers.get_or_init(|| Scrapers::new(context.graph));
        if context.reach.peers_in(home.namespace).any(|peer| !scrapers.scrape(peer).is_no()) {
            ways.push("whoever scrapes metrics");
        }
        if holds_operator {
            ways.push("the API server to the webhooks of the operator on 9443");
            if clusters().any(|cluster| cluster.plugins().next().is_some()) {
                ways.push("the operator to its plugin on 9090");
            }
        }
    }
    if holes.iter().any(|hole| hole.direction == Direction::Egress) {
        ways.extend(["DNS", "calls to the API server", "the backup store"]);
    }
    let last = ways.pop().unwrap_or_default();
    format!(
        "before that, allow at least {} and {last}; other pods of the namespace have needs of their own",
        ways.join(", ")
    )
}

fn named_by<'w>(resource: &'w Resource<'w>) -> (&'w str, Option<&'w str>) {
    (resource.kind, resource.written_name())
}

/// Where a policy of all pods stands that may be meant for this namespace: one for a similar name, without any pod.
fn misplaced<'w>(home: &Home<'w>, reach: &Reach<'w>) -> Option<(Span, &'w str)> {
    let name = home.namespace.known()?;
    reach.policies().iter().filter(|policy| policy.pod_selector.selects_all()).find_map(|policy| {
        let namespace = &policy.resource.namespace;
        let other = namespace.known().filter(|other| is_near(name, other).is_some())?;
        let place = policy.resource.at(&["metadata", "namespace"]).unwrap_or_else(|| policy.resource.headline());
        reach.peers_in(namespace).next().is_none().then_some((place.span(), other))
    })
}

/// What closes the namespace: a policy that closes it half already, or one of its own.
fn cure(holes: &[Hole<'_, '_>], reach: &Reach<'_>) -> String {
    let types: Vec<&str> = holes.iter().map(|hole| hole.direction.policy_type()).collect();
    let types = types.join(", ");
    let half = holes.iter().find_map(|hole| hole.half).filter(|half| reach.subject(half).selector().selects_all());
    match half {
        Some(half) if half.resource.group == "cilium.io" => {
            let lists: Vec<String> = holes.iter().map(|hole| format!("`{}: [{{}}]`", hole.direction.name())).collect();
            format!("add {} to {}, which lets nothing through by itself", lists.join(" and "), half.resource.title())
        }
        Some(half) if half.resource.kind == "NetworkPolicy" => format!(
            "set `policyTypes: [Ingress, Egress]` in {}, or add a NetworkPolicy with `podSelector: {{}}`, \
             `policyTypes: [{types}]` and no rules",
            half.resource.title()
        ),
        _ => format!("add a NetworkPolicy with `podSelector: {{}}`, `policyTypes: [{types}]` and no rules"),
    }
}

fn label(hole: &Hole<'_, '_>) -> String {
    let what = match hole.direction {
        Direction::Ingress => "take connections from any pod",
        Direction::Egress => "connect anywhere",
    };
    match (hole.open, hole.workloads) {
        (0, _) => format!("a pod without labels could {what}"),
        (1, 1) => format!("its only workload can {what}"),
        (open, workloads) if open == workloads => format!("all its {workloads} workloads can {what}"),
        (open, workloads) => format!("{open} of its {workloads} workloads can {what}"),
    }
}
