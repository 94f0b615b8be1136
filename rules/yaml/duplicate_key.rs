//! Keys that stand twice in one mapping.

use crate::declare_rule;
use crate::finding::{Confidence, Edit};
use crate::manifest::{By, Role};
use crate::rule::{FileContext, Sink};
use crate::source::Span;
use crate::yaml::{Dialect, NodeId, Value};

declare_rule! {
    /// ## What it does
    /// Finds a key that stands twice in one mapping, and shows both places.
    ///
    /// ## Why it matters
    /// Only one of the two values counts. kustomize, Flux and the API server with strict field validation refuse
    /// such an object; `kubectl apply` keeps the later value without a word, and so do Helm, most other readers, and
    /// kustomize itself in a kustomization file.
    ///
    /// ## Instead
    /// Keep one of the two, or join their contents.
    ///
    /// ## Limits
    /// Merge keys (`<<`) may stand several times, and an anchor may be defined again. A file without any Kubernetes
    /// object gets medium confidence. The fix removes the later entry only where both are the same, byte for byte.
    pub static RULE {
        id: "yaml/duplicate-key",
        summary: "a key stands twice in one mapping",
        scope: File,
        codes: ["duplicate" => (Error, High, Validity)],
        since: "0.1.0",
        fixable: Safe,
        check: check,
    }
}

fn check<'w>(context: &FileContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let file = context.parsed.file;
    for &(first, again) in file.duplicates() {
        let (earlier, later) = (Entry::new(context, first), Entry::new(context, again));
        let equal = earlier.text() == later.text();
        let same = equal || earlier.value.known().is_some_and(|text| later.value.known() == Some(text));
        let name = later.key.raw().unwrap_or_default();
        let message = if same {
            format!("`{name}` stands twice in this mapping, with the same value")
        } else {
            format!("`{name}` stands twice in this mapping, and only one of the values counts")
        };
        let pointer = later.pointer(context);
        let mut finding = sink
            .file_finding("duplicate", later.key.span(), pointer, message)
            .label("the second time")
            .related(earlier.key.span(), "the first time")
            .note(reader(context, later.key.span()));
        if matches!(context.role, Role::Other | Role::Data) {
            finding = finding.confidence(Confidence::Medium);
        }
        match later.lines().filter(|_| equal) {
            Some(lines) => {
                let title = "remove the second of the two";
                finding.fix(title, vec![Edit { span: lines, text: String::new() }]);
            }
            None => {
                let help = if same { "remove one of them" } else { "keep one of them, or join their contents" };
                finding.help(help);
            }
        }
    }
}

const BUILD: &str = "kustomize refuses to build with it";

/// What becomes of the document, by who reads it.
fn reader(context: &FileContext<'_, '_>, key: Span) -> &'static str {
    match context.role {
        Role::Kustomization => "kustomize keeps the later value without a word",
        Role::Patch => BUILD,
        Role::Other | Role::Data => "most readers keep the later value without a word",
        Role::Manifests => {
            let resources = &context.world.manifests.resources;
            let from = resources.partition_point(|resource| resource.file < context.index);
            let owner = resources[from..]
                .iter()
                .take_while(|resource| resource.file == context.index)
                .find(|resource| resource.span().contains(key));
            match owner.map(|resource| resource.delivery.by) {
                Some(By::Kustomize | By::Flux) => BUILD,
                _ => "`kubectl apply` keeps the later value without a word; kustomize and Flux refuse the object",
            }
        }
    }
}

struct Entry<'w> {
    text: &'w str,
    key: Value<'w>,
    value: Value<'w>,
}

impl<'w> Entry<'w> {
    fn new(context: &FileContext<'_, 'w>, key: NodeId) -> Entry<'w> {
        let file = context.parsed.file;
        let value = |node| Value::new(file, node, Dialect::Kubectl);
        Entry { text: file.text(), key: value(key), value: value(file.value_of(key)) }
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.key.site().start as usize..self.value.site().end as usize
    }

    /// Key and value as they are written.
    fn text(&self) -> &'w str {
        &self.text[self.range()]
    }

    /// The whole lines of the entry, where nothing else stands on them.
    fn lines(&self) -> Option<Span> {
        let text = self.text;
        let range = self.range();
        let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
        let alone = text[start..range.start].trim_matches(' ').is_empty() && text[range.end..end].trim().is_empty();
        // An anchor that the lines define may be used further on.
        let plain = !self.text().contains(['&', '*']);
        (alone && plain).then(|| Span { start: start as u32, end: end as u32, ..self.key.site() })
    }

    fn pointer(&self, context: &FileContext<'_, 'w>) -> String {
        let file = context.parsed.file;
        let documents = file.documents();
        let at = documents.partition_point(|document| document.range.end <= self.key.span().start);
        documents
            .get(at)
            .and_then(|document| document.root)
            .and_then(|root| Value::new(file, root, Dialect::Kubectl).pointer_to(self.key))
            .unwrap_or_default()
    }
}
