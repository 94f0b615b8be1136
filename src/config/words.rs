//! The words that errors of the file and of the command line share.

use super::error::shown;
use super::{RuleShape, suggest};

/// Message and help for a rule that does not exist.
pub(super) fn unknown_rule(id: &str, rules: &[RuleShape<'_>]) -> (String, Option<String>) {
    let help = match suggest::closest(id, rules.iter().map(|rule| rule.id)) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "`tidegate rules` lists them".to_owned(),
    };
    (format!("unknown rule `{}`", shown(id)), Some(help))
}

/// Message and help for a code that a rule does not have.
pub(super) fn unknown_code(rule: &RuleShape<'_>, code: &str) -> (String, Option<String>) {
    (format!("rule `{}` has no code `{}`", rule.id, shown(code)), suggest::help(code, rule.codes.iter().copied()))
}

/// Whether `text` is `major.minor` or `major.minor.patch`, maybe with a `v` in front.
pub(super) fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.strip_prefix('v').unwrap_or(text).split('.').collect();
    matches!(parts.len(), 2 | 3) && parts.iter().all(|part| is_number(part))
}

fn is_number(part: &str) -> bool {
    (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
}
