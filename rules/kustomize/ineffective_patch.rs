//! Patches whose target meets no object.

use super::{first_line, is_apart, kustomization_in};
use crate::declare_rule;
use crate::finding::{Confidence, Edit};
use crate::render::kustomize::{Idle, Misfit, Near};
use crate::rule::{Builder, Context, Sink, World};
use crate::yaml::Value;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds a patch with a `target` that no object of the build meets, and says which field of the target keeps the
    /// nearest objects out.
    ///
    /// ## Why it matters
    /// A patch without a target fails the build where its object is missing. One with a target is passed over in
    /// silence: the size, the replica or the role that it was to bring never arrives.
    ///
    /// ## Instead
    /// Name the object as it is when the patch runs. Every field of a target is a regular expression for the whole text:
    /// `name: web` does not meet `web-frontend`, `name: web.*` does. Patches run before the namespace, the prefix and
    /// the suffix of their own kustomization are set, and after those of the kustomizations that it includes.
    ///
    /// ## Limits
    /// A patch that several kustomizations share, as in a Component, is told only if it meets nothing in any of them.
    /// Where a remote base, a Helm chart or a plugin takes part, there may be something to meet: that is undecided. A
    /// target that asks for a kind alone has medium confidence, for it may be there for what comes; so has it low in
    /// samples and in the patches that a Flux Kustomization hands on.
    pub static RULE {
        id: "kustomize/ineffective-patch",
        summary: "a patch whose target meets nothing is passed over in silence",
        scope: Repo,
        codes: ["target" => (Warning, High, Gitops)],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let world = context.world;
    let mut by_target: BTreeMap<_, Vec<&Idle>> = BTreeMap::new();
    for idle in &world.told.idle {
        by_target.entry(idle.span).or_default().push(idle);
    }
    for (span, uses) in by_target {
        match uses.iter().find_map(|idle| idle.open.as_deref()) {
            Some(open) => {
                let reason = format!("whether the patch meets anything is not known: {open}");
                sink.undecided(first_line(world, span), reason);
            }
            None if uses.iter().all(|idle| idle.objects == 0) => {
                sink.undecided(first_line(world, span), "there is nothing yet that the patch could meet");
            }
            // The use in which something comes nearest says most.
            None => {
                if let Some(idle) =
                    uses.iter().min_by_key(|idle| idle.near.first().map_or(9, |near| near.misfits.len()))
                {
                    report(world, idle, sink);
                }
            }
        }
    }
}

fn report<'w>(world: &World<'w>, idle: &Idle, sink: &mut Sink<'_, 'w>) {
    let kustomization = kustomization_in(world, idle.span.source);
    let target = kustomization.and_then(|one| target_at(one.value, idle));
    let nearest = idle.near.first().and_then(|near| Some((near, near.misfits.first()?)));
    let why = match nearest {
        Some((near, misfit)) => why(near, misfit),
        None => match idle.objects {
            1 => "the one object of this build does not meet its target".to_owned(),
            count => format!("none of the {count} objects of this build meets its target"),
        },
    };
    let span = nearest.map_or_else(|| first_line(world, idle.span), |(_, misfit)| misfit.span);
    let pointer = kustomization.zip(target).and_then(|(one, target)| one.value.pointer_to(target)).unwrap_or_default();
    let mut finding =
        sink.file_finding("target", span, pointer, format!("the patch changes nothing: {why}")).label("meets nothing");
    for near in &idle.near {
        if let Some(text) = label(near) {
            finding = finding.related(first_line(world, near.span), text);
        }
    }
    let namespace = |value: Value<'w>| value.get("namespace").and_then(Value::as_str);
    let too_early = kustomization
        .zip(target)
        .is_some_and(|(one, target)| namespace(target).is_some_and(|wanted| namespace(one.value) == Some(wanted)));
    let is_namespace = nearest.is_none_or(|(_, misfit)| misfit.field == "namespace");
    if too_early && is_namespace {
        finding = finding
            .note("the namespace of a kustomization is set after its patches have run")
            .help("take the namespace out of the target");
    } else if let Some((near, misfit)) = nearest {
        finding = advise(world, near, misfit, kustomization.map(|one| one.value), finding);
    }
    let path = world.sources[idle.span.source].path();
    let by_kind = target.is_some_and(|target| {
        target.entries().all(|(key, value)| value.is_null() || matches!(key, "group" | "version" | "kind"))
    });
    if is_apart(path) || kustomization.is_none() {
        finding.confidence(Confidence::Low);
    } else if by_kind {
        finding.confidence(Confidence::Medium);
    }
}

fn target_at<'w>(kustomization: Value<'w>, idle: &Idle) -> Option<Value<'w>> {
    let lists = ["patches", "patchesJson6902"].into_iter().filter_map(|list| kustomization.get(list));
    lists.flat_map(Value::items).filter_map(|entry| entry.get("target")).find(|target| target.span() == idle.span)
}

/// Why a target does not meet the object that comes nearest.
fn why(near: &Near, misfit: &Misfit) -> String {
    let (kind, wanted) = (&near.id.kind, &misfit.wanted);
    if near.misfits.len() > 1 {
        return format!("no object of this build meets its target, {} only nearly", near.id);
    }
    match misfit.field {
        "name" => format!("no {kind} of this build is called `{wanted}`"),
        "namespace" if near.id.namespace.is_empty() => {
            format!("{} has no namespace yet, so `{wanted}` is not its", near.id)
        }
        "namespace" => format!("{} is not in the namespace `{wanted}`", near.id),
        "kind" => format!("no `{wanted}` of this build is called `{}`", near.id.name),
        "labelSelector" => format!("the labels of {} do not meet `{wanted}`", near.id),
        "annotationSelector" => format!("the annotations of {} do not meet `{wanted}`", near.id),
        field => format!("the {field} of {} is not `{wanted}`", near.id),
    }
}

fn label(near: &Near) -> Option<String> {
    let misfit = near.misfits.first()?;
    Some(match misfit.field {
        "name" => format!("this {} is called `{}`", near.id.kind, near.id.name),
        "kind" => format!("this is a {}", near.id.kind),
        "namespace" if near.id.namespace.is_empty() => "no namespace is written here".to_owned(),
        "namespace" => format!("this one is in `{}`", near.id.namespace),
        "group" if near.id.group.is_empty() => "its group is the core, which is empty".to_owned(),
        "group" => format!("its group is `{}`", near.id.group),
        "version" => format!("its version is `{}`", near.id.version),
        _ => "this object comes nearest".to_owned(),
    })
}

fn advise<'f>(
    world: &World<'_>,
    near: &Near,
    misfit: &Misfit,
    kustomization: Option<Value<'_>>,
    finding: Builder<'f>,
) -> Builder<'f> {
    let setting = |key: &str| kustomization.and_then(|one| one.get(key)).and_then(Value::as_str).unwrap_or_default();
    let renamed = format!("{}{}{}", setting("namePrefix"), near.id.name, setting("nameSuffix"));
    let (later, have) = match misfit.field {
        "name" => (renamed == misfit.wanted, &near.id.name),
        "kind" => (false, &near.id.kind),
        "namespace" => (false, &near.id.namespace),
        "group" => (false, &near.id.group),
        "version" => (false, &near.id.version),
        _ => return finding,
    };
    let finding = match later {
        true => finding.note("prefix and suffix of a kustomization are put on after its patches have run"),
        false => finding,
    };
    let plain = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
            && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
    };
    // In quotes, in an inline text or with an escape the bytes are not the text.
    if have.is_empty() || !plain(have) || world.sources.slice(misfit.span) != misfit.wanted || near.misfits.len() > 1 {
        return finding;
    }
    let edit = Edit { span: misfit.span, text: have.to_string() };
    finding.suggestion(format!("if you meant {}", near.id), vec![edit])
}
