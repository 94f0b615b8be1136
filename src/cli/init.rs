//! `tidegate init`: a first config that fits the repo, and the hook and the CI step to paste. It writes one
//! file, and never over another unless told to.

use super::args::Init;
use super::shown::shown_path;
use super::survey::{Pipelines, Survey, survey};
use super::trial::{fingerprints, trial};
use super::{Io, Status, complain};
use crate::config::{self, OptionError, Role};
use crate::habits::Habit;
use crate::tree::{self, ReadError};
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Writes the config and prints the rest.
pub(super) fn init(arguments: &Init, io: &mut Io<'_>) -> io::Result<Status> {
    let (file, exists) = match place(arguments.path.as_deref()) {
        Ok(found) => found,
        Err(error) => return complain(io, &error),
    };
    if exists && !arguments.force {
        let message = format!("{} is there already", shown_path(&file));
        return complain(io, &OptionError { message, help: Some("--force writes over it".into()) });
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut survey = match survey(folder) {
        Ok(survey) => survey,
        Err(error) => return complain(io, &OptionError { message: error.to_string(), help: None }),
    };
    let role = arguments.role.map(Role::from);
    let text = match tried(&mut survey, role, folder) {
        Ok(text) => text,
        Err(error) => return complain(io, &OptionError { message: error.to_string(), help: None }),
    };
    if let Err(error) = write(&file, &text, arguments.force) {
        let message = format!("{}: cannot be written: {error}", shown_path(&file));
        return complain(io, &OptionError { message, help: None });
    }
    tell(&survey, arguments, &file, io)?;
    write!(io.out, "{}{HOOK}\n{}", hooks(survey.has_hooks), pipeline(survey.pipelines))?;
    Ok(Status::Clean)
}

/// The config, with nothing in it under which lint says more of the repo than without it; takes out of `survey` what
/// is not to be set.
fn tried(survey: &mut Survey, role: Option<Role>, folder: &Path) -> Result<String, ReadError> {
    let rules: Vec<&str> = survey.habits.iter().map(|habit| habit.rule).collect();
    if !rules.is_empty() {
        let outcome = trial(folder, &config_text(survey, role), &rules)?.outcome;
        survey.habits.retain(|habit| {
            let is_told = outcome.findings.iter().any(|finding| finding.rule == habit.rule);
            let is_unsure = outcome.undecided.iter().any(|question| question.rule == habit.rule);
            !(is_told || is_unsure && habit.told_by_rule)
        });
    }
    let with = |shared: bool, guess: bool, survey: &Survey| {
        let mut survey = survey.clone();
        if !shared {
            survey.shared.clear();
            survey.client_label = None;
        }
        survey.withheld = if guess { None } else { Some(0) };
        survey
    };
    let guesses = role.is_none() && survey.role().is_some();
    if survey.shared.is_empty() && survey.client_label.is_none() && !guesses {
        return Ok(config_text(survey, role));
    }
    let known = fingerprints(folder, &config_text(&with(false, !guesses, survey), role))?;
    // What a line brings to light is for somebody to look at who asked for it.
    for (shared, guess) in [(true, true), (false, true), (true, false), (false, false)] {
        let candidate = with(shared, guess, survey);
        let text = config_text(&candidate, role);
        if (guess || guesses) && fingerprints(folder, &text)?.is_subset(&known) {
            *survey = candidate;
            if !guess {
                let all = fingerprints(folder, &config_text(&with(false, true, survey), role))?;
                survey.withheld = Some(all.difference(&known).count());
            }
            return Ok(config_text(survey, role));
        }
    }
    *survey = with(false, !guesses, survey);
    Ok(config_text(survey, role))
}

/// The file to write, and whether it exists.
fn place(path: Option<&Path>) -> Result<(PathBuf, bool), OptionError> {
    let refuse = |message: String| OptionError { message, help: None };
    let folder = match path {
        Some(path) => path.canonicalize().map_err(|error| match error.kind() {
            ErrorKind::NotFound => refuse(format!("{}: not found", path.display())),
            _ => refuse(format!("{}: {error}", path.display())),
        })?,
        None => tree::enclosing_root(Path::new(".")).map_err(|error| refuse(error.to_string()))?.folder,
    };
    if !folder.is_dir() {
        return Err(refuse(format!("{}: not a folder", folder.display())));
    }
    for name in config::FILE_NAMES {
        let file = folder.join(name);
        // What lies there may be a link that leads anywhere: only a file of this folder is written over.
        match file.symlink_metadata() {
            Ok(found) if found.is_file() => return Ok((file, true)),
            Ok(_) => return Err(refuse(format!("{} is there and no regular file", shown_path(&file)))),
            Err(_) => {}
        }
    }
    Ok((folder.join(config::FILE_NAMES[0]), false))
}

fn write(file: &Path, text: &str, over: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if over {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(file)?.write_all(text.as_bytes())
}

fn tell(survey: &Survey, arguments: &Init, file: &Path, io: &mut Io<'_>) -> io::Result<()> {
    match survey.counts.as_slice() {
        [] => writeln!(io.err, "found: nothing that tidegate knows")?,
        counts => {
            let words: Vec<String> = counts.iter().map(|(what, count)| counted(*count, what)).collect();
            writeln!(io.err, "found: {}", words.join(", "))?;
        }
    }
    match survey.unread {
        0 => {}
        1 => writeln!(io.err, "1 file or folder could not be read: `tidegate lint` says which")?,
        more => writeln!(io.err, "{more} files or folders could not be read: `tidegate lint` says which")?,
    }
    match (arguments.role.map(Role::from), survey.role()) {
        (Some(role), _) => writeln!(io.err, "role: {role}, as you said")?,
        (None, Some((role, _))) if survey.withheld.is_some() => {
            writeln!(io.err, "role: not set; it looks like {role}, and the config says why not")?;
        }
        (None, Some((role, why))) => writeln!(io.err, "role: {role}, a guess: {why}; --role says otherwise")?,
        (None, None) => writeln!(io.err, "role: not known; set it in the file, or run this with --force --role ROLE")?,
    }
    writeln!(io.err, "wrote {}", shown_path(file))
}

fn counted(count: usize, what: &str) -> String {
    match what.strip_suffix("Policy") {
        _ if count == 1 => format!("1 {what}"),
        Some(stem) => format!("{count} {stem}Policies"),
        None => match what.strip_prefix("file ") {
            Some(rest) => format!("{count} files {rest}"),
            None => format!("{count} {what}s"),
        },
    }
}

/// The config. Behind `#` and a space stand words; behind `#` alone stands what may be taken in.
fn config_text(survey: &Survey, given: Option<Role>) -> String {
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
fn hooks(is_there: bool) -> &'static str {
    match is_there {
        true => "# For .pre-commit-config.yaml, below `repos:`. The program has to be on the PATH.\n",
        false => {
            "# A whole .pre-commit-config.yaml, for the hooks of pre-commit. The program has to be on the PATH.\n\
             repos:\n"
        }
    }
}

const HOOK: &str = "  - repo: local
    hooks:
      - id: tidegate
        name: tidegate
        entry: tidegate lint .
        language: system
        pass_filenames: false
        types_or: [yaml, json]
";

/// The step of a pipeline.
fn pipeline(pipelines: Pipelines) -> &'static str {
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
    use crate::engine;
    use crate::source::SourceId;
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

    #[test]
    fn counts_are_told_in_words() {
        for (count, what, words) in [
            (1, "NetworkPolicy", "1 NetworkPolicy"),
            (2, "NetworkPolicy", "2 NetworkPolicies"),
            (2, "file encrypted with SOPS", "2 files encrypted with SOPS"),
            (3, "kustomization", "3 kustomizations"),
        ] {
            assert_eq!(counted(count, what), words);
        }
    }
}
