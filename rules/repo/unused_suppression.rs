//! Suppressions that suppress nothing.

use crate::declare_rule;
use crate::finding::Edit;
use crate::graph::is_near;
use crate::rule::{Context, Fault, Sink, Suppression, Written};
use crate::rules;
use crate::source::{Source, Span};

declare_rule! {
    /// ## What it does
    /// Finds `# tidegate: allow[…]` comments and `allow` entries of the config that suppress nothing, give no reason,
    /// cannot be read, name a rule that does not exist, or whose day has passed.
    ///
    /// ## Why it matters
    /// Whoever reads it believes that something is known and accepted. A comment without a reason, with a slip in
    /// the rule's name or past its day lets the finding through; one that outlived its finding would hide the next.
    ///
    /// ## Instead
    /// Remove it, or write `# tidegate: allow[rule-id] reason` on the line of the finding, on the line above, or as the
    /// first line of the document.
    ///
    /// ## Limits
    /// Whether it suppresses anything is known only for rules that ran. This rule itself cannot be allowed by a comment;
    /// turn it off in the config.
    pub static RULE {
        id: "repo/unused-suppression",
        summary: "a suppression that suppresses nothing",
        scope: Suppression,
        codes: [
            "unused" => (Warning, High, Habit),
            "missing-reason" => (Warning, High, Habit),
            "malformed" => (Warning, High, Habit),
            "unknown-rule" => (Warning, High, Habit),
            "expired" => (Warning, High, Habit),
        ],
        since: "0.1.0",
        fixable: Safe,
        check: check,
    }
}

fn check<'w>(suppression: &Suppression, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let span = suppression.span;
    let rules = &suppression.rules;
    let what = match suppression.written {
        Written::Comment => "this comment",
        Written::Config => "this entry of `allow`",
    };
    match &suppression.fault {
        Fault::Unused => {
            let finding = sink
                .file_finding(
                    "unused",
                    span,
                    String::new(),
                    format!("{what} allows {} where nothing is found", list(rules)),
                )
                .label("suppresses nothing");
            match suppression.written {
                Written::Comment => {
                    let lines = removal(&context.world.sources[span.source], span);
                    finding.fix("remove the comment", vec![Edit { span: lines, text: String::new() }]);
                }
                Written::Config => {
                    finding.help("remove the entry");
                }
            }
        }
        Fault::NoReason => {
            let message = format!("{what} gives no reason, so it does not allow {}", list(rules));
            sink.file_finding("missing-reason", span, String::new(), message)
                .label("no reason")
                .help("say after the bracket why this is accepted");
        }
        Fault::Malformed(expected) => {
            sink.file_finding("malformed", span, String::new(), format!("{what} cannot be read, so it allows nothing"))
                .label("not understood")
                .help(write_as(expected));
        }
        Fault::UnknownRule { span, name } => {
            let finding = sink.file_finding("unknown-rule", *span, String::new(), unknown(name)).label(label(name));
            if let Some(near) = nearest(name) {
                let edit = Edit { span: *span, text: near.clone() };
                finding.suggestion(format!("write `{near}`, if that is meant"), vec![edit]);
            } else if let Some(help) = codes(name) {
                finding.help(help);
            }
        }
        Fault::Expired(day) => {
            let message = format!("{what} allowed {} until {day}, which has passed", list(rules));
            sink.file_finding("expired", span, String::new(), message)
                .label("no longer in force")
                .help("mend what it allows, or set a later day");
        }
    }
}

fn write_as(expected: &str) -> String {
    format!("write it as {}", expected.trim_start_matches("expected "))
}

fn list(rules: &str) -> String {
    let names: Vec<String> = rules.split(", ").map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn unknown(name: &str) -> String {
    match name.split_once(':') {
        Some((rule, code)) if rules::find(rule).is_some() => {
            format!("rule `{rule}` has no code `{code}`, so nothing is allowed")
        }
        _ => format!("there is no rule `{name}`, so nothing is allowed"),
    }
}

fn label(name: &str) -> &'static str {
    match name.split_once(':') {
        Some((rule, _)) if rules::find(rule).is_some() => "not a code of this rule",
        _ => "not a rule",
    }
}

/// The codes that a rule has, where one that it does not have is asked for.
fn codes(name: &str) -> Option<String> {
    let found = rules::find(name.split_once(':')?.0)?;
    let names: Vec<&str> = found.codes.iter().map(|known| known.name).collect();
    Some(match names.as_slice() {
        [one] => format!("write `{}`: its only code is `{one}`", found.id),
        _ => format!("take one of {}", list(&names.join(", "))),
    })
}

/// The rule, or the code of the rule, that is nearest to `name`.
fn nearest(name: &str) -> Option<String> {
    let (rule, code) = name.split_once(':').map_or((name, None), |(rule, code)| (rule, Some(code)));
    if let (Some(found), Some(code)) = (rules::find(rule), code) {
        let codes = found.codes.iter().map(|known| known.name);
        return near(code, codes).map(|code| format!("{rule}:{code}"));
    }
    // The family is often left out.
    let bare =
        rules::ALL.iter().map(|known| known.id).find(|id| id.split_once('/').is_some_and(|(_, last)| last == rule));
    let found = bare.or_else(|| near(rule, rules::ALL.iter().map(|known| known.id)))?;
    Some(match code.filter(|code| rules::find(found).is_some_and(|rule| rule.code(code).is_some())) {
        Some(code) => format!("{found}:{code}"),
        None => found.to_owned(),
    })
}

fn near<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names.filter_map(|known| is_near(name, known).map(|distance| (distance, known))).min().map(|(_, known)| known)
}

/// The comment with the blanks before it; the whole line where nothing else stands on it.
fn removal(source: &Source, comment: Span) -> Span {
    let line = source.line_range(source.line_of(comment.start));
    let text = source.text();
    let before = &text[line.start..comment.start as usize];
    let kept = before.trim_end_matches([' ', '\t']);
    if !kept.trim_start_matches('\u{feff}').is_empty() {
        return Span { start: (line.start + kept.len()) as u32, ..comment };
    }
    let next = source.line_starts().partition_point(|start| *start <= comment.start);
    let end = source.line_starts().get(next).copied().unwrap_or(text.len() as u32);
    Span { start: (line.start + kept.len()) as u32, end, ..comment }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    #[test]
    fn the_whole_line_goes_where_the_comment_is_alone() {
        for (text, left) in [
            ("a: 1\n  # x\nb: 2\n", "a: 1\nb: 2\n"),
            ("a: 1  # x\nb: 2\n", "a: 1\nb: 2\n"),
            ("# x\r\nb: 2\r\n", "b: 2\r\n"),
            ("\u{feff}# x\nb: 2\n", "\u{feff}b: 2\n"),
            ("b: 2\n# x", "b: 2\n"),
        ] {
            let at = text.find('#').expect("a comment") as u32;
            let end = at + 3;
            let removed = removal(&Source::new(0, "a", text), Span::new(SourceId(0), at..end)).range();
            assert_eq!(format!("{}{}", &text[..removed.start], &text[removed.end..]), left, "{text:?}");
        }
    }

    #[test]
    fn slips_lead_to_the_name_that_is_meant() {
        for (name, near) in [
            ("yaml/sintax", Some("yaml/syntax")),
            ("syntax", Some("yaml/syntax")),
            ("yaml/syntax:gramar", Some("yaml/syntax:grammar")),
            ("sintax:grammar", None),
            ("something/else-entirely", None),
        ] {
            assert_eq!(nearest(name).as_deref(), near, "{name}");
        }
    }
}
