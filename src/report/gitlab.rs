//! The Code Quality report of GitLab, which shows findings in a merge request.

use super::{Style, View};
use crate::finding::Severity;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let sources = view.texts.sources;
    let findings = view.outcome.findings.iter().filter(|finding| style.shows(finding)).map(|finding| Entry {
        description: format!("{} ({})", finding.message, finding.rule).into(),
        check_name: finding.rule,
        fingerprint: hash(&finding.fingerprint),
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Note => "info",
        },
        location: Location {
            path: sources.name(finding.primary.span.source),
            lines: Lines { begin: sources[finding.primary.span.source].position(finding.primary.span.start).line },
        },
    });
    let failures = view.outcome.failures.iter().map(|failure| Entry {
        description: format!("not checked: {}", failure.message).into(),
        check_name: "not-checked",
        fingerprint: hash(&format!("not-checked:{}", failure.path)),
        severity: "blocker",
        location: Location {
            path: if failure.path.is_empty() { ".".into() } else { failure.path.as_str().into() },
            lines: Lines { begin: 1 },
        },
    });
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &findings.chain(failures).collect::<Vec<_>>())?;
    writeln!(out)?;
    out.flush()
}

#[derive(Serialize)]
struct Entry<'a> {
    description: Cow<'a, str>,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: Cow<'a, str>,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// One short word for an identity that is long.
fn hash(identity: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(identity.as_bytes())[..16])
}
