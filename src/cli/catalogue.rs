//! `tidegate rules` and `tidegate explain`: the catalogue of rules, and the text of one.

use super::args::{Explain, ListFormat, Rules};
use super::{Io, Status};
use crate::config::closest;
use crate::rule::{Fixable, Rule};
use crate::rules;
use serde_json::json;
use std::io;

/// The published catalogue: made from the rules, with an example of each.
static CATALOGUE: &str = include_str!("../../rules/README.md");

/// Prints the list of rules.
pub(super) fn list(arguments: &Rules, io: &mut Io<'_>) -> io::Result<Status> {
    match arguments.format {
        ListFormat::Json => {
            let list: Vec<serde_json::Value> = rules::ALL.iter().map(|rule| describe(rule)).collect();
            serde_json::to_writer_pretty(&mut *io.out, &list)?;
            writeln!(io.out)?;
        }
        ListFormat::Text => {
            let width = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
            for rule in rules::ALL {
                let marks = match (rule.fixable, rule.default) {
                    (Fixable::Safe, _) => " (fixable)",
                    (_, false) => " (needs a setting)",
                    _ => "",
                };
                let severity = rule.severity().name();
                writeln!(io.out, "{:width$}  {severity:7}  {}{marks}", rule.id, rule.summary)?;
            }
        }
    }
    Ok(Status::Clean)
}

fn describe(rule: &Rule) -> serde_json::Value {
    let codes: Vec<serde_json::Value> = rule
        .codes
        .iter()
        .map(|code| {
            json!({"code": code.name, "severity": code.severity.name(), "confidence": code.confidence.name(), "category": code.category.name()})
        })
        .collect();
    json!({
        "id": rule.id,
        "summary": rule.summary,
        "severity": rule.severity().name(),
        "category": rule.category().name(),
        "default": rule.default,
        "fixable": rule.fixable == Fixable::Safe,
        "since": rule.since,
        "codes": codes,
    })
}

/// Prints the text of one rule.
pub(super) fn explain(arguments: &Explain, io: &mut Io<'_>) -> io::Result<Status> {
    let wanted = arguments.rule.split_once(':').map_or(arguments.rule.as_str(), |(id, _)| id);
    match section(wanted) {
        Some(text) => {
            writeln!(io.out, "{}", text.trim_end())?;
            Ok(Status::Clean)
        }
        None => {
            let near = closest(wanted, rules::ALL.iter().map(|rule| rule.id));
            let help = near.map_or_else(
                || "`tidegate rules` lists them all".to_owned(),
                |near| format!("did you mean `{near}`? `tidegate rules` lists them all"),
            );
            writeln!(io.err, "error: unknown rule `{wanted}`\n  = help: {help}")?;
            Ok(Status::Failed)
        }
    }
}

/// The section of the catalogue about one rule.
fn section(id: &str) -> Option<&'static str> {
    let head = format!("\n## {id}\n");
    let start = CATALOGUE.find(&head)? + 1;
    let rest = &CATALOGUE[start..];
    let end = rest[3..].find("\n## ").map_or(rest.len(), |end| end + 3);
    Some(&rest[..end])
}
