//! Flags of helm commands in texts that are not run here: justfiles, Taskfiles.

use super::Set;
use crate::render::recipes::JUSTFILES;
use crate::source::{Source, SourceId, Span};
use crate::tree;

/// Whether a file of that name holds commands that people run by name.
pub fn is_command_file(path: &str) -> bool {
    let name = tree::name(path);
    let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml").trim_end_matches(".dist");
    JUSTFILES.contains(&name) || stem.eq_ignore_ascii_case("taskfile")
}

/// What a helm command does with a release, as far as its words tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// It is no helm command.
    Nothing,
    /// Its verb is still to come.
    Unsaid,
    /// It makes the release what its flags say.
    Releases,
}

/// Verbs of helm, and of its plugins, that leave releases as they are.
const HARMLESS: &[&str] = &[
    "dep",
    "dependency",
    "diff",
    "get",
    "history",
    "lint",
    "list",
    "ls",
    "package",
    "pull",
    "push",
    "repo",
    "rollback",
    "search",
    "show",
    "status",
    "template",
    "test",
    "uninstall",
    "unittest",
];

/// What the helm commands of a text that install or upgrade a release set path by path.
pub fn sets_in_text<'w>(id: SourceId, source: &Source) -> Vec<Set<'w>> {
    let mut found = Vec::new();
    // Of one command; the last one for a path has its way.
    let mut own: Vec<Set<'w>> = Vec::new();
    let (mut does, mut only_tries, mut start) = (Does::Nothing, false, 0);
    for line in source.text().split_inclusive('\n') {
        let words = words(line, start);
        start += line.len();
        let first = words.first().map_or("", |(_, word)| *word);
        if first.starts_with('#') {
            continue;
        }
        // A flag at the start of a line goes on with the command before it.
        if !first.starts_with("--") {
            end(&mut does, &mut only_tries, &mut own, &mut found);
        }
        let mut words = words.into_iter();
        while let Some((at, word)) = words.next() {
            match word {
                _ if word == "helm" || word.ends_with("/helm") => {
                    end(&mut does, &mut only_tries, &mut own, &mut found);
                    does = Does::Unsaid;
                }
                "|" | "||" | "&&" | ";" => end(&mut does, &mut only_tries, &mut own, &mut found),
                "install" | "upgrade" if does == Does::Unsaid => does = Does::Releases,
                _ if does == Does::Unsaid && HARMLESS.contains(&word) => does = Does::Nothing,
                _ => {}
            }
            only_tries |= word == "--dry-run" || word.starts_with("--dry-run=");
            // Those of `--set-string` are texts, which switch nothing.
            let given = match word.strip_prefix("--set") {
                _ if does != Does::Releases => None,
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('=').map(|given| (at + word.len() - given.len(), given)),
                None => None,
            };
            if let Some((at, given)) = given {
                let given = given.trim_matches(['"', '\'']);
                let span = Span::new(id, at as u32..(at + given.len()) as u32);
                for one in given.split(',').filter_map(|one| set(one, span)) {
                    own.retain(|before| before.path != one.path);
                    own.push(one);
                }
            }
        }
    }
    end(&mut does, &mut only_tries, &mut own, &mut found);
    found
}

/// Enters what a command sets at its end. One that only tries sets nothing.
fn end<'w>(does: &mut Does, only_tries: &mut bool, own: &mut Vec<Set<'w>>, found: &mut Vec<Set<'w>>) {
    let sets = std::mem::take(own);
    if !std::mem::take(only_tries) {
        found.extend(sets);
    }
    *does = Does::Nothing;
}

fn set<'w>(one: &str, span: Span) -> Option<Set<'w>> {
    let (path, text) = one.split_once('=')?;
    let known = |text: &str| !text.contains(['$', '`', '{']);
    known(path).then(|| Set {
        path: path.trim().to_owned(),
        value: None,
        text: known(text).then(|| text.to_owned()),
        span,
    })
}

/// The words of a line, and where each begins. Quotes stay with their word.
fn words(line: &str, start: usize) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let (mut from, mut quote) = (None, None);
    for (at, letter) in line.char_indices().chain([(line.len(), '\n')]) {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if letter.is_whitespace() => {
                if let Some(from) = from.take() {
                    words.push((start + from, &line[from..at]));
                }
                continue;
            }
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None => {}
        }
        from = from.or(Some(at));
    }
    if let Some(from) = from {
        words.push((start + from, line[from..].trim_end()));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_of_helm_commands_count() {
        for (text, expected) in [
            (
                "  helm upgrade --install shop shop/shop --set postgresql.enabled=true\n",
                &[("postgresql.enabled", "true")][..],
            ),
            ("- helm upgrade shop shop/shop --set=redis.enabled=true,a=b\n", &[("redis.enabled", "true"), ("a", "b")]),
            (
                "helm install a b \\\n  --version 1.2.3 \\\n  --set \"redis.enabled=true\"\n",
                &[("redis.enabled", "true")],
            ),
            ("helm install a b --set-string redis.enabled=true\n", &[]),
            ("helm install a b\nother --set redis.enabled=true\n", &[]),
            ("helm list | tool --set redis.enabled=true\n", &[]),
            ("helm lint charts/shop --set redis.enabled=true\n", &[]),
            ("helm template shop charts/shop --set redis.enabled=true | kubeconform -\n", &[]),
            ("helm diff upgrade shop charts/shop --set redis.enabled=true\n", &[]),
            ("echo run helm with --set redis.enabled=true\n", &[]),
            ("helm --kube-context dev upgrade a b --set redis.enabled=true\n", &[("redis.enabled", "true")]),
            ("helm upgrade a b --set redis.enabled=true --dry-run\n", &[]),
            ("helm upgrade a b --dry-run\nhelm upgrade a b --set redis.enabled=true\n", &[("redis.enabled", "true")]),
            ("helm upgrade a b --set redis.enabled=true --set redis.enabled=false\n", &[("redis.enabled", "false")]),
            ("# helm install a b --set redis.enabled=true\n", &[]),
            ("helm install a b --set redis.enabled={{redis}}\n", &[("redis.enabled", "?")]),
        ] {
            let source = Source::new(0, "justfile", text);
            let sets = sets_in_text(SourceId(0), &source);
            let sets: Vec<(&str, &str)> =
                sets.iter().map(|set| (set.path.as_str(), set.text.as_deref().unwrap_or("?"))).collect();
            assert_eq!(sets, expected, "{text}");
        }
    }

    #[test]
    fn files_of_commands_go_by_name() {
        for (path, expected) in [
            ("justfile", true),
            ("tools/Justfile", true),
            ("Taskfile.yml", true),
            ("apps/taskfile.dist.yaml", true),
            ("tasks.yaml", false),
        ] {
            assert_eq!(is_command_file(path), expected, "{path}");
        }
    }
}
