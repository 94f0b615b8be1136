//! Databases that go with their object.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::{Database, spec};
use crate::rule::{Context, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Database with `databaseReclaimPolicy: delete`, but for those that the option `except` names.
    ///
    /// ## Why it matters
    /// The operator drops the database when its object goes. In a repo an object goes with a moved file, a renamed
    /// directory or a branch that is pruned too early, and a database that is dropped comes back from a backup alone.
    ///
    /// ## Instead
    /// `databaseReclaimPolicy: retain`, or no such line: it is the default. To drop a database on purpose, set
    /// `ensure: absent` and take the object away afterwards.
    ///
    /// ## Limits
    /// Databases for previews and tests may well go with their object, so the rule is off until the config names it. A
    /// policy that is still a `${VAR}` is left undecided.
    pub static RULE {
        id: "cnpg/disposable-database",
        summary: "a database is dropped together with its object",
        scope: Resource(Database),
        codes: ["delete" => (Warning, High, Reliability)],
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
    /// Databases, by `spec.name`, that may go with their object.
    pub except: Vec<String>,
}

fn check<'w>(database: &Database<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = database.resource();
    let Some(policy) = spec(resource, &["databaseReclaimPolicy"]) else { return };
    if let Some(reason) = policy.unknown() {
        sink.undecided(policy.span(), reason);
        return;
    }
    // `ensure: absent` drops it already.
    let absent = spec(resource, &["ensure"]).and_then(Value::known) == Some("absent");
    if policy.known() != Some("delete") || absent {
        return;
    }
    let name = spec(resource, &["name"]);
    let excepted = |name: &str| context.options::<Options>().except.iter().any(|other| other == name);
    if name.is_some_and(|name| name.known().is_some_and(excepted)) {
        return;
    }
    let what =
        name.and_then(Value::known).map_or_else(|| "its database".to_owned(), |name| format!("database `{name}`"));
    sink.finding("delete", resource, policy, format!("{what} is dropped when {} goes", database.title()))
        .label("drops it with the object")
        .help("write `databaseReclaimPolicy: retain`");
}
