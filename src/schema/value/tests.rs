use super::*;
use proptest::prelude::*;

fn faulty(check: fn(&str) -> Option<Fault>, good: &[&str], bad: &[&str]) {
    for text in good {
        assert_eq!(check(text), None, "{text}");
    }
    for text in bad {
        assert!(check(text).is_some(), "{text}");
    }
}

#[test]
fn names_are_checked_by_their_kind() {
    let long = |count: usize| "a".repeat(count);
    faulty(dns_label, &["a", "1abc", "a-b", &long(63)], &["", "A", "a.b", "-a", "a-", "a_b", "ä", &long(64)]);
    faulty(dns_label_1035, &["a", "a1"], &["1a", "", "a.b"]);
    faulty(dns_subdomain, &["a.b", "1", &long(253)], &["", "a..b", ".a", "a.", "A", "a.-b", &long(254)]);
    faulty(wildcard_subdomain, &["*.a.org"], &["*", "a.*.org", "*.", "*.A"]);
    faulty(fully_qualified_name, &["a.b.c"], &["a.b", "a..c", ""]);
    faulty(domain_prefixed_path, &["a.org/x"], &["a.org", "/x", "a.org/", "A.org/x"]);
    faulty(
        qualified_name,
        &["a", "a.org/x_y.Z", "1"],
        &["", "a/b/c", "/x", "x/", "_x", "x_", "UP.com/x", "a b", &long(64)],
    );
    faulty(annotation_key, &["UP.com/x"], &["under_score.com/x"]);
    faulty(label_value, &["", "x_y.Z", &long(63)], &["-x", "x-", "a/b", "a b", &long(64)]);
    faulty(path_segment, &["UPPER", "a:b", "-x", " "], &["", ".", "..", "a/b", "a%b"]);
    faulty(config_map_key, &["_example", ".x", "a.conf"], &["", ".", "..", "..a", "a b", "a/b", &long(254)]);
    faulty(env_name, &["1", "a-b", "a b"], &["", "a=b", "ä"]);
    faulty(port_name, &["http", "8a", &long(15)], &["", "80", "HTTP", "a--b", "-a", "a-", &long(16)]);
    faulty(header_name, &["X-Y"], &["", "X Y"]);
    faulty(identifier, &["a_1"], &["1a", "a-b", ""]);
}

#[test]
fn a_name_that_would_do_is_offered() {
    for (text, help) in [("Bad_Name", "write `bad-name`"), ("a..b", "write `a.b`"), ("ä", "use lower-case letters")] {
        let fault = dns_subdomain(text).expect("a fault");
        assert!(fault.help.starts_with(help), "{text}: {}", fault.help);
    }
}

#[test]
fn quantities_are_read_as_the_server_does() {
    for (text, nanos) in [
        ("1", Some(1_000_000_000)),
        ("1.5", Some(1_500_000_000)),
        (".5", Some(500_000_000)),
        ("5.", Some(5_000_000_000)),
        ("+1", Some(1_000_000_000)),
        ("-1", Some(-1_000_000_000)),
        ("1m", Some(1_000_000)),
        ("1n", Some(1)),
        ("0.0001m", Some(100)),
        ("0.1n", Some(1)),
        ("1e3", Some(1_000_000_000_000)),
        ("1E-3", Some(1_000_000)),
        ("1Ki", Some(1_024_000_000_000)),
        ("0.5Ki", Some(512_000_000_000)),
        ("1E", Some(1_000_000_000_000_000_000_000_000_000)),
        ("100Ei", Some(MOST_NANOS)),
        ("1e30", Some(MOST_NANOS)),
        ("1e-400", Some(1)),
        ("0e400", Some(0)),
        ("1 ", Some(1_000_000_000)),
        ("", None),
        ("1 Gi", None),
        ("1gi", None),
        ("1K", None),
        ("1Zi", None),
        ("1,5", None),
        ("1.5.5", None),
        ("100mm", None),
        ("abc", None),
        (".", None),
        ("1e", None),
        ("١", None),
    ] {
        assert_eq!(Quantity::parse(text).map(Quantity::nanos), nanos, "{text}");
    }
    assert!(Quantity::parse("1Gi") > Quantity::parse("1G"));
    assert!(Quantity::parse("100Ki") < Quantity::parse("0.1Mi"));
    assert_eq!(Quantity::parse("1500m").map(Quantity::rounded_up), Some(2));
}

const MOST_NANOS: i128 = i64::MAX as i128 * 1_000_000_000;

#[test]
fn addresses_are_strict() {
    faulty(
        ip,
        &["10.0.0.1", "::1", "2001:db8::"],
        &["", "10.0.0", "010.0.0.1", "::1/64", "::ffff:1.2.3.4", "300.0.0.1"],
    );
    faulty(
        cidr,
        &["10.0.0.0/8", "0.0.0.0/0", "::/0", "10.0.0.1/32"],
        &["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "abc", "::ffff:1.2.3.0/120", "10.0.0.0/"],
    );
    let range = |text| Cidr::parse(text).expect("a CIDR");
    assert!(range("10.0.0.0/8").contains(range("10.1.0.0/16")));
    assert!(!range("10.0.0.0/8").contains(range("11.0.0.0/16")));
    assert!(!range("10.0.0.0/16").contains(range("10.0.0.0/8")));
    assert!(!range("0.0.0.0/0").contains(range("::/64")));
    assert!(range("0.0.0.0/0").contains(range("1.2.3.4/32")));
}

#[test]
fn a_percentage_is_digits_and_a_sign() {
    for (text, expected) in [("25%", Some(25)), ("101%", Some(101)), ("25 %", None), ("-5%", None), ("%", None)] {
        assert_eq!(percent(text), expected, "{text}");
    }
}

#[test]
fn schedules_are_read_as_cron_jobs_are() {
    faulty(
        cron,
        &[
            "* * * * *",
            "*/5 1-3,7 ? jan MON",
            "@daily",
            "@every 1h30m",
            "0 0 31 2 *",
            "1,,2 * * * *",
            "*-9 * * * *",
            "5/15 * * * *",
        ],
        &[
            "",
            "* * * *",
            "60 * * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "*/0 * * * *",
            "5-1 * * * *",
            "1-2-3 * * * *",
            "a * * * *",
            "@reboot",
            "@every 5x",
            "CRON_TZ=UTC * * * * *",
        ],
    );
    let help = |text| cron(text).map(|fault| fault.help).unwrap_or_default();
    assert_eq!(help("0 0 3 * * *"), "leave out the seconds: write `0 3 * * *`");
    assert_eq!(help("0 0 * * 7"), "write 0, or `sun`, for Sunday");
}

#[test]
fn time_zones_are_those_of_the_database() {
    faulty(
        time_zone,
        &[
            "UTC",
            "Etc/UTC",
            "Europe/Berlin",
            "US/Pacific",
            "GB",
            "Asia/Calcutta",
            "EST5EDT",
            "Etc/GMT+5",
            "America/Argentina/Buenos_Aires",
        ],
        &["", "Local", "europe/berlin", "utc", "Europe/Berlim", "CEST"],
    );
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in any::<String>()) {
        let checks: [fn(&str) -> Option<Fault>; 10] = [
            dns_label, dns_subdomain, qualified_name, annotation_key, label_value, config_map_key, port_name, ip, cidr, cron,
        ];
        for check in checks {
            if let Some(fault) = check(&text) {
                prop_assert!(!fault.found.is_empty() && !fault.help.is_empty());
            }
        }
        let _ = (percent(&text), time_zone(&text), Quantity::parse(&text));
    }

    #[test]
    fn quantities_compare_as_numbers(a in 0_u32..1_000_000, b in 0_u32..1_000_000, place in 0_usize..9) {
        let written = |number: u32| {
            let digits = format!("{number:0>width$}", width = place + 1);
            let (whole, fraction) = digits.split_at(digits.len() - place);
            Quantity::parse(&format!("{whole}.{fraction}")).map(Quantity::nanos)
        };
        let scale = 10_i128.pow(9 - place as u32);
        prop_assert_eq!(written(a), Some(i128::from(a) * scale));
        prop_assert_eq!(written(a) < written(b), a < b);
    }

    #[test]
    fn a_name_that_is_offered_is_good(text in "[ -~]{0,80}") {
        for check in [dns_label as fn(&str) -> Option<Fault>, dns_subdomain, label_value] {
            if let Some(offered) = check(&text).and_then(|fault| Some(fault.help.strip_prefix("write `")?.strip_suffix('`')?.to_owned())) {
                prop_assert_eq!(check(&offered), None);
            }
        }
    }
}
