//! CustomResourceDefinitions: names, versions, conversion, columns; their schemas lie beside it.

mod default;
mod pattern;
mod schema;

use super::admission::client;
use super::require::{Seen, filled, lacks, needs, unwanted};
use crate::schema::value::{
    Fault, checked, code, dns_label_1035, dns_subdomain, field, flag, items, missing, one_of, text,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const APPROVED: &str = "api-approved.kubernetes.io";
const COLUMN_TYPES: &[&str] = &["integer", "number", "string", "boolean", "date"];
const COLUMN_FORMATS: &[&str] = &["int32", "int64", "float", "double", "byte", "date", "date-time", "password"];

/// Checks a CustomResourceDefinition of `apiextensions.k8s.io/v1`.
pub(super) fn check<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec").filter(|spec| spec.is_mapping()) else { return };
    group(object, spec, problems);
    names(object, spec, problems);
    if filled(spec, "scope", problems)
        && let Some(scope) = field(spec, "scope")
    {
        one_of(scope, "scope", &["Cluster", "Namespaced"], problems);
    }
    if let Some(keep) = field(spec, "preserveUnknownFields").filter(|keep| keep.as_bool() == Some(true)) {
        let help = "write `x-kubernetes-preserve-unknown-fields: true` in the schema where it is meant";
        unwanted(keep, "this version of the API always drops unknown fields", help, problems);
    }
    versions(spec, problems);
    conversion(spec, problems);
}

fn group<'w>(object: Value<'w>, spec: Value<'w>, problems: &mut Problems<'w>) {
    if !filled(spec, "group", problems) {
        return;
    }
    let Some(group) = field(spec, "group") else { return };
    let Some(name) = group.known() else { return };
    let fault = dns_subdomain(name)
        .or_else(|| (!name.contains('.')).then(|| Fault::new("a domain", "no dot in it", "write it as `example.org`")));
    if let Some(fault) = fault {
        problems.push(fault.problem(code::NAME, group, "API group"));
        return;
    }
    let protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|own| name == *own || name.strip_suffix(own).is_some_and(|rest| rest.ends_with('.')));
    let metadata = object.get("metadata").unwrap_or(object);
    let annotations = field(metadata, "annotations");
    let approval = annotations.and_then(|annotations| field(annotations, APPROVED));
    let valid = match approval.map(Value::known) {
        None => false,
        Some(None) => true,
        Some(Some(text)) => {
            text.starts_with("unapproved") || text.split_once("://").is_some_and(|(_, rest)| !rest.is_empty())
        }
    };
    if protected && !valid {
        let fact = format!("the group `{name}` is Kubernetes' own, and there is no approval of it");
        let (holder, key) = annotations.map_or((metadata, "annotations"), |annotations| (annotations, APPROVED));
        problems.push(
            missing(code::REQUIRED, holder, key, fact).underline(group.span()).help(format!(
                "write a group of your own, or the annotation `{APPROVED}` with the URL of the approval"
            )),
        );
    }
}

fn names<'w>(object: Value<'w>, spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(names) = field(spec, "names").filter(|names| names.is_mapping()) else { return };
    let lower = |text: &str| dns_label_1035(&text.to_ascii_lowercase());
    for key in ["plural", "kind"] {
        filled(names, key, problems);
    }
    for (key, exact) in [("plural", true), ("singular", true), ("kind", false), ("listKind", false)] {
        if let Some(value) = field(names, key).filter(|value| value.known() != Some("")) {
            let fault = |text: &str| if exact { dns_label_1035(text) } else { lower(text) };
            checked(value, code::NAME, &format!("`{key}`"), fault, problems);
        }
    }
    for key in ["shortNames", "categories"] {
        items(names, key).for_each(|item| checked(item, code::NAME, "name", dns_label_1035, problems));
    }
    if let (Some(kind), Some(list)) = (text(names, "kind").known(), text(names, "listKind").known())
        && kind == list
        && let Some(at) = field(names, "listKind")
    {
        let fact = format!("the list has the same kind as its items, `{kind}`");
        problems.push(Problem::new(code::CROSS_FIELD, at, fact).help(format!("write `{kind}List`")));
    }
    if let (Some(plural), Some(group)) = (text(names, "plural").known(), text(spec, "group").known())
        && let Some(name) = object.at(&["metadata", "name"])
        && name.known().is_some_and(|name| name != format!("{plural}.{group}"))
    {
        let fact = format!("the name `{}` is not that of the plural and the group", name.raw().unwrap_or_default());
        problems.push(Problem::new(code::NAME, name, fact).help(format!("write `{plural}.{group}`")));
    }
}

fn versions<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(list) = field(spec, "versions") else { return };
    if !filled(spec, "versions", problems) {
        return;
    }
    let mut stored = Vec::new();
    let mut seen = Seen::default();
    let mut sure = true;
    for version in list.items() {
        if let Some(name) = field(version, "name") {
            checked(name, code::NAME, "version", dns_label_1035, problems);
            if let Some(text) = name.known() {
                seen.once(text, name, &format!("version `{text}`"), problems);
            }
        }
        match flag(version, "storage") {
            Some(true) => stored.extend(version.get("storage")),
            Some(false) => {}
            None => sure = false,
        }
        self::version(version, problems);
    }
    match &stored[..] {
        [] if sure && list.is_sequence() => problems.push(
            Problem::new(code::CROSS_FIELD, list, "no version is the one that is stored")
                .at_key()
                .help("write `storage: true` in one version"),
        ),
        [first, second, ..] => problems.push(
            Problem::new(code::CROSS_FIELD, list, "two versions are stored")
                .underline(second.key_or_span())
                .related(first.key_or_span(), "the other one")
                .help("write `storage: true` in one version only"),
        ),
        _ => {}
    }
}

fn version<'w>(version: Value<'w>, problems: &mut Problems<'w>) {
    if !version.is_mapping() {
        return;
    }
    let root = field(version, "schema").and_then(|schema| field(schema, "openAPIV3Schema"));
    match root {
        Some(root) => schema::check(root, problems),
        None => {
            let (holder, key) = match field(version, "schema") {
                Some(schema) => (schema, "openAPIV3Schema"),
                None => (version, "schema"),
            };
            if holder.is_mapping() {
                let problem = missing(code::REQUIRED, holder, key, "the version has no schema");
                problems.push(problem.help("write `schema.openAPIV3Schema`"));
            }
        }
    }
    for column in items(version, "additionalPrinterColumns").filter(|column| column.is_mapping()) {
        filled(column, "name", problems);
        if filled(column, "type", problems)
            && let Some(kind) = field(column, "type")
        {
            one_of(kind, "type", COLUMN_TYPES, problems);
        }
        if let Some(format) = field(column, "format").filter(|format| format.known() != Some("")) {
            one_of(format, "format", COLUMN_FORMATS, problems);
        }
        if filled(column, "jsonPath", problems)
            && let Some(path) = field(column, "jsonPath")
        {
            checked(path, code::EXPRESSION, "path", |text| json_path(text, "."), problems);
        }
    }
    if let Some(scale) = field(version, "subresources").and_then(|subresources| field(subresources, "scale")) {
        for (key, start) in
            [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status."), ("labelSelectorPath", "")]
        {
            if key != "labelSelectorPath" && !filled(scale, key, problems) {
                continue;
            }
            if let Some(path) = field(scale, key).filter(|path| path.known() != Some("")) {
                checked(path, code::EXPRESSION, &format!("`{key}`"), |text| json_path(text, start), problems);
            }
        }
    }
    if let Some(warning) = field(version, "deprecationWarning").filter(|_| flag(version, "deprecated") == Some(false)) {
        unwanted(warning, "a version that is not deprecated has no such warning", "write `deprecated: true`", problems);
    }
}

fn json_path(text: &str, start: &str) -> Option<Fault> {
    let starts = match start {
        "" => text.starts_with(".status.") || text.starts_with(".spec."),
        start => text.starts_with(start),
    };
    let help = match start {
        "." => "start it with `.`".to_owned(),
        "" => "start it with `.status.` or `.spec.`".to_owned(),
        start => format!("start it with `{start}`"),
    };
    (!starts).then(|| Fault::new("a path into the object", "it starts elsewhere", help))
}

fn conversion<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(conversion) = field(spec, "conversion").filter(|conversion| conversion.is_mapping()) else { return };
    if let Some(strategy) = field(conversion, "strategy") {
        one_of(strategy, "strategy", &["None", "Webhook"], problems);
    }
    let webhook = field(conversion, "webhook");
    match text(conversion, "strategy").known() {
        Some("None") => {
            if let Some(webhook) = webhook {
                unwanted(
                    webhook,
                    "strategy `None` asks no webhook",
                    "remove it, or write `strategy: Webhook`",
                    problems,
                );
            }
        }
        Some("Webhook") => {
            let config = webhook.and_then(|webhook| field(webhook, "clientConfig"));
            match config {
                Some(config) => client(config, problems),
                None => {
                    let fact = "strategy `Webhook` needs to know how the webhook is reached";
                    let parent = webhook.unwrap_or(conversion);
                    needs(parent, "clientConfig", fact, "write `webhook.clientConfig`", problems);
                }
            }
            if let Some(webhook) = webhook.filter(|webhook| !lacks(*webhook, "conversionReviewVersions")) {
                let known = items(webhook, "conversionReviewVersions")
                    .any(|version| version.known().is_none_or(|text| matches!(text, "v1" | "v1beta1")));
                if let Some(list) =
                    field(webhook, "conversionReviewVersions").filter(|list| !known && list.is_sequence())
                {
                    let fact = "the webhook understands no review that the API server sends";
                    problems.push(Problem::new(code::ENUM, list, fact).at_key().help("add `v1`"));
                }
            } else if let Some(webhook) = webhook {
                filled(webhook, "conversionReviewVersions", problems);
            }
        }
        _ => {}
    }
}
