//! Kustomizations that do not build, and ResourceSets whose templates do not render.

use super::{first_line, is_apart, kustomization_in, some_of};
use crate::declare_rule;
use crate::finding::{Confidence, ObjectName};
use crate::graph::is_near;
use crate::render::flux::{Applied, Set, Trouble};
use crate::render::kustomize::Refusal;
use crate::rule::{Builder, Context, Sink, World, replace_name};
use crate::source::Span;
use crate::tree;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

declare_rule! {
    /// ## What it does
    /// Builds every kustomization that Flux applies or, in a repo without Flux, that no other one includes, and tells
    /// what `kustomize build` refuses, at the line that causes it: a file that is not there, two objects of one
    /// identity, a patch for an object that is not built, an operation on a field that is missing, a field that a
    /// kustomization does not have. It also runs the templates of ResourceSets.
    ///
    /// ## Why it matters
    /// Nothing of a kustomization that fails is applied, neither what changed nor what is repaired in it, and Flux goes
    /// on with the state of the last build that worked. Of a ResourceSet that fails for one set of inputs nothing is
    /// applied for the others either.
    ///
    /// ## Instead
    /// Mend the line. One cause that breaks several kustomizations is one finding, which names them.
    ///
    /// ## Limits
    /// Facts are those of kustomize 5.5. Files from outside the repo, remote bases, Helm charts and plugins fail
    /// nothing; what hangs on them stays undecided. Kustomizations that nothing reaches are not built. Where a build may
    /// read files outside its folder is up to its options, and not asked. Samples and templates have low confidence, as
    /// have, without Flux, data of a `secretGenerator` that is not there: it may be made before each build.
    pub static RULE {
        id: "kustomize/build-failure",
        summary: "a kustomization or a ResourceSet that does not build",
        scope: Repo,
        codes: [
            "build" => (Error, High, Gitops),
            "template" => (Error, High, Gitops),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// A ResourceSet that fails, and its target.
type FailedSet<'a> = (&'a Arc<str>, &'a Set);

/// Something that fails for one cause.
struct Case<'a> {
    target: &'a Arc<str>,
    root: usize,
    folder: &'a str,
    by: Option<&'a Applied<'a>>,
}

impl Case<'_> {
    fn title(&self) -> String {
        match self.by.and_then(flux_object) {
            Some(object) => object.to_string(),
            None if self.folder.is_empty() => "the kustomization of the root".to_owned(),
            None => format!("`{}`", self.folder),
        }
    }
}

fn flux_object(applied: &Applied<'_>) -> Option<ObjectName> {
    let view = applied.object.as_ref()?;
    let version = view.view().get("apiVersion").and_then(Value::raw).unwrap_or_default().to_owned();
    Some(ObjectName {
        api_version: version,
        kind: "Kustomization".to_owned(),
        namespace: Some(applied.namespace.clone()),
        name: applied.name.clone(),
    })
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let world = context.world;
    let mut causes: BTreeMap<(Span, &str), (&Refusal, Vec<Case<'_>>)> = BTreeMap::new();
    for failed in &world.told.failed {
        let case = Case { target: &failed.target, root: failed.root, folder: &failed.folder, by: None };
        let key = (failed.refusal.span, failed.refusal.message.as_str());
        causes.entry(key).or_insert_with(|| (&failed.refusal, Vec::new())).1.push(case);
    }
    let mut sets: BTreeMap<(Span, &str), Vec<FailedSet<'_>>> = BTreeMap::new();
    for (target, applied) in &world.told.applied {
        if let (Some(Trouble::Refusal(refusal)), Some(folder)) = (&applied.trouble, &applied.folder) {
            let root = world.sources[refusal.span.source].root();
            let case = Case { target, root, folder, by: Some(applied) };
            let key = (refusal.span, refusal.message.as_str());
            causes.entry(key).or_insert_with(|| (refusal, Vec::new())).1.push(case);
        }
        for set in &applied.sets {
            if let Some((span, message)) = &set.refused {
                sets.entry((*span, message)).or_default().push((target, set));
            }
        }
    }
    if !causes.is_empty() {
        let chains = Chains::new(world);
        for (refusal, cases) in causes.values() {
            build(world, &chains, refusal, cases, sink);
        }
    }
    for ((span, message), sets) in sets {
        template(world, span, message, &sets, sink);
    }
}

fn build<'w>(
    world: &World<'w>,
    chains: &Chains<'_, 'w>,
    refusal: &Refusal,
    cases: &[Case<'_>],
    sink: &mut Sink<'_, 'w>,
) {
    let Some(first) = cases.first() else { return };
    let title = first.title();
    if let Some(reason) = refusal.open.clone().or_else(|| unread(world, first.root, refusal)) {
        let reason = format!("whether {title} builds is not known: {reason}");
        return sink.undecided(first_line(world, refusal.span), reason);
    }
    let message = format!("{title} does not build: {}", refusal.message);
    let mut finding = sink
        .file_finding("build", first_line(world, refusal.span), pointer(world, refusal.span), message)
        .label("kustomize stops here");
    for (span, text) in &refusal.related {
        finding = finding.related(first_line(world, *span), text.clone());
    }
    let told: HashSet<Span> = refusal.related.iter().map(|(span, _)| *span).chain([refusal.span]).collect();
    for (span, text) in chains.between(first.root, first.folder, refusal.span) {
        if !told.contains(&span) {
            finding = finding.related(span, text);
        }
    }
    if let Some(path) = first.by.and_then(|by| by.object.as_ref()?.at(&["spec", "path"])) {
        finding = finding.related(path.view().span(), format!("{title} builds this folder"));
    }
    for case in cases {
        finding = finding.place(case.target, case.by.and_then(flux_object));
    }
    let mut others: Vec<String> = cases[1..].iter().map(Case::title).filter(|other| *other != title).collect();
    others.sort();
    others.dedup();
    if !others.is_empty() {
        finding = finding.note(format!("the same keeps {} from building", some_of(&others)));
    }
    finding = finding.note(match first.by {
        Some(_) => "Flux applies nothing of it until it builds",
        None => "nothing of it can be applied until it builds",
    });
    finding = advise(world, refusal, finding);
    if first.by.is_none() && cases.iter().all(|case| is_doubtful(world, case, refusal)) {
        finding.confidence(Confidence::Low);
    }
}

/// Why what is refused may be right for all that was read, if so.
fn unread(world: &World<'_>, root: usize, refusal: &Refusal) -> Option<String> {
    if world.lone[root] && refusal.message.starts_with("there is no ") {
        return Some("nothing but this file was read".to_owned());
    }
    let known = world.manifests.files.iter().any(|parsed| parsed.file.source() == refusal.span.source);
    let text = world.sources[refusal.span.source].text();
    (!known && text.contains("{{")).then(|| "it takes in a template, which something else fills in first".to_owned())
}

fn pointer(world: &World<'_>, span: Span) -> String {
    let root = kustomization_in(world, span.source).map(|one| one.value);
    let pointer = root.and_then(|root| root.pointer_to(at(root, span)?));
    pointer.unwrap_or_default()
}

/// The value below `value` that stands at `span`.
fn at<'w>(value: Value<'w>, span: Span) -> Option<Value<'w>> {
    if value.span() == span {
        return Some(value);
    }
    let children = value.items().chain(value.entries().map(|(_, child)| child));
    children.filter(|child| child.span().contains(span)).find_map(|child| at(child, span))
}

/// For an entry that names nothing: what lies beside it under nearly the same name.
fn advise<'f>(world: &World<'_>, refusal: &Refusal, finding: Builder<'f>) -> Builder<'f> {
    if !refusal.message.starts_with("there is no file") {
        return finding;
    }
    let otherwise = "add what it names, or take the entry out";
    let Some(kustomization) = kustomization_in(world, refusal.span.source) else { return finding };
    let entry = at(kustomization.value, refusal.span);
    let Some((entry, text)) = entry.and_then(|entry| Some((entry, entry.raw()?))) else { return finding };
    let Some(wanted) = tree::join(kustomization.folder, text) else { return finding.help(otherwise) };
    let manifests = world.manifests;
    let own = manifests.files.iter().filter(|parsed| parsed.root == kustomization.root).map(|parsed| parsed.path);
    let folders = manifests.kustomizations.iter().filter(|one| one.root == kustomization.root).map(|one| one.folder);
    let near = own
        .chain(folders)
        .filter(|path| tree::parent(path) == tree::parent(&wanted))
        .filter_map(|path| Some((is_near(tree::name(path), tree::name(&wanted))?, tree::name(path))))
        .min();
    let Some((_, near)) = near else { return finding.help(otherwise) };
    match replace_name(entry, near).filter(|_| !text.contains('/')) {
        Some(edits) => finding.suggestion(format!("if you meant `{near}`"), edits),
        None => finding.help(format!("write `{near}` if you meant that")),
    }
}

/// Whether a kustomization that nobody surely applies may be right as it is.
fn is_doubtful(world: &World<'_>, case: &Case<'_>, refusal: &Refusal) -> bool {
    if is_apart(&format!("{}/kustomization.yaml", case.folder)) {
        return true;
    }
    let all = &world.manifests.kustomizations;
    let Some(kustomization) = all.iter().find(|one| one.root == case.root && one.folder == case.folder) else {
        return false;
    };
    let data = kustomization_in(world, refusal.span.source).and_then(|one| one.value.get("secretGenerator"));
    let is_data = data.is_some_and(|data| data.span().contains(refusal.span));
    // Patches and data alone are made for somebody who includes the folder from elsewhere, or fills it first.
    let sources = ["resources", "bases", "components", "generators", "helmCharts"];
    let bare = sources.iter().all(|field| kustomization.value.get(field).is_none_or(Value::is_empty));
    is_data || (bare && kustomization.changes)
}

fn template<'w>(world: &World<'w>, span: Span, message: &str, sets: &[FailedSet<'_>], sink: &mut Sink<'_, 'w>) {
    let Some((_, first)) = sets.first() else { return };
    let object = |set: &Set| ObjectName {
        api_version: "fluxcd.controlplane.io/v1".to_owned(),
        kind: "ResourceSet".to_owned(),
        namespace: Some(set.namespace.clone()),
        name: set.name.clone(),
    };
    let message = format!("{} does not render: {message}", object(first));
    let here = first_line(world, span);
    let mut finding = match first.refused_for {
        Some(inputs) => sink
            .file_finding("template", first_line(world, inputs), String::new(), message)
            .label("for this set of inputs")
            .related(here, "the template asks for it here")
            .help("give the set what the template asks for"),
        None => sink.file_finding("template", here, String::new(), message).label("the template stops here"),
    };
    for (target, set) in sets {
        finding = finding.place(target, Some(object(set)));
    }
    finding.note("the operator applies nothing of it, for the other sets of inputs neither");
}

/// Which kustomization takes in what.
struct Chains<'a, 'w> {
    world: &'a World<'w>,
    by_folder: HashMap<(usize, &'w str), usize>,
}

impl<'a, 'w> Chains<'a, 'w> {
    fn new(world: &'a World<'w>) -> Chains<'a, 'w> {
        let all = world.manifests.kustomizations.iter().enumerate();
        Chains { world, by_folder: all.map(|(at, one)| ((one.root, one.folder), at)).collect() }
    }

    /// The entries that lead from the kustomization in `folder` to the file in which `cause` stands.
    fn between(&self, root: usize, folder: &str, cause: Span) -> Vec<(Span, String)> {
        let kustomizations = &self.world.manifests.kustomizations;
        let path = self.world.sources[cause.source].path();
        let Some(start) = kustomizations.iter().position(|one| one.root == root && one.folder == folder) else {
            return Vec::new();
        };
        let mut from: HashMap<usize, (usize, Span)> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        let mut seen = HashSet::from_iter([start]);
        while let Some(at) = queue.pop_front() {
            let one = &kustomizations[at];
            let own = one.value.source() == cause.source;
            let entry = one.includes.iter().find(|(included, _)| included == path).map(|(_, entry)| entry.span());
            if own || entry.is_some() || one.patches.iter().any(|patch| patch == path) {
                return self.trail(at, &from, entry);
            }
            for (included, entry) in &one.includes {
                if let Some(next) = self.by_folder.get(&(root, included.as_str()))
                    && seen.insert(*next)
                {
                    from.insert(*next, (at, entry.span()));
                    queue.push_back(*next);
                }
            }
        }
        Vec::new()
    }

    fn trail(&self, end: usize, from: &HashMap<usize, (usize, Span)>, last: Option<Span>) -> Vec<(Span, String)> {
        let mut trail: Vec<(Span, String)> =
            last.map(|span| (span, "the file is taken in here".to_owned())).into_iter().collect();
        let mut at = end;
        while let Some((before, entry)) = from.get(&at) {
            let folder = self.world.manifests.kustomizations[at].folder;
            trail.push((*entry, format!("`{folder}` is taken in here")));
            at = *before;
        }
        trail
    }
}
