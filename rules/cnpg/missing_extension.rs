//! Extensions that the image of a Cluster does not carry.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::cnpg::{Bootstrap, Cluster, Database, cluster_reference, spec};
use crate::graph::statements::created_extensions;
use crate::manifest::Resource;
use crate::rule::{Builder, Sink, TargetContext};
use crate::schema::image::ImageReference;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds extensions that the operator's own PostgreSQL images do not carry, where a Cluster with such an image
    /// preloads them, creates them in its bootstrap, or has a Database that asks for them.
    ///
    /// ## Why it matters
    /// With a library to preload that is not there PostgreSQL does not start. A statement of the bootstrap fails, and
    /// with it the first instance. A Database stays unapplied, with the reason in its status alone.
    ///
    /// ## Instead
    /// An image that has it (the project builds one with PostGIS), or, from PostgreSQL 18 on, an entry in
    /// `postgresql.extensions` with an image of the extension.
    ///
    /// ## Limits
    /// Only extensions that are known to be missing are told: PostGIS, TimescaleDB, pg_cron, VectorChord and other
    /// well-known ones; in `minimal` images also pgvector, pgaudit and pg_failover_slots. Custom images, image catalogs
    /// and Clusters with `postgresql.extensions` are left alone, and so are statements in ConfigMaps and Secrets.
    pub static RULE {
        id: "cnpg/missing-extension",
        summary: "an extension that the image of the Cluster does not carry",
        scope: Target,
        codes: [
            "preload" => (Warning, High, Reliability),
            "bootstrap" => (Warning, High, Reliability),
            "database" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// What no flavour of the stock images carries, by the start of the names.
const NOWHERE: &[&str] = &[
    "address_standardizer",
    "age",
    "anon",
    "citus",
    "documentdb",
    "h3",
    "hypopg",
    "mobilitydb",
    "mysql_fdw",
    "oracle_fdw",
    "orafce",
    "pg_cron",
    "pg_duckdb",
    "pg_graphql",
    "pg_hint_plan",
    "pg_ivm",
    "pg_jsonschema",
    "pg_net",
    "pg_partman",
    "pg_qualstats",
    "pg_repack",
    "pg_search",
    "pg_squeeze",
    "pg_stat_kcache",
    "pg_textsearch",
    "pg_tle",
    "pg_uuidv7",
    "pg_wait_sampling",
    "pgmq",
    "pgroonga",
    "pgrouting",
    "pgsodium",
    "pgtap",
    "plperl",
    "plperlu",
    "plpython3u",
    "plr",
    "pltcl",
    "pltclu",
    "plv8",
    "postgis",
    "powa",
    "rum",
    "set_user",
    "supabase_vault",
    "tds_fdw",
    "temporal_tables",
    "timescaledb",
    "vchord",
    "vectors",
    "vectorscale",
    "wal2json",
];

/// What the flavour `minimal` lacks beside.
const NOT_IN_MINIMAL: &[&str] = &["pg_failover_slots", "pgaudit", "vector"];

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut databases: HashMap<&str, Vec<Database<'w>>> = HashMap::new();
    for database in context.graph.all::<Database<'w>>() {
        if let Some(cluster) = cluster_reference(database.resource()).and_then(Value::known) {
            databases.entry(cluster).or_default().push(database);
        }
    }
    for cluster in context.graph.all::<Cluster<'w>>() {
        let Some(image) = Image::of(&cluster) else { continue };
        image.preloaded(&cluster, sink);
        image.bootstrapped(&cluster, sink);
        let own = cluster.written_name().and_then(|name| databases.get(name)).into_iter().flatten();
        for database in own.filter(|database| database.namespace.is_same(&cluster.namespace)) {
            image.asked(database, sink);
        }
    }
}

/// The image of a Cluster, if it is one of the operator's own.
struct Image<'w> {
    /// Where it is named, or the Cluster where it is not.
    at: Value<'w>,
    named: bool,
    minimal: bool,
    example: bool,
}

impl<'w> Image<'w> {
    fn of(cluster: &Cluster<'w>) -> Option<Image<'w>> {
        let written = cluster.image_name().filter(|image| !image.is_null());
        let has = |path: &[&str]| cluster.spec(path).is_some_and(|value| !value.is_null() && !value.is_empty());
        if has(&["imageCatalogRef"]) || has(&["postgresql", "extensions"]) {
            return None;
        }
        let example = cluster.is_example();
        let Some(value) = written else {
            let at = cluster.headline();
            return cluster.may_be_completed().is_none().then_some(Image { at, named: false, minimal: false, example });
        };
        let image = ImageReference::parse(value.known()?).filter(ImageReference::is_stock)?;
        let minimal = image.tag.is_some_and(|tag| tag.split('-').any(|part| part == "minimal"));
        Some(Image { at: value, named: true, minimal, example })
    }

    fn lacks(&self, extension: &str) -> bool {
        let of =
            |known: &&str| extension.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        NOWHERE.iter().any(of) || (self.minimal && NOT_IN_MINIMAL.contains(&extension))
    }

    fn report(&self, code: &str, resource: &'w Resource<'w>, at: Value<'w>, message: String, sink: &mut Sink<'_, 'w>) {
        let image = match (self.named, self.minimal) {
            (true, true) => "its flavour `minimal` holds the least",
            (true, false) => "the image, one of the operator's own",
            (false, _) => "no image is named, so it is one of the operator's own",
        };
        let finding: Builder<'_> =
            sink.finding(code, resource, at, message).label("not in the image").related(self.at.span(), image).help(
                "name an image that holds it; from PostgreSQL 18 on `postgresql.extensions` takes images of extensions",
            );
        if self.example {
            finding.confidence(Confidence::Low);
        }
    }

    fn preloaded(&self, cluster: &Cluster<'w>, sink: &mut Sink<'_, 'w>) {
        let libraries = cluster.spec(&["postgresql", "shared_preload_libraries"]);
        for library in libraries.into_iter().flat_map(Value::items) {
            let Some(name) = library.known().filter(|name| self.lacks(name.trim_end_matches(".so"))) else { continue };
            let title = cluster.title();
            let message = format!("{title} preloads `{name}`, without which PostgreSQL does not start");
            self.report("preload", cluster.resource(), library, message, sink);
        }
    }

    fn bootstrapped(&self, cluster: &Cluster<'w>, sink: &mut Sink<'_, 'w>) {
        let Bootstrap::Initdb(Some(initdb)) = cluster.bootstrap() else { return };
        for key in ["postInitSQL", "postInitTemplateSQL", "postInitApplicationSQL"] {
            for statement in initdb.get(key).into_iter().flat_map(Value::items) {
                let asked = statement.raw().map(created_extensions).unwrap_or_default();
                let Some(name) = asked.iter().find(|name| self.lacks(name)) else { continue };
                let title = cluster.title();
                let message =
                    format!("{title} creates extension `{name}` in its bootstrap, which fails with its image");
                self.report("bootstrap", cluster.resource(), statement, message, sink);
            }
        }
    }

    fn asked(&self, database: &Database<'w>, sink: &mut Sink<'_, 'w>) {
        let entries = spec(database.resource(), &["extensions"]).into_iter().flat_map(Value::items);
        for entry in entries.filter(|entry| entry.get("ensure").and_then(Value::known) != Some("absent")) {
            let Some(name) = entry.get("name") else { continue };
            let Some(text) = name.known().filter(|text| self.lacks(text)) else { continue };
            let message = format!("{} asks for extension `{text}`, which its cluster's image lacks", database.title());
            self.report("database", database.resource(), name, message, sink);
        }
    }
}
