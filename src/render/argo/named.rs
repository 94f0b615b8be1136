//! What the text of an Application or ApplicationSet names in its repo: folders, value files, and patterns of both.
//! It looks at no tree.

use crate::tree;
use crate::yaml::{self, Dialect, Step, Value, Visit, walk};
use globset::{GlobBuilder, GlobMatcher};

/// Something that is looked for in the tree before anything is rendered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::render) enum Named {
    /// A folder.
    Folder(String),
    /// A file.
    File(String),
    /// The folders that fit a pattern.
    Folders(String),
    /// The files that fit a pattern.
    Files(String),
}

/// Whether a text may name anything for Argo CD.
pub(in crate::render) fn may_name(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"argoproj.io/").is_some()
}

/// What the documents of a file name.
pub(in crate::render) fn named(file: &yaml::File) -> Vec<Named> {
    let mut found = Vec::new();
    for root in file.documents().iter().filter_map(|document| document.root) {
        let value = Value::new(file, root, Dialect::Kubectl);
        if !value.get("apiVersion").and_then(Value::raw).is_some_and(may_name) {
            continue;
        }
        walk(value, &mut |steps, value| {
            match steps {
                [.., Step::Key("source")] | [.., Step::Key("sources"), Step::Index(_)] => of_source(value, &mut found),
                [.., Step::Key("directories"), Step::Index(_), Step::Key("path")] => {
                    found.extend(value.raw().and_then(pattern).map(folder));
                }
                [.., Step::Key("files"), Step::Index(_), Step::Key("path")] => {
                    found.extend(value.raw().and_then(pattern).map(Named::Files));
                }
                _ => {}
            }
            Visit::Into
        });
    }
    found
}

fn of_source(source: Value<'_>, found: &mut Vec<Named>) {
    let path = source.get("path").and_then(Value::raw);
    let folder = path.and_then(pattern);
    found.extend(folder.clone().map(self::folder));
    for file in source.at(&["helm", "valueFiles"]).into_iter().flat_map(Value::items).filter_map(Value::raw) {
        let full = match file.strip_prefix('$') {
            Some(rest) => rest.split_once('/').map(|(_, rest)| rest.to_owned()),
            None if file.starts_with('/') => Some(file.to_owned()),
            None => folder.as_ref().map(|folder| format!("{folder}/{file}")),
        };
        if let Some(full) = full.filter(|_| !file.contains("://")).as_deref().and_then(pattern) {
            found.push(if is_pattern(&full) { Named::Files(full) } else { Named::File(full) });
        }
    }
}

fn folder(path: String) -> Named {
    if is_pattern(&path) { Named::Folders(path) } else { Named::Folder(path) }
}

/// A path in normal form, with a wildcard for each parameter in it.
fn pattern(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        out.push('*');
        rest = after.split_once("}}")?.1;
    }
    out.push_str(rest);
    tree::normalize(out.trim_start_matches('/'))
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// The folder above the first wildcard of a pattern.
pub(in crate::render) fn fixed_part(glob: &str) -> &str {
    let first = glob.find(['*', '?', '[', '{']).unwrap_or(glob.len());
    tree::parent(&glob[..first])
}

/// A pattern whose wildcards cross folders, as git's do.
pub(in crate::render) fn matcher(glob: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(glob)
        .literal_separator(false)
        .backslash_escape(true)
        .build()
        .ok()
        .map(|glob| glob.compile_matcher())
}

/// A pattern as Go's `path.Match` reads it: wildcards stay within one folder.
pub(super) fn step_matcher(pattern: &str) -> Option<GlobMatcher> {
    let mut text = String::with_capacity(pattern.len());
    for letter in pattern.chars() {
        match letter {
            '*' if text.ends_with('*') => {}
            '{' => text.push_str("[{]"),
            '}' => text.push_str("[}]"),
            letter => text.push(letter),
        }
    }
    GlobBuilder::new(&text)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .ok()
        .map(|glob| glob.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    #[test]
    fn sources_and_generators_name_paths() {
        let text = "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
spec:
  generators:
    - matrix:
        generators:
          - git: {directories: [{path: teams/*}, {path: teams/old, exclude: true}], files: [{path: 'teams/**/x.json'}]}
  template:
    spec:
      source: {path: 'teams/{{path.basename}}/app', helm: {valueFiles: ['v-{{env}}.yaml', /all.yaml, 'https://e/x']}}
      sources: [{path: ./web/, helm: {valueFiles: [a.yaml, $r/b.yaml]}}, {chart: x}]
";
        let folder = |path: &str| Named::Folder(path.into());
        let file = |path: &str| Named::File(path.into());
        let folders = |path: &str| Named::Folders(path.into());
        let files = |path: &str| Named::Files(path.into());
        let expected = [
            folders("teams/*"),
            folder("teams/old"),
            files("teams/**/x.json"),
            folders("teams/*/app"),
            files("teams/*/app/v-*.yaml"),
            file("all.yaml"),
            folder("web"),
            file("web/a.yaml"),
            file("b.yaml"),
        ];
        let named = |text: &str| named(&yaml::parse(SourceId(0), text.into()));
        assert_eq!(named(text), expected);
        assert!(named("apiVersion: v1\nspec: {source: {path: x}}\n").is_empty());
    }

    #[test]
    fn patterns_are_cut_and_matched() {
        for (glob, fixed) in [("a/b/*/c", "a/b"), ("a/b-*", "a"), ("*", ""), ("a/b", "a")] {
            assert_eq!(fixed_part(glob), fixed, "{glob}");
        }
        for (pattern, path, fits) in [
            ("apps/*", "apps/web", true),
            ("apps/*", "apps/web/base", false),
            ("apps/**", "apps/web/base", false),
            ("apps/[a-c]*/x?", "apps/bob/x1", true),
            ("{a}", "a", false),
        ] {
            assert_eq!(step_matcher(pattern).expect(pattern).is_match(path), fits, "{pattern} {path}");
        }
        assert!(matcher("a/*/x.json").expect("a glob").is_match("a/b/c/x.json"));
    }
}
