//! Which versions of what runs in the clusters a repo states: in releases of charts whose version is that of what
//! they install, and in the objects that Flux is installed with.

use super::lifecycle::minor;
use crate::config::Config;
use crate::finding::Versions;
use crate::manifest::{Kustomization, Resource};
use crate::source::Span;
use crate::tree;
use crate::yaml::Value;
use foldhash::HashMap;
use std::cmp::Reverse;

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

impl Statement {
    /// How many folders it has in common with `path` from the root on; all, where it holds for the whole repo.
    fn shared_with(&self, path: &str) -> usize {
        let steps = |folder: &str| {
            folder.split('/').zip(tree::parent(path).split('/')).take_while(|(one, other)| one == other).count()
        };
        self.folder.as_deref().map_or(usize::MAX, steps)
    }
}

/// The versions that one root states, by project.
#[derive(Debug, Default)]
pub struct Stated {
    versions: HashMap<&'static str, Vec<Statement>>,
    flux: Option<Statement>,
}

impl Stated {
    /// Reads what the objects of a root state, and its kustomizations, each with its path; of Kubernetes and
    /// CloudNativePG, what is assumed of it. What the config says of Flux comes before its objects.
    pub fn of<'w>(
        resources: &[&'w Resource<'w>],
        kustomizations: impl Iterator<Item = (&'w str, &'w Kustomization<'w>)>,
        assumed: &Versions,
        config: &Config,
    ) -> Stated {
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
                    stated.flux(resource.path, resource.at(&["spec", "distribution", "version"]));
                }
                ("argoproj.io", "Application") => {
                    let spec = resource.at(&["spec"]);
                    let one = spec.and_then(|spec| spec.get("source"));
                    let many = spec.and_then(|spec| spec.get("sources")).into_iter().flat_map(Value::items);
                    for source in one.into_iter().chain(many) {
                        stated.chart(resource.path, source.get("chart"), source.get("targetRevision"));
                    }
                }
                ("", "Namespace") if is_flux(resource) => {
                    stated.flux(resource.path, resource.label("app.kubernetes.io/version"));
                }
                ("source.toolkit.fluxcd.io", "OCIRepository" | "GitRepository") => {
                    let url = resource.at(&["spec", "url"]).and_then(Value::raw).unwrap_or_default();
                    if is_flux_itself(url) {
                        stated.flux(resource.path, resource.at(&["spec", "ref", "tag"]));
                    }
                }
                _ => {}
            }
        }
        for (path, kustomization) in kustomizations {
            for file in kustomization.value.get("resources").into_iter().flat_map(Value::items) {
                stated.fetched(path, file);
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
        self.chart(release.path, spec.and_then(|spec| spec.get("chart")), spec.and_then(|spec| spec.get("version")));
        let name = release.at(&["spec", "chartRef", "name"]).and_then(Value::known);
        if let Some(source) = name.and_then(|name| sources.get(name)) {
            self.chart(source.path, source.at(&["spec", "url"]), source.at(&["spec", "ref", "tag"]));
        }
        if let Some(distribution) = release.at(&["spec", "values", "instance", "distribution"]) {
            self.flux(release.path, distribution.get("version"));
        }
    }

    /// Enters what states the version of Flux. Where it cannot be read none is assumed: one is there.
    fn flux(&mut self, path: &str, value: Option<Value<'_>>) {
        let count = |stated: &Stated| stated.versions.get("flux").map_or(0, Vec::len);
        let before = count(self);
        self.add_value("flux", path, value);
        if count(self) == before {
            self.flux = None;
        }
    }

    /// Manifests of Flux that a kustomization fetches: `github.com/fluxcd/flux2/manifests/install?ref=v2.3.0`.
    fn fetched(&mut self, path: &str, file: Value<'_>) {
        let Some(url) = file.raw().filter(|url| is_flux_itself(url)) else { return };
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let named = query.split('&').find_map(|part| part.strip_prefix("ref=").or(part.strip_prefix("version=")));
        let tag = named.or_else(|| url.split_once("/releases/download/")?.1.split('/').next());
        match tag.filter(|tag| tag.contains('.') && minor(tag).is_some()) {
            Some(tag) => self.add("flux", tag, Some((file.span(), Some(path)))),
            None => self.flux = None,
        }
    }

    fn chart(&mut self, by: &str, chart: Option<Value<'_>>, version: Option<Value<'_>>) {
        let Some(chart) = chart.and_then(Value::known) else { return };
        let name = chart.trim_end_matches('/').rsplit('/').next().unwrap_or(chart);
        if let Some((_, project)) = CHARTS.iter().find(|(known, _)| *known == name) {
            self.add_value(project, by, version);
        }
        // Which Flux these install is not their own version.
        if matches!(name, "flux2" | "flux-instance") {
            self.flux = None;
        }
    }

    fn add_value(&mut self, project: &'static str, by: &str, value: Option<Value<'_>>) {
        let Some(value) = value.filter(|value| value.unknown().is_none()) else { return };
        let Some(text) = value.raw() else { return };
        let text = text.trim();
        // Both stay within one minor version.
        let text = text.strip_prefix('=').or_else(|| text.strip_prefix('~')).unwrap_or(text).trim_start();
        match text.trim_start_matches('v').trim_end_matches(".x").trim_end_matches(".*") {
            // Any minor: the newest is taken.
            "2" if project == "flux" => self.add(project, NEWEST_FLUX, Some((value.span(), Some(by)))),
            version if version.contains('.') && !version.contains([' ', '>', '<', '^', '~', '*', 'x']) => {
                self.add(project, version, Some((value.span(), Some(by))));
            }
            _ => {}
        }
    }

    fn add(&mut self, project: &'static str, version: &str, written: Option<(Span, Option<&str>)>) {
        if minor(version).is_none() {
            return;
        }
        self.versions.entry(project).or_default().push(Statement {
            version: version.trim_start_matches('v').to_owned(),
            at: written.map(|(at, _)| at),
            folder: written.and_then(|(_, by)| Some(tree::parent(by?).to_owned())),
            is_assumed: false,
        });
    }

    /// The oldest version of a project that a cluster of the repo runs, of those that may get what stands at `path`; of
    /// Flux one is assumed.
    pub fn oldest(&self, project: &str, path: &str) -> Option<&Statement> {
        let assumed = self.flux.as_ref().filter(|_| project == "flux");
        if let [only] = self.all(project) {
            return Some(only);
        }
        // Of several that say the same, the one that stands the nearest is shown.
        let rank = |one: &&Statement| (minor(&one.version), Reverse(one.shared_with(path)));
        self.near(project, path).min_by_key(rank).or(assumed)
    }

    /// The newest version of a project that a cluster of the repo runs, of those that may get what stands at `path`.
    pub fn newest(&self, project: &str, path: &str) -> Option<&Statement> {
        if let [only] = self.all(project) {
            return Some(only);
        }
        self.near(project, path).min_by_key(|one| (Reverse(minor(&one.version)), Reverse(one.shared_with(path))))
    }

    fn all(&self, project: &str) -> &[Statement] {
        self.versions.get(project).map(Vec::as_slice).unwrap_or_default()
    }

    /// The statements that stand the nearest to `path`, where they share the folder of a cluster with it; else nobody
    /// tells which cluster gets it, and all of them count.
    fn near(&self, project: &str, path: &str) -> impl Iterator<Item = &Statement> {
        let all = self.all(project);
        let shared = move |one: &Statement| match one.shared_with(path) {
            usize::MAX => usize::MAX,
            steps if names_cluster(path, steps) => steps,
            _ => 0,
        };
        let most = all.iter().map(shared).max();
        all.iter().filter(move |one| Some(shared(one)) == most)
    }
}

/// Folders that hold one folder for each cluster.
const OF_CLUSTERS: &[&str] =
    &["cluster", "clusters", "env", "environment", "environments", "envs", "overlays", "sites", "stages", "tenants"];

/// Names that are those of clusters, wherever they stand.
const CLUSTERS: &[&str] =
    &["dev", "development", "int", "integration", "preprod", "prod", "production", "qa", "stage", "staging", "test"];

/// Whether one of the first folders of a path is that of a cluster.
fn names_cluster(path: &str, steps: usize) -> bool {
    let mut before = "";
    path.split('/').take(steps).any(|step| {
        let is_one = CLUSTERS.contains(&step) || OF_CLUSTERS.contains(&before);
        before = step;
        is_one
    })
}

fn is_flux(resource: &Resource<'_>) -> bool {
    resource.label("app.kubernetes.io/part-of").and_then(Value::known) == Some("flux")
}

/// Whether an address is that of Flux' own manifests.
fn is_flux_itself(url: &str) -> bool {
    let path = url.split(['?', '@']).next().unwrap_or(url).trim_end_matches('/').trim_end_matches(".git");
    path.ends_with("fluxcd/flux-manifests")
        || path.ends_with("fluxcd/flux2")
        || path.contains("fluxcd/flux2/")
        || path.contains("fluxcd/flux2.git/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifests, Parsed};
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn stated<T>(files: &[(&str, &str)], look: impl FnOnce(&Stated) -> T) -> T {
        let parsed: Vec<_> =
            files.iter().enumerate().map(|(at, (_, text))| parse(SourceId(at as u32), (*text).into())).collect();
        let files = files.iter().zip(&parsed).map(|((path, _), file)| Parsed { root: 0, path, file });
        let manifests = Manifests::new(files.collect());
        let resources: Vec<&Resource<'_>> = manifests.resources.iter().collect();
        let kustomizations = manifests.kustomizations.iter().map(|one| (manifests.files[one.file].path, one));
        let assumed = Versions { kubernetes: "1.36".into(), cnpg: "1.30".into() };
        look(&Stated::of(&resources, kustomizations, &assumed, &Config::default()))
    }

    fn oldest(files: &[(&str, &str)], project: &str, path: &str) -> Option<(String, bool)> {
        stated(files, |stated| stated.oldest(project, path).map(|one| (one.version.clone(), one.is_assumed)))
    }

    #[test]
    fn of_several_that_say_the_same_the_nearest_is_shown() {
        const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: cilium}\nspec: {chart: {spec: {chart: cilium, version: VERSION}}}\n";
        let release = |version: &str| RELEASE.replace("VERSION", version);
        for (one, other, path, expected) in [
            ("1.20.1", "1.20.1", "kubernetes/utility/pool.yaml", 1),
            ("1.20.1", "1.20.1", "kubernetes/main/pool.yaml", 0),
            // Neither folder is known for a cluster's, so the oldest decides.
            ("1.18.0", "1.20.1", "kubernetes/utility/pool.yaml", 0),
        ] {
            let (one, other) = (release(one), release(other));
            let files = [("kubernetes/main/cilium.yaml", &*one), ("kubernetes/utility/cilium.yaml", &*other)];
            let at = stated(&files, |stated| stated.oldest("cilium", path).and_then(|oldest| oldest.at));
            assert_eq!(at.map(|at| at.source), Some(SourceId(expected)), "{path}");
        }
    }

    #[test]
    fn what_runs_flux_states_its_version_or_leaves_it_open() {
        const OCI: &str = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: flux}\nspec: {url: 'oci://ghcr.io/fluxcd/flux-manifests', ref: {REF}}\n";
        const INSTANCE: &str = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux}\nspec: {distribution: {version: 'REF'}}\n";
        const KUSTOMIZATION: &str =
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: ['REF']\n";
        for (text, reference, expected) in [
            ("kind: None\n", "", Some(("2.7", true))),
            (OCI, "tag: v2.3.0", Some(("2.3.0", false))),
            (OCI, "semver: 2.x", None),
            (INSTANCE, "=2.4.0", Some(("2.4.0", false))),
            (INSTANCE, "~2.4", Some(("2.4", false))),
            (INSTANCE, "v2.x", Some((NEWEST_FLUX, false))),
            (INSTANCE, ">=2.3.0", None),
            (KUSTOMIZATION, "github.com/fluxcd/flux2/manifests/install?ref=v2.3.0", Some(("2.3.0", false))),
            (
                KUSTOMIZATION,
                "https://github.com/fluxcd/flux2/releases/download/v2.2.1/install.yaml",
                Some(("2.2.1", false)),
            ),
            (KUSTOMIZATION, "https://github.com/fluxcd/flux2/releases/latest/download/install.yaml", None),
            (KUSTOMIZATION, "github.com/example/shop?ref=v2.3.0", Some(("2.7", true))),
        ] {
            let text = text.replace("REF", reference);
            let path = if text.contains("resources:") { "flux/kustomization.yaml" } else { "flux/flux.yaml" };
            let found = oldest(&[(path, &text)], "flux", "apps/shop.yaml");
            assert_eq!(found.as_ref().map(|(version, assumed)| (version.as_str(), *assumed)), expected, "{text}");
        }
    }

    #[test]
    fn all_statements_count_where_no_folder_is_that_of_a_cluster() {
        const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: eso}\nspec: {chart: {spec: {chart: external-secrets, version: VERSION}}}\n";
        let release = |version: &str| RELEASE.replace("VERSION", version);
        let (old, new) = (release("0.9.20"), release("0.17.0"));
        for (one, other, path, expected) in [
            ("infrastructure/eso/r.yaml", "apps/dev/eso/r.yaml", "apps/base/shop/a.yaml", "0.9.20"),
            ("infrastructure/eso/r.yaml", "apps/eso/r.yaml", "apps/shop/a.yaml", "0.9.20"),
            ("clusters/a/eso.yaml", "clusters/b/eso.yaml", "clusters/b/shop/a.yaml", "0.17.0"),
            ("prod/eso.yaml", "staging/eso.yaml", "staging/shop.yaml", "0.17.0"),
        ] {
            let found = oldest(&[(one, &old), (other, &new)], "external-secrets", path);
            assert_eq!(found, Some((expected.to_owned(), false)), "{path}");
        }
    }
}
