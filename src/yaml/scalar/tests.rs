//! Cases of what each reader makes of a scalar. The Kustomize column was checked against the
//! output of `kubectl kustomize`, the Kubectl column against `kubectl annotate --local -o json`.

mod invariants;

use super::*;
use Scalar::{Bool, Float, Int, Invalid, Null, UInt};

const BOTH: [Dialect; 2] = [Dialect::Kubectl, Dialect::Kustomize];
const STYLES: [Style; 5] = [Style::Plain, Style::SingleQuoted, Style::DoubleQuoted, Style::Literal, Style::Folded];
const MAX: u64 = u64::MAX;

fn text(text: &str) -> Scalar<'_> {
    Scalar::Text(Cow::Borrowed(text))
}

fn plain(text: &str, dialect: Dialect) -> Scalar<'_> {
    resolve(text, Style::Plain, None, dialect)
}

fn key<'a>(text: &'a str, dialect: Dialect) -> Result<Cow<'a, str>, &'static str> {
    key_name(text, Style::Plain, None, dialect)
}

#[test]
fn both_readers_agree_on_plain_scalars() {
    let cases: &[(&str, Scalar<'_>)] = &[
        ("", Null),
        ("~", Null),
        ("null", Null),
        ("Null", Null),
        ("NULL", Null),
        ("true", Bool(true)),
        ("True", Bool(true)),
        ("TRUE", Bool(true)),
        ("false", Bool(false)),
        ("False", Bool(false)),
        ("FALSE", Bool(false)),
        // Decimal integers.
        ("0", Int(0)),
        ("-0", Int(0)),
        ("+0", Int(0)),
        ("7", Int(7)),
        ("+7", Int(7)),
        ("-7", Int(-7)),
        ("5432", Int(5432)),
        ("999999999999999999", Int(999_999_999_999_999_999)),
        ("1000000000000000000", Int(1_000_000_000_000_000_000)),
        ("9223372036854775807", Int(i64::MAX)),
        ("-9223372036854775808", Int(i64::MIN)),
        ("9223372036854775808", UInt(1 << 63)),
        ("18446744073709551615", UInt(MAX)),
        ("18446744073709551616", Float(18446744073709551616.0)),
        ("-9223372036854775809", Float(-9223372036854775809.0)),
        ("+9223372036854775808", Float(9223372036854775808.0)),
        ("+18446744073709551615", Float(18446744073709551615.0)),
        // Underscores.
        ("2_500", Int(2500)),
        ("2__500", Int(2500)),
        ("3_", Int(3)),
        ("-_4", Int(-4)),
        ("+_4", Int(4)),
        // Octal, hexadecimal, binary.
        ("0755", Int(0o755)),
        ("+0755", Int(0o755)),
        ("-0755", Int(-0o755)),
        ("0_755", Int(0o755)),
        ("000", Int(0)),
        ("0o25", Int(21)),
        ("0O25", Int(21)),
        ("-0o25", Int(-21)),
        ("+0o25", Int(21)),
        ("0o_25", Int(21)),
        ("0_o25", Int(21)),
        ("0xAb", Int(0xab)),
        ("0XAb", Int(0xab)),
        ("-0xAb", Int(-0xab)),
        ("0x_ab", Int(0xab)),
        ("0b110", Int(6)),
        ("0B110", Int(6)),
        ("-0b110", Int(-6)),
        ("0b1_1", Int(3)),
        ("0b-11", Int(-3)),
        ("0b+11", Int(3)),
        ("0x7fffffffffffffff", Int(i64::MAX)),
        ("0x8000000000000000", UInt(1 << 63)),
        ("0xffffffffffffffff", UInt(MAX)),
        ("-0x8000000000000000", Int(i64::MIN)),
        ("01777777777777777777777", UInt(MAX)),
        // Beyond octal's digits or range it is a decimal float again.
        ("08", Float(8.0)),
        ("-09", Float(-9.0)),
        ("0_8", Float(8.0)),
        ("08.25", Float(8.25)),
        ("02000000000000000000000", Float(2e21)),
        // Floats.
        ("1.", Float(1.0)),
        ("1.0", Float(1.0)),
        ("2.50", Float(2.5)),
        ("-2.5", Float(-2.5)),
        ("+2.5", Float(2.5)),
        (".25", Float(0.25)),
        ("+.25", Float(0.25)),
        ("-.25", Float(-0.25)),
        ("-._25", Float(-0.25)),
        ("2._5", Float(2.5)),
        ("4e2", Float(400.0)),
        ("4E+2", Float(400.0)),
        ("4e-2", Float(0.04)),
        ("4.e2", Float(400.0)),
        (".4e2", Float(40.0)),
        ("4_e2", Float(400.0)),
        ("4e_2", Float(400.0)),
        ("1e-400", Float(0.0)),
        (".2_5", Float(0.25)),
        (".2_5e1_0", Float(2.5e9)),
        // Nearly numbers.
        ("1e400", text("1e400")),
        ("-1e400", text("-1e400")),
        (".5e400", text(".5e400")),
        ("4e", text("4e")),
        ("4e2.5", text("4e2.5")),
        (".", text(".")),
        ("..", text("..")),
        (".e2", text(".e2")),
        (".4e", text(".4e")),
        (".4e+", text(".4e+")),
        (".4.4", text(".4.4")),
        ("._4", text("._4")),
        (".4_", text(".4_")),
        (".4__4", text(".4__4")),
        (".4_e1", text(".4_e1")),
        (".4e_1", text(".4e_1")),
        (".0x4", text(".0x4")),
        ("_4", text("_4")),
        ("+", text("+")),
        ("-", text("-")),
        ("+_", text("+_")),
        ("--4", text("--4")),
        ("+-4", text("+-4")),
        ("0x", text("0x")),
        ("0xfg", text("0xfg")),
        ("0x-4", text("0x-4")),
        ("0b", text("0b")),
        ("0b-", text("0b-")),
        ("0b12", text("0b12")),
        ("-0b-1", text("-0b-1")),
        ("0o", text("0o")),
        ("0o29", text("0o29")),
        ("-0o-2", text("-0o-2")),
        ("0x10000000000000000", text("0x10000000000000000")),
        ("-0x8000000000000001", text("-0x8000000000000001")),
        ("0o2000000000000000000000", text("0o2000000000000000000000")),
        ("1.17.2", text("1.17.2")),
        ("10Gi", text("10Gi")),
        ("250m", text("250m")),
        ("30d", text("30d")),
        ("5e", text("5e")),
        ("8:45", text("8:45")),
        ("8:45:10", text("8:45:10")),
        // Words that only look special.
        ("nULL", text("nULL")),
        ("tRUE", text("tRUE")),
        ("yES", text("yES")),
        ("oN", text("oN")),
        ("t", text("t")),
        ("f", text("f")),
        ("none", text("none")),
        ("nan", text("nan")),
        ("inf", text("inf")),
        ("+inf", text("+inf")),
        ("-Infinity", text("-Infinity")),
        (".iNF", text(".iNF")),
        (".infinity", text(".infinity")),
        ("-.nan", text("-.nan")),
        ("=", text("=")),
        ("<<", text("<<")),
        ("postgres", text("postgres")),
        ("\u{663}", text("\u{663}")),
        (".\u{663}", text(".\u{663}")),
        ("4\u{e9}", text("4\u{e9}")),
    ];
    for (input, expected) in cases {
        for dialect in BOTH {
            assert_eq!(&plain(input, dialect), expected, "{input:?} by {dialect:?}");
        }
        assert!(!differs(input, Style::Plain, None), "{input:?}");
    }
}

#[test]
fn infinite_numbers_are_refused() {
    for input in [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN"]
    {
        for dialect in BOTH {
            assert_eq!(plain(input, dialect), Invalid(NOT_JSON), "{input:?} by {dialect:?}");
        }
    }
}

#[test]
fn readers_disagree_on_plain_scalars() {
    let cases: &[(&str, Scalar<'_>, Scalar<'_>)] = &[
        ("y", Bool(true), text("y")),
        ("Y", Bool(true), text("Y")),
        ("yes", Bool(true), text("yes")),
        ("Yes", Bool(true), text("Yes")),
        ("YES", Bool(true), text("YES")),
        ("on", Bool(true), text("on")),
        ("On", Bool(true), text("On")),
        ("ON", Bool(true), text("ON")),
        ("n", Bool(false), text("n")),
        ("N", Bool(false), text("N")),
        ("no", Bool(false), text("no")),
        ("No", Bool(false), text("No")),
        ("NO", Bool(false), text("NO")),
        ("off", Bool(false), text("off")),
        ("Off", Bool(false), text("Off")),
        ("OFF", Bool(false), text("OFF")),
        ("0o-5", text("0o-5"), Int(-5)),
        ("0o+5", text("0o+5"), Int(5)),
        ("0o-0", text("0o-0"), Int(0)),
        ("2024-03-09", text("2024-03-09"), text("2024-03-09T00:00:00Z")),
        ("2024-03-09T08:07:06+25:00", text("2024-03-09T08:07:06+25:00"), text("2024-03-09T08:07:06+25:00")),
        ("2024-03-09T08:07:06+24:00", text("2024-03-09T08:07:06+24:00"), Invalid(BAD_ZONE)),
        ("2024-03-09T08:07:06+23:60", text("2024-03-09T08:07:06+23:60"), Invalid(BAD_ZONE)),
    ];
    for (input, kubectl, kustomize) in cases {
        assert_eq!(&plain(input, Dialect::Kubectl), kubectl, "{input:?}");
        assert_eq!(&plain(input, Dialect::Kustomize), kustomize, "{input:?}");
        assert_eq!(differs(input, Style::Plain, None), kubectl != kustomize, "{input:?}");
        assert!(!differs(input, Style::SingleQuoted, None), "{input:?}");
        assert!(!differs(input, Style::Plain, Some("!!str")), "{input:?}");
    }
}

#[test]
fn kustomize_rewrites_dates() {
    let cases = [
        ("2024-3-9", "2024-03-09T00:00:00Z"),
        ("0000-01-01", "0000-01-01T00:00:00Z"),
        ("9999-12-31", "9999-12-31T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("2000-02-29", "2000-02-29T00:00:00Z"),
        ("2024-03-09T08:07:06Z", "2024-03-09T08:07:06Z"),
        ("2024-03-09t08:07:06Z", "2024-03-09T08:07:06Z"),
        ("2024-3-9T8:7:6Z", "2024-03-09T08:07:06Z"),
        ("2024-03-09T08:07:06+02:00", "2024-03-09T08:07:06+02:00"),
        ("2024-03-09T08:07:06-00:00", "2024-03-09T08:07:06Z"),
        ("2024-03-09T08:07:06+00:60", "2024-03-09T08:07:06+01:00"),
        ("2024-3-9T8:7:6.5-01:30", "2024-03-09T08:07:06.5-01:30"),
        ("2024-03-09T08:07:06.250Z", "2024-03-09T08:07:06.25Z"),
        ("2024-03-09T08:07:06,25Z", "2024-03-09T08:07:06.25Z"),
        ("2024-03-09T08:07:06.000Z", "2024-03-09T08:07:06Z"),
        ("2024-03-09T08:07:06.1234567898888Z", "2024-03-09T08:07:06.123456789Z"),
        ("2024-03-09 08:07:06", "2024-03-09T08:07:06Z"),
        ("2024-03-09   8:7:6.5", "2024-03-09T08:07:06.5Z"),
    ];
    for (input, expected) in cases {
        assert_eq!(plain(input, Dialect::Kustomize), text(expected), "{input:?}");
        assert_eq!(plain(input, Dialect::Kubectl), text(input), "{input:?}");
        assert_eq!(differs(input, Style::Plain, None), input != expected, "{input:?}");
    }
}

#[test]
fn almost_dates_stay_text() {
    let cases = [
        "2024-03",
        "2024-03-",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "2024-02-30",
        "2023-02-29",
        "1900-02-29",
        "2024-04-31",
        "2024-003-09",
        "2024-03-009",
        "2024-03-09z",
        "+2024-03-09",
        "24-03-09",
        "20240-03-09",
        "2024-03-09T08:07Z",
        "2024-03-09T08:07:06",
        "2024-03-09T24:00:00Z",
        "2024-03-09T23:60:00Z",
        "2024-03-09T23:59:60Z",
        "2024-03-09T08:07:06.Z",
        "2024-03-09T08:07:06+0200",
        "2024-03-09T08:07:06-0:30",
        "2024-03-09T08:07:06+00:61",
        "2024-03-09T08:07:06 Z",
        "2024-03-09T 08:07:06Z",
        "2024-03-09T08:07:06ZZ",
        "2024-03-09T008:07:06Z",
        "2024-03-09 08:07:06Z",
        "2024-03-09 08:07:06 -5",
        "2024-03-09 ",
        "2024-03-09T",
    ];
    for input in cases {
        assert_eq!(plain(input, Dialect::Kustomize), text(input), "{input:?}");
    }
}

#[test]
fn tags_decide() {
    let plain = Style::Plain;
    let quoted = Style::DoubleQuoted;
    let cases: &[(&str, Style, &str, Scalar<'_>, Scalar<'_>)] = &[
        ("5", plain, "!!str", text("5"), text("5")),
        ("", plain, "!!str", text(""), text("")),
        ("~", plain, "!!str", text("~"), text("~")),
        ("2024-03-09", plain, "!!str", text("2024-03-09"), text("2024-03-09")),
        ("5", plain, "!", text("5"), Int(5)),
        ("~", plain, "!", text("~"), Null),
        ("", plain, "!", text(""), Null),
        ("on", plain, "!", text("on"), text("on")),
        (".inf", plain, "!", text(".inf"), Invalid(NOT_JSON)),
        ("2024-3-9", plain, "!", text("2024-3-9"), text("2024-03-09T00:00:00Z")),
        ("5", quoted, "!", text("5"), text("5")),
        ("5", plain, "", Int(5), Int(5)),
        ("5", quoted, "", text("5"), text("5")),
        ("5", plain, "!mine", text("5"), text("5")),
        ("~", plain, "!mine", text("~"), text("~")),
        ("", quoted, "!mine", text(""), text("")),
        ("on", plain, "!!mine", text("on"), text("on")),
        ("x", plain, "!!map", text("x"), text("x")),
        ("x", plain, "!!merge", text("x"), text("x")),
        ("5", plain, "!str", text("5"), text("5")),
        ("", quoted, "!!null", Null, Null),
        ("null", quoted, "!!null", Null, Null),
        ("x", plain, "!!null", Invalid(BAD_NULL), Invalid(BAD_NULL)),
        ("0", plain, "!!null", Invalid(BAD_NULL), Invalid(BAD_NULL)),
        ("true", quoted, "!!bool", Bool(true), Bool(true)),
        ("off", quoted, "!!bool", Bool(false), Invalid(BAD_BOOL)),
        ("y", plain, "!!bool", Bool(true), Invalid(BAD_BOOL)),
        ("1", plain, "!!bool", Invalid(BAD_BOOL), Invalid(BAD_BOOL)),
        ("", quoted, "!!bool", Invalid(BAD_BOOL), Invalid(BAD_BOOL)),
        ("8", quoted, "!!int", Int(8), Int(8)),
        ("07", Style::Literal, "!!int", Int(7), Int(7)),
        ("0x1f", quoted, "!!int", Int(31), Int(31)),
        ("18446744073709551615", plain, "!!int", UInt(MAX), UInt(MAX)),
        ("18446744073709551616", plain, "!!int", Invalid(BAD_INT), Invalid(BAD_INT)),
        ("3.0", plain, "!!int", Invalid(BAD_INT), Invalid(BAD_INT)),
        ("three", plain, "!!int", Invalid(BAD_INT), Invalid(BAD_INT)),
        ("", plain, "!!int", Invalid(BAD_INT), Invalid(BAD_INT)),
        ("2024-03-09", plain, "!!int", Invalid(BAD_INT), Invalid(BAD_INT)),
        ("3", quoted, "!!float", Float(3.0), Float(3.0)),
        ("3.5", plain, "!!float", Float(3.5), Float(3.5)),
        ("0755", plain, "!!float", Float(493.0), Float(493.0)),
        ("9223372036854775808", plain, "!!float", Invalid(BAD_FLOAT), Invalid(BAD_FLOAT)),
        ("18446744073709551616", plain, "!!float", Float(18446744073709551616.0), Float(18446744073709551616.0)),
        ("0o-5", plain, "!!float", Invalid(BAD_FLOAT), Float(-5.0)),
        ("1e400", plain, "!!float", Invalid(BAD_FLOAT), Invalid(BAD_FLOAT)),
        ("~", plain, "!!float", Invalid(BAD_FLOAT), Invalid(BAD_FLOAT)),
        ("-.inf", quoted, "!!float", Invalid(NOT_JSON), Invalid(NOT_JSON)),
        ("2024-3-9", quoted, "!!timestamp", text("2024-3-9"), text("2024-03-09T00:00:00Z")),
        (" 2024-03-09", quoted, "!!timestamp", Invalid(BAD_TIMESTAMP), Invalid(BAD_TIMESTAMP)),
        ("5", plain, "!!timestamp", Invalid(BAD_TIMESTAMP), Invalid(BAD_TIMESTAMP)),
        ("", quoted, "!!timestamp", Invalid(BAD_TIMESTAMP), Invalid(BAD_TIMESTAMP)),
        ("c2VhbA==", plain, "!!binary", text("seal"), text("seal")),
        ("c2Vh\nbA==", quoted, "!!binary", text("seal"), text("seal")),
        ("c2VhbB==", plain, "!!binary", text("seal"), text("seal")),
        ("c2VhbA", plain, "!!binary", Invalid(BAD_BINARY), Invalid(BAD_BINARY)),
        ("c2Vh bA==", plain, "!!binary", Invalid(BAD_BINARY), Invalid(BAD_BINARY)),
        ("", plain, "!!binary", text(""), text("")),
        ("4pz/", plain, "!!binary", text("\u{fffd}\u{fffd}\u{fffd}"), text("\u{fffd}\u{fffd}\u{fffd}")),
    ];
    for (input, style, tag, kubectl, kustomize) in cases {
        let long = tag.strip_prefix("!!").map(|name| format!("tag:yaml.org,2002:{name}"));
        for tag in [Some(*tag), long.as_deref()].into_iter().flatten() {
            assert_eq!(&resolve(input, *style, Some(tag), Dialect::Kubectl), kubectl, "{tag} {input:?}");
            assert_eq!(&resolve(input, *style, Some(tag), Dialect::Kustomize), kustomize, "{tag} {input:?}");
            assert_eq!(differs(input, *style, Some(tag)), kubectl != kustomize, "{tag} {input:?}");
        }
    }
}

#[test]
fn kubectl_names_keys_in_json() {
    let cases: &[(&str, Result<&str, &str>)] = &[
        ("app", Ok("app")),
        ("on", Ok("true")),
        ("True", Ok("true")),
        ("n", Ok("false")),
        ("12", Ok("12")),
        ("-12", Ok("-12")),
        ("0755", Ok("493")),
        ("0x10", Ok("16")),
        ("1_2", Ok("12")),
        ("9223372036854775807", Ok("9223372036854775807")),
        ("9223372036854775808", Err(LARGE_KEY)),
        ("~", Err(NULL_KEY)),
        ("", Err(NULL_KEY)),
        ("2024-3-9", Ok("2024-3-9")),
        // Floats lose everything that 32 bits cannot hold.
        ("2.0", Ok("2")),
        ("2.5", Ok("2.5")),
        ("0.1", Ok("0.1")),
        ("4e2", Ok("400")),
        ("08", Ok("8")),
        ("999999.0", Ok("999999")),
        ("1000000.0", Ok("1e+06")),
        ("200000.5", Ok("200000.5")),
        ("16777219.0", Ok("1.677722e+07")),
        ("987654321.0", Ok("9.8765434e+08")),
        ("2.718281828459", Ok("2.7182817")),
        ("3e20", Ok("3e+20")),
        ("3e-4", Ok("0.0003")),
        ("3e-5", Ok("3e-05")),
        ("0.00002345", Ok("2.345e-05")),
        ("18446744073709551616", Ok("1.8446744e+19")),
        ("1e39", Ok(".inf")),
        ("-1e39", Ok("-.inf")),
        ("1e-50", Ok("0")),
        ("-0.0", Ok("-0")),
        (".inf", Ok(".inf")),
        ("+.INF", Ok(".inf")),
        ("-.inf", Ok("-.inf")),
        (".NaN", Ok(".nan")),
    ];
    for (input, expected) in cases {
        assert_eq!(key(input, Dialect::Kubectl).as_deref().map_err(|reason| *reason), *expected, "{input:?}");
    }
    assert_eq!(key_name("on", Style::DoubleQuoted, None, Dialect::Kubectl).as_deref(), Ok("on"));
    assert_eq!(key_name("4", Style::Plain, Some("!!float"), Dialect::Kubectl).as_deref(), Ok("4"));
    assert_eq!(key_name("x", Style::Plain, Some("!!int"), Dialect::Kubectl), Err(BAD_INT));
    assert_eq!(key_name("c2VhbA==", Style::Plain, Some("!!binary"), Dialect::Kubectl).as_deref(), Ok("seal"));
}

#[test]
fn kustomize_accepts_only_string_keys() {
    for input in ["app", "on", "y", "no", "1e400", "8:45", "2024-13-01"] {
        assert_eq!(key(input, Dialect::Kustomize).as_deref(), Ok(input));
    }
    for input in ["true", "12", "0755", "1.5", "~", "", "2024-03-09", "18446744073709551615", ".inf"] {
        assert_eq!(key(input, Dialect::Kustomize), Err(TYPED_KEY), "{input:?}");
        assert_eq!(key_name(input, Style::DoubleQuoted, None, Dialect::Kustomize).as_deref(), Ok(input));
        assert_eq!(key_name(input, Style::Plain, Some("!!str"), Dialect::Kustomize).as_deref(), Ok(input));
    }
    for (input, tag) in [("12", "!mine"), ("app", "!mine"), ("c2VhbA==", "!!binary"), ("12", "!"), ("8", "!!float")] {
        assert_eq!(key_name(input, Style::Plain, Some(tag), Dialect::Kustomize), Err(TYPED_KEY), "{tag} {input:?}");
    }
    assert_eq!(key_name("on", Style::Plain, Some("!"), Dialect::Kustomize).as_deref(), Ok("on"));
    assert_eq!(key_name("x", Style::Plain, Some("!!int"), Dialect::Kustomize), Err(BAD_INT));
}

#[test]
fn merge_keys() {
    let merges = [(Style::Plain, None), (Style::Plain, Some("!")), (Style::Plain, Some("!!merge"))];
    for (style, tag) in merges.into_iter().chain([(Style::DoubleQuoted, Some("tag:yaml.org,2002:merge"))]) {
        assert!(is_merge_key("<<", style, tag), "{style:?} {tag:?}");
        assert!(!is_merge_key("<", style, tag));
    }
    for (style, tag) in [
        (Style::DoubleQuoted, None),
        (Style::SingleQuoted, Some("!")),
        (Style::Plain, Some("!!str")),
        (Style::Plain, Some("!mine")),
    ] {
        assert!(!is_merge_key("<<", style, tag), "{style:?} {tag:?}");
    }
}

#[test]
fn says_what_surprises() {
    let cases = [
        ("on", "a boolean"),
        ("y", "a boolean"),
        ("No", "a boolean"),
        ("OFF", "a boolean"),
        ("~", "null"),
        ("0755", "the number 493"),
        ("0o755", "the number 493"),
        ("08", "the number 8"),
        ("4e2", "the number 400"),
        ("3e30", "the number 3e30"),
        ("5E-3", "the number 0.005"),
        ("0b110", "the number 6"),
        ("0xff", "the number 255"),
        ("2_500", "the number 2500"),
        ("1.10", "the number 1.1"),
        ("2.0", "the number 2"),
        (".5", "the number 0.5"),
        ("+49", "the number 49"),
        ("-0", "the number 0"),
        (".inf", "a number that JSON cannot carry"),
        (".NaN", "a number that JSON cannot carry"),
    ];
    for (input, expected) in cases {
        assert_eq!(is_ambiguous(input).as_deref(), Some(expected), "{input:?}");
    }
    for input in [
        "",
        "null",
        "true",
        "True",
        "FALSE",
        "12",
        "-12",
        "0",
        "1.5",
        "-0.25",
        "18446744073709551615",
        "abc",
        "8:45",
        "1.2.3",
        "1e400",
        "2024-03-09",
        "oN",
        "10Gi",
    ] {
        assert_eq!(is_ambiguous(input), None, "{input:?}");
    }
}

#[test]
fn ordinary_scalars_borrow() {
    for input in ["postgres", "1.17.2", "10Gi", "true-ish", "5432x", "2024-13-01"] {
        for dialect in BOTH {
            assert!(matches!(plain(input, dialect), Scalar::Text(Cow::Borrowed(_))), "{input:?} by {dialect:?}");
        }
    }
}
