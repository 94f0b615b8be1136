//! Which versions of what runs in the clusters a repo states: in releases of charts whose version is that of what
//! they install, and in the objects that Flux is installed with.

use super::lifecycle::minor;
use crate::config::Config;
use crate::finding::Versions;
use crate::manifest::Resource;
use crate::source::Span;
use crate::tree;
use crate::yaml::Value;
use std::collections::HashMap;

/// Charts whose version is that of the project.
const CHARTS: &[(&str, &str)] =
    &[("cert-manager", "cert-manager"), ("external-secrets", "external-secrets"), ("cilium", "cilium")];

/// The newest Flux that is known, for `2.x`.
const NEWEST_FLUX: &str = "2.9";

/// The oldest Flux that its makers still support, which is taken where none is stated: an API that it does not serve
/// is served by no supported one. Which of them runs nobody says, so nothing is too new for it.
const OLDEST_FLUX: &str = "2.7";

/// A version and where it stands, if it stands somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The version.
    pub version: String,
    /// Where it is written.
    pub at: Option<Span>,
    /// The folder of that file; none where it holds for the whole repo.
    folder: Option<String>,
    /// Whether it is the oldest that is supported, for the repo states none.
    pub is_assumed: bool,
}

/// The versions that one root states, by project.
#[derive(Debug, Default)]
pub struct Stated {
    versions: HashMap<&'static str, Vec<Statement>>,
    flux: Option<Statement>,
}

impl Stated {
    /// Reads what the objects of a root state; of Kubernetes and CloudNativePG, what is assumed of it. What the config
    /// says of Flux comes before its objects.
    pub fn of<'w>(resources: &[&'w Resource<'w>], assumed: &Versions, config: &Config) -> Stated {
        let oldest = Statement { version: OLDEST_FLUX.to_owned(), at: None, folder: None, is_assumed: true };
        let mut stated = Stated { flux: Some(oldest), ..Stated::default() };
        stated.add("kubernetes", &assumed.kubernetes, None);
        stated.add("cloudnative-pg", &assumed.cnpg, None);
        let sources: HashMap<&str, &&Resource<'_>> = resources
            .iter()
            .filter(|one| one.is("source.toolkit.fluxcd.io", "OCIRepository"))
            .filter_map(|one| Some((one.written_name()?, one)))
            .collect();
        for resource in resources {
            match (resource.group, resource.kind) {
                ("helm.toolkit.fluxcd.io", "HelmRelease") => stated.release(resource, &sources),
                ("fluxcd.controlplane.io", "FluxInstance") => {
                    stated.add_value("flux", resource, resource.at(&["spec", "distribution", "version"]));
                }
                ("argoproj.io", "Application") => {
                    let spec = resource.at(&["spec"]);
                    let one = spec.and_then(|spec| spec.get("source"));
                    let many = spec.and_then(|spec| spec.get("sources")).into_iter().flat_map(Value::items);
                    for source in one.into_iter().chain(many) {
                        stated.chart(resource, source.get("chart"), source.get("targetRevision"));
                    }
                }
                ("", "Namespace") if is_flux(resource) => {
                    stated.add_value("flux", resource, resource.label("app.kubernetes.io/version"));
                }
                _ => {}
            }
        }
        if let Some(said) = &config.versions.flux {
            stated.versions.remove("flux");
            stated.add("flux", &said.value, said.span.map(|at| (at, None)));
        }
        stated
    }

    fn release(&mut self, release: &Resource<'_>, sources: &HashMap<&str, &&Resource<'_>>) {
        let spec = release.at(&["spec", "chart", "spec"]);
        self.chart(release, spec.and_then(|spec| spec.get("chart")), spec.and_then(|spec| spec.get("version")));
        let name = release.at(&["spec", "chartRef", "name"]).and_then(Value::known);
        if let Some(source) = name.and_then(|name| sources.get(name)) {
            self.chart(source, source.at(&["spec", "url"]), source.at(&["spec", "ref", "tag"]));
        }
        self.add_value("flux", release, release.at(&["spec", "values", "instance", "distribution", "version"]));
    }

    fn chart(&mut self, by: &Resource<'_>, chart: Option<Value<'_>>, version: Option<Value<'_>>) {
        let Some(chart) = chart.and_then(Value::known) else { return };
        let name = chart.trim_end_matches('/').rsplit('/').next().unwrap_or(chart);
        if let Some((_, project)) = CHARTS.iter().find(|(known, _)| *known == name) {
            self.add_value(project, by, version);
        }
    }

    fn add_value(&mut self, project: &'static str, by: &Resource<'_>, value: Option<Value<'_>>) {
        let Some(value) = value.filter(|value| value.unknown().is_none()) else { return };
        let Some(text) = value.raw() else { return };
        match text.trim_end_matches(".x").trim_end_matches(".*") {
            // Any minor: the newest is taken.
            "2" if project == "flux" => self.add(project, NEWEST_FLUX, Some((value.span(), Some(by)))),
            version if version.contains('.') && !version.contains([' ', '>', '<', '^', '~', '*', 'x']) => {
                self.add(project, version, Some((value.span(), Some(by))));
            }
            _ => {}
        }
    }

    fn add(&mut self, project: &'static str, version: &str, written: Option<(Span, Option<&Resource<'_>>)>) {
        if minor(version).is_none() {
            return;
        }
        self.versions.entry(project).or_default().push(Statement {
            version: version.trim_start_matches('v').to_owned(),
            at: written.map(|(at, _)| at),
            folder: written.and_then(|(_, by)| Some(tree::parent(by?.path).to_owned())),
            is_assumed: false,
        });
    }

    /// The oldest version of a project that a cluster of the repo runs, of those that may get what stands at `path`; of
    /// Flux one is assumed.
    pub fn oldest(&self, project: &str, path: &str) -> Option<&Statement> {
        let assumed = self.flux.as_ref().filter(|_| project == "flux");
        self.near(project, path).min_by_key(|one| minor(&one.version)).or(assumed)
    }

    /// The newest version of a project that a cluster of the repo runs, of those that may get what stands at `path`.
    pub fn newest(&self, project: &str, path: &str) -> Option<&Statement> {
        self.near(project, path).min_by_key(|one| std::cmp::Reverse(minor(&one.version)))
    }

    /// The statements that stand the nearest to `path`: a repo keeps what belongs to one cluster in one folder.
    fn near(&self, project: &str, path: &str) -> impl Iterator<Item = &Statement> {
        let all = self.versions.get(project).map(Vec::as_slice).unwrap_or_default();
        let shared = |one: &Statement| one.folder.as_deref().map_or(usize::MAX, |folder| shared_steps(folder, path));
        let most = all.iter().map(shared).max();
        all.iter().filter(move |one| Some(shared(one)) == most)
    }
}

/// How many folders two paths have in common from the root on.
fn shared_steps(folder: &str, path: &str) -> usize {
    folder.split('/').zip(tree::parent(path).split('/')).take_while(|(one, other)| one == other).count()
}

fn is_flux(resource: &Resource<'_>) -> bool {
    resource.label("app.kubernetes.io/part-of").and_then(Value::known) == Some("flux")
}
