//! What a Job makes of Pods that fail, and of indexes that succeed.

use super::super::pod::container_names;
use crate::schema::value::{at_least, checked, code, field, is_set, items, one_of, qualified_name, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const MOST_RULES: usize = 20;
const MOST_CODES: usize = 255;

pub(super) fn check<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    success(spec, problems);
    let Some(policy) = field(spec, "podFailurePolicy").filter(|policy| policy.is_mapping()) else { return };
    let pods = field(spec, "template").and_then(|template| field(template, "spec"));
    if let Some(pods) = pods
        && text(pods, "restartPolicy").is("OnFailure")
        && let Some(restart) = pods.get("restartPolicy")
    {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                restart,
                "containers are restarted in place, so the failure policy never sees a Pod that failed",
            )
            .related(policy.key_or_span(), "the failure policy")
            .help("write `restartPolicy: Never`, or remove `podFailurePolicy`"),
        );
    }
    too_many(policy, "rules", MOST_RULES, problems);
    for rule in items(policy, "rules").filter(|rule| rule.is_mapping()) {
        one(spec, pods, rule, problems);
    }
}

fn too_many<'w>(owner: Value<'w>, key: &str, most: usize, problems: &mut Problems<'w>) {
    let Some(list) = field(owner, key) else { return };
    let count = list.items().count();
    if count > most {
        problems.push(
            Problem::new(code::SIZE, list, format!("`{key}` has {count} items, and {most} fit"))
                .at_key()
                .help("keep fewer"),
        );
    }
}

fn one<'w>(spec: Value<'w>, pods: Option<Value<'w>>, rule: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(action) = field(rule, "action") {
        one_of(action, "action", &["FailJob", "FailIndex", "Ignore", "Count"], problems);
        if action.known() == Some("FailIndex") && !is_set(spec, "backoffLimitPerIndex") {
            problems.push(
                Problem::new(
                    code::CROSS_FIELD,
                    action,
                    "the rule fails an index, and the Job does not count tries for each",
                )
                .help("set `backoffLimitPerIndex`"),
            );
        }
    }
    let codes = field(rule, "onExitCodes");
    let conditions = field(rule, "onPodConditions").filter(|list| !list.is_empty());
    let at = codes.or(conditions);
    match (codes, conditions) {
        (Some(codes), Some(conditions)) => problems.push(
            Problem::new(code::CROSS_FIELD, conditions, "the rule asks for exit codes and for conditions of the Pod")
                .at_key()
                .related(codes.key_or_span(), "the exit codes")
                .help("write each in a rule of its own"),
        ),
        (None, None) => {
            let mark = rule.get("action").map_or_else(|| rule.span(), Value::key_or_span);
            problems.push(
                Problem::new(code::REQUIRED, rule, "the rule says neither exit codes nor conditions")
                    .underline(mark)
                    .help("write `onExitCodes` or `onPodConditions`"),
            );
        }
        _ => {}
    }
    if at.is_none() {
        return;
    }
    if let Some(codes) = codes.filter(|codes| codes.is_mapping()) {
        exit_codes(pods, codes, problems);
    }
    too_many(rule, "onPodConditions", MOST_RULES, problems);
    for condition in conditions.into_iter().flat_map(Value::items) {
        if let Some(kind) = field(condition, "type") {
            checked(kind, code::NAME, "condition type", qualified_name, problems);
        }
        if let Some(status) = field(condition, "status") {
            one_of(status, "status", &["True", "False", "Unknown"], problems);
        }
    }
}

fn exit_codes<'w>(pods: Option<Value<'w>>, codes: Value<'w>, problems: &mut Problems<'w>) {
    let operator = field(codes, "operator");
    if let Some(operator) = operator {
        one_of(operator, "operator", &["In", "NotIn"], problems);
    }
    if let Some(name) = field(codes, "containerName")
        && let Some(text) = name.known()
        && let Some(names) = pods.and_then(container_names)
        && !names.contains(&text)
    {
        let problem = Problem::new(
            code::REFERENCE,
            name,
            format!("the rule is about the container `{text}`, which the Pod does not have"),
        );
        problems.push(match crate::config::closest(text, names.iter().copied()) {
            Some(near) => problem.label(format!("did you mean `{near}`?")).help(format!("write `{near}`")),
            None => problem.help("name a container of the template"),
        });
    }
    let Some(values) = field(codes, "values").filter(|values| values.is_sequence()) else { return };
    if values.is_empty() {
        problems.push(
            Problem::new(code::REQUIRED, values, "the rule lists no exit code").at_key().help("list at least one"),
        );
    }
    too_many(codes, "values", MOST_CODES, problems);
    let mut last: Option<(i64, Value<'w>)> = None;
    for value in values.items() {
        let Some(number) = value.as_int() else { continue };
        if number == 0 && operator.and_then(Value::known) == Some("In") {
            problems.push(
                Problem::new(
                    code::BOUND,
                    value,
                    "exit code 0 is listed, and a container that ends with it has not failed",
                )
                .help("remove it"),
            );
        }
        if let Some((before, first)) = last.filter(|(before, _)| number <= *before) {
            let (code, message) = match number == before {
                true => (code::DUPLICATE, format!("exit code {number} is listed twice")),
                false => {
                    (code::CROSS_FIELD, format!("exit code {number} stands after {before}, and they have to ascend"))
                }
            };
            problems.push(
                Problem::new(code, value, message)
                    .related(first.span(), "before it")
                    .help("list each once, the least first"),
            );
            return;
        }
        last = Some((number, value));
    }
}

/// Which indexes make an indexed Job a success.
fn success<'w>(spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(policy) = field(spec, "successPolicy").filter(|policy| policy.is_mapping()) else { return };
    if let Some(rules) = field(policy, "rules").filter(|rules| rules.is_sequence() && rules.is_empty()) {
        problems.push(Problem::new(code::REQUIRED, rules, "the success policy has no rule").at_key().help("write one"));
    }
    too_many(policy, "rules", MOST_RULES, problems);
    for rule in items(policy, "rules").filter(|rule| rule.is_mapping()) {
        let count = field(rule, "succeededCount");
        if let Some(count) = count {
            at_least(count, "succeededCount", 0, problems);
        }
        if count.is_none() && !is_set(rule, "succeededIndexes") {
            problems.push(
                Problem::new(code::REQUIRED, rule, "the rule says neither indexes nor a count")
                    .help("write `succeededIndexes` or `succeededCount`"),
            );
        }
    }
}
