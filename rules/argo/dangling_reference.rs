//! Applications whose folder, value files or project are not there.

use crate::declare_rule;
use crate::finding::Edit;
use crate::graph::{is_near, near_name};
use crate::manifest::Resource;
use crate::render::argo::{Followed, GROUP, MissingFile, Sourced, Trouble};
use crate::rule::{Builder, Context, Sink, replace_name};
use crate::source::{Origin, Span};
use crate::tree;
use crate::yaml::{Identity, Value};
use foldhash::HashMap;
use std::collections::BTreeSet;

declare_rule! {
    /// ## What it does
    /// Finds Argo CD Applications, written ones and those that an ApplicationSet makes, that take a folder of this repo
    /// which is not there, value files of a chart which are not there, or that belong to a project which is not there.
    ///
    /// ## Why it matters
    /// Nothing refuses such an Application when it is applied. Argo CD cannot make its manifests and shows it with a
    /// `ComparisonError` or `InvalidSpecError`; nothing of it is updated from then on, and what runs is what was there
    /// before. A folder that is renamed leaves the Application behind like that.
    ///
    /// ## Instead
    /// Rename path and folder together; paths count from the root of the repo, value files from the folder of the
    /// chart. A value file that may be missing is said with `ignoreMissingValueFiles`. The project `default` always
    /// exists; any other one needs its AppProject beside the Applications.
    ///
    /// ## Limits
    /// Only sources in this repo are looked at: those with the URL that goes with the most paths which exist here, and at
    /// a revision that is the usual one (`HEAD`, `main`, `master`, `trunk`, or what most Applications follow). Paths and
    /// value files with parameters that only Argo CD knows are left alone, and value files with wildcards, and all that
    /// is made for the clusters that Argo CD knows, since which there are is not written in a repo. A project is
    /// only missed where this repo holds other projects and nothing that is not seen could bring it.
    pub static RULE {
        id: "argo/dangling-reference",
        summary: "an Application takes a folder, a value file or a project that is not there",
        scope: Repo,
        codes: [
            "missing-path" => (Error, High, Gitops),
            "missing-value-file" => (Error, High, Gitops),
            "missing-project" => (Error, High, Gitops),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    if context.world.told.followed.is_empty() {
        return;
    }
    let resources: HashMap<Identity, &'w Resource<'w>> = context
        .world
        .resources
        .iter()
        .filter(|resource| resource.is(GROUP, "Application"))
        .map(|resource| (resource.value.identity(), resource))
        .collect();
    let projects: BTreeSet<&str> = context
        .world
        .resources
        .iter()
        .filter(|resource| resource.is(GROUP, "AppProject"))
        .filter_map(Resource::written_name)
        .collect();
    for (target, followed) in &context.world.told.followed {
        let Some(resource) = resources.get(&followed.object.view().identity()).filter(|_| !followed.unsure) else {
            continue;
        };
        for (source, value) in followed.sources.iter().zip(sources(resource)) {
            of_source(context, resource, source, value, sink);
        }
        project(context, target, resource, &projects, followed, sink);
    }
}

/// The sources of an Application, in order; several hide the one.
fn sources<'w>(resource: &'w Resource<'w>) -> Vec<Value<'w>> {
    let several: Vec<Value<'w>> = resource.at(&["spec", "sources"]).into_iter().flat_map(Value::items).collect();
    if several.is_empty() { resource.at(&["spec", "source"]).into_iter().collect() } else { several }
}

fn of_source<'w>(
    context: &Context<'_, 'w>,
    resource: &'w Resource<'w>,
    source: &Sourced,
    value: Value<'w>,
    sink: &mut Sink<'_, 'w>,
) {
    if let (Some(Trouble::NoFolder(_, folder)), Some(path)) = (&source.trouble, value.get("path")) {
        let message = format!("{} takes folder `{folder}`, which is not in this repo", resource.title());
        let finding = sink.finding("missing-path", resource, path, message).label("no such folder in this repo");
        let near = nearest(folder, folders(context, resource.root).into_iter());
        suggest(placed(finding, path), path, folder, near.as_deref(), "folder");
    }
    let files = value.at(&["helm", "valueFiles"]).into_iter().flat_map(Value::items);
    for file in files {
        let Some(missing) = source.missing.iter().find(|missing| missing.span == file.span()) else { continue };
        value_file(context, resource, missing, file, sink);
    }
}

fn value_file<'w>(
    context: &Context<'_, 'w>,
    resource: &'w Resource<'w>,
    missing: &MissingFile,
    file: Value<'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let title = resource.title();
    match &missing.path {
        Ok(path) => {
            let message = format!("{title} takes values from `{path}`, which is not in this repo");
            let finding =
                sink.finding("missing-value-file", resource, file, message).label("no such file in this repo");
            let files = context.world.manifests.files.iter();
            let near = nearest(path, files.filter(|parsed| parsed.root == resource.root).map(|parsed| parsed.path));
            suggest(placed(finding, file), file, path, near.as_deref(), "file");
        }
        Err(name) => {
            let message = format!("{title} takes values from source `{name}`, which no source is called");
            let finding = sink.finding("missing-value-file", resource, file, message);
            let finding = finding.label(format!("no source has `ref: {name}`"));
            placed(finding, file).help(format!("add a source with `ref: {name}` under `sources`"));
        }
    }
}

/// Points at the parameter that is to blame where a template put the text together.
fn placed<'f>(mut finding: Builder<'f>, value: Value<'_>) -> Builder<'f> {
    let Some(template) = value.past().map(|past| past.value.view().span()) else { return finding };
    let outside =
        |span: Span| span.source != template.source || span.end <= template.start || span.start >= template.end;
    let parameter = match value.origin() {
        Origin::Composed(parts) => parts.iter().map(|part| part.origin.span()).find(|span| outside(*span)),
        origin => Some(origin.span()).filter(|span| outside(*span)),
    };
    match parameter {
        Some(parameter) => {
            finding = finding.underline(parameter);
            finding.related(template, "the template puts it together here")
        }
        None => finding.underline(template),
    }
}

fn suggest(finding: Builder<'_>, value: Value<'_>, missing: &str, near: Option<&str>, what: &str) {
    let Some(near) = near else {
        finding.help(format!("add the {what}, or name one that is there"));
        return;
    };
    match replace_last_step(value, missing, near) {
        Some(edits) => finding.suggestion(format!("take {what} `{near}`, if that is meant"), edits),
        None => finding.help(format!("did you mean `{near}`?")),
    };
}

/// Another last step for a path that is written in one piece.
fn replace_last_step(value: Value<'_>, missing: &str, near: &str) -> Option<Vec<Edit>> {
    let text = value.as_str()?;
    let step = tree::name(near);
    let plain = step.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.'));
    let end = text.trim_end_matches('/').len();
    let start = text[..end].rfind('/').map_or(0, |at| at + 1);
    if tree::parent(missing) != tree::parent(near) || text[start..end] != *tree::name(missing) || !plain {
        return None;
    }
    value.origin().editable()?;
    match value.part(start as u32..end as u32) {
        Origin::Written(span) if start > 0 => Some(vec![Edit { span, text: step.to_owned() }]),
        _ => replace_name(value, step),
    }
}

/// The folders of a root that hold YAML.
fn folders<'w>(context: &Context<'_, 'w>, root: usize) -> BTreeSet<&'w str> {
    let mut found = BTreeSet::new();
    for parsed in context.world.manifests.files.iter().filter(|parsed| parsed.root == root) {
        let mut folder = tree::parent(parsed.path);
        while !folder.is_empty() && found.insert(folder) {
            folder = tree::parent(folder);
        }
    }
    found
}

/// The path that is most likely meant: beside the missing one with a similar name, else the only one of that name.
fn nearest<'p>(missing: &str, known: impl Iterator<Item = &'p str>) -> Option<String> {
    let (parent, name) = (tree::parent(missing), tree::name(missing));
    let mut best: Option<(usize, &str)> = None;
    let mut moved = Vec::new();
    for path in known {
        if tree::name(path) == name {
            moved.push(path);
        }
        if tree::parent(path) != parent {
            continue;
        }
        if let Some(distance) = is_near(name, tree::name(path))
            && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, path));
        }
    }
    match (best, moved.as_slice()) {
        (Some((_, path)), _) => Some(path.to_owned()),
        // Every chart has a file of this name, which says nothing.
        (None, [path]) if name != "values.yaml" => Some((*path).to_owned()),
        _ => None,
    }
}

fn project<'w>(
    context: &Context<'_, 'w>,
    target: &str,
    resource: &'w Resource<'w>,
    projects: &BTreeSet<&str>,
    followed: &Followed<'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let Some(value) = resource.at(&["spec", "project"]) else { return };
    let Some(name) = value.known().filter(|name| !matches!(*name, "" | "default")) else { return };
    if projects.contains(name) {
        return;
    }
    let world = context.world;
    let at = world.targets.iter().position(|known| *known.name == *target && known.root == resource.root);
    let Some(graph) = at.map(|at| &world.graphs[at]) else { return };
    if let Err(reason) = graph.licence(GROUP, "AppProject", &resource.namespace) {
        sink.undecided(value.span(), reason);
        return;
    }
    let known = graph.of_kind(GROUP, "AppProject");
    let message = format!("{} belongs to project `{name}`, which is not there", resource.title());
    let finding = sink.finding("missing-project", resource, value, message);
    let finding = finding.label(format!("no AppProject `{name}` in namespace `{}`", followed.namespace));
    let finding = placed(finding, value).note(match known.len() {
        1 => "looked at 1 object of kind AppProject".to_owned(),
        count => format!("looked at {count} objects of kind AppProject"),
    });
    let Some(near) = near_name(name, known.iter().copied()) else {
        finding.help(format!("add AppProject `{name}`, or name one that is there"));
        return;
    };
    let meant = near.written_name().unwrap_or_default();
    let finding = finding.related(near.headline().span(), "AppProject with a similar name");
    match replace_name(value, meant) {
        Some(edits) => finding.suggestion(format!("name project `{meant}`, if that is meant"), edits),
        None => finding.help(format!("did you mean `{meant}`?")),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_path_is_beside_or_of_the_same_name() {
        let known = ["apps/web", "apps/orders", "old/ledger", "apps/billing/values.yaml"];
        for (missing, expected) in [
            ("apps/wed", Some("apps/web")),
            ("apps/order", Some("apps/orders")),
            ("apps/ledger", Some("old/ledger")),
            ("apps/values.yaml", None),
            ("apps/search", None),
        ] {
            assert_eq!(nearest(missing, known.into_iter()).as_deref(), expected, "{missing}");
        }
    }
}
