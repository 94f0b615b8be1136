//! Secrets that stand in the repo: plain, encrypted by SOPS, sealed, or with annotations by which a controller fills them.

use super::hints::Hints;
use super::{Keys, Made, Maker, copies};
use crate::manifest::{Namespace, Resource};
use crate::yaml::{Value, has_placeholder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// Prefix of the annotations by which values are generated.
const GENERATOR: &str = "secret-generator.v1.mittwald.de/";

pub(super) fn add<'w>(resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    match (resource.group, resource.kind) {
        ("", "Secret") => plain(resource, made, hints),
        ("bitnami.com", "SealedSecret") => sealed(resource, made, hints),
        ("isindir.github.com" | "addons.projectcapsule.dev", "SopsSecret" | "GlobalSopsSecret") => {
            templates(resource, made, hints);
        }
        _ => {}
    }
}

fn plain<'w>(resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let annotations = resource.at(&["metadata", "annotations"]);
    let mut keys = Keys::default();
    for part in ["data", "stringData"] {
        keys.add_entries(resource.at(&[part]));
    }
    if let Some(reason) = resource.may_be_completed() {
        keys.admit_more(reason);
    }
    if annotations.is_some_and(|annotations| annotations.entries().any(|(key, _)| key.starts_with(GENERATOR))) {
        generated(resource, &mut keys);
    } else if copies::Copy::of(resource).is_some() {
        keys.admit_more("it is a copy of another Secret");
    } else if keys.known().next().is_none() {
        keys.admit_more("it is empty in this repo, so something fills it");
    }
    if resource.at(&["type"]).and_then(Value::known) == Some("kubernetes.io/service-account-token")
        || resource.annotation("fluxcd.controlplane.io/copyFrom").is_some()
    {
        keys.admit_more("a controller fills it");
    }
    let annotations = annotations.into_iter().collect();
    push(resource, resource.name_value(), None, Maker::Written, keys, annotations, made, hints);
}

/// What the secret generator adds.
fn generated<'w>(resource: &'w Resource<'w>, keys: &mut Keys<'w>) {
    let text = |name: &str| resource.annotation(&format!("{GENERATOR}{name}"));
    if let Some(list) = text("autogenerate") {
        match list.known() {
            Some(list) => list.split(',').map(str::trim).filter(|key| !key.is_empty()).for_each(|key| keys.add(key)),
            None => keys.admit_more("the list of generated keys is not known"),
        }
    }
    match text("type").map(Value::known) {
        None | Some(Some("string")) => {}
        Some(Some("ssh-keypair")) => ["ssh-publickey", "ssh-privatekey"].into_iter().for_each(|key| keys.add(key)),
        Some(Some("basic-auth")) => ["username", "password", "auth"].into_iter().for_each(|key| keys.add(key)),
        Some(_) => keys.admit_more("the kind of the generated values is not known"),
    }
    let names_keys = ["private-key-field", "public-key-field"].into_iter().any(|name| text(name).is_some());
    if names_keys {
        keys.admit_more("its annotations name other keys");
    }
}

fn sealed<'w>(resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    let mut keys = Keys::default();
    keys.add_entries(resource.at(&["spec", "encryptedData"]));
    keys.add_entries(resource.at(&["spec", "template", "data"]));
    if let Some(reason) = resource.may_be_completed() {
        keys.admit_more(reason);
    }
    if resource.at(&["spec", "data"]).is_some() {
        keys.admit_more("it is sealed as a whole");
    }
    let template = |field: &str| resource.at(&["spec", "template", "metadata", field]);
    let name = template("name").filter(|name| !name.is_null()).or_else(|| resource.name_value());
    let namespace = template("namespace").filter(|value| !value.is_null()).map(namespace_of);
    let annotations = template("annotations").into_iter().collect();
    push(resource, name, namespace, Maker::Controller, keys, annotations, made, hints);
}

fn templates<'w>(resource: &'w Resource<'w>, made: &mut Vec<Made<'w>>, hints: &mut Hints<'w>) {
    for list in ["secretTemplates", "secrets"] {
        for template in resource.at(&["spec", list]).into_iter().flat_map(Value::items) {
            let mut keys = Keys::default();
            keys.add_entries(template.get("data"));
            keys.add_entries(template.get("stringData"));
            if let Some(reason) = resource.may_be_completed() {
                keys.admit_more(reason);
            }
            let annotations = template.get("annotations").into_iter().collect();
            push(resource, template.get("name"), None, Maker::Controller, keys, annotations, made, hints);
        }
    }
}

/// The namespace that a field names.
pub(super) fn namespace_of(value: Value<'_>) -> Namespace<'_> {
    match value.known() {
        Some(name) => Namespace::Known(name),
        None => Namespace::Unknown(value.unknown().unwrap_or_else(|| "the namespace is no text".into())),
    }
}

/// Enters a Secret whose name a field holds. One whose name is not known is a hint.
#[allow(clippy::too_many_arguments, reason = "the parts of one record")]
pub(super) fn push<'w>(
    by: &'w Resource<'w>,
    name: Option<Value<'w>>,
    namespace: Option<Namespace<'w>>,
    maker: Maker,
    keys: Keys<'w>,
    annotations: Vec<Value<'w>>,
    made: &mut Vec<Made<'w>>,
    hints: &mut Hints<'w>,
) {
    let Some(at) = name else { return };
    let namespace = namespace.unwrap_or_else(|| by.namespace.clone());
    match at.known().filter(|_| !by.delivery.renames) {
        Some(name) => {
            made.push(Made { name: Cow::Borrowed(name), namespace, by, at, maker, keys, doubt: None, annotations });
        }
        None => hints.unnamed(by, namespace, at.raw().unwrap_or_default(), by.delivery.renames),
    }
}

impl<'w> Made<'w> {
    /// The type of the Secret and where it is written; none where it is not known. Without any it is `Opaque`.
    pub fn secret_type(&self) -> Option<(&'w str, Option<Value<'w>>)> {
        if self.by.may_be_completed().is_some() {
            return None;
        }
        let path: &[&str] = match (self.by.group, self.by.kind) {
            ("", "Secret") => &["type"],
            ("bitnami.com", "SealedSecret") => &["spec", "template", "type"],
            ("external-secrets.io", "ExternalSecret") => &["spec", "target", "template", "type"],
            _ => return None,
        };
        match self.by.at(path).filter(|value| !value.is_null()) {
            Some(value) => value.known().map(|text| (text, Some(value))),
            None => Some(("Opaque", None)),
        }
    }

    /// The text that the repo shows under a key, and where it is written. For what is no secret, as a user's name.
    pub fn text(&self, key: &str) -> Option<(Cow<'w, str>, Value<'w>)> {
        let by = self.by;
        let plain = |path: &[&str]| {
            let value = by.at(path)?.get(key)?;
            let text = value.known()?;
            Some((Cow::Borrowed(text), value))
        };
        match (by.group, by.kind) {
            ("", "Secret") => {
                if by.at(&["stringData"]).is_some_and(|data| data.get(key).is_some()) {
                    return plain(&["stringData"]);
                }
                if let Some(value) = by.at(&["data"]).and_then(|data| data.get(key)) {
                    let packed: String = value.known()?.split_ascii_whitespace().collect();
                    let text = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
                    return (!has_placeholder(&text)).then_some((Cow::Owned(text), value));
                }
                let is_basic = by.annotation(&format!("{GENERATOR}type")).and_then(Value::known) == Some("basic-auth");
                let name = by.annotation(&format!("{GENERATOR}basic-auth-username"));
                match name.filter(|_| is_basic && key == "username") {
                    Some(value) => value.known().map(|text| (Cow::Borrowed(text), value)),
                    None => None,
                }
            }
            ("bitnami.com", "SealedSecret") => plain(&["spec", "template", "data"]),
            ("external-secrets.io", "ExternalSecret") => plain(&["spec", "target", "template", "data"]),
            _ => None,
        }
    }
}
