//! Documents that do not parse.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::manifest::Role;
use crate::rule::{FileContext, Sink};
use crate::yaml::{self, Document, SyntaxKind};

declare_rule! {
    /// ## What it does
    /// Finds YAML documents that do not parse, that use an alias whose anchor is not in the document, whose aliases
    /// expand beyond what readers accept, and manifests that YAML 1.2 allows and the readers that apply them (go-yaml
    /// in kubectl, Flux and Argo CD) refuse: tabs as indentation, a `%YAML 1.2` directive, `[:8080]`, a mapping
    /// as a key.
    ///
    /// ## Why it matters
    /// Nothing of the document reaches the cluster. Flux and Argo CD then stop for everything that is applied
    /// together with it, and `kubectl apply -f` on a folder applies the rest without it.
    ///
    /// ## Instead
    /// Mend the line; the label says what the parser could not read. Values that start with `*`, `&`, `%`, `@`,
    /// a backtick or `{{`, or that hold a colon and a space, need quotes.
    ///
    /// ## Limits
    /// One fault of the grammar a document: what follows it there is not read. The other documents of the file are
    /// checked. Helm and jinja templates are no YAML and are left alone, and a document with an unquoted `{{ name }}`
    /// stays undecided. A file without any Kubernetes object gets
    /// medium confidence, for another tool may read it differently.
    pub static RULE {
        id: "yaml/syntax",
        summary: "a document that does not parse",
        scope: File,
        codes: [
            "grammar" => (Error, High, Validity),
            "undefined-alias" => (Error, High, Validity),
            "excessive-aliases" => (Error, High, Validity),
            "incompatible" => (Error, High, Validity),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &FileContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let file = context.parsed.file;
    let documents = file.documents();
    if documents.iter().all(Document::is_whole) {
        return;
    }
    let ours = is_applied(context);
    let readable = documents.iter().filter(|document| document.is_readable() && document.root.is_some()).count();
    for document in documents {
        for error in &document.errors {
            let code = match error.kind {
                SyntaxKind::Grammar => "grammar",
                SyntaxKind::UndefinedAlias => "undefined-alias",
                SyntaxKind::ExcessiveAliases => "excessive-aliases",
                // Only those who apply manifests refuse it.
                SyntaxKind::Incompatible if !ours => continue,
                SyntaxKind::Incompatible => "incompatible",
                SyntaxKind::Template if !ours => break,
                SyntaxKind::Template => {
                    sink.undecided(error.span, "the document is a template, and what fills it in is not known");
                    break;
                }
            };
            let mistake = yaml::mistake(file.text(), error);
            let mut finding =
                sink.file_finding(code, mistake.span, String::new(), mistake.message).label(mistake.label);
            // Somebody may fill in the braces before anybody reads the rest.
            if !ours || file.text()[mistake.span.range()].starts_with("{{") {
                finding = finding.confidence(Confidence::Medium);
            }
            if let Some(help) = mistake.help {
                finding = finding.help(help);
            }
            if !document.is_readable()
                && let Some(note) = others(readable)
            {
                finding.note(note);
            }
        }
    }
}

/// Whether the file holds, or was meant to hold, something that a cluster gets.
fn is_applied(context: &FileContext<'_, '_>) -> bool {
    match context.role {
        Role::Manifests | Role::Kustomization | Role::Patch => true,
        Role::Data => false,
        Role::Other => {
            let text = context.parsed.file.text();
            let starts = |key: &str| {
                text.starts_with(key) || memchr::memmem::find(text.as_bytes(), format!("\n{key}").as_bytes()).is_some()
            };
            starts("apiVersion:") && starts("kind:")
        }
    }
}

fn others(readable: usize) -> Option<String> {
    match readable {
        0 => None,
        1 => Some("the other document of this file is checked".into()),
        many => Some(format!("the other {many} documents of this file are checked")),
    }
}
