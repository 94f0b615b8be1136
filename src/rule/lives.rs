//! What the rules about versions of APIs share: the objects of each root with what the root states of its clusters.

use super::{Builder, Context, rewrite};
use crate::finding::Confidence;
use crate::manifest::Resource;
use crate::schema::lifecycle::{Gone, LIFECYCLE, Lifecycle, title};
use crate::schema::shipped::KUBERNETES;
use crate::schema::stated::{Stated, Statement};
use crate::yaml::Value;

/// Calls `look` with every object and with what its root states.
pub fn each<'w>(context: &Context<'_, 'w>, mut look: impl FnMut(&'w Resource<'w>, &Stated, &'static Lifecycle)) {
    let world = context.world;
    world.resources.iter().for_each(|resource| look(resource, &world.stated[resource.root], &LIFECYCLE));
}

/// What is used of the fields that the replacement does not have.
pub fn lost_in_use<'w>(resource: &Resource<'w>, gone: &Gone) -> Option<(&'static str, Value<'w>)> {
    gone.lost.split(',').filter(|path| !path.is_empty()).find_map(|path| {
        let steps: Vec<&str> = path.split('.').collect();
        first(resource.value, &steps).map(|value| (path, value))
    })
}

fn first<'w>(value: Value<'w>, steps: &[&str]) -> Option<Value<'w>> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    match step.strip_suffix("[]") {
        Some(list) => value.get(list)?.items().find_map(|item| first(item, rest)),
        None => first(value.get(step)?, rest),
    }
}

/// Says what to write instead, with an edit where another apiVersion is all it takes.
pub fn replace<'f>(mut finding: Builder<'f>, resource: &Resource<'_>, gone: &Gone) -> Builder<'f> {
    let Some(replacement) = gone.replacement else {
        // No kind takes the place of a PodSecurityPolicy, but a controller in the API server does.
        return finding.help(match resource.kind {
            "PodSecurityPolicy" => {
                "remove the object, and label Namespaces with `pod-security.kubernetes.io/enforce` instead"
            }
            _ => "remove the object: nothing takes its place",
        });
    };
    if let Some((path, value)) = lost_in_use(resource, gone) {
        finding = finding.related(value.key_or_span(), format!("`{path}` has no place in `{replacement}`"));
        return finding.help(format!("write it anew as `{replacement}`"));
    }
    // What the repo says of its cluster may be older than what takes the place.
    let later = KUBERNETES.ranges(&format!("{replacement}/{}", resource.kind)).map(|(first, _)| first).next();
    let later = later.filter(|first| KUBERNETES.releases().next() != Some(*first));
    if let Some(first) = later.filter(|_| gone.rename) {
        return finding.help(format!("write `{replacement}`, which Kubernetes serves from {first} on"));
    }
    let edits = resource.value.get("apiVersion").and_then(|value| rewrite::replace_name(value, replacement));
    match edits.filter(|_| gone.rename) {
        // Whether the installed version serves it already is for the user to say.
        Some(edits) => finding.suggestion(format!("write `{replacement}`"), edits),
        None if gone.rename => finding.help(format!("write `{replacement}`")),
        None => finding.help(format!("write it anew as `{replacement}`; its fields differ")),
    }
}

/// Points at where the version of a project is stated, or says that it is assumed.
pub fn because<'f>(finding: Builder<'f>, project: &str, statement: &Statement) -> Builder<'f> {
    let (project, version) = (title(project), &statement.version);
    if statement.is_assumed {
        let note = format!("this repo states no version of {project}; {version} is the oldest that is still supported");
        return finding.confidence(Confidence::Medium).note(note);
    }
    finding.related(statement.at, format!("{project} {version} is stated here"))
}
