//! What the config and the command line say of single rules: levels by rule and by code, and options.

use super::{Config, Spanned};
use crate::finding::Severity;
use crate::source::Span;
use serde_json::{Map, Value};

/// What the config has to know of a rule.
#[derive(Clone, Debug)]
pub struct RuleShape<'a> {
    /// Its id, `family/name`.
    pub id: &'a str,
    /// Its codes.
    pub codes: Vec<&'a str>,
    /// The JSON schema of its options, where it has some.
    pub options: Option<Value>,
}

/// How loud a rule is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Its findings have this severity.
    Severity(Severity),
    /// It says nothing.
    Off,
}

impl Level {
    /// The words for levels, in the order in which they are offered.
    pub const WORDS: [&'static str; 4] = ["error", "warning", "note", "off"];

    /// The level of a word, or none.
    pub fn parse(word: &str) -> Option<Level> {
        if word == "off" { Some(Level::Off) } else { Severity::parse(word).map(Level::Severity) }
    }
}

/// The level of one code of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeLevel {
    /// The code.
    pub code: Spanned<String>,
    /// Its level.
    pub level: Level,
}

/// What the config says of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleConfig {
    /// The rule's id.
    pub id: Spanned<String>,
    /// Whether it is off, as a whole and whatever its codes.
    pub off: bool,
    /// The severity of all its codes, where one is given.
    pub severity: Option<Severity>,
    /// Levels of single codes.
    pub codes: Vec<CodeLevel>,
    /// Its options, which fit the schema of its shape.
    pub options: Map<String, Value>,
    /// What shows the value: the word, or the key of the mapping.
    pub span: Span,
}

impl RuleConfig {
    /// The level of all its codes, where one is given.
    pub fn level(&self) -> Option<Level> {
        if self.off { Some(Level::Off) } else { self.severity.map(Level::Severity) }
    }
}

/// A level from the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct LevelOverride {
    pub(in crate::config) rule: String,
    pub(in crate::config) code: Option<String>,
    pub(in crate::config) level: Level,
}

impl Config {
    /// What the user said of `code` of `rule`, or none if nothing. The command line wins over the
    /// file, a code over its rule, and a later option over an earlier one.
    pub fn level_of(&self, rule: &str, code: &str) -> Option<Level> {
        let said = |wanted: Option<&str>| {
            let mut overrides = self.overrides.iter().rev();
            overrides.find(|said| said.rule == rule && said.code.as_deref() == wanted).map(|said| said.level)
        };
        said(Some(code)).or_else(|| said(None)).or_else(|| {
            let written = self.rule(rule)?;
            let by_code = written.codes.iter().find(|entry| entry.code.value == code);
            by_code.map(|entry| entry.level).or(written.level())
        })
    }

    /// The severity of `code` of `rule`, which has `default` unless the user says otherwise; none if it is off.
    pub fn severity_of(&self, rule: &str, code: &str, default: Severity) -> Option<Severity> {
        match self.level_of(rule, code) {
            None => Some(default),
            Some(Level::Severity(severity)) => Some(severity),
            Some(Level::Off) => None,
        }
    }

    /// The options of `rule`, where the config gives some.
    pub fn options_of(&self, rule: &str) -> Option<&Map<String, Value>> {
        self.rule(rule).map(|rule| &rule.options).filter(|options| !options.is_empty())
    }
}
