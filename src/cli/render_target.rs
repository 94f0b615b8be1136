//! `tidegate render --target`: everything that one cluster gets.

use super::args::{Arguments, Command, Lint, Render};
use super::lint::known_target;
use super::load::load;
use super::render::{hand_over, look};
use super::shown::display;
use super::{Io, Status, complain};
use crate::config::OptionError;
use crate::engine;
use crate::render::{self, flux};
use crate::report::objects::print_objects;
use crate::source::{SourceId, Span};
use crate::yaml::Value;
use clap::Parser;
use std::ffi::OsStr;
use std::io;

/// Prints what `target` gets of what is written in the path.
pub(super) fn render(arguments: &Render, target: &str, io: &mut Io<'_>) -> io::Result<Status> {
    let mut loaded = load(&as_lint(arguments), None);
    let broken = loaded.config_errors.first().map(|error| error.message.clone());
    let refused = loaded.refusals.iter().chain(&loaded.missing).next();
    if let Some(message) = broken.or_else(|| refused.map(|failure| format!("{}: {}", failure.path, failure.message))) {
        return complain(io, &OptionError { message, help: None });
    }
    let roots = std::mem::take(&mut loaded.roots);
    let failures: Vec<_> = roots.iter().flat_map(|root| root.failures.clone()).collect();
    for failure in &failures {
        writeln!(io.err, "error: {}: {}", failure.path, failure.message)?;
    }
    let shown = display(&loaded);
    let display = |source: SourceId| shown(source);
    let outcome = engine::look(&loaded.sources, roots, |resources, targets, told| {
        let names: Vec<String> = targets.iter().map(|target| target.name.to_string()).collect();
        known_target(&names, Some(target))?;
        let members = targets.iter().filter(|one| *one.name == *target).flat_map(|one| &one.members);
        let objects: Vec<Value<'_>> = members
            .map(|at| &resources[*at])
            .filter(|resource| {
                let scopes = loaded.scopes.iter().filter(|scope| scope.root == resource.root);
                scopes.into_iter().any(|scope| render::lies_in(resource.path, &scope.path))
            })
            .map(|resource| resource.value)
            .collect();
        let (format, look) = look(arguments, &loaded.sources, &display, io);
        Ok((print_objects(format, &objects, &look), refusals(told, target)))
    });
    let (text, refusals) = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return complain(io, &error),
    };
    for (span, message) in &refusals {
        let position = loaded.sources[span.source].position(span.start);
        writeln!(io.err, "{}:{}:{}: {message}", display(span.source), position.line, position.column)?;
    }
    let whole = refusals.is_empty() && failures.is_empty();
    hand_over(arguments, &text, if whole { Status::Clean } else { Status::Failed }, io)
}

/// The options by which `lint` would read the same.
fn as_lint(arguments: &Render) -> Box<Lint> {
    let path = arguments.path.as_os_str();
    let words = [OsStr::new("tidegate"), OsStr::new("lint"), OsStr::new("--"), path];
    match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
        Ok(Command::Lint(mut lint)) => {
            lint.max_file_size = arguments.max_file_size;
            lint.helm = arguments.helm.clone();
            lint
        }
        _ => unreachable!("internal: a path alone is a command line of lint"),
    }
}

/// What of the target does not build, and where.
pub(super) fn refusals(told: &render::Told<'_>, target: &str) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    for failed in told.failed.iter().filter(|failed| *failed.target == *target) {
        found.push((failed.refusal.span, failed.refusal.message.clone()));
    }
    for (_, applied) in told.applied.iter().filter(|(name, _)| **name == *target) {
        match &applied.trouble {
            Some(flux::Trouble::Refusal(refusal)) => found.push((refusal.span, refusal.message.clone())),
            Some(flux::Trouble::Substitution(refused)) => found.push((refused.span, refused.message.clone())),
            Some(flux::Trouble::NoFolder(span, folder)) => {
                found.push((*span, format!("there is no folder `{folder}` in this repo")));
            }
            Some(flux::Trouble::Elsewhere(_)) | None => {}
        }
        found.extend(applied.sets.iter().filter_map(|set| set.refused.clone()));
    }
    found
}
