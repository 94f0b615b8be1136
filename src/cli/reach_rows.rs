//! The rows of a report of `reach`: which flows are asked for, and by which names.

use super::reach::problem;
use super::reach_changes::{Line, Name};
use super::reach_explain::explain;
use crate::config::OptionError;
use crate::engine::Seen;
use crate::graph::{Graph, is_near};
use crate::manifest::{By, Namespace, Resource};
use crate::reach::Direction;
use crate::reach::connections::clause::Reached;
use crate::reach::connections::{Connections, End, Flow, PartyKind, Stranger};
use crate::reach::ports::PortSet;
use crate::render::Target;
use crate::report::reach::{Blocked, Connection, Exposed, Node, ReachReport, Told, Verdict};
use crate::source::Sources;
use crate::yaml::Dialect;
use foldhash::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Focus {
    pub(super) workloads: Vec<String>,
    pub(super) peers: Vec<String>,
    pub(super) direction: Option<Direction>,
    pub(super) port: Option<PortSet>,
    pub(super) exposure: bool,
    pub(super) explain: Option<(String, String, PortSet)>,
    pub(super) target: Option<String>,
    /// Whether the flows are to be compared with those of another state.
    pub(super) compares: bool,
}

/// Everything about one state.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) flows: Vec<Line>,
    pub(super) report: ReachReport,
    /// Whether something could not be read or taken into account.
    pub(super) failed: bool,
}

const CONTROLLER: &str = "{ingress-controller}";

/// Works out what is asked for.
pub(super) fn facts(seen: &Seen<'_, '_>, sources: &Sources, focus: &Focus) -> Result<Facts, OptionError> {
    let mut facts = Facts::default();
    let names: Vec<String> = seen.targets.iter().map(|target| target.name.to_string()).collect();
    super::lint::known_target(&names, focus.target.as_deref())?;
    let wanted: Vec<&Target> =
        seen.targets.iter().filter(|target| focus.target.as_deref().is_none_or(|name| *target.name == *name)).collect();
    let resources: Vec<Resource<'_>> =
        seen.resources.iter().map(|resource| lenient(resource, sources, &mut facts.report)).collect();
    let mut unknown: Option<OptionError> = None;
    let mut answered = false;
    let mut told: Vec<Told> = Vec::new();
    for target in &wanted {
        let graph = Graph::new(&resources, target, None);
        let strays: Vec<&Resource<'_>> = resources
            .iter()
            .filter(|resource| resource.delivery.by == By::Nobody && resource.root == target.root)
            .collect();
        let connections = Connections::new(&graph, &strays);
        for fault in connections.faults() {
            facts.failed |= fault.left_out;
            facts.report.problems.push(problem(sources, fault.span, fault.message.clone()));
        }
        let name = (wanted.len() > 1).then(|| target.name.to_string());
        if let Some((from, to, ports)) = &focus.explain {
            match explain(&connections, sources, name.as_deref(), from, to, ports) {
                Ok(lines) => told.extend(lines),
                Err(error) => {
                    unknown.get_or_insert(error);
                    continue;
                }
            }
            answered = true;
            continue;
        }
        match Choice::new(&connections, focus) {
            Ok(choice) => {
                answered = true;
                add(&mut facts, &connections, &choice, name.as_deref());
            }
            Err(error) => {
                unknown.get_or_insert(error);
            }
        }
    }
    if let Some(error) = unknown.filter(|_| !answered) {
        return Err(error);
    }
    if focus.explain.is_some() {
        facts.report.explanation = Some(told);
    }
    if !focus.workloads.is_empty() || !focus.peers.is_empty() {
        // What nobody asked about is not drawn.
        let rows = facts.report.connections.iter().flat_map(|row| [&*row.src, &*row.dst]);
        let stopped = facts.report.blocked.iter().flat_map(|row| [row.src.as_str(), &row.dst]);
        let asked: BTreeSet<&str> = rows.chain(stopped).collect();
        facts.report.nodes.retain(|node| asked.contains(node.title.as_str()));
    }
    facts.report.connections.sort();
    facts.report.nodes.sort();
    facts.report.nodes.dedup();
    facts.report.blocked.sort();
    facts.report.unprotected.sort();
    facts.report.unprotected.dedup();
    if let Some(exposure) = &mut facts.report.exposure {
        exposure.sort();
    }
    Ok(facts)
}

/// The same object with `y`, `no` and `on` taken as the texts that they are meant to be. Whoever applies it may read
/// them as booleans and refuse it, which is told where it is a name.
fn lenient<'w>(resource: &Resource<'w>, sources: &Sources, report: &mut ReachReport) -> Resource<'w> {
    let value = resource.value.read_by(Dialect::Kustomize);
    let namespace = match (&resource.namespace, value.at(&["metadata", "namespace"])) {
        (Namespace::Unknown(_), Some(written)) if written.known().is_some() => {
            let message = format!(
                "`{}` is a boolean to kubectl; it is taken as the name of a namespace here",
                written.known().unwrap_or_default()
            );
            report.problems.push(problem(sources, written.span(), message));
            written.known().map_or_else(|| resource.namespace.clone(), Namespace::Known)
        }
        _ => resource.namespace.clone(),
    };
    Resource { value, namespace, ..resource.clone() }
}

/// The parties that words of the command line mean.
struct Choice<'f> {
    focus: &'f Focus,
    workloads: Option<BTreeSet<usize>>,
    peers: Option<BTreeSet<usize>>,
}

impl<'f> Choice<'f> {
    fn new(connections: &Connections<'_>, focus: &'f Focus) -> Result<Choice<'f>, OptionError> {
        let of = |words: &[String]| -> Result<Option<BTreeSet<usize>>, OptionError> {
            let mut found = BTreeSet::new();
            for word in words.iter().filter(|word| !is_beyond(word)) {
                let named = connections.named(word);
                if named.is_empty() {
                    return Err(unknown_workload(connections, word));
                }
                found.extend(named);
            }
            Ok((!words.is_empty()).then_some(found))
        };
        Ok(Choice { focus, workloads: of(&focus.workloads)?, peers: of(&focus.peers)? })
    }

    fn is_workload(&self, end: End, title: impl Fn() -> String) -> bool {
        Self::is_in(&self.workloads, &self.focus.workloads, end, title)
    }

    fn is_peer(&self, end: End, title: impl Fn() -> String) -> bool {
        Self::is_in(&self.peers, &self.focus.peers, end, title)
    }

    fn is_in(chosen: &Option<BTreeSet<usize>>, words: &[String], end: End, title: impl Fn() -> String) -> bool {
        let Some(chosen) = chosen else { return true };
        match end {
            End::Party(at) => chosen.contains(&at),
            _ => {
                let title = title();
                words.iter().any(|word| *word == title || word == "external" && matches!(end, End::Addresses(_)))
            }
        }
    }

    /// Whether a flow is asked for. The direction is that of the workload that is asked about.
    fn wants(&self, from: End, to: End, title: impl Fn(End) -> String) -> bool {
        let fits = |own: End, other: End| self.is_workload(own, || title(own)) && self.is_peer(other, || title(other));
        let out = || fits(from, to);
        let into = || fits(to, from);
        match self.focus.direction {
            None => out() || into(),
            Some(Direction::Egress) => out(),
            Some(Direction::Ingress) => into(),
        }
    }
}

/// Whether a word means somebody who is no workload.
fn is_beyond(word: &str) -> bool {
    word.starts_with("entity:") || word == "external" || word.ends_with("[External]") || word.starts_with('{')
}

pub(super) fn unknown_workload(connections: &Connections<'_>, word: &str) -> OptionError {
    let names = connections.parties().iter().map(|party| party.name.as_str());
    let near = names.filter_map(|name| Some((is_near(word, name)?, name))).min().map(|(_, name)| name);
    OptionError {
        message: format!("there is no workload `{word}`"),
        help: Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write its name, or namespace/name".into(),
        }),
    }
}

fn add(facts: &mut Facts, connections: &Connections<'_>, choice: &Choice<'_>, target: Option<&str>) {
    let focus = choice.focus;
    let narrowed = |reached: &Arc<Reached>| match &focus.port {
        Some(ports) => Arc::new(reached.and(&Reached::exactly(ports.clone()))),
        None => Arc::clone(reached),
    };
    let names: Vec<Arc<str>> = connections.parties().iter().map(|party| party.title.as_str().into()).collect();
    let title = |end: End| match end {
        End::Party(at) => Arc::clone(&names[at]),
        _ => connections.title(end).into(),
    };
    let target: Option<Arc<str>> = target.map(Into::into);
    let mut texts = Texts::default();
    let mut reasons = Reasons::default();
    let mut take = |flow: Flow| {
        if !choice.wants(flow.from, flow.to, |end| connections.title(end)) {
            return;
        }
        let reached = narrowed(&flow.reached);
        let mut line = |verdict: Verdict, ports: &PortSet, reason: Option<Arc<str>>| {
            facts.report.connections.push(Connection {
                target: target.clone(),
                src: title(flow.from),
                dst: title(flow.to),
                verdict,
                ports: texts.of(ports),
                reason,
            });
        };
        if !reached.sure.is_empty() {
            line(Verdict::Allowed, &reached.sure, None);
        }
        if flow.reached.is_empty() {
            line(Verdict::Denied, &flow.reached.sure, None);
        }
        if reached.sure != reached.maybe {
            let reason = reasons.of(connections, flow.from, flow.to);
            line(Verdict::Unknown, &reached.open(), reason);
        }
        if focus.compares && !reached.is_empty() {
            let name = |end: End| match end {
                End::Addresses(range) => Name::Addresses(range),
                _ => Name::Title(title(end)),
            };
            facts.flows.push(Line { target: target.clone(), from: name(flow.from), to: name(flow.to), reached });
        }
    };
    connections.each_flow(&mut take);
    connections.outside().into_iter().for_each(take);
    let target = target.as_deref();
    add_ways_in(facts, connections, choice, target);
    add_needs(facts, connections, choice, target);
    if focus.exposure {
        add_exposure(facts, connections, choice, target);
    }
    facts.report.nodes.extend(connections.parties().iter().map(|party| Node {
        title: party.title.clone(),
        namespace: party.namespace.clone(),
        name: party.name.clone(),
        kind: party.title.rsplit_once('[').map_or("", |(_, kind)| kind.trim_end_matches(']')).to_owned(),
        database: matches!(party.kind, PartyKind::Database | PartyKind::Pooler),
    }));
}

/// Ports as texts, each once.
#[derive(Default)]
struct Texts {
    known: HashMap<PortSet, Arc<str>>,
}

impl Texts {
    fn of(&mut self, ports: &PortSet) -> Arc<str> {
        if let Some(text) = self.known.get(ports) {
            return Arc::clone(text);
        }
        let text: Arc<str> = ports.to_string().into();
        self.known.insert(ports.clone(), Arc::clone(&text));
        text
    }
}

/// Why flows are not known. It is worked out once for parties of one namespace that policies do not tell apart.
#[derive(Default)]
struct Reasons {
    known: HashMap<(String, String), Option<Arc<str>>>,
}

/// More than this nobody reads, and each takes its time.
const MOST_REASONS: usize = 20_000;

impl Reasons {
    fn of(&mut self, connections: &Connections<'_>, from: End, to: End) -> Option<Arc<str>> {
        let key = |end: End| match end {
            End::Party(at) => format!("{} {}", connections.group_of(at), connections.parties()[at].namespace),
            _ => connections.title(end),
        };
        let key = (key(from), key(to));
        if !self.known.contains_key(&key) && self.known.len() >= MOST_REASONS {
            return None;
        }
        self.known.entry(key).or_insert_with(|| connections.doubt(from, to).map(Into::into)).clone()
    }
}

fn add_ways_in(facts: &mut Facts, connections: &Connections<'_>, choice: &Choice<'_>, target: Option<&str>) {
    let mut open: BTreeMap<usize, Reached> = BTreeMap::new();
    for (way, reached) in connections.ways_in() {
        let all = open.entry(way.party).or_default();
        *all = all.or(&reached);
    }
    let named = |words: &[String]| words.is_empty() || words.iter().any(|word| word == CONTROLLER);
    for (party, reached) in open {
        let own = End::Party(party);
        let title = || connections.title(own);
        let comes_in = choice.focus.direction != Some(Direction::Egress);
        let into = comes_in && choice.is_workload(own, title) && named(&choice.focus.peers);
        let asked = choice.focus.port.clone().unwrap_or_else(PortSet::all);
        let ports = reached.sure.intersection(&asked);
        if into && !ports.is_empty() {
            let target: Option<Arc<str>> = target.map(Into::into);
            facts.report.connections.push(Connection {
                target: target.clone(),
                src: CONTROLLER.into(),
                dst: title().into(),
                verdict: Verdict::Allowed,
                ports: ports.to_string().into(),
                reason: None,
            });
            facts.flows.push(Line {
                target,
                from: Name::Title(CONTROLLER.into()),
                to: Name::Title(title().into()),
                reached: Arc::new(Reached::exactly(ports)),
            });
        }
    }
}

fn add_needs(facts: &mut Facts, connections: &Connections<'_>, choice: &Choice<'_>, target: Option<&str>) {
    for (need, stopped) in connections.needs() {
        let asked = choice.focus.port.clone().unwrap_or_else(PortSet::all);
        let stopped = stopped.intersection(&asked);
        if !stopped.is_empty() && choice.wants(need.from, need.to, |end| connections.title(end)) {
            facts.report.blocked.push(Blocked {
                target: target.map(str::to_owned),
                src: connections.title(need.from),
                dst: connections.title(need.to),
                ports: stopped.to_string(),
                why: need.why,
            });
        }
    }
}

fn add_exposure(facts: &mut Facts, connections: &Connections<'_>, choice: &Choice<'_>, target: Option<&str>) {
    let wanted = |party: usize, direction: Direction| {
        choice.is_workload(End::Party(party), String::new) && choice.focus.direction.is_none_or(|one| one == direction)
    };
    let mut rows = facts.report.exposure.take().unwrap_or_default();
    for exposure in connections.exposure() {
        if !wanted(exposure.party, exposure.direction) {
            continue;
        }
        let reached = match &choice.focus.port {
            Some(ports) => exposure.reached.and(&Reached::exactly(ports.clone())),
            None => exposure.reached,
        };
        let peer = match exposure.stranger {
            Stranger::AnyPod => "entire-cluster".to_owned(),
            Stranger::Described(text) => text,
        };
        for (verdict, ports) in [(Verdict::Allowed, reached.sure.clone()), (Verdict::Unknown, reached.open())] {
            if !ports.is_empty() {
                rows.push(Exposed {
                    target: target.map(str::to_owned),
                    workload: connections.title(End::Party(exposure.party)),
                    direction: exposure.direction.name(),
                    peer: peer.clone(),
                    ports: ports.to_string(),
                    verdict,
                });
            }
        }
    }
    facts.report.exposure = Some(rows);
    for party in 0..connections.parties().len() {
        for direction in Direction::ALL {
            if wanted(party, direction) && !connections.is_isolated(party, direction) {
                facts.report.unprotected.push((connections.title(End::Party(party)), direction.name()));
            }
        }
    }
}
