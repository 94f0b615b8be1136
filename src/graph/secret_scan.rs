//! Every readable text of a file with the names around it, as the credential detector wants to be asked.

use super::credential::{Question, Setting, may_hold};
use super::sops::{Block, is_config};
use crate::manifest::{Manifests, Resource, Role};
use crate::source::Span;
use crate::tree;
use crate::yaml::{Dialect, Identity, Kind, Step, Value, Visit, walk};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// One text and where it stands.
#[derive(Debug)]
pub struct Piece<'w> {
    /// The scalar that holds it.
    pub value: Value<'w>,
    /// The root of its document.
    pub root: Value<'w>,
    /// The object it belongs to, if it is a whole one.
    pub resource: Option<&'w Resource<'w>>,
    /// The name that the value is known by.
    pub key: &'w str,
    /// The keys around it, outermost first.
    pub parents: Vec<&'w str>,
    /// The text as its consumer gets it.
    pub text: Cow<'w, str>,
    /// Where it stands.
    pub setting: Setting,
    /// Whether the file is one whose values can be judged, and not some other tool's.
    pub judged: bool,
    /// Whether its document has a `sops:` block.
    pub in_sops: bool,
    /// Whether something in the cluster fills in or makes the object's values.
    pub generated: bool,
    /// `kind` and `metadata.name` of the object.
    pub object: (Option<&'w str>, Option<&'w str>),
}

impl<'w> Piece<'w> {
    /// The question to the detector.
    pub fn question(&self, example: bool) -> Question<'_> {
        Question {
            key: self.key,
            parents: &self.parents,
            value: &self.text,
            setting: self.setting,
            example,
            object_kind: self.object.0,
            object_name: self.object.1,
        }
    }

    /// Whether it is a value of a Secret.
    pub fn is_of_secret(&self) -> bool {
        matches!(self.setting, Setting::SecretData | Setting::SecretStringData)
    }

    /// The bytes of the source that hold `range` of the text; the whole scalar where that is not certain.
    pub fn span_of(&self, range: Range<usize>) -> Span {
        let span = self.value.span();
        let Some(written) = self.value.as_written() else { return span };
        let Some(part) = self.text.get(range).map(str::trim_end).filter(|part| !part.is_empty()) else { return span };
        let mut places = written.match_indices(part);
        match (places.next(), places.next()) {
            (Some((at, _)), None) if !matches!(self.setting, Setting::SecretData) => {
                let start = span.start + at as u32;
                Span { start, end: start + part.len() as u32, ..span }
            }
            _ => span,
        }
    }

    /// The path of the scalar in its document.
    pub fn pointer(&self) -> String {
        self.root.pointer_to(self.value).unwrap_or_default()
    }
}

/// Every readable text of file number `at` that may hold a credential, in the order they are written.
pub fn scan<'w>(manifests: &'w Manifests<'w>, at: usize) -> Vec<Piece<'w>> {
    let mut pieces = Vec::new();
    visit(manifests, at, &mut |piece| pieces.push(piece));
    pieces
}

/// Calls `each` for every readable text of file number `at` that may hold a credential, in the order they are written.
pub fn visit<'w>(manifests: &'w Manifests<'w>, at: usize, each: &mut dyn FnMut(Piece<'w>)) {
    visit_some(manifests, at, false, each);
}

/// Calls `each` for every readable text of the Secrets in file number `at`, in the order they are written.
pub fn visit_secrets<'w>(manifests: &'w Manifests<'w>, at: usize, each: &mut dyn FnMut(Piece<'w>)) {
    visit_some(manifests, at, true, each);
}

fn visit_some<'w>(manifests: &'w Manifests<'w>, at: usize, secrets_only: bool, each: &mut dyn FnMut(Piece<'w>)) {
    let parsed = &manifests.files[at];
    if is_config(parsed.path) {
        return;
    }
    let role = manifests.roles[at];
    let from = manifests.resources.partition_point(|resource| resource.file < at);
    let resources = &manifests.resources[from..];
    let resources = &resources[..resources.partition_point(|resource| resource.file == at)];
    let name = tree::name(parsed.path);
    let values = name.contains("values") || name.contains(".sops.");
    for root in super::sops::roots(parsed) {
        let in_sops = Block::of(root).is_some();
        let kind = root.get("kind").and_then(Value::as_str);
        let items =
            root.get("items").filter(|list| list.is_sequence() && kind.is_some_and(|kind| kind.ends_with("List")));
        let objects: Vec<Value<'w>> = items.map_or_else(|| vec![root], |items| items.items().collect());
        for object in objects {
            let kind = object.get("kind").and_then(Value::as_str);
            if secrets_only && kind != Some("Secret") {
                continue;
            }
            let start = object.span().start;
            let resource = resources.binary_search_by_key(&start, |resource| resource.value.span().start).ok();
            let judged = kind.is_some() || role == Role::Kustomization || role == Role::Patch || values;
            let scan = Scan {
                root,
                resource: resource.map(|at| &resources[at]),
                object,
                kind,
                name: object.at(&["metadata", "name"]).and_then(Value::as_str),
                role,
                judged,
                in_sops,
                generated: is_generated(object),
            };
            scan.run(each);
        }
    }
}

/// Calls `each` for every readable text of an object that is no document of a file: one that was rendered.
pub fn visit_object<'w>(object: Value<'w>, each: &mut dyn FnMut(Piece<'w>)) {
    let scan = Scan {
        root: object,
        resource: None,
        object,
        kind: object.get("kind").and_then(Value::as_str),
        name: object.at(&["metadata", "name"]).and_then(Value::as_str),
        role: Role::Manifests,
        judged: true,
        in_sops: Block::of(object).is_some(),
        generated: is_generated(object),
    };
    scan.run(each);
}

/// Annotations of tools that fill in a Secret.
fn is_generated(object: Value<'_>) -> bool {
    object.at(&["metadata", "annotations"]).is_some_and(|annotations| {
        annotations.entries().any(|(key, _)| {
            key.starts_with("secret-generator.v1.mittwald.de/") || key == "kubernetes.io/service-account.name"
        })
    })
}

struct Scan<'w> {
    root: Value<'w>,
    resource: Option<&'w Resource<'w>>,
    object: Value<'w>,
    kind: Option<&'w str>,
    name: Option<&'w str>,
    role: Role,
    judged: bool,
    in_sops: bool,
    generated: bool,
}

impl<'w> Scan<'w> {
    fn run(&self, each: &mut dyn FnMut(Piece<'w>)) {
        let object = self.object.read_by(Dialect::Kubectl);
        let mut names: HashMap<Identity, &'w str> = HashMap::new();
        walk(object, &mut |steps, value| {
            if self.in_sops && steps.first() == Some(&Step::Key("sops")) {
                return Visit::Past;
            }
            if value.is_mapping()
                && matches!(steps.last(), Some(Step::Index(_)))
                && let Some(text) = value.get("value")
                && let Some(name) = value.get("name").and_then(Value::as_str)
            {
                names.insert(text.identity(), name);
            }
            if let Some(raw) = value.raw()
                && !raw.is_empty()
                && !raw.starts_with("ENC[")
                && let name = names.get(&value.identity()).copied()
                && self.is_worth_a_look(steps, name, raw)
                && value.kind() != Kind::Null
                && let Some(piece) = self.piece(steps, value, raw, name)
            {
                each(piece);
            }
            Visit::Into
        });
    }

    /// Whether the text may hold a credential, as far as can be told at little cost.
    fn is_worth_a_look(&self, steps: &[Step<'w>], name: Option<&'w str>, raw: &str) -> bool {
        if self.kind == Some("Secret") || self.role == Role::Kustomization {
            return true;
        }
        let key = steps.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Index(_) => None,
        });
        may_hold(name.or(key).unwrap_or_default(), raw)
    }

    fn piece(&self, steps: &[Step<'w>], value: Value<'w>, raw: &'w str, name: Option<&'w str>) -> Option<Piece<'w>> {
        let mut parents: Vec<&'w str> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Key(key) => Some(*key),
                Step::Index(_) => None,
            })
            .collect();
        let setting = self.setting(steps, name.is_some());
        let mut text = Cow::Borrowed(raw);
        let mut key = parents.pop().unwrap_or_default();
        if let Some(name) = name {
            key = name;
        }
        if setting == Setting::SecretData {
            let packed: String = raw.split_ascii_whitespace().collect();
            text = Cow::Owned(String::from_utf8(STANDARD.decode(packed).ok()?).ok()?);
        } else if self.role == Role::Kustomization && matches!(steps, [_, _, Step::Key("literals"), _]) {
            let (name, literal) = raw.split_once('=')?;
            key = name;
            text = Cow::Borrowed(literal.trim_matches(['"', '\'']));
        }
        Some(Piece {
            value,
            root: self.root,
            resource: self.resource,
            key,
            parents,
            text,
            setting,
            judged: self.judged,
            in_sops: self.in_sops,
            generated: self.generated,
            object: (self.kind, self.name),
        })
    }

    fn setting(&self, steps: &[Step<'w>], is_pair: bool) -> Setting {
        use Step::{Index, Key};
        match (self.kind, steps) {
            (Some("Secret"), [Key("data"), Key(_)]) => return Setting::SecretData,
            (Some("Secret"), [Key("stringData"), Key(_)]) => return Setting::SecretStringData,
            (Some("ConfigMap"), [Key("data"), Key(_)]) => return Setting::ConfigMapData,
            (_, [Key("secretGenerator"), Index(_), Key("literals"), Index(_)]) if self.role == Role::Kustomization => {
                return Setting::GeneratorLiteral;
            }
            (_, [Key("configMapGenerator"), Index(_), Key("literals"), Index(_)])
                if self.role == Role::Kustomization =>
            {
                return Setting::ConfigMapData;
            }
            _ => {}
        }
        match steps {
            [.., Key("env"), Index(_), Key("value")] if is_pair => return Setting::Env,
            [.., Key("args" | "command"), Index(_)] | [.., Key("args" | "command")] => return Setting::Argument,
            [.., Key("annotations"), Key(_)] => return Setting::Annotation,
            _ => {}
        }
        let helm = match (self.kind, steps) {
            (Some("HelmRelease"), [Key("spec"), Key("values"), ..])
            | (Some("HelmChart" | "HelmChartConfig"), [Key("spec"), Key("valuesContent" | "set"), ..])
            | (None, _) => true,
            (Some("Application" | "ApplicationSet"), _) => {
                steps.iter().any(|step| matches!(step, Key("valuesObject" | "values" | "parameters")))
            }
            _ => false,
        };
        if helm && matches!(self.role, Role::Manifests | Role::Other | Role::Data | Role::Patch) {
            Setting::HelmValue
        } else {
            Setting::Field
        }
    }
}
