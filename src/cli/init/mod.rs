//! `tidegate init`: a first config that fits the repo, and the hook and the CI step to paste. It writes one
//! file, and never over another unless told to.

mod proposal;
mod survey;
mod trial;

use self::proposal::{HOOK, config_text, hooks, pipeline};
use self::survey::{Survey, survey};
use self::trial::{fingerprints, trial};
use super::args::Init;
use super::shown::shown_path;
use super::{Io, Status, complain};
use crate::config::{self, OptionError, Role};
use crate::tree::{self, ReadError};
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

#[cfg(test)]
mod tests {
    use super::*;

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
