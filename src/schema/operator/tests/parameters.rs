//! Parameters of PostgreSQL in a Cluster.

use super::{check_clusters, cluster, refusals};

const AT: &str = "/spec/postgresql/parameters";

fn check(table: &[(&str, &str, Option<&str>)]) {
    for (parameters, more, expected) in table {
        let text = cluster(&format!("postgresql: {{parameters: {{{parameters}}}}}\n{more}"));
        let expected: Vec<String> = expected.iter().map(|problem| problem.replace("AT", AT)).collect();
        assert_eq!(refusals(&text, "1.30"), expected, "{parameters} {more}");
    }
}

#[test]
fn names_and_owners() {
    check(&[
        ("work_mem: 8MB, pg_stat_statements.max: '1'", "", None),
        ("a.b.c: x", "", Some("parameter-name AT/a.b.c")),
        ("'work mem': x", "", Some("parameter-name AT/work mem")),
        ("port: '1'", "", Some("operator-parameter AT/port")),
        ("PORT: '1'", "", None),
        ("'${NAME}': x", "", None),
        ("log_destination: csvlog", "", None),
        ("log_destination: stderr", "", Some("operator-parameter AT/log_destination")),
        ("log_destination: '${WHERE}'", "", None),
        ("archive_mode: 'off'", "", None),
        ("shared_preload_libraries: vector", "", Some("operator-parameter AT/shared_preload_libraries")),
    ]);
}

#[test]
fn booleans_and_levels() {
    check(&[
        ("hot_standby_feedback: yes", "", None),
        ("hot_standby_feedback: 'ye'", "", None),
        ("hot_standby_feedback: 'o'", "", Some("parameter-boolean AT/hot_standby_feedback")),
        ("wal_log_hints: 'off'", "", None),
        ("wal_log_hints: 'off'", "instances: 2", Some("parameter-boolean AT/wal_log_hints")),
        ("wal_level: replica", "instances: 3", None),
        ("wal_level: archive", "", Some("wal-level AT/wal_level")),
        ("wal_level: minimal", "", Some("wal-level AT/wal_level")),
        ("wal_level: minimal, max_wal_senders: '0'", "instances: 2", Some("wal-level AT/wal_level")),
    ]);
    let skipping = |senders: &str| {
        let text = cluster(&format!("postgresql: {{parameters: {{wal_level: minimal{senders}}}}}"));
        text.replace("name: orders,", "name: orders, annotations: {cnpg.io/skipWalArchiving: enabled},")
    };
    assert_eq!(refusals(&skipping(", max_wal_senders: '0'"), "1.30"), [] as [&str; 0]);
    assert_eq!(refusals(&skipping(""), "1.30"), [format!("wal-level {AT}")]);
    assert_eq!(refusals(&skipping(", max_wal_senders: '${SENDERS}'"), "1.30"), [] as [&str; 0]);
}

#[test]
fn sizes() {
    check(&[
        ("shared_buffers: 1GB", "", None),
        ("shared_buffers: ''", "", None),
        ("shared_buffers: 1gb", "", Some("parameter-size AT/shared_buffers")),
        ("shared_buffers: '${BUFFERS}'", "", None),
        ("min_wal_size: 1GB, max_wal_size: 2GB", "", None),
        ("min_wal_size: 2GB", "", Some("wal-size AT")),
        ("max_wal_size: 40MB", "", Some("wal-size AT")),
        ("min_wal_size: 2GB, max_wal_size: '${MOST}'", "", None),
        ("max_wal_size: 1GB", "walStorage: {size: 2Gi}", None),
        ("max_wal_size: 1GB", "walStorage: {size: 1G}", Some("wal-size AT/max_wal_size")),
        ("max_wal_size: 1GB", "walStorage: {size: '${SIZE}'}", None),
    ]);
    check_clusters(&[("walStorage: {size: 100Mi}", &[])]);
}
