//! Argo CD's older templates: `{{name}}` is replaced where the name is known, and is text otherwise.

use super::output::{PLACEHOLDER, Provenance, Rendered};
use super::{Datum, Kind, Refusal};

const LEFT: &str = "{{";
const RIGHT: &str = "}}";

/// Fills in what `lookup` knows. Only texts are filled in, and a name without a value stays as it stands. Refused is
/// a `{{` that is never closed in a text that has others.
pub fn fast<'d, O: Clone + 'd>(
    text: &str,
    lookup: impl Fn(&str) -> Option<&'d Datum<O>>,
) -> Result<Rendered<O>, Refusal> {
    let mut rendered = Rendered::empty();
    let mut at = 0;
    // Start of template text that is not put down yet.
    let mut done = 0;
    let templated = is_template(text);
    while templated && let Some(found) = text[at..].find(LEFT) {
        let left = at + found;
        let inner = left + LEFT.len();
        let Some(length) = text[inner..].find(RIGHT) else {
            return Err(Refusal { range: left..inner, message: "this parameter is never closed".into() });
        };
        at = inner + length + RIGHT.len();
        let action = left..at;
        let name = text[inner..inner + length].trim();
        let Some(datum) = Some(name).filter(|name| !name.is_empty()).and_then(&lookup) else { continue };
        let origin = datum.origin.clone();
        let (value, from) = match (&datum.kind, origin) {
            (Kind::Text(value), Some(origin)) => {
                (value.as_str(), Provenance::Value { origin, action: action.clone(), whole: true })
            }
            (Kind::Text(value), None) => (value.as_str(), Provenance::Action(action.clone())),
            (Kind::Unknown, origin) => (PLACEHOLDER, Provenance::Unknown { origin, action: action.clone() }),
            _ => continue,
        };
        rendered.push(&text[done..left], Provenance::Template(done..left));
        rendered.push(value, from);
        done = at;
    }
    rendered.push(&text[done..], Provenance::Template(done..text.len()));
    Ok(rendered)
}

/// Whether a line holds a parameter; without one the whole text is left alone.
fn is_template(text: &str) -> bool {
    text.lines().any(|line| line.split_once(LEFT).is_some_and(|(_, rest)| rest.contains(RIGHT)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn parameters() -> BTreeMap<&'static str, Datum<u8>> {
        BTreeMap::from([
            ("path.basename", Datum::text("web").at(1)),
            ("server", Datum::new(Kind::Unknown).at(2)),
            ("plain", Datum::text("p")),
            ("number", Datum::new(Kind::Int(5)).at(3)),
            ("empty", Datum::text("").at(4)),
        ])
    }

    #[test]
    fn only_what_is_known_and_text_is_filled_in() {
        let parameters = parameters();
        for (text, expected) in [
            ("no action", "no action"),
            ("app-{{path.basename}}", "app-web"),
            ("{{ path.basename }}/{{path.basename}}", "web/web"),
            ("{{other}}-{{ path.basename}}", "{{other}}-web"),
            ("{{number}}", "{{number}}"),
            ("{{}}{{plain}}", "{{}}p"),
            ("[{{empty}}]", "[]"),
            ("{{server}}:6443", "\u{fffc}:6443"),
            ("{{\nplain\n}}", "{{\nplain\n}}"),
            ("{{\nplain\n}} {{plain}}", "p p"),
            ("a {{ b", "a {{ b"),
            ("}}{{", "}}{{"),
        ] {
            let rendered = fast(text, |name| parameters.get(name)).expect(text);
            assert_eq!(rendered.text, expected, "{text}");
            let tiled: String = rendered.pieces.iter().map(|piece| &rendered.text[piece.range.clone()]).collect();
            assert_eq!(tiled, expected, "{text}");
        }
    }

    #[test]
    fn pieces_say_where_they_come_from() {
        let parameters = parameters();
        let rendered = fast("a-{{path.basename}}-{{server}}", |name| parameters.get(name)).expect("closed");
        let from: Vec<_> = rendered.pieces.into_iter().map(|piece| piece.from).collect();
        assert_eq!(
            from,
            [
                Provenance::Template(0..2),
                Provenance::Value { origin: 1, action: 2..19, whole: true },
                Provenance::Template(19..20),
                Provenance::Unknown { origin: Some(2), action: 20..30 },
            ]
        );
    }

    #[test]
    fn an_open_parameter_among_others_is_refused() {
        let parameters = parameters();
        let refusal = fast("{{plain}} {{ b", |name| parameters.get(name)).expect_err("open");
        assert_eq!(refusal.range, 10..12);
    }
}
