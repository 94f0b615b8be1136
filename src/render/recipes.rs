//! What a Makefile says is applied by hand: which kustomizations, and into which namespaces.

use super::files::{Content, Files};
use super::lies_in;
use super::make::{self, Command, Input, InputKind, Makefile};
use crate::manifest::own_paths;
use crate::source::SourceId;
use crate::tree;
use std::collections::{BTreeMap, BTreeSet};

/// The names make looks for, in its order.
pub const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// The names just looks for.
pub const JUSTFILES: [&str; 3] = ["justfile", "Justfile", ".justfile"];

/// The Makefile of a root and what its recipes apply.
#[derive(Clone, Debug)]
pub struct Recipes {
    /// The text.
    pub source: SourceId,
    /// What it says.
    pub makefile: Makefile,
    /// Folders of kustomizations that some recipe applies.
    pub kustomizations: BTreeSet<String>,
    /// Files and folders that are applied as they are, and into which namespace, if the command says one.
    applied: Vec<(String, Option<String>)>,
    /// Paths that recipes name and nothing lies at, in a checkout as it comes from git.
    pub missing: BTreeSet<String>,
    /// Files that recipes write, with what each is made from; none where one is written whose name is not known.
    pub written: Option<BTreeMap<String, Vec<String>>>,
}

/// Every path of a file or folder that recipes apply or take values from, as far as they are known.
pub(super) fn named(makefile: &Makefile) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for input in makefile.commands().flat_map(|(_, command)| command.inputs()) {
        let Some(path) = path_of(input) else { continue };
        match input.kind {
            InputKind::Kustomization => {
                found.extend(own_paths(&path));
                found.insert(path);
            }
            InputKind::File | InputKind::Folder | InputKind::Decrypted | InputKind::Substituted => {
                found.insert(path);
            }
            _ => {}
        }
    }
    found
}

/// The path of an input, where it is one path.
pub fn path_of(input: &Input) -> Option<String> {
    input.path.known().filter(|_| !input.path.glob).and_then(tree::normalize).filter(|path| !path.is_empty())
}

impl Recipes {
    /// The recipes of a root, if it has a Makefile.
    pub(super) fn read(files: &Files<'_>) -> Option<Recipes> {
        let (source, text) = MAKEFILES.iter().find_map(|name| match files.content(name) {
            Content::Text(source, text) => Some((source, text)),
            _ => None,
        })?;
        let makefile = make::read(text);
        let missing = named(&makefile).into_iter().filter(|path| files.is_surely_missing(path)).collect();
        let written = written(&makefile);
        let mut recipes =
            Recipes { source, makefile, kustomizations: BTreeSet::new(), applied: Vec::new(), missing, written };
        for (_, command) in recipes.makefile.commands() {
            let Command::Apply(apply) = command else { continue };
            let namespace = apply.namespace.as_ref().and_then(|namespace| namespace.known());
            for input in &apply.sources {
                let Some(path) = input.path.known().and_then(tree::normalize) else { continue };
                match input.kind {
                    InputKind::Kustomization => {
                        recipes.kustomizations.insert(path);
                    }
                    InputKind::File | InputKind::Folder | InputKind::Decrypted | InputKind::Substituted => {
                        recipes.applied.push((path, namespace.map(str::to_owned)));
                    }
                    _ => {}
                }
            }
        }
        Some(recipes)
    }

    /// The namespace that the file at `path` is applied into, where it names none itself; none where no recipe
    /// says one, or several say different ones.
    pub fn namespace_of(&self, path: &str) -> Option<&str> {
        let mut found = self.applied.iter().filter(|(applied, _)| lies_in(path, applied)).map(|(_, name)| name);
        let first = found.next()?;
        found.all(|other| other == first).then_some(first.as_deref()).flatten()
    }

    /// Whether some recipe applies the file at `path` as it is.
    pub fn applies(&self, path: &str) -> bool {
        self.applied.iter().any(|(applied, _)| lies_in(path, applied))
    }

    /// Whether some recipe writes the file, or one of the folder, at `path`; or may write it.
    pub fn may_write(&self, path: &str) -> bool {
        self.written.as_ref().is_none_or(|written| written.keys().any(|one| lies_in(one, path) || lies_in(path, one)))
    }
}

fn written(makefile: &Makefile) -> Option<BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, command) in makefile.commands() {
        let Command::Write(write) = command else { continue };
        let path = write.path.known().and_then(tree::normalize)?;
        found.entry(path).or_default().extend(write.from.iter().filter_map(path_of));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::files::Extra;
    use crate::source::{Source, Sources};
    use elsa::sync::FrozenVec;

    #[test]
    fn recipes_say_what_goes_where() {
        let text = "deploy:\n\tkubectl apply -n databases -f helm/pg.yaml -f helm/policies\n\tkubectl apply -k overlays/live\n\
                    other:\n\tkubectl -n attic apply -f helm/policies/old.yaml\n";
        let mut sources = Sources::default();
        let source = sources.add(Source::new(0, "Makefile", text));
        let extra = Extra::Text(source);
        let embedded = FrozenVec::new();
        let files = Files::new(0, &sources, [], [("Makefile", &extra)], &embedded);
        let recipes = Recipes::read(&files).expect("a Makefile");
        assert_eq!(recipes.kustomizations, BTreeSet::from(["overlays/live".to_owned()]));
        for (path, namespace) in [
            ("helm/pg.yaml", Some("databases")),
            ("helm/policies/deny.yaml", Some("databases")),
            ("helm/policies/old.yaml", None),
            ("helm/pg.yaml.bak", None),
        ] {
            assert_eq!(recipes.namespace_of(path), namespace, "{path}");
            assert_eq!(recipes.applies(path), !path.ends_with(".bak"), "{path}");
        }
    }
}
