//! Whole texts of every format, for outcomes built by hand.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod machines;
mod people;
mod services;
mod snippets;

use super::*;
use crate::finding::{Edit, Failure, Fix, HeldBack, Label, ObjectName, Place, Summary, Undecided, Versions};
use crate::source::{Source, Span};

/// An outcome and the texts it speaks of.
pub(super) struct Run {
    pub(super) sources: Sources,
    pub(super) secrets: Vec<Span>,
    pub(super) outcome: Outcome,
}

impl Run {
    pub(super) fn new(files: &[(&str, &str)]) -> Run {
        let mut sources = Sources::new(vec![String::new()]);
        for (path, text) in files {
            sources.add(Source::new(0, *path, *text));
        }
        let summary = Summary {
            files: files.len(),
            documents: 214,
            resources: 200,
            targets: vec!["live".into()],
            suppressed: 0,
            held_back: None,
            versions: Versions { kubernetes: "1.36".into(), cnpg: "1.30".into() },
            left_alone: Vec::new(),
        };
        let outcome = Outcome { findings: Vec::new(), undecided: Vec::new(), failures: Vec::new(), summary };
        Run { sources, secrets: Vec::new(), outcome }
    }

    /// The span of the first `needle` in file number `file`.
    pub(super) fn span(&self, file: u32, needle: &str) -> Span {
        let at = self.sources[SourceId(file)].text().find(needle).expect("needle") as u32;
        Span::new(SourceId(file), at..at + needle.len() as u32)
    }

    pub(super) fn label(&self, file: u32, needle: &str, text: &'static str) -> Label {
        Label { span: self.span(file, needle), text: text.into() }
    }

    pub(super) fn write(&self, format: Format, style: &Style) -> String {
        let masks = Masks::new(&self.sources, self.secrets.iter().copied());
        let display = |id: SourceId| format!("k8s/{}", self.sources.name(id));
        let texts = Texts { sources: &self.sources, masks: &masks, display: &display };
        let view = View { texts, outcome: &self.outcome, rule_docs: &docs };
        let mut out = Vec::new();
        write(format, &view, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

/// What a case without a summary needs.
pub(super) fn quiet() -> Style {
    Style { width: 80, quiet: true, ..Style::default() }
}

pub(super) fn docs(rule: &str) -> RuleDoc {
    RuleDoc {
        summary: format!("summary of {rule}").into(),
        text: format!("## What it does\nFinds {rule}.").into(),
        url: if rule.starts_with("cnpg/") { format!("https://docs.example/{rule}").into() } else { "".into() },
        severity: Severity::Error,
        category: Category::Reliability,
    }
}

pub(super) fn finding(rule: &'static str, severity: Severity, message: &str, primary: Label) -> Finding {
    Finding {
        rule,
        code: "code",
        severity,
        confidence: Confidence::High,
        category: Category::Reliability,
        message: message.into(),
        primary,
        related: Vec::new(),
        notes: Vec::new(),
        helps: Vec::new(),
        fixes: Vec::new(),
        pointer: String::new(),
        places: Vec::new(),
        fingerprint: format!("{rule}:code"),
    }
}

pub(super) fn place(target: Option<&str>, kind: &str, name: &str) -> Place {
    let resource =
        ObjectName { api_version: "v1".into(), kind: kind.into(), namespace: Some("shop".into()), name: name.into() };
    Place { target: target.map(Into::into), resource: Some(resource) }
}

/// Three findings in three files: a patch over a base with a fix, a masked secret, and a note.
pub(super) fn shop() -> Run {
    let mut run = Run::new(&[
        (
            "overlays/prod/kustomization.yaml",
            "resources: [../../base]\npatches:\n  - patch: |-\n      - op: replace\n        path: /spec/schedule\n        value: \"0 4 * * *\"\n",
        ),
        ("base/backup.yaml", "kind: ScheduledBackup\nspec:\n  schedule: \"0 0 3 * * *\"\n"),
        (
            "shop/secret.yaml",
            "apiVersion: v1\r\nkind: Secret\r\nmetadata:\r\n  name: shop-db\r\n  namespace: shop\r\ntype: Opaque\r\nstringData:\r\n  user: größe\r\n  password: hunter2!\r\n",
        ),
    ]);
    run.secrets = vec![run.span(2, "hunter2!"), run.span(2, "größe")];
    let mut backup = finding(
        "cnpg/five-field-schedule",
        Severity::Error,
        "backup runs every hour, not once a day",
        run.label(0, "0 4 * * *", "five fields; CloudNativePG reads six, seconds first"),
    );
    backup.code = "hourly";
    backup.related = vec![run.label(1, "0 0 3 * * *", "the patch replaces this value, which was right")];
    backup.notes = vec!["it reads this as second 0 of minute 4 of every hour: 24 backups a day".into()];
    backup.places = vec![place(Some("live"), "ScheduledBackup", "nightly"), place(None, "ScheduledBackup", "nightly")];
    backup.pointer = "/patches/0/patch".into();
    let edit = Edit { span: backup.primary.span.before(), text: "0 ".into() };
    backup.fixes = vec![Fix {
        title: "to run once a day at 04:00:00, put the seconds first".into(),
        safe: true,
        edits: vec![edit],
    }];
    let mut secret = finding(
        "secrets/plaintext-secret",
        Severity::Error,
        "the password of Secret `shop/shop-db` is readable in the repository",
        run.label(2, "hunter2!", "in plain text (masked here)"),
    );
    secret.category = Category::Secrets;
    secret.related = vec![run.label(2, "kind: Secret", "has no `sops:` block, so nothing encrypts it")];
    secret.helps = vec![
        "run `sops --encrypt --in-place` on the file, or replace it with an ExternalSecret".into(),
        "change the password: the old one stays in the git history".into(),
    ];
    let mut habit =
        finding("workload/habit", Severity::Note, "the type is the default", run.label(2, "type: Opaque", ""));
    habit.confidence = Confidence::Low;
    run.outcome.findings = vec![backup, secret, habit];
    run.outcome.undecided = vec![Undecided {
        rule: "cnpg/backup-target",
        span: run.span(1, "spec"),
        reason: "the value is ${SIZE}, which nothing in this repo defines".into(),
    }];
    run
}
