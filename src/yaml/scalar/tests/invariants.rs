//! What holds for every scalar, over texts near the borders of the grammar.

use super::*;
use proptest::prelude::*;

/// Texts near the borders of the grammar, where random letters would rarely fall.
fn near_scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+]?[.0-9_eExXoObBaf+-]{0,24}",
        "[0-9]{4}-[0-9]{1,3}-[0-9]{1,3}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.,][0-9]{0,12})?(Z|[+-][0-9:]{4,6})?)?",
        "\\PC{0,12}",
        "[yntfoYNTFO~.a-zA-Z]{0,5}",
    ]
}

fn any_tag() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "(!!|tag:yaml\\.org,2002:)(str|null|bool|int|float|timestamp|binary|merge|map|)".prop_map(Some),
        "!?[a-z]{0,3}".prop_map(Some),
    ]
}

proptest! {
    #[test]
    fn never_panics(input in near_scalar(), tag in any_tag(), style in prop::sample::select(&STYLES[..])) {
        for dialect in BOTH {
            let value = resolve(&input, style, tag.as_deref(), dialect);
            prop_assert!(!matches!(value, Float(value) if !value.is_finite()));
            let _ = key_name(&input, style, tag.as_deref(), dialect);
        }
        let _ = is_merge_key(&input, style, tag.as_deref());
        let _ = is_ambiguous(&input);
    }

    #[test]
    fn differs_is_what_it_says(input in near_scalar(), tag in any_tag(), style in prop::sample::select(&STYLES[..])) {
        let [kubectl, kustomize] = BOTH.map(|dialect| resolve(&input, style, tag.as_deref(), dialect));
        prop_assert_eq!(differs(&input, style, tag.as_deref()), kubectl != kustomize);
    }

    #[test]
    fn quotes_make_text(input in near_scalar(), style in prop::sample::select(&STYLES[1..])) {
        for dialect in BOTH {
            prop_assert_eq!(resolve(&input, style, None, dialect), text(&input));
            prop_assert_eq!(key_name(&input, style, None, dialect), Ok(Cow::Borrowed(&*input)));
        }
    }

    #[test]
    fn integers_read_back(value in any::<i64>(), large in (1u64 << 63)..) {
        let (small, big, hex) = (value.to_string(), large.to_string(), format!("{:#x}", value & i64::MAX));
        for dialect in BOTH {
            prop_assert_eq!(plain(&small, dialect), Int(value));
            prop_assert_eq!(plain(&big, dialect), UInt(large));
            prop_assert_eq!(plain(&hex, dialect), Int(value & i64::MAX));
        }
        prop_assert_eq!(key(&small, Dialect::Kubectl), Ok(Cow::Borrowed(&*small)));
        prop_assert_eq!(is_ambiguous(&small), None);
    }

    #[test]
    fn floats_read_back(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
        let (scientific, positional) = (format!("{value:e}"), format!("{value:?}"));
        for dialect in BOTH {
            prop_assert_eq!(plain(&positional, dialect), Float(value));
            prop_assert_eq!(plain(&scientific, dialect), Float(value));
        }
    }

    #[test]
    fn printed_dates_are_stable(input in "[0-9]{4}-(0?[1-9]|1[0-2])-[12]?[0-9](T[01]?[0-9]:[0-5][0-9]:[0-5]?[0-9](\\.[0-9]{1,9})?[+-][01][0-9]:[0-5][0-9])?") {
        if let Scalar::Text(first) = plain(&input, Dialect::Kustomize) {
            prop_assert_eq!(plain(&first, Dialect::Kustomize), text(&first));
        }
    }
}
