//! Selectors in the short form of Kubernetes, `app=web,tier in (a, b),!legacy`: read and matched.

use super::{Built, Refusal};
use crate::source::Span;
use crate::yaml::Value;

/// What labels, or annotations, an object has to have.
#[derive(Clone, Debug, Default)]
pub(super) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

impl LabelSelector {
    /// Reads a selector that stands at `span`.
    pub(super) fn read(text: &str, span: Span) -> Built<LabelSelector> {
        let tokens = tokens(text);
        let mut reader = Reader { tokens: &tokens, at: 0, span };
        let requirements = reader.all()?;
        Ok(LabelSelector { requirements })
    }

    /// Whether it asks for nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether the mapping `labels`, if there is one, has what is asked for.
    pub(super) fn matches(&self, labels: Option<Value<'_>>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.and_then(|labels| labels.get(&requirement.key)).map(text_of);
            match (&requirement.test, value) {
                (Test::Exists, value) => value.is_some(),
                (Test::Missing, value) => value.is_none(),
                (Test::In(wanted), value) => value.is_some_and(|value| wanted.iter().any(|text| text == value)),
                (Test::NotIn(wanted), value) => value.is_none_or(|value| !wanted.iter().any(|text| text == value)),
                (Test::Above(limit), value) => number(value).is_some_and(|value| value > *limit),
                (Test::Below(limit), value) => number(value).is_some_and(|value| value < *limit),
            }
        })
    }
}

fn text_of(value: Value<'_>) -> &str {
    value.raw().filter(|_| !value.is_absent()).unwrap_or_default()
}

fn number(value: Option<&str>) -> Option<i64> {
    value?.parse().ok()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Sign(&'a str),
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'=' | b'!' | b'(' | b')' | b',' | b'<' | b'>')
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        if bytes[at].is_ascii_whitespace() {
            at += 1;
        } else if is_special(bytes[at]) {
            let two = matches!(text.get(at..at + 2), Some("==" | "!="));
            at += if two { 2 } else { 1 };
            tokens.push(Token::Sign(&text[start..at]));
        } else {
            while at < bytes.len() && !is_special(bytes[at]) && !bytes[at].is_ascii_whitespace() {
                at += 1;
            }
            tokens.push(Token::Word(&text[start..at]));
        }
    }
    tokens
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    span: Span,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn refuse<T>(&self, wanted: &str, found: Option<Token<'_>>) -> Built<T> {
        let found = match found {
            Some(Token::Word(text) | Token::Sign(text)) => format!("`{text}`"),
            None => "its end".into(),
        };
        Err(Refusal::new(self.span, format!("the selector has {found} where {wanted} belongs")))
    }

    fn all(&mut self) -> Built<Vec<Requirement>> {
        let mut all = Vec::new();
        if self.peek().is_none() {
            return Ok(all);
        }
        loop {
            all.push(self.one()?);
            match self.next() {
                None => return Ok(all),
                Some(Token::Sign(",")) => {}
                other => return self.refuse("a comma", other),
            }
        }
    }

    fn one(&mut self) -> Built<Requirement> {
        let negated = self.peek() == Some(Token::Sign("!"));
        if negated {
            self.at += 1;
        }
        let key = match self.next() {
            Some(Token::Word(key)) => self.key(key)?,
            other => return self.refuse("a key", other),
        };
        if negated {
            return Ok(Requirement { key, test: Test::Missing });
        }
        let test = match self.peek() {
            None | Some(Token::Sign(",")) => Test::Exists,
            sign => {
                self.at += 1;
                match sign {
                    Some(Token::Sign("=" | "==")) => Test::In(vec![self.value()?]),
                    Some(Token::Sign("!=")) => Test::NotIn(vec![self.value()?]),
                    Some(Token::Sign(">")) => Test::Above(self.limit()?),
                    Some(Token::Sign("<")) => Test::Below(self.limit()?),
                    Some(Token::Word("in")) => Test::In(self.values()?),
                    Some(Token::Word("notin")) => Test::NotIn(self.values()?),
                    other => return self.refuse("`=`, `!=`, `in` or `notin`", other),
                }
            }
        };
        Ok(Requirement { key, test })
    }

    fn key(&self, key: &str) -> Built<String> {
        let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
        let domain = |prefix: &str| {
            !prefix.is_empty()
                && prefix.len() <= 253
                && prefix.split('.').all(|part| {
                    !part.is_empty()
                        && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                        && !part.starts_with('-')
                        && !part.ends_with('-')
                })
        };
        if name.is_empty() || !is_label(name) || !prefix.is_none_or(domain) {
            return Err(Refusal::new(self.span, format!("the selector asks for `{key}`, which cannot be a key")));
        }
        Ok(key.to_owned())
    }

    /// The value after a sign; nothing is the empty one.
    fn value(&mut self) -> Built<String> {
        let value = match self.peek() {
            None | Some(Token::Sign(",")) => return Ok(String::new()),
            Some(Token::Word(value)) => value,
            other => return self.refuse("a value", other),
        };
        self.at += 1;
        self.checked(value)
    }

    fn checked(&self, value: &str) -> Built<String> {
        if !is_label(value) {
            let message = format!("the selector asks for the value `{value}`, which no label can have");
            return Err(Refusal::new(self.span, message));
        }
        Ok(value.to_owned())
    }

    fn limit(&mut self) -> Built<i64> {
        let value = self.value()?;
        let message = || format!("the selector compares with `{value}`, which is no whole number");
        value.parse().map_err(|_| Refusal::new(self.span, message()))
    }

    fn values(&mut self) -> Built<Vec<String>> {
        match self.next() {
            Some(Token::Sign("(")) => {}
            other => return self.refuse("`(`", other),
        }
        let mut values = Vec::new();
        loop {
            let value = match self.peek() {
                Some(Token::Word(value)) => {
                    self.at += 1;
                    self.checked(value)?
                }
                _ => String::new(),
            };
            values.push(value);
            match self.next() {
                Some(Token::Sign(",")) => {}
                Some(Token::Sign(")")) => return Ok(values),
                other => return self.refuse("`,` or `)`", other),
            }
        }
    }
}

fn is_label(text: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    fn matches(selector: &str, labels: &str) -> Option<bool> {
        let selector = LabelSelector::read(selector, Span::new(SourceId(0), 0..1)).ok()?;
        let file = parse(SourceId(0), labels.into());
        let root = file.documents().first().and_then(|document| document.root);
        Some(selector.matches(root.map(|root| Value::new(&file, root, Dialect::Kustomize))))
    }

    #[test]
    fn selectors_match_as_the_api_server_has_it() {
        let labels = "{app: web, tier: \"\", size: \"5\", in: x, a.b/c: d}";
        for (selector, expected) in [
            ("", Some(true)),
            (" ", Some(true)),
            ("app=web", Some(true)),
            ("app == web , size", Some(true)),
            ("app!=web", Some(false)),
            ("other!=web", Some(true)),
            ("app in (api, web)", Some(true)),
            ("app notin (api,web)", Some(false)),
            ("other notin (api)", Some(true)),
            ("tier=", Some(true)),
            ("tier in (,x)", Some(true)),
            ("app in ()", Some(false)),
            ("!other,app", Some(true)),
            ("!app", Some(false)),
            ("size>4,size<6", Some(true)),
            ("app>4", Some(false)),
            ("in in (x)", Some(true)),
            ("a.b/c=d", Some(true)),
            ("A.b/c=d", None),
            ("app=web,", None),
            (",app", None),
            ("app web", None),
            ("app=web x", None),
            ("app in web", None),
            ("app=a/b", None),
            ("app===web", None),
            ("size>x", None),
            ("-app", None),
            ("!app=web", None),
        ] {
            assert_eq!(matches(selector, labels), expected, "{selector}");
        }
        assert_eq!((matches("app", ""), matches("!app", "")), (Some(false), Some(true)));
    }
}
