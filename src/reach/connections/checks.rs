//! What the API server refuses in the parts that all policies are made of. A policy that is refused is not in force.

use super::book::Book;
use crate::reach::addresses::AddressSet;
use crate::yaml::{Kind, Text, Value, has_placeholder};

/// What is said of a policy that the API server refuses.
pub(super) fn refused(what: impl std::fmt::Display) -> String {
    format!("{what}, so the API server refuses the policy and it is left out here")
}

impl<'w> Book<'w> {
    /// Whether a label selector is one that the API server takes.
    pub(super) fn check_selector(&mut self, value: Option<Value<'w>>) -> bool {
        let Some(value) = value.filter(|value| !value.is_null()) else { return true };
        if !value.is_mapping() {
            return value.unknown().is_some() || self.refuse(value, "the selector is no mapping");
        }
        let mut sound = true;
        for (key, part) in value.entries() {
            match key {
                "matchLabels" => {
                    for (key, wanted) in part.entries() {
                        sound &= self.check_key(wanted, key) && self.check_value(wanted);
                    }
                }
                "matchExpressions" => {
                    for item in part.items() {
                        sound &= self.check_expression(item);
                    }
                }
                _ => sound &= self.refuse(part, format_args!("a selector has no field `{key}`")),
            }
        }
        sound
    }

    fn check_expression(&mut self, item: Value<'w>) -> bool {
        let (key, operator) = (item.get("key"), item.get("operator"));
        let values = item.get("values").filter(|values| !values.is_null());
        let mut sound = true;
        if let Some(key) = key
            && let Some(text) = key.known()
        {
            sound &= self.check_key(key, text);
        }
        for value in values.into_iter().flat_map(Value::items) {
            sound &= self.check_value(value);
        }
        let listed = values.is_some_and(|values| !values.is_empty());
        if key.is_none_or(|key| key.raw().is_none_or(str::is_empty)) {
            return self.refuse(item, "a requirement has no key");
        }
        match operator.map(|operator| (operator, operator.known())) {
            Some((value, None)) if value.unknown().is_none() => self.refuse(value, "an operator is no text"),
            None => self.refuse(item, "a requirement has no operator"),
            Some((_, Some("In" | "NotIn"))) if !listed => self.refuse(item, "the operator needs values"),
            Some((_, Some("Exists" | "DoesNotExist"))) if listed => self.refuse(item, "the operator takes no values"),
            Some((_, Some("In" | "NotIn" | "Exists" | "DoesNotExist"))) => sound,
            Some((value, Some(word))) => self.refuse(value, format_args!("`{word}` is no operator of a selector")),
            Some((_, None)) => sound,
        }
    }

    /// Whether a selector of endpoints is one that Cilium's schema takes: any keys, but values as everywhere.
    pub(super) fn check_endpoints(&mut self, value: Value<'w>) -> bool {
        if value.is_null() {
            return true;
        }
        if !value.is_mapping() {
            return value.unknown().is_some() || self.refuse(value, "the selector is no mapping");
        }
        let mut sound = true;
        for (key, part) in value.entries().filter(|(_, part)| !part.is_null()) {
            match key {
                "matchLabels" => part.entries().for_each(|(_, wanted)| sound &= self.check_value(wanted)),
                "matchExpressions" => {
                    for item in part.items() {
                        let operator = item.get("operator");
                        let known = operator.and_then(Value::known);
                        let open = operator.is_some_and(|operator| operator.unknown().is_some());
                        if item.get("key").is_none() {
                            sound &= self.refuse(item, "a requirement has no key");
                        } else if !open && !matches!(known, Some("In" | "NotIn" | "Exists" | "DoesNotExist")) {
                            sound &= self
                                .refuse(operator.unwrap_or(item), "a requirement has no operator that selectors know");
                        }
                    }
                }
                _ => sound &= self.refuse(part, format_args!("a selector of endpoints has no field `{key}`")),
            }
        }
        sound
    }

    /// Whether a mapping has no other fields than these.
    pub(super) fn check_fields(&mut self, value: Value<'w>, known: &[&str], what: &str) -> bool {
        let stray = value.entries().find(|(key, _)| !known.contains(key) && !has_placeholder(key));
        stray.is_none_or(|(key, part)| self.refuse(part, format_args!("{what} has no field `{key}`")))
    }

    fn check_key(&mut self, value: Value<'w>, key: &str) -> bool {
        has_placeholder(key) || is_label_key(key) || self.refuse(value, format_args!("`{key}` is no key of a label"))
    }

    fn check_value(&mut self, value: Value<'w>) -> bool {
        match value.text() {
            Text::Known(text) => {
                is_label_value(text) || self.refuse(value, format_args!("`{text}` is no value of a label"))
            }
            Text::Partial(_) | Text::Encrypted | Text::Other(Kind::Null) => true,
            Text::Other(_) => self.refuse(value, "the value of a label is no text"),
        }
    }

    /// Notes that the API server refuses the policy; always false.
    pub(super) fn refuse(&mut self, value: Value<'_>, what: impl std::fmt::Display) -> bool {
        self.fatal(value, refused(what));
        false
    }

    /// The addresses of a block; where it is none, `refuse` is told why.
    pub(super) fn block(
        &mut self,
        cidr: Value<'w>,
        refuse: fn(&mut Book<'w>, Value<'w>, String),
    ) -> Result<AddressSet, Unread> {
        match cidr.text() {
            Text::Known(text) => AddressSet::block(text).ok_or_else(|| {
                refuse(self, cidr, format!("`{text}` is no block of addresses"));
                Unread::Refused
            }),
            Text::Partial(_) | Text::Encrypted => Err(Unread::Unknown(cidr.unknown().unwrap_or_default())),
            Text::Other(_) => {
                refuse(self, cidr, "a block of addresses is no text".into());
                Err(Unread::Refused)
            }
        }
    }
}

/// Notes that the API server refuses a block.
pub(super) fn by_server<'w>(book: &mut Book<'w>, value: Value<'w>, what: String) {
    book.refuse(value, what);
}

/// Why a part of a policy gives nothing.
pub(super) enum Unread {
    /// The API server refuses it, which is said.
    Refused,
    /// The repo does not tell, and why.
    Unknown(String),
}

fn is_name_part(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && ends(text.chars().next())
        && ends(text.chars().next_back())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Whether Kubernetes takes it as a label's value: at most 63 letters, digits, `-`, `_` and `.`.
pub(super) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name_part(text)
}

/// Whether Kubernetes takes it as a label's key: a name, maybe behind a DNS name and a slash. Cilium's prefixes count.
pub(super) fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let is_dns = |prefix: &str| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|part| {
                let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
                ends(part.chars().next())
                    && ends(part.chars().next_back())
                    && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            })
    };
    is_name_part(name) && prefix.is_none_or(is_dns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_of_labels() {
        for (key, good) in [
            ("app", true),
            ("cnpg.io/cluster", true),
            ("app.kubernetes.io/name", true),
            ("A_b.c-d", true),
            ("", false),
            ("-a", false),
            ("a b", false),
            ("Example.org/a", false),
            ("/a", false),
            ("a/", false),
            ("a/b/c", false),
        ] {
            assert_eq!(is_label_key(key), good, "{key}");
        }
        for (value, good) in [("", true), ("main", true), ("a b", false), ("a:b", false), ("-", false)] {
            assert_eq!(is_label_value(value), good, "{value}");
        }
        assert!(is_label_value(&"a".repeat(63)) && !is_label_value(&"a".repeat(64)));
    }
}
