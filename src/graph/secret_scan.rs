//! Every readable text of a file with the names around it, as the credential detector wants to be asked.

use super::credential::{Credential, Question, Setting, judge, may_hold, only_speaks};
use super::sops::{Block, is_config};
use crate::manifest::{Manifests, Resource, Role};
use crate::source::Span;
use crate::tree;
use crate::yaml::{Dialect, Identity, Kind, Step, Value, Visit, walk};
use base64::{Engine, engine::general_purpose::STANDARD};
use foldhash::{HashMap, HashMapExt};
use std::borrow::Cow;
use std::cell::OnceCell;
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

    /// The surest credential in it. Whether it stands in an example, which can only lower that, is asked if there is one.
    pub fn credential(&self, is_example: impl FnOnce() -> bool) -> Option<Credential> {
        let found = judge(&self.question(false))?;
        if is_example() { judge(&self.question(true)) } else { Some(found) }
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
    visit_some(manifests, at, Wanted::Everything, each);
}

/// Calls `each` for every readable value of the Secrets in file number `at`, in the order they are written.
pub fn visit_secrets<'w>(manifests: &'w Manifests<'w>, at: usize, each: &mut dyn FnMut(Piece<'w>)) {
    visit_some(manifests, at, Wanted::InSecrets, each);
}

/// Calls `each` for every readable text of file number `at` that may be judged a credential outside of the values of
/// Secrets, in the order they are written.
pub fn visit_outside<'w>(manifests: &'w Manifests<'w>, at: usize, each: &mut dyn FnMut(Piece<'w>)) {
    visit_some(manifests, at, Wanted::Outside, each);
}

/// Which texts are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Everything,
    /// The values of Secrets.
    InSecrets,
    /// What is no value of a Secret and stands where a credential would be judged one.
    Outside,
}

fn visit_some<'w>(manifests: &'w Manifests<'w>, at: usize, wanted: Wanted, each: &mut dyn FnMut(Piece<'w>)) {
    let parsed = &manifests.files[at];
    if is_config(parsed.path) {
        return;
    }
    let role = manifests.roles[at];
    for root in super::sops::roots(parsed) {
        let kind = root.get("kind").and_then(Value::as_str);
        let mut visit_one = |object: Value<'w>, kind: Option<&'w str>| {
            let passed_over = match (wanted, kind) {
                (Wanted::Everything, _) => false,
                (Wanted::InSecrets, _) => kind != Some("Secret"),
                (Wanted::Outside, Some(kind)) => only_speaks(kind),
                (Wanted::Outside, None) => {
                    !matches!(role, Role::Kustomization | Role::Patch) && !is_judged_by_name(parsed.path)
                }
            };
            if !passed_over {
                let file = Some((manifests, at));
                Scan { wanted, file, root, object, kind, role, facts: OnceCell::new() }.run(each);
            }
        };
        let items = kind.filter(|kind| kind.ends_with("List")).and_then(|_| root.get("items"));
        match items.filter(|items| items.is_sequence()) {
            Some(items) => items.items().for_each(|object| {
                visit_one(object, object.get("kind").and_then(Value::as_str));
            }),
            None => visit_one(root, kind),
        }
    }
}

/// Whether a document that is no object is one whose values can be judged, and not some other tool's.
fn is_judged_by_name(path: &str) -> bool {
    let name = tree::name(path);
    name.contains("values") || name.contains(".sops.")
}

/// Calls `each` for every readable text of an object that is no document of a file: one that was rendered.
pub fn visit_object<'w>(object: Value<'w>, each: &mut dyn FnMut(Piece<'w>)) {
    let scan = Scan {
        wanted: Wanted::Everything,
        file: None,
        root: object,
        object,
        kind: object.get("kind").and_then(Value::as_str),
        role: Role::Manifests,
        facts: OnceCell::new(),
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
    wanted: Wanted,
    /// The file it stands in, by its number.
    file: Option<(&'w Manifests<'w>, usize)>,
    root: Value<'w>,
    object: Value<'w>,
    kind: Option<&'w str>,
    role: Role,
    facts: OnceCell<Facts<'w>>,
}

/// What every piece of an object is told with. Most objects have no piece, so it is worked out for the first one.
struct Facts<'w> {
    resource: Option<&'w Resource<'w>>,
    name: Option<&'w str>,
    in_sops: bool,
    generated: bool,
}

impl<'w> Scan<'w> {
    fn facts(&self) -> &Facts<'w> {
        self.facts.get_or_init(|| Facts {
            resource: self.file.and_then(|(manifests, at)| {
                let place = (at, self.object.span().start);
                let place_of = |resource: &Resource<'_>| (resource.file, resource.value.span().start);
                let found = manifests.resources.binary_search_by_key(&place, place_of).ok()?;
                Some(&manifests.resources[found])
            }),
            name: self.object.at(&["metadata", "name"]).and_then(Value::as_str),
            in_sops: Block::of(self.root).is_some(),
            generated: is_generated(self.object),
        })
    }

    fn run(&self, each: &mut dyn FnMut(Piece<'w>)) {
        let object = self.object.read_by(Dialect::Kubectl);
        let mut names: HashMap<Identity, &'w str> = HashMap::new();
        walk(object, &mut |steps, value| {
            if let [Step::Key(key)] = steps
                && self.is_passed_over(key)
            {
                return Visit::Past;
            }
            let Some(raw) = value.raw() else {
                if matches!(steps.last(), Some(Step::Index(_)))
                    && value.is_mapping()
                    && let Some(text) = value.get("value")
                    && let Some(name) = value.get("name").and_then(Value::as_str)
                {
                    names.insert(text.identity(), name);
                }
                return Visit::Into;
            };
            if !raw.is_empty()
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

    /// Whether nothing that is asked for stands under this key of the object.
    fn is_passed_over(&self, key: &str) -> bool {
        match self.wanted {
            Wanted::InSecrets => !matches!(key, "data" | "stringData"),
            Wanted::Everything | Wanted::Outside => key == "sops" && self.facts().in_sops,
        }
    }

    /// Whether the text may hold a credential, as far as can be told at little cost.
    fn is_worth_a_look(&self, steps: &[Step<'w>], name: Option<&'w str>, raw: &str) -> bool {
        match steps {
            [Step::Key("data" | "stringData"), Step::Key(_)] if self.kind == Some("Secret") => {
                return self.wanted != Wanted::Outside;
            }
            _ if self.wanted == Wanted::InSecrets => return false,
            [_, _, Step::Key("literals"), _] if self.role == Role::Kustomization => return true,
            _ => {}
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
        let facts = self.facts();
        Some(Piece {
            value,
            root: self.root,
            resource: facts.resource,
            key,
            parents,
            text,
            setting,
            in_sops: facts.in_sops,
            generated: facts.generated,
            object: (self.kind, facts.name),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Parsed;
    use crate::source::SourceId;
    use crate::yaml::parse;

    type Look = for<'w> fn(&'w Manifests<'w>, usize, &mut dyn FnMut(Piece<'w>));

    /// The keys that `look` meets in a file of this text.
    fn keys(path: &str, text: &str, look: Look) -> String {
        let file = parse(SourceId(0), text.into());
        let manifests = Manifests::new(vec![Parsed { root: 0, path, file: &file }]);
        let mut keys = Vec::new();
        look(&manifests, 0, &mut |piece| keys.push(piece.key.to_owned()));
        keys.join(",")
    }

    #[test]
    fn each_look_meets_what_it_asks_for() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {token: x}}\n\
                      data: {plain: eA==, bad: \"?\", sealed: \"ENC[x]\"}\nstringData: {b: x, c: {token: x}}\n";
        let list = "apiVersion: v1\nkind: List\nitems:\n\
                    - {apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {b: x}}\n\
                    - {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {env: [{name: DB_PASS, value: x}, {name: A, value: b}]}}\n";
        let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: [{token: x}]\n";
        let encrypted = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {token: x}\nsops: {mac: x, version: 3, token: x}\n";
        let generator = "kind: Kustomization\nsecretGenerator: [{name: token, literals: [any=x, none]}]\n";
        for (path, text, everything, in_secrets, outside) in [
            ("secret.yaml", secret, "token,plain,b,token", "plain,b", "token,token"),
            ("list.yaml", list, "b,DB_PASS", "b", "DB_PASS"),
            ("role.yaml", role, "token", "", ""),
            ("values.yaml", "a: {token: x, other: y}\n", "token", "", "token"),
            ("settings.yaml", "a: {token: x}\n", "token", "", ""),
            ("config.yaml", encrypted, "token", "", "token"),
            ("kustomization.yaml", generator, "any", "", "any"),
            (".sops.yaml", "a: {token: x}\n", "", "", ""),
        ] {
            let met = [visit as Look, visit_secrets, visit_outside].map(|look| keys(path, text, look));
            assert_eq!(met, [everything, in_secrets, outside], "{path}");
        }
    }
}
