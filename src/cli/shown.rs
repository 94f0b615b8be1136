//! How a person is shown a path and a rule.

use super::load::Loaded;
use crate::report::RuleDoc;
use crate::rules;
use crate::source::{SourceId, Sources};
use std::path::{Path, PathBuf};

/// The path of a source as a person in the current folder would type it.
pub(super) fn display(loaded: &Loaded) -> impl Fn(SourceId) -> String + '_ {
    let here = here();
    move |id| {
        let source = &loaded.sources[id];
        let path = loaded.folders.get(source.root()).map(|folder| folder.join(source.path())).unwrap_or_default();
        match source.revision() {
            Some(revision) => format!("{} ({revision})", relative(&path, &here)),
            None => relative(&path, &here),
        }
    }
}

/// The same for sources of one root, which lies at `folder`.
pub(super) fn display_below<'a>(folder: &'a Path, sources: &'a Sources) -> impl Fn(SourceId) -> String + 'a {
    let here = here();
    move |id| relative(&folder.join(sources[id].path()), &here)
}

/// A path on disk as a person in the current folder would type it.
pub(super) fn shown_path(path: &Path) -> String {
    relative(path, &here())
}

fn here() -> PathBuf {
    std::env::current_dir().and_then(|folder| folder.canonicalize()).unwrap_or_default()
}

fn relative(path: &Path, here: &Path) -> String {
    let mut up = String::new();
    let mut base = here;
    loop {
        if let Ok(rest) = path.strip_prefix(base) {
            return format!("{up}{}", rest.display());
        }
        match base.parent() {
            // Far away is told better by the whole path.
            Some(parent) if up.len() < 9 => {
                base = parent;
                up.push_str("../");
            }
            _ => return path.display().to_string(),
        }
    }
}

/// What a report says about a rule itself.
pub(super) fn rule_doc(id: &str) -> RuleDoc {
    let rule = rules::find(id).expect("internal: findings name rules that exist");
    RuleDoc {
        summary: rule.summary.into(),
        text: rule.docs.into(),
        url: rule.anchor().into(),
        severity: rule.severity(),
        category: rule.category(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_unless_far_away() {
        for (path, here, shown) in [
            ("/a/b/c.yaml", "/a/b", "c.yaml"),
            ("/a/c.yaml", "/a/b", "../c.yaml"),
            ("/x/c.yaml", "/a/b/c/d", "/x/c.yaml"),
        ] {
            assert_eq!(relative(Path::new(path), Path::new(here)), shown, "{path} from {here}");
        }
    }
}
