//! Shared Clusters that begin with one app's database.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::{Bootstrap, Cluster};
use crate::graph::platform_names::{is_platform_name, is_platform_role};
use crate::graph::roles::is_built_in;
use crate::rule::{Context, Sink};
use crate::source::Span;
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Cluster of `databases.shared` whose bootstrap makes an app's database instead of a meta database, or that
    /// manages an app's role.
    ///
    /// ## Why it matters
    /// The app is then a part of the Cluster's definition: it cannot leave without a change there, its name stands where
    /// everybody takes it for the platform's, and the bootstrap is read once only, so nothing can be mended later.
    ///
    /// ## Instead
    /// Begin with a meta database and an administrator. Each app brings its own `Database` and `DatabaseRole`.
    ///
    /// ## Limits
    /// Off until the config speaks of the rule. What the options do not name is judged by its words: `meta`, `admin`,
    /// `platform`, `shared`, the Cluster's own name and the like are the platform's, and so is what the operator makes where
    /// nothing is written (`app`). So are roles that may create others, replicate, or are in a role of PostgreSQL's own.
    pub static RULE {
        id: "cnpg/app-data-in-bootstrap",
        summary: "a shared Cluster begins with one app's database or role",
        scope: Resource(Cluster),
        codes: [
            "database" => (Warning, High, Boundary),
            "owner" => (Warning, High, Boundary),
            "role" => (Warning, High, Boundary),
        ],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Databases that are the platform's own.
    pub databases: Vec<String>,
    /// Roles that are the platform's own.
    pub roles: Vec<String>,
}

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = cluster.resource();
    let (Some(name), Some(namespace)) = (resource.name(), resource.namespace.known()) else { return };
    let Some(shared) = context.config().databases.shared_entry(namespace, name) else { return };
    let options = context.options::<Options>();
    let is_own = |word: &str, listed: &[String]| {
        is_built_in(word) || listed.iter().any(|known| known == word) || is_platform_name(word, name)
    };
    let mut told = false;
    if let Bootstrap::Initdb(Some(initdb)) = cluster.bootstrap() {
        for (key, code, listed) in [("database", "database", &options.databases), ("owner", "owner", &options.roles)] {
            let Some((value, text)) = initdb.get(key).and_then(|value| Some((value, value.known()?))) else { continue };
            // The owner of such a database goes with it.
            if told || is_own(text, listed) {
                continue;
            }
            told = true;
            let message = match code {
                "database" => format!("shared {} begins with database `{text}`, which is one app's", resource.title()),
                _ => {
                    format!("shared {} gives its first database to `{text}`, which is one app's role", resource.title())
                }
            };
            report(code, cluster, value, message, shared.span, sink);
        }
    }
    for role in cluster.managed_roles() {
        let Some((value, text)) = role.get("name").and_then(|value| Some((value, value.known()?))) else { continue };
        let absent = role.get("ensure").and_then(Value::known) == Some("absent");
        if !absent && !is_own(text, &options.roles) && !is_platform_role(role) {
            let message = format!("shared {} manages role `{text}`, which is one app's", resource.title());
            report("role", cluster, value, message, shared.span, sink);
        }
    }
}

fn report<'w>(
    code: &str,
    cluster: &Cluster<'w>,
    value: Value<'w>,
    message: String,
    shared: Option<Span>,
    sink: &mut Sink<'_, 'w>,
) {
    let (option, help) = match code {
        "database" => ("databases", "begin with a meta database, and let the app declare a `Database`"),
        "owner" => ("roles", "give the meta database to an administrator of the platform"),
        _ => ("roles", "let the app declare a `DatabaseRole` (operator 1.30 and later)"),
    };
    sink.finding(code, cluster.resource(), value, message)
        .label("not the platform's own")
        .related(shared, "the config says that several apps share it")
        .help(format!("{help}; what is the platform's own goes into `{option}` of this rule"));
}
