//! Path patterns of a config: globs relative to the folder of the config file, compiled once.

use super::error::shown;
use globset::{ErrorKind, GlobBuilder, GlobSet, GlobSetBuilder};

/// Longer patterns are refused: nobody writes one, and its matcher would be large.
const LONGEST: usize = 1024;

/// A compiled path pattern. `*` stays within a folder, `**` crosses folders, and a pattern whose last
/// part has no wildcard also takes everything below the folder of that name.
#[derive(Clone, Debug)]
pub struct PathGlob {
    text: String,
    set: GlobSet,
}

/// Why a text is no path pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GlobError {
    /// What is wrong, lower-case, without a final full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl PathGlob {
    /// Compiles `text`. Refused is what is no glob and what could never match a path of the repo.
    pub fn new(text: &str) -> Result<PathGlob, GlobError> {
        let pattern = text.strip_prefix("./").unwrap_or(text);
        refuse(text, pattern)?;
        let folder = pattern.strip_suffix('/');
        let pattern = folder.unwrap_or(pattern);
        let last = pattern.rsplit('/').next().unwrap_or(pattern);
        let literal = !last.contains(['*', '?', '[', ']', '{', '}', '\\']);
        let mut set = GlobSetBuilder::new();
        let mut add = |pattern: &str| -> Result<(), GlobError> {
            let glob = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
            set.add(glob.map_err(|error| not_a_glob(text, error.kind()))?);
            Ok(())
        };
        if folder.is_none() {
            add(pattern)?;
        }
        if folder.is_some() || literal {
            add(&format!("{pattern}/**"))?;
        }
        let set = set.build().map_err(|error| not_a_glob(text, error.kind()))?;
        Ok(PathGlob { text: text.to_owned(), set })
    }

    /// Whether the pattern takes `path`, which is relative to the folder of the config, with `/`.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern takes every path.
    pub fn matches_everything(&self) -> bool {
        // Names that nobody gives to a file: what takes them takes all.
        self.matches("\u{1}") && self.matches("\u{1}/\u{2}/\u{3}")
    }
}

fn refuse(text: &str, pattern: &str) -> Result<(), GlobError> {
    let error = |message: String, help: Option<String>| Err(GlobError { message, help });
    if pattern.trim().is_empty() {
        return error("the pattern is empty".into(), Some("write `**` for every file".into()));
    }
    if pattern.len() > LONGEST {
        return error(format!("a pattern of more than {LONGEST} bytes is not read"), None);
    }
    if let Some(rest) = pattern.strip_prefix('!') {
        return error(
            format!("`{}` would take back another pattern, which is not possible here", shown(text)),
            Some(format!("narrow the other pattern instead of adding `{}`", shown(rest))),
        );
    }
    if pattern.starts_with('/') {
        return error(
            format!("`{}` matches nothing: paths are relative to the folder of this file", shown(text)),
            Some(format!("write `{}`", shown(pattern.trim_start_matches('/')))),
        );
    }
    if pattern.split('/').any(|part| part == "..") {
        return error(format!("`{}` matches nothing: it leaves the folder of this file", shown(text)), None);
    }
    Ok(())
}

fn not_a_glob(text: &str, kind: &ErrorKind) -> GlobError {
    let why = match kind {
        ErrorKind::Regex(_) => "it is too complex".to_owned(),
        kind => kind.to_string(),
    };
    GlobError { message: format!("`{}` is not a path pattern: {why}", shown(text)), help: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_these_paths_and_no_others() {
        for (pattern, yes, no) in [
            (
                "kubernetes/clusters/*/apps/**",
                &["kubernetes/clusters/live/apps/shop/a.yaml", "kubernetes/clusters/dev/apps/a.yaml"][..],
                &["kubernetes/clusters/live/infra/a.yaml", "kubernetes/clusters/live/eu/apps/a.yaml", "apps/a.yaml"][..],
            ),
            ("docs", &["docs", "docs/a.yaml", "docs/b/c.yaml"], &["docs.yaml", "x/docs/a.yaml"]),
            ("docs/", &["docs/a.yaml", "docs/b/c.yaml"], &["docs", "docsa/b"]),
            ("./docs/**", &["docs/a.yaml"], &["docs"]),
            ("apps/*/", &["apps/shop/a.yaml"], &["apps/a.yaml"]),
            ("apps/*", &["apps/a.yaml"], &["apps/shop/a.yaml"]),
            ("**/*.{yml,json}", &["a.yml", "x/y/b.json"], &["a.yaml"]),
            ("**/vendor", &["vendor/a.yaml", "x/vendor/a/b.yaml"], &["vendors/a.yaml"]),
            ("a\\*b", &["a*b"], &["axb"]),
        ] {
            let glob = PathGlob::new(pattern).expect(pattern);
            for path in yes {
                assert!(glob.matches(path), "{pattern} takes {path}");
            }
            for path in no {
                assert!(!glob.matches(path), "{pattern} leaves {path}");
            }
        }
    }

    #[test]
    fn what_can_match_nothing_is_refused() {
        for (pattern, words) in [
            ("", "the pattern is empty"),
            ("./", "the pattern is empty"),
            ("/docs", "`/docs` matches nothing: paths are relative to the folder of this file"),
            ("../other/**", "`../other/**` matches nothing: it leaves the folder of this file"),
            ("!docs", "`!docs` would take back another pattern, which is not possible here"),
            ("docs/[ab", "`docs/[ab` is not a path pattern: unclosed character class; missing ']'"),
        ] {
            assert_eq!(PathGlob::new(pattern).expect_err(pattern).message, words, "{pattern}");
        }
        assert!(PathGlob::new(&"{".repeat(1000)).is_err());
        assert!(PathGlob::new(&format!("{}a{}", "{".repeat(500), "}".repeat(500))).is_err());
        assert!(PathGlob::new(&"a".repeat(2000)).is_err());
    }

    #[test]
    fn everything_is_recognised() {
        for (pattern, expected) in
            [("**", true), ("**/*", true), ("*", false), ("**/*.yaml", false), ("docs/**", false)]
        {
            assert_eq!(PathGlob::new(pattern).expect(pattern).matches_everything(), expected, "{pattern}");
        }
    }
}
