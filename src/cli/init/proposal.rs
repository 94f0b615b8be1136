//! The texts that `init` proposes: a config, the pre-commit entry and a CI step.

use super::survey::{Pipelines, Survey};
use crate::config::Role;
use crate::habits::Habit;
use serde_json::Value as Json;
use std::fmt::Write as _;

/// The config. Behind `#` and a space stand words; behind `#` alone stands what may be taken in.
pub(super) fn config_text(survey: &Survey, given: Option<Role>) -> String {
    let mut text = String::from(
        "# What tidegate is told about this repo. Nothing in here is needed; take the `#` away\n\
         # from what you want to say. `tidegate lint` points at mistakes in this file.\n\n",
    );
    let guess = given.map(|role| (role, "as `tidegate init` was told")).or_else(|| survey.role());
    text.push_str("# What the repo is for: platform runs what apps share, app describes apps that use a platform,\n");
    text.push_str("# runtime only says what is deployed where. Rules about who owns what ask for it.\n");
    match guess {
        Some((role, why)) if survey.withheld.is_some_and(|_| given.is_none()) => {
            let count = match survey.withheld {
                Some(1) => "1 finding comes".to_owned(),
                other => format!("{} findings come", other.unwrap_or_default()),
            };
            let words = format!(
                "It looks like {role}: {why}. Not set, as {count} with it: what belongs to apps stands beside it. \
                 Say it, and under `paths` where apps are, once that is meant."
            );
            comment(&words, "", &mut text);
            let _ = write!(text, "#role: {role}\n#paths:\n#  apps/**: {{role: app}}\n");
        }
        Some((role, why)) => {
            let _ = write!(text, "# Set to {role}: {why}.\nrole: {role}\n");
        }
        None => text.push_str("# Nothing in here tells which; one of the three:\n#role: platform\n"),
    }
    text.push('\n');
    databases(survey, &mut text);
    targets(survey, &mut text);
    text.push_str(
        "\n# What the clusters run. Without it the newest versions that tidegate knows are assumed.\n\
         #versions:\n#  kubernetes: \"1.34\"\n",
    );
    rules(&survey.habits, &mut text);
    text.push_str(
        "\n# What is accepted although a rule objects: rule, object or path, reason, and maybe until when.\n\
         #allow: []\n\n\
         # Files that are not to be looked at.\n#exclude: [\"docs/**\"]\n",
    );
    text
}

fn targets(survey: &Survey, text: &mut String) {
    text.push_str("\n# The clusters that are delivered to, with the folders that each starts from.\n");
    match survey.targets.as_slice() {
        [] => text.push_str("# Nothing in here tells them; all of the repo is taken for one.\n"),
        found => {
            let list = format!("Found by themselves, and needed only if that is wrong: {}.", found.join(", "));
            comment(&list, "", text);
        }
    }
    text.push_str("#targets:\n#  live: {roots: [clusters/live]}\n");
}

/// The rules: what the repo does throughout, each with what speaks for it.
fn rules(habits: &[Habit], text: &mut String) {
    text.push_str(
        "\n# A rule's severity (error, warning, note, off) and its options; `tidegate rules` lists the rules,\n\
         # `tidegate explain RULE` tells the options.\n",
    );
    if habits.is_empty() {
        text.push_str("#rules: {}\n");
        return;
    }
    text.push_str("# These hold the repo to what it does throughout already. Take out what is so by chance.\nrules:\n");
    for habit in habits {
        comment(&sentence(&habit.why), "  ", text);
        let _ = match habit.options.as_slice() {
            [] => writeln!(text, "  {}: warning", habit.rule),
            options => {
                let options: Vec<String> =
                    options.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect();
                match format!("  {}: {{{}}}", habit.rule, options.join(", ")) {
                    line if line.len() <= WIDTH => writeln!(text, "{line}"),
                    _ => writeln!(text, "  {}:\n    {}", habit.rule, options.join("\n    ")),
                }
            }
        };
    }
}

/// Lines are no longer than this where words allow it.
const WIDTH: usize = 100;

/// A comment in lines of bearable length.
fn comment(words: &str, indent: &str, text: &mut String) {
    let mut line = format!("{indent}#");
    for word in words.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = format!("{indent}#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// A value between brackets, as people write it.
fn flow(value: &Json) -> String {
    match value {
        Json::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}: {}", word(key), flow(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Json::String(text) => word(text),
        other => other.to_string(),
    }
}

/// A text between brackets: without quotes where no reader takes it for anything else.
fn word(text: &str) -> String {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_' | b'='));
    if plain { quoted(text) } else { Json::String(text.to_owned()).to_string() }
}

fn databases(survey: &Survey, text: &mut String) {
    let known = !survey.namespaces.is_empty()
        || !survey.operators.is_empty()
        || !survey.shared.is_empty()
        || survey.client_label.is_some();
    let off = if known { "" } else { "#" };
    let _ = writeln!(text, "{off}databases:");
    text.push_str("  # Namespaces that hold databases.\n");
    match survey.namespaces.is_empty() {
        true => text.push_str("#  namespaces: [databases]\n"),
        false => {
            let names: Vec<String> = survey.namespaces.iter().map(|name| quoted(name)).collect();
            let _ = writeln!(text, "  namespaces: [{}]", names.join(", "));
        }
    }
    text.push_str("  # Clusters that several apps use, as namespace/name; some rules speak of these only.\n");
    if survey.shared.is_empty() {
        let clusters: Vec<String> = survey.clusters.iter().map(|name| quoted(name)).collect();
        let example = if clusters.is_empty() { "databases/shared".to_owned() } else { clusters.join(", ") };
        let _ = writeln!(text, "#  shared: [{example}]");
    } else {
        for (name, why) in &survey.shared {
            comment(&format!("{name}: {why}."), "  ", text);
        }
        let names: Vec<String> = survey.shared.keys().map(|name| quoted(name)).collect();
        let _ = writeln!(text, "  shared: [{}]", names.join(", "));
    }
    text.push_str("  # Where the CloudNativePG operator runs, and which version.\n");
    match survey.operators.first() {
        Some(namespace) => {
            let _ = write!(text, "  operator:\n    namespace: {}\n#    version: \"1.28\"\n", quoted(namespace));
        }
        None => text.push_str("#  operator: {namespace: cnpg-system, version: \"1.28\"}\n"),
    }
    text.push_str("  # The label by which a namespace opts in to a database.\n");
    match &survey.client_label {
        Some((key, why)) => {
            comment(&sentence(why), "  ", text);
            let _ = writeln!(text, "  client-label: {}", quoted(key));
        }
        None => text.push_str("#  client-label: example.org/database-client\n"),
    }
}

/// A name as a YAML scalar that every reader takes for text: `on` and `123` are names of namespaces, too.
fn quoted(name: &str) -> String {
    let plain = serde_yaml::to_string(name).expect("internal: text is written as YAML");
    let plain = plain.trim_end();
    if plain == name && !matches!(name, "on" | "off" | "yes" | "no" | "y" | "n") {
        plain.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

/// What stands before the hook.
pub(super) fn hooks(is_there: bool) -> &'static str {
    match is_there {
        true => "# For .pre-commit-config.yaml, below `repos:`. The program has to be on the PATH.\n",
        false => {
            "# A whole .pre-commit-config.yaml, for the hooks of pre-commit. The program has to be on the PATH.\n\
             repos:\n"
        }
    }
}

pub(super) const HOOK: &str = "  - repo: local
    hooks:
      - id: tidegate
        name: tidegate
        entry: tidegate lint .
        language: system
        pass_filenames: false
        types_or: [yaml, json]
";

/// The step of a pipeline.
pub(super) fn pipeline(pipelines: Pipelines) -> &'static str {
    match pipelines {
        Pipelines::Github => {
            "\
# For a job in .github/workflows, behind the checkout. The program has to be on the PATH.
      - name: tidegate
        run: tidegate lint . --format github
"
        }
        Pipelines::Gitlab => {
            "\
# For .gitlab-ci.yml. The program has to be in the image.
tidegate:
  script:
    - tidegate lint . --format concise --format gitlab=gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
"
        }
        Pipelines::Woodpecker => {
            "\
# For a workflow in .woodpecker. The program has to be in the image.
steps:
  - name: tidegate
    image: example.org/tidegate
    commands:
      - tidegate lint .
"
        }
        Pipelines::Other => {
            "\
# For CI: the exit status is 0 without errors, 1 with some, 2 where something could not be checked.
tidegate lint .
"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::{config, engine};
    use std::collections::BTreeSet;

    fn read(text: &str) -> config::Config {
        config::read(SourceId(0), text.into(), &engine::shapes()).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// The text with everything taken in that stands behind `#` without a space.
    fn taken_in(text: &str) -> String {
        text.lines()
            .map(|line| {
                line.strip_prefix('#').filter(|rest| !rest.starts_with(" ") || rest.starts_with("  ")).unwrap_or(line)
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn what_is_written_reads_back_with_and_without_the_examples() {
        for namespaces in [&[][..], &["databases"], &["on", "123", "no", "1e3", "null", "0x1f", "a-b"]] {
            for operators in [&[][..], &["cnpg-system"], &["off"]] {
                for clusters in [&[][..], &["databases/main", "on/off"]] {
                    for role in [None, Some(Role::App)] {
                        let survey = Survey {
                            namespaces: names(namespaces),
                            operators: names(operators),
                            clusters: names(clusters),
                            ..Survey::default()
                        };
                        let text = config_text(&survey, role);
                        let config = read(&text);
                        let read_back: BTreeSet<String> =
                            config.databases.namespaces.iter().map(|name| name.value.clone()).collect();
                        assert_eq!(read_back, survey.namespaces);
                        assert_eq!(config.role.map(|role| role.value), role);
                        let operator = config.databases.operator.namespace.map(|name| name.value);
                        assert_eq!(operator.as_deref(), operators.first().copied());
                        let whole = read(&taken_in(&text));
                        assert!(!whole.databases.shared.is_empty() && whole.role.is_some(), "{text}");
                        assert!(whole.cnpg_version().is_some() && !whole.exclude.is_empty(), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn snippets_are_yaml() {
        let hook = format!("{}{HOOK}", hooks(false));
        let steps = [Pipelines::Github, Pipelines::Gitlab, Pipelines::Woodpecker].map(pipeline);
        for snippet in [HOOK, hook.as_str()].into_iter().chain(steps) {
            serde_yaml::from_str::<serde_json::Value>(snippet).expect("YAML");
        }
    }
}
