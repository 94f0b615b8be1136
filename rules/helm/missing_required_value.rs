//! Values that have to be set when another one is.

use super::installs;
use crate::declare_rule;
use crate::graph::helm::{Install, Setting};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds Helm values that switch something on and leave out what it needs, as the option `values` says: `when` one
    /// path is set, `need` others. Bitnami's postgresql-ha, by itself or as a subchart, needs the password of pgpool's
    /// administrator or a Secret that holds it.
    ///
    /// ## Why it matters
    /// A chart makes up a password that nobody set. The next upgrade refuses to go on without it or makes up another
    /// one, and pgpool is then locked out of the database it stands before.
    ///
    /// ## Instead
    /// Set the value, encrypted, or name a Secret.
    ///
    /// ## Limits
    /// Off until the config names it. Looked at are the values of HelmReleases, of Applications of Argo CD and of
    /// `helmCharts`, and the files that recipes of the Makefile hand to Helm; for one that a recipe decrypts, the
    /// encrypted file. An encrypted value counts as set. Values of which some are not seen are left undecided, and
    /// defaults of the chart are not known.
    pub static RULE {
        id: "helm/missing-required-value",
        summary: "a Helm value is set and another one that it needs is not",
        scope: Target,
        codes: ["unset" => (Error, High, Reliability)],
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
    /// What needs what.
    pub values: Vec<Requirement>,
}

/// Values that need each other.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Requirement {
    /// The chart it is about; any where it is left out.
    #[serde(default)]
    pub chart: Option<String>,
    /// The path that has to be true, or to hold something, for the rest to matter; always where it is left out.
    #[serde(default)]
    pub when: Option<String>,
    /// The paths that then have to hold something.
    pub need: Vec<Need>,
}

/// A path, or several of which one will do.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Need {
    /// This path.
    One(String),
    /// Any of these.
    AnyOf(Vec<String>),
}

impl Need {
    fn paths(&self) -> &[String] {
        match self {
            Need::One(one) => std::slice::from_ref(one),
            Need::AnyOf(several) => several,
        }
    }
}

/// What postgresql-ha needs, by itself and as a subchart.
fn known() -> Vec<Requirement> {
    const PASSWORD: [&str; 4] = [
        "pgpool.adminPassword",
        "pgpool.existingSecret",
        "global.pgpool.adminPassword",
        "global.pgpool.existingSecret",
    ];
    let need = |prefix: &str| {
        let own = PASSWORD.iter().map(|path| format!("{prefix}{path}"));
        let of_parent = PASSWORD.iter().filter(|path| path.starts_with("global.")).map(|path| (*path).to_owned());
        vec![Need::AnyOf(own.chain(of_parent.filter(|_| !prefix.is_empty())).collect())]
    };
    vec![
        Requirement { chart: Some("postgresql-ha".into()), when: None, need: need("") },
        Requirement { chart: None, when: Some("postgresql-ha.enabled".into()), need: need("postgresql-ha.") },
    ]
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut all = context.options::<Options>().values.clone();
    all.extend(known());
    for install in installs(context) {
        for requirement in &all {
            if requirement.chart.as_ref().is_none_or(|chart| *chart == install.chart) {
                judge(&install, requirement, sink);
            }
        }
    }
}

fn judge<'w>(install: &Install<'w>, requirement: &Requirement, sink: &mut Sink<'_, 'w>) {
    let mut switched = None;
    if let Some(when) = &requirement.when {
        match install.values.get(when) {
            Setting::Value(value) if value.unknown().is_some() => {
                return sink.undecided(value.span(), value.unknown().unwrap_or_default());
            }
            Setting::Value(value) if holds(value) => switched = Some(value),
            Setting::Flag => {}
            _ => return,
        }
    }
    for need in &requirement.need {
        let is_set = |path: &String| match install.values.get(path) {
            Setting::Value(value) => holds(value),
            Setting::Flag => true,
            Setting::Off | Setting::None => false,
        };
        if need.paths().iter().any(is_set) {
            continue;
        }
        let Some(first) = need.paths().first() else { continue };
        let span = switched.map_or(install.span, Value::span);
        if let Some(reason) = &install.values.open {
            sink.undecided(span, reason.clone());
            continue;
        }
        let message = match &requirement.when {
            Some(when) => format!("the values of {} set `{when}` and leave `{first}` unset", install.title),
            None => format!("the values of {} leave `{first}` unset", install.title),
        };
        let finding = match (install.object, switched) {
            (Some((resource, at)), _) => sink.finding("unset", resource, switched.unwrap_or(at), message),
            (None, _) => sink.file_finding("unset", span, String::new(), message),
        };
        let finding = finding
            .underline(span)
            .label(if switched.is_some() { "switched on here" } else { "this chart needs it" })
            .related((span != install.span).then_some(install.span), "for this chart");
        finding.help(match need.paths().len() {
            1 => format!("set `{first}`, encrypted if it is a password"),
            _ => format!("set `{first}`, encrypted, or name a Secret in its place"),
        });
    }
}

/// Whether a value switches something on, or is there at all.
fn holds(value: Value<'_>) -> bool {
    value
        .as_bool()
        .unwrap_or_else(|| !value.is_null() && !value.is_empty() && !matches!(value.raw(), Some("" | "false")))
}
