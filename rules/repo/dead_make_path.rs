//! Recipes of a Makefile that cannot do what they say.

use crate::declare_rule;
use crate::manifest::own_paths;
use crate::render::make::{Command, Input, InputKind, Release, Target, Text};
use crate::render::recipes::{Recipes, path_of};
use crate::rule::{Context, Sink};
use crate::source::Span;
use std::ops::Range;

declare_rule! {
    /// ## What it does
    /// Finds recipes of a Makefile that apply a manifest, a folder or a kustomization that is not there, hand Helm a
    /// values file that is not there, or install a chart without saying which version.
    ///
    /// ## Why it matters
    /// The recipe stops half-way, with what stands before that line applied and the rest not. Mostly the file was moved or
    /// renamed and the Makefile was not looked at. Without `--version` the same recipe installs another chart every few
    /// weeks, and whoever runs it next upgrades the database's operator without knowing.
    ///
    /// ## Instead
    /// The path of today, and `--version` with the version that runs.
    ///
    /// ## Limits
    /// Only the Makefile at the root. Silent for paths with variables that cannot be resolved or may be set from outside,
    /// for patterns of names, for what git ignores or another step makes (a decrypted twin, a target of that name),
    /// for commands within a condition, and for those whose failure the
    /// recipe ignores. Charts from a folder or an archive need no version.
    pub static RULE {
        id: "repo/dead-make-path",
        summary: "a recipe applies what is not there, or installs a chart of any version",
        scope: Repo,
        codes: [
            "missing" => (Warning, High, Gitops),
            "no-version" => (Warning, High, Gitops),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for (root, recipes) in &context.world.told.recipes {
        if context.world.lone[*root] {
            continue;
        }
        let text = context.world.sources[recipes.source].text();
        for (target, command) in recipes.makefile.commands() {
            let skipped = command.is_conditional() || target.conditional;
            if skipped || command.range().is_some_and(|range| may_fail(text, range)) {
                continue;
            }
            for input in command.inputs() {
                missing(recipes, target, command, input, text, sink);
            }
            if let Command::Release(release) = command {
                version(context, *root, target, release, sink);
            }
        }
    }
}

/// Whether the line of a command says that its failure is nothing.
fn may_fail(text: &str, range: &Range<usize>) -> bool {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
    let line = text[start..end].trim_start_matches(['\t', ' ', '@', '+']);
    line.starts_with('-') || line.contains("|| true") || line.contains("|| :") || line.contains("||true")
}

fn span(recipes: &Recipes, range: &Range<usize>) -> Span {
    Span::new(recipes.source, range.start as u32..range.end as u32)
}

fn missing<'w>(
    recipes: &Recipes,
    target: &Target,
    command: &Command,
    input: &Input,
    text: &str,
    sink: &mut Sink<'_, 'w>,
) {
    let Some(path) = path_of(input).filter(|_| !input.path.overridable) else { return };
    let is_dead = match input.kind {
        InputKind::Kustomization => own_paths(&path).all(|one| recipes.missing.contains(&one)),
        InputKind::File | InputKind::Folder | InputKind::Decrypted | InputKind::Substituted => {
            recipes.missing.contains(&path)
        }
        _ => false,
    };
    let is_made = recipes.may_write(&path)
        || recipes.makefile.target(&path).is_some()
        || recipes.makefile.patterns.iter().any(|pattern| makes(&pattern.name, &path))
        || is_named_by_others(text, &path);
    if !is_dead || is_made {
        return;
    }
    let name = target.name.written();
    let (what, effect) = match (command, input.kind) {
        (Command::Release(_), _) => ("values file", "hands Helm"),
        (_, InputKind::Kustomization) => ("kustomization", "applies"),
        _ => ("manifest", "applies"),
    };
    let folder_is_there = input.kind == InputKind::Kustomization && !recipes.missing.contains(&path);
    let message = match folder_is_there {
        true => format!("`make {name}` {effect} `{path}`, which holds no kustomization"),
        false => format!("`make {name}` {effect} `{path}`, which is not there"),
    };
    let finding = sink.file_finding("missing", span(recipes, &input.path.range), String::new(), message).label(
        match folder_is_there {
            true => "no kustomization in it".to_owned(),
            false => format!("no such {what}"),
        },
    );
    let finding = match &input.path.defined {
        Some(range) => finding.related(span(recipes, range), "the path comes from here"),
        None => finding,
    };
    finding.help(match input.kind {
        InputKind::Kustomization => "name the folder of today, or take the line away",
        _ => "name the file of today, or take the line away",
    });
}

/// Whether a rule for a pattern of names makes a file.
fn makes(pattern: &Text, path: &str) -> bool {
    let Some((before, after)) = pattern.known().and_then(|pattern| pattern.split_once('%')) else { return true };
    path.len() > before.len() + after.len() && path.starts_with(before) && path.ends_with(after)
}

/// Whether a line that neither applies nor installs names a path: a program that may make it.
fn is_named_by_others(text: &str, path: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim();
        let hands_over = ["kubectl", "helm", "oc ", "sops", "kustomize"].iter().any(|tool| line.contains(tool));
        let sets = line.split_once('=').is_some_and(|(name, _)| {
            let name = name.trim_end_matches([':', '?', '+', '!', ' ']);
            !name.is_empty() && !name.contains(char::is_whitespace)
        });
        // The continuation of a command says nothing of its own.
        let continues = line.starts_with('-') || line.ends_with('\\');
        line.contains(path) && !hands_over && !sets && !continues && !line.starts_with(['#', '@', ';'])
    })
}

fn version<'w>(context: &Context<'_, 'w>, root: usize, target: &Target, release: &Release, sink: &mut Sink<'_, 'w>) {
    let Some(recipes) = context.world.told.recipes.get(&root) else { return };
    let Some(chart) = &release.chart else { return };
    let Some(name) = chart.known() else { return };
    let remote = name.starts_with("oci://")
        || name.starts_with("https://")
        || release.repository.is_some()
        || is_alias(recipes, name)
        || looks_remote(name) && !context.world.may_hold(root, &format!("{name}/Chart.yaml"));
    // A version may stand behind the address of an artifact.
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    let is_pinned = release.version.is_some() || last.contains(['@', ':']) || last.ends_with(".tgz");
    if is_pinned || release.open || !remote {
        return;
    }
    let message =
        format!("`make {}` installs whatever version of chart `{last}` is the newest that day", target.name.written());
    sink.file_finding("no-version", span(recipes, &chart.range), String::new(), message)
        .label("no `--version` behind it")
        .help("add `--version` with the version that runs");
}

/// Whether a chart's name is one in a repository rather than a path of this repo, as far as the name tells.
fn looks_remote(name: &str) -> bool {
    const LOCAL: [&str; 8] = ["chart", "charts", "helm", "deploy", "deployment", "k8s", "kubernetes", "manifests"];
    let Some((alias, chart)) = name.split_once('/') else { return false };
    !chart.contains('/') && !alias.starts_with(['.', '~']) && !alias.is_empty() && !LOCAL.contains(&alias)
}

/// Whether the first part of a chart's name is a repository that a recipe adds.
fn is_alias(recipes: &Recipes, chart: &str) -> bool {
    let alias = chart.split('/').next();
    recipes.makefile.commands().any(|(_, command)| match command {
        Command::Repository(repository) => repository.name.known() == alias,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_fail_is_told_by_its_line() {
        for (text, expected) in [
            ("a:\n\tkubectl apply -f x.yaml\n", false),
            ("a:\n\t-kubectl apply -f x.yaml\n", true),
            ("a:\n\t@-kubectl apply -f x.yaml\n", true),
            ("a:\n\tkubectl apply -f x.yaml || true\n", true),
        ] {
            let start = text.find("kubectl").expect("the command");
            assert_eq!(may_fail(text, &(start..start + 22)), expected, "{text}");
        }
    }

    #[test]
    fn a_line_that_runs_something_else_may_make_the_file() {
        for (line, made) in [
            ("\tkubectl apply -f out/all.yaml", false),
            ("ALL = out/all.yaml", false),
            ("ALL ?= out/all.yaml", false),
            ("\t./render.sh > out/all.yaml", true),
            ("\tgo run ./cmd/render -o out/all.yaml", true),
            ("\t  -f out/all.yaml", false),
            ("# out/all.yaml is made by hand", false),
        ] {
            assert_eq!(is_named_by_others(line, "out/all.yaml"), made, "{line}");
        }
    }
}
