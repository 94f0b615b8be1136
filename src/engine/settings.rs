//! Which rules run, with which options and severities.

use super::{NEWEST_CNPG, NEWEST_KUBERNETES};
use crate::config::{Config, Level, RuleShape, Spanned};
use crate::finding::{Finding, Severity, Versions};
use crate::rule::{Rule, World};
use crate::rules;
use foldhash::{HashMap, HashMapExt};
use std::any::Any;

/// Which rules run: names of rules or of families.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these; everything that is on by default where empty.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
}

/// Whether `name` (a rule id, a family, `family/*` or `all`) means `rule`.
pub fn names(name: &str, rule: &Rule) -> bool {
    let family = rule.id.split_once('/').map_or("", |(family, _)| family);
    name == "all" || name == rule.id || name.strip_suffix("/*").unwrap_or(name) == family
}

/// Whether any rule of `family` may run.
pub(super) fn wants_family(selection: &Selection, family: &str) -> bool {
    rules::ALL.iter().filter(|rule| names(family, rule)).any(|rule| selects(selection, rule))
}

/// Whether `rule` may run.
pub(super) fn selects(selection: &Selection, rule: &Rule) -> bool {
    !selection.ignore.iter().any(|name| names(name, rule))
        && (selection.select.is_empty() || selection.select.iter().any(|name| names(name, rule)))
}

/// What a config may say of each rule.
pub fn shapes() -> Vec<RuleShape<'static>> {
    rules::ALL
        .iter()
        .map(|rule| RuleShape {
            id: rule.id,
            codes: rule.codes.iter().map(|code| code.name).collect(),
            options: rule.options.map(|options| (options.schema)()),
        })
        .collect()
}

/// The rules to run: those that are on in at least one root.
pub(super) fn active(configs: &[Config], selection: &Selection) -> Vec<&'static Rule> {
    rules::ALL
        .iter()
        .copied()
        .filter(|rule| {
            if selection.ignore.iter().any(|name| names(name, rule)) {
                return false;
            }
            if !selection.select.is_empty() {
                return selection.select.iter().any(|name| names(name, rule));
            }
            configs.iter().any(|config| {
                let any_on = rule
                    .codes
                    .iter()
                    .any(|code| config.level_of(rule.id, code.name).is_some_and(|level| level != Level::Off));
                let all_off = rule.codes.iter().all(|code| config.level_of(rule.id, code.name) == Some(Level::Off));
                any_on || (!all_off && (rule.default || config.rule(rule.id).is_some()))
            })
        })
        .collect()
}

/// The options of every rule under one config. What does not read was reported with the config.
pub(super) fn options(config: &Config) -> HashMap<&'static str, Box<dyn Any + Send + Sync>> {
    let mut all = HashMap::new();
    for rule in rules::ALL {
        let Some(shape) = rule.options else { continue };
        let written = config.options_of(rule.id).and_then(|options| (shape.read)(options).ok());
        let read = written.or_else(|| (shape.read)(&serde_json::Map::new()).ok());
        all.insert(rule.id, read.expect("internal: every options struct has defaults"));
    }
    all
}

/// The severity of a finding where it lies; none where it is off.
pub(super) fn level(world: &World<'_>, finding: &Finding) -> Option<Severity> {
    let root = world.sources[finding.primary.span.source].root();
    match world.configs.get(root) {
        // What is off by default and on in one root says nothing of the others.
        Some(config) if config.rule(finding.rule).is_none() && is_asked_elsewhere(world, finding.rule) => None,
        Some(config) => config.severity_of(finding.rule, finding.code, finding.severity),
        None => Some(finding.severity),
    }
}

/// Whether a rule that is off by default was switched on by the config of some root.
fn is_asked_elsewhere(world: &World<'_>, rule: &str) -> bool {
    rules::find(rule).is_some_and(|rule| !rule.default)
        && world.configs.iter().any(|config| config.rule(rule).is_some())
}

/// What is assumed of the cluster of each root: what the config or the command line says, else what the repo installs,
/// else the newest known; and what the summary of a run over several roots names of them, which is of each version the first
/// that is stated.
pub(super) fn versions(configs: &[Config], installed: impl Fn(usize) -> Option<String>) -> (Vec<Versions>, Versions) {
    let stated = |written: Option<&Spanned<String>>| written.map(|version| minor(&version.value));
    let kubernetes: Vec<Option<String>> =
        configs.iter().map(|config| stated(config.versions.kubernetes.as_ref())).collect();
    let cnpg: Vec<Option<String>> = configs
        .iter()
        .enumerate()
        .map(|(root, config)| stated(config.cnpg_version()).or_else(|| installed(root)))
        .collect();
    let first =
        |all: &[Option<String>], newest: &str| all.iter().flatten().next().map_or(newest, String::as_str).to_owned();
    let summary = Versions { kubernetes: first(&kubernetes, NEWEST_KUBERNETES), cnpg: first(&cnpg, NEWEST_CNPG) };
    let each = kubernetes.into_iter().zip(cnpg).map(|(kubernetes, cnpg)| Versions {
        kubernetes: kubernetes.unwrap_or_else(|| NEWEST_KUBERNETES.to_owned()),
        cnpg: cnpg.unwrap_or_else(|| NEWEST_CNPG.to_owned()),
    });
    (each.collect(), summary)
}

/// `major.minor` of a version text.
fn minor(version: &str) -> String {
    let version = version.trim_start_matches('v');
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}
