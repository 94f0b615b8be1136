//! Which version of the CloudNativePG operator a repo installs: from the operator's Deployment, from the releases of its
//! chart, and from the manifests that kustomizations fetch.

use crate::manifest::{By, Manifests, Namespace, Resource};
use crate::schema::image::ImageReference;
use crate::yaml::Value;

const CHART: &str = "cloudnative-pg";

/// Minor versions of the chart, 0.n, with the operator 1.m that each installs.
const CHARTS: &[(u32, u32)] = &[
    (18, 20),
    (19, 21),
    (20, 22),
    (21, 23),
    (22, 24),
    (23, 25),
    (24, 26),
    (25, 26),
    (26, 27),
    (27, 28),
    (28, 29),
    (29, 30),
];

/// The newest operator that the root number `root` is seen to install, as `major.minor`. What nothing is seen to deliver
/// counts only where nothing else tells; a version that is not known counts for nothing.
pub fn operator_version(resources: &[Resource<'_>], manifests: &Manifests<'_>, root: usize) -> Option<String> {
    let own = || resources.iter().filter(|resource| resource.root == root);
    let charts: Vec<&Resource<'_>> = own().filter(|resource| is_chart(resource)).collect();
    let delivered = own().filter(|resource| resource.delivery.by != By::Nobody);
    let fetched =
        manifests.kustomizations.iter().filter(|one| one.root == root).flat_map(|one| of_kustomization(one.value));
    let found = delivered.filter_map(|resource| of_object(resource, &charts)).chain(fetched).max();
    let found = found.or_else(|| own().filter_map(|resource| of_object(resource, &charts)).max());
    found.map(|(major, minor)| format!("{major}.{minor}"))
}

type Version = (u32, u32);

fn of_object(object: &Resource<'_>, charts: &[&Resource<'_>]) -> Option<Version> {
    match (object.group, object.kind) {
        ("apps", "Deployment") => {
            let containers = object.at(&["spec", "template", "spec", "containers"])?;
            containers.items().find_map(|container| of_image(container.get("image")?.known()?))
        }
        ("helm.toolkit.fluxcd.io", "HelmRelease") => of_release(object, charts),
        ("argoproj.io", "Application") => {
            let spec = object.at(&["spec"])?;
            let sources = spec.get("sources").into_iter().flat_map(Value::items).chain(spec.get("source"));
            sources.into_iter().find_map(of_source)
        }
        ("helm.cattle.io", "HelmChart") => {
            let spec = object.at(&["spec"])?;
            (last(spec.get("chart")?.known()?) == CHART).then(|| of_chart(spec.get("version")?.known()?))?
        }
        _ => None,
    }
}

/// The operator's own image, or a mirror that keeps its path.
fn of_image(text: &str) -> Option<Version> {
    let image = ImageReference::parse(text)?;
    let own = "cloudnative-pg/cloudnative-pg";
    let rest = image.repository.strip_suffix(own)?;
    (rest.is_empty() || rest.ends_with('/')).then(|| of_tag(image.tag?))?
}

fn of_tag(tag: &str) -> Option<Version> {
    let mut parts = tag.trim_start_matches('v').split(['.', '-', '@']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn of_release(release: &Resource<'_>, charts: &[&Resource<'_>]) -> Option<Version> {
    let version = match release.at(&["spec", "chart", "spec"]) {
        Some(chart) if last(chart.get("chart")?.known()?) == CHART => chart.get("version"),
        Some(_) => return None,
        None => {
            let reference = source(release, charts)?.at(&["spec", "ref"]);
            reference.and_then(|one| one.get("tag").or_else(|| one.get("semver")))
        }
    };
    if let Ok(Some(tag)) = release.release_value(&["image", "tag"])
        && let Some(version) = tag.known().and_then(of_tag)
    {
        return Some(version);
    }
    of_chart(version?.known()?)
}

/// Whether an object fetches the operator's chart.
fn is_chart(object: &Resource<'_>) -> bool {
    object.is("source.toolkit.fluxcd.io", "OCIRepository")
        && object.at(&["spec", "url"]).and_then(Value::known).is_some_and(|url| last(url) == CHART)
}

/// The one of `charts` that a release names.
fn source<'a, 'w>(release: &Resource<'w>, charts: &[&'a Resource<'w>]) -> Option<&'a Resource<'w>> {
    let reference = release.at(&["spec", "chartRef"])?;
    let name = reference.get("name")?.known()?;
    let namespace = reference.get("namespace").and_then(Value::known);
    let mut named = charts.iter().filter(|source| source.written_name() == Some(name));
    named
        .find(|source| match (namespace, &source.namespace) {
            (Some(wanted), Namespace::Known(own)) => *own == wanted,
            (Some(_), _) => true,
            (None, own) => own.may_be(&release.namespace),
        })
        .copied()
}

fn of_source(source: Value<'_>) -> Option<Version> {
    let chart = source.get("chart").or_else(|| source.get("repoURL"))?.known()?;
    if last(chart) != CHART || (source.get("chart").is_none() && !chart.starts_with("oci://")) {
        return None;
    }
    let tag = source.at(&["helm", "valuesObject", "image", "tag"]).and_then(Value::known).and_then(of_tag);
    tag.or_else(|| of_chart(source.get("targetRevision")?.known()?))
}

/// The charts and the release files that a kustomization fetches.
fn of_kustomization(value: Value<'_>) -> impl Iterator<Item = Version> {
    let charts = value.get("helmCharts").into_iter().flat_map(Value::items);
    let charts = charts.filter(|chart| chart.get("name").and_then(Value::known) == Some(CHART));
    let charts = charts.filter_map(|chart| of_chart(chart.get("version")?.known()?));
    let files = value.get("resources").into_iter().flat_map(Value::items).filter_map(|file| {
        let path = file.known().filter(|path| path.contains("cloudnative-pg"))?;
        of_tag(last(path).strip_prefix("cnpg-")?.strip_suffix(".yaml")?)
    });
    charts.chain(files).collect::<Vec<_>>().into_iter()
}

/// The operator that a version of the chart installs; a range that stays within one minor counts too.
fn of_chart(version: &str) -> Option<Version> {
    let version = version.trim().trim_start_matches(['^', '~', '=', 'v', ' ']);
    let mut parts = version.split('.');
    let (major, minor): (u32, u32) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let plain =
        parts.all(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'+' | b'-')));
    let operator = CHARTS.iter().find(|(chart, _)| *chart == minor).filter(|_| major == 0 && plain)?;
    Some((1, operator.1))
}

/// The last part of a name or an address.
fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Parsed;
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn of(text: &str) -> Option<String> {
        let file = parse(SourceId(0), text.into());
        let manifests = Manifests::new(vec![Parsed { root: 0, path: "a.yaml", file: &file }]);
        operator_version(&manifests.resources, &manifests, 0)
    }

    #[test]
    fn versions_of_the_chart_are_looked_up() {
        for (text, expected) in [
            ("0.25.0", Some((1, 26))),
            ("0.26.1", Some((1, 27))),
            ("v0.29.0", Some((1, 30))),
            ("~0.28.0", Some((1, 29))),
            ("^0.28.0", Some((1, 29))),
            ("0.28.x", Some((1, 29))),
            ("0.28.*", Some((1, 29))),
            ("0.99.0", None),
            (">=0.20.0", None),
            ("0.20.0 || 0.21.0", None),
            ("0.x", None),
            ("*", None),
            ("1.0.0", None),
        ] {
            assert_eq!(of_chart(text), expected, "{text}");
        }
    }

    #[test]
    fn images_are_told_from_those_of_the_server() {
        for (text, expected) in [
            ("ghcr.io/cloudnative-pg/cloudnative-pg:1.28.1", Some((1, 28))),
            ("mirror.example/ghcr/cloudnative-pg/cloudnative-pg:1.27.0@sha256:00", Some((1, 27))),
            ("ghcr.io/cloudnative-pg/cloudnative-pg:main", None),
            ("ghcr.io/cloudnative-pg/postgresql:17.2", None),
            ("ghcr.io/cloudnative-pg/cloudnative-pg", None),
        ] {
            assert_eq!(of_image(text), expected, "{text}");
        }
    }

    #[test]
    fn every_way_of_installing_it_tells_the_version() {
        let release = |spec: &str| {
            format!(
                "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: a, namespace: b}}\nspec: {spec}\n"
            )
        };
        let chart = "chart: {spec: {chart: cloudnative-pg, version: 0.27.0}}";
        for (text, expected) in [
            (release(&format!("{{{chart}}}")), Some("1.28")),
            (release(&format!("{{{chart}, values: {{image: {{tag: 1.29.2}}}}}}")), Some("1.29")),
            (release(&format!("{{{chart}, values: {{image: {{tag: ''}}}}}}")), Some("1.28")),
            (release("{chart: {spec: {chart: other, version: 0.27.0}}}"), None),
            (release("{chart: {spec: {chart: cloudnative-pg, version: '${VERSION}'}}}"), None),
            (
                format!(
                    "{}---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {{name: c, namespace: b}}\nspec: {{url: oci://ghcr.io/cloudnative-pg/charts/cloudnative-pg, ref: {{tag: 0.26.0}}}}\n",
                    release("{chartRef: {kind: OCIRepository, name: c}}")
                ),
                Some("1.27"),
            ),
            (
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {chart: cloudnative-pg, targetRevision: 0.24.0}}\n".to_owned(),
                Some("1.26"),
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{image: 'ghcr.io/cloudnative-pg/cloudnative-pg:1.28.1'}]}}}\n".to_owned(),
                Some("1.28"),
            ),
            (
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: ['https://raw.example/cloudnative-pg/release-1.28/releases/cnpg-1.28.1.yaml']\nhelmCharts: [{name: cloudnative-pg, version: 0.22.0}]\n".to_owned(),
                Some("1.28"),
            ),
        ] {
            assert_eq!(of(&text).as_deref(), expected, "{text}");
        }
    }
}
