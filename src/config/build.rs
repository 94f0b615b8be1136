//! From a checked document to typed values. It tells what a schema cannot say, and passes over what
//! the schema has refused.

use super::document::{Document, Located};
use super::error::{ConfigError, shown};
use super::overrides::split_name;
use super::{
    Allow, CodeLevel, Config, Databases, KindName, Level, ObjectPattern, ObjectRef, Operator, OwnedKinds, Ownership,
    PathGlob, PathRule, Role, RuleConfig, Spanned, TargetConfig, VersionConfig,
};
use crate::source::Span;
use serde_json::{Map, Value};

/// More path patterns than this are refused: each is compiled, and each file is held against them.
const PATTERNS: usize = 2000;

/// Fills `config` from `document`; returns the faults found on the way, in no order.
pub(super) fn build(document: &Document, config: &mut Config) -> Vec<ConfigError> {
    let mut builder = Builder { document, patterns: 0, errors: Vec::new() };
    let root = Cursor { json: &document.json, place: &document.root };
    config.role = root.get("role").and_then(|role| builder.role(role));
    config.paths = builder.each(root, "paths", Builder::path_rule);
    config.ownership = builder.ownership(root);
    config.databases = root.get("databases").map(|databases| builder.databases(databases)).unwrap_or_default();
    config.targets = builder.each(root, "targets", Builder::target);
    config.versions = root.get("versions").map(|versions| builder.versions(versions)).unwrap_or_default();
    config.contracts = builder.texts(root, "contracts");
    config.crds = builder.texts(root, "crds");
    config.rules = builder.each(root, "rules", Builder::rule);
    config.allow = builder.each(root, "allow", |builder, _, entry| builder.allow(entry));
    config.exclude = builder.each(root, "exclude", |builder, _, pattern| builder.glob(pattern));
    builder.errors
}

/// A value with its place.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    json: &'a Value,
    place: &'a Located,
}

impl<'a> Cursor<'a> {
    fn get(self, key: &str) -> Option<Cursor<'a>> {
        Some(Cursor { json: self.json.get(key)?, place: self.place.key(key)? })
    }

    /// Entries of a mapping with their keys, or items of a list with empty ones.
    fn children(self) -> Vec<(&'a str, Cursor<'a>)> {
        match self.json {
            Value::Object(map) => map
                .iter()
                .filter_map(|(key, json)| Some((key.as_str(), Cursor { json, place: self.place.key(key)? })))
                .collect(),
            Value::Array(list) => list
                .iter()
                .enumerate()
                .filter_map(|(at, json)| Some(("", Cursor { json, place: self.place.item(at)? })))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn is_mapping(self) -> bool {
        self.json.is_object()
    }
}

struct Builder<'a> {
    document: &'a Document,
    patterns: usize,
    errors: Vec<ConfigError>,
}

impl<'a> Builder<'a> {
    fn each<T>(
        &mut self,
        parent: Cursor<'a>,
        key: &str,
        mut read: impl FnMut(&mut Self, &'a str, Cursor<'a>) -> Option<T>,
    ) -> Vec<T> {
        let children = parent.get(key).map(Cursor::children).unwrap_or_default();
        children.into_iter().filter_map(|(key, child)| read(self, key, child)).collect()
    }

    fn error(&mut self, span: Span, message: String, label: &str, help: Option<String>) {
        self.errors.push(ConfigError { message, span, label: label.to_owned(), help });
    }

    fn span(&self, at: Cursor<'a>) -> Span {
        self.document.value_span(at.place)
    }

    fn text(&self, at: Cursor<'a>) -> Option<Spanned<String>> {
        let text = at.json.as_str()?;
        Some(Spanned::written(text.to_owned(), self.span(at)))
    }

    fn texts(&mut self, parent: Cursor<'a>, key: &str) -> Vec<Spanned<String>> {
        self.each(parent, key, |builder, _, item| builder.text(item))
    }

    fn role(&mut self, at: Cursor<'a>) -> Option<Spanned<Role>> {
        Some(Spanned::written(Role::parse(at.json.as_str()?)?, self.span(at)))
    }

    fn compile(&mut self, text: &str, span: Span) -> Option<PathGlob> {
        self.patterns += 1;
        if self.patterns > PATTERNS {
            if self.patterns == PATTERNS + 1 {
                let message = format!("a config holds at most {PATTERNS} path patterns");
                self.error(span, message, "one too many", None);
            }
            return None;
        }
        match PathGlob::new(text) {
            Ok(glob) => Some(glob),
            Err(error) => {
                self.error(span, error.message, "not a path pattern of this repo", error.help);
                None
            }
        }
    }

    fn glob(&mut self, at: Cursor<'a>) -> Option<Spanned<PathGlob>> {
        // The schema has told of an empty one.
        let text = at.json.as_str().filter(|text| !text.is_empty())?;
        let span = self.span(at);
        Some(Spanned::written(self.compile(text, span)?, span))
    }

    fn path_rule(&mut self, key: &'a str, entry: Cursor<'a>) -> Option<PathRule> {
        let span = self.document.key_span(entry.place);
        let pattern = self.compile(key, span);
        let role = self.role(entry.get("role")?)?;
        Some(PathRule { pattern: Spanned::written(pattern?, span), role })
    }

    fn ownership(&mut self, root: Cursor<'a>) -> Ownership {
        let mut ownership = Ownership::default();
        let Some(section) = root.get("ownership") else { return ownership };
        for (key, owned) in [("platform", &mut ownership.platform), ("app", &mut ownership.app)] {
            if let Some(list) = section.get(key).filter(|list| list.json.is_array()) {
                let kinds = list.children().into_iter().filter_map(|(_, kind)| kind.json.as_str());
                let written = Some(self.document.key_span(list.place));
                *owned = OwnedKinds { kinds: kinds.map(KindName::parse).collect(), written };
            }
        }
        ownership
    }

    fn databases(&mut self, section: Cursor<'a>) -> Databases {
        let text = |key: &str| section.get(key).and_then(|at| self.text(at));
        let client_label = text("client-label");
        let operator = section.get("operator");
        let of_operator = |key: &str| operator.and_then(|at| at.get(key)).and_then(|at| self.text(at));
        let operator = Operator { namespace: of_operator("namespace"), version: of_operator("version") };
        let shared = self.each(section, "shared", |builder, _, at| {
            let (namespace, name) = at.json.as_str()?.split_once('/')?;
            let object = ObjectRef { namespace: namespace.to_owned(), name: name.to_owned() };
            Some(Spanned::written(object, builder.span(at)))
        });
        Databases { shared, namespaces: self.texts(section, "namespaces"), operator, client_label }
    }

    fn target(&mut self, key: &'a str, entry: Cursor<'a>) -> Option<TargetConfig> {
        let span = self.document.key_span(entry.place);
        if key.trim().is_empty() {
            self.error(span, "a target needs a name".into(), "empty", None);
            return None;
        }
        let roots = self.each(entry, "roots", |builder, _, root| builder.folder(root));
        Some(TargetConfig { name: Spanned::written(key.to_owned(), span), roots })
    }

    fn folder(&mut self, at: Cursor<'a>) -> Option<Spanned<String>> {
        let text = at.json.as_str().filter(|text| !text.is_empty())?;
        let span = self.span(at);
        if text.starts_with('/') {
            let message = format!("`{}` is not a folder of this repo: it starts with `/`", shown(text));
            self.error(span, message, "not relative", Some("write it relative to the folder of this file".into()));
            return None;
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            let message = format!("`{}` is not a folder of this repo: it holds `..`", shown(text));
            self.error(span, message, "may lead out of the repo", None);
            return None;
        }
        let folder = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
        Some(Spanned::written(folder, span))
    }

    fn versions(&self, section: Cursor<'a>) -> VersionConfig {
        let text = |key: &str| section.get(key).and_then(|at| self.text(at));
        VersionConfig { kubernetes: text("kubernetes"), cnpg: text("cnpg"), flux: text("flux") }
    }

    fn rule(&mut self, id: &'a str, at: Cursor<'a>) -> Option<RuleConfig> {
        let id = Spanned::written(id.to_owned(), self.document.key_span(at.place));
        let span = self.span(at);
        let mut rule = RuleConfig { id, off: false, severity: None, codes: Vec::new(), options: Map::new(), span };
        let severity = if at.is_mapping() { at.get("severity") } else { Some(at) };
        if let Some(severity) = severity {
            match severity.json.as_str().and_then(Level::parse) {
                Some(Level::Severity(severity)) => rule.severity = Some(severity),
                Some(Level::Off) => rule.off = true,
                None => {}
            }
            if severity.is_mapping() {
                for (code, word) in severity.children() {
                    let Some(level) = word.json.as_str().and_then(Level::parse) else { continue };
                    let span = self.document.key_span(word.place);
                    rule.codes.push(CodeLevel { code: Spanned::written(code.to_owned(), span), level });
                }
            }
        }
        if let Value::Object(map) = at.json {
            let options = map.iter().filter(|(key, _)| *key != "severity");
            rule.options = options.map(|(key, value)| (key.clone(), value.clone())).collect();
        }
        Some(rule)
    }

    fn allow(&mut self, entry: Cursor<'a>) -> Option<Allow> {
        let text = |key: &str| entry.get(key).and_then(|at| at.json.as_str());
        let path_at = entry.get("path");
        let path = path_at.and_then(|at| self.glob(at)).map(|glob| glob.value);
        let until = entry.get("until").and_then(|at| self.date(at));
        let object = text("object").and_then(ObjectPattern::parse);
        let (rule, code) = split_name(text("rule")?);
        let all_objects = object.as_ref().is_none_or(ObjectPattern::matches_everything);
        let all_paths = path.as_ref().map_or(path_at.is_none(), PathGlob::matches_everything);
        if all_objects
            && all_paths
            && let Some(at) = entry.get("object").or(path_at)
        {
            let help = "name an object or a path; a rule as a whole is switched off under `rules`";
            let message = format!("this entry would allow `{}` everywhere", shown(rule));
            self.error(self.span(at), message, "takes everything", Some(help.into()));
        }
        Some(Allow {
            rule: rule.to_owned(),
            code: code.map(str::to_owned),
            object,
            path,
            reason: text("reason")?.trim().to_owned(),
            until,
            span: self.document.entry_span(entry.place),
        })
    }

    fn date(&mut self, at: Cursor<'a>) -> Option<jiff::civil::Date> {
        let text = at.json.as_str()?;
        let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<i16>().ok());
        // What has another form was told by the schema.
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let date = jiff::civil::Date::new(year, month as i8, day as i8).ok();
        if date.is_none() {
            let message = format!("there is no day {}", shown(text));
            self.error(self.span(at), message, "not in the calendar", None);
        }
        date
    }
}
