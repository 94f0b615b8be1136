//! Which rules run, with which options and severities.

use super::{NEWEST_CNPG, NEWEST_KUBERNETES, Request};
use crate::config::{Config, RuleConfig};
use crate::finding::{Finding, Severity, Versions};
use crate::rule::{Rule, World};
use crate::rules;
use std::any::Any;
use std::collections::HashMap;

/// Which rules run: names of rules or of families.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these; everything that is on by default where empty.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
}

/// A severity, or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// This severity.
    Severity(Severity),
    /// Not at all.
    Off,
}

/// A severity for a rule or one of its codes, from the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The rule's id.
    pub rule: String,
    /// One of its codes, or all.
    pub code: Option<String>,
    /// What it gets.
    pub level: Level,
}

/// Whether `name` (a rule id, a family, `family/*` or `all`) means `rule`.
pub fn names(name: &str, rule: &Rule) -> bool {
    let family = rule.id.split_once('/').map_or("", |(family, _)| family);
    name == "all" || name == rule.id || name.strip_suffix("/*").unwrap_or(name) == family
}

fn configured<'c>(config: &'c Config, rule: &Rule) -> Option<&'c RuleConfig> {
    config.rules.iter().rev().find(|entry| entry.id.value == rule.id)
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
            configs.iter().any(|config| match configured(config, rule) {
                Some(entry) => !entry.off,
                None => rule.default,
            })
        })
        .collect()
}

/// The options of every rule under one config. What does not read was reported with the config.
pub(super) fn options(config: &Config) -> HashMap<&'static str, Box<dyn Any + Send + Sync>> {
    let mut all = HashMap::new();
    for rule in rules::ALL {
        let Some(shape) = rule.options else { continue };
        let written = configured(config, rule).and_then(|entry| (shape.read)(&entry.options).ok());
        let read = written.or_else(|| (shape.read)(&serde_json::Map::new()).ok());
        all.insert(rule.id, read.expect("internal: every options struct has defaults"));
    }
    all
}

/// Applies the severities of the config and of the command line; none where the finding is off.
pub(super) fn level(world: &World<'_>, finding: &Finding, overrides: &[Override]) -> Option<Severity> {
    let root = world.sources[finding.primary.span.source].root();
    let mut level = Level::Severity(finding.severity);
    if let Some(config) = world.configs.get(root) {
        for entry in config.rules.iter().filter(|entry| entry.id.value == finding.rule) {
            if entry.off {
                level = Level::Off;
            } else if let Some((_, severity)) = entry.codes.iter().find(|(code, _)| code == finding.code) {
                level = Level::Severity(*severity);
            } else if let Some(severity) = entry.severity {
                level = Level::Severity(severity);
            }
        }
    }
    for entry in overrides {
        if entry.rule == finding.rule && entry.code.as_deref().is_none_or(|code| code == finding.code) {
            level = entry.level;
        }
    }
    match level {
        Level::Severity(severity) => Some(severity),
        Level::Off => None,
    }
}

/// What is assumed of a root's cluster: the command line, else the config, else the newest known.
pub(super) fn versions(config: &Config, request: &Request) -> Versions {
    let pick = |asked: &Option<String>, written: Option<&str>, newest: &str| {
        asked.as_deref().or(written).map_or_else(|| newest.to_owned(), minor)
    };
    let written = |value: &Option<crate::config::Spanned<String>>| value.as_ref().map(|value| value.value.clone());
    let operator = written(&config.versions.cnpg).or_else(|| written(&config.databases.operator.version));
    Versions {
        kubernetes: pick(&request.kubernetes, written(&config.versions.kubernetes).as_deref(), NEWEST_KUBERNETES),
        cnpg: pick(&request.cnpg, operator.as_deref(), NEWEST_CNPG),
    }
}

/// `major.minor` of a version text.
fn minor(version: &str) -> String {
    let version = version.trim_start_matches('v');
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}
