//! The rules about backups of Clusters, over small repos in memory.

use jiff::civil::date;
use proptest::sample::select;
use proptest::{prop_assert, prop_assert_eq, proptest};
use std::fmt::Write;
use std::sync::Arc;
use tidegate::config::Config;
use tidegate::engine::{Request, Root, Selection, run};
use tidegate::finding::Outcome;
use tidegate::source::{Source, Sources};

/// Files of one root: path and text.
type Files<'a> = &'a [(&'a str, &'a str)];

fn outcome(rule: &str, roots: &[Files<'_>], cnpg: Option<&str>) -> (Sources, Outcome) {
    let mut sources = Sources::new((0..roots.len()).map(|root| format!("{root}/")).collect());
    let mut read = Vec::new();
    for (number, files) in roots.iter().enumerate() {
        let ids = files.iter().map(|(path, text)| sources.add(Source::new(number, *path, Arc::from(*text)))).collect();
        let mut config = Config::default();
        if let Some(version) = cnpg {
            config.set_cnpg_version(version).expect("a version");
        }
        read.push(Root { files: ids, config, ..Root::default() });
    }
    let request = Request {
        selection: Selection { select: vec![rule.to_owned()], ignore: Vec::new() },
        scopes: Vec::new(),
        today: date(2030, 5, 6),
        given: Default::default(),
        target: None,
        new_only: false,
        baseline: None,
        record: false,
    };
    let outcome = run(&sources, read, None, &request).outcome;
    (sources, outcome)
}

/// Findings as `path:line code/confidence`, and undecided questions as `path:line ?`.
fn told(rule: &str, roots: &[Files<'_>], cnpg: Option<&str>) -> String {
    let (sources, outcome) = outcome(rule, roots, cnpg);
    let mut text = String::new();
    let place = |span: tidegate::source::Span| {
        format!("{}:{}", sources.name(span.source), sources[span.source].position(span.start).line)
    };
    for finding in &outcome.findings {
        let at = place(finding.primary.span);
        writeln!(text, "{at} {}/{}", finding.code, finding.confidence).expect("a String takes all text");
    }
    for question in &outcome.undecided {
        writeln!(text, "{} ?", place(question.span)).expect("a String takes all text");
    }
    text
}

fn one(rule: &str, files: Files<'_>) -> String {
    told(rule, &[files], None).replace("0/", "")
}

const PLAIN: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders, namespace: shop}
spec:
  instances: 3
  storage: {size: 5Gi}
";

fn cluster(name: &str, rest: &str) -> String {
    format!("{}{rest}", PLAIN.replace("orders", name))
}

const IN_TREE: &str = "  backup: {barmanObjectStore: {destinationPath: 's3://shop-wal/'}}\n";
const PLUGIN: &str =
    "  plugins: [{name: barman-cloud.cloudnative-pg.io, isWALArchiver: true, parameters: {barmanObjectName: r2}}]\n";
const SNAPSHOT: &str = "  backup: {volumeSnapshot: {className: fast}}\n";

fn schedule(name: &str, rest: &str) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: ScheduledBackup\nmetadata: {{name: nightly, namespace: shop}}\n\
         spec:\n  cluster: {{name: {name}}}\n{rest}"
    )
}

#[test]
fn five_fields_are_found_and_mended_where_they_stand() {
    for (written, told, mended) in [
        ("schedule: 0 3 * * *", "a.yaml:6 more-often/high\n", Some("schedule: 0 0 3 * * *")),
        ("schedule: \" 0 3 * * *\"", "a.yaml:6 more-often/high\n", Some("schedule: \" 0 0 3 * * *\"")),
        ("schedule: '5 4 * * 0' # weekly", "a.yaml:6 refused/high\n", Some("schedule: '0 5 4 * * 0' # weekly")),
        ("schedule: \"0\\x203 * * *\"", "a.yaml:6 more-often/high\n", None),
        ("schedule: >-\n    0 3 * * *", "a.yaml:6 more-often/high\n", None),
        ("schedule: &daily 0 3 * * *", "a.yaml:6 more-often/high\n", None),
        ("suspend: true\n  schedule: 0 3 * * *", "a.yaml:7 more-often/high\n", Some("schedule: 0 0 3 * * *")),
        ("schedule: 0 0 3 * * *", "", None),
        ("schedule: '@daily'", "", None),
        ("schedule: '@every 24h'", "", None),
        ("schedule: 0 3 * *", "", None),
        ("schedule: ${BACKUP_SCHEDULE}", "a.yaml:6 ?\n", None),
        ("schedule: 5", "", None),
        ("schedule: 0 , * * *", "", None),
    ] {
        let text = schedule("orders", &format!("  {written}\n"));
        let files: Files<'_> = &[("a.yaml", &text)];
        assert_eq!(one("cnpg/five-field-schedule", files), told, "{written}");
        let (_, outcome) = outcome("cnpg/five-field-schedule", &[files], None);
        let edit = outcome.findings.first().and_then(|finding| finding.fixes.first()).map(|fix| {
            assert!(fix.safe, "{written}");
            let mut mended = text.clone();
            mended.replace_range(fix.edits[0].span.range(), &fix.edits[0].text);
            mended
        });
        match mended {
            Some(line) => assert!(edit.is_some_and(|text| text.contains(line)), "{written}"),
            None => assert_eq!(edit, None, "{written}"),
        }
    }
}

proptest! {
    #[test]
    fn a_mended_schedule_is_silent(
        minute in select(vec!["0", "30", "*/15", "5,35"]),
        hour in select(vec!["*", "3", "*/6", "22-23"]),
        day in select(vec!["*", "1", "15"]),
        month in select(vec!["*", "6", "jan-mar"]),
        weekday in select(vec!["*", "0", "1-5", "sat"]),
        gap in select(vec![" ", "  ", " \t"]),
        quote in select(vec!["'", "\""]),
    ) {
        let fields = [minute, hour, day, month, weekday].join(gap);
        let text = schedule("orders", &format!("  schedule: {quote}{fields}{quote}\n"));
        let (_, before) = outcome("cnpg/five-field-schedule", &[&[("a.yaml", &text)]], None);
        let edit = &before.findings[0].fixes[0].edits[0];
        let mut mended = text.clone();
        mended.replace_range(edit.span.range(), &edit.text);
        let wanted = format!("{quote}0 {fields}{quote}");
        prop_assert!(mended.contains(&wanted));
        prop_assert_eq!(one("cnpg/five-field-schedule", &[("a.yaml", &mended)]), "");
    }
}

#[test]
fn an_alias_is_reported_where_it_is_used_and_not_edited() {
    let text = schedule("orders", "  schedule: *at\n").replace("metadata:", "x: &at 0 3 * * *\nmetadata:");
    let (_, outcome) = outcome("cnpg/five-field-schedule", &[&[("a.yaml", &text)]], None);
    assert!(outcome.findings[0].fixes.is_empty());
    assert_eq!(one("cnpg/five-field-schedule", &[("a.yaml", &text)]), "a.yaml:7 more-often/high\n");
}

#[test]
fn clusters_without_backup_are_found() {
    for (rest, told) in [
        ("", "a.yaml:3 none/high\n"),
        ("  backup: {retentionPolicy: 30d}\n", "a.yaml:3 none/high\n"),
        ("  backup: {barmanObjectStore: null}\n", "a.yaml:3 none/high\n"),
        ("  plugins: [{name: barman-cloud.cloudnative-pg.io, enabled: false}]\n", "a.yaml:7 none/high\n"),
        ("  bootstrap: {pg_basebackup: {source: old}}\n", "a.yaml:3 none/high\n"),
        ("  replica: {enabled: false, source: old}\n", "a.yaml:3 none/high\n"),
        (IN_TREE, ""),
        (SNAPSHOT, ""),
        (PLUGIN, ""),
        ("  plugins: [{name: wal.example.org, isWALArchiver: true}]\n", ""),
        ("  replica: {enabled: true, source: old}\n", ""),
        ("  bootstrap: {recovery: {source: old}}\n", ""),
        ("  plugins: [{name: audit.example.org}]\n", "a.yaml:7 ?\n"),
        ("  plugins: [{name: '${PLUGIN}'}]\n", "a.yaml:7 ?\n"),
        ("  backup: ${BACKUP}\n", "a.yaml:7 ?\n"),
    ] {
        let text = cluster("orders", rest);
        assert_eq!(one("cnpg/missing-backup", &[("a.yaml", &text)]), told, "{rest}");
    }
    assert_eq!(one("cnpg/missing-backup", &[("docs/a.yaml", PLAIN)]), "docs/a.yaml:3 none/low\n");
    let patched = "resources: [a.yaml]\npatches: [{path: patch.yaml}]\n";
    assert_eq!(one("cnpg/missing-backup", &[("a.yaml", PLAIN), ("kustomization.yaml", patched)]), "a.yaml:3 ?\n");
}

#[test]
fn clusters_without_a_schedule_are_found() {
    let orders = cluster("orders", PLUGIN);
    let replica = cluster("orders", &format!("{PLUGIN}  replica: {{enabled: true, source: old}}\n"));
    let other = schedule("billing", "  schedule: '@daily'\n");
    let active = schedule("orders", "  schedule: '@daily'\n");
    let suspended = schedule("orders", "  schedule: '@daily'\n  suspend: true\n");
    let elsewhere = active.replace("namespace: shop", "namespace: attic");
    let partial = schedule("'${CLUSTER}'", "  schedule: '@daily'\n");
    for (name, first, second, told) in [
        ("none of this Cluster", &orders, &other, "a.yaml:3 none/high\n"),
        ("in another namespace", &orders, &elsewhere, "a.yaml:3 none/high\n"),
        ("suspended", &orders, &suspended, "b.yaml:7 suspended/high\n"),
        ("active", &orders, &active, ""),
        ("of a replica", &replica, &other, ""),
        ("for a Cluster not known", &orders, &partial, "a.yaml:3 ?\n"),
    ] {
        assert_eq!(one("cnpg/missing-scheduled-backup", &[("a.yaml", first), ("b.yaml", second)]), told, "{name}");
    }
    let (only, bare) = (&[("a.yaml", orders.as_str())], &[("a.yaml", PLAIN)]);
    assert_eq!(one("cnpg/missing-scheduled-backup", only), "a.yaml:3 none/medium\n");
    assert_eq!(one("cnpg/missing-scheduled-backup", bare), "", "cnpg/missing-backup speaks");
    let built = ("kustomization.yaml", "resources: [a.yaml]\n");
    assert_eq!(one("cnpg/missing-scheduled-backup", &[only[0], built]), "a.yaml:3 none/medium\n");
}

#[test]
fn methods_are_set_against_their_cluster() {
    let plugin = |name: &str| format!("  method: plugin\n  pluginConfiguration: {{name: {name}}}\n");
    let barman = plugin("barman-cloud.cloudnative-pg.io");
    let off = PLUGIN.replace("isWALArchiver: true", "enabled: false");
    for (name, setup, asks, told) in [
        ("default method, plugin only", PLUGIN, "", "b.yaml:3 in-tree/high\n"),
        ("default method, snapshots only", SNAPSHOT, "", "b.yaml:3 in-tree/high\n"),
        ("no backup at all", "", "  method: barmanObjectStore\n", "b.yaml:6 in-tree/high\n"),
        ("snapshots, plugin only", PLUGIN, "  method: volumeSnapshot\n", "b.yaml:6 snapshot/high\n"),
        ("plugin, in-tree only", IN_TREE, &barman, "b.yaml:7 plugin/high\n"),
        ("plugin, switched off", &off, &barman, "b.yaml:7 plugin/high\n"),
        ("another plugin", PLUGIN, &plugin("wal.example.org"), "b.yaml:7 plugin/high\n"),
        ("plugin without a name", PLUGIN, "  method: plugin\n", "b.yaml:6 unnamed-plugin/high\n"),
        ("default method", IN_TREE, "", ""),
        ("snapshots", SNAPSHOT, "  method: volumeSnapshot\n", ""),
        ("plugin", PLUGIN, &barman, ""),
        ("no such method", PLUGIN, "  method: tape\n", ""),
        ("method not known", PLUGIN, "  method: ${METHOD}\n", "b.yaml:6 ?\n"),
        ("setup not known", "  backup: ${BACKUP}\n", "", "b.yaml:3 ?\n"),
    ] {
        let (first, second) = (cluster("orders", setup), schedule("orders", asks));
        let files: Files<'_> = &[("a.yaml", &first), ("b.yaml", &second)];
        assert_eq!(one("cnpg/unusable-backup-method", files), told, "{name}");
    }
    let (first, second) = (cluster("orders", PLUGIN), schedule("orders", ""));
    let alternative = cluster("orders", IN_TREE);
    let files: Files<'_> = &[("a.yaml", &first), ("b.yaml", &second), ("c.yaml", &alternative)];
    assert_eq!(one("cnpg/unusable-backup-method", files), "", "one of two definitions can");
    let lone: Files<'_> = &[("b.yaml", &second)];
    assert_eq!(one("cnpg/unusable-backup-method", lone), "b.yaml:5 ?\n", "the Cluster may be in another repo");
    let backup = second.replace("ScheduledBackup", "Backup");
    assert_eq!(
        one("cnpg/unusable-backup-method", &[("a.yaml", &first), ("b.yaml", &backup)]),
        "b.yaml:3 in-tree/high\n"
    );
}

#[test]
fn in_tree_stores_are_found_by_operator_version() {
    let source = "  externalClusters: [{name: old, barmanObjectStore: {destinationPath: 's3://old/'}}]\n";
    for (rest, cnpg, told) in [
        (IN_TREE, "1.30", "a.yaml:7 backup/high\n"),
        (IN_TREE, "1.26", "a.yaml:7 backup/high\n"),
        (IN_TREE, "1.25", ""),
        (source, "1.28", "a.yaml:7 source/high\n"),
        (PLUGIN, "1.30", ""),
        (SNAPSHOT, "1.30", ""),
    ] {
        let text = cluster("orders", rest);
        let found = crate::told("cnpg/in-tree-barman", &[&[("a.yaml", &text)]], Some(cnpg)).replace("0/", "");
        assert_eq!(found, told, "{rest} {cnpg}");
    }
    let both = cluster("orders", &format!("{IN_TREE}{source}"));
    let (_, outcome) = outcome("cnpg/in-tree-barman", &[&[("a.yaml", &both)]], None);
    assert_eq!(outcome.findings.len(), 1, "one finding a Cluster");
    assert_eq!(outcome.findings[0].related.len(), 1);
}

fn archived(name: &str, path: &str, server: &str) -> String {
    let server = if server.is_empty() { String::new() } else { format!(", serverName: {server}") };
    cluster(name, &format!("  backup: {{barmanObjectStore: {{destinationPath: '{path}'{server}}}}}\n"))
}

#[test]
fn one_archive_of_two_clusters_is_found() {
    let orders = archived("orders", "s3://wal/", "");
    let shadow = archived("billing", "s3://wal", "orders");
    let billing = archived("billing", "s3://wal/", "");
    let other_bucket = archived("orders", "s3://live-wal/", "");
    let other_namespace = orders.replace("namespace: shop", "namespace: shop-dev");
    let partial = archived("billing", "s3://${BUCKET}/", "orders");
    let silent = shadow.replace("name: billing,", "name: billing, annotations: {cnpg.io/skipWalArchiving: enabled},");
    let meant =
        shadow.replace("name: billing,", "name: billing, annotations: {cnpg.io/skipEmptyWalArchiveCheck: enabled},");
    let endpoint = shadow.replace("destinationPath", "endpointURL: 'https://s3.example.org', destinationPath");
    for (name, second, told) in [
        ("serverName of the other", &shadow, "b.yaml:7 two-clusters/high\n"),
        ("in two namespaces", &other_namespace, "b.yaml:7 two-clusters/high\n"),
        ("the check is off", &meant, "b.yaml:7 unchecked/high\n"),
        ("folders of their own", &billing, ""),
        ("buckets of their own", &other_bucket, ""),
        ("another endpoint", &endpoint, ""),
        ("archives nothing", &silent, ""),
        ("an alternative", &orders, ""),
        ("a bucket not known", &partial, "b.yaml:7 ?\n"),
    ] {
        assert_eq!(one("cnpg/shared-archive", &[("a.yaml", &orders), ("b.yaml", second)]), told, "{name}");
    }
    let two: &[Files<'_>] = &[&[("a.yaml", &orders)], &[("a.yaml", &orders)]];
    assert_eq!(told("cnpg/shared-archive", two, None), "1/a.yaml:7 two-clusters/high\n");
    let samples: Files<'_> = &[("docs/a.yaml", &orders), ("docs/b.yaml", &shadow)];
    assert_eq!(one("cnpg/shared-archive", samples), "");
}

#[test]
fn archives_of_plugins_are_looked_up() {
    let store = |name: &str, path: &str| {
        format!(
            "apiVersion: barmancloud.cnpg.io/v1\nkind: ObjectStore\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec: {{configuration: {{destinationPath: '{path}'}}}}\n"
        )
    };
    let orders = cluster("orders", PLUGIN);
    let shadow =
        cluster("billing", &PLUGIN.replace("barmanObjectName: r2", "barmanObjectName: b2, serverName: orders"));
    let (r2, b2) = (store("r2", "s3://wal/"), store("b2", "s3://wal"));
    let apart = store("b2", "s3://billing-wal");
    for (name, second, told) in [("one bucket", &b2, "b.yaml:7 two-clusters/high\n"), ("two buckets", &apart, "")] {
        let files: Files<'_> = &[("a.yaml", &orders), ("b.yaml", &shadow), ("r2.yaml", &r2), ("z.yaml", second)];
        assert_eq!(one("cnpg/shared-archive", files), told, "{name}");
    }
    let in_tree = archived("ledger", "s3://wal/", "orders");
    let files: Files<'_> = &[("a.yaml", &orders), ("b.yaml", &in_tree), ("r2.yaml", &r2)];
    assert_eq!(one("cnpg/shared-archive", files), "b.yaml:7 two-clusters/high\n", "plugin and in-tree");
}

#[test]
fn recovery_into_the_source_is_found() {
    let source = |name: &str, server: &str| {
        format!(
            "  bootstrap: {{recovery: {{source: {name}}}}}\n  externalClusters:\n    - name: {name}\n      plugin: \
             {{name: barman-cloud.cloudnative-pg.io, parameters: {{barmanObjectName: r2{server}}}}}\n"
        )
    };
    let skip = |text: &str| {
        text.replace("name: orders,", "name: orders, annotations: {cnpg.io/skipEmptyWalArchiveCheck: enabled},")
    };
    let same = cluster("orders", &format!("{PLUGIN}{}", source("orders", "")));
    let named = cluster("orders", &format!("{PLUGIN}{}", source("old", ", serverName: orders")));
    let apart = cluster("orders-2", &format!("{PLUGIN}{}", source("old", ", serverName: orders")));
    let moved = cluster("orders", &format!("{IN_TREE}{}", source("orders", "")));
    let unread = cluster("orders", &source("orders", ""));
    let words = cluster("'${NAME}'", &format!("{PLUGIN}{}", source("old", ", serverName: '${NAME}'")));
    for (name, text, told) in [
        ("names alike", &same, "a.yaml:7 recovery-source/high\n"),
        ("serverName written", &named, "a.yaml:7 recovery-source/high\n"),
        ("meant", &skip(&named), "a.yaml:7 unchecked/high\n"),
        ("words alike", &words, "a.yaml:7 recovery-source/high\n"),
        ("a name of its own", &apart, ""),
        ("bucket not known", &moved, "a.yaml:7 ?\n"),
        ("archives nothing", &unread, ""),
    ] {
        assert_eq!(one("cnpg/shared-archive", &[("a.yaml", text)]), told, "{name}");
    }
}

#[test]
fn databases_beside_their_operator_are_found() {
    let release = |spec: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: postgres-operator, \
             namespace: shop}}\nspec: {{{spec}}}\n"
        )
    };
    let deployment = |namespace: &str, env: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: op, namespace: {namespace}}}\nspec: {{template: \
             {{spec: {{containers: [{{name: op, image: 'ghcr.io/cloudnative-pg/cloudnative-pg:1.28.0'{env}}}]}}}}}}\n"
        )
    };
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: op, namespace: argocd}\n\
         spec: {source: {chart: cloudnative-pg}, destination: {namespace: shop}}\n";
    for (name, operator, told) in [
        ("Deployment", deployment("shop", "").as_str(), "a.yaml:3 shared/high\n"),
        ("chart", &release("chart: {spec: {chart: cloudnative-pg}}"), "a.yaml:3 shared/high\n"),
        ("chartRef", &release("chartRef: {kind: OCIRepository, name: cloudnative-pg}"), "a.yaml:3 shared/high\n"),
        ("Application", application, "a.yaml:3 shared/high\n"),
        ("of its own", &deployment("cnpg-system", ""), ""),
        ("released elsewhere", &release("chart: {spec: {chart: cloudnative-pg}}, targetNamespace: cnpg-system"), ""),
        (
            "released who knows where",
            &release("chart: {spec: {chart: cloudnative-pg}}, targetNamespace: '${NS}'"),
            "a.yaml:3 ?\n",
        ),
        ("another chart", &release("chart: {spec: {chart: plugin-barman-cloud}}"), ""),
        (
            "one namespace by chart",
            &release("chart: {spec: {chart: cloudnative-pg}}, values: {config: {clusterWide: false}}"),
            "",
        ),
        ("one namespace by Deployment", &deployment("shop", ", env: [{name: WATCH_NAMESPACE, value: shop}]"), ""),
    ] {
        assert_eq!(one("cnpg/operator-namespace", &[("a.yaml", PLAIN), ("b.yaml", operator)]), told, "{name}");
    }
}
