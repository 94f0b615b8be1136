//! What texts say of orphans: comments of kustomizations, scripts, settings of other tools.

use super::Orphan;
use crate::manifest::Kustomization;
use crate::rule::World;
use crate::source::{SourceId, Span};
use crate::tree;
use aho_corasick::{AhoCorasick, MatchKind};
use foldhash::{HashMap, HashMapExt};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// Where the text stands that names an orphan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mention {
    /// In a comment of a kustomization.
    Comment,
    /// In a file that is no kustomization.
    Elsewhere,
}

/// Entries of kustomizations that are commented out, by the path that they name.
pub(super) fn commented(world: &World<'_>) -> BTreeMap<(usize, String), Span> {
    let mut found = BTreeMap::new();
    for one in &world.manifests.kustomizations {
        let file = world.manifests.files[one.file].file;
        let mut marks = memchr::memchr_iter(b'#', file.text().as_bytes());
        if !marks.any(|at| file.text()[at..].lines().next().and_then(entry_in).is_some()) {
            continue;
        }
        for comment in file.comments() {
            let text = &file.text()[comment.start as usize..comment.end as usize];
            let Some(path) = entry_in(text).and_then(|entry| tree::join(one.folder, entry)) else { continue };
            let span = Span::new(file.source(), comment.start..comment.end);
            found.entry((one.root, path)).or_insert(span);
        }
    }
    found
}

/// The path in `# - path`.
fn entry_in(comment: &str) -> Option<&str> {
    let entry = comment.trim_start_matches(['#', ' ', '\t']).strip_prefix("- ")?;
    let path = entry.trim_start().strip_prefix("path:").unwrap_or(entry).split_whitespace().next()?;
    Some(path.trim_matches(['"', '\'']))
}

/// Orphans that some text names, as a script or another tool's settings do. A bare name counts in the same
/// folder only, and what kustomizations say outside their comments is known already.
pub(super) fn mentioned<'w>(world: &World<'w>, orphans: &[Orphan<'_, 'w>]) -> HashMap<(usize, &'w str), Mention> {
    let mut by_name: BTreeMap<&str, Vec<&Orphan<'_, 'w>>> = BTreeMap::new();
    for orphan in orphans {
        by_name.entry(tree::name(orphan.path)).or_default().push(orphan);
    }
    let by_name: Vec<(&str, Vec<&Orphan<'_, 'w>>)> = by_name.into_iter().collect();
    let names = by_name.iter().map(|(name, _)| name);
    let Ok(names) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names) else {
        return HashMap::new();
    };
    let own: HashMap<SourceId, &Kustomization<'_>> =
        world.manifests.kustomizations.iter().map(|one| (one.value.source(), one)).collect();
    let mut found = HashMap::new();
    for (id, source) in world.texts() {
        let kustomization = own.get(&id).map(|one| world.manifests.files[one.file].file);
        let kind = if kustomization.is_some() { Mention::Comment } else { Mention::Elsewhere };
        let comments = OnceCell::new();
        let is_comment = |at: usize| {
            kustomization.is_none_or(|file| {
                let comments = comments.get_or_init(|| file.comments());
                comments.iter().any(|one| (one.start as usize..one.end as usize).contains(&at))
            })
        };
        for hit in names.find_iter(source.text()) {
            let token = path_before(&source.text()[..hit.end()]);
            for orphan in &by_name[hit.pattern()].1 {
                let here = orphan.root == source.root() && orphan.path != source.path();
                if here && is_named_by(token, orphan.path, source.path()) && is_comment(hit.start()) {
                    let known = found.entry((orphan.root, orphan.path)).or_insert(kind);
                    *known = kind.max(*known);
                }
            }
        }
    }
    found
}

/// The path at the end of a text.
fn path_before(text: &str) -> &str {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/');
    let length = text.bytes().rev().take_while(|byte| part(byte)).count();
    &text[text.len() - length..]
}

/// Whether `token`, written in the file `place`, means the file `path`.
fn is_named_by(token: &str, path: &str, place: &str) -> bool {
    let steps = token.trim_start_matches("./").trim_start_matches("../").trim_start_matches('/');
    let ends = path == steps || path.strip_suffix(steps).is_some_and(|rest| rest.ends_with('/'));
    ends && (steps.contains('/') || tree::parent(path) == tree::parent(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_told_from_other_comments() {
        for (comment, path) in [
            ("# - sandbox.yaml", Some("sandbox.yaml")),
            ("#- ./sandbox.yaml # later", Some("./sandbox.yaml")),
            ("## - \"a/b.yaml\"", Some("a/b.yaml")),
            ("# - path: size.yaml", Some("size.yaml")),
            ("# sandbox.yaml is applied by hand", None),
            ("#", None),
        ] {
            assert_eq!(entry_in(comment), path, "{comment}");
        }
    }

    #[test]
    fn a_bare_name_means_the_file_beside() {
        for (token, path, place, means) in [
            ("secret.yaml", "apps/shop/secret.yaml", "apps/shop/deploy.txt", true),
            ("secret.yaml", "apps/shop/secret.yaml", "apps/web/deploy.txt", false),
            ("shop/secret.yaml", "apps/shop/secret.yaml", "Taskfile.yaml", true),
            ("../shop/secret.yaml", "apps/shop/secret.yaml", "apps/web/x.yaml", true),
            ("my-secret.yaml", "apps/shop/secret.yaml", "apps/shop/x.yaml", false),
            ("workshop/secret.yaml", "apps/shop/secret.yaml", "x.yaml", false),
            ("secret.yaml", "secret.yaml", "x.yaml", true),
        ] {
            assert_eq!(is_named_by(token, path, place), means, "{token} {path} {place}");
        }
    }
}
