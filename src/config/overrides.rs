//! Options of the command line that override the config: `--severity`, `--role`, `--kubernetes-version`,
//! `--cnpg-version`.

use super::error::{OptionError, shown};
use super::level::LevelOverride;
use super::{Config, Level, Role, RuleShape, Spanned, suggest, words};

impl Config {
    /// `--severity RULE[:CODE]=error|warning|note|off`.
    pub fn set_severity(&mut self, setting: &str, rules: &[RuleShape<'_>]) -> Result<(), OptionError> {
        let Some((name, word)) = setting.split_once('=') else {
            return Err(OptionError {
                message: format!("`{}` names no severity", shown(setting)),
                help: Some("write RULE=error, warning, note or off, or RULE:CODE=…".into()),
            });
        };
        let (rule, code) = split_name(name.trim());
        let Some(shape) = rules.iter().find(|shape| shape.id == rule) else {
            let (message, help) = words::unknown_rule(rule, rules);
            return Err(OptionError { message, help });
        };
        if let Some(code) = code
            && !shape.codes.contains(&code)
        {
            let (message, help) = words::unknown_code(shape, code);
            return Err(OptionError { message, help });
        }
        let Some(level) = Level::parse(word.trim()) else {
            return Err(OptionError {
                message: format!("unknown severity `{}`", shown(word)),
                help: suggest::help(word, Level::WORDS.into_iter()),
            });
        };
        self.overrides.push(LevelOverride { rule: rule.to_owned(), code: code.map(str::to_owned), level });
        Ok(())
    }

    /// `--role` by its word, as [`Config::override_role`].
    pub fn set_role(&mut self, word: &str) -> Result<(), OptionError> {
        let Some(role) = Role::parse(word) else {
            return Err(OptionError {
                message: format!("unknown role `{}`", shown(word)),
                help: suggest::help(word, Role::ALL.into_iter().map(Role::name)),
            });
        };
        self.override_role(role);
        Ok(())
    }

    /// The role of every file, whatever the config says.
    pub fn override_role(&mut self, role: Role) {
        self.paths.clear();
        self.role = Some(Spanned::said(role));
    }

    /// `--kubernetes-version`.
    pub fn set_kubernetes_version(&mut self, text: &str) -> Result<(), OptionError> {
        self.versions.kubernetes = Some(Spanned::said(version(text)?));
        Ok(())
    }

    /// `--cnpg-version`.
    pub fn set_cnpg_version(&mut self, text: &str) -> Result<(), OptionError> {
        self.versions.cnpg = Some(Spanned::said(version(text)?));
        Ok(())
    }
}

/// A rule and maybe one of its codes: `id` or `id:code`.
pub(super) fn split_name(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(rule, code)| (rule, Some(code)))
}

fn version(text: &str) -> Result<String, OptionError> {
    if words::is_version(text) {
        return Ok(text.to_owned());
    }
    Err(OptionError {
        message: format!("`{}` is not a version", shown(text)),
        help: Some("write major and minor, as in 1.34".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    fn rules() -> [RuleShape<'static>; 2] {
        [
            RuleShape { id: "net/open-port", codes: vec!["world", "host"], options: None },
            RuleShape { id: "cnpg/no-backup", codes: vec!["never"], options: None },
        ]
    }

    #[test]
    fn the_nearest_word_on_a_rule_wins() {
        let mut config = Config::default();
        assert_eq!(config.severity_of("net/open-port", "world", Severity::Note), Some(Severity::Note));
        for setting in ["net/open-port=warning", "net/open-port:host=off", "net/open-port = error"] {
            config.set_severity(setting, &rules()).expect(setting);
        }
        assert_eq!(config.severity_of("net/open-port", "world", Severity::Note), Some(Severity::Error));
        assert_eq!(config.severity_of("net/open-port", "host", Severity::Note), None);
        assert_eq!(config.level_of("cnpg/no-backup", "never"), None);
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let text = "role: platform\npaths: {apps: {role: app}}\nversions: {kubernetes: \"1.30\"}\n\
                    rules: {net/open-port: {severity: {host: note}}, cnpg/no-backup: off}\n";
        let mut config = crate::config::read(crate::source::SourceId(0), text.into(), &rules()).expect("a config");
        assert_eq!(config.level_of("net/open-port", "world"), None);
        assert_eq!(config.level_of("net/open-port", "host"), Some(Level::Severity(Severity::Note)));
        assert_eq!(config.level_of("cnpg/no-backup", "never"), Some(Level::Off));
        config.set_severity("net/open-port=error", &rules()).expect("a rule");
        assert_eq!(config.level_of("net/open-port", "host"), Some(Level::Severity(Severity::Error)));
        config.set_role("runtime").expect("a role");
        assert_eq!(config.role_of("apps/a.yaml"), Some(&Spanned::said(Role::Runtime)));
        config.set_kubernetes_version("1.34").expect("a version");
        config.set_cnpg_version("v1.28.1").expect("a version");
        assert_eq!(config.versions.kubernetes, Some(Spanned::said("1.34".into())));
        assert_eq!(config.cnpg_version(), Some(&Spanned::said("v1.28.1".into())));
    }

    #[test]
    fn wrong_words_are_told() {
        let mut config = Config::default();
        for (setting, message, help) in [
            (
                "net/open-port",
                "`net/open-port` names no severity",
                "write RULE=error, warning, note or off, or RULE:CODE=…",
            ),
            ("net/open-prt=off", "unknown rule `net/open-prt`", "did you mean `net/open-port`?"),
            ("a/b=off", "unknown rule `a/b`", "`tidegate rules` lists them"),
            ("net/open-port:hots=off", "rule `net/open-port` has no code `hots`", "did you mean `host`?"),
            ("net/open-port=of", "unknown severity `of`", "did you mean `off`?"),
            ("net/open-port=", "unknown severity ``", "allowed: error, warning, note, off"),
        ] {
            let error = config.set_severity(setting, &rules()).expect_err(setting);
            assert_eq!((error.message.as_str(), error.help.as_deref()), (message, Some(help)), "{setting}");
        }
        assert_eq!(
            config.set_role("plattform").expect_err("no role").help.as_deref(),
            Some("did you mean `platform`?")
        );
        for text in ["", "1", "1.x", "1.34.", "1.34.1.2", "latest", "1.34-rc1"] {
            assert!(config.set_kubernetes_version(text).is_err(), "{text}");
        }
        assert!(config.role.is_none() && config.versions.kubernetes.is_none() && config.overrides.is_empty());
    }
}
