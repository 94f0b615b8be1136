//! Names that are not as the platform gives them.

use crate::declare_rule;
use crate::graph::{Any, View};
use crate::manifest::{By, Resource};
use crate::rule::patterns::{follows, holds_kind, is_kebab_case};
use crate::rule::{Context, Sink};
use crate::yaml::Value;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds objects whose name is not in kebab case, or follows none of the patterns that the option `patterns` gives
    /// their kind, and annotations whose prefix is not among `annotation-prefixes`.
    ///
    /// ## Why it matters
    /// Apps find a credential or a host by its name: `${APP}-pguser-secret` is a contract, and one that is called
    /// differently is found by nobody. An annotation under a prefix that belongs to somebody else may one day mean something.
    ///
    /// ## Instead
    /// A name after the platform's pattern, with a merge request to whoever refers to the old one.
    ///
    /// ## Limits
    /// Off until the config names it. Kebab case is asked of the kinds in `kinds`. Prefixes of Kubernetes (`kubernetes.io`,
    /// `k8s.io` and below) are always allowed. Samples, what nothing is seen to apply and
    /// names that are made on the way are left alone. A name that is still a `${VAR}` is left undecided.
    pub static RULE {
        id: "repo/off-pattern-name",
        summary: "a name or an annotation is not as the platform has them",
        scope: Resource(Any),
        codes: [
            "not-kebab-case" => (Warning, High, Habit),
            "pattern" => (Warning, High, Habit),
            "annotation" => (Warning, High, Habit),
        ],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The kinds, each as `Kind` or as `group/Kind`, whose names are in kebab case.
    pub kinds: Vec<String>,
    /// The pattern that names of a kind follow, or a list of which one will do; that of `Secret` holds for those that
    /// ExternalSecrets make, too. `*`, `${ANY}` and `{any}` stand for one
    /// character or more, `{namespace}` for the object's namespace.
    pub patterns: BTreeMap<String, Patterns>,
    /// The prefixes that annotations may have, such as `example.com` or `*.example.com`; any where empty.
    pub annotation_prefixes: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        let kinds = ["Cluster", "Pooler", "Database", "DatabaseRole", "ScheduledBackup"];
        Options {
            kinds: kinds.iter().map(|kind| format!("postgresql.cnpg.io/{kind}")).collect(),
            patterns: BTreeMap::new(),
            annotation_prefixes: Vec::new(),
        }
    }
}

/// One pattern, or several.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Patterns {
    /// This one.
    One(String),
    /// Any of these.
    Several(Vec<String>),
}

impl Patterns {
    fn all(&self) -> &[String] {
        match self {
            Patterns::One(one) => std::slice::from_ref(one),
            Patterns::Several(several) => several,
        }
    }
}

/// Those of Kubernetes itself.
const ALWAYS: [&str; 4] = ["kubernetes.io", "*.kubernetes.io", "k8s.io", "*.k8s.io"];

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = any.resource();
    let options = context.options::<Options>();
    if !resource.whole || resource.delivery.by == By::Nobody || resource.is_example() {
        return;
    }
    name(resource, options, sink);
    if options.annotation_prefixes.is_empty() {
        return;
    }
    for (key, value) in resource.at(&["metadata", "annotations"]).into_iter().flat_map(Value::entries) {
        let Some((prefix, _)) = key.split_once('/') else { continue };
        let allowed = options.annotation_prefixes.iter().map(String::as_str).chain(ALWAYS);
        if allowed.into_iter().any(|one| is_prefix(prefix, one)) {
            continue;
        }
        let message = format!("annotation `{key}` of {} has a prefix that the platform does not use", resource.title());
        let prefixes: Vec<String> = options.annotation_prefixes.iter().map(|one| format!("`{one}`")).collect();
        sink.finding("annotation", resource, value, message)
            .underline(value.key_or_span())
            .label("not one of the platform's prefixes")
            .note(format!("the config allows {}", prefixes.join(", ")));
    }
}

fn is_prefix(prefix: &str, allowed: &str) -> bool {
    match allowed.strip_prefix("*.") {
        Some(domain) => prefix.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => prefix == allowed,
    }
}

fn name<'w>(resource: &'w Resource<'w>, options: &Options, sink: &mut Sink<'_, 'w>) {
    let of_kind = options.patterns.iter().find(|(kind, _)| holds_kind([*kind], resource)).map(|(_, list)| list.all());
    let kebab = holds_kind(&options.kinds, resource);
    if let Some(value) = resource.name_value().filter(|_| kebab || of_kind.is_some())
        && let Some(name) = known(value, sink).filter(|_| !resource.delivery.renames)
    {
        if kebab && !is_kebab_case(name) {
            let message = format!("the name of {} is not in kebab case", resource.title());
            sink.finding("not-kebab-case", resource, value, message)
                .label("words of letters and digits with single dashes between them");
            return;
        }
        judge(resource, value, name, of_kind, &resource.title(), sink);
    }
    // Apps look for the Secret, not for what makes it.
    let made =
        resource.at(&["spec", "target", "name"]).filter(|_| resource.is("external-secrets.io", "ExternalSecret"));
    let of_secrets = options.patterns.get("Secret").map(Patterns::all);
    if let Some(value) = made.filter(|_| of_secrets.is_some())
        && let Some(name) = known(value, sink)
    {
        judge(resource, value, name, of_secrets, &format!("the Secret that {} makes", resource.title()), sink);
    }
}

/// A name; where it is not known yet, that is said.
fn known<'w>(value: Value<'w>, sink: &mut Sink<'_, 'w>) -> Option<&'w str> {
    if let Some(reason) = value.unknown() {
        sink.undecided(value.span(), reason);
    }
    value.known()
}

fn judge<'w>(
    resource: &'w Resource<'w>,
    value: Value<'w>,
    name: &str,
    patterns: Option<&[String]>,
    title: &str,
    sink: &mut Sink<'_, 'w>,
) {
    let Some(patterns) = patterns else { return };
    if patterns.iter().any(|pattern| follows(name, pattern, resource.namespace.known())) {
        return;
    }
    let list: Vec<String> = patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
    let message = format!("the name of {title} follows none of the platform's patterns");
    sink.finding("pattern", resource, value, message).label(format!("not like {}", list.join(" or ")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_compared_by_whole_labels() {
        for (prefix, allowed, expected) in [
            ("example.com", "example.com", true),
            ("db.example.com", "*.example.com", true),
            ("example.com", "*.example.com", false),
            ("badexample.com", "*.example.com", false),
            ("nginx.ingress.kubernetes.io", "*.kubernetes.io", true),
        ] {
            assert_eq!(is_prefix(prefix, allowed), expected, "{prefix} {allowed}");
        }
    }
}
