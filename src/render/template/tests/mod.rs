//! Templates as their writers use them: what comes out, where it comes from, what is refused.

mod functions;
mod language;
mod limits;
mod provenance;
mod unknown;

use super::{Datum, Delimiters, Functions, Kind, MissingKey, Numbers, Rendered, Stop, Template};
use serde_json::json;
use std::collections::BTreeMap;

/// Values in which each scalar has its own pointer as origin.
fn with_origins(datum: Datum<String>, pointer: &str) -> Datum<String> {
    let kind = match datum.kind {
        Kind::List(items) => {
            let items = items.into_iter().enumerate();
            Kind::List(items.map(|(at, item)| with_origins(item, &format!("{pointer}/{at}"))).collect())
        }
        Kind::Map(entries) => {
            let entries = entries.into_iter();
            let entries: BTreeMap<_, _> =
                entries.map(|(key, item)| (key.clone(), with_origins(item, &format!("{pointer}/{key}")))).collect();
            Kind::Map(entries)
        }
        kind => kind,
    };
    Datum { kind, origin: Some(pointer.to_owned()) }
}

fn inputs() -> Datum<String> {
    let json = json!({
        "name": "shop",
        "team": "Blue Sky",
        "port": 8080,
        "count": 2_500_000,
        "ratio": 0.25,
        "live": true,
        "off": false,
        "nothing": null,
        "blank": "",
        "hosts": ["b.example", "a.example"],
        "none": [],
        "labels": {"tier": "web", "10": "ten", "9": "nine", "answer": "yes"},
        "chart": {"name": "nginx", "url": "oci://charts.example/nginx"},
        "note": "one\ntwo",
    });
    let mut datum = with_origins(Datum::from_json(&json, Numbers::Integers), "");
    if let Kind::Map(entries) = &mut datum.kind {
        entries.insert("id".into(), Datum::new(Kind::Unknown).at("/id".into()));
    }
    datum
}

fn render_with(text: &str, missing_key: MissingKey) -> Result<Rendered<String>, Stop> {
    let template = Template::parse(text, Delimiters::ANGLES, Functions::Slim).map_err(Stop::Refused)?;
    template.render(&Datum::new(Kind::Null), Some(&inputs()), missing_key)
}

/// What comes out of a ResourceSet's template.
fn render(text: &str) -> Result<Rendered<String>, Stop> {
    render_with(text, MissingKey::Error)
}

/// What comes out of an ApplicationSet's template with those inputs as `.`.
fn render_argo(text: &str, missing_key: MissingKey) -> Result<Rendered<String>, Stop> {
    let template = Template::parse(text, Delimiters::BRACES, Functions::Sprig).map_err(Stop::Refused)?;
    template.render(&inputs(), None, missing_key)
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        match render(text) {
            Ok(rendered) => assert_eq!(rendered.text, *expected, "{text}"),
            Err(stop) => panic!("{text}: {stop:?}"),
        }
    }
}

/// Each case is refused, at the part of the template that is given, for a reason that holds the words.
fn check_refused(cases: &[(&str, &str, &str)]) {
    for (text, part, words) in cases {
        match render(text) {
            Err(Stop::Refused(refusal)) => {
                assert_eq!(&text[refusal.range.clone()], *part, "{text}: {}", refusal.message);
                assert!(refusal.message.contains(words), "{text}: {}", refusal.message);
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}
