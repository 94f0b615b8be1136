//! `tidegate rules` and `tidegate explain`: the catalogue of rules, and the text of one.

use super::args::{Explain, ListFormat, Rules};
use super::{Io, Status, complain};
use crate::config::{OptionError, closest};
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
                let fixable = match rule.fixable {
                    Fixable::Safe => " (fixable)",
                    Fixable::Unsafe => " (fixable with --unsafe-fixes)",
                    Fixable::No => "",
                };
                let wanted = if rule.default { "" } else { " (only where the config asks for it)" };
                let severity = rule.severity().name();
                writeln!(io.out, "{:width$}  {severity:7}  {}{fixable}{wanted}", rule.id, rule.summary)?;
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

/// Prints the text of one rule: as Markdown, or on a terminal with what marks it up taken out.
pub(super) fn explain(arguments: &Explain, io: &mut Io<'_>) -> io::Result<Status> {
    let wanted = arguments.rule.split_once(':').map_or(arguments.rule.as_str(), |(id, _)| id);
    let Some(rule) = rules::find(wanted) else {
        let help = closest(wanted, rules::ALL.iter().map(|rule| rule.id)).map_or_else(
            || "`tidegate rules` lists them all".to_owned(),
            |near| format!("did you mean `{near}`? `tidegate rules` lists them all"),
        );
        return complain(io, &OptionError { message: format!("unknown rule `{wanted}`"), help: Some(help) });
    };
    // Between a new rule and its catalogue stands a build: until then its own text has to do.
    let text = section(CATALOGUE, rule.id).unwrap_or(rule.docs);
    let text = if io.terminal.is_terminal { plain(text, io.terminal.colour) } else { text.to_owned() };
    writeln!(io.out, "{}", text.trim_end())?;
    Ok(Status::Clean)
}

/// The section of the catalogue about one rule. Examples may hold lines that look like headings, so it
/// ends where another rule begins.
fn section<'a>(catalogue: &'a str, id: &str) -> Option<&'a str> {
    let heading = |line: &'a str| line.trim_end().strip_prefix("## ").filter(|id| rules::find(id).is_some());
    let mut start = None;
    let mut at = 0;
    for line in catalogue.split_inclusive('\n') {
        match (start, heading(line)) {
            (None, Some(found)) if found == id => start = Some(at),
            (Some(start), Some(_)) => return Some(&catalogue[start..at]),
            _ => {}
        }
        at += line.len();
    }
    start.map(|start| &catalogue[start..])
}

/// Markdown for reading: headings without `#`, code indented instead of fenced.
fn plain(markdown: &str, colour: bool) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut code = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            code = !code;
            continue;
        }
        let heading = line.trim_start_matches('#').trim_start();
        if code && !line.is_empty() {
            text.push_str("    ");
            text.push_str(line);
        } else if !code && line.starts_with("##") && colour {
            text.push_str(&format!("\u{1b}[1m{heading}\u{1b}[0m"));
        } else if !code && line.starts_with("##") {
            text.push_str(heading);
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_at_the_next_rule_and_at_nothing_else() {
        let ids: Vec<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
        let [first, .., last] = ids.as_slice() else { panic!("there are rules") };
        let text = format!("# Rules\n\n## {first}\n\n```yaml\n## a comment\n```\n\n## {last}\n\nend\n");
        assert_eq!(section(&text, first), Some(format!("## {first}\n\n```yaml\n## a comment\n```\n\n").as_str()));
        assert_eq!(section(&text, last), Some(format!("## {last}\n\nend\n").as_str()));
        assert_eq!(section(&text, "a comment"), None);
        assert_eq!(section(&text, ""), None);
    }

    #[test]
    fn markup_is_taken_out_for_reading() {
        let text = "## a/b\n\nText.\n\n### Why\n\n```yaml\n# a: 1\n\n## b\n```\n";
        assert_eq!(plain(text, false), "a/b\n\nText.\n\nWhy\n\n    # a: 1\n\n    ## b\n");
        assert!(plain(text, true).starts_with("\u{1b}[1ma/b\u{1b}[0m\n"));
    }
}
