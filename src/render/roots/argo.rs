//! Targets out of what Argo CD brings: one for the cluster it runs in, one for each other destination.

use super::{Making, Member};
use crate::manifest::{By, Namespace, is_example_path};
use crate::render::argo::{self, Entry, Followed, HOME, SetRun, Site, Trouble};
use crate::render::kustomize::{Gap, Object};
use crate::render::worlds::{Draft, Failed, Opening, members};
use crate::render::{flux, openings};
use foldhash::{HashMap, HashMapExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one entry makes, before its targets have names.
struct Start<'w> {
    name: String,
    folder: String,
    drafts: BTreeMap<Site, Draft<'w>>,
    followed: Vec<(Site, Followed<'w>)>,
    sets: Vec<(Site, SetRun<'w>)>,
}

impl<'w> Making<'_, '_, 'w> {
    /// The targets of the entries in `within`, all in one called `name` if that is given; none where Argo CD brings
    /// nothing that lies in this repo.
    pub(super) fn argo(&mut self, within: &str, name: Option<&str>) -> Vec<Draft<'w>> {
        let found = argo::entries(self.builder, self.files, self.source.manifests, within, &self.told.used);
        self.left_out.extend(found.left_out);
        let entries = found.entries;
        let mut outcomes = entries.iter().flat_map(|entry| &entry.outcome.followed);
        let brings = outcomes.any(|(_, followed)| !followed.objects.is_empty());
        let starts: Vec<Start<'w>> = entries.into_iter().map(|entry| self.start(entry, brings)).collect();
        if !brings {
            for start in starts {
                self.tell(start.followed, start.sets, &|_| name.unwrap_or(".").into());
            }
            return Vec::new();
        }
        let apart = name.is_none() && conflict(&starts);
        let labels = labels(&starts);
        let mut drafts: BTreeMap<String, Draft<'w>> = BTreeMap::new();
        let mut spread = Vec::new();
        for (start, label) in starts.into_iter().zip(labels) {
            let home = if apart { label.as_str() } else { HOME };
            let target = |site: &Site| match (name, site) {
                (Some(name), _) => name.to_owned(),
                (None, Site::Home) => home.to_owned(),
                (None, Site::Named(name) | Site::Unknown(name)) => name.clone(),
            };
            for (site, mut draft) in start.drafts {
                if let Site::Unknown(set) = &site {
                    spread.push((target(&site), self.elsewhere(set, &draft)));
                    let reason = format!(
                        "the clusters that `{set}` goes to may hold it, and which those are is not written here"
                    );
                    draft.openings.push(Opening { namespace: None, reason, chart: false });
                }
                join(drafts.entry(target(&site)).or_insert_with(|| self.empty(&target(&site))), draft);
            }
            self.tell(start.followed, start.sets, &|site| target(site).into());
        }
        let mut open: Vec<Opening> = self.strays(within);
        if apart {
            let reason = "which Applications of this repo go to one cluster is not written in it".into();
            open.push(Opening { namespace: None, reason, chart: false });
        }
        for (name, draft) in &mut drafts {
            draft.openings.extend(open.iter().cloned());
            draft.openings.extend(spread.iter().filter(|(own, _)| own != name).flat_map(|(_, more)| more.clone()));
        }
        drafts.into_values().filter(|draft| !draft.members.is_empty()).collect()
    }

    fn start(&mut self, entry: Entry<'w>, brings: bool) -> Start<'w> {
        let mut start = Start {
            name: entry.name,
            folder: entry.folder,
            drafts: BTreeMap::new(),
            followed: entry.outcome.followed,
            sets: entry.outcome.sets,
        };
        if !brings {
            return start;
        }
        let mut home = self.empty(HOME);
        if let Some(build) = entry.build {
            let scope = self.next_scope();
            home.members.extend(members(&build.objects, By::Kustomize, scope));
            home.openings.extend(build.gaps.iter().map(openings::of_gap));
            home.openings.extend(build.objects.iter().filter_map(of_object));
            self.told.gaps.extend(build.gaps);
            self.told.idle.extend(build.idle);
            self.told.used.extend(self.root, build.used);
        }
        if let Some(path) = entry.path {
            // Who applies the file applies all of it.
            let resources = self.source.manifests.resources.iter().enumerate();
            let own = resources.filter(|(_, resource)| resource.root == self.root && resource.path == path);
            home.members.extend(own.map(|(at, _)| Member::Written(at)));
        }
        start.drafts.insert(Site::Home, home);
        for (site, set) in &start.sets {
            let scope = self.next_scope();
            let draft = start.drafts.entry(site.clone()).or_insert_with(|| self.empty(HOME));
            draft.members.extend(members(&set.applications, By::Argo, scope));
            let why = set.open.clone().or_else(|| set.refused.as_ref().map(|(_, message)| message.clone()));
            if let Some(why) = why.filter(|_| !only_clusters(set)) {
                let reason = format!("the ApplicationSet `{}/{}` may bring it: {why}", set.namespace, set.name);
                draft.openings.push(Opening { namespace: None, reason, chart: false });
            }
        }
        for (_, followed) in &start.followed {
            let scope = self.next_scope();
            let draft = start.drafts.entry(followed.site.clone()).or_insert_with(|| self.empty(HOME));
            draft.members.extend(members(&followed.objects, By::Argo, scope));
            draft.openings.extend(of_followed(followed));
        }
        start
    }

    /// Hands on what the recipes tell beside the objects.
    fn tell(
        &mut self,
        followed: Vec<(Site, Followed<'w>)>,
        sets: Vec<(Site, SetRun<'w>)>,
        target: &dyn Fn(&Site) -> Arc<str>,
    ) {
        for (home, followed) in followed {
            self.told.gaps.extend(followed.told.gaps.iter().cloned());
            self.told.idle.extend(followed.told.idle.iter().cloned());
            self.told.used.extend(self.root, followed.told.used.iter().cloned());
            for source in &followed.sources {
                let (Some(folder), Some(Trouble::Refusal(refusal))) = (&source.folder, &source.trouble) else {
                    continue;
                };
                let (target, refusal) = (target(&home), refusal.clone());
                let failed = Failed { root: self.root, target, folder: folder.clone(), refusal };
                if !self.told.failed.contains(&failed) {
                    self.told.failed.push(failed);
                }
            }
            self.told.followed.push((target(&home), followed));
        }
        self.told.sets.extend(sets.into_iter().map(|(home, set)| (target(&home), set)));
    }

    /// What may be in any cluster because nobody knows to which one it goes.
    fn elsewhere(&self, set: &str, draft: &Draft<'w>) -> Vec<Opening> {
        let mut namespaces: BTreeSet<String> = BTreeSet::new();
        for member in &draft.members {
            let Member::Rendered { tree, .. } = member else { continue };
            let view = tree.view();
            let namespace = view.at(&["metadata", "namespace"]).and_then(|namespace| namespace.known());
            namespaces.extend(namespace.map(str::to_owned));
        }
        let reason = || format!("`{set}` may bring it: to which clusters it goes is not written in this repo");
        let known =
            namespaces.into_iter().map(|name| Opening { namespace: Some(name), reason: reason(), chart: false });
        draft.openings.iter().cloned().chain(known).collect()
    }

    /// Kustomizations that nothing leads to: somebody may apply them to the same cluster.
    fn strays(&self, within: &str) -> Vec<Opening> {
        let own = || self.source.manifests.kustomizations.iter().filter(|one| one.root == self.root);
        let included: BTreeSet<&str> =
            own().flat_map(|one| one.includes.iter().map(|(path, _)| path.as_str())).collect();
        let followed = self.told.followed.iter().flat_map(|(_, followed)| &followed.sources);
        let named: BTreeSet<&str> = followed.filter_map(|source| source.folder.as_deref()).collect();
        let stray = own().find(|one| {
            let path = self.source.manifests.files[one.file].path;
            let apart = !included.contains(one.folder) && !named.contains(one.folder);
            let top = !one.component && apart && !is_example_path(path);
            top && crate::render::lies_in(path, within) && !self.told.used.contains(self.root, path)
        });
        let reason =
            |folder: &str| format!("the kustomization in `{folder}`, which no Application names, may bring it");
        stray.map(|one| Opening { namespace: None, reason: reason(one.folder), chart: false }).into_iter().collect()
    }
}

/// Whether all that a set leaves open is which clusters it goes to, which its Applications tell themselves.
fn only_clusters(set: &SetRun<'_>) -> bool {
    set.refused.is_none() && set.clusters_only
}

fn join<'w>(draft: &mut Draft<'w>, more: Draft<'w>) {
    let known: BTreeSet<usize> = draft.members.iter().filter_map(written).collect();
    draft
        .members
        .extend(more.members.into_iter().filter(|member| written(member).is_none_or(|at| !known.contains(&at))));
    draft.openings.extend(more.openings);
}

fn written(member: &Member<'_>) -> Option<usize> {
    match member {
        Member::Written(at) => Some(*at),
        Member::Rendered { .. } => None,
    }
}

/// Whether two entries bring one object to the same place, which only those of different clusters do. A namespace is
/// often named by everybody who needs it.
fn conflict(starts: &[Start<'_>]) -> bool {
    let mut owners: HashMap<(&Site, [String; 4]), usize> = HashMap::new();
    for (at, start) in starts.iter().enumerate() {
        for (site, draft) in &start.drafts {
            for member in &draft.members {
                let Member::Rendered { tree, .. } = member else { continue };
                let view = tree.view();
                let text = |path: &[&str]| view.at(path).and_then(|value| value.raw()).unwrap_or_default().to_owned();
                let api = text(&["apiVersion"]);
                let group = api.split_once('/').map_or("", |(group, _)| group).to_owned();
                let (kind, name) = (text(&["kind"]), text(&["metadata", "name"]));
                if kind == "Namespace" || name.is_empty() {
                    continue;
                }
                let key = (site, [group, kind, text(&["metadata", "namespace"]), name]);
                if *owners.entry(key).or_insert(at) != at {
                    return true;
                }
            }
        }
    }
    false
}

/// A name for each entry: the step of its folder that tells it from the others, else its own.
fn labels(starts: &[Start<'_>]) -> Vec<String> {
    let folders: Vec<&str> = starts.iter().map(|start| start.folder.as_str()).collect();
    if folders.iter().collect::<BTreeSet<_>>().len() == folders.len() {
        return flux::short_names(&folders);
    }
    starts.iter().map(|start| start.name.clone()).collect()
}

/// The opening that an object makes; what Argo CD is to follow was followed.
fn of_object(object: &Object<'_>) -> Option<Opening> {
    if object.group() == argo::GROUP {
        return None;
    }
    let namespace = match object.namespace() {
        "" => Namespace::Unspecified(0),
        name => Namespace::Known(name),
    };
    openings::of_object(object.group(), object.kind(), object.tree.view(), &namespace, &object.id().to_string())
}

fn of_followed(followed: &Followed<'_>) -> Vec<Opening> {
    let mut found: Vec<Opening> = followed.told.gaps.iter().map(|gap: &Gap| openings::of_gap(gap)).collect();
    found.extend(followed.objects.iter().filter_map(of_object));
    let title = format!("the Application `{}/{}`", followed.namespace, followed.name);
    for source in &followed.sources {
        let (namespace, why) = match &source.trouble {
            None => match &source.open {
                Some(why) => (None, why.clone()),
                None => continue,
            },
            Some(Trouble::Chart(chart)) => {
                (of_chart(followed, chart), format!("`{chart}` is a chart that is not rendered"))
            }
            Some(Trouble::Elsewhere(why)) => (None, why.clone()),
            Some(Trouble::NoFolder(_, folder)) => (None, format!("there is no folder `{folder}`")),
            Some(Trouble::Refusal(refusal)) => (None, format!("it does not build: {}", refusal.message)),
        };
        let chart = matches!(source.trouble, Some(Trouble::Chart(_)));
        found.push(Opening { namespace, reason: format!("{title} may bring it: {why}"), chart });
    }
    found
}

/// The namespace that a chart fills; none where it may hold Applications, which go anywhere.
fn of_chart(followed: &Followed<'_>, chart: &str) -> Option<String> {
    let in_repo = followed.sources.iter().any(|source| source.folder.as_deref() == Some(chart));
    let applications =
        chart == "argocd-apps" || (in_repo && followed.destination.as_ref() == Some(&followed.namespace));
    followed.destination.clone().filter(|_| !applications)
}
