//! JUnit XML, as CI servers read it: a suite a file, a case a finding. Errors and warnings are failed cases, for that is
//! what servers show; notes, and open questions where they are asked for, are skipped ones.

use super::wording::clean;
use super::{Style, View, summary};
use crate::finding::{Failure, Finding, Severity, Undecided};
use crate::source::Span;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What a report of JUnit calls this program, and the suite of what belongs to no file.
const NAME: &str = env!("CARGO_PKG_NAME");

pub(super) fn write(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let mut suites: BTreeMap<Cow<'_, str>, Vec<Case>> = BTreeMap::new();
    for finding in view.outcome.findings.iter().filter(|finding| style.shows(finding)) {
        let file = view.texts.sources.name(finding.primary.span.source);
        suites.entry(file).or_default().push(found(view, finding));
    }
    for question in view.outcome.undecided.iter().filter(|_| style.verbose) {
        let file = view.texts.sources.name(question.span.source);
        suites.entry(file).or_default().push(open(view, question));
    }
    for failure in &view.outcome.failures {
        let file = if failure.path.is_empty() { NAME } else { failure.path.as_str() };
        suites.entry(file.into()).or_default().push(not_checked(failure));
    }
    // Servers take a report without a case for a broken one.
    if suites.is_empty() {
        let case = Case { name: "no findings".into(), class: NAME.into(), line: None, end: End::Passed };
        suites.insert(NAME.into(), vec![case]);
    }
    let all = Counts::of(suites.values().flatten());
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="{NAME}" {all} time="0">"#)?;
    for (file, cases) in &suites {
        let counts = Counts::of(cases);
        writeln!(out, r#"  <testsuite name="{}" {counts} time="0">"#, attribute(file))?;
        for case in cases {
            case.write(file, &mut out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")?;
    out.flush()
}

/// How a case ended: an element, a short message, and the whole text.
enum End {
    Passed,
    Failed { severity: Severity, message: String, text: String },
    Skipped { message: String },
    Broken { message: String },
}

struct Case {
    /// The same in every run, so that servers can tell which failures are new.
    name: String,
    class: String,
    line: Option<u32>,
    end: End,
}

impl Case {
    fn write(&self, file: &str, out: &mut dyn Write) -> io::Result<()> {
        let Case { name, class, .. } = self;
        write!(out, r#"    <testcase name="{}" classname="{}""#, attribute(name), attribute(class))?;
        if let Some(line) = self.line {
            write!(out, r#" file="{}" line="{line}""#, attribute(file))?;
        }
        match &self.end {
            End::Passed => return writeln!(out, r#" time="0"/>"#),
            _ => writeln!(out, r#" time="0">"#)?,
        }
        match &self.end {
            End::Passed => {}
            End::Failed { severity, message, text } => {
                let (message, text) = (attribute(message), content(text));
                writeln!(out, r#"      <failure message="{message}" type="{severity}">{text}</failure>"#)?;
            }
            End::Skipped { message } => writeln!(out, r#"      <skipped message="{}"/>"#, attribute(message))?,
            End::Broken { message } => {
                writeln!(out, r#"      <error message="{}" type="not checked"/>"#, attribute(message))?;
            }
        }
        writeln!(out, "    </testcase>")
    }
}

struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of<'c>(cases: impl IntoIterator<Item = &'c Case>) -> Counts {
        let mut counts = Counts { tests: 0, failures: 0, errors: 0, skipped: 0 };
        for case in cases {
            counts.tests += 1;
            match case.end {
                End::Passed => {}
                End::Failed { .. } => counts.failures += 1,
                End::Skipped { .. } => counts.skipped += 1,
                End::Broken { .. } => counts.errors += 1,
            }
        }
        counts
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts { tests, failures, errors, skipped } = self;
        write!(f, r#"tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}""#)
    }
}

fn found(view: &View<'_>, finding: &Finding) -> Case {
    let source = &view.texts.sources[finding.primary.span.source];
    let end = match finding.severity {
        Severity::Note => End::Skipped { message: format!("note: {}", finding.message) },
        severity => End::Failed { severity, message: finding.message.clone(), text: text(view, finding) },
    };
    Case {
        name: finding.fingerprint.strip_suffix(":0").unwrap_or(&finding.fingerprint).to_owned(),
        class: class(finding.rule),
        line: Some(source.position(finding.primary.span.start).line),
        end,
    }
}

fn open(view: &View<'_>, question: &Undecided) -> Case {
    let position = view.texts.sources[question.span.source].position(question.span.start);
    Case {
        name: format!("{}: undecided at {}:{}", question.rule, position.line, position.column),
        class: class(question.rule),
        line: Some(position.line),
        end: End::Skipped { message: format!("undecided: {}", question.reason) },
    }
}

fn not_checked(failure: &Failure) -> Case {
    let message = failure.message.clone();
    Case { name: "not checked".into(), class: NAME.into(), line: None, end: End::Broken { message } }
}

/// Packages are separated by dots.
fn class(rule: &str) -> String {
    format!("{NAME}.{}", rule.replace('/', "."))
}

/// The finding as far as it can be told without the text it is about.
fn text(view: &View<'_>, finding: &Finding) -> String {
    let named = |span: Span| {
        let position = view.texts.sources[span.source].position(span.start);
        format!("{}:{}:{}", view.texts.sources.name(span.source), position.line, position.column)
    };
    let mut text = format!("{}: {}[{}]: ", named(finding.primary.span), finding.severity, finding.rule);
    text.push_str(&clean(&finding.message));
    for label in finding.related.iter().filter(|label| !label.text.is_empty()) {
        text.push_str(&format!("\n{}: {}", named(label.span), clean(&label.text)));
    }
    for note in &finding.notes {
        text.push_str(&format!("\nnote: {}", clean(note)));
    }
    for help in summary::helps(finding) {
        text.push_str(&format!("\nhelp: {}", clean(help)));
    }
    let url = (view.rule_docs)(finding.rule).url;
    if !url.is_empty() {
        text.push_str(&format!("\ndocs: {url}"));
    }
    text
}

/// The value of an attribute.
fn attribute(text: &str) -> Cow<'_, str> {
    escaped(text, true)
}

/// The text of an element.
fn content(text: &str) -> Cow<'_, str> {
    escaped(text, false)
}

/// XML 1.0 has no way to write most control characters, escaped or not.
fn escaped(text: &str, in_attribute: bool) -> Cow<'_, str> {
    let plain = |c: char| !c.is_control() && !matches!(c, '&' | '<' | '>' | '"' | '\'' | '\u{fffe}' | '\u{ffff}');
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' if !in_attribute => out.push(c),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if plain(c) => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(attribute("a < b && \"c\"\n"), "a &lt; b &amp;&amp; &quot;c&quot;&#10;");
        assert_eq!(content("a\n\u{1b}[31m\u{0}]]>\u{ffff}"), "a\n\u{fffd}[31m\u{fffd}]]&gt;\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_text_stays_one_text(text in any::<String>()) {
            let xml = format!("<a b=\"{}\">{}</a>", attribute(&text), content(&text));
            let document = roxmltree::Document::parse(&xml).expect("XML");
            let root = document.root_element();
            prop_assert_eq!(root.children().filter(|child| child.is_element()).count(), 0);
            let kept = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
            let both = [root.attribute("b").expect("b"), root.text().unwrap_or_default()];
            for read in both {
                let read: String = read.chars().filter(|c| *c != '\u{fffd}').filter(|c| kept(*c)).collect();
                let wrote: String = text.chars().filter(|c| *c != '\u{fffd}').filter(|c| kept(*c)).collect();
                prop_assert_eq!(read, wrote);
            }
        }
    }
}
