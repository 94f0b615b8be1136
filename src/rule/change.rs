//! What a rule over two states sees: the objects of each target in both, matched by group, kind, namespace and name.

use super::{Context, World};
use crate::manifest::{Namespace, Resource};
use crate::render::Target;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::sync::Arc;

/// An object in two states.
#[derive(Clone, Debug)]
pub struct Pair<'w> {
    /// As it was.
    pub old: &'w Resource<'w>,
    /// As it is.
    pub new: &'w Resource<'w>,
    /// The targets that hold it in this form.
    pub targets: Vec<Arc<str>>,
}

/// An object of one state that the other one does not have.
#[derive(Clone, Debug)]
pub struct Single<'w> {
    /// The object.
    pub resource: &'w Resource<'w>,
    /// The targets that hold it.
    pub targets: Vec<Arc<str>>,
}

/// What became of the objects of all targets.
#[derive(Clone, Debug, Default)]
pub struct Changes<'w> {
    /// What is there in both states, in the order of the new one, but for what stands in its file as it stood.
    pub changed: Vec<Pair<'w>>,
    /// What is gone from a target that is there in both states.
    pub gone: Vec<Single<'w>>,
    /// What such a target has now and did not have.
    pub added: Vec<Single<'w>>,
}

/// What a rule over two states sees.
#[derive(Clone, Copy, Debug)]
pub struct ChangeContext<'a, 'w> {
    /// The state that is compared with.
    pub old: Context<'a, 'w>,
    /// The state that is judged.
    pub new: Context<'a, 'w>,
    /// What changed.
    pub changes: &'a Changes<'w>,
}

impl<'a, 'w> ChangeContext<'a, 'w> {
    /// The targets of both states, by root and name.
    pub fn targets(&self) -> impl Iterator<Item = (usize, usize)> + 'a {
        both(self.old.world, self.new.world)
    }
}

/// Positions of the targets that both states have.
fn both<'a>(old: &'a World<'_>, new: &'a World<'_>) -> impl Iterator<Item = (usize, usize)> + 'a {
    let known: HashMap<(usize, &str), usize> =
        old.targets.iter().enumerate().map(|(at, target)| ((target.root, &*target.name), at)).collect();
    let here = new.targets.iter().enumerate();
    here.filter_map(move |(at, target)| Some((*known.get(&(target.root, &*target.name))?, at)))
}

/// What names an object in its target.
type Key<'w> = (&'w str, &'w str, &'w str, &'w str);

/// The name of an object where it is known. An object without a namespace is where its target is applied.
fn key<'w>(resource: &'w Resource<'w>) -> Option<Key<'w>> {
    let namespace = match &resource.namespace {
        Namespace::Known(name) | Namespace::Set(_, Some(name)) => name,
        Namespace::None | Namespace::Unspecified(_) | Namespace::Set(_, None) => "",
        Namespace::Unknown(_) => return None,
    };
    resource.whole.then_some(())?;
    Some((resource.group, resource.kind, namespace, resource.name()?))
}

impl<'w> Changes<'w> {
    /// Compares two states.
    pub fn new(old: &World<'w>, new: &World<'w>) -> Changes<'w> {
        let mut changes = Changes::default();
        let mut pairs: HashMap<(usize, usize), usize> = HashMap::new();
        let mut gone: HashMap<usize, usize> = HashMap::new();
        let mut added: HashMap<usize, usize> = HashMap::new();
        for (before, after) in both(old, new) {
            let (before, after) = (&old.targets[before], &new.targets[after]);
            let known = index(old.resources, before);
            let now = index(new.resources, after);
            for at in &after.members {
                let Some(key) = key(&new.resources[*at]) else { continue };
                let Some(was) = known.get(&key) else {
                    single(&mut changes.added, &mut added, *at, &new.resources[*at], &after.name);
                    continue;
                };
                let same = |a: &Resource<'_>, b: &Resource<'_>| {
                    a.value.as_written().is_some_and(|text| b.value.as_written() == Some(text))
                };
                if same(&old.resources[*was], &new.resources[*at]) {
                    continue;
                }
                let place = *pairs.entry((*was, *at)).or_insert_with(|| {
                    let pair = Pair { old: &old.resources[*was], new: &new.resources[*at], targets: Vec::new() };
                    changes.changed.push(pair);
                    changes.changed.len() - 1
                });
                changes.changed[place].targets.push(Arc::clone(&after.name));
            }
            // A name that cannot be told may be that of what seems to be gone.
            let others = after.members.iter().map(|at| &new.resources[*at]).filter(|other| self::key(other).is_none());
            let unsure: HashSet<(&str, &str)> = others.map(|other| (other.group, other.kind)).collect();
            for at in &before.members {
                let resource = &old.resources[*at];
                let Some(key) = key(resource) else { continue };
                let is_there = now.contains_key(&key)
                    || !after.openings.is_empty()
                    || unsure.contains(&(resource.group, resource.kind));
                if !is_there {
                    single(&mut changes.gone, &mut gone, *at, resource, &after.name);
                }
            }
        }
        changes
    }
}

fn index<'w>(resources: &'w [Resource<'w>], target: &Target) -> HashMap<Key<'w>, usize> {
    target.members.iter().filter_map(|at| Some((key(&resources[*at])?, *at))).collect()
}

fn single<'w>(
    into: &mut Vec<Single<'w>>,
    known: &mut HashMap<usize, usize>,
    at: usize,
    resource: &'w Resource<'w>,
    target: &Arc<str>,
) {
    let place = *known.entry(at).or_insert_with(|| {
        into.push(Single { resource, targets: Vec::new() });
        into.len() - 1
    });
    into[place].targets.push(Arc::clone(target));
}
