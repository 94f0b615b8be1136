//! Texts as the languages of pictures and pages want them.

use std::fmt::Write;

/// For the text and the attributes of HTML and SVG.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A string of Graphviz, in its quotes.
pub(super) fn dot(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// What stands in the quotes of Mermaid.
pub(super) fn mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '`' => out.push_str("#96;"),
            '\n' => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// JSON that may stand in a script of a page: nothing in it ends the script.
pub(super) fn script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_what_it_stands_in() {
        let hostile = "</script><!--\"'\\ #`";
        assert_eq!(html(hostile), "&lt;/script&gt;&lt;!--&quot;'\\ #`");
        assert_eq!(dot(hostile), "\"</script><!--\\\"'\\\\ #`\"");
        assert_eq!(mermaid(hostile), "#lt;/script#gt;#lt;!--#quot;'\\ #35;#96;");
        assert_eq!(script("\"</script>\u{2028}\""), "\"\\u003c/script\\u003e\\u2028\"");
    }
}
