//! Entries of `allow`: findings that the config accepts, with a reason and maybe until a day. Applying
//! them, and telling of unused ones, is the engine's work.

use super::PathGlob;
use crate::finding::ObjectName;
use crate::source::Span;
use jiff::civil::Date;
use std::fmt;

/// A finding that is accepted.
#[derive(Clone, Debug)]
pub struct Allow {
    /// Id of the rule.
    pub rule: String,
    /// The code, where only one is accepted.
    pub code: Option<String>,
    /// The objects concerned, where the entry names some.
    pub object: Option<ObjectPattern>,
    /// The files concerned, where the entry names some.
    pub path: Option<PathGlob>,
    /// Why.
    pub reason: String,
    /// The last day on which the entry holds.
    pub until: Option<Date>,
    /// The entry, or the first line of it.
    pub span: Span,
}

impl Allow {
    /// Whether the entry accepts a finding of `rule` and `code` in `path` that concerns `object`.
    /// What a finding does not have, an entry that asks for it does not accept.
    pub fn covers(&self, rule: &str, code: &str, path: &str, object: Option<&ObjectName>) -> bool {
        self.rule == rule && self.code.as_deref().is_none_or(|wanted| wanted == code) && self.matches(path, object)
    }

    /// Whether the entry takes the file `path` and `object`, whatever the rule.
    pub fn matches(&self, path: &str, object: Option<&ObjectName>) -> bool {
        self.path.as_ref().is_none_or(|glob| glob.matches(path))
            && self.object.as_ref().is_none_or(|pattern| object.is_some_and(|object| pattern.matches(object)))
    }

    /// Whether the entry no longer holds on the day `today`.
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// `namespace/Kind/name`, or `Kind/name` for any namespace and for none; `*` stands for any text within a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPattern {
    namespace: Option<String>,
    kind: String,
    name: String,
}

impl ObjectPattern {
    /// Reads a pattern; none where it has too few or too many parts or an empty one.
    pub fn parse(text: &str) -> Option<ObjectPattern> {
        let parts: Vec<&str> = text.splitn(4, '/').collect();
        if parts.iter().any(|part| part.trim().is_empty()) {
            return None;
        }
        let (namespace, kind, name) = match parts[..] {
            [kind, name] => (None, kind, name),
            [namespace, kind, name] => (Some(namespace), kind, name),
            _ => return None,
        };
        Some(ObjectPattern { namespace: namespace.map(str::to_owned), kind: kind.to_owned(), name: name.to_owned() })
    }

    /// Whether the pattern takes `object`. A namespace `*` also takes what has none.
    pub fn matches(&self, object: &ObjectName) -> bool {
        let namespace = match (&self.namespace, &object.namespace) {
            (None, _) => true,
            (Some(pattern), Some(namespace)) => wildcard(pattern, namespace),
            (Some(pattern), None) => is_any(pattern),
        };
        namespace && wildcard(&self.kind, &object.kind) && wildcard(&self.name, &object.name)
    }

    /// Whether the pattern takes every object.
    pub fn matches_everything(&self) -> bool {
        self.namespace.as_deref().is_none_or(is_any) && is_any(&self.kind) && is_any(&self.name)
    }
}

impl fmt::Display for ObjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        write!(f, "{}/{}", self.kind, self.name)
    }
}

fn is_any(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// Whether `text` is `pattern` with its `*` filled in. The leftmost place for each piece is as good as any.
fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let Some((middle, tail)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    for piece in middle.split('*') {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use proptest::prelude::*;

    fn object(namespace: Option<&str>, kind: &str, name: &str) -> ObjectName {
        ObjectName {
            api_version: "v1".into(),
            kind: kind.into(),
            namespace: namespace.map(str::to_owned),
            name: name.into(),
        }
    }

    #[test]
    fn patterns_take_these_objects() {
        let in_shop = object(Some("shop"), "Secret", "web-token");
        let cluster_wide = object(None, "ClusterRole", "system:reader");
        for (text, shop, wide) in [
            ("shop/Secret/web-token", true, false),
            ("Secret/web-token", true, false),
            ("*/Secret/web-*", true, false),
            ("sh*/*/*token", true, false),
            ("Secret/*-*", true, false),
            ("Secret/web-*n*n", false, false),
            ("Secret/token", false, false),
            ("other/Secret/web-token", false, false),
            ("ClusterRole/system:*", false, true),
            ("*/ClusterRole/*", false, true),
            ("shop/ClusterRole/*", false, false),
            ("*/*", true, true),
        ] {
            let pattern = ObjectPattern::parse(text).expect(text);
            assert_eq!((pattern.matches(&in_shop), pattern.matches(&cluster_wide)), (shop, wide), "{text}");
            assert_eq!(pattern.to_string(), text);
        }
        for text in ["", "Secret", "a//b", "/Secret/x", "a/b/c/d"] {
            assert_eq!(ObjectPattern::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_entry_covers_what_it_names_and_nothing_else() {
        let entry = Allow {
            rule: "net/open".into(),
            code: Some("world".into()),
            object: ObjectPattern::parse("shop/Service/*"),
            path: Some(PathGlob::new("apps/**").expect("a glob")),
            reason: "known".into(),
            until: Some(jiff::civil::date(2026, 5, 31)),
            span: Span::new(SourceId(0), 0..0),
        };
        let service = object(Some("shop"), "Service", "web");
        assert!(entry.covers("net/open", "world", "apps/a.yaml", Some(&service)));
        assert!(!entry.covers("net/other", "world", "apps/a.yaml", Some(&service)));
        assert!(!entry.covers("net/open", "host", "apps/a.yaml", Some(&service)));
        assert!(!entry.covers("net/open", "world", "infra/a.yaml", Some(&service)));
        assert!(!entry.covers("net/open", "world", "apps/a.yaml", Some(&object(None, "Service", "web"))));
        assert!(!entry.covers("net/open", "world", "apps/a.yaml", None));
        assert!(!entry.is_expired(jiff::civil::date(2026, 5, 31)));
        assert!(entry.is_expired(jiff::civil::date(2026, 6, 1)));
    }

    proptest! {
        #[test]
        fn wildcards_agree_with_a_plain_reading(pattern in "[ab*]{0,7}", text in "[ab]{0,8}") {
            fn slow(pattern: &[u8], text: &[u8]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some((b'*', rest)) => (0..=text.len()).any(|at| slow(rest, &text[at..])),
                    Some((byte, rest)) => text.first() == Some(byte) && slow(rest, &text[1..]),
                }
            }
            prop_assert_eq!(wildcard(&pattern, &text), slow(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
