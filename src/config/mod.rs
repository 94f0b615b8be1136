//! The config file `tidegate.yaml`: reading, checking with located errors, typed values with spans, and
//! what the command line overrides. It opens no file and knows a rule only by the shape it is given.

mod allow;
mod build;
mod check;
mod databases;
mod document;
mod error;
mod glob;
mod level;
mod overrides;
mod ownership;
mod schema;
mod suggest;
#[cfg(test)]
mod tests;
mod words;

use crate::source::{SourceId, Span};
use std::sync::Arc;

pub use allow::{Allow, ObjectPattern};
pub use databases::{Databases, ObjectRef, Operator};
pub use error::{ConfigError, OptionError};
pub use glob::{GlobError, PathGlob};
pub use level::{CodeLevel, Level, RuleConfig, RuleShape};
pub use ownership::{KindName, OwnedKinds, Ownership, PathRule, Role};
pub use schema::schema;
pub use suggest::closest;

/// The names a config file may have, the one to prefer first.
pub const FILE_NAMES: [&str; 2] = ["tidegate.yaml", ".tidegate.yaml"];

/// A value and where the config says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written; none for what was said on the command line.
    pub span: Option<Span>,
}

impl<T> Spanned<T> {
    /// A value that is written at `span`.
    pub fn written(value: T, span: Span) -> Spanned<T> {
        Spanned { value, span: Some(span) }
    }

    /// A value that was said on the command line.
    pub fn said(value: T) -> Spanned<T> {
        Spanned { value, span: None }
    }
}

/// The entry points of one target, where the config names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetConfig {
    /// Its name.
    pub name: Spanned<String>,
    /// Folders relative to the config file, with `/`, without `./` in front and `/` behind; `.` for its own folder.
    pub roots: Vec<Spanned<String>>,
}

/// Versions that the config or the command line fixes, as written: `major.minor` or with a patch number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionConfig {
    /// Kubernetes.
    pub kubernetes: Option<Spanned<String>>,
    /// CloudNativePG, whose place in the file may also be `databases.operator.version`.
    pub cnpg: Option<Spanned<String>>,
    /// Flux.
    pub flux: Option<Spanned<String>>,
}

/// Everything that a config file says. The default is that of a repo without one.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file it was read from.
    pub source: Option<SourceId>,
    /// The role of everything that no entry of `paths` takes.
    pub role: Option<Spanned<Role>>,
    /// Roles by path, in the order written.
    pub paths: Vec<PathRule>,
    /// Which kinds belong to which role.
    pub ownership: Ownership,
    /// What is said of databases.
    pub databases: Databases,
    /// Targets and their entry points.
    pub targets: Vec<TargetConfig>,
    /// Fixed versions.
    pub versions: VersionConfig,
    /// Checkouts and exported contract files, relative to the config file.
    pub contracts: Vec<Spanned<String>>,
    /// Folders with schemas of custom kinds, relative to the config file.
    pub crds: Vec<Spanned<String>>,
    /// What is said of single rules.
    pub rules: Vec<RuleConfig>,
    /// Findings that are accepted.
    pub allow: Vec<Allow>,
    /// Files that do not belong to the run.
    pub exclude: Vec<Spanned<PathGlob>>,
    pub(in crate::config) overrides: Vec<level::LevelOverride>,
}

impl Config {
    /// The role of the file `path`: that of the last entry of `paths` that takes it, else the general one.
    pub fn role_of(&self, path: &str) -> Option<&Spanned<Role>> {
        let entry = self.paths.iter().rev().find(|entry| entry.pattern.value.matches(path));
        entry.map(|entry| &entry.role).or(self.role.as_ref())
    }

    /// Whether `kind` of `group` (empty for the core group) is listed for `role`.
    pub fn owns(&self, role: Role, group: &str, kind: &str) -> bool {
        self.ownership.of(role).is_some_and(|owned| owned.kinds.iter().any(|name| name.is(group, kind)))
    }

    /// Whether the file or folder `path` is left out of the run.
    pub fn excludes(&self, path: &str) -> bool {
        self.exclude.iter().any(|glob| glob.value.matches(path))
    }

    /// The CloudNativePG version that is fixed: under `versions`, else that of the operator.
    pub fn cnpg_version(&self) -> Option<&Spanned<String>> {
        self.versions.cnpg.as_ref().or(self.databases.operator.version.as_ref())
    }

    /// What the config says of one rule.
    pub fn rule(&self, id: &str) -> Option<&RuleConfig> {
        self.rules.iter().find(|rule| rule.id.value == id)
    }
}

/// Reads a config file. An empty one is the default. Otherwise every fault is told, in the order written.
pub fn read(source: SourceId, text: Arc<str>, rules: &[RuleShape<'_>]) -> Result<Config, Vec<ConfigError>> {
    let (document, mut errors) = document::read(source, text);
    let mut config = Config { source: Some(source), ..Config::default() };
    if let Some(document) = document {
        errors.extend(check::check(&document, rules));
        errors.extend(build::build(&document, &mut config));
    }
    if errors.is_empty() {
        return Ok(config);
    }
    errors.sort_by_key(|error| (error.span.start, error.span.end));
    errors.dedup_by(|later, earlier| later.span == earlier.span && later.message == earlier.message);
    Err(errors)
}
