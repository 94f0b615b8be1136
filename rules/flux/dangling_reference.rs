//! References of Flux objects that lead nowhere.

use crate::declare_rule;
use crate::graph::Lookup;
use crate::graph::flux::{Flux, Node};
use crate::manifest::Resource;
use crate::render::flux::{GROUP, Trouble};
use crate::rule::flux_references::{Doubt, Folders, Makers, Reference, known, only_branch};
use crate::rule::{Sink, TargetContext};
use crate::tree;
use crate::yaml::Value;
use foldhash::HashSet;

declare_rule! {
    /// ## What it does
    /// Finds references of Flux Kustomizations and HelmReleases to what is not there: `sourceRef` and `chartRef`, the
    /// ConfigMaps and Secrets of `substituteFrom` and `valuesFrom`, `dependsOn`, and `path`. A name without the hash that
    /// a generator of kustomize puts behind it is one of them: kustomize rewrites such names in the kinds of Kubernetes,
    /// and in those of Flux only where a `nameReference` configuration says so.
    ///
    /// ## Why it matters
    /// The API server accepts them all. Flux then stops at that object and tries again for ever: what it should apply
    /// is not applied, and what was applied earlier stays as it was, so a running cluster looks healthy for months.
    ///
    /// ## Instead
    /// Name what is there, in the namespace where it is: without one, `sourceRef`, `chartRef` and `dependsOn` mean the
    /// object's own, and `substituteFrom` and `valuesFrom` never leave it. Mark what may be missing with
    /// `optional: true`. For generated ConfigMaps set `disableNameSuffixHash: true` or add the configuration.
    ///
    /// ## Limits
    /// Nothing is said where something that is not seen may bring the object: a base that is not built here, a
    /// Kustomization of another repo, a template. Charts are not taken for makers of Flux objects or ConfigMaps. A
    /// Secret is often made by hand, so one that is missing is reported only beside one of a similar name, or of the
    /// same name elsewhere. Keys in ConfigMaps and Secrets are not looked for.
    pub static RULE {
        id: "flux/dangling-reference",
        summary: "a Flux object names something that is not there",
        scope: Target,
        codes: [
            "missing-source" => (Error, High, Gitops),
            "missing-chart" => (Error, High, Gitops),
            "missing-variables" => (Error, High, Gitops),
            "missing-values" => (Error, High, Gitops),
            "missing-dependency" => (Error, High, Gitops),
            "missing-path" => (Error, High, Gitops),
            "unhashed-name" => (Error, High, Gitops),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

const SOURCES: &str = "source.toolkit.fluxcd.io";
const HELM: &str = "helm.toolkit.fluxcd.io";

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let flux = context.flux();
    let makers = Makers::new(context, flux.guessed);
    let seen = context.flux_as_seen();
    let built: HashSet<(&str, &str)> = seen
        .nodes
        .iter()
        .filter(|node| node.applied.folder.is_some())
        .map(|node| (node.applied.namespace.as_str(), node.applied.name.as_str()))
        .collect();
    for from in context.graph.of_kind(GROUP, "Kustomization").iter().copied().filter(|from| from.whole) {
        let applied =
            from.name().zip(from.namespace.known()).is_some_and(|(name, space)| built.contains(&(space, name)));
        source(from, from.at(&["spec", "sourceRef"]), "missing-source", applied, &makers, sink);
        dependencies(from, GROUP, "Kustomization", &makers, sink);
        let list = from.at(&["spec", "postBuild", "substituteFrom"]);
        for entry in list.into_iter().flat_map(Value::items) {
            data(from, entry, "missing-variables", "takes variables from", &makers, sink);
        }
    }
    for from in context.graph.of_kind(HELM, "HelmRelease").iter().copied().filter(|from| from.whole) {
        source(from, from.at(&["spec", "chartRef"]), "missing-chart", false, &makers, sink);
        let chart = from.at(&["spec", "chart", "spec", "sourceRef"]);
        source(from, chart, "missing-chart", false, &makers, sink);
        dependencies(from, HELM, "HelmRelease", &makers, sink);
        for entry in from.at(&["spec", "valuesFrom"]).into_iter().flat_map(Value::items) {
            data(from, entry, "missing-values", "takes values from", &makers, sink);
        }
    }
    paths(context, &flux, sink);
}

/// A reference to a source or a chart, which may name a namespace.
fn source<'w>(
    from: &'w Resource<'w>,
    reference: Option<Value<'w>>,
    code: &'static str,
    applied: bool,
    makers: &Makers<'_, '_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let Some(reference) = reference.filter(|reference| reference.is_mapping()) else { return };
    let (Some(kind), Some(value)) = (reference.get("kind").and_then(Value::known), reference.get("name")) else {
        return;
    };
    let kind = match kind {
        "GitRepository" => "GitRepository",
        "OCIRepository" => "OCIRepository",
        "Bucket" => "Bucket",
        "HelmRepository" => "HelmRepository",
        "HelmChart" => "HelmChart",
        // Something in the cluster puts these together.
        _ => return,
    };
    let verb = if code == "missing-chart" { "takes its chart from" } else { "takes its files from" };
    let reference = Reference { from, value, namespace: reference.get("namespace"), group: SOURCES, kind, code, verb };
    if code == "missing-source" && value.known().is_some_and(|name| makers.bootstraps(name)) {
        return;
    }
    reference.resolve(makers, sink, |absence| {
        let evident = !applied || absence.near.is_some() || !absence.elsewhere.is_empty();
        // What it applies is in this repo, so a bootstrap makes its source.
        if evident { Doubt::None } else { Doubt::Silent }
    });
}

fn dependencies<'w>(
    from: &'w Resource<'w>,
    group: &'static str,
    kind: &'static str,
    makers: &Makers<'_, '_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    for entry in from.at(&["spec", "dependsOn"]).into_iter().flat_map(Value::items) {
        let Some(value) = entry.get("name") else { continue };
        if kind == "Kustomization" && value.known().is_some_and(|name| makers.bootstraps(name)) {
            continue;
        }
        let namespace = entry.get("namespace");
        let code = "missing-dependency";
        let reference = Reference { from, value, namespace, group, kind, code, verb: "waits for" };
        reference.resolve(makers, sink, |_| Doubt::None);
    }
}

/// A reference to a ConfigMap or a Secret of the same namespace.
fn data<'w>(
    from: &'w Resource<'w>,
    entry: Value<'w>,
    code: &'static str,
    verb: &'static str,
    makers: &Makers<'_, '_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    if entry.get("optional").is_some_and(|optional| optional.as_bool() != Some(false) && !optional.is_null()) {
        return;
    }
    let (Some(kind), Some(value)) = (entry.get("kind").and_then(Value::known), entry.get("name")) else { return };
    let kind = match kind {
        "ConfigMap" => "ConfigMap",
        "Secret" => "Secret",
        _ => return,
    };
    let reference = Reference { from, value, namespace: None, group: "", kind, code, verb };
    let Some(name) = value.known() else {
        known(value, sink);
        return;
    };
    let there = |lookup: &Lookup<'w>| matches!(lookup, Lookup::Found(_));
    if !there(&makers.graph().find_beside_charts("", kind, &from.namespace, name))
        && let Some(made) = makers.hashed(kind, &from.namespace, name)
        && !makers.makes(kind, &from.namespace, name)
    {
        return unhashed(&reference, name, made, sink);
    }
    reference.resolve(makers, sink, |absence| makers.doubt(kind, &from.namespace, name, absence).into());
}

/// A reference to what a generator makes, without the hash.
fn unhashed<'w>(reference: &Reference<'w>, name: &str, made: &'w Resource<'w>, sink: &mut Sink<'_, 'w>) {
    let (from, kind) = (reference.from, reference.kind);
    let full = made.written_name().unwrap_or_default();
    let message = format!("{} {} {kind} `{name}`, which the generator calls `{full}`", from.title(), reference.verb);
    sink.finding("unhashed-name", from, reference.value, message)
        .label("stays without the hash")
        .related(made.headline().span(), format!("the generator makes `{full}`"))
        .note(format!(
            "kustomize does not rewrite this field of a {} without a `nameReference` configuration",
            from.kind
        ))
        .help("set `disableNameSuffixHash: true` in the `options` of the generator")
        .help(format!("or add a `nameReference` for {kind} to the `configurations` of the kustomization"));
}

/// Paths that are not in the repo.
fn paths<'w>(context: &TargetContext<'_, 'w>, flux: &Flux<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut folders: Option<Folders<'_>> = None;
    for node in &flux.nodes {
        let (Some(resource), Some(Trouble::NoFolder(span, folder))) = (node.resource, &node.applied.trouble) else {
            continue;
        };
        if let Some(reason) = doubt(context, folder) {
            sink.undecided(*span, reason);
            continue;
        }
        let folders = folders.get_or_insert_with(|| Folders::new(context));
        report_path(node, resource, folder, folders, sink);
    }
}

/// Why a folder that was not read may be there all the same.
fn doubt(context: &TargetContext<'_, '_>, folder: &str) -> Option<String> {
    if folder.split('/').any(|step| step.starts_with('.')) {
        return Some("hidden folders are not read".into());
    }
    (!only_branch(context)).then(|| "the clusters of this repo follow different revisions of it".into())
}

fn report_path<'w>(
    node: &Node<'_, 'w>,
    resource: &'w Resource<'w>,
    folder: &str,
    folders: &Folders<'_>,
    sink: &mut Sink<'_, 'w>,
) {
    let value = node.spec(&["path"]).unwrap_or_else(|| resource.headline());
    let message = format!("{} builds `{folder}`, which is not in this repo", resource.title());
    let (there, near) = folders.near(folder);
    let missing = folder[there.len()..].trim_start_matches('/').split('/').next().unwrap_or_default();
    let note = match there {
        "" => format!("the repo has no folder `{missing}`"),
        there => format!("`{there}` is there and holds no `{missing}`"),
    };
    let finding = sink.finding("missing-path", resource, value, message).label("no such folder").note(note);
    match near {
        Some(near) => finding.help(format!("did you mean `{}`?", prefixed(value, &near))),
        None => finding.help(format!("add the folder{}, or name one that is there", in_parent(folder))),
    };
}

fn in_parent(folder: &str) -> String {
    match tree::parent(folder) {
        "" => String::new(),
        parent => format!(" to `{parent}`"),
    }
}

/// A folder in the form in which the value was written.
fn prefixed(value: Value<'_>, folder: &str) -> String {
    let dotted = value.raw().is_some_and(|text| text.starts_with("./"));
    if dotted { format!("./{folder}") } else { folder.to_owned() }
}
