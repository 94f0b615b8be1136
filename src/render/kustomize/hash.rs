//! The suffix that kustomize gives to what its generators make: a hash of the content, name left out.

use crate::yaml::Value;
use crate::yaml::rendered::to_json;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The ten characters that a ConfigMap or a Secret gets; none for other kinds.
pub fn suffix(object: Value<'_>) -> Option<String> {
    let kind = object.get("kind")?.as_str()?;
    let content = |field: &str| object.get(field).map(to_json);
    // Kustomize looks for the name in a place where it never is, so it is always empty.
    let mut fields = vec![("kind", Json::from(kind)), ("name", Json::from(""))];
    fields.push(("data", content("data").unwrap_or_else(|| Json::from(""))));
    match kind {
        "ConfigMap" => fields.extend(content("binaryData").map(|data| ("binaryData", data))),
        "Secret" => {
            fields.push(("type", content("type").unwrap_or_else(|| Json::from(""))));
            fields.extend(content("stringData").map(|data| ("stringData", data)));
        }
        _ => return None,
    }
    fields.sort_by_key(|(name, _)| *name);
    let mut text = String::from("{");
    for (at, (name, value)) in fields.iter().enumerate() {
        text.push_str(if at == 0 { "\"" } else { ",\"" });
        text.push_str(name);
        text.push_str("\":");
        write_sorted(value, &mut text);
    }
    text.push('}');
    Some(encode(&Sha256::digest(text.as_bytes())))
}

/// The first ten hexadecimal digits, with those that could spell a word replaced.
fn encode(digest: &[u8]) -> String {
    let mut hex = String::new();
    for byte in &digest[..5] {
        write!(hex, "{byte:02x}").expect("internal: a string takes all text");
    }
    hex.chars()
        .map(|digit| match digit {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect()
}

/// JSON as Go writes it: keys sorted, `<`, `>`, `&` and two line separators escaped.
fn write_sorted(value: &Json, into: &mut String) {
    match value {
        Json::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            into.push('{');
            for (at, key) in keys.into_iter().enumerate() {
                if at > 0 {
                    into.push(',');
                }
                write_text(key, into);
                into.push(':');
                write_sorted(&map[key], into);
            }
            into.push('}');
        }
        Json::Array(items) => {
            into.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    into.push(',');
                }
                write_sorted(item, into);
            }
            into.push(']');
        }
        Json::String(text) => write_text(text, into),
        other => into.push_str(&other.to_string()),
    }
}

fn write_text(text: &str, into: &mut String) {
    into.push('"');
    for letter in text.chars() {
        match letter {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            '\u{8}' => into.push_str("\\b"),
            '\u{c}' => into.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                write!(into, "\\u{:04x}", letter as u32).expect("internal: a string takes all text");
            }
            other => into.push(other),
        }
    }
    into.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    #[test]
    fn the_hash_is_that_of_kubectl() {
        for (text, expected) in [
            ("kind: ConfigMap\ndata: {k: v}\n", Some("bdg947hgcc")),
            ("kind: ConfigMap\nmetadata: {name: b}\n", Some("6ct58987ht")),
            ("kind: Secret\ntype: bar\ndata: {a: Yw==, 'n': MQ==, z: MQ==}\n", Some("ff9b6g4k6c")),
            ("kind: ConfigMap\ndata: {a: \"<&>\\u2028\"}\n", Some("9g6cht7g7f")),
            ("kind: Deployment\n", None),
        ] {
            let file = parse(SourceId(0), text.into());
            let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kustomize);
            assert_eq!(suffix(root).as_deref(), expected, "{text}");
        }
    }
}
