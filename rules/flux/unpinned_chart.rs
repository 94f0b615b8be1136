//! Charts whose version moves by itself.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::release::{Exactness, HelmRelease, exactness};
use crate::manifest::Resource;
use crate::rule::releases::{doubt, is_named, judged};
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds HelmReleases whose chart is not pinned: no version, `*` or a range where it comes from a HelmRepository; no
    /// `ref`, a `semver` range or a tag that is no whole version where it comes from an OCIRepository; a branch where
    /// it comes from a GitRepository of another repo. With the option `digest`, an OCIRepository needs a digest.
    ///
    /// ## Why it matters
    /// A chart that floats is upgraded when its vendor publishes, not when somebody merges: two clusters of one commit run
    /// different versions, a rollback in git rolls nothing back, and what was reviewed is not what runs.
    ///
    /// ## Instead
    /// The exact version, which an update bot raises by a merge request.
    ///
    /// ## Limits
    /// Some projects take patches by range on purpose, so the rule is off until the config names it. Charts in the repo
    /// itself are pinned by its commit. A version that is still a `${VAR}` is left undecided, and so is one
    /// that is missing where Flux starts in another repo.
    pub static RULE {
        id: "flux/unpinned-chart",
        summary: "a chart's version floats",
        scope: Target,
        codes: [
            "none" => (Warning, High, Gitops),
            "range" => (Warning, High, Gitops),
            "tag" => (Warning, High, Gitops),
            "branch" => (Warning, High, Gitops),
            "digest" => (Warning, High, Gitops),
        ],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Whether an OCIRepository has to name a digest.
    pub digest: bool,
    /// Releases and sources, by name or as `namespace/name`, that are left alone.
    pub except: Vec<String>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    let unseen = context.starts_unseen();
    let seen = context.flux_as_seen();
    // What brings this repo to the cluster.
    let own: HashSet<(&str, &str)> = seen
        .nodes
        .iter()
        .filter(|node| node.applied.folder.is_some())
        .filter_map(|node| node.spec(&["sourceRef"]))
        .filter_map(|source| Some((source.get("kind")?.known()?, source.get("name")?.known()?)))
        .collect();
    let mut told: HashSet<Span> = HashSet::new();
    for release in judged(context, &options.except) {
        let source = release.source(context.graph).filter(|source| source.whole);
        if source.is_some_and(|source| is_named(&options.except, source)) {
            continue;
        }
        match (release.source_kind(), source) {
            (Some("HelmRepository"), _) => version(unseen, &release, sink),
            (Some("OCIRepository"), Some(source)) if told.insert(source.headline().span()) => {
                artifact(unseen, &release, source, options.digest, sink);
            }
            (Some("GitRepository"), Some(source)) => {
                let name = source.written_name().unwrap_or_default();
                if !own.contains(&("GitRepository", name)) && told.insert(source.headline().span()) {
                    checkout(unseen, &release, source, sink);
                }
            }
            _ => {}
        }
    }
}

/// A chart by name and version.
fn version<'w>(unseen: bool, release: &HelmRelease<'w>, sink: &mut Sink<'_, 'w>) {
    let Some(chart) = release.chart() else { return };
    let resource = release.resource();
    let written = chart.get("version").filter(|version| !version.is_null());
    let Some(at) = written else {
        let Some(name) = chart.get("chart") else { return };
        if let Some(reason) = doubt(unseen, resource) {
            return sink.undecided(name.span(), reason);
        }
        sink.finding(
            "none",
            resource,
            name,
            format!("{} follows whatever its chart's newest version is", resource.title()),
        )
        .label("no version beside it")
        .help("set `version` to the one that runs");
        return;
    };
    if let Some(reason) = at.unknown() {
        return sink.undecided(at.span(), reason);
    }
    let Some(text) = at.raw() else { return };
    floating(resource, at, text, sink);
}

/// A finding about a version or a constraint that is not exact.
fn floating<'w>(resource: &'w Resource<'w>, at: Value<'w>, text: &str, sink: &mut Sink<'_, 'w>) {
    match exactness(text) {
        Exactness::Exact => {}
        Exactness::Any => {
            sink.finding(
                "none",
                resource,
                at,
                format!("{} follows whatever its chart's newest version is", resource.title()),
            )
            .label("takes any version")
            .help("name the one that runs");
        }
        Exactness::Range => {
            sink.finding(
                "range",
                resource,
                at,
                format!("{} moves to any new version within `{text}`", resource.title()),
            )
            .label("a range, not a version")
            .help("name the one that runs");
        }
    }
}

/// A chart in an OCI artifact.
fn artifact<'w>(
    unseen: bool,
    release: &HelmRelease<'w>,
    source: &'w Resource<'w>,
    wants_digest: bool,
    sink: &mut Sink<'_, 'w>,
) {
    let reference = |key: &str| source.at(&["spec", "ref", key]).filter(|value| !value.is_null());
    let unknown =
        ["digest", "semver", "tag"].into_iter().filter_map(reference).find_map(|value| Some((value, value.unknown()?)));
    if let Some((value, reason)) = unknown {
        return sink.undecided(value.span(), reason);
    }
    if reference("digest").is_some() {
        return;
    }
    let used = release.source_reference().map(Value::key_or_span);
    if let Some(range) = reference("semver") {
        if let Some(text) = range.raw() {
            floating(source, range, text, sink);
        }
        return;
    }
    let Some(tag) = reference("tag") else {
        let at = source.headline();
        if let Some(reason) = doubt(unseen, source) {
            return sink.undecided(at.span(), reason);
        }
        sink.finding("none", source, at, format!("{} follows the tag `latest`", source.title()))
            .label("no `ref` says which version")
            .related(used, "takes its chart from there")
            .help("set `ref.tag` to the version that runs");
        return;
    };
    let Some(text) = tag.raw() else { return };
    let (text, digest) = text.split_once('@').map_or((text, None), |(tag, digest)| (tag, Some(digest)));
    if digest.is_some() {
        return;
    }
    if exactness(text) != Exactness::Exact {
        sink.finding("tag", source, tag, format!("{} follows the tag `{text}`, which moves", source.title()))
            .label("no whole version")
            .related(used, "takes its chart from there")
            .help("name the version that runs");
    } else if wants_digest {
        sink.finding("digest", source, tag, format!("{} takes whatever the tag `{text}` leads to", source.title()))
            .label("a tag without a digest")
            .related(used, "takes its chart from there")
            .help("add the digest of the artifact under `ref.digest`");
    }
}

/// A chart in another git repo.
fn checkout<'w>(unseen: bool, release: &HelmRelease<'w>, source: &'w Resource<'w>, sink: &mut Sink<'_, 'w>) {
    let reference = source.at(&["spec", "ref"]).filter(|reference| !reference.is_null());
    let given = |key: &str| reference.and_then(|reference| reference.get(key)).filter(|value| !value.is_null());
    if given("commit").is_some() || given("tag").is_some() || given("name").is_some() {
        return;
    }
    if let Some(range) = given("semver") {
        if let Some(text) = range.known() {
            floating(source, range, text, sink);
        }
        return;
    }
    let branch = given("branch");
    if let Some(reason) = branch.and_then(Value::unknown) {
        return sink.undecided(source.headline().span(), reason);
    }
    let at = branch.unwrap_or_else(|| source.headline());
    if let Some(reason) = doubt(unseen, source).filter(|_| branch.is_none()) {
        return sink.undecided(at.span(), reason);
    }
    let name = branch.and_then(Value::known).unwrap_or("master");
    let message = format!("the chart of {} changes with every commit to `{name}` of another repo", release.title());
    let finding = sink.finding("branch", source, at, message).label(match branch {
        Some(_) => "a branch, not a commit",
        None => "no `ref`: the branch `master`",
    });
    finding
        .related(release.source_reference().map(Value::key_or_span), "takes its chart from there")
        .help("set `ref.tag` or `ref.commit`");
}
