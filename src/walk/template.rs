//! Tells a template that makes YAML from YAML that holds templates in its strings.
//!
//! Alert rules and secrets templates are full of `{{ }}`, but inside of scalars. So the lines are followed just far enough
//! to know whether one starts inside a block scalar, a quoted one, or a plain one that goes on.

/// Which language the template is written in, by its marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// `{{ }}`.
    Go,
    /// `{% %}`.
    Jinja,
}

/// The language of a text that is a template, or none for one that may be YAML (or JSON) as it stands.
pub(super) fn find(text: &str, is_json: bool) -> Option<Template> {
    let last = last_mark(text.as_bytes())?;
    // What stands behind the line of the last mark says nothing new.
    let end = memchr::memchr(b'\n', &text.as_bytes()[last..]).map_or(text.len(), |at| last + at);
    let text = &text[..end];
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    if is_json {
        // No string of JSON crosses a line.
        return lines.find_map(|line| mark(line.trim_start()));
    }
    let mut inside = Inside::Nothing;
    lines.find_map(|line| inside.line(line))
}

/// Where the last mark stands that may start a value: no letter, quote or bracket is in front of it.
fn last_mark(bytes: &[u8]) -> Option<usize> {
    memchr::memrchr_iter(b'{', bytes).find(|at| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        matches!(bytes.get(at + 1), Some(b'{' | b'%')) && before.is_none_or(|byte| byte <= b' ' || !byte.is_ascii())
    })
}

/// What the next line may be a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// A block scalar; its lines are indented deeper than this. None for one that is a whole document.
    Block(Option<usize>),
    /// A plain scalar; lines that are indented deeper than this go on with it.
    Plain(Option<usize>),
    /// A scalar in quotes of this kind.
    Quoted(u8),
}

impl Inside {
    /// Takes one line; the language if it shows the text to be a template.
    fn line(&mut self, line: &str) -> Option<Template> {
        let body = line.trim_start_matches(' ');
        let indent = line.len() - body.len();
        match *self {
            Inside::Quoted(quote) => {
                if let Some(end) = closing(body.as_bytes(), 0, quote) {
                    *self = Inside::Nothing;
                    return self.after_quote(&body[end..], indent);
                }
                return None;
            }
            _ if body.trim().is_empty() => return None,
            Inside::Block(parent) if is_deeper(indent, parent) && !is_document_mark(line) => return None,
            Inside::Plain(parent) if is_deeper(indent, parent) && !is_document_mark(line) && !body.starts_with('#') => {
                return None;
            }
            _ => {}
        }
        *self = Inside::Nothing;
        if body.starts_with('#') { None } else { self.node(body, indent) }
    }

    /// A line that starts a node: dashes, then a key, then a value, each of which may be missing.
    fn node(&mut self, body: &str, indent: usize) -> Option<Template> {
        let (mut rest, mut column, mut parent) = (body, indent, None);
        if let Some(after) = rest.strip_prefix("---").filter(|after| after.starts_with(' ')) {
            rest = after.trim_start_matches(' ');
        }
        while let Some(after) = rest.strip_prefix("- ") {
            parent = Some(column);
            let next = after.trim_start_matches(' ');
            column += rest.len() - next.len();
            rest = next;
        }
        if let Some(found) = mark(rest) {
            return Some(found);
        }
        let value = match value_of(rest) {
            Some(value) => {
                parent = Some(column);
                value
            }
            None => rest,
        };
        self.value(value, parent)
    }

    fn value(&mut self, value: &str, parent: Option<usize>) -> Option<Template> {
        let value = without_properties(value);
        if let Some(found) = mark(value) {
            return Some(found);
        }
        *self = match value.as_bytes().first() {
            None | Some(b'#' | b'{' | b'[' | b'*') => Inside::Nothing,
            Some(quote @ (b'"' | b'\'')) if closing(value.as_bytes(), 1, *quote).is_none() => Inside::Quoted(*quote),
            Some(b'"' | b'\'') => Inside::Nothing,
            Some(b'|' | b'>') if is_block_header(value) => Inside::Block(parent),
            Some(_) if matches!(value, "-" | "---" | "..." | "?") => Inside::Nothing,
            Some(_) => Inside::Plain(parent),
        };
        None
    }

    /// What stands behind a quoted scalar that began on an earlier line: the value, if the scalar was a key.
    fn after_quote(&mut self, rest: &str, indent: usize) -> Option<Template> {
        let value = rest.trim_start().strip_prefix(':').filter(|value| value.starts_with(' '))?;
        self.value(value.trim_start(), Some(indent))
    }
}

fn is_deeper(indent: usize, parent: Option<usize>) -> bool {
    parent.is_none_or(|parent| indent > parent)
}

fn is_document_mark(line: &str) -> bool {
    line.starts_with("---") || line.starts_with("...")
}

/// The value behind the key that a line starts with; empty if it is on the lines below. None without a key.
fn value_of(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let from = match bytes.first()? {
        quote @ (b'"' | b'\'') => closing(bytes, 1, *quote)?,
        b'{' | b'[' | b'#' | b'|' | b'>' => return None,
        _ => 0,
    };
    let mut colons = memchr::memchr_iter(b':', &bytes[from..]).map(|at| from + at);
    let colon = colons.find(|at| matches!(bytes.get(at + 1), None | Some(b' ' | b'\t')))?;
    // A quote is a key only if the colon follows it; a comment holds no key.
    let between = text[from..colon].trim();
    if (from > 0 && !between.is_empty()) || text[..colon].contains(" #") {
        return None;
    }
    Some(text[colon + 1..].trim_start())
}

/// The text behind tags and anchors.
fn without_properties(mut value: &str) -> &str {
    while value.starts_with(['!', '&']) {
        let Some((_, rest)) = value.split_once(' ') else { return "" };
        value = rest.trim_start();
    }
    value
}

/// `|`, `>-`, `|2` and the like, with nothing but a comment behind.
fn is_block_header(value: &str) -> bool {
    let rest = value[1..].trim_start_matches(['+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    rest.trim().is_empty() || rest.trim_start().starts_with('#')
}

/// One past the quote that closes a scalar, looking from byte `from`.
fn closing(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            byte if byte == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 1,
            byte if byte == quote => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The language of a text that starts with a template's mark. A flow mapping in a flow mapping (`{{a: b}: c}`) has a
/// single closing brace.
fn mark(text: &str) -> Option<Template> {
    if text.starts_with("{%") {
        Some(Template::Jinja)
    } else if text.starts_with("{{") && (text.contains("}}") || !text.contains('}')) {
        Some(Template::Go)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn templates() {
        for (text, expected) in [
            ("{{- if .Values.on }}\nkind: Pod\n{{- end }}\n", Template::Go),
            ("kind: Pod\nspec:\n  {{- toYaml .Values.spec | nindent 2 }}\n", Template::Go),
            ("replicas: {{ .Values.replicas }}\n", Template::Go),
            ("args:\n  - {{ .arg }}\n", Template::Go),
            ("- name: {{ .name }}\n", Template::Go),
            ("{{/*\n a comment\n*/}}\nkind: Pod\n", Template::Go),
            ("\u{feff}{{ if .a }}\n", Template::Go),
            ("--- {{ .a }}\n", Template::Go),
            ("tag: !!str {{ .a }}\n", Template::Go),
            ("\"quoted key\": {{ .a }}\n", Template::Go),
            ("data:\n  text: |\n    one\n{{ if .a }}\n  more: 1\n", Template::Go),
            ("a: 'it''s'\n{{ .b }}: 1\n", Template::Go),
            ("{% if on %}\nkind: Pod\n{% endif %}\n", Template::Jinja),
            ("a: {% raw %}\n", Template::Jinja),
        ] {
            assert_eq!(find(text, false), Some(expected), "{text}");
        }
    }

    #[test]
    fn yaml_with_templates_in_its_scalars() {
        for text in [
            "summary: \"{{ $labels.pod }} is down\"\n",
            "summary: pod {{ $labels.pod }} is down\n",
            "data:\n  text: |\n    {{ range .x }}\n    {{ end }}\n  more: 1\n",
            "data:\n  text: |-\n\n    {{ range .x }}\n\n    {{ end }}\n",
            "- description: >\n    {{ $value }}\n",
            "list:\n- |\n  {{ .a }}\n",
            "list:\n  - text: |2 # why\n      {{ .a }}\n",
            "text: !!str &anchor |\n  {{ .a }}\n",
            "text: \"first\n  {{ .a }} last\"\nmore: 1\n",
            "text: 'it''s\n  {{ .a }}'\nmore: 1\n",
            "text: \"a \\\" b\n  {{ .a }}\"\n",
            "text: first\n  {{ .a }} last\n",
            "# {{ .a }}\nkind: Pod\n",
            "a: {b: c}\n",
            "--- |\n{{ .a }}\n---\nkind: Pod\n",
            "a:\n  - 'x: {{ .a }}'\n",
            "a: b # c: {{ .d }}\n",
            "? {a: b}\n: {{a: b}: c}\n",
            "no marks\n",
        ] {
            assert_eq!(find(text, false), None, "{text}");
        }
    }

    #[test]
    fn json_is_judged_by_its_lines() {
        assert_eq!(find("{\"a\": \"{{ .b }}\"}", true), None);
        assert_eq!(find("{\n  {{ if .a }}\n  \"b\": 1\n}", true), Some(Template::Go));
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in "([{}%\"'|>:#!&*? -]|a|é|\n|  ){0,60}") {
            find(&text, false);
            find(&text, true);
        }

        #[test]
        fn a_block_scalar_hides_its_lines(lines in proptest::collection::vec("[ -~]{0,20}", 0..8)) {
            let block: String = lines.iter().map(|line| format!("    {line}\n")).collect();
            prop_assert_eq!(find(&format!("data:\n  text: |\n{block}  more: 1\n"), false), None);
        }
    }
}
