//! Objects as YAML documents, in the layout of go-yaml: two spaces a level, dashes below the key.

use super::order::sort;
use super::scalar::{Printed, Spot, print as print_scalar, print_text};
use super::secrets::Secrets;
use super::{Look, Place, pair_of};
use crate::yaml::{Kind, Step, Value};

/// The longest key that stands before its colon without a question mark, in bytes.
const LONGEST_KEY: usize = 128;

/// What stands before a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// `key:`; the value of a collection begins on the next line.
    Key,
    /// `-`, or the colon below a key with a question mark; the value of a collection begins on the same line.
    Dash,
}

pub(super) fn print(objects: &[Value<'_>], look: &Look<'_>) -> String {
    let mut out = String::new();
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        let secrets = look.secrets(*object);
        let mut page = Page { out, look, secrets, steps: Vec::new() };
        page.document(*object);
        out = page.out;
    }
    out
}

struct Page<'p, 'w> {
    out: String,
    look: &'p Look<'p>,
    secrets: Secrets,
    steps: Vec<Step<'w>>,
}

impl<'w> Page<'_, 'w> {
    fn document(&mut self, object: Value<'w>) {
        if let Some(comment) = self.comment(object, None) {
            self.line_of_comment(&comment, 0);
        }
        match object.kind() {
            Kind::Mapping if !object.is_empty() => self.mapping(object, 0, false),
            Kind::Sequence if !object.is_empty() => self.list(object, 0, false),
            _ => {
                let head = self.flat(object, None, 0);
                self.out.push_str(&head.head);
                self.finish(&head, None);
                self.removed(object, 0);
            }
        }
    }

    /// The entries of a mapping; `inline` where the first one goes on with the line.
    fn mapping(&mut self, mapping: Value<'w>, indent: usize, mut inline: bool) {
        for (key, value) in sort(mapping.entries().collect()) {
            if !inline {
                self.indent(indent);
            }
            inline = false;
            self.steps.push(Step::Key(key));
            let pair = pair_of(key, mapping);
            let head = print_text(key, Spot::Line).head;
            if key.len() <= LONGEST_KEY && !key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
                self.out.push_str(&head);
                self.out.push(':');
                self.value(value, pair, indent, Behind::Key);
            } else {
                self.out.push_str("? ");
                let printed = print_text(key, self.spot(indent + 2));
                self.out.push_str(&printed.head);
                self.finish(&printed, None);
                if is_block(value)
                    && let Some(comment) = self.comment(value, pair)
                {
                    self.line_of_comment(&comment, indent);
                }
                self.indent(indent);
                self.out.push(':');
                self.value(value, pair, indent, Behind::Dash);
            }
            self.steps.pop();
        }
        self.removed(mapping, indent);
    }

    fn list(&mut self, list: Value<'w>, indent: usize, mut inline: bool) {
        for (index, item) in list.items().enumerate() {
            self.steps.push(Step::Index(index));
            if !inline {
                if is_block(item)
                    && let Some(comment) = self.comment(item, None)
                {
                    self.line_of_comment(&comment, indent);
                }
                self.indent(indent);
            }
            inline = false;
            self.out.push('-');
            self.value(item, None, indent, Behind::Dash);
            self.steps.pop();
        }
        self.removed(list, indent);
    }

    /// A value in a collection that is indented by `indent`.
    fn value(&mut self, value: Value<'w>, pair: Option<&str>, indent: usize, behind: Behind) {
        if !is_block(value) {
            self.out.push(' ');
            let printed = self.flat(value, pair, indent + 2);
            self.out.push_str(&printed.head);
            let comment = self.comment(value, pair);
            self.finish(&printed, comment.as_deref());
            self.removed(value, indent + 2);
            return;
        }
        let inline = behind == Behind::Dash;
        if inline {
            self.out.push(' ');
        } else {
            let comment = self.comment(value, pair);
            self.end_line(comment.as_deref());
        }
        match value.kind() {
            Kind::Sequence => self.list(value, if inline { indent + 2 } else { indent }, inline),
            _ => self.mapping(value, indent + 2, inline),
        }
    }

    /// A scalar or an empty collection.
    fn flat(&self, value: Value<'w>, pair: Option<&str>, indent: usize) -> Printed<'static> {
        let owned = |printed: Printed<'_>| Printed { head: printed.head.into_owned().into(), block: printed.block };
        let spot = self.spot(indent);
        match value.kind() {
            Kind::Mapping => Printed { head: "{}".into(), block: None },
            Kind::Sequence => Printed { head: "[]".into(), block: None },
            _ => match (Place { secrets: &self.secrets, steps: &self.steps, pair }).mask(value) {
                Some(mask) => owned(print_text(&mask, spot)),
                None => owned(print_scalar(value.scalar().as_ref(), spot)),
            },
        }
    }

    /// The place behind what is printed so far.
    fn spot(&self, indent: usize) -> Spot {
        let line = self.out.rfind('\n').map_or(0, |at| at + 1);
        Spot::Value { indent, column: self.out[line..].chars().count() }
    }

    fn comment(&self, value: Value<'w>, pair: Option<&str>) -> Option<String> {
        self.look.comment(&Place { secrets: &self.secrets, steps: &self.steps, pair }, value)
    }

    fn removed(&mut self, collection: Value<'w>, indent: usize) {
        for comment in self.look.comments_on_removed(collection) {
            self.line_of_comment(&comment, indent);
        }
    }

    fn line_of_comment(&mut self, comment: &str, indent: usize) {
        self.indent(indent);
        self.out.push_str("# ");
        self.out.push_str(comment);
        self.out.push('\n');
    }

    fn finish(&mut self, printed: &Printed<'_>, comment: Option<&str>) {
        self.end_line(comment);
        self.out.push_str(printed.block.as_deref().unwrap_or_default());
    }

    fn end_line(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            self.out.push_str("  # ");
            self.out.push_str(comment);
        }
        self.out.push('\n');
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// Whether a value takes lines below that of its key.
fn is_block(value: Value<'_>) -> bool {
    matches!(value.kind(), Kind::Mapping | Kind::Sequence) && !value.is_empty()
}
