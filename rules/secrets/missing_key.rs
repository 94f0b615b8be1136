//! Keys that a Secret of the repo does not have.

use crate::contract::Delivery;
use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::is_near;
use crate::graph::secrets::{Class, Found, Made, Secrets, Use};
use crate::rule::{Brought, Builder, Sink, TargetContext, brought, replace_name};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a key that a pod, the values of a chart or an object of CloudNativePG takes from a Secret that is made in
    /// the repo and has no such key: what `data` and `stringData` hold, encrypted or not, what an ExternalSecret
    /// fetches or its template makes, what a SealedSecret or a generator adds, what the operator and cert-manager put
    /// into theirs, what the contract of a platform lists.
    ///
    /// ## Why it matters
    /// The reference is accepted. The pod waits in `CreateContainerConfigError`, the backup has no credentials.
    ///
    /// ## Instead
    /// Name a key that the Secret has, or add it where the Secret is made.
    ///
    /// ## Limits
    /// A Secret whose keys only a store outside knows (`dataFrom`, `templateFrom`), that something else adds to, or
    /// that stands empty in the repo is left alone. So is what is marked as optional. Passwords of roles have a rule of
    /// their own.
    pub static RULE {
        id: "secrets/missing-key",
        summary: "a key is named that the Secret does not have",
        scope: Target,
        codes: [
            "named" => (Error, High, Reliability),
            "implied" => (Error, High, Reliability),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Keys listed beside a Secret.
const SHOWN: usize = 4;

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for one in context.secrets.uses() {
        let is_judged = matches!(one.class, Class::Database | Class::Pod | Class::Values | Class::Certificate);
        // The keys of a password are another rule's.
        if !is_judged || one.optional || one.login.is_some() || (one.key.is_none() && one.needs.is_empty()) {
            continue;
        }
        let Some(name) = one.name.known() else { continue };
        let held = match context.secrets.find(&one.namespace, name) {
            Found::Made(made) => Held::Made(context.secrets, made),
            Found::Unseen => match brought(context, &one.namespace, name) {
                Brought::Made(secrets, made) => Held::Made(secrets, made),
                Brought::Offered(delivery) => Held::Offered(delivery),
                _ => continue,
            },
            Found::Unknown(_) => continue,
        };
        match one.key {
            Some(key) => {
                if let Some(text) = key.known().filter(|text| held.lacks(text)) {
                    named(one, name, key, text, &held, sink);
                }
            }
            None => {
                let missing: Vec<&str> = one.needs.iter().copied().filter(|key| held.lacks(key)).collect();
                if !missing.is_empty() {
                    implied(one, name, &missing, &held, sink);
                }
            }
        }
    }
}

/// A Secret as it is known: from what makes it, here or in another repo, or from a contract.
enum Held<'a, 'w> {
    Made(&'a Secrets<'w>, Vec<&'a Made<'w>>),
    Offered(Delivery<'a>),
}

impl<'a, 'w> Held<'a, 'w> {
    /// Whether it surely lacks a key, whoever makes it.
    fn lacks(&self, key: &str) -> bool {
        match self {
            Held::Made(secrets, made) => made.iter().all(|one| secrets.has_key(one, key) == Some(false)),
            Held::Offered(delivery) => delivery.has_key(key) == Some(false),
        }
    }

    fn made(&self) -> &[&'a Made<'w>] {
        match self {
            Held::Made(_, made) => made,
            Held::Offered(_) => &[],
        }
    }

    /// Every key that is known.
    fn keys(&self) -> Vec<&str> {
        match self {
            Held::Made(_, made) => made.iter().flat_map(|made| made.keys.known()).collect(),
            Held::Offered(delivery) => delivery.secret.keys.iter().map(String::as_str).collect(),
        }
    }

    /// Where it is made, with what it holds.
    fn shown<'s>(&self, mut finding: Builder<'s>) -> Builder<'s> {
        for made in self.made().iter().take(2) {
            finding = finding.related(made.at.span(), holds(made.keys.known()));
        }
        match self {
            Held::Offered(delivery) => {
                finding.related(delivery.place(), holds(delivery.secret.keys.iter().map(String::as_str)))
            }
            Held::Made(..) => finding,
        }
    }
}

fn named<'w>(one: &Use<'w>, name: &str, value: Value<'w>, key: &str, held: &Held<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let title = one.by.title();
    let message = match one.class {
        Class::Database => format!("{title} takes `{key}` from Secret `{name}`, which has no such key"),
        Class::Values => format!("{title} gives its pods `{key}` of Secret `{name}`, which has no such key"),
        _ if one.by.kind == "Pod" => format!("{title} cannot start: Secret `{name}` has no key `{key}`"),
        _ => format!("the pods of {title} cannot start: Secret `{name}` has no key `{key}`"),
    };
    let mut finding = sink.finding("named", one.by, value, message).label("no such key");
    if one.class == Class::Values {
        finding = finding.confidence(Confidence::Medium);
    }
    finding = held.shown(finding);
    let known = held.keys().into_iter();
    let near = known.filter_map(|known| nearness(key, known).map(|distance| (distance, known))).min();
    if let Some(template) = held.made().iter().find_map(|made| replaced(made, key)) {
        finding
            .related(template.key_or_span(), "this takes the place of what is fetched")
            .help(format!("write `{key}` into the template, or set its `mergePolicy: Merge`"));
        return;
    }
    match near {
        Some((_, meant)) => match replace_name(value, meant) {
            Some(edits) => finding.suggestion(format!("name key `{meant}`, if that is meant"), edits),
            None => finding.help(format!("did you mean `{meant}`?")),
        },
        None => finding.help(format!("name a key that it has, or add `{key}` where the Secret is made")),
    };
}

/// How far two keys are from each other, if one may be meant for the other; another spelling of the same words is next.
fn nearness(key: &str, known: &str) -> Option<usize> {
    let words = |text: &str| text.replace(['-', '_', '.'], "").to_ascii_lowercase();
    if words(key) == words(known) { Some(0) } else { is_near(key, known) }
}

/// The template of an ExternalSecret that fetches `key` and does not keep it.
fn replaced<'w>(made: &Made<'w>, key: &str) -> Option<Value<'w>> {
    let spec = made.by.at(&["spec"]).filter(|_| made.by.is("external-secrets.io", "ExternalSecret"))?;
    let mut fetched = spec.get("data").into_iter().flat_map(Value::items);
    fetched.find(|entry| entry.get("secretKey").and_then(Value::known) == Some(key))?;
    spec.at(&["target", "template", "data"])
}

fn implied<'w>(one: &Use<'w>, name: &str, missing: &[&str], held: &Held<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let list = missing.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
    let message = format!("{} needs {list}, which Secret `{name}` does not have", one.by.title());
    let finding = sink.finding("implied", one.by, one.name, message).label(format!("has no {list}"));
    held.shown(finding).help(format!("add {list} where the Secret is made, or name one that has them"));
}

/// What a Secret holds, for a label.
fn holds<'k>(keys: impl Iterator<Item = &'k str>) -> String {
    let keys: Vec<String> = keys.map(|key| format!("`{key}`")).collect();
    match keys.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        _ if keys.is_empty() => "has no key".to_owned(),
        Some(more) => format!("has {} and {more} more", keys[..SHOWN].join(", ")),
        None => format!("has {}", keys.join(", ")),
    }
}
