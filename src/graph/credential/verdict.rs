//! The decision: joins what the key promises, what the value looks like and where it stands.

use super::key::Kind;
use super::{
    Certainty, Credential, Question, Setting, embedded, hash, is_placeholder, is_reference, key, plain, shape, url,
    weak,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::ops::Range;

/// Kinds whose text speaks about credentials without holding any.
const SPEAKING_KINDS: &[&str] = &[
    "CustomResourceDefinition",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ClusterPolicy",
    "Policy",
    "ValidatingPolicy",
    "MutatingPolicy",
    "GeneratingPolicy",
    "ValidatingAdmissionPolicy",
    "MutatingAdmissionPolicy",
    "ConstraintTemplate",
    "NetworkPolicy",
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "APIService",
    "GrafanaDashboard",
    "PrometheusRule",
];

/// The credential in the value that is the surest, and the first of those.
pub fn judge(question: &Question<'_>) -> Option<Credential> {
    let mut best: Option<Credential> = None;
    for credential in judge_all(question) {
        if best.as_ref().is_none_or(|found| credential.certainty > found.certainty) {
            best = Some(credential);
        }
    }
    best
}

/// Every credential in the value, in order and without overlaps.
pub fn judge_all(question: &Question<'_>) -> Vec<Credential> {
    if speaks_only(question) {
        return Vec::new();
    }
    let mut found = Vec::new();
    by_shape(question.value, false, &mut found);
    by_name(question, &mut found);
    let mut found = without_overlaps(found);
    found.retain_mut(|credential| demote(question, credential));
    found
}

/// Whether anything of the value must not be printed. Errs on the side of masking, unlike [`judge`].
pub fn must_mask(question: &Question<'_>) -> bool {
    !mask_ranges(question).is_empty()
}

/// The bytes of the value that must not be printed, in order and without overlaps.
pub fn mask_ranges(question: &Question<'_>) -> Vec<Range<usize>> {
    let value = question.value;
    let whole = trimmed(value);
    if whole.is_empty() || is_sealed(question) {
        return Vec::new();
    }
    let text = &value[whole.clone()];
    if question.setting.is_secret() && !is_reference(text) && !is_placeholder(text) {
        return vec![whole];
    }
    if !is_multi_line(text)
        && key::kind(question.key).is_some_and(|kind| is_worth_masking(kind, text))
        && !key::parents_hold_names(question.parents)
    {
        return vec![whole];
    }
    let mut found = Vec::new();
    by_shape(value, true, &mut found);
    by_name(&Question { example: false, ..*question }, &mut found);
    for assignment in scanned(question) {
        let text = &value[assignment.value.clone()];
        if key::kind(assignment.key).is_some_and(|kind| kind.is_password() && is_worth_masking(kind, text)) {
            found.push(credential(Kind::Password.what(), assignment.value, Certainty::Low, false));
        }
    }
    without_overlaps(found).into_iter().map(|credential| credential.range).collect()
}

fn is_worth_masking(kind: Kind, text: &str) -> bool {
    let boolean = ["true", "false", "yes", "no"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if boolean || is_reference(text) || is_placeholder(text) || plain::names_a_credential(text) {
        return false;
    }
    if kind.is_password() {
        return !text.starts_with('/') || text.len() < 2;
    }
    !plain::is_never_secret(text) && !plain::is_name(text) && !plain::is_single_word(text) && !is_digits(text)
}

fn speaks_only(question: &Question<'_>) -> bool {
    question.object_kind.is_some_and(only_speaks) || is_sealed(question)
}

/// Whether objects of this kind speak about credentials without holding any, so that none is found in them.
pub fn only_speaks(kind: &str) -> bool {
    SPEAKING_KINDS.contains(&kind)
}

fn is_sealed(question: &Question<'_>) -> bool {
    question.parents.contains(&"encryptedData") || question.value.starts_with("ENC[")
}

/// What is known by its form alone. `all` keeps what is harmless but better not printed.
fn by_shape(value: &str, all: bool, found: &mut Vec<Credential>) {
    shape::find(value, found);
    url::find(value, all, found);
    hash::find(value, found);
}

/// What is known by the name of its key, be it outside or within the value.
fn by_name(question: &Question<'_>, found: &mut Vec<Credential>) {
    let whole = trimmed(question.value);
    if whole.is_empty() {
        return;
    }
    let text = &question.value[whole.clone()];
    if is_multi_line(text) || is_structure(text) || question.setting == Setting::Argument || has_parameters(text) {
        for assignment in scanned(question) {
            let Some(kind) = key::kind(assignment.key) else { continue };
            let inner = &question.value[assignment.value.clone()];
            if let Some((certainty, weak)) = embedded_verdict(question, kind, &assignment, inner) {
                found.push(credential(kind.what(), assignment.value, certainty, weak));
            }
        }
        if text.contains("\"auth\"") {
            docker_auths(question.value, found);
        }
        return;
    }
    let kind = key::kind(question.key);
    if kind.is_none() && !question.setting.is_secret() || key::parents_hold_names(question.parents) {
        return;
    }
    match kind {
        Some(kind) => {
            if let Some((certainty, weak)) = verdict(question, kind, text) {
                found.push(credential(kind.what(), whole, certainty, weak));
            }
        }
        None => {
            if let Some(certainty) = unnamed_verdict(question, text) {
                found.push(credential("secret value", whole, certainty, false));
            }
        }
    }
}

fn scanned<'a>(question: &Question<'a>) -> Vec<embedded::Assignment<'a>> {
    if is_dashboard(question) { Vec::new() } else { embedded::assignments(question.value) }
}

fn is_dashboard(question: &Question<'_>) -> bool {
    question.key.ends_with(".json") && question.value.contains("\"schemaVersion\"")
}

/// Rows of the decision table for a value under a credential key.
fn verdict(question: &Question<'_>, kind: Kind, text: &str) -> Option<(Certainty, bool)> {
    let secret = question.setting.is_secret();
    let password = kind.is_password();
    if is_reference(text) || is_placeholder(text) {
        return None;
    }
    if question.setting == Setting::Field && (kind == Kind::SecretKeyField || names_its_key(question.key, text)) {
        return None;
    }
    if weak::is_default(text) {
        return default_verdict(question.setting, password, text);
    }
    if plain::is_never_secret(text) || plain::names_a_credential(text) {
        return None;
    }
    if is_digits(text) {
        return (password && text.len() >= 4).then_some((Certainty::Low, true));
    }
    let choosable = !matches!(question.setting, Setting::Annotation | Setting::Argument);
    if plain::is_single_word(text) {
        let applied = password && choosable && text.bytes().all(|byte| !byte.is_ascii_uppercase());
        return (applied && text.len() >= 3).then_some((Certainty::Low, true));
    }
    if plain::is_name(text) {
        return (secret && password && text.len() >= 6).then_some((Certainty::Low, false));
    }
    if secret {
        return if text.len() >= 6 {
            Some((Certainty::High, false))
        } else {
            password.then_some((Certainty::Low, true))
        };
    }
    if plain::is_uuid(text) {
        return Some((Certainty::Low, false));
    }
    let demanding = matches!(question.setting, Setting::Annotation) || kind == Kind::SecretKeyField;
    if demanding && !plain::is_opaque(text) {
        return None;
    }
    if plain::is_strong(text) {
        return Some((if kind == Kind::AccessKey { Certainty::Low } else { Certainty::High }, false));
    }
    (password && choosable && text.len() >= 4 && !text.contains(char::is_whitespace)).then_some((Certainty::Low, false))
}

fn default_verdict(setting: Setting, password: bool, text: &str) -> Option<(Certainty, bool)> {
    let reported = match setting {
        Setting::Annotation | Setting::Argument => false,
        _ if password || setting.is_secret() => true,
        Setting::Env | Setting::HelmValue => weak::asks_for_change(text),
        _ => false,
    };
    reported.then_some((Certainty::Low, true))
}

/// `password: password` in a custom resource says which key of a Secret to read.
fn names_its_key(key: &str, text: &str) -> bool {
    key.eq_ignore_ascii_case(text) || key::words(key).last().is_some_and(|last| last == text)
}

/// A key within a text may belong to a program, where only quoted or random values are literals.
fn embedded_verdict(
    question: &Question<'_>,
    kind: Kind,
    assignment: &embedded::Assignment<'_>,
    text: &str,
) -> Option<(Certainty, bool)> {
    let inner = Question { key: assignment.key, value: text, ..*question };
    let (certainty, weak) = verdict(&inner, kind, text)?;
    let literal = assignment.quoted || plain::is_strong(text) || question.setting.is_secret();
    if weak {
        let deployed = question.setting.is_secret() || weak::is_default(text) && !names_its_key(assignment.key, text);
        return (deployed && (literal || kind.is_password())).then_some((Certainty::Low, true));
    }
    let sure = plain::is_strong(text) && !text.contains(['(', ')', '[', ']', '{', '}', '|', '\\']);
    if !sure && !question.setting.is_secret() {
        return None;
    }
    (literal && sure).then_some((certainty, false))
}

/// A generated value in a Secret under a key that promises nothing.
fn unnamed_verdict(question: &Question<'_>, text: &str) -> Option<Certainty> {
    if is_reference(text)
        || is_placeholder(text)
        || text.len() < 20
        || plain::entropy(text) < 3.6
        || text.contains(char::is_whitespace)
        || key::names_a_public_value(question.key)
        || plain::is_never_secret(text)
        || plain::is_name(text)
        || plain::is_uuid(text)
        || !plain::is_opaque(text)
    {
        return None;
    }
    let numbered = key::words(question.key).last().is_some_and(|last| last == "key");
    let named = question.object_name.is_some_and(|name| {
        key::words(name).iter().any(|word| matches!(word.as_str(), "unseal" | "token" | "tokens" | "keys" | "key"))
    });
    Some(if numbered && named { Certainty::High } else { Certainty::Low })
}

fn docker_auths(text: &str, found: &mut Vec<Credential>) {
    for range in embedded::docker_auths(text) {
        let Some(decoded) = STANDARD.decode(&text[range.clone()]).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        else {
            continue;
        };
        let Some((_, password)) = decoded.split_once(':') else { continue };
        if !is_placeholder(password) && !is_reference(password) {
            let weak = weak::is_default(password);
            let certainty = if weak { Certainty::Low } else { Certainty::High };
            found.push(credential("registry password", range, certainty, weak));
        }
    }
}

/// Lowers what stands in an example or outside of a resource by one step; `false` if nothing is left.
fn demote(question: &Question<'_>, credential: &mut Credential) -> bool {
    let by_form = !matches!(
        credential.what,
        "password"
            | "passphrase"
            | "secret"
            | "token"
            | "API key"
            | "access key"
            | "encryption key"
            | "secret key"
            | "secret value"
    );
    let outside = question.object_kind.is_none()
        && !by_form
        && !matches!(question.setting, Setting::HelmValue | Setting::GeneratorLiteral | Setting::Env);
    if !question.example && !outside {
        return true;
    }
    let had = credential.certainty;
    credential.certainty = Certainty::Low;
    had == Certainty::High
}

/// Sorts, and of two that overlap keeps the surer one, else the longer.
fn without_overlaps(mut found: Vec<Credential>) -> Vec<Credential> {
    if found.len() < 2 {
        return found;
    }
    found.sort_by_key(|credential| credential.range.start);
    let mut kept: Vec<Credential> = Vec::with_capacity(found.len());
    for credential in found {
        match kept.last_mut() {
            Some(last) if credential.range.start < last.range.end => {
                let end = last.range.end.max(credential.range.end);
                if rank(&credential) > rank(last) {
                    last.what = credential.what;
                    last.certainty = credential.certainty;
                    last.weak_default = credential.weak_default;
                }
                last.range.end = end;
            }
            _ => kept.push(credential),
        }
    }
    kept
}

/// A form says more about what it is than the name of a key.
fn rank(credential: &Credential) -> (bool, Certainty, usize) {
    let hash = credential.what == "password hash";
    (hash, credential.certainty, credential.range.len())
}

fn credential(what: &'static str, range: Range<usize>, certainty: Certainty, weak_default: bool) -> Credential {
    Credential { what, certainty, range, weak_default }
}

fn trimmed(value: &str) -> Range<usize> {
    let start = value.len() - value.trim_start().len();
    start..start + value.trim().len()
}

fn is_multi_line(text: &str) -> bool {
    memchr::memchr(b'\n', text.as_bytes()).is_some()
}

fn is_structure(text: &str) -> bool {
    text.len() > 8
        && text.starts_with(['{', '['])
        && text.ends_with(['}', ']'])
        && !text.starts_with("{{")
        && text.contains(':')
}

/// Connection strings: `host=db password=…`, `Server=db;Password=…`, `jdbc:…?user=…&password=…`, `cache:6379,password=…`.
fn has_parameters(text: &str) -> bool {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b' ' | b';' | b'&' | b'?' | b',' | b'\t' => start = at + 1,
            b'=' => {
                let name = &text[start..at];
                if name.len() < 64 && (start > 0 || name.eq_ignore_ascii_case("password")) && key::kind(name).is_some()
                {
                    return true;
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    false
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
