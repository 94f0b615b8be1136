//! Whether a file is there to show something, not to be applied: folders of samples, docs and tests.

use super::Resource;

/// Folders whose files are read, tried or kept, and seldom run.
const FOLDERS: &[&str] = &[
    "example",
    "examples",
    "sample",
    "samples",
    "doc",
    "docs",
    "test",
    "tests",
    "testdata",
    "e2e",
    "archive",
    "archived",
    "_archive",
    "_archived",
    ".archive",
    ".archived",
    "demo",
    "demos",
    "hack",
];

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
    let sample = |word: &str| FOLDERS.iter().any(|folder| folder.eq_ignore_ascii_case(word));
    let mut words = name.split('.');
    // What stands before the first point is the file's own name: `example.yaml` may be an app called so.
    words.next();
    folders.split('/').any(sample) || words.any(|word| word.eq_ignore_ascii_case("example"))
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
}
