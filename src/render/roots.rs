//! What the recipes of one root make: targets from Flux entries, from folders that the config names, else
//! from the kustomizations that nothing includes.

mod argo;

use super::files::Files;
use super::flux::{self, Applied};
use super::kustomize::{Build, Builder, Refusal, Restrict};
use super::recipes::Recipes;
use super::worlds::{Draft, Failed, Member, Opening, Root, Source, Told, members};
use super::{folders, openings};
use crate::config::Config;
use crate::manifest::{By, FILE_NAMES, Kustomization, Namespace, Resource};
use crate::tree;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::sync::Arc;

/// Scopes of what is rendered must not meet those of what is written.
const SCOPES: u32 = 1 << 30;

/// The targets of root number `root`.
pub(super) fn drafts<'w>(
    source: Source<'w>,
    files: &Files<'w>,
    config: &Config,
    root: usize,
    told: &mut Told<'w>,
) -> Vec<Draft<'w>> {
    if let Some(recipes) = Recipes::read(files) {
        told.recipes.insert(root, recipes);
    }
    let builder = Builder::new(files, Restrict::None);
    let mut making =
        Making { source, files, builder: &builder, root, told, scope: SCOPES, left_out: HashSet::new(), strict: None };
    let drafts = match config.targets.is_empty() {
        true => making.found(config),
        false => config.targets.iter().map(|target| making.of_config(target, config)).collect(),
    };
    // A patch that several builds share is idle only if it is idle in all of them.
    told.idle.retain(|idle| !builder.has_matched(idle.span));
    drafts
}

/// What is applied as it is goes with the kustomizations of the same name.
fn join_equal_names(drafts: Vec<Draft<'_>>) -> Vec<Draft<'_>> {
    let mut joined: Vec<Draft<'_>> = Vec::new();
    for draft in drafts {
        match joined.iter_mut().find(|known| known.name == draft.name) {
            Some(known) => {
                known.members.extend(draft.members);
                known.openings.extend(draft.openings);
            }
            None => joined.push(draft),
        }
    }
    joined
}

struct Making<'m, 'f, 'w> {
    source: Source<'w>,
    files: &'m Files<'w>,
    builder: &'m Builder<'f, 'w>,
    root: usize,
    told: &'m mut Told<'w>,
    scope: u32,
    /// Files that somebody took out of what is applied.
    left_out: HashSet<&'w str>,
    /// Whether Flux refuses undefined variables, once somebody asked.
    strict: Option<bool>,
}

impl<'w> Making<'_, '_, 'w> {
    fn empty(&self, name: &str) -> Draft<'w> {
        Draft { name: name.into(), root: self.root, members: Vec::new(), openings: Vec::new() }
    }

    fn next_scope(&mut self) -> u32 {
        self.scope += 1;
        self.scope
    }

    /// The targets of a root whose config names none.
    fn found(&mut self, config: &Config) -> Vec<Draft<'w>> {
        let entries = flux::entries(self.source.manifests, self.root);
        let mut drafts: Vec<Draft<'w>> = Vec::new();
        for entry in &entries {
            let mut draft = self.empty(&entry.name);
            self.flux(&entry.folder, entry.url.as_deref(), &mut draft);
            drafts.push(draft);
        }
        let by_argo = self.argo("", None);
        let only = (drafts.is_empty() && by_argo.len() == 1).then(|| Arc::clone(&by_argo[0].name));
        drafts.extend(by_argo);
        if drafts.is_empty() {
            drafts = self.kustomizations();
        }
        let mut by_hand = self.by_hand(config, &drafts);
        if let Some(only) = only {
            by_hand.iter_mut().for_each(|draft| draft.name = Arc::clone(&only));
        }
        drafts.extend(by_hand.into_iter().filter(|draft| !draft.members.is_empty()));
        if drafts.is_empty() {
            drafts.push(self.empty("."));
        }
        join_equal_names(drafts)
    }

    /// What is applied as it is, and is in none of `drafts`.
    fn by_hand(&self, config: &Config, drafts: &[Draft<'w>]) -> Vec<Draft<'w>> {
        let recipes = self.told.recipes.get(&self.root);
        folders::drafts(self.source, config, self.root, recipes, &self.taken(drafts))
    }

    /// Written objects that a recipe hands over.
    fn taken(&self, drafts: &[Draft<'w>]) -> HashSet<usize> {
        let of_drafts = drafts.iter().flat_map(|draft| &draft.members).filter_map(|member| match member {
            Member::Written(at) => Some(*at),
            Member::Rendered { .. } => None,
        });
        let resources = self.source.manifests.resources.iter().enumerate();
        let used = resources.filter(|(_, resource)| self.is_used(resource));
        of_drafts.chain(used.map(|(at, _)| at)).collect()
    }

    fn is_used(&self, resource: &Resource<'w>) -> bool {
        let path = resource.path;
        resource.root == self.root && (self.left_out.contains(path) || self.told.used.contains(resource.root, path))
    }

    fn of_config(&mut self, target: &crate::config::TargetConfig, config: &Config) -> Draft<'w> {
        let mut draft = self.empty(&target.name.value);
        for folder in &target.roots {
            let folder = tree::normalize(&folder.value).unwrap_or_default();
            if self.holds_flux(&folder) {
                self.flux(&folder, None, &mut draft);
                continue;
            }
            let by_argo = self.argo(&folder, Some(&target.name.value));
            for own in by_argo.iter().cloned() {
                draft.members.extend(own.members);
                draft.openings.extend(own.openings);
            }
            if by_argo.is_empty() && self.has_kustomization(&folder) {
                self.kustomization(&folder, &mut draft);
            } else {
                let written = self.by_hand(config, &by_argo);
                for own in written.into_iter().filter(|own| *own.name == *target.name.value) {
                    draft.members.extend(own.members);
                    draft.openings.extend(own.openings);
                }
            }
        }
        draft
    }

    fn holds_flux(&self, folder: &str) -> bool {
        let own = self.source.manifests.resources.iter().filter(|resource| resource.root == self.root);
        own.filter(|resource| resource.is(flux::GROUP, "Kustomization"))
            .any(|resource| folders::lies_in(resource.path, folder))
    }

    fn has_kustomization(&self, folder: &str) -> bool {
        self.files.has_kustomization(folder)
    }

    fn is_strict(&mut self) -> bool {
        *self.strict.get_or_insert_with(|| flux::is_strict(self.files))
    }

    fn flux(&mut self, folder: &str, url: Option<&str>, draft: &mut Draft<'w>) {
        let strict = self.is_strict();
        let applied = flux::run(self.builder, self.files, folder, url, strict);
        for mut applied in applied {
            let scope = self.next_scope();
            applied.scope = scope;
            draft.members.extend(members(&applied.objects, By::Flux, scope));
            draft.openings.extend(self.openings(&applied));
            self.told.gaps.extend(applied.told.gaps.iter().cloned());
            self.told.idle.extend(applied.told.idle.iter().cloned());
            self.told.used.extend(self.root, applied.told.used.iter().cloned());
            self.told.applied.push((Arc::clone(&draft.name), applied));
        }
    }

    fn openings(&self, applied: &Applied<'w>) -> Vec<Opening> {
        let mut found: Vec<Opening> = applied.told.gaps.iter().map(openings::of_gap).collect();
        found.extend(applied.objects.iter().filter_map(|object| {
            let view = object.tree.view();
            let namespace = match object.namespace() {
                "" => Namespace::Unspecified(0),
                name => Namespace::Known(name),
            };
            openings::of_object(object.group(), object.kind(), view, &namespace, &object.id().to_string())
        }));
        for set in &applied.sets {
            let why = set.open.clone().or_else(|| set.refused.as_ref().map(|(_, message)| message.clone()));
            if let Some(why) = why {
                let reason = format!("the ResourceSet `{}/{}` may bring it: {why}", set.namespace, set.name);
                found.push(Opening { namespace: None, reason, chart: false });
            }
        }
        if let Some(trouble) = &applied.trouble {
            let name = format!("{}/{}", applied.namespace, applied.name);
            let why = match trouble {
                flux::Trouble::Elsewhere(reason) => reason.clone(),
                flux::Trouble::NoFolder(_, folder) => format!("there is no folder `{folder}`"),
                flux::Trouble::Refusal(refusal) => format!("it does not build: {}", refusal.message),
                flux::Trouble::Substitution(refused) => format!("it does not build: {}", refused.message),
            };
            let reason = format!("what the Flux Kustomization `{name}` applies is not seen: {why}");
            // All of it goes into the one namespace that is given.
            let spec = applied.object.as_ref().map(|object| object.view());
            let given = spec.and_then(|object| object.at(&["spec", "targetNamespace"])).and_then(|value| value.known());
            let namespace = given.map(str::to_owned);
            found.push(Opening { namespace, reason, chart: false });
        }
        found
    }

    /// Kustomizations that nothing includes: one target where they can live side by side, else one each.
    fn kustomizations(&mut self) -> Vec<Draft<'w>> {
        let own: Vec<&Kustomization<'w>> =
            self.source.manifests.kustomizations.iter().filter(|one| one.root == self.root).collect();
        let mut built = Vec::new();
        let failed = self.told.failed.len();
        let named: Vec<&str> = match self.told.recipes.get(&self.root) {
            Some(recipes) => {
                own.iter().map(|one| one.folder).filter(|folder| recipes.kustomizations.contains(*folder)).collect()
            }
            None => Vec::new(),
        };
        let mut roots = outermost(&own);
        roots.extend(&named);
        roots.sort_unstable();
        roots.dedup();
        self.blank(&own);
        for folder in roots {
            let mut draft = self.empty(if folder.is_empty() { "." } else { folder });
            self.kustomization(folder, &mut draft);
            self.builder.forget(folder);
            built.push(draft);
        }
        if built.len() == 1 {
            built[0].name = ".".into();
            self.told.failed[failed..].iter_mut().for_each(|one| one.target = ".".into());
            return built;
        }
        let reason = "which kustomizations of this repo go to one cluster is not written in it";
        let unsure = || Opening { namespace: None, reason: reason.into(), chart: false };
        let rivals = rivals(&built);
        let mut drafts = Vec::new();
        let mut whole = self.empty(".");
        let mut certain = true;
        for (mut draft, rival) in built.into_iter().zip(rivals) {
            // What a recipe applies goes to the cluster that its other recipes serve.
            let applied = named.contains(&&*draft.name);
            certain &= rival || applied;
            if rival {
                draft.openings.push(unsure());
                drafts.push(draft);
                continue;
            }
            let own = self.told.failed[failed..].iter_mut().filter(|one| one.target == draft.name);
            own.for_each(|one| one.target = ".".into());
            whole.members.extend(draft.members);
            whole.openings.extend(draft.openings);
        }
        if !whole.members.is_empty() {
            if !certain {
                whole.openings.push(unsure());
            }
            drafts.insert(0, whole);
        }
        drafts
    }

    /// Kustomizations that hold nothing at all, which kustomize refuses; nothing is missing with them.
    fn blank(&mut self, own: &[&Kustomization<'w>]) {
        let known: HashSet<usize> = own.iter().map(|one| one.file).collect();
        for (at, parsed) in self.source.manifests.files.iter().enumerate() {
            let folder = tree::parent(parsed.path);
            if parsed.root != self.root || known.contains(&at) || !FILE_NAMES.contains(&tree::name(parsed.path)) {
                continue;
            }
            if let Err(refusal) = self.builder.settings(folder, None) {
                let target = Arc::from(if folder.is_empty() { "." } else { folder });
                self.told.failed.push(Failed { root: self.root, target, folder: folder.to_owned(), refusal });
            }
        }
    }

    fn kustomization(&mut self, folder: &str, draft: &mut Draft<'w>) {
        match self.builder.build(folder) {
            Ok(Build { objects, gaps, idle, used }) => {
                let scope = self.next_scope();
                draft.members.extend(members(&objects, By::Kustomize, scope));
                draft.openings.extend(gaps.iter().map(openings::of_gap));
                self.note_root(folder, Some(gaps.is_empty()));
                self.told.gaps.extend(gaps);
                self.told.idle.extend(idle);
                self.told.used.extend(self.root, used);
            }
            Err(refusal) => self.fail(folder, refusal, draft),
        }
    }

    fn note_root(&mut self, folder: &str, whole: Option<bool>) {
        self.told.roots.push(Root { root: self.root, folder: folder.to_owned(), whole });
    }

    fn fail(&mut self, folder: &str, refusal: Refusal, draft: &mut Draft<'w>) {
        let reason = format!("the kustomization in `{folder}` does not build: {}", refusal.message);
        draft.openings.push(Opening { namespace: None, reason, chart: false });
        self.note_root(folder, None);
        let target = Arc::clone(&draft.name);
        self.told.failed.push(Failed { root: self.root, target, folder: folder.to_owned(), refusal });
    }
}

/// The folders of kustomizations that no other one includes, and one of each circle that nothing else leads to.
fn outermost<'w>(own: &[&Kustomization<'w>]) -> Vec<&'w str> {
    let mut includes: HashMap<&str, Vec<&str>> = HashMap::new();
    for one in own {
        let folders = one.includes.iter().map(|(path, _)| path.as_str()).filter(|path| *path != one.folder);
        includes.entry(one.folder).or_default().extend(folders);
    }
    let included: HashSet<&str> = includes.values().flatten().copied().collect();
    let mut folders: Vec<&'w str> = own.iter().filter(|one| !one.component).map(|one| one.folder).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut seen = HashSet::new();
    // What an unused Component includes waits for whoever uses the Component.
    let components = own.iter().filter(|one| one.component).map(|one| one.folder);
    components.for_each(|component| reach(component, &includes, &mut seen));
    let (mut roots, rest): (Vec<&str>, Vec<&str>) = folders.into_iter().partition(|folder| !included.contains(folder));
    roots.iter().for_each(|root| reach(root, &includes, &mut seen));
    for folder in rest {
        if !seen.contains(folder) {
            roots.push(folder);
            reach(folder, &includes, &mut seen);
        }
    }
    roots.sort_unstable();
    roots
}

/// Adds a folder and everything that it leads to.
fn reach<'a>(folder: &'a str, includes: &HashMap<&str, Vec<&'a str>>, seen: &mut HashSet<&'a str>) {
    let mut open = vec![folder];
    while let Some(folder) = open.pop() {
        if seen.insert(folder) {
            open.extend(includes.get(folder).into_iter().flatten());
        }
    }
}

/// Which of them define an object that another one defines too, so that they cannot go to one cluster. Many a
/// kustomization brings the namespace that it shares with others.
fn rivals(drafts: &[Draft<'_>]) -> Vec<bool> {
    let mut owners: HashMap<(String, String, String, String), usize> = HashMap::new();
    let mut rivals = vec![false; drafts.len()];
    for (at, draft) in drafts.iter().enumerate() {
        for member in &draft.members {
            let Member::Rendered { tree, .. } = member else { continue };
            let view = tree.view();
            let text = |path: &[&str]| view.at(path).and_then(|value| value.raw()).unwrap_or_default().to_owned();
            let group = text(&["apiVersion"]).split_once('/').map_or(String::new(), |(group, _)| group.to_owned());
            let kind = text(&["kind"]);
            if kind == "Namespace" {
                continue;
            }
            let key = (group, kind, text(&["metadata", "namespace"]), text(&["metadata", "name"]));
            let first = *owners.entry(key).or_insert(at);
            if first != at {
                rivals[first] = true;
                rivals[at] = true;
            }
        }
    }
    rivals
}
