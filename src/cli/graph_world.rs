//! The nodes and links of a report of `graph`, from everything that was read. One node stands for an object in all
//! targets it is in.

use super::graph_facts::{class, facts};
use super::graph_nodes::{Draft, Key, id_of, key, merged, node, object_key, place, place_key, rank, remark, told};
use crate::finding::Outcome;
use crate::graph::Graph;
use crate::graph::links::{self, Bringer, End, Link, Relation, links, releases};
use crate::manifest::{By, Namespace, Resource};
use crate::reach::connections::clause::Match;
use crate::reach::connections::{Connections, PartyKind};
use crate::render::Target;
use crate::report::graph::{Class, Edge, GraphReport, Presence, Remark};
use crate::rule::World;
use crate::source::{SourceId, Sources, Span};
use foldhash::{HashMap, HashMapExt, HashSet};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// From, relation and to.
type EdgeKey = (usize, Relation, usize);

struct Builder<'a, 'w> {
    world: &'a World<'w>,
    sources: &'a Sources,
    drafts: Vec<Draft>,
    known: HashMap<Key, usize>,
    edges: BTreeMap<EdgeKey, Edge>,
    /// Nodes by the name that findings give an object.
    named: HashMap<(String, String, Option<String>, String), Vec<usize>>,
    /// Nodes by the text that they are written in.
    written: HashMap<SourceId, Vec<(Span, usize)>>,
}

/// Where a node is looked at.
#[derive(Clone, Copy)]
struct Here<'t, 'g, 'w> {
    root: usize,
    target: Option<&'t Arc<str>>,
    graph: Option<&'g Graph<'w>>,
}

/// The graph of all that was read.
pub(super) fn report(world: &World<'_>, outcome: &Outcome, judged: bool) -> GraphReport {
    let mut builder = Builder {
        world,
        sources: world.sources,
        drafts: Vec::new(),
        known: HashMap::new(),
        edges: BTreeMap::new(),
        named: HashMap::new(),
        written: HashMap::new(),
    };
    for (at, target) in world.targets.iter().enumerate() {
        builder.target(at, target);
    }
    builder.strays();
    let mut report = builder.finish(outcome);
    report.judged = judged;
    report
}

impl<'w> Builder<'_, 'w> {
    fn target(&mut self, at: usize, target: &Target) {
        let world = self.world;
        let graph = &world.graphs[at];
        let here = Here { root: target.root, target: Some(&target.name), graph: Some(graph) };
        for resource in graph.resources().iter().filter(|resource| resource.whole) {
            if class(resource).is_some_and(|class| class != Class::Workload) {
                self.object(resource, here);
            }
        }
        for link in links(graph, &world.secrets[at]) {
            self.link(&link, here);
        }
        self.policies(at, here);
        for link in self.brought(target, graph) {
            // What is drawn for nothing else than that it is brought tells nobody anything.
            let drawn = |end: &End<'w>| match end {
                End::Object(resource) => self.known.contains_key(&key(resource, target.root)),
                _ => false,
            };
            if drawn(&link.from) && drawn(&link.to) {
                self.link(&link, here);
            }
        }
        self.homes(graph, here);
    }

    /// Who selects whom.
    fn policies(&mut self, at: usize, here: Here<'_, '_, 'w>) {
        let (world, target) = (self.world, &self.world.targets[at]);
        let graph = &world.graphs[at];
        let fresh;
        let connections = match &world.connections[at] {
            Some(connections) => connections,
            None => {
                let is_stray = |one: &&'w Resource<'w>| one.delivery.by == By::Nobody && one.root == target.root;
                let strays: Vec<&'w Resource<'w>> = world.resources.iter().filter(is_stray).collect();
                fresh = Connections::new(graph, &strays);
                &fresh
            }
        };
        let parties = connections.parties();
        let mut of_place: HashMap<&str, usize> = HashMap::new();
        let is_drawn = |kind: PartyKind| !matches!(kind, PartyKind::Unseen | PartyKind::Job);
        for party in parties.iter().filter(|party| is_drawn(party.kind)) {
            *of_place.entry(&party.namespace).or_default() += 1;
        }
        for subject in connections.subjects() {
            let from = End::Object(subject.policy);
            let mut add = |to: End<'w>, sure: bool| {
                let (from, to) = (self.end(&from, here), self.end(&to, here));
                if let (Some(from), Some(to)) = (from, to) {
                    self.edge(from, Relation::Selects, to, sure, None, here);
                }
            };
            if subject.whole_namespace {
                add(namespace_end(graph, &subject.policy.namespace), subject.policy.may_be_completed().is_none());
                continue;
            }
            let mut by_place: BTreeMap<&str, Vec<(usize, Match)>> = BTreeMap::new();
            for (party, sure) in subject.parties.iter().filter(|(party, _)| is_drawn(parties[**party].kind)) {
                by_place.entry(&parties[*party].namespace).or_default().push((*party, *sure));
            }
            for (place, selected) in by_place {
                // What holds for every pod of many namespaces is told of the namespaces.
                let everybody = selected.len() > 2 && of_place.get(place) == Some(&selected.len());
                let whole = everybody && subject.policy.namespace == Namespace::None;
                if whole {
                    let sure = selected.iter().all(|(_, sure)| *sure == Match::Yes);
                    add(namespace_end(graph, &parties[selected[0].0].resource.namespace), sure);
                    continue;
                }
                for (party, sure) in selected {
                    add(End::Object(parties[party].resource), sure == Match::Yes);
                }
            }
        }
    }

    /// What Flux and Argo CD bring.
    fn brought(&self, target: &Target, graph: &Graph<'w>) -> Vec<Link<'w>> {
        let told = self.world.told;
        let applied = told.applied.iter().filter(|(name, applied)| *name == target.name && applied.root == target.root);
        let applied = applied.filter_map(|(_, applied)| {
            let brings = applied.objects.iter().map(|object| object.tree.view().identity()).collect();
            Some(Bringer { object: applied.object.as_ref()?.view().identity(), brings })
        });
        let followed = told.followed.iter().filter(|(name, _)| *name == target.name).map(|(_, followed)| {
            let brings = followed.objects.iter().map(|object| object.tree.view().identity()).collect();
            Bringer { object: followed.object.view().identity(), brings }
        });
        releases(graph, applied.chain(followed))
    }

    /// The namespace of every object of the target that is in the graph.
    fn homes(&mut self, graph: &Graph<'w>, here: Here<'_, '_, 'w>) {
        let mut ends: HashMap<String, Option<usize>> = HashMap::new();
        for at in 0..self.drafts.len() {
            let node = &self.drafts[at].node;
            let mine = self.drafts[at].key.0 == here.root && here.target.is_none_or(|name| node.targets.contains(name));
            let Some(namespace) = node.namespace.clone().filter(|_| mine && node.class != Class::Namespace) else {
                continue;
            };
            let to = match ends.get(&namespace) {
                Some(known) => *known,
                None => {
                    let objects = graph.named("", "Namespace", &namespace);
                    let end = match objects.first() {
                        Some(object) => End::Object(object),
                        None => unwritten_namespace(&namespace),
                    };
                    let end = self.end(&end, here);
                    ends.insert(namespace, end);
                    end
                }
            };
            if let Some(to) = to {
                self.edge(at, Relation::InNamespace, to, true, None, here);
            }
        }
    }

    /// What no target reaches.
    fn strays(&mut self) {
        let world = self.world;
        let reached: HashSet<usize> = world.targets.iter().flat_map(|target| target.members.iter().copied()).collect();
        for (at, resource) in world.resources.iter().enumerate() {
            let drawn = class(resource).is_some_and(|class| class != Class::Workload);
            if !reached.contains(&at) && resource.whole && drawn {
                self.object(resource, Here { root: resource.root, target: None, graph: None });
            }
        }
    }

    fn link(&mut self, link: &Link<'w>, here: Here<'_, '_, 'w>) {
        let (from, to) = (self.end(&link.from, here), self.end(&link.to, here));
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            self.edge(from, link.relation, to, true, link.at, here);
        }
    }

    fn edge(
        &mut self,
        from: usize,
        relation: Relation,
        to: usize,
        sure: bool,
        at: Option<Span>,
        here: Here<'_, '_, 'w>,
    ) {
        let at = at.map(|span| place(self.sources, span));
        let edge = self.edges.entry((from, relation, to)).or_insert(Edge {
            from,
            relation,
            to,
            sure,
            targets: BTreeSet::new(),
            at: None,
        });
        edge.sure |= sure;
        edge.at = edge.at.take().or(at);
        edge.targets.extend(here.target.cloned());
    }

    fn end(&mut self, end: &End<'w>, here: Here<'_, '_, 'w>) -> Option<usize> {
        let (draft, at) = match end {
            End::Object(resource) => return class(resource).map(|_| self.object(resource, here)),
            End::Role { cluster, name, at, facts, presence } => {
                let (.., whose) = key(cluster, here.root);
                let place = place_key(&cluster.namespace);
                let key = (here.root, String::new(), "Role".to_owned(), place, format!("{whose}/{name}"));
                let presence = presence.as_ref().map_or(Presence::Written, told);
                let mut node = node(Class::Role, "Role", &cluster.namespace, name, presence);
                node.id = format!("{}/{whose}/{name}", id_of(node.namespace.as_deref(), "Role"));
                (Draft { node, key, told: vec![(here.target.cloned(), facts.clone())] }, *at)
            }
            End::Named { group, kind, namespace, name, presence } => {
                let class = match *kind {
                    "Secret" => Class::Secret,
                    "Cluster" => Class::Cluster,
                    "ObjectStore" => Class::Store,
                    "Namespace" => Class::Namespace,
                    _ => Class::Release,
                };
                let key = (here.root, (*group).to_owned(), (*kind).to_owned(), place_key(namespace), name.clone());
                let node = node(class, kind, namespace, name, told(presence));
                (Draft { node, key, told: Vec::new() }, None)
            }
            End::Bucket(path) => {
                let key = (here.root, String::new(), "Bucket".to_owned(), String::new(), path.clone());
                let node = node(Class::Store, "Bucket", &Namespace::None, path, Presence::Written);
                (Draft { node, key, told: Vec::new() }, None)
            }
        };
        let at = at.map(|span| place(self.sources, span));
        let number = self.place(draft, here);
        let places = &mut self.drafts[number].node.places;
        places.extend(at.filter(|at| !places.contains(at)));
        Some(number)
    }

    fn object(&mut self, resource: &'w Resource<'w>, here: Here<'_, '_, 'w>) -> usize {
        let key = key(resource, here.root);
        let class = class(resource).expect("internal: only what has a class is drawn");
        let name = &key.4;
        let node = node(class, resource.kind, &resource.namespace, name, Presence::Written);
        let known = self.known.get(&key).copied();
        if let Some(known) = known
            && self.drafts[known].node.presence == Presence::Written
            && here.target.is_some_and(|target| self.drafts[known].node.targets.contains(target))
        {
            return known;
        }
        let told = vec![(here.target.cloned(), facts(resource, here.graph))];
        let number = self.place(Draft { node, key, told }, here);
        let span = resource.headline().span();
        let at = place(self.sources, span);
        let places = &mut self.drafts[number].node.places;
        if !places.contains(&at) {
            places.push(at);
        }
        self.named.entry(object_key(&resource.object_name())).or_default().push(number);
        self.written.entry(resource.source()).or_default().push((resource.span(), number));
        number
    }

    /// The number of a node, which it gets where it is new.
    fn place(&mut self, draft: Draft, here: Here<'_, '_, 'w>) -> usize {
        let number = match self.known.get(&draft.key) {
            Some(number) => {
                let known = &mut self.drafts[*number];
                // What is surely there somewhere is there.
                if rank(&draft.node.presence) < rank(&known.node.presence) {
                    known.node.presence = draft.node.presence;
                }
                known.told.extend(draft.told);
                *number
            }
            None => {
                self.known.insert(draft.key.clone(), self.drafts.len());
                self.drafts.push(draft);
                self.drafts.len() - 1
            }
        };
        self.drafts[number].node.targets.extend(here.target.cloned());
        number
    }

    fn finish(mut self, outcome: &Outcome) -> GraphReport {
        let elsewhere = self.remarks(outcome);
        let mut order: Vec<usize> = (0..self.drafts.len()).collect();
        order.sort_by(|a, b| self.drafts[*a].order().cmp(&self.drafts[*b].order()));
        let mut new = vec![0; order.len()];
        for (to, from) in order.iter().enumerate() {
            new[*from] = to;
        }
        let mut edges: Vec<Edge> =
            self.edges.into_values().map(|edge| Edge { from: new[edge.from], to: new[edge.to], ..edge }).collect();
        edges.sort_by_key(|edge| (edge.from, edge.relation, edge.to));
        let mut drafts: Vec<Option<Draft>> = self.drafts.into_iter().map(Some).collect();
        let mut ids: HashMap<String, usize> = HashMap::new();
        let nodes = order.into_iter().filter_map(|from| drafts[from].take()).map(|draft| {
            let mut node = draft.node;
            node.places.sort();
            node.facts = merged(draft.told);
            let count = ids.entry(node.id.clone()).or_default();
            *count += 1;
            if *count > 1 {
                node.id = format!("{}#{count}", node.id);
            }
            node
        });
        let nodes = nodes.collect();
        let mut targets: Vec<String> = self.world.targets.iter().map(|target| target.name.to_string()).collect();
        targets.sort();
        targets.dedup();
        GraphReport { targets, nodes, edges, elsewhere, ..GraphReport::default() }
    }

    /// Hands the findings to their nodes; those that are on none are given back.
    fn remarks(&mut self, outcome: &Outcome) -> Vec<Remark> {
        let mut elsewhere = Vec::new();
        for finding in &outcome.findings {
            let remark = remark(self.sources, finding);
            let mut on: BTreeSet<usize> = BTreeSet::new();
            for object in finding.places.iter().filter_map(|place| place.resource.as_ref()) {
                on.extend(self.named.get(&object_key(object)).into_iter().flatten());
            }
            if on.is_empty() {
                let primary = finding.primary.span;
                let around = self.written.get(&primary.source).into_iter().flatten();
                on.extend(around.filter(|(span, _)| span.contains(primary)).map(|(_, number)| *number));
            }
            if on.is_empty() {
                elsewhere.push(remark);
                continue;
            }
            for number in on {
                self.drafts[number].node.findings.push(remark.clone());
            }
        }
        for draft in &mut self.drafts {
            draft.node.findings.sort_by(|a, b| {
                let key = |remark: &Remark| (Reverse(remark.severity), remark.rule, remark.code);
                key(a).cmp(&key(b)).then_with(|| (&a.at, &a.message).cmp(&(&b.at, &b.message)))
            });
        }
        elsewhere
    }
}

/// The namespace that a policy or pods are in.
fn namespace_end<'w>(graph: &Graph<'w>, namespace: &Namespace<'w>) -> End<'w> {
    let name = place_key(namespace);
    match graph.named("", "Namespace", &name).first() {
        Some(object) => End::Object(object),
        None if namespace.known().is_some() => unwritten_namespace(&name),
        None => unwritten_namespace("(not said)"),
    }
}

fn unwritten_namespace<'w>(name: &str) -> End<'w> {
    End::Named {
        group: "",
        kind: "Namespace",
        namespace: Namespace::None,
        name: name.to_owned(),
        presence: links::Presence::Unknown("no Namespace of this name is written in this repo".into()),
    }
}
