//! Labels and what selects by them: keys, values, selectors and their requirements.

use super::{Fault, code, field, items, label_value, one_of, qualified_name, shown, text};
use crate::schema::{Problem, Problems};
use crate::yaml::{Kind, Value, has_placeholder};

const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist"];

/// A key of an annotation: a qualified name in which capital letters are allowed before the `/` as well.
pub fn annotation_key(text: &str) -> Option<Fault> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return qualified_name(&text.to_ascii_lowercase());
    }
    qualified_name(text)
}

/// Checks keys and values of a mapping of labels. `what` says whose: `label`, `selector`.
pub fn label_map<'w>(labels: Value<'w>, code: &'static str, what: &str, problems: &mut Problems<'w>) {
    for (key, value) in labels.entries() {
        if has_placeholder(key) {
            continue;
        }
        if let Some(fault) = qualified_name(key) {
            problems.push(fault.key_problem(code, value, &format!("{what} key")));
        } else if let Some(fault) = value.known().and_then(label_value) {
            let text = shown(value.raw().unwrap_or_default());
            problems.push(fault.worded(code, value, format!("the {what} `{key}` cannot have the value `{text}`")));
        }
    }
}

/// Checks a label selector: `matchLabels` and `matchExpressions`.
pub fn selector<'w>(selector: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(labels) = field(selector, "matchLabels") {
        label_map(labels, code::SELECTOR, "selector", problems);
    }
    requirements(selector, "matchExpressions", OPERATORS, problems);
}

/// Checks the requirements under `key`, with the operators that the kind of selector knows.
pub fn requirements<'w>(selector: Value<'w>, key: &str, operators: &[&str], problems: &mut Problems<'w>) {
    requirements_with(selector, key, operators, true, problems);
}

/// The same, where values need not be those of labels unless `check_values` says so.
pub fn requirements_with<'w>(
    selector: Value<'w>,
    key: &str,
    operators: &[&str],
    check_values: bool,
    problems: &mut Problems<'w>,
) {
    for requirement in items(selector, key).filter(|item| item.is_mapping()) {
        if let Some(key) = requirement.get("key")
            && let Some(fault) = key.known().and_then(qualified_name)
        {
            problems.push(fault.problem(code::SELECTOR, key, "selector key"));
        }
        let operator = requirement.get("operator");
        if let Some(operator) = operator {
            one_of(operator, "operator", operators, problems);
        }
        let Some(operator) = operator.and_then(Value::known) else { continue };
        let values = field(requirement, "values");
        let count = values.map_or(0, |values| values.items().count());
        let at = values.unwrap_or(requirement);
        match operator {
            "In" | "NotIn" if count == 0 => problems.push(
                Problem::new(code::SELECTOR, at, format!("operator `{operator}` has no values to compare with"))
                    .label("no values")
                    .help("list the values, or use `Exists` or `DoesNotExist`"),
            ),
            "Exists" | "DoesNotExist" if count > 0 => problems.push(
                Problem::new(code::SELECTOR, at, format!("operator `{operator}` takes no values"))
                    .at_key()
                    .label(if count == 1 { "one value".to_owned() } else { format!("{count} values") })
                    .help(format!("remove `values`, or use `{}`", if operator == "Exists" { "In" } else { "NotIn" })),
            ),
            "Gt" | "Lt" if operators.contains(&operator) && count != 1 => problems.push(
                Problem::new(
                    code::SELECTOR,
                    at,
                    format!("operator `{operator}` compares with one number, not {count}"),
                )
                .help("write one number, as text"),
            ),
            "In" | "NotIn" if check_values => {
                for value in values.into_iter().flat_map(Value::items) {
                    if let Some(fault) = value.known().and_then(label_value) {
                        problems.push(fault.problem(code::SELECTOR, value, "selector value"));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a label selector requires nothing; not known counts as no.
pub fn selector_is_empty(selector: Value<'_>) -> bool {
    let empty = |key: &str| field(selector, key).is_none_or(Value::is_empty);
    matches!(selector.kind(), Kind::Null | Kind::Mapping) && empty("matchLabels") && empty("matchExpressions")
}

/// Whether a label selector matches these labels; none where that is not known, or where the selector is faulty.
pub fn selects(selector: Value<'_>, labels: Option<Value<'_>>) -> Option<bool> {
    let label = |key: &str| labels.and_then(|labels| labels.get(key));
    // A label whose value is null is there, with an empty value.
    let read = |value: Value<'_>| if value.is_null() { Some(String::new()) } else { value.known().map(str::to_owned) };
    let mut sure = labels.is_none_or(|labels| labels.entries().all(|(key, _)| !has_placeholder(key)));
    sure &= field(selector, "matchLabels").is_none_or(Value::is_mapping);
    sure &= field(selector, "matchExpressions").is_none_or(Value::is_sequence);
    for (key, wanted) in field(selector, "matchLabels").into_iter().flat_map(Value::entries) {
        match (label(key), read(wanted)) {
            _ if has_placeholder(key) => sure = false,
            (None, _) => return sure.then_some(false),
            (Some(found), Some(wanted)) => match read(found) {
                Some(found) if found == wanted => {}
                Some(_) => return Some(false),
                None => sure = false,
            },
            (Some(_), None) => sure = false,
        }
    }
    for requirement in items(selector, "matchExpressions") {
        let (Some(key), Some(operator)) = (text(requirement, "key").known(), text(requirement, "operator").known())
        else {
            sure = false;
            continue;
        };
        let found = label(key);
        let is_listed = |found: Value<'_>| {
            let found = read(found)?;
            let mut known = true;
            for value in items(requirement, "values") {
                match read(value) {
                    Some(value) if value == found => return Some(true),
                    Some(_) => {}
                    None => known = false,
                }
            }
            known.then_some(false)
        };
        let holds = match (operator, found) {
            ("Exists", found) => Some(found.is_some()),
            ("DoesNotExist", found) => Some(found.is_none()),
            ("In", None) => Some(false),
            ("NotIn", None) => Some(true),
            ("In", Some(found)) => is_listed(found),
            ("NotIn", Some(found)) => is_listed(found).map(|listed| !listed),
            _ => None,
        };
        match holds {
            Some(true) => {}
            Some(false) if sure || found.is_some() => return Some(false),
            _ => sure = false,
        }
    }
    sure.then_some(true)
}
