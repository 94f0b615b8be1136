//! Custom resources that are applied before their operator may be there.

use crate::declare_rule;
use crate::graph::flux::{Flux, Node};
use crate::graph::operators::{bootstrapped, installs};
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;
use foldhash::HashSet;
use std::collections::{BTreeMap, BTreeSet};

declare_rule! {
    /// ## What it does
    /// Finds Flux Kustomizations that apply custom resources whose definitions another Kustomization of the same target
    /// installs, without waiting for that one. What the chain of `dependsOn` reaches counts, and what a Kustomization
    /// waits for that applies this one, and so does a health check of a definition. Definitions come from
    /// CustomResourceDefinitions and from the charts of CloudNativePG and its barman-cloud plugin, external-secrets,
    /// cert-manager and the Prometheus operator.
    ///
    /// ## Why it matters
    /// Flux asks the API server about every object before it applies any of them. As long as a kind is not known the
    /// whole Kustomization fails, its secrets and policies included, until a later attempt happens to come after the
    /// operator. A new cluster then comes up in an order that nobody chose, or not before its timeouts have passed.
    ///
    /// ## Instead
    /// Name the Kustomization of the operator in `spec.dependsOn`, and give that one `wait: true`, so that it counts as
    /// ready only when its releases are.
    ///
    /// ## Limits
    /// Kinds other than those of CloudNativePG are reported only where four of five Kustomizations that apply them do
    /// wait for their operator: else the definitions are most often there from the bootstrap. Where a helmfile of the
    /// repo installs the operator nothing is said. An operator's Kustomization without `wait: true` counts all the same,
    /// and custom resources beside their own operator's release are not reported, nor those that the operator waits for.
    pub static RULE {
        id: "flux/missing-operator-dependency",
        summary: "custom resources are applied without waiting for their operator",
        scope: Target,
        codes: ["unordered" => (Warning, Medium, Gitops)],
        since: "0.1.0",
        check: check,
    }
}

/// Whose kinds need no further sign that their definitions are not there from the start.
const OWN: [&str; 2] = ["postgresql.cnpg.io", "barmancloud.cnpg.io"];

/// Kinds that name a store, which has to be there, too.
const STORED: &[(&str, &str)] = &[
    ("external-secrets.io", "ExternalSecret"),
    ("external-secrets.io", "ClusterExternalSecret"),
    ("external-secrets.io", "PushSecret"),
];

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let flux = context.flux();
    let mut installers: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, node) in flux.nodes.iter().enumerate() {
        for object in node.brings() {
            for group in installs(object, context.graph) {
                installers.entry(group).or_default().insert(at);
            }
        }
    }
    if installers.is_empty() {
        return;
    }
    // What a Kustomization that has to be there first applies in turn is meant to be there as well.
    let brought = brought(&flux);
    let is_before = |waits: &Waits, installer: usize| {
        waits.before.contains(&installer) || brought[installer].iter().any(|ancestor| waits.named.contains(ancestor))
    };
    let checked: Vec<Checked<'_>> = flux.nodes.iter().map(checked).collect();
    let started = bootstrapped(context.world.manifests, context.root);
    let mut candidates: BTreeMap<&str, Tally<'w>> = BTreeMap::new();
    for (at, node) in flux.nodes.iter().enumerate().filter(|(_, node)| node.resource.is_some()) {
        let mut waits: Option<Waits> = None;
        let groups: BTreeSet<&str> = node.objects.iter().filter(|one| one.whole).map(|one| one.group).collect();
        for group in groups {
            let Some(all) = installers.get(group).filter(|all| !all.contains(&at) && !started.contains(&group)) else {
                continue;
            };
            let tally = candidates.entry(group).or_default();
            let waits = waits.get_or_insert_with(|| Waits::of(&flux, at));
            let vouched = || waits.before.iter().chain([&at]).any(|one| checked[*one].vouches(group));
            if all.iter().any(|installer| is_before(waits, *installer)) || vouched() {
                tally.ordered += 1;
            } else if waits.elsewhere {
                tally.unknown.push(node.resource);
            } else if let Some(installer) =
                all.iter().find(|installer| !Waits::of(&flux, **installer).before.contains(&at))
            {
                tally.unordered.push((at, *installer));
            }
        }
    }
    let mut missing: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
    for (group, tally) in &candidates {
        let convention = tally.ordered >= 3 && tally.ordered >= 4 * tally.unordered.len();
        if !OWN.contains(group) && !convention {
            continue;
        }
        for resource in tally.unknown.iter().flatten() {
            sink.undecided(resource.headline().span(), "it waits for a Kustomization that is not known here");
        }
        for pair in &tally.unordered {
            missing.entry(*pair).or_default().push(group);
        }
    }
    for ((at, installer), groups) in missing {
        let node = &flux.nodes[at];
        let of_group = |object: &&&'w Resource<'w>| object.whole && groups.contains(&object.group);
        let objects: Vec<&'w Resource<'w>> = node.objects.iter().filter(of_group).copied().collect();
        report(context, node, &flux.nodes[installer], &objects, sink);
    }
}

/// Who applies the custom resources of one group, beside those who install it.
#[derive(Default)]
struct Tally<'w> {
    /// How many wait for an installer.
    ordered: usize,
    /// Those who do not, with an installer that does not wait for them in turn.
    unordered: Vec<(usize, usize)>,
    /// Those of whom it cannot be told.
    unknown: Vec<Option<&'w Resource<'w>>>,
}

/// The definitions that a Kustomization looks at before it is ready, whoever brings them.
struct Checked<'w>(Vec<&'w str>);

impl Checked<'_> {
    fn vouches(&self, group: &str) -> bool {
        self.0.iter().any(|name| name.strip_suffix(group).is_some_and(|kind| kind.ends_with('.')))
    }
}

fn checked<'w>(node: &Node<'_, 'w>) -> Checked<'w> {
    let checks = node.spec(&["healthChecks"]).into_iter().flat_map(Value::items);
    let definitions = checks.filter(|check| check.get("kind").and_then(Value::raw) == Some("CustomResourceDefinition"));
    Checked(definitions.filter_map(|check| check.get("name")?.known()).collect())
}

/// What a Kustomization waits for.
struct Waits {
    before: HashSet<usize>,
    /// Without those that are there only because they apply it.
    named: HashSet<usize>,
    elsewhere: bool,
}

impl Waits {
    fn of(flux: &Flux<'_, '_>, at: usize) -> Waits {
        let (before, elsewhere) = flux.before(at);
        // What one of them applies that is not seen may well be the definitions.
        let elsewhere = elsewhere || before.iter().any(|one| flux.nodes[*one].applied.trouble.is_some());
        let ancestors: HashSet<usize> =
            std::iter::successors(flux.nodes[at].parent, |up| flux.nodes[*up].parent).take(flux.nodes.len()).collect();
        let named = before.difference(&ancestors).copied().collect();
        Waits { before, named, elsewhere }
    }
}

/// For each Kustomization those that apply it, the nearest first.
fn brought(flux: &Flux<'_, '_>) -> Vec<Vec<usize>> {
    let up = |at: usize| flux.nodes[at].parent;
    (0..flux.nodes.len()).map(|at| std::iter::successors(up(at), |at| up(*at)).take(64).collect()).collect()
}

fn report<'w>(
    context: &TargetContext<'_, 'w>,
    node: &Node<'_, 'w>,
    installer: &Node<'_, 'w>,
    objects: &[&'w Resource<'w>],
    sink: &mut Sink<'_, 'w>,
) {
    let Some(resource) = node.resource else { return };
    let kinds: BTreeSet<&str> = objects.iter().map(|object| object.kind).collect();
    let one_kind = kinds.len() == 1;
    let kinds = list(&kinds.into_iter().collect::<Vec<_>>());
    let name = format!("{}/{}", installer.applied.namespace, installer.applied.name);
    let (value, place) = match node.spec(&["dependsOn"]) {
        Some(list) => (list, list.key_or_span()),
        None => (resource.headline(), resource.headline().span()),
    };
    let Some(shown) = objects.iter().find(|object| object.kind == "Cluster").or(objects.first()) else { return };
    let whose = if one_kind { "its" } else { "their" };
    let message = format!("{} applies {kinds} without waiting for {whose} operator", resource.title());
    let groups: HashSet<&str> = objects.iter().map(|object| object.group).collect();
    let release =
        installer.brings().find(|object| installs(object, context.graph).iter().any(|one| groups.contains(one)));
    let mut finding = sink
        .finding("unordered", resource, value, message)
        .underline(place)
        .label(format!("nothing here leads to Kustomization `{name}`"))
        .related(shown.headline().span(), format!("{} is one of them", shown.title()));
    if let Some(release) = release {
        let what = if one_kind { "its definition" } else { "their definitions" };
        finding = finding.related(release.headline().span(), format!("Kustomization `{name}` brings {what}"));
    }
    let namespace = match installer.applied.namespace == node.applied.namespace {
        true => String::new(),
        false => format!(" and `namespace: {}`", installer.applied.namespace),
    };
    finding = finding.help(format!("add `name: {}`{namespace} to `spec.dependsOn`", installer.applied.name));
    if objects.iter().any(|object| STORED.contains(&(object.group, object.kind))) {
        finding = finding.help("or what applies the store that they name, if that waits for the operator itself");
    }
    if release.is_some_and(|release| release.kind == "HelmRelease") && !awaits_releases(installer) {
        finding.help(format!("give `{name}` `wait: true`: it is ready before its releases are"));
    }
}

/// Whether a Kustomization may be ready only when its releases are.
fn awaits_releases(node: &Node<'_, '_>) -> bool {
    node.spec(&["healthChecks"]).is_some() || node.spec(&["wait"]).is_some_and(|wait| wait.as_bool() != Some(false))
}

/// Up to three words as a sentence has them.
fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if words.len() <= 3 => format!("{} and {last}", first.join(", ")),
        [a, b, rest @ ..] => format!("{a}, {b} and {} other kinds", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn lists_read_like_sentences() {
        for (words, expected) in [
            (&["A"] as &[&str], "A"),
            (&["A", "B"], "A and B"),
            (&["A", "B", "C"], "A, B and C"),
            (&["A", "B", "C", "D"], "A, B and 2 other kinds"),
        ] {
            assert_eq!(list(words), expected);
        }
    }
}
