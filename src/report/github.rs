//! Workflow commands, which GitHub shows as annotations beside the changed lines.

use super::{Style, View};
use crate::finding::{Finding, Severity};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in view.outcome.findings.iter().filter(|finding| style.shows(finding)) {
        writeln!(out, "{}", command(view, finding))?;
    }
    for failure in &view.outcome.failures {
        let file = if failure.path.is_empty() { String::new() } else { format!("file={},", property(&failure.path)) };
        writeln!(out, "::error {file}title=not checked::{}", data(&failure.message))?;
    }
    Ok(())
}

fn command(view: &View<'_>, finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let span = finding.primary.span;
    let source = &view.texts.sources[span.source];
    let (start, end) = (source.position(span.start), source.position(span.end));
    // GitHub drops an annotation that has columns and more than one line.
    let columns =
        if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
    let mut message = finding.message.clone();
    if let Some(help) = finding.helps.first() {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    format!(
        "::{word} file={},line={},endLine={}{columns},title={}::{}",
        property(&view.texts.sources.name(span.source)),
        start.line,
        end.line,
        property(finding.rule),
        data(&message),
    )
}

/// Text after the second `::`.
fn data(text: &str) -> Cow<'_, str> {
    escaped(text, &['%', '\r', '\n'])
}

/// The value of a property.
fn property(text: &str) -> Cow<'_, str> {
    escaped(text, &['%', '\r', '\n', ':', ','])
}

fn escaped<'a>(text: &'a str, special: &[char]) -> Cow<'a, str> {
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if special.contains(&c) {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_cannot_be_broken_out_of() {
        assert_eq!(data("100% of a:b,\r\n::error::x"), "100%25 of a:b,%0D%0A::error::x");
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
    }
}
