//! The end of a report for people: counts, what was hidden, what stayed undecided, what was not checked.

use super::wording::{Paint, clean, count};
use super::{Style, Texts, View};
use crate::finding::{Finding, Severity, Summary};
use crate::source::Span;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// `path:line:column`, as an editor or a terminal can follow it.
pub(super) fn location(texts: &Texts<'_>, span: Span) -> String {
    let position = texts.sources[span.source].position(span.start);
    format!("{}:{}:{}", clean(&(texts.display)(span.source)), position.line, position.column)
}

/// What to do: the helps, or what the first fix does.
pub(super) fn helps(finding: &Finding) -> impl Iterator<Item = &str> {
    let fix = finding.fixes.first().filter(|_| finding.helps.is_empty());
    finding.helps.iter().map(String::as_str).chain(fix.map(|fix| fix.title.as_str()))
}

pub(super) fn write(view: &View<'_>, style: &Style, by_rule: bool, out: &mut dyn Write) -> io::Result<()> {
    let findings = &view.outcome.findings;
    if by_rule && findings.len() > 1 {
        table(view, style, out)?;
    }
    writeln!(out, "{}", Paint::new(style.colour).bold(&counts(view)))?;
    if let Some(line) = hidden(findings, style) {
        writeln!(out, "{line}")?;
    }
    if let Some(line) = fixable(findings) {
        writeln!(out, "{line}")?;
    }
    outdated(view, style, out)?;
    undecided(view, style, out)?;
    left_alone(view, style, out)?;
    match view.outcome.failures.len() {
        0 => Ok(()),
        1 => writeln!(out, "1 file or folder could not be checked: see standard error"),
        more => writeln!(out, "{more} files or folders could not be checked: see standard error"),
    }
}

pub(super) fn failures(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style.colour);
    let word = paint.severity(Severity::Error, "error");
    for failure in &view.outcome.failures {
        let message = clean(&failure.message);
        if failure.path.is_empty() {
            writeln!(out, "{word}: {message}")?;
        } else {
            writeln!(out, "{word}: {}: {message}", clean(&failure.path))?;
        }
    }
    Ok(())
}

/// How many findings of each rule and severity; severities that do not occur have no column.
fn table(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for finding in &view.outcome.findings {
        let column = Severity::ALL.iter().position(|severity| *severity == finding.severity).unwrap_or_default();
        rules.entry(finding.rule).or_default()[column] += 1;
    }
    let used: Vec<usize> = (0..3).filter(|at| rules.values().any(|row| row[*at] > 0)).collect();
    let width = rules.keys().map(|rule| rule.len()).max().unwrap_or_default().max("rule".len());
    let mut header = format!("{:width$}", "rule");
    used.iter().for_each(|at| header.push_str(&format!("  {:>8}", format!("{}s", Severity::ALL[*at]))));
    writeln!(out, "{}", Paint::new(style.colour).dim(&header))?;
    for (rule, row) in &rules {
        write!(out, "{rule:width$}")?;
        for at in &used {
            let cell = if row[*at] == 0 { "-".to_owned() } else { row[*at].to_string() };
            write!(out, "  {cell:>8}")?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}

pub(super) fn counts(view: &View<'_>) -> String {
    let findings = &view.outcome.findings;
    let summary = &view.outcome.summary;
    let mut line = if findings.is_empty() {
        "no findings".to_owned()
    } else {
        let errors = Summary::count(findings, Severity::Error);
        let warnings = Summary::count(findings, Severity::Warning);
        let notes = Summary::count(findings, Severity::Note);
        let mut line = format!("{}, {}", count(errors, "error"), count(warnings, "warning"));
        if notes > 0 {
            line.push_str(&format!(", {}", count(notes, "note")));
        }
        line
    };
    if summary.suppressed > 0 {
        line.push_str(&format!(", {} allowed", summary.suppressed));
    }
    if let Some(held_back) = summary.held_back.as_ref().filter(|held_back| held_back.findings > 0) {
        line.push_str(&format!(", {} held back by the baseline", held_back.findings));
    }
    line.push_str(&format!(" in {}", count(summary.documents, "manifest")));
    if !summary.targets.is_empty() {
        line.push_str(&format!(", {}", count(summary.targets.len(), "target")));
    }
    let alone: usize = summary.left_alone.iter().map(|(_, number)| number).sum();
    if alone > 0 {
        line.push_str(&format!(" ({} left alone)", count(alone, "file")));
    }
    let versions = &summary.versions;
    line.push_str(&format!(", for Kubernetes {} and CloudNativePG {}", versions.kubernetes, versions.cnpg));
    line
}

pub(super) fn hidden(findings: &[Finding], style: &Style) -> Option<String> {
    let mild = findings.iter().filter(|finding| finding.severity < style.severity_from).count();
    let unsure = findings
        .iter()
        .filter(|finding| finding.severity >= style.severity_from && finding.confidence < style.confidence_from)
        .count();
    let mild_words = (mild > 0).then(|| format!("{mild} below {} (--severity-from)", style.severity_from));
    let unsure_words =
        (unsure > 0).then(|| format!("{unsure} of less than {} confidence (--confidence)", style.confidence_from));
    let parts: Vec<String> = mild_words.into_iter().chain(unsure_words).collect();
    (!parts.is_empty()).then(|| format!("hidden: {}", parts.join(", ")))
}

fn fixable(findings: &[Finding]) -> Option<String> {
    let safe = findings.iter().filter(|finding| finding.fixes.iter().any(|fix| fix.safe)).count();
    let other = findings.iter().filter(|finding| !finding.fixes.is_empty()).count() - safe;
    match (safe, other) {
        (0, 0) => None,
        (0, other) => Some(format!("{other} fixable with --unsafe-fixes")),
        (safe, 0) => Some(format!("{safe} fixable with --fix")),
        (safe, other) => Some(format!("{safe} fixable with --fix, {other} more with --unsafe-fixes")),
    }
}

/// Entries of the baseline that can go.
fn outdated(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(held_back) = view.outcome.summary.held_back.as_ref().filter(|held| !held.outdated.is_empty()) else {
        return Ok(());
    };
    let entries = if held_back.outdated.len() == 1 { "entry" } else { "entries" };
    let line = format!("{} {entries} of the baseline found nothing and can go", held_back.outdated.len());
    if !style.verbose {
        return writeln!(out, "{line} (--verbose lists them, --write-baseline drops them)");
    }
    writeln!(out, "{line}:")?;
    held_back.outdated.iter().try_for_each(|entry| writeln!(out, "  {}", clean(entry)))
}

fn undecided(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let open = &view.outcome.undecided;
    if open.is_empty() {
        return Ok(());
    }
    let line = format!("{} stayed undecided", count(open.len(), "question"));
    if !style.verbose {
        return writeln!(out, "{line} (--verbose lists them)");
    }
    writeln!(out, "{line}:")?;
    for question in open {
        let place = location(&view.texts, question.span);
        writeln!(out, "  {place}: {}: {}", question.rule, clean(&question.reason))?;
    }
    Ok(())
}

fn left_alone(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let left = &view.outcome.summary.left_alone;
    if !style.verbose || left.is_empty() {
        return Ok(());
    }
    let kinds: Vec<String> = left.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    writeln!(out, "left alone: {}", kinds.join(", "))
}
