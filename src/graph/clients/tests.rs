use super::*;
use crate::manifest::{Manifests, Parsed};
use crate::render::Target;
use crate::source::SourceId;
use crate::yaml::parse;

/// What is read of `text`: host, port, user, database and `sslmode` of every client; `?` where one is filled in later.
fn clients(text: &str) -> Vec<String> {
    let file = parse(SourceId(0), text.into());
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "main.yaml", file: &file }]);
    let members = (0..manifests.resources.len()).collect();
    let target = Target { name: ".".into(), root: 0, members, openings: Vec::new() };
    let graph = Graph::new(&manifests.resources, &target, None);
    let part = |part: &Option<Part<'_>>| match part {
        None => "-".to_owned(),
        Some(part) => part.text.clone().unwrap_or_else(|| "?".to_owned()),
    };
    let shown = |client: &Client<'_>| {
        let parts = [&client.port, &client.user, &client.database, &client.ssl_mode].map(part);
        format!("{} {}", client.host.text, parts.join(" "))
    };
    Clients::new(&graph).iter().map(shown).collect()
}

fn env(value: &str) -> Vec<String> {
    let value = value.replace('\'', "''");
    clients(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\nspec:\n  containers:\n  - name: web\n    env:\n    - {{name: DB_HOST, value: '{value}'}}\n"
    ))
}

#[test]
fn a_host_is_named_in_many_forms() {
    for (text, expected) in [
        ("orders-pg-rw.databases", Some("orders-pg-rw.databases - - - -")),
        ("orders-pg-rw", Some("orders-pg-rw - - - -")),
        ("orders-pg-rw.databases:5432", Some("orders-pg-rw.databases 5432 - - -")),
        ("orders-pg-rw.databases.svc.cluster.local.", Some("orders-pg-rw.databases.svc.cluster.local. - - - -")),
        ("tcp://orders-pg-rw.databases.svc:5432", Some("orders-pg-rw.databases.svc 5432 - - -")),
        ("postgres://web:$(PW)@pg-rw.db.svc:5432/web?sslmode=disable", Some("pg-rw.db.svc 5432 web web disable")),
        ("postgresql://pg/web", Some("pg - - web -")),
        ("postgresql+asyncpg://{{ .user }}:{{ .pw }}@pg-rw.db/web", Some("pg-rw.db - ? web -")),
        (
            "postgresql://web@pg-rw.db/web?application_name=x&sslmode=verify-full",
            Some("pg-rw.db - web web verify-full"),
        ),
        ("postgresql://${OWNER}@pg-rw.db:${PORT}/${APP}", Some("pg-rw.db ? ? ? -")),
        ("jdbc:postgresql://pg-rw.db:5433/web?user=clerk", Some("pg-rw.db 5433 clerk web -")),
        (
            "user=web password=$(PW) dbname=web host=pg-rw.db port=5432 sslmode=require",
            Some("pg-rw.db 5432 web web require"),
        ),
        ("psql -h pg-rw.db -U web -d orders -c 'select 1'", Some("pg-rw.db - web orders -")),
        ("pg_dump --host=pg-rw.db --username=web --dbname=orders", Some("pg-rw.db - web orders -")),
        ("export PGHOST=pg-rw.db PGUSER=web", Some("pg-rw.db - web - -")),
        ("the postgres at pg-rw.db is slow", Some("pg-rw.db - - - -")),
        ("postgresql://web@10.0.0.7/web", None),
        ("postgresql://web@db.example.org.uk/web", None),
        ("orders-pg-rw.databases.example.org", None),
        ("pg-${NAME}-rw.db.svc", None),
        ("postgresql://web@pg-${NAME}-rw.db.svc/web", None),
        ("see orders-pg-rw.databases for more", None),
        ("# host: orders-pg-rw.databases", None),
        ("redis://cache-rw", None),
        ("https://files.databases/postgres-rw.tar", None),
        ("", None),
    ] {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(env(text), expected, "{text}");
    }
}

#[test]
fn a_url_may_name_several_hosts() {
    assert_eq!(
        env("postgresql://web@pg-rw.db:5432,pg-ro.db:5433/web"),
        ["pg-rw.db 5432 web web -", "pg-ro.db 5433 web web -"]
    );
}

#[test]
fn variables_and_keys_beside_a_host_belong_to_it() {
    let release = |values: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web, namespace: shop}}\nspec: {{chart: {{spec: {{chart: web}}}}, values: {values}}}\n"
        )
    };
    for (text, expected) in [
        (release("{db: {host: pg-rw.db, port: 5432, user: web, name: orders}}"), "pg-rw.db 5432 web orders -"),
        (release("{externalDatabase: {host: pg-rw.db, database: orders}}"), "pg-rw.db - - orders -"),
        (release("{rule: {host: pg-rw.db, name: other}}"), "pg-rw.db - - - -"),
        (release("{env: {DB_HOST: pg-rw.db, DB_USER: web, REDIS_PORT: 6379}}"), "pg-rw.db - web - -"),
        (release("{env: {DB_HOSTNAME: {value: pg-rw.db}, DB_PORT: {value: '6432'}}}"), "pg-rw.db 6432 - - -"),
        (release("{env: {PGHOST: pg-rw, PGUSER: {valueFrom: {secretKeyRef: {name: a}}}}}"), "pg-rw - ? - -"),
        (release("{env: [{name: DB_HOST, value: pg-rw.db}, {name: DB_NAME, value: x}]}"), "pg-rw.db - - x -"),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ndata: {host: cGctcncuZGI=, user: d2Vi}\n".to_owned(),
            "pg-rw.db - web - -",
        ),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {host: pg-rw.db, dbname: web}\n"
                .to_owned(),
            "pg-rw.db - - web -",
        ),
    ] {
        assert_eq!(clients(&text), [expected], "{text}");
    }
}

#[test]
fn a_bare_name_counts_only_where_a_host_is_meant() {
    for (values, found) in [
        ("{volume: data-rw}", false),
        ("{dbHost: data-rw}", true),
        ("{volume: data-rw.shop}", true),
        ("{dbHost: other}", false),
    ] {
        let text = format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web}}\nspec: {{chart: {{spec: {{chart: web}}}}, values: {values}}}\n"
        );
        assert_eq!(!clients(&text).is_empty(), found, "{values}");
    }
}

#[test]
fn the_names_of_poolers_are_known() {
    let pooler = "apiVersion: postgresql.cnpg.io/v1\nkind: Pooler\nmetadata: {name: gate, namespace: db}\nspec: {cluster: {name: pg}, pgbouncer: {}}\n---\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {host: gate.db}\n";
    assert!(clients(map).is_empty());
    assert_eq!(clients(&format!("{pooler}{map}")), ["gate.db - - - -"]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "[a-z:/@${}().,= '\"\\-\\n?&ü]{0,60}") {
        env(&text);
    }
}
