//! One line a finding, `path:line:col: severity[rule]: message`, and the counts at the end.

use super::wording::{Paint, clean};
use super::{Style, View, summary};
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style.colour);
    let mut any = false;
    for finding in view.outcome.findings.iter().filter(|finding| style.shows(finding)) {
        any = true;
        let kind = format!("{}[{}]", finding.severity, finding.rule);
        let place = summary::location(&view.texts, finding.primary.span);
        writeln!(out, "{place}: {}: {}", paint.severity(finding.severity, &kind), clean(&finding.message))?;
    }
    if style.quiet {
        return Ok(());
    }
    if any {
        writeln!(out)?;
    }
    summary::write(view, style, false, out)
}
