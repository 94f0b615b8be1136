//! Findings about flows that databases need and policies stop: the same for every kind of flow, but for the words.

use super::blocked_fix::missing_rules;
use super::{Sink, TargetContext};
use crate::finding::Confidence;
use crate::graph::workload::Label;
use crate::manifest::{Namespace, Resource};
use crate::reach::connections::{Block, Connections, End, Lack, Need, NeedKind, PartyKind, Verdict};
use crate::reach::ports::PortSet;
use crate::reach::{Direction, Reach, Unseen};
use crate::source::Span;

/// What is stopped for one object.
struct Stopped<'c, 'w> {
    owner: &'w Resource<'w>,
    needs: Vec<(&'c Need, Lack<'w>)>,
}

/// Reports the needs of the kinds for which `code` gives one of the rule's codes: one finding for each Cluster or Pooler,
/// at the policy that closes a side and has no rule for it.
pub fn report_blocked<'w>(
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
    code: impl Fn(NeedKind) -> Option<&'static str>,
) {
    let Some(connections) = context.connections.filter(|_| !context.graph.is_of_app()) else { return };
    let mut all: Vec<Stopped<'_, 'w>> = Vec::new();
    for need in connections.all_needs().iter().filter(|need| code(need.kind).is_some()) {
        let party = &connections.parties()[need.owner];
        let owner = party.resource;
        let known = all.iter().position(|stopped| std::ptr::eq(stopped.owner, owner));
        // What stops the instances stops their Jobs.
        if known.is_some() && party.kind == PartyKind::Job {
            continue;
        }
        let lack = match connections.verdict(need) {
            Verdict::Met => continue,
            Verdict::Unknown(reason) => {
                sink.undecided(owner.headline().span(), reason);
                continue;
            }
            Verdict::Stopped(lack) => lack,
        };
        match surely_closed(lack, connections, context) {
            Err(reason) => sink.undecided(owner.headline().span(), reason),
            Ok(None) => {}
            Ok(Some(lack)) => match known {
                Some(at) => all[at].needs.push((need, lack)),
                None => all.push(Stopped { owner, needs: vec![(need, lack)] }),
            },
        }
    }
    // Several databases that one policy closes have one cause.
    let mut causes: Vec<(Cause, Vec<&Stopped<'_, 'w>>)> = Vec::new();
    for stopped in &all {
        let Some(cause) = stopped.cause() else { continue };
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, same)) => same.push(stopped),
            None => causes.push((cause, vec![stopped])),
        }
    }
    for (_, same) in &causes {
        if let Some((first, others)) = same.split_first()
            && let Some(code) = first.needs.iter().find_map(|(need, _)| code(need.kind))
        {
            report((first, others), code, connections, context, sink);
        }
    }
}

/// What findings have in common that have one cause: the place, the ports and what they are for.
type Cause = (Span, PortSet, NeedKind);

impl<'w> Stopped<'_, 'w> {
    fn ports(&self) -> PortSet {
        self.needs.iter().fold(PortSet::none(), |all, (_, lack)| all.union(&lack.stopped))
    }

    fn cause(&self) -> Option<Cause> {
        let (need, lack) = self.needs.first()?;
        Some((lack.blocks.first()?.value.span(), self.ports(), need.kind))
    }
}

/// How many more databases of one cause are pointed at.
const SHOWN: usize = 5;

/// The sides of what stops a flow that nothing which is not seen can open; the error is what may.
pub fn surely_closed<'w>(
    mut lack: Lack<'w>,
    connections: &Connections<'w>,
    context: &TargetContext<'_, 'w>,
) -> Result<Option<Lack<'w>>, String> {
    if let Some(reason) = connections.unread() {
        return Err(reason.to_owned());
    }
    // What may let it through all the same is not known from here.
    if let Some(text) = lack.hedge {
        return Err(text.to_owned());
    }
    let mut doubt = None;
    // Nobody runs a database that is closed off from everything: what opens it is written elsewhere.
    lack.blocks.retain(|block| block.denies || connections.is_allowed_something(block.party));
    lack.blocks.retain(|block| match unseen(block, connections, context) {
        Unseen::None => true,
        Unseen::Possible(reason) | Unseen::Likely(reason) => {
            // A rule that denies stays, whatever is allowed beside it.
            doubt = Some(reason);
            block.denies
        }
    });
    match doubt {
        Some(reason) if lack.blocks.is_empty() => Err(reason),
        _ => Ok((!lack.blocks.is_empty()).then_some(lack)),
    }
}

/// Whether a policy that is not seen may open a side.
fn unseen<'w>(block: &Block<'w>, connections: &Connections<'w>, context: &TargetContext<'_, 'w>) -> Unseen {
    let home = home(block, connections);
    match connections.parties()[block.party].kind {
        PartyKind::Database | PartyKind::Pooler | PartyKind::Job => {
            context.reach.unseen_policies_of_databases(context.graph, home)
        }
        _ => context.reach.unseen_policies(context.graph, home),
    }
}

/// The namespace of the pods that a policy closes.
fn home<'w>(block: &Block<'w>, connections: &Connections<'w>) -> &'w Namespace<'w> {
    match &block.policy.namespace {
        Namespace::None => &connections.parties()[block.party].resource.namespace,
        own => own,
    }
}

fn report<'w>(
    (stopped, others): (&Stopped<'_, 'w>, &[&Stopped<'_, 'w>]),
    code: &str,
    connections: &Connections<'w>,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let Stopped { owner, needs } = stopped;
    let Some((need, lack)) = needs.first() else { return };
    let Some(block) = lack.blocks.first() else { return };
    let ports = stopped.ports();
    let job = connections.parties()[need.owner].kind == PartyKind::Job;
    let mut title = owner.title();
    if !others.is_empty() {
        title = format!("{title} and {} more", others.len());
    }
    let words = words(need.kind, owner.kind, title, job);
    let message = match need.kind {
        NeedKind::Replication | NeedKind::IsolationCheck => format!("{} on {ports}", words.who),
        _ => format!("{} cannot reach {} on {ports}", words.who, words.whom),
    };
    let mut finding = sink.finding(code, block.policy, block.value, message).label(label(block, &ports));
    if !block.denies {
        finding = finding.underline(block.value.key_or_span());
    }
    if let Some((span, text)) = &block.near {
        finding = finding.related(*span, text.clone());
    }
    let mut told = vec![block.value.span()];
    for (_, lack) in needs {
        for other in lack.blocks.iter().filter(|other| other.direction != block.direction) {
            if !told.contains(&other.value.span()) {
                told.push(other.value.span());
                finding = finding.related(other.value.key_or_span(), label(other, &lack.stopped));
            }
        }
    }
    if need.kind == NeedKind::Operator
        && let End::Party(operator) = need.from
        && let operator = &connections.parties()[operator]
        && operator.kind != PartyKind::Unseen
    {
        finding = finding.related(
            operator.resource.headline().span(),
            format!("the operator runs in namespace `{}`", operator.namespace),
        );
    }
    if let Some((span, what)) = need.asked {
        finding = finding.related(span, what);
    }
    for owner in std::iter::once(*owner).chain(others.iter().take(SHOWN).map(|other| other.owner)) {
        finding = finding.related(owner.headline().span(), format!("the {} that needs it", owner.kind));
    }
    finding = finding.note(words.why);
    let mesh = lack.blocks.iter().any(|block| in_mesh(block, connections, context));
    if mesh {
        finding = finding.note(MESH_NOTE).confidence(Confidence::Low);
    }
    if owner.is_example() && others.iter().all(|other| other.owner.is_example()) {
        finding = finding.confidence(Confidence::Low);
    }
    // What lets the operator in does so for every Cluster that the policy closes; the others need rules of their own.
    let one = others.is_empty() || need.kind == NeedKind::Operator;
    let fix = one.then(|| missing_rules(needs, connections)).flatten();
    if let Some((title, edits)) = fix {
        finding.suggestion(title, edits);
        return;
    }
    let directions = sides(needs);
    finding.help(match block.denies {
        true => format!("take {ports} out of the rule that denies"),
        false => format!("add {} for {ports}, {}", rules_for(&directions), words.help),
    });
}

/// The directions in which a rule is missing, each once.
fn sides(needs: &[(&Need, Lack<'_>)]) -> Vec<Direction> {
    let all = || needs.iter().flat_map(|(_, lack)| &lack.blocks).map(|block| block.direction);
    Direction::ALL.into_iter().filter(|direction| all().any(|own| own == *direction)).collect()
}

fn rules_for(directions: &[Direction]) -> String {
    match directions {
        [one] => format!("an {} rule", one.name()),
        _ => "an ingress and an egress rule".to_owned(),
    }
}

fn label(block: &Block<'_>, ports: &PortSet) -> String {
    match block.denies {
        true => "denies it".to_owned(),
        false => format!("closes {}; no rule opens {ports} for it", block.direction.name()),
    }
}

/// Whether a mesh carries the traffic of the pods that a policy closes.
fn in_mesh<'w>(block: &Block<'w>, connections: &Connections<'w>, context: &TargetContext<'_, 'w>) -> bool {
    is_labelled_for_mesh(context.reach, home(block, connections)) || connections.opens_mesh(block.party)
}

/// What a finding about plain TCP says where a mesh carries the traffic.
pub const MESH_NOTE: &str = "a service mesh carries the traffic of this namespace; only plain TCP is judged here";

/// Whether a mesh carries the traffic of a party.
pub fn is_in_mesh<'w>(reach: &Reach<'w>, connections: &Connections<'w>, party: usize) -> bool {
    let namespace = &connections.parties()[party].resource.namespace;
    is_labelled_for_mesh(reach, namespace) || connections.opens_mesh(party)
}

/// Whether the labels of a namespace make its pods members of a mesh.
fn is_labelled_for_mesh<'w>(reach: &Reach<'w>, namespace: &Namespace<'w>) -> bool {
    let labels = reach.namespace_labels(namespace);
    let is = |key: &str, values: &[&str]| match labels.get(key) {
        Label::Is(value) => values.is_empty() || values.contains(&value),
        Label::Hidden(_) => true,
        Label::Perhaps(_) | Label::Absent => false,
    };
    is("istio.io/dataplane-mode", &["ambient"]) || is("istio-injection", &["enabled"]) || is("istio.io/rev", &[])
}

/// How a finding speaks of a need.
struct Words {
    who: String,
    whom: String,
    why: &'static str,
    help: &'static str,
}

fn words(kind: NeedKind, owner: &str, title: String, job: bool) -> Words {
    let pods = match (owner, job) {
        ("Pooler", _) => format!("the pods of {title}"),
        (_, true) => format!("the Jobs of {title}"),
        _ => format!("the instances of {title}"),
    };
    let (who, whom, why, help) = match kind {
        NeedKind::Operator => (
            "the operator".to_owned(),
            title,
            "the operator asks each instance for its state on 8000 and connects to 5432; without that the Cluster does not \
             become ready",
            "between the operator's pods and the instances",
        ),
        NeedKind::Replication => (
            format!("{pods} cannot reach each other"),
            String::new(),
            "a replica is copied from the primary and streams from it on 5432; a policy holds among pods of one Cluster, \
             too",
            "between pods with the label `cnpg.io/cluster` of this Cluster",
        ),
        NeedKind::IsolationCheck => (
            format!("{pods} cannot reach each other"),
            String::new(),
            "since operator 1.27 a primary that has lost the API server asks the other instances on 8000 whether it is \
             alone, and stops itself where none answers",
            "between pods with the label `cnpg.io/cluster` of this Cluster",
        ),
        NeedKind::Join => (
            pods,
            "the primary".to_owned(),
            "the Job that makes a new replica copies it from the primary; it has no label `cnpg.io/podRole`",
            "between pods with the label `cnpg.io/cluster` of this Cluster",
        ),
        NeedKind::Pooler => (
            pods,
            "the instances".to_owned(),
            "PgBouncer connects to the instances on 5432; its pods carry the labels `cnpg.io/cluster` and \
             `cnpg.io/poolerName`",
            "between the pods of the Pooler and the instances",
        ),
        NeedKind::KubeApi => (
            pods,
            "the API server".to_owned(),
            "every pod of CloudNativePG talks to the API server, and a packet to its Service has the server's own address \
             and port when policies look at it",
            "to the addresses of the API server",
        ),
        NeedKind::Dns => (
            pods,
            "any name server".to_owned(),
            "instances and poolers find each other, and everything else, by names of Services",
            "and the same for TCP, to the pods labelled `k8s-app: kube-dns` of namespace `kube-system`",
        ),
        NeedKind::Backup => (
            pods,
            "their object store".to_owned(),
            "WAL that cannot be archived is kept: the volume fills up until PostgreSQL stops",
            "to the store that `endpointURL` or the provider names",
        ),
        NeedKind::Metrics => (
            "whoever scrapes metrics".to_owned(),
            title,
            "a PodMonitor has these pods scraped, by Prometheus or the like and not by the operator",
            "from the namespace of whoever scrapes",
        ),
        NeedKind::Source => (
            pods,
            "the Cluster that they copy".to_owned(),
            "a replica cluster streams from its source on 5432, and the Job that makes a copy reads it from there",
            "between the instances and Jobs of this Cluster and the instances of the other one",
        ),
        NeedKind::Webhook => (
            "the API server".to_owned(),
            format!("the webhooks of {title}"),
            "the API server asks the operator before it takes a Cluster, Pooler or Backup, and refuses them where nobody \
             answers; it gets through where it runs on the operator's own node",
            "from the entity `kube-apiserver`",
        ),
        NeedKind::Client => (pods, title, "a client connects to its database on 5432", "to the pods of the database"),
        NeedKind::Plugin => (
            "the operator".to_owned(),
            "the barman-cloud plugin".to_owned(),
            "the operator reconciles and backs up a Cluster with this plugin by gRPC",
            "between the pods of the operator and those of the plugin",
        ),
    };
    Words { who, whom, why, help }
}
