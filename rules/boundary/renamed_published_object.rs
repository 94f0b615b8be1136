//! A Cluster, Pooler or Service of the platform that is gone.

use crate::config::Role;
use crate::declare_rule;
use crate::manifest::Resource;
use crate::rule::{ChangeContext, Single, Sink};

declare_rule! {
    /// ## What it does
    /// Compares two states (`--base`) of a repo or path whose role is `platform`, and finds a Cluster, a Pooler or a Service
    /// of databases that is gone, renamed, or in another namespace.
    ///
    /// ## Why it matters
    /// Apps reach a database by the name of its Service, which is made from the name of the Cluster or Pooler:
    /// `main-rw.databases`. That name stands in connection strings of other repos. With the object the name goes, and with
    /// a Cluster its data, if nothing keeps the volumes.
    ///
    /// ## Instead
    /// Bring the new name up beside the old one, move the consumers, and take the old one away when nobody names it.
    ///
    /// ## Limits
    /// Works with `--base`, where the config gives the path the role `platform`. A Service counts where it selects pods of the
    /// operator (`cnpg.io/...`). What may still be there under a name that is not known here is passed over. An object that
    /// appears in the same namespace, of the same kind, while one goes, is taken for the new name where it is the only one.
    pub static RULE {
        id: "boundary/renamed-published-object",
        summary: "a cluster, pooler or service that other repos name is gone",
        scope: Change,
        codes: ["gone" => (Error, High, Boundary), "renamed" => (Error, High, Boundary)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &ChangeContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let config = |resource: &Resource<'_>| &context.new.world.configs[resource.root];
    for gone in &context.changes.gone {
        let resource = gone.resource;
        let role = config(resource).role_of(resource.path).filter(|role| role.value == Role::Platform);
        if role.is_none() || !is_published(resource) {
            continue;
        }
        let (Some(name), title) = (resource.name(), resource.title()) else { continue };
        let hosts = hosts(resource, name);
        match successor(gone, &context.changes.added, &context.changes.gone) {
            Some(new) => {
                let message = format!("{title} became {}; {hosts} not there any more", new.title());
                sink.finding("renamed", new, new.headline(), message)
                    .label("the new name")
                    .related(resource.headline().span(), "other repos know this name")
                    .in_targets(&gone.targets, &new.object_name())
                    .help("bring the new one up beside the old one until nobody names the old one");
            }
            None => {
                let message = format!("{title} is gone; {hosts} not there any more");
                sink.finding("gone", resource, resource.headline(), message)
                    .label("other repos know this name")
                    .in_targets(&gone.targets, &resource.object_name())
                    .help("take it away when nobody names it any more");
            }
        }
    }
}

fn is_published(resource: &Resource<'_>) -> bool {
    match (resource.group, resource.kind) {
        ("postgresql.cnpg.io", "Cluster" | "Pooler") => true,
        ("", "Service") => resource
            .at(&["spec", "selector"])
            .is_some_and(|selector| selector.entries().any(|(key, _)| key.starts_with("cnpg.io/"))),
        _ => false,
    }
}

/// The services that go with an object, and the verb.
fn hosts(resource: &Resource<'_>, name: &str) -> String {
    match resource.kind {
        "Cluster" => format!("its services `{name}-rw`, `{name}-ro` and `{name}-r` are"),
        "Service" => "that name is".to_owned(),
        _ => format!("its service `{name}` is"),
    }
}

/// What came where `gone` went: the only object of its kind that is new, where it is the only one of its kind that is gone.
fn successor<'w>(gone: &Single<'w>, added: &[Single<'w>], all_gone: &[Single<'w>]) -> Option<&'w Resource<'w>> {
    let is_alike = |other: &&Single<'w>| {
        other.resource.is(gone.resource.group, gone.resource.kind)
            && is_published(other.resource)
            && other.targets.iter().any(|target| gone.targets.contains(target))
    };
    let moved = added.iter().filter(is_alike).find(|new| new.resource.name() == gone.resource.name());
    let mut alone = added.iter().filter(is_alike);
    let only = match (alone.next(), alone.next(), all_gone.iter().filter(is_alike).count()) {
        (Some(new), None, 1) => Some(new),
        _ => None,
    };
    moved.or(only).map(|new| new.resource)
}
