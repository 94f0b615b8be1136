//! Whether a file is there to show something, not to be applied: folders of samples, docs and tests.

use super::Resource;

/// What the files of a folder are examples of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Objects and values: they are read, tried or kept, and seldom run.
    Both,
    /// Objects that may run all the same, with credentials that work.
    Objects,
    /// Values that somebody else replaces or that only a pipeline uses; objects beside them may be applied.
    Values,
}

/// Folders by name, without points, dashes and underscores around it: `_archived`, `.archive`.
const FOLDERS: &[(&str, Of)] = &[
    ("example", Of::Both),
    ("examples", Of::Both),
    ("sample", Of::Both),
    ("samples", Of::Both),
    ("doc", Of::Both),
    ("docs", Of::Both),
    ("test", Of::Both),
    ("tests", Of::Both),
    ("testdata", Of::Both),
    ("fixtures", Of::Both),
    ("e2e", Of::Both),
    ("archive", Of::Both),
    ("archived", Of::Both),
    ("archives", Of::Both),
    ("hack", Of::Both),
    ("demo", Of::Objects),
    ("demos", Of::Objects),
    ("charts", Of::Values),
    ("ci", Of::Values),
];

fn in_folder_of(folders: &str, of: Of) -> bool {
    folders.split(['/', '\\']).any(|part| {
        let name = part.trim_matches(['.', '_', '-']);
        FOLDERS.iter().any(|(folder, holds)| (*holds == Of::Both || *holds == of) && name.eq_ignore_ascii_case(folder))
    })
}

impl Resource<'_> {
    /// Whether its file lies in a folder of samples, docs, tests or the like, or is named `*.example.*`. What such an
    /// object lacks is less likely to be missed.
    pub fn is_example(&self) -> bool {
        is_example_path(self.path)
    }
}

/// Whether a path in a root is that of a sample: see [`Resource::is_example`].
pub fn is_example_path(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut words = name.split('.');
    // What stands before the first point is the file's own name: `example.yaml` may be an app called so.
    words.next();
    in_folder_of(folders, Of::Objects) || words.any(|word| word.eq_ignore_ascii_case("example"))
}

/// Whether the values in a file are not those that a cluster runs with: by its folders, or because a part of its name
/// is, starts or ends with `example` or `sample`.
pub fn holds_example_values(path: &str) -> bool {
    let (folders, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    let in_name = name.split('.').any(|part| {
        ["example", "sample"].into_iter().any(|word| {
            let starts = cut(part, word, false).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']));
            starts || cut(part, word, true).is_some_and(|rest| rest.ends_with(['-', '_']))
        })
    });
    in_name || in_folder_of(folders, Of::Values)
}

/// `text` without `word` at its start or end, in whatever case.
fn cut<'a>(text: &'a str, word: &str, at_end: bool) -> Option<&'a str> {
    let at = if at_end { text.len().checked_sub(word.len())? } else { word.len() };
    let (head, tail) = text.split_at_checked(at)?;
    let (part, rest) = if at_end { (tail, head) } else { (head, tail) };
    part.eq_ignore_ascii_case(word).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_by_whole_steps_of_the_path() {
        for (path, example) in [
            ("docs/src/samples/cluster.yaml", true),
            ("Examples/cluster.yaml", true),
            ("apps/shop/tests/cluster.yaml", true),
            ("apps/shop/cluster.example.yaml", true),
            ("apps/shop/_archived/cluster.yaml", true),
            ("apps/shop/cluster.yaml", false),
            ("apps/docsearch/cluster.yaml", false),
            ("apps/shop/docs.yaml", false),
            ("apps/shop/example.yaml", false),
            ("cluster.yaml", false),
        ] {
            assert_eq!(is_example_path(path), example, "{path}");
        }
    }

    #[test]
    fn folders_may_hold_examples_of_one_thing_only() {
        for (path, objects, values) in [
            ("deploy/.fixtures/secret.yaml", true, true),
            ("apps/demo/secret.yaml", true, false),
            ("charts/shop/values.yaml", false, true),
            (".ci/values.yaml", false, true),
            ("apps/cicd/values.yaml", false, false),
        ] {
            assert_eq!((is_example_path(path), holds_example_values(path)), (objects, values), "{path}");
        }
    }

    #[test]
    fn values_are_examples_by_folder_or_name() {
        for (path, expected) in [
            ("docs/setup/secret.yaml", true),
            ("_archived/mail/secret.yaml", true),
            (".archive/mail/secret.yaml", true),
            ("apps/mail/secret.example.yaml", true),
            ("apps/mail/example-secret.yaml", true),
            ("apps/mail/values-sample.yaml", true),
            ("Examples/mail.yaml", true),
            ("charts/mail/values.yaml", true),
            ("apps/mail/secret.yaml", false),
            ("apps/testing/docs.yaml", false),
            ("apps/cicd/exampler.yaml", false),
            ("apps/ü/ünïexample.yaml", false),
            ("", false),
        ] {
            assert_eq!(holds_example_values(path), expected, "{path}");
        }
    }
}
