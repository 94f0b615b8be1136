//! Paths in a tree as text: relative to its root, parts joined by `/`, the root itself empty.
//! It touches no file.

/// The normal form of a path: no empty part, `.` or `..`. None for an absolute path and for one that climbs out of the root.
///
/// `..` is taken away by text, before any link is followed, as kustomize does it.
pub fn normalize(path: &str) -> Option<String> {
    if is_normal(path) {
        return Some(path.to_owned());
    }
    if path.starts_with('/') {
        return None;
    }
    let mut out = String::with_capacity(path.len());
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if out.is_empty() => return None,
            ".." => out.truncate(out.rfind('/').unwrap_or(0)),
            part => {
                if !out.is_empty() {
                    out.push('/');
                }
                out.push_str(part);
            }
        }
    }
    Some(out)
}

/// Whether a path is surely in normal form already, as nearly all are that anybody asks about. Some that are have a
/// part that starts with a dot.
fn is_normal(path: &str) -> bool {
    let bytes = path.as_bytes();
    let starts_part = |byte: Option<&u8>| !matches!(byte, None | Some(b'/' | b'.'));
    path.is_empty()
        || (starts_part(bytes.first()) && memchr::memchr_iter(b'/', bytes).all(|at| starts_part(bytes.get(at + 1))))
}

/// `path` as seen from `folder`, in normal form. None where [`normalize`] has none.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || folder.is_empty() {
        return normalize(path);
    }
    if is_normal(folder) {
        let (mut folder, mut rest) = (folder, path);
        // Most paths that are not in normal form only start with what leads to their folder.
        loop {
            if let Some(behind) = rest.strip_prefix("./") {
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix("../").filter(|_| !folder.is_empty()) {
                (folder, rest) = (parent(folder), behind);
            } else {
                break;
            }
        }
        if is_normal(rest) {
            return Some(child(folder, rest));
        }
    }
    normalize(&format!("{folder}/{path}"))
}

/// The folder a path in normal form lies in; the root lies in itself.
pub fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// The last part of a path in normal form.
pub fn name(path: &str) -> &str {
    path.rfind('/').map_or(path, |at| &path[at + 1..])
}

/// `path` put behind `folder`, where both are in normal form already.
pub(crate) fn child(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, path) => [folder, "/", path].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn normal_forms() {
        for (path, expected) in [
            ("", Some("")),
            (".", Some("")),
            ("./a//b/", Some("a/b")),
            ("a/../b", Some("b")),
            ("a/b/../../c", Some("c")),
            ("a/..", Some("")),
            ("..", None),
            ("a/../../b", None),
            ("/a", None),
            ("a/...", Some("a/...")),
        ] {
            assert_eq!(normalize(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn joins_parents_and_names() {
        assert_eq!(join("apps/web", "../base/x.yaml").as_deref(), Some("apps/base/x.yaml"));
        assert_eq!(join("", "x"), Some("x".to_owned()));
        assert_eq!(join("apps", "/etc"), None);
        assert_eq!(join("apps", "../.."), None);
        assert_eq!((parent("a/b/c"), name("a/b/c")), ("a/b", "c"));
        assert_eq!((parent("c"), name("c")), ("", "c"));
        assert_eq!([child("a", "b/c"), child("", "b"), child("a", ""), child("", "")], ["a/b/c", "b", "a", ""]);
    }

    proptest! {
        #[test]
        fn joined_paths_are_those_of_the_text(folder in "[ab./]{1,6}", path in "[ab./]{0,12}") {
            let text = if path.starts_with('/') { path.clone() } else { format!("{folder}/{path}") };
            prop_assert_eq!(join(&folder, &path), normalize(&text));
        }

        #[test]
        fn a_normal_form_stays(path in "[ab./]{0,12}") {
            if let Some(normal) = normalize(&path) {
                prop_assert_eq!(normalize(&normal), Some(normal.clone()));
                prop_assert!(normal.is_empty() || normal.split('/').all(|part| !matches!(part, "" | "." | "..")));
            }
        }
    }
}
