//! Which of the repos that Applications name is the one they stand in.

use crate::manifest::Resource;
use crate::render::files::Files;
use crate::render::flux::bare_url;
use crate::tree;
use crate::yaml::{Step, Value, Visit, walk};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of this repo.
#[derive(Clone, Debug, Default)]
pub(in crate::render) struct Repository {
    /// Its URL without scheme and the like.
    url: Option<String>,
    /// The revisions that its Applications follow mostly.
    revision: Option<String>,
}

/// How often a URL goes with a path that is here, and with one that is not.
#[derive(Default)]
struct Count<'a> {
    here: BTreeSet<&'a str>,
    elsewhere: BTreeSet<&'a str>,
    revisions: BTreeMap<&'a str, usize>,
}

impl Repository {
    /// The repo whose URL goes with the most paths that exist here. The root, which every repo has, says nothing.
    pub(super) fn find<'w>(objects: &[&Resource<'w>], files: &Files<'w>) -> Repository {
        let mut counts: BTreeMap<String, Count<'w>> = BTreeMap::new();
        for object in objects {
            walk(object.value, &mut |steps, value| {
                let source =
                    matches!(steps, [.., Step::Key("source" | "git")] | [.., Step::Key("sources"), Step::Index(_)]);
                if source && let Some(url) = value.get("repoURL").and_then(Value::known) {
                    count(value, counts.entry(bare_url(url)).or_default(), files);
                }
                Visit::Into
            });
        }
        counts.retain(|_, count| count.here.len() > count.elsewhere.len());
        let best = counts.into_iter().max_by_key(|(url, count)| (count.here.len(), std::cmp::Reverse(url.clone())));
        let Some((url, count)) = best else { return Repository::default() };
        let revision = count.revisions.into_iter().max_by_key(|(_, count)| *count).map(|(text, _)| text.to_owned());
        Repository { url: Some(url), revision }
    }

    /// Whether a URL names this repo.
    pub(super) fn is_ours(&self, url: &str) -> bool {
        self.url.as_deref() == Some(bare_url(url).as_str())
    }

    /// Whether a revision is the state that lies here, as far as anybody can tell.
    pub(super) fn is_this_state(&self, revision: Option<&str>) -> bool {
        let revision = revision.unwrap_or_default();
        matches!(revision, "" | "HEAD" | "main" | "master" | "trunk") || self.revision.as_deref() == Some(revision)
    }
}

fn count<'w>(source: Value<'w>, count: &mut Count<'w>, files: &Files<'w>) {
    let paths = ["directories", "files"].into_iter().filter_map(|key| source.get(key)).flat_map(Value::items);
    let paths = paths.filter_map(|entry| entry.get("path")).chain(source.get("path")).filter_map(Value::raw);
    for path in paths {
        let fixed = path.find(['*', '?', '[', '{']).map_or(path, |at| tree::parent(&path[..at]));
        let fixed = fixed.trim_start_matches("./").trim_matches('/');
        if fixed.is_empty() || fixed == "." {
            continue;
        }
        if files.is_folder(fixed) || files.yaml(fixed).is_some() {
            count.here.insert(fixed);
            let revision = source.get("targetRevision").or_else(|| source.get("revision")).and_then(Value::known);
            *count.revisions.entry(revision.unwrap_or_default()).or_default() += 1;
        } else {
            count.elsewhere.insert(fixed);
        }
    }
}
