//! `tidegate init`: a first config that fits the repo, and the hook and the CI step to paste. It writes one
//! file, and never over another unless told to.

use super::args::Init;
use super::shown::shown_path;
use super::survey::{Pipelines, Survey, survey};
use super::{Io, Status, complain};
use crate::config::{self, OptionError, Role};
use crate::tree;
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
    let survey = match survey(folder) {
        Ok(survey) => survey,
        Err(error) => return complain(io, &OptionError { message: error.to_string(), help: None }),
    };
    let text = config_text(&survey, arguments.role.map(Role::from));
    if let Err(error) = write(&file, &text, arguments.force) {
        let message = format!("{}: cannot be written: {error}", shown_path(&file));
        return complain(io, &OptionError { message, help: None });
    }
    tell(&survey, arguments, &file, io)?;
    write!(io.out, "{PRE_COMMIT}\n{}", pipeline(survey.pipelines))?;
    Ok(Status::Clean)
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
fn config_text(survey: &Survey, role: Option<Role>) -> String {
    let mut text = String::from(
        "# What tidegate is told about this repo. Nothing in here is needed; take the `#` away\n\
         # from what you want to say. `tidegate lint` points at mistakes in this file.\n\n",
    );
    let guess = role.map(|role| (role, "as `tidegate init` was told")).or_else(|| survey.role());
    text.push_str("# What the repo is for: platform runs what apps share, app describes apps that use a platform,\n");
    text.push_str("# runtime only says what is deployed where. Rules about who owns what ask for it.\n");
    match guess {
        Some((role, why)) => {
            let _ = write!(text, "# Set to {role}: {why}.\nrole: {role}\n");
        }
        None => text.push_str("# Nothing in here tells which; one of the three:\n#role: platform\n"),
    }
    text.push('\n');
    databases(survey, &mut text);
    text.push_str(
        "\n# What the clusters run. Without it the newest versions that tidegate knows are assumed.\n\
         #versions:\n#  kubernetes: \"1.34\"\n\n\
         # A rule's severity (error, warning, note, off) and its options; `tidegate rules` lists the rules,\n\
         # `tidegate explain RULE` tells the options.\n#rules: {}\n\n\
         # What is accepted although a rule objects: rule, object or path, reason, and maybe until when.\n\
         #allow: []\n\n\
         # Files that are not to be looked at.\n#exclude: [\"docs/**\"]\n",
    );
    text
}

fn databases(survey: &Survey, text: &mut String) {
    let known = !survey.namespaces.is_empty() || !survey.operators.is_empty();
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
    let clusters: Vec<String> = survey.clusters.iter().map(|name| quoted(name)).collect();
    let example = if clusters.is_empty() { "databases/shared".to_owned() } else { clusters.join(", ") };
    let _ = writeln!(text, "#  shared: [{example}]");
    text.push_str("  # Where the CloudNativePG operator runs, and which version.\n");
    match survey.operators.first() {
        Some(namespace) => {
            let _ = write!(text, "  operator:\n    namespace: {}\n#    version: \"1.28\"\n", quoted(namespace));
        }
        None => text.push_str("#  operator: {namespace: cnpg-system, version: \"1.28\"}\n"),
    }
    text.push_str("  # The label that marks Pods which may reach a database.\n");
    text.push_str("#  client-label: example.org/database-client\n");
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

const PRE_COMMIT: &str = "\
# For .pre-commit-config.yaml, below `repos:`. The program has to be on the PATH.
  - repo: local
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
        for snippet in [PRE_COMMIT, pipeline(Pipelines::Github), pipeline(Pipelines::Gitlab)] {
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
