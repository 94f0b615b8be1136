//! Markdown for a comment on a pull request or a job summary: a table of rules, then the findings, the worst first. It
//! stays below what GitHub takes, and nothing in a manifest can format it, mention somebody or close a tag.

use super::wording::{clean, count};
use super::{Style, View, summary};
use crate::finding::{Finding, Severity};
use crate::source::Span;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// GitHub refuses a comment of more than 65,536 characters; some room is left for what a job writes around the report.
const LIMIT: usize = 60_000;
/// Room for the words behind the findings.
const TAIL: usize = 2_000;
/// The longest text of one message, in characters.
const LONGEST: usize = 600;
/// Findings of a rule that stand open; the others are folded.
const OPEN: usize = 5;
/// Room for what could not be checked, and for the table up to its end.
const FAILURES: usize = 10_000;
const TABLE: usize = 25_000;

pub(super) fn write(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&Finding> = view.outcome.findings.iter().filter(|finding| style.shows(finding)).collect();
    let mut groups: BTreeMap<(Reverse<Severity>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &shown {
        groups.entry((Reverse(finding.severity), finding.rule)).or_default().push(finding);
    }
    let mut text = format!("### {}\n\n", title(&view.outcome.findings));
    failures(view, &mut text);
    if !groups.is_empty() {
        text.push_str("| severity | rule | findings |\n|---|---|---:|\n");
        for (at, ((Reverse(severity), rule), findings)) in groups.iter().enumerate() {
            if text.len() > TABLE {
                text.push_str(&format!("| | and {} more | |\n", groups.len() - at));
                break;
            }
            text.push_str(&format!("| {severity} | {} | {} |\n", linked(view, rule), findings.len()));
        }
        text.push('\n');
    }
    let mut page = Page { text, full: false, left_out: 0 };
    for ((Reverse(severity), rule), findings) in &groups {
        page.group(view, *severity, rule, findings);
    }
    let mut text = page.text;
    if page.left_out > 0 {
        let findings = if page.left_out == 1 { "finding" } else { "findings" };
        let more = format!("**and {} more {findings}** that found no room here", page.left_out);
        text.push_str(&format!("{more}: `tidegate lint` lists them all\n\n"));
    }
    text.push_str(&format!("<sub>{}</sub>\n", tail(view, style)));
    out.write_all(text.as_bytes())
}

fn title(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "tidegate: no findings".to_owned();
    }
    let parts: Vec<String> = Severity::ALL
        .into_iter()
        .map(|severity| (findings.iter().filter(|finding| finding.severity == severity).count(), severity))
        .filter(|(number, _)| *number > 0)
        .map(|(number, severity)| count(number, severity.name()))
        .collect();
    format!("tidegate: {}", parts.join(", "))
}

/// What was not looked at stands first: without it a report looks complete.
fn failures(view: &View<'_>, text: &mut String) {
    let failures = &view.outcome.failures;
    if failures.is_empty() {
        return;
    }
    text.push_str("**Not everything could be checked:**\n\n");
    for (at, failure) in failures.iter().enumerate() {
        let path = if failure.path.is_empty() { String::new() } else { format!("{}: ", code(&failure.path)) };
        let line = format!("- {path}{}\n", prose(&failure.message));
        if text.len() + line.len() > FAILURES {
            text.push_str(&format!("- and {} more\n", failures.len() - at));
            break;
        }
        text.push_str(&line);
    }
    text.push('\n');
}

fn tail(view: &View<'_>, style: &Style) -> String {
    let mut parts = vec![prose(&summary::counts(view))];
    parts.extend(summary::hidden(&view.outcome.findings, style).map(|hidden| prose(&hidden)));
    match view.outcome.undecided.len() {
        0 => {}
        open => parts.push(format!("{} stayed undecided", count(open, "question"))),
    }
    if !view.outcome.findings.is_empty() {
        parts.push("`tidegate explain RULE` says more".to_owned());
    }
    parts.join("<br>")
}

struct Page {
    text: String,
    /// Whether something did not fit: whatever comes after it is milder and is left out, too.
    full: bool,
    left_out: usize,
}

impl Page {
    fn group(&mut self, view: &View<'_>, severity: Severity, rule: &str, findings: &[&Finding]) {
        let docs = (view.rule_docs)(rule);
        let head = format!("**{severity}** {}: {}\n\n", linked(view, rule), prose(&docs.summary));
        let Some(first) = findings.first().map(|finding| item(view, finding, true)) else { return };
        if !self.fits(head.len() + first.len()) {
            self.left_out += findings.len();
            return;
        }
        self.text.push_str(&head);
        let open = findings.len().min(OPEN);
        for finding in &findings[..open] {
            self.push(&item(view, finding, true));
        }
        let folded = &findings[open..];
        if !folded.is_empty() && !self.full {
            self.text.push_str(&format!("\n<details><summary>and {} more</summary>\n\n", folded.len()));
            folded.iter().for_each(|finding| self.push(&item(view, finding, false)));
            self.text.push_str("\n</details>\n");
        } else {
            self.left_out += folded.len();
        }
        self.text.push('\n');
    }

    fn fits(&mut self, more: usize) -> bool {
        self.full |= self.text.len() + more + TAIL > LIMIT;
        !self.full
    }

    fn push(&mut self, item: &str) {
        if self.fits(item.len()) {
            self.text.push_str(item);
        } else {
            self.left_out += 1;
        }
    }
}

/// One finding: its place and its message, and folded below it why that is so and what to do.
fn item(view: &View<'_>, finding: &Finding, whole: bool) -> String {
    let mut text = format!("- {} {}\n", place(view, finding.primary.span), prose(&finding.message));
    let related = finding.related.iter().filter(|label| !label.text.is_empty());
    let mut more: Vec<String> =
        related.map(|label| format!("{} {}", place(view, label.span), prose(&label.text))).collect();
    more.extend(finding.notes.iter().map(|note| prose(note)));
    more.extend(summary::helps(finding).map(|help| format!("**help:** {}", prose(help))));
    if whole && !more.is_empty() {
        text.push_str("  <details><summary>why, and what to do</summary>\n\n");
        more.iter().for_each(|line| text.push_str(&format!("  - {line}\n")));
        text.push_str("\n  </details>\n");
    }
    text
}

fn place(view: &View<'_>, span: Span) -> String {
    let line = view.texts.sources[span.source].position(span.start).line;
    code(&format!("{}:{line}", view.texts.sources.name(span.source)))
}

fn linked(view: &View<'_>, rule: &str) -> String {
    let url = (view.rule_docs)(rule).url;
    if url.starts_with("https://") { format!("[`{rule}`]({url})") } else { format!("`{rule}`") }
}

/// Text of a message. What stands between backticks is code, all else is only text.
fn prose(text: &str) -> String {
    // Space at the start of an item would make a block of code of it.
    let bounded = bounded(text);
    let text = bounded.trim_start();
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks marks nothing, and of backticks side by side nobody knows what they mark.
    let together = parts.len() > 2 && parts[1..parts.len() - 1].iter().any(|part| part.is_empty());
    if parts.len().is_multiple_of(2) || together {
        return plain(text);
    }
    let told = parts.iter().enumerate().map(|(at, part)| if at % 2 == 1 { code(part) } else { plain(part) });
    told.collect()
}

/// A code span of exactly this text.
fn code(text: &str) -> String {
    let text = bounded(text);
    if text.trim().is_empty() {
        return "``` ```".to_owned();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let edge = |c: Option<char>| matches!(c, Some('`' | ' '));
    let space = if edge(text.chars().next()) || edge(text.chars().last()) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Text that formats nothing, and that no service takes for a mention, an issue, an emoji or an address.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = None;
    let mut only_digits = true;
    for c in text.chars() {
        // An empty comment ends what a service might read as one word.
        let linked = match before {
            Some('@' | '#' | '!' | '$' | '~' | '%' | '&') => c.is_alphanumeric(),
            Some(':') => c.is_alphabetic() || c == '/',
            _ => false,
        };
        if linked || (c == '.' && ends_in_www(&out)) {
            out.push_str("<!-- -->");
        }
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | '$' => {
                out.extend(['\\', c]);
            }
            // At the start of a line these make a list or a heading.
            '-' | '=' if before.is_none() => out.extend(['\\', c]),
            '.' if only_digits => out.extend(['\\', c]),
            _ => out.push(c),
        }
        only_digits &= c.is_ascii_digit();
        before = Some(c);
    }
    out
}

fn ends_in_www(text: &str) -> bool {
    text.len().checked_sub(3).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// One line of printable text, cut where it is too long for a comment.
fn bounded(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// What a reader sees of a list item, and whether it holds anything but text and code.
    fn read(markdown: &str) -> Result<String, String> {
        let mut seen = String::new();
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_GFM
            | Options::ENABLE_MATH;
        for event in Parser::new_ext(&format!("- {markdown}\n\nend"), options) {
            match event {
                Event::Text(text) | Event::Code(text) => seen.push_str(&text),
                Event::InlineHtml(html) if &*html == "<!-- -->" => {}
                Event::Start(Tag::List(_) | Tag::Item | Tag::Paragraph) | Event::End(_) => {}
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(seen.strip_suffix("end").unwrap_or(&seen).to_owned())
    }

    #[test]
    fn nothing_is_formatted_or_linked() {
        for (text, expected) in [
            ("the value of `a|b<c>` is *wrong*", "the value of `a|b<c>` is \\*wrong\\*"),
            ("ask @team about #12", "ask @<!-- -->team about \\#<!-- -->12"),
            ("see https://example.org", "see https:<!-- -->//example.org"),
            ("see www.example.org", "see www<!-- -->.example.org"),
            ("</details><script>", "&lt;/details&gt;&lt;script&gt;"),
            ("\n\n\n no code", "no code"),
            ("one ` only", "one \\` only"),
            ("- no\n# list", "\\- no \\# list"),
            ("1. no list", "1\\. no list"),
            ("a `` b", "a \\`\\` b"),
            ("`a``b`", "\\`a\\`\\`b\\`"),
        ] {
            assert_eq!(prose(text), expected);
        }
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(prose(&"x".repeat(1000)).chars().count(), LONGEST + 1);
    }

    proptest! {
        #[test]
        fn any_text_stays_text(text in "[ -~\n\u{e9}]{0,60}") {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join("").replace('`', "");
            for markdown in [prose(&text), plain(clean(&text).trim_start())] {
                let seen = read(&markdown).map_err(|error| TestCaseError::fail(format!("{markdown:?}: {error}")))?;
                prop_assert_eq!(words(&seen), words(&text), "{}", markdown);
            }
            if !text.trim().is_empty() {
                let seen = read(&code(&text)).map_err(TestCaseError::fail)?;
                prop_assert_eq!(words(&seen), words(&text));
            }
        }
    }
}
