//! Temporary shape.
#![allow(missing_docs, reason = "temporary")]
use crate::finding::Severity;
use crate::source::{SourceId, Span};
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Platform,
    App,
    Runtime,
}
#[derive(Clone, Debug)]
pub struct KindName {
    pub group: String,
    pub kind: String,
}
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    pub platform: Vec<KindName>,
    pub app: Vec<KindName>,
}
#[derive(Clone, Debug)]
pub struct ObjectRef {
    pub namespace: String,
    pub name: String,
}
#[derive(Clone, Debug, Default)]
pub struct Operator {
    pub namespace: Option<Spanned<String>>,
    pub version: Option<Spanned<String>>,
}
#[derive(Clone, Debug, Default)]
pub struct Databases {
    pub shared: Vec<Spanned<ObjectRef>>,
    pub namespaces: Vec<Spanned<String>>,
    pub operator: Operator,
    pub client_label: Option<Spanned<String>>,
}
#[derive(Clone, Debug)]
pub struct TargetConfig {
    pub name: Spanned<String>,
    pub roots: Vec<Spanned<String>>,
}
#[derive(Clone, Debug, Default)]
pub struct VersionConfig {
    pub kubernetes: Option<Spanned<String>>,
    pub cnpg: Option<Spanned<String>>,
}
#[derive(Clone, Debug)]
pub struct RuleConfig {
    pub id: Spanned<String>,
    pub off: bool,
    pub severity: Option<Severity>,
    pub codes: Vec<(String, Severity)>,
    pub options: serde_json::Map<String, serde_json::Value>,
    pub span: Span,
}
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub source: Option<SourceId>,
    pub role: Option<Spanned<Role>>,
    pub ownership: Ownership,
    pub databases: Databases,
    pub targets: Vec<TargetConfig>,
    pub versions: VersionConfig,
    pub contracts: Vec<Spanned<String>>,
    pub rules: Vec<RuleConfig>,
    pub exclude: Vec<Spanned<String>>,
    pub allow: Vec<Allow>,
}
#[derive(Clone, Debug)]
pub struct Allow {
    pub rule: String,
    pub code: Option<String>,
    pub reason: String,
    pub until: Option<jiff::civil::Date>,
    pub span: Span,
}
impl Allow {
    pub fn matches(&self, _p: &str, _o: Option<&crate::finding::ObjectName>) -> bool {
        true
    }
}
impl Config {
    pub fn role_of(&self, _path: &str) -> Option<&Spanned<Role>> {
        self.role.as_ref()
    }
    pub fn owns(&self, _role: Role, _group: &str, _kind: &str) -> bool {
        false
    }
}
