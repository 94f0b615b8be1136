//! What the rules about habits share: lists of kinds, and patterns of names.

use crate::manifest::Resource;

/// Whether a list of kinds, as `Kind` or `group/Kind`, holds that of an object.
pub fn holds_kind<'k>(kinds: impl IntoIterator<Item = &'k String>, resource: &Resource<'_>) -> bool {
    kinds.into_iter().any(|name| match name.rsplit_once('/') {
        Some((group, kind)) => resource.is(group, kind),
        None => resource.kind == name,
    })
}

/// Fills `{cluster}` and `{namespace}` in; none where the namespace is asked for and not known.
pub fn filled(template: &str, cluster: &Resource<'_>) -> Option<String> {
    let text = template.replace("{cluster}", cluster.name()?);
    match text.contains("{namespace}") {
        true => Some(text.replace("{namespace}", cluster.namespace.known()?)),
        false => Some(text),
    }
}

/// Whether a name is in kebab case: words of lower-case letters and digits with single dashes between them.
pub fn is_kebab_case(name: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.split('-').all(is_word)
}

/// Whether a name follows a pattern, in which `*`, `${ANY}` and `{any}` each stand for one character or more, and
/// `{namespace}` for the object's namespace.
pub fn follows(name: &str, pattern: &str, namespace: Option<&str>) -> bool {
    let pattern = pattern.replace("{namespace}", namespace.unwrap_or("*"));
    let mut fixed: Vec<String> = vec![String::new()];
    let mut rest = pattern.as_str();
    while let Some(next) = rest.chars().next() {
        let width = match next {
            '*' => 1,
            '$' | '{' => rest.find('}').map_or(0, |end| end + 1),
            _ => 0,
        };
        match width {
            0 => {
                fixed.last_mut().expect("internal: a list that starts with one").push(next);
                rest = &rest[next.len_utf8()..];
            }
            width => {
                fixed.push(String::new());
                rest = &rest[width..];
            }
        }
    }
    match fixed.as_slice() {
        [only] => name == only,
        [first, between @ .., last] => {
            let Some(mut rest) = name.strip_prefix(first.as_str()) else { return false };
            for part in between {
                // Each wildcard takes one character at least.
                let Some(skipped) = rest.char_indices().nth(1).map(|(at, _)| at) else { return false };
                let Some(at) = rest[skipped..].find(part.as_str()) else { return false };
                rest = &rest[skipped + at + part.len()..];
            }
            rest.len() > last.len() && rest.ends_with(last.as_str())
        }
        [] => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_patterns() {
        for (name, pattern, expected) in [
            ("notes-pguser-secret", "${APP}-pguser-secret", true),
            ("notes-pguser-secret", "*-pguser-secret", true),
            ("-pguser-secret", "*-pguser-secret", false),
            ("notes-pguser", "*-pguser-secret", false),
            ("notes-db-main", "{app}-*-main", true),
            ("notes--main", "{app}-*-main", false),
            ("shop-tls", "{namespace}-tls", true),
            ("other-tls", "{namespace}-tls", false),
            ("exact", "exact", true),
            ("exactly", "exact", false),
            ("a", "*", true),
        ] {
            assert_eq!(follows(name, pattern, Some("shop")), expected, "{name} {pattern}");
        }
    }

    #[test]
    fn kebab_case_has_single_dashes_between_words() {
        for (name, expected) in
            [("apps-pg", true), ("a1", true), ("apps--pg", false), ("apps.pg", false), ("-a", false), ("a_b", false)]
        {
            assert_eq!(is_kebab_case(name), expected, "{name}");
        }
    }
}
