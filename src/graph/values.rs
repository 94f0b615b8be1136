//! Helm values files: YAML that is no manifest, and which release takes it, as far as recipes say.

use crate::manifest::{Manifests, Role, holds_example_values};
use crate::render::Told;
use crate::render::make::{Command, Makefile};
use crate::tree;
use crate::yaml::{Dialect, Value};
use foldhash::HashSet;

/// A file of Helm values.
#[derive(Clone, Copy, Debug)]
pub struct ValuesFile<'w> {
    /// Its index in the manifests.
    pub index: usize,
    /// Path in its root.
    pub path: &'w str,
    /// The values.
    pub value: Value<'w>,
    /// The namespace that some recipe installs the release into.
    pub namespace: Option<&'w str>,
}

/// The values files of one root. A chart's own defaults are none, and neither are examples.
pub fn values_files<'w>(manifests: &Manifests<'w>, told: &'w Told<'_>, root: usize) -> Vec<ValuesFile<'w>> {
    let own = || manifests.files.iter().enumerate().filter(|(_, parsed)| parsed.root == root);
    let charts: HashSet<&str> = own()
        .filter(|(_, parsed)| tree::name(parsed.path) == "Chart.yaml")
        .map(|(_, parsed)| tree::parent(parsed.path))
        .collect();
    let makefile = told.recipes.get(&root).map(|recipes| &recipes.makefile);
    let mut found = Vec::new();
    for (index, parsed) in own().filter(|(index, _)| manifests.roles[*index] != Role::Manifests) {
        let name = tree::name(parsed.path);
        let is_default = || name.starts_with("values.") && charts.contains(tree::parent(parsed.path));
        if !name.contains("values") || is_default() || holds_example_values(parsed.path) {
            continue;
        }
        for document in parsed.file.documents().iter().filter(|document| document.is_readable()) {
            let Some(root) = document.root else { continue };
            let value = Value::new(parsed.file, root, Dialect::Kubectl);
            if value.is_mapping() {
                let namespace = makefile.and_then(|makefile| release_namespace(makefile, parsed.path));
                found.push(ValuesFile { index, path: parsed.path, value, namespace });
            }
        }
    }
    found
}

/// The namespace of the release that takes the file at `path`, or what sops decrypts it to.
fn release_namespace<'m>(makefile: &'m Makefile, path: &str) -> Option<&'m str> {
    let decrypted = path.replace(".sops.", ".");
    let takes = |given: &str| tree::normalize(given).is_some_and(|given| given == path || given == decrypted);
    let releases = makefile.commands().filter_map(|(_, command)| match command {
        Command::Release(release) => Some(release),
        _ => None,
    });
    let mut namespaces = releases
        .filter(|release| release.values.iter().any(|input| input.path.known().is_some_and(takes)))
        .map(|release| release.namespace.as_ref().and_then(|namespace| namespace.known()));
    let first = namespaces.next()?;
    namespaces.all(|other| other == first).then_some(first).flatten()
}
