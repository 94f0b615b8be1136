//! What a rule sees: the world, its target's graph, the config, its options. All of it immutable.

use super::Rule;
use crate::config::Config;
use crate::contract::{Offer, Offers};
use crate::finding::Versions;
use crate::graph::Graph;
use crate::graph::clients::Clients;
use crate::graph::flux::{Flux, Names, Start};
use crate::graph::helm::ValuesTexts;
use crate::graph::secrets::Secrets;
use crate::graph::sops::CreationRules;
use crate::graph::values::ValuesFile;
use crate::manifest::{Manifests, Parsed, Resource, Role};
use crate::reach::Reach;
use crate::reach::connections::Connections;
use crate::render::{Target, Told};
use crate::schema::stated::Stated;
use crate::schema::{Schemas, Validity};
use crate::source::{Source, SourceId, Sources};
use foldhash::{HashMap, HashSet};
use jiff::civil::Date;
use std::any::Any;
use std::collections::BTreeSet;
use std::ops::Deref;

/// Everything that was read, of all roots.
#[derive(Debug)]
pub struct World<'w> {
    /// All texts.
    pub sources: &'w Sources,
    /// All documents.
    pub manifests: &'w Manifests<'w>,
    /// All objects that are judged: those of the targets as they are rendered, and those that no target reaches as
    /// they are written.
    pub resources: &'w [Resource<'w>],
    /// What the recipes told beside the objects.
    pub told: &'w Told<'w>,
    /// Which roots are one file by itself, whatever may lie beside it.
    pub lone: Vec<bool>,
    /// What lies in each root and is not looked into: files that are no manifests, and what is left out.
    pub beside: Vec<BTreeSet<String>>,
    /// All targets of all roots.
    pub targets: &'w [Target],
    /// The graph of each target.
    pub graphs: Vec<Graph<'w>>,
    /// Who names which database service in each target; nobody where no rule asks.
    pub clients: Vec<Clients<'w>>,
    /// Who makes and who uses the Secrets of each target.
    pub secrets: Vec<Secrets<'w>>,
    /// Who reaches whom in each target.
    pub reaches: Vec<Reach<'w>>,
    /// Who may reach whom on which ports in each target that holds a Cluster or Pooler, from policies of every kind; none
    /// where no rule asks.
    pub connections: Vec<Option<Connections<'w>>>,
    /// Every object of all roots that says what Flux starts from.
    pub starts: Vec<Start<'w>>,
    /// The names that the Flux Kustomizations of each root define.
    pub substituted: Vec<Names<'w>>,
    /// What every `.sops.yaml` says of which files are encrypted.
    pub creation_rules: CreationRules<'w>,
    /// The config of each root.
    pub configs: &'w [Config],
    /// What platforms offer.
    pub offers: Vec<Offer>,
    /// The contracts that each root relies on, by their place in `offers`.
    pub relies: Vec<Vec<usize>>,
    /// Which roots are read only for what others rely on.
    pub references: Vec<bool>,
    /// The options of each rule, for each root.
    pub options: Vec<HashMap<&'static str, Box<dyn Any + Send + Sync>>>,
    /// What is assumed of each root.
    pub versions: &'w [Versions],
    /// The Helm values files of each root.
    pub values: Vec<Vec<ValuesFile<'w>>>,
    /// The values that Applications of Argo CD hold as texts.
    pub values_texts: ValuesTexts<'w>,
    /// The versions that each root states.
    pub stated: Vec<Stated>,
    /// What the API server says of each of the objects, in their order.
    pub validity: Vec<Validity<'w>>,
    /// The schemas of each root; none where no rule asks for them.
    pub schemas: Vec<Schemas>,
    /// The day of the run, UTC.
    pub today: Date,
    /// What this state is called, if it is the one that another is compared with.
    pub revision: Option<String>,
}

impl<'w> World<'w> {
    /// Whether something lies at a path of root number `root`, or may lie there: in a folder that is left out.
    pub fn may_hold(&self, root: usize, path: &str) -> bool {
        let files = &self.manifests.files;
        if files.binary_search_by(|file| (file.root, file.path).cmp(&(root, path))).is_ok() {
            return true;
        }
        let beside = &self.beside[root];
        let mut above = path;
        loop {
            if beside.contains(above) {
                return true;
            }
            match above.rsplit_once('/') {
                Some((folder, _)) => above = folder,
                None => return false,
            }
        }
    }

    /// Every text of this state, what only kustomizations name among them.
    pub fn texts(&self) -> impl Iterator<Item = (SourceId, &'w Source)> {
        let own = self.revision.clone();
        self.sources.iter().filter(move |(_, source)| source.revision() == own.as_deref())
    }
}

/// What every rule sees.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a, 'w> {
    /// Everything that was read.
    pub world: &'a World<'w>,
    /// The number of the root in question; the first one for a rule over all.
    pub root: usize,
    rule: &'static Rule,
}

impl<'a, 'w> Context<'a, 'w> {
    /// The context of `rule` in root number `root`.
    pub fn new(world: &'a World<'w>, root: usize, rule: &'static Rule) -> Context<'a, 'w> {
        Context { world, root, rule }
    }

    /// The config of the root.
    pub fn config(&self) -> &'a Config {
        &self.world.configs[self.root]
    }

    /// The contracts that the root relies on.
    pub fn offers(&self) -> Offers<'a> {
        Offers::new(self.world.relies[self.root].iter().map(|at| &self.world.offers[*at]).collect())
    }

    /// The Helm values files of the root.
    pub fn values_files(&self) -> &'a [ValuesFile<'w>] {
        &self.world.values[self.root]
    }

    /// What is assumed of the root's cluster.
    pub fn versions(&self) -> &'a Versions {
        &self.world.versions[self.root]
    }

    /// What the API server says of one of the objects that are judged.
    pub fn validity(&self, resource: &Resource<'w>) -> &'a Validity<'w> {
        let offset = std::ptr::from_ref(resource).addr().wrapping_sub(self.world.resources.as_ptr().addr());
        let validity = self.world.validity.get(offset / size_of::<Resource<'w>>());
        validity.expect("internal: a rule asks for the objects of its world")
    }

    /// The rule's options, of the type it declared.
    pub fn options<T: 'static>(&self) -> &'a T {
        self.world.options[self.root]
            .get(self.rule.id)
            .and_then(|options| options.downcast_ref())
            .expect("internal: a rule asks for the options it declared")
    }
}

/// What a rule of scope `File` sees.
#[derive(Clone, Copy, Debug)]
pub struct FileContext<'a, 'w> {
    /// What every rule sees.
    pub context: Context<'a, 'w>,
    /// The file.
    pub parsed: Parsed<'w>,
    /// Its index in the manifests.
    pub index: usize,
    /// What it is for.
    pub role: Role,
}

impl<'a, 'w> Deref for FileContext<'a, 'w> {
    type Target = Context<'a, 'w>;

    fn deref(&self) -> &Self::Target {
        &self.context
    }
}

/// What a rule of scope `Target` sees.
#[derive(Clone, Copy, Debug)]
pub struct TargetContext<'a, 'w> {
    /// What every rule sees.
    pub context: Context<'a, 'w>,
    /// The target.
    pub target: &'a Target,
    /// Its objects and references.
    pub graph: &'a Graph<'w>,
    /// Who names which database service in it.
    pub clients: &'a Clients<'w>,
    /// Who makes and who uses its Secrets.
    pub secrets: &'a Secrets<'w>,
    /// Who reaches whom in it. Policies that nothing is seen to deliver may be in force too.
    pub reach: &'a Reach<'w>,
    /// The whole picture, where the target holds a Cluster or Pooler.
    pub connections: Option<&'a Connections<'w>>,
}

impl<'a, 'w> TargetContext<'a, 'w> {
    /// The Flux Kustomizations of the target, if it is written where Flux starts.
    pub fn flux(&self) -> Flux<'a, 'w> {
        if self.starts_surely() { self.flux_as_seen() } else { Flux::guess() }
    }

    /// Whether Flux Kustomizations bring the target's objects and what applies those is not seen: it may change them.
    pub fn starts_unseen(&self) -> bool {
        !self.graph.of_kind("kustomize.toolkit.fluxcd.io", "Kustomization").is_empty() && !self.starts_surely()
    }

    /// The Flux Kustomizations of the target, though what applies them may not be seen and may change them.
    pub fn flux_as_seen(&self) -> Flux<'a, 'w> {
        let told = self.world.told.applied.iter();
        let own = told.filter(|(name, applied)| *name == self.target.name && applied.root == self.target.root);
        Flux::new(own.map(|(_, applied)| applied), self.graph.resources())
    }
}

impl TargetContext<'_, '_> {
    /// Whether the repo says where Flux starts: a source of the target that its Kustomizations take their files from,
    /// a FluxInstance, or the config.
    fn starts_surely(&self) -> bool {
        let kustomizations = self.graph.of_kind("kustomize.toolkit.fluxcd.io", "Kustomization");
        let sources: HashSet<(&str, &str)> = kustomizations
            .iter()
            .filter_map(|one| one.at(&["spec", "sourceRef"]))
            .filter_map(|source| Some((source.get("kind")?.known()?, source.get("name")?.known()?)))
            .collect();
        let is_source = |kind: &str, name: &str| !self.graph.named("source.toolkit.fluxcd.io", kind, name).is_empty();
        !self.config().targets.is_empty()
            || sources.iter().any(|(kind, name)| is_source(kind, name))
            || self.world.starts.iter().any(|start| start.resource.root == self.target.root)
    }
}

impl<'a, 'w> Deref for TargetContext<'a, 'w> {
    type Target = Context<'a, 'w>;

    fn deref(&self) -> &Self::Target {
        &self.context
    }
}
