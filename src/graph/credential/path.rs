//! Which files are examples, tests or archives. Looks at the names in the path only.

const FOLDERS: &[&str] = &[
    "example", "examples", "doc", "docs", "test", "tests", "testdata", "e2e", "fixtures", "sample", "samples",
    "archive", "archived", "archives", "hack", "charts", "ci",
];

/// Whether a file at this path, relative to the root of the repo, is not what a cluster runs.
pub fn example_path(path: &str) -> bool {
    let mut parts = path.split(['/', '\\']).rev();
    let file = parts.next().unwrap_or_default();
    let in_name = file.split('.').any(|part| {
        ["example", "sample"].into_iter().any(|word| {
            part.eq_ignore_ascii_case(word)
                || strip(part, word).is_some_and(|rest| rest.starts_with(['-', '_']))
                || part.len() > word.len()
                    && part.is_char_boundary(part.len() - word.len())
                    && part[part.len() - word.len()..].eq_ignore_ascii_case(word)
                    && part[..part.len() - word.len()].ends_with(['-', '_'])
        })
    });
    in_name
        || parts.any(|part| {
            let name = part.trim_matches(['.', '_', '-']);
            FOLDERS.iter().any(|folder| name.eq_ignore_ascii_case(folder))
        })
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
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
            assert_eq!(example_path(path), expected, "{path}");
        }
    }
}
