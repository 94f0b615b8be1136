//! What a Makefile says is applied by hand: which kustomizations, and into which namespaces.

use super::files::{Content, Files};
use super::lies_in;
use super::make::{self, Command, InputKind, Makefile};
use crate::source::SourceId;
use crate::tree;
use std::collections::BTreeSet;

/// The names make looks for, in its order.
pub const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

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
}

impl Recipes {
    /// The recipes of a root, if it has a Makefile.
    pub(super) fn read(files: &Files<'_>) -> Option<Recipes> {
        let (source, text) = MAKEFILES.iter().find_map(|name| match files.content(name) {
            Content::Text(source, text) => Some((source, text)),
            _ => None,
        })?;
        let makefile = make::read(text);
        let mut recipes = Recipes { source, makefile, kustomizations: BTreeSet::new(), applied: Vec::new() };
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
