//! Quotas and limit ranges of namespaces.

use super::amounts::{amount, container_resource, is_whole, natural_amount, quota_names, quota_resource, resource};
use super::require::{Seen, filled, unwanted};
use crate::schema::value::{Quantity, code, field, items, one_of, qualified_name, text};
use crate::schema::{Problem, Problems};
use crate::yaml::{Value, has_placeholder};

const SCOPES: &[&str] = &[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];
const OPPOSITES: &[(&str, &str)] = &[("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")];
const OF_PODS: &[&str] = &["pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/// Checks a ResourceQuota.
pub(super) fn quota<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let Some(spec) = field(object, "spec") else { return };
    let hard = field(spec, "hard");
    for (name, value) in hard.into_iter().flat_map(Value::entries).filter(|(name, _)| !has_placeholder(name)) {
        if let Some(fault) = quota_resource(name) {
            problems.push(fault.key_problem(code::NAME, value, "resource"));
        } else if let Some(found) = natural_amount(value, &format!("`{name}`"), problems)
            && is_whole(name)
            && !found.is_whole()
        {
            let fact = format!("`{name}` counts things, and this is no whole number");
            problems.push(Problem::new(code::QUANTITY, value, fact).help("write a whole number"));
        }
    }
    let scopes: Vec<Value<'w>> = items(spec, "scopes").collect();
    for scope in &scopes {
        one_of(*scope, "scopes", SCOPES, problems);
    }
    together(&scopes, hard, problems);
    let Some(selector) = field(spec, "scopeSelector") else { return };
    let mut names = Vec::new();
    for requirement in items(selector, "matchExpressions").filter(|item| item.is_mapping()) {
        if let Some(name) = field(requirement, "scopeName") {
            one_of(name, "scopeName", SCOPES, problems);
            names.push(name);
        }
        scope_operator(selector, requirement, problems);
    }
    together(&names, hard, problems);
}

/// Scopes that exclude each other, and scopes that a bounded resource is not counted in.
fn together<'w>(scopes: &[Value<'w>], hard: Option<Value<'w>>, problems: &mut Problems<'w>) {
    let find = |name: &str| scopes.iter().find(|scope| scope.known() == Some(name));
    for (one, other) in OPPOSITES {
        if let (Some(first), Some(second)) = (find(one), find(other)) {
            let fact = format!("no Pod is in both scopes, `{one}` and `{other}`");
            problems.push(
                Problem::new(code::CROSS_FIELD, *second, fact)
                    .related(first.span(), "the other scope")
                    .help("keep one of them"),
            );
            return;
        }
    }
    for scope in scopes {
        let counted: &[&str] = match scope.known() {
            Some("BestEffort") => &["pods"],
            Some(
                "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity",
            ) => OF_PODS,
            _ => continue,
        };
        let names = || hard.into_iter().flat_map(Value::entries);
        // Later versions count ephemeral storage as well.
        let other = names().find(|(name, _)| {
            quota_names().any(|known| known == *name)
                && !counted.contains(name)
                && !(counted.len() > 1 && name.contains("ephemeral"))
        });
        if let Some((name, value)) = other {
            let fact = format!("`{name}` is not counted by scope `{}`", scope.known().unwrap_or_default());
            problems.push(
                Problem::new(code::CROSS_FIELD, *scope, fact)
                    .related(value.key_or_span(), "the resource")
                    .help("bound it in a quota without this scope"),
            );
            return;
        }
    }
}

fn scope_operator<'w>(selector: Value<'w>, requirement: Value<'w>, problems: &mut Problems<'w>) {
    let Some(operator) = field(requirement, "operator") else { return };
    one_of(operator, "operator", &["In", "NotIn", "Exists", "DoesNotExist"], problems);
    let list = field(selector, "matchExpressions").unwrap_or(selector);
    let values = field(requirement, "values");
    let count = values.map_or(0, |values| values.items().count());
    match (operator.known(), text(requirement, "scopeName").known()) {
        (Some("In" | "NotIn" | "DoesNotExist"), Some(scope))
            if !matches!(scope, "PriorityClass" | "VolumeAttributesClass") && SCOPES.contains(&scope) =>
        {
            let fact = format!("scope `{scope}` has no values to compare with");
            problems.push(Problem::new(code::SELECTOR, operator, fact).help("write `operator: Exists`"));
        }
        (Some(word @ ("In" | "NotIn")), _) if count == 0 => problems.push(
            Problem::new(code::SELECTOR, list, format!("operator `{word}` has no values to compare with"))
                .underline(values.unwrap_or(operator).span())
                .help("list the values, or write `operator: Exists`"),
        ),
        (Some(word @ ("Exists" | "DoesNotExist")), _) if count > 0 => {
            if let Some(values) = values {
                unwanted(values, format!("operator `{word}` takes no values"), "remove `values`", problems);
            }
        }
        _ => {}
    }
}

/// Checks a LimitRange.
pub(super) fn limits<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let mut types = Seen::default();
    for limit in
        field(object, "spec").into_iter().flat_map(|spec| items(spec, "limits")).filter(|item| item.is_mapping())
    {
        if !filled(limit, "type", problems) {
            continue;
        }
        if let Some(value) = field(limit, "type")
            && let Some(kind) = value.known()
        {
            if !kind.contains('/') {
                one_of(value, "type", &["Pod", "Container", "PersistentVolumeClaim"], problems);
            } else if let Some(fault) = qualified_name(kind) {
                problems.push(fault.problem(code::NAME, value, "type"));
            }
            types.once(kind, value, &format!("type `{kind}`"), problems);
        }
        limit_of(limit, problems);
    }
}

fn limit_of<'w>(limit: Value<'w>, problems: &mut Problems<'w>) {
    let kind = text(limit, "type").known();
    let for_containers = matches!(kind, Some("Pod" | "Container"));
    let mut names: Vec<&str> = Vec::new();
    for key in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        let Some(map) = field(limit, key) else { continue };
        if kind == Some("Pod") && key.starts_with("default") && !map.is_empty() {
            unwanted(
                map,
                "a limit for whole Pods has no defaults",
                "move it to the limit of type `Container`",
                problems,
            );
            continue;
        }
        for (name, value) in map.entries() {
            let fault = if for_containers { container_resource(name) } else { resource(name) };
            if let Some(fault) = fault.filter(|_| kind.is_some() && !has_placeholder(name)) {
                problems.push(fault.key_problem(code::NAME, value, "resource"));
                continue;
            }
            amount(value, &format!("`{key}.{name}`"), problems);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    if kind == Some("PersistentVolumeClaim")
        && ["min", "max"].iter().all(|key| field(limit, key).is_none_or(|map| map.get("storage").is_none()))
    {
        problems.push(
            Problem::new(code::REQUIRED, limit, "a limit for claims bounds no storage")
                .underline(limit.get("type").unwrap_or(limit).span())
                .help("write `min.storage` or `max.storage`"),
        );
    }
    for name in names {
        ordered(limit, name, problems);
    }
}

/// Compares what a limit says of one resource.
fn ordered<'w>(limit: Value<'w>, name: &str, problems: &mut Problems<'w>) {
    let get = |key: &str| {
        let value = field(limit, key)?.get(name)?;
        // An amount that is null is nothing.
        if value.is_null() {
            return Some((value, Quantity::ZERO));
        }
        let amount = crate::schema::value::quantity(value)?.ok()?;
        Some((value, amount))
    };
    // The second is never less than the first; the one to blame is named by the server.
    for (smaller, larger, blamed) in [
        ("min", "max", "min"),
        ("min", "defaultRequest", "defaultRequest"),
        ("defaultRequest", "max", "defaultRequest"),
        ("defaultRequest", "default", "defaultRequest"),
        ("min", "default", "default"),
        ("default", "max", "default"),
    ] {
        if let (Some((low, a)), Some((high, b))) = (get(smaller), get(larger))
            && a > b
        {
            let (at, other) = if blamed == smaller { (low, high) } else { (high, low) };
            let (a, b) = (low.raw().unwrap_or_default(), high.raw().unwrap_or_default());
            let fact = format!("`{smaller}.{name}` is {a}, which is more than the {b} of `{larger}.{name}`");
            problems.push(Problem::new(code::CROSS_FIELD, at, fact).related(other.span(), "compared with this"));
            return;
        }
    }
    let Some((at, ratio)) = get("maxLimitRequestRatio") else { return };
    if ratio < Quantity::whole(1) {
        let fact = format!("the ratio for `{name}` is less than 1, so that no limit could equal its request");
        problems.push(Problem::new(code::BOUND, at, fact).help("write 1 or more"));
    } else if let (Some((_, min)), Some((_, max))) = (get("min"), get("max"))
        && min > Quantity::ZERO
    {
        let possible = max.nanos() as f64 / min.nanos() as f64;
        if ratio.nanos() as f64 / 1e9 > possible {
            let fact = format!("the ratio for `{name}` is more than the {possible:.2} that `max` and `min` allow");
            problems.push(Problem::new(code::CROSS_FIELD, at, fact).help("write a smaller ratio"));
        }
    }
}
