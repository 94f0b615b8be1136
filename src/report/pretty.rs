//! The report for a person at a terminal: one block a finding, drawn by miette, with notes, help,
//! the changed lines of a fix, and a summary.

use super::line::Frame;
use super::snippet::{Snippet, snippets};
use super::wording::{Paint, clean, places, visible, wrap};
use super::{Style, Texts, View, summary};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::fix::{Hunk, hunks};
use crate::source::SourceId;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeStyles};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

/// Findings of one rule that are shown if not all are.
const A_RULE: usize = 3;
/// Lines of a fix that are shown on each side.
const FIX_LINES: usize = 8;

/// Something to show that is no finding, such as a mistake in the config.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: &'a str,
    /// Where; the first label is the primary one.
    pub labels: &'a [Label],
    /// What was looked at.
    pub notes: &'a [String],
    /// What to do.
    pub helps: &'a [String],
}

/// Writes a problem in the form of a finding.
pub fn problem(texts: &Texts<'_>, style: &Style, problem: &Problem<'_>, out: &mut dyn Write) -> io::Result<()> {
    let block = Block::new(texts, style, problem.severity);
    block.header(out, None, problem.message)?;
    block.snippets(out, &problem.labels.iter().collect::<Vec<_>>())?;
    problem.notes.iter().try_for_each(|note| block.line(out, "note", note))?;
    problem.helps.iter().try_for_each(|help| block.line(out, "help", help))
}

pub(super) fn write(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut shown: Vec<&Finding> = view.outcome.findings.iter().filter(|finding| style.shows(finding)).collect();
    if style.terminal {
        shown.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    }
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &shown {
        *left.entry(finding.rule).or_default() += 1;
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &shown {
        let seen = seen.entry(finding.rule).or_default();
        *seen += 1;
        if *seen > A_RULE && !style.all {
            continue;
        }
        block(view, style, finding, out)?;
        let rest = left[finding.rule] - *seen;
        if *seen == A_RULE && rest > 0 && !style.all {
            let more = format!("... and {rest} more of {} (--all shows them)", finding.rule);
            writeln!(out, "{}\n", Paint::new(style.colour).dim(&more))?;
        }
    }
    if style.quiet { Ok(()) } else { summary::write(view, style, true, out) }
}

fn block(view: &View<'_>, style: &Style, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let block = Block::new(&view.texts, style, finding.severity);
    block.header(out, Some(finding.rule), &finding.message)?;
    block.snippets(out, &finding.labels().collect::<Vec<_>>())?;
    for note in &finding.notes {
        block.line(out, "note", note)?;
    }
    if let Some(place) = places(&finding.places, view.outcome.summary.targets.len()) {
        block.line(out, "note", &place)?;
    }
    for help in finding.helps.iter().filter(|help| finding.fixes.iter().all(|fix| fix.title != **help)) {
        block.line(out, "help", help)?;
    }
    for fix in &finding.fixes {
        block.fix(out, fix, finding.primary.span.source)?;
    }
    let docs = (view.rule_docs)(finding.rule).url;
    if !docs.is_empty() {
        block.line(out, "docs", &docs)?;
    }
    writeln!(out)
}

struct Block<'a> {
    texts: &'a Texts<'a>,
    style: &'a Style,
    severity: Severity,
    paint: Paint,
}

impl<'a> Block<'a> {
    fn new(texts: &'a Texts<'a>, style: &'a Style, severity: Severity) -> Block<'a> {
        Block { texts, style, severity, paint: Paint::new(style.colour) }
    }

    fn header(&self, out: &mut dyn Write, rule: Option<&str>, message: &str) -> io::Result<()> {
        let kind = match rule {
            Some(rule) => format!("{}[{rule}]", self.severity),
            None => self.severity.to_string(),
        };
        let message = format!(": {}", clean(message));
        writeln!(out, "{}{}", self.paint.severity(self.severity, &kind), self.paint.bold(&message))
    }

    fn snippets(&self, out: &mut dyn Write, labels: &[&Label]) -> io::Result<()> {
        let frame = Frame { width: self.style.width, unicode: self.style.unicode };
        for snippet in snippets(self.texts, labels, frame) {
            out.write_all(Drawing::new(self.severity, self.style).draw(snippet).as_bytes())?;
        }
        Ok(())
    }

    /// A line with a word in front, wrapped under its own start.
    fn line(&self, out: &mut dyn Write, word: &str, text: &str) -> io::Result<()> {
        let indent = "  note: ".len();
        let width = self.style.width.max(40) - indent;
        for (at, line) in wrap(&clean(text), width).iter().enumerate() {
            if at == 0 {
                writeln!(out, "  {} {line}", self.paint.help(&format!("{word}:")))?;
            } else {
                writeln!(out, "{:indent$}{line}", "")?;
            }
        }
        Ok(())
    }

    fn fix(&self, out: &mut dyn Write, fix: &Fix, home: SourceId) -> io::Result<()> {
        let title = if fix.safe { fix.title.clone() } else { format!("{} (read before applying)", fix.title) };
        self.line(out, "help", &title)?;
        let mut by_source: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
        for edit in &fix.edits {
            by_source.entry(edit.span.source).or_default().push(edit.clone());
        }
        for (source, mut edits) in by_source {
            edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
            if source != home {
                writeln!(out, "        in {}", clean(&(self.texts.display)(source)))?;
            }
            for hunk in hunks(self.texts.sources, self.texts.masks, source, &edits) {
                self.hunk(out, &hunk)?;
            }
        }
        Ok(())
    }

    /// The lines that a fix takes away and brings. The numbers of both are those of the file as it is.
    fn hunk(&self, out: &mut dyn Write, hunk: &Hunk) -> io::Result<()> {
        let last = hunk.line + hunk.before.len().max(hunk.after.len()).clamp(1, FIX_LINES);
        let digits = last.to_string().len();
        let room = self.style.width.max(40) - digits - 5;
        let (old, new) = near_change(hunk, room, if self.style.unicode { "…" } else { "..." });
        for (sign, lines, more) in [('-', old, hunk.before.len()), ('+', new, hunk.after.len())] {
            for (at, line) in lines.iter().enumerate() {
                let number = hunk.line + at + 1;
                let text = format!("{sign} {line}");
                let text = if sign == '-' { self.paint.gone(&text) } else { self.paint.come(&text) };
                let number = self.paint.dim(&format!("{number:digits$}"));
                writeln!(out, " {number} {}", text.trim_end())?;
            }
            if more > FIX_LINES {
                writeln!(out, " {:digits$} {sign} ... {} more lines", "", more - FIX_LINES)?;
            }
        }
        Ok(())
    }
}

/// The first lines of a hunk, printable, each cut so that what differs is in sight.
fn near_change(hunk: &Hunk, room: usize, ellipsis: &str) -> (Vec<String>, Vec<String>) {
    let lines = |side: &[String]| side.iter().take(FIX_LINES).map(|line| printable(line)).collect::<Vec<_>>();
    let (mut before, mut after) = (lines(&hunk.before), lines(&hunk.after));
    for at in 0..before.len().max(after.len()) {
        let same = match (before.get(at), after.get(at)) {
            (Some(old), Some(new)) => old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count(),
            _ => 0,
        };
        for line in before.get_mut(at).into_iter().chain(after.get_mut(at)) {
            *line = excerpt(line, same, room, ellipsis);
        }
    }
    (before, after)
}

fn printable(line: &str) -> String {
    line.trim_end_matches(['\r', '\n']).replace('\t', "    ").chars().map(visible).collect()
}

/// `line`, or if it is too long the part of it around character `focus`.
fn excerpt(line: &str, focus: usize, room: usize, ellipsis: &str) -> String {
    let length = line.chars().count();
    if length <= room {
        return line.to_owned();
    }
    let marks = 2 * ellipsis.chars().count();
    let room = room.saturating_sub(marks);
    let start = if focus < room * 2 / 3 { 0 } else { (focus - room / 3).min(length.saturating_sub(room)) };
    let mut text = String::new();
    if start > 0 {
        text.push_str(ellipsis);
    }
    text.extend(line.chars().skip(start).take(room));
    if start + room < length {
        text.push_str(ellipsis);
    }
    text
}

/// One snippet, drawn by miette and then made to tell the primary label from the others without colour:
/// miette has one character for all underlines.
struct Drawing<'a> {
    severity: Severity,
    style: &'a Style,
}

impl<'a> Drawing<'a> {
    fn new(severity: Severity, style: &'a Style) -> Drawing<'a> {
        Drawing { severity, style }
    }

    fn draw(&self, snippet: Snippet) -> String {
        let ansi = ThemeStyles::ansi();
        let primary = match self.severity {
            Severity::Error => ansi.error,
            Severity::Warning => ansi.warning,
            Severity::Note => ansi.advice,
        }
        .bold();
        let related = ThemeStyles::none().linum.blue().bold();
        let mut theme = if self.style.unicode { GraphicalTheme::unicode() } else { GraphicalTheme::ascii() };
        if !self.style.unicode {
            theme.characters.underbar = theme.characters.underline;
        }
        theme.styles.link = ThemeStyles::none().link;
        let mut labels = snippet.labels().to_vec();
        labels.sort_by_key(|(label, _)| label.offset());
        theme.styles.highlights =
            labels.iter().map(|(_, is_primary)| if *is_primary { primary } else { related }).collect();
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_context_lines(1)
            .with_links(false)
            .without_syntax_highlighting()
            .with_width(self.style.width);
        let mut raw = String::new();
        let boxed = Boxed { labels: labels.into_iter().map(|(label, _)| label).collect(), snippet };
        handler.render_report(&mut raw, &boxed).expect("internal: labels lie in their snippet");
        // Its first line is for a message, which is already written.
        let body = raw.split_once('\n').map_or("", |(_, body)| body);
        self.restyle(body, &format!("{}", related.prefix_formatter()))
    }

    fn restyle(&self, raw: &str, related: &str) -> String {
        let mut out = String::with_capacity(raw.len());
        for line in raw.lines() {
            let mut rest = line.trim_end();
            while let Some((plain, code, after)) = next_code(rest) {
                let end = after.find('\u{1b}').unwrap_or(after.len());
                let inside = &after[..end];
                out.push_str(plain);
                if self.style.colour {
                    out.push_str(code);
                }
                self.push_underline(&mut out, inside, code == related);
                rest = &after[end..];
            }
            out.push_str(rest);
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
        }
        out
    }

    fn push_underline(&self, out: &mut String, text: &str, related: bool) {
        let underline = |c: char| matches!(c, ' ' | '^' | '─' | '┬' | '▲');
        if !text.chars().all(underline) || text.chars().all(|c| c == ' ') {
            return out.push_str(text);
        }
        out.extend(text.chars().map(|c| match (c, related) {
            ('^', true) => '-',
            ('─', false) => '━',
            ('┬', false) => '┯',
            _ => c,
        }));
    }
}

/// The text in front of the next colour code, the code, and what follows.
fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find('\u{1b}')?;
    let end = start + text[start..].find('m')? + 1;
    Some((&text[..start], &text[start..end], &text[end..]))
}

/// What miette draws: a snippet and nothing else.
#[derive(Debug)]
struct Boxed {
    labels: Vec<LabeledSpan>,
    snippet: Snippet,
}

impl fmt::Display for Boxed {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Boxed {}

impl Diagnostic for Boxed {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
