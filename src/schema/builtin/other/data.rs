//! ConfigMaps and Secrets: keys, base64, sizes, and what the types of Secrets ask for.

use super::require::lacks;
use crate::schema::value::{Fault, code, config_map_key, field, missing, text};
use crate::schema::{Problem, Problems};
use crate::yaml::{Text, Value, has_placeholder};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What the values of a ConfigMap or a Secret may be together, in bytes.
const MOST: usize = 1 << 20;

/// The code under which the schema tells of formats.
pub(super) const FORMAT: &str = "format";

/// Padding is needed, and what stands in the last bits does not matter.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// Checks a ConfigMap.
pub(super) fn config_map<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let (data, binary) = (field(object, "data"), field(object, "binaryData"));
    let mut size = 0;
    for (key, value) in data.into_iter().flat_map(Value::entries) {
        data_key(key, value, problems);
        size += value.as_str().map_or(0, str::len);
    }
    for (key, value) in binary.into_iter().flat_map(Value::entries) {
        data_key(key, value, problems);
        size += decoded(value, problems).map_or(0, |bytes| bytes.len());
        if let Some(other) = data.and_then(|data| data.get(key)) {
            problems.push(
                Problem::new(code::DUPLICATE, value, format!("key `{key}` stands in `data` and in `binaryData`"))
                    .at_key()
                    .related(other.key_or_span(), "in `data`")
                    .help("keep it in one of them"),
            );
        }
    }
    if size > MOST {
        too_large(data.or(binary).unwrap_or(object), size, problems);
    }
}

/// Checks a Secret.
pub(super) fn secret<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let (data, plain) = (field(object, "data"), field(object, "stringData"));
    let mut size = 0;
    for (key, value) in data.into_iter().flat_map(Value::entries) {
        data_key(key, value, problems);
        let bytes = decoded(value, problems).map_or(0, |bytes| bytes.len());
        if plain.is_none_or(|plain| plain.get(key).is_none()) {
            size += bytes;
        }
    }
    for (key, value) in plain.into_iter().flat_map(Value::entries) {
        data_key(key, value, problems);
        size += if matches!(value.text(), Text::Encrypted) { 0 } else { value.as_str().map_or(0, str::len) };
    }
    if size > MOST {
        too_large(plain.or(data).unwrap_or(object), size, problems);
    }
    of_type(object, data, plain, problems);
}

fn too_large<'w>(values: Value<'w>, size: usize, problems: &mut Problems<'w>) {
    let fact = format!("the values are {size} bytes together, and {MOST} fit");
    problems.push(Problem::new(code::SIZE, values, fact).at_key().help("split it, or keep the data elsewhere"));
}

fn data_key<'w>(key: &str, value: Value<'w>, problems: &mut Problems<'w>) {
    if !has_placeholder(key)
        && let Some(fault) = config_map_key(key)
    {
        problems.push(fault.key_problem(code::NAME, value, "key"));
    }
}

/// The bytes of a base64 value; what cannot be decoded is told, and never shown.
fn decoded<'w>(value: Value<'w>, problems: &mut Problems<'w>) -> Option<Vec<u8>> {
    // `<…>` is what the Vault plugin of Argo CD replaces.
    let written = value.known().filter(|text| !(text.starts_with('<') && text.ends_with('>')))?;
    let without_breaks;
    let text = if written.contains(['\n', '\r']) {
        without_breaks = written.replace(['\n', '\r'], "");
        &without_breaks
    } else {
        written
    };
    match BASE64.decode(text) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            let (found, help) = base64_fault(text);
            problems.push(
                Problem::new(FORMAT, value, format!("the value of `{}` is not base64", value.key()?))
                    .label(found)
                    .help(help),
            );
            None
        }
    }
}

fn base64_fault(text: &str) -> (&'static str, &'static str) {
    let plain = "write it under `stringData`, or encode it";
    let of_urls = |c: char| c == '-' || c == '_';
    let letter = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    match text {
        _ if text.contains([' ', '\t']) => ("a blank in it", plain),
        _ if text.chars().all(|c| letter(c) || of_urls(c)) && text.contains(of_urls) => {
            ("encoded for URLs, with `-` and `_`", "encode it in standard base64")
        }
        _ if text.chars().all(letter) => ("the length or the padding is wrong", plain),
        _ => ("characters that base64 does not have", plain),
    }
}

/// What a type of Secrets asks for.
fn of_type<'w>(object: Value<'w>, data: Option<Value<'w>>, plain: Option<Value<'w>>, problems: &mut Problems<'w>) {
    let Some(kind) = text(object, "type").known() else { return };
    let has = |key: &str| [data, plain].into_iter().flatten().any(|values| values.get(key).is_some());
    // A value that comes later may bring keys along.
    let open = [data, plain]
        .into_iter()
        .flatten()
        .any(|values| values.unknown().is_some() || values.entries().any(|(key, _)| has_placeholder(key)));
    let at = object.get("type").unwrap_or(object);
    let lacking = |keys: &[&str], problems: &mut Problems<'w>| {
        let (holder, key) = data.or(plain).map_or((object, "data"), |values| (values, keys[0]));
        let list = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
        let joined = list.join(if kind.ends_with("basic-auth") { " or " } else { " and " });
        let fact = format!("a Secret of type `{kind}` needs the key {joined}");
        problems.push(
            missing(code::REQUIRED, holder, key, fact)
                .underline(at.span())
                .label("this type asks for it")
                .help("add what is missing, or remove the type"),
        );
    };
    match kind {
        "kubernetes.io/service-account-token" => {
            let annotations = object.at(&["metadata", "annotations"]);
            let name = "kubernetes.io/service-account.name";
            if annotations.is_none_or(|annotations| annotations.is_null() || lacks(annotations, name)) {
                let headline = object.at(&["metadata", "name"]).unwrap_or(at);
                let fact = format!("a Secret of type `{kind}` does not say for which ServiceAccount");
                problems.push(
                    Problem::new(code::REQUIRED, headline, fact)
                        .underline(at.span())
                        .help(format!("write the annotation `{name}`")),
                );
            }
        }
        _ if open => {}
        "kubernetes.io/tls" => {
            let absent: Vec<&str> = ["tls.crt", "tls.key"].into_iter().filter(|key| !has(key)).collect();
            if !absent.is_empty() {
                lacking(&absent, problems);
            }
        }
        "kubernetes.io/ssh-auth" => {
            let key = "ssh-privatekey";
            let values = || [plain, data].into_iter().flatten().find_map(|values| values.get(key));
            if values().is_none_or(|value| value.is_null() || value.known() == Some("")) {
                lacking(&[key], problems);
            }
        }
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            lacking(&["username", "password"], problems);
        }
        "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson" => {
            let key = if kind.ends_with("json") { ".dockerconfigjson" } else { ".dockercfg" };
            if has(key) { docker(key, data, plain, problems) } else { lacking(&[key], problems) }
        }
        _ => {}
    }
}

/// Checks that credentials for registries are a JSON object.
fn docker<'w>(key: &str, data: Option<Value<'w>>, plain: Option<Value<'w>>, problems: &mut Problems<'w>) {
    let value = plain.and_then(|plain| plain.get(key));
    let encoded = data.and_then(|data| data.get(key));
    let Some(at) = value.or(encoded) else { return };
    let bytes = match value {
        Some(value) => value.known().map(|text| text.as_bytes().to_vec()),
        // What is no base64 was told before.
        None => at.known().and_then(|text| BASE64.decode(text.replace(['\n', '\r'], "")).ok()),
    };
    let bytes = if at.is_null() { Some(Vec::new()) } else { bytes };
    let Some(bytes) = bytes else { return };
    if std::str::from_utf8(&bytes).is_ok_and(has_placeholder) {
        return;
    }
    let found = match serde_json::from_slice::<serde_json::Value>(&bytes) {
        Ok(serde_json::Value::Object(_) | serde_json::Value::Null) => return,
        Ok(_) => "JSON, and no object",
        Err(_) if bytes.is_empty() => "empty",
        Err(_) => "no JSON",
    };
    let fault = Fault::new("a JSON object", found, "write an object with `auths`");
    problems.push(
        Problem::new(FORMAT, at, format!("the value of `{key}` is not {}", fault.wanted))
            .label(fault.found)
            .help(fault.help),
    );
}
