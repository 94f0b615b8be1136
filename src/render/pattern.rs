//! Patterns as Go writes them, for an engine that reads brackets and letters its own way.

/// Go's pattern in the words of this engine: `\d`, `\s`, `\w` and `\b` know ASCII only, and brackets, ampersands and
/// tildes in a class stand for themselves.
pub fn in_rust(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    let mut class_start = false;
    while let Some(c) = chars.next() {
        let starts = std::mem::replace(&mut class_start, false);
        match c {
            '\\' => match chars.next() {
                Some('Q') => literal(&mut out, &mut chars),
                Some(escaped) => escape(&mut out, escaped, in_class),
                None => out.push('\\'),
            },
            '[' if in_class => match chars.peek() {
                Some(':') => {
                    out.push('[');
                    for c in chars.by_ref() {
                        out.push(c);
                        if c == ']' {
                            break;
                        }
                    }
                }
                _ => out.push_str("\\["),
            },
            '[' => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                (in_class, class_start) = (true, true);
            }
            ']' if in_class && starts => out.push_str("\\]"),
            ']' => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// `\Q…\E`
fn literal(out: &mut String, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next_if_eq(&'E').is_some() {
            break;
        }
        text.push(c);
    }
    out.push_str(&regex::escape(&text));
}

fn escape(out: &mut String, escaped: char, in_class: bool) {
    let (set, negated) = match escaped {
        'd' => ("0-9", false),
        'D' => ("0-9", true),
        'w' => ("0-9A-Za-z_", false),
        'W' => ("0-9A-Za-z_", true),
        's' => ("\\t\\n\\f\\r ", false),
        'S' => ("\\t\\n\\f\\r ", true),
        'b' if !in_class => return out.push_str("(?-u:\\b)"),
        'B' if !in_class => return out.push_str("(?-u:\\B)"),
        _ => {
            out.push('\\');
            return out.push(escaped);
        }
    };
    match (in_class, negated) {
        (true, false) => out.push_str(set),
        (_, true) => out.push_str(&format!("[^{set}]")),
        (false, false) => out.push_str(&format!("[{set}]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn patterns_are_read_as_go_reads_them() {
        for (pattern, text, expected) in [
            (r"^\d+$", "12", true),
            (r"^\d+$", "١٢", false),
            (r"^[\w-]+$", "a_b-c", true),
            (r"^[[a]+$", "[a", true),
            (r"^[a&&b]$", "&", true),
            (r"^[[:alpha:]]+$", "ab", true),
            (r"^[]a]$", "]", true),
            (r"^a\/b$", "a/b", true),
            (r"^[\W]$", "a", false),
            (r"^\Qa.b\E$", "acb", false),
            (r"\bb\b", "a b c", true),
            (r"^[^[:space:]]+$", "a b", false),
        ] {
            let regex = Regex::new(&in_rust(pattern)).expect("a pattern");
            assert_eq!(regex.is_match(text), expected, "{pattern} on {text}");
        }
    }
}
