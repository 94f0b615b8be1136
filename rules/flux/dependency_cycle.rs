//! Kustomizations and Helm releases that wait for themselves.

use crate::declare_rule;
use crate::graph::flux::{Flux, dependency};
use crate::manifest::{Namespace, Resource};
use crate::render::flux::GROUP;
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds Flux Kustomizations, and Helm releases, whose `dependsOn` leads back to themselves; and Kustomizations that
    /// wait for the one that applies them while that one, with `wait: true`, waits for them.
    ///
    /// ## Why it matters
    /// Flux looks whether everything in `dependsOn` is ready and tries again later if not. In a circle nobody ever is:
    /// on a new cluster none of them is applied, and on a running one no change arrives any more once one has failed.
    /// Nothing is refused; the status only says that a dependency is not ready.
    ///
    /// ## Instead
    /// Take the entry out that is not needed, or split the Kustomization: what the others need goes into one of its own.
    ///
    /// ## Limits
    /// Only what is in the target takes part. `readyExpr` and whether a Kustomization is suspended are not looked at.
    pub static RULE {
        id: "flux/dependency-cycle",
        summary: "Kustomizations or Helm releases wait for themselves",
        scope: Target,
        codes: [
            "cycle" => (Error, High, Gitops),
            "waiting-parent" => (Error, Medium, Gitops),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// Somebody who waits.
struct Vertex<'w> {
    resource: &'w Resource<'w>,
    edges: Vec<Edge<'w>>,
}

/// For whom he waits, and what says so.
#[derive(Clone, Copy)]
struct Edge<'w> {
    to: usize,
    value: Value<'w>,
    /// It applies the other one and waits until that is ready.
    applies: bool,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let flux = context.flux();
    for (group, kind) in [(GROUP, "Kustomization"), ("helm.toolkit.fluxcd.io", "HelmRelease")] {
        let graph = vertices(context.graph.of_kind(group, kind), &flux);
        let edges: Vec<Vec<usize>> = graph.iter().map(|one| one.edges.iter().map(|edge| edge.to).collect()).collect();
        for cycle in cycles(&edges) {
            report(&graph, &cycle, sink);
        }
    }
}

fn vertices<'w>(resources: &[&'w Resource<'w>], flux: &Flux<'_, 'w>) -> Vec<Vertex<'w>> {
    let homes: HashMap<u32, &str> =
        flux.nodes.iter().map(|node| (node.applied.scope, node.applied.namespace.as_str())).collect();
    let home = |resource: &'w Resource<'w>| match &resource.namespace {
        Namespace::Known(name) => Some(*name),
        Namespace::Unspecified(scope) => Some(homes.get(scope).copied().unwrap_or_default()),
        _ => None,
    };
    let mut index: HashMap<(&str, &str), usize> = HashMap::new();
    let mut graph: Vec<(Vertex<'w>, &str)> = Vec::new();
    for resource in resources.iter().copied().filter(|resource| resource.whole) {
        let (Some(namespace), Some(name)) = (home(resource), resource.name()) else { continue };
        index.entry((namespace, name)).or_insert_with(|| {
            graph.push((Vertex { resource, edges: Vec::new() }, namespace));
            graph.len() - 1
        });
    }
    for (vertex, namespace) in &mut graph {
        let entries = vertex.resource.at(&["spec", "dependsOn"]).into_iter().flat_map(Value::items);
        for entry in entries {
            let on = dependency(entry, namespace).and_then(|key| index.get(&key));
            if let (Some(to), Some(value)) = (on, entry.get("name")) {
                vertex.edges.push(Edge { to: *to, value, applies: false });
            }
        }
    }
    for node in flux.nodes.iter().filter(|node| node.is_on("wait")) {
        let key = (node.applied.namespace.as_str(), node.applied.name.as_str());
        let (Some(from), Some(value)) = (index.get(&key).copied(), node.spec(&["wait"])) else { continue };
        for object in node.brings().filter(|object| object.is(GROUP, "Kustomization")) {
            let to = home(object).zip(object.name()).and_then(|key| index.get(&key).copied());
            // Flux does not wait for itself.
            if let Some(to) = to.filter(|to| *to != from) {
                graph[from].0.edges.push(Edge { to, value, applies: true });
            }
        }
    }
    graph.into_iter().map(|(vertex, _)| vertex).collect()
}

/// Circles of a graph, none of which shares a vertex with another that is told before it.
fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        OnPath,
        Done,
    }
    let mut seen = vec![Seen::Not; edges.len()];
    let mut told = vec![false; edges.len()];
    let mut found = Vec::new();
    for start in 0..edges.len() {
        if seen[start] != Seen::Not {
            continue;
        }
        seen[start] = Seen::OnPath;
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((at, next)) = path.last_mut() {
            let at = *at;
            let Some(to) = edges[at].get(*next).copied() else {
                seen[at] = Seen::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match seen[to] {
                Seen::Not => {
                    seen[to] = Seen::OnPath;
                    path.push((to, 0));
                }
                Seen::OnPath => {
                    let from = path.iter().position(|(one, _)| *one == to).unwrap_or_default();
                    let cycle: Vec<usize> = path[from..].iter().map(|(one, _)| *one).collect();
                    if !cycle.iter().any(|one| told[*one]) {
                        cycle.iter().for_each(|one| told[*one] = true);
                        found.push(cycle);
                    }
                }
                Seen::Done => {}
            }
        }
    }
    found
}

fn report<'w>(graph: &[Vertex<'w>], cycle: &[usize], sink: &mut Sink<'_, 'w>) {
    let edge = |at: usize| {
        let to = cycle[(at + 1) % cycle.len()];
        let mut edges = graph[cycle[at]].edges.iter().filter(|edge| edge.to == to);
        *edges.next().expect("internal: a cycle follows its edges")
    };
    // The entry to take out is one of those in `dependsOn`; which one cannot be told, so the last of them in the repo.
    let place = |at: &usize| {
        let resource = graph[cycle[*at]].resource;
        (!edge(*at).applies, resource.path, edge(*at).value.span().start)
    };
    let first = (0..cycle.len()).max_by_key(place).expect("internal: a cycle has an edge");
    let order: Vec<usize> = (0..cycle.len()).map(|at| (first + at) % cycle.len()).collect();
    let name = |at: usize| graph[cycle[at % cycle.len()]].resource.written_name().unwrap_or_default();
    let own = edge(first);
    let parental = order.iter().any(|at| edge(*at).applies);
    let resource = graph[cycle[first]].resource;
    let message = match order.len() {
        1 => format!("{} waits for itself, so it is never applied", resource.title()),
        2 if parental => format!("{} waits for the one that applies it, which waits for it", resource.title()),
        2 => format!("{} and `{}` wait for each other, so neither is ever applied", resource.title(), name(first + 1)),
        _ => {
            let names: Vec<&str> = order.iter().chain([&first]).map(|at| name(*at)).collect();
            format!("{} waits for itself: {}", resource.title(), names.join(" -> "))
        }
    };
    let code = if parental { "waiting-parent" } else { "cycle" };
    let says = |at: usize| match edge(at).applies {
        true => format!("`{}` applies `{}` and waits until it is ready", name(at), name(at + 1)),
        false => format!("`{}` waits for `{}`", name(at), name(at + 1)),
    };
    let mut finding = sink.finding(code, resource, own.value, message).label(says(first));
    for at in order.iter().skip(1).take(8) {
        finding = finding.related(edge(*at).value.span(), says(*at));
    }
    finding.help(match parental {
        true => "take the entry out: what a Kustomization applies is there only after it has been applied",
        false => "take one of these entries out, or give what both sides need a Kustomization of its own",
    });
}

#[cfg(test)]
mod tests {
    use super::cycles;

    #[test]
    fn every_circle_is_found_once() {
        type Lists<'l> = &'l [&'l [usize]];
        let cases: [(Lists<'_>, Lists<'_>); 6] = [
            (&[&[1], &[0]], &[&[0, 1]]),
            (&[&[0]], &[&[0]]),
            (&[&[1, 2], &[2], &[]], &[]),
            (&[&[1], &[2], &[0], &[0]], &[&[0, 1, 2]]),
            (&[&[1], &[0], &[3], &[2, 0]], &[&[0, 1], &[2, 3]]),
            (&[&[1, 2], &[0], &[0]], &[&[0, 1]]),
        ];
        for (edges, expected) in cases {
            let edges: Vec<Vec<usize>> = edges.iter().map(|list| list.to_vec()).collect();
            assert_eq!(cycles(&edges), expected, "{edges:?}");
        }
    }

    #[test]
    fn a_long_chain_does_not_overflow() {
        let edges: Vec<Vec<usize>> =
            (0..200_000).map(|at| if at == 199_999 { vec![0] } else { vec![at + 1] }).collect();
        assert_eq!(cycles(&edges).len(), 1);
    }
}
