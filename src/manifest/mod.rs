//! Documents to Kubernetes objects: what kind, which name, which namespace, who delivers them, and
//! whether a document is a whole object at all.

mod delivery;
mod example;
mod kinds;
mod kustomization;
mod resource;
mod shape;

use crate::yaml;
use delivery::Deliveries;
use foldhash::HashSet;

pub use delivery::{By, Delivery};
pub use example::{holds_example_values, is_example_path};
pub use kinds::{is_cluster_scoped, split_api_version};
pub use kustomization::{FILE_NAMES, Kustomization, is_remote, own_paths};
pub use resource::{Namespace, ReleaseValues, Resource};

/// A file of the run with its identity.
#[derive(Clone, Copy, Debug)]
pub struct Parsed<'w> {
    /// Number of its root.
    pub root: usize,
    /// Path in its root, with `/`.
    pub path: &'w str,
    /// Its nodes.
    pub file: &'w yaml::File,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Holds Kubernetes objects.
    Manifests,
    /// A kustomization or a Component.
    Kustomization,
    /// Some kustomization uses it as a patch, a replacement or a configuration.
    Patch,
    /// Some kustomization or generator takes it as data.
    Data,
    /// YAML that is no manifest: Helm values, settings of other tools.
    Other,
}

/// All documents of a run, sorted out.
#[derive(Debug)]
pub struct Manifests<'w> {
    /// The files, in the order they were handed over.
    pub files: Vec<Parsed<'w>>,
    /// What each file is for.
    pub roles: Vec<Role>,
    /// Objects of all files in order; lists expanded, patches left out.
    pub resources: Vec<Resource<'w>>,
    /// Kustomizations and Components of all files.
    pub kustomizations: Vec<Kustomization<'w>>,
    /// How many documents there are.
    pub documents: usize,
}

impl<'w> Manifests<'w> {
    /// Sorts out `files`, which must be ordered by root and path.
    pub fn new(files: Vec<Parsed<'w>>) -> Manifests<'w> {
        let kustomizations: Vec<Kustomization<'w>> =
            files.iter().enumerate().filter_map(|(at, file)| Kustomization::read(at, file)).collect();
        let own: HashSet<usize> = kustomizations.iter().map(|kustomization| kustomization.file).collect();
        let deliveries = Deliveries::new(&files, &kustomizations);
        let mut roles = Vec::with_capacity(files.len());
        let mut resources = Vec::new();
        let mut documents = 0;
        for (at, parsed) in files.iter().enumerate() {
            documents += parsed.file.documents().len();
            let role = if own.contains(&at) { Role::Kustomization } else { role(parsed, &deliveries) };
            roles.push(role);
            if matches!(role, Role::Manifests) {
                let delivery = deliveries.of(at);
                resource::read_file(at, parsed, &delivery, &mut resources);
            }
        }
        Manifests { files, roles, resources, kustomizations, documents }
    }
}

fn role<'w>(parsed: &Parsed<'w>, deliveries: &Deliveries<'w, '_>) -> Role {
    if deliveries.is_patch(parsed) {
        return Role::Patch;
    }
    if deliveries.is_data(parsed) {
        return Role::Data;
    }
    let objects = parsed.file.documents().iter().any(|document| resource::is_object(parsed.file, document));
    if objects { Role::Manifests } else { Role::Other }
}
