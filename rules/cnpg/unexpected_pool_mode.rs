//! Poolers in another mode than the platform has for their app.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::{Pooler, spec};
use crate::rule::{Context, Sink};
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds Poolers whose `poolMode` is not the one that the option `modes` has for them.
    ///
    /// ## Why it matters
    /// In transaction mode a connection belongs to an app for one transaction: what it sets for its session, listens
    /// for or locks is gone, or is somebody else's. In session mode it belongs to the app until the app lets go, and
    /// the pool is as large as the number of clients. Which of both an app can live with is known once, by whoever
    /// tried.
    ///
    /// ## Instead
    /// The mode of the platform's table; another line in the table, if the app has changed.
    ///
    /// ## Limits
    /// The table is the platform's, so the rule is off until the config names it. A mode that is still a `${VAR}` is
    /// left undecided.
    pub static RULE {
        id: "cnpg/unexpected-pool-mode",
        summary: "a Pooler is in another mode than the platform has for it",
        scope: Resource(Pooler),
        codes: ["other-mode" => (Warning, High, Reliability)],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// A mode of PgBouncer that the operator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A connection for as long as the client stays.
    Session,
    /// A connection for each transaction.
    Transaction,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::Session => "session",
            Mode::Transaction => "transaction",
        }
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// The mode of each Pooler: by its name, by the app whose name its own begins or ends with, or `*` for all others.
    pub modes: BTreeMap<String, Mode>,
}

fn check<'w>(pooler: &Pooler<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let modes = &context.options::<Options>().modes;
    let Some(name) = pooler.name() else { return };
    let Some((key, wanted)) = wanted(modes, name) else { return };
    let resource = pooler.resource();
    let written = spec(resource, &["pgbouncer", "poolMode"]).filter(|value| !value.is_null());
    if let Some((value, reason)) = written.and_then(|value| Some((value, value.unknown()?))) {
        return sink.undecided(value.span(), reason);
    }
    // The CRD's default is session.
    let mode = written.map_or(Some("session"), |value| value.known());
    let Some(mode) = mode.filter(|mode| *mode != wanted.name()) else { return };
    if let Some(reason) = pooler.may_be_completed().filter(|_| written.is_none()) {
        return sink.undecided(resource.headline().span(), reason);
    }
    let at = written.or_else(|| spec(resource, &["pgbouncer"])).unwrap_or_else(|| resource.headline());
    let message = format!("{} is in {mode} mode where the platform's table says {}", pooler.title(), wanted.name());
    let effect = match wanted {
        Mode::Session => "what the app sets, listens for or locks is lost between its transactions",
        Mode::Transaction => "each client keeps a connection of the server for as long as it stays",
    };
    sink.finding("other-mode", resource, at, message)
        .underline(if written.is_some() { at.span() } else { at.key_or_span() })
        .label(if written.is_some() { effect.to_owned() } else { "no `poolMode`, so it is `session`".to_owned() })
        .note(format!("`{key}: {}` in the config", wanted.name()))
        .help(format!("set `poolMode: {}`", wanted.name()));
}

/// The line of the table that speaks of a Pooler: the one with its name, else the longest that names its app.
fn wanted<'o>(modes: &'o BTreeMap<String, Mode>, name: &str) -> Option<(&'o str, Mode)> {
    let names = |key: &str| {
        key == name
            || name.strip_prefix(key).is_some_and(|rest| rest.starts_with('-'))
            || name.strip_suffix(key).is_some_and(|rest| rest.ends_with('-'))
    };
    let own = modes.iter().filter(|(key, _)| names(key)).max_by_key(|(key, _)| key.len());
    own.or_else(|| modes.get_key_value("*")).map(|(key, mode)| (key.as_str(), *mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_names_most_counts() {
        let modes = |pairs: &[(&str, Mode)]| pairs.iter().map(|(key, mode)| ((*key).to_owned(), *mode)).collect();
        let table: BTreeMap<String, Mode> =
            modes(&[("keycloak", Mode::Session), ("keycloak-reports", Mode::Transaction), ("*", Mode::Transaction)]);
        for (name, expected) in [
            ("keycloak", "keycloak"),
            ("keycloak-pooler", "keycloak"),
            ("pooler-keycloak", "keycloak"),
            ("keycloak-reports-pooler", "keycloak-reports"),
            ("keycloaks", "*"),
        ] {
            assert_eq!(wanted(&table, name).map(|(key, _)| key), Some(expected), "{name}");
        }
        assert!(wanted(&BTreeMap::new(), "keycloak").is_none());
    }
}
