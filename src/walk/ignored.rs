//! The ignore rules of git: the patterns of a folder and of the folders above it, the nearest one first.

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::sync::Arc;

/// The patterns that hold in one folder and below. Paths are relative to the top of the repository.
#[derive(Debug)]
pub(super) struct Rules {
    folder: String,
    patterns: Gitignore,
    above: Option<Arc<Rules>>,
}

impl Rules {
    /// The rules of `text`, written in `folder`, laid over the rules `above`. Lines that are no patterns are passed
    /// over, as git does.
    pub(super) fn over(
        above: Option<Arc<Rules>>,
        folder: &str,
        text: &str,
    ) -> Result<Option<Arc<Rules>>, ignore::Error> {
        let mut builder = GitignoreBuilder::new("");
        for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
            let _ = builder.add_line(None, line);
        }
        let patterns = builder.build()?;
        if patterns.is_empty() {
            return Ok(above);
        }
        Ok(Some(Arc::new(Rules { folder: folder.to_owned(), patterns, above })))
    }

    /// Whether these rules leave out a path that lies below the folder they were made for. The folders above the path
    /// must have been asked about before: nothing can be taken back in below a folder that is out.
    pub(super) fn leave_out(&self, path: &str, is_folder: bool) -> bool {
        let mut rules = Some(self);
        while let Some(here) = rules {
            let inside = if here.folder.is_empty() { path } else { &path[here.folder.len() + 1..] };
            match here.patterns.matched(inside, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => rules = here.above.as_deref(),
            }
        }
        false
    }
}
