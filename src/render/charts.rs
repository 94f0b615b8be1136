//! The charts that kustomizations name: what `helm template` is to be asked for, and what it answered. Without a helm
//! program they are not rendered, and open the target.

use crate::tree;
use crate::yaml::rendered::to_json;
use crate::yaml::{File, Value};
use std::collections::BTreeMap;

/// What charts render to, by the path of the kustomization and the number of the entry in it; an error is what helm said.
pub type Charts = BTreeMap<(String, usize), Result<String, String>>;

/// One chart to render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The path of the kustomization, and the number of its entry: those of `helmCharts` before those of
    /// `helmChartInflationGenerator`.
    pub entry: (String, usize),
    /// The folder that paths among the arguments start from.
    pub folder: String,
    /// What follows `helm template`.
    pub arguments: Vec<String>,
    /// The values that are written in the entry, as JSON; empty where there are none.
    pub values: String,
}

/// The entries of a kustomization that name charts, in the order in which [`Call::entry`] counts them.
pub fn entries<'a>(kustomization: Value<'a>) -> impl Iterator<Item = Value<'a>> {
    ["helmCharts", "helmChartInflationGenerator"]
        .into_iter()
        .filter_map(move |list| kustomization.get(list))
        .flat_map(Value::items)
}

/// What to ask helm for, for the kustomization in `file` at `path`. `has` says whether there is a file at a path.
pub fn calls(file: &File, path: &str, has: &dyn Fn(&str) -> bool) -> Vec<Call> {
    let folder = tree::parent(path);
    let roots = file.documents().iter().take(1).filter_map(|document| document.root);
    let roots: Vec<Value<'_>> = roots.map(|root| Value::new(file, root, crate::yaml::Dialect::Kubectl)).collect();
    let home = |entry: Value<'_>| {
        let global = roots.first().and_then(|root| root.at(&["helmGlobals", "chartHome"]));
        let own = entry.get("chartHome").or(global).and_then(Value::raw);
        own.filter(|home| !home.is_empty()).unwrap_or("charts").to_owned()
    };
    let all = roots.iter().flat_map(|root| entries(*root)).enumerate();
    all.map(|(number, entry)| {
        let (arguments, values) = arguments(entry, folder, &home(entry), has);
        Call { entry: (path.to_owned(), number), folder: folder.to_owned(), arguments, values }
    })
    .collect()
}

/// The arguments as kustomize 5.5 gives them; the older list has other names for some fields.
fn arguments(entry: Value<'_>, folder: &str, home: &str, has: &dyn Fn(&str) -> bool) -> (Vec<String>, String) {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| entry.get(name)).and_then(Value::raw);
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let flag = |name: &str| entry.get(name).and_then(Value::as_bool) == Some(true);
    let texts = |name: &str| entry.get(name).into_iter().flat_map(Value::items).filter_map(Value::raw);
    let name = text(&["name", "chartName"]).unwrap_or_default();
    let (repo, version) = (text(&["repo", "chartRepoUrl"]), text(&["version", "chartVersion"]));
    let mut made: Vec<String> = Vec::new();
    match text(&["nameTemplate"]) {
        Some(template) => made.extend(["--name-template".into(), template]),
        None => match text(&["releaseName", "chartReleaseName"]) {
            Some(release) => made.push(release),
            None => made.push("--generate-name".into()),
        },
    }
    let is_chart =
        |local: &String| tree::join(folder, local).is_some_and(|path| has(&tree::child(&path, "Chart.yaml")));
    let of_version = version.as_ref().map(|version| format!("{home}/{name}-{version}/{name}"));
    match of_version.into_iter().chain([format!("{home}/{name}")]).find(is_chart) {
        Some(local) => made.push(local),
        None => {
            match repo {
                Some(repo) if repo.starts_with("oci://") => made.push(format!("{}/{name}", repo.trim_end_matches('/'))),
                Some(repo) => made.extend([name, "--repo".into(), repo]),
                None => made.push(format!("{home}/{name}")),
            }
            made.extend(version.into_iter().flat_map(|version| ["--version".into(), version]));
        }
    }
    if let Some(namespace) = text(&["namespace", "releaseNamespace"]) {
        made.extend(["--namespace".into(), namespace]);
    }
    let inline = entry.get("valuesInline").or_else(|| entry.get("valuesLocal"));
    let inline = inline.filter(|values| values.is_mapping() && !values.is_empty());
    let file = text(&["valuesFile", "values"]);
    // Of two files the later one has its way.
    let files = match (text(&["valuesMerge"]).as_deref(), inline.is_some()) {
        (Some("replace"), true) => vec!["-".to_owned()],
        (Some("merge"), true) => [Some("-".to_owned()), file].into_iter().flatten().collect(),
        (_, true) => [file, Some("-".to_owned())].into_iter().flatten().collect(),
        (_, false) => file.into_iter().collect(),
    };
    for values in files.into_iter().chain(texts("additionalValuesFiles").map(str::to_owned)) {
        made.extend(["--values".into(), values]);
    }
    for version in texts("apiVersions") {
        made.extend(["--api-versions".into(), version.into()]);
    }
    made.extend(text(&["kubeVersion"]).into_iter().flat_map(|version| ["--kube-version".into(), version]));
    for (field, argument) in [
        ("includeCRDs", "--include-crds"),
        ("skipTests", "--skip-tests"),
        ("skipHooks", "--no-hooks"),
        ("debug", "--debug"),
        ("devel", "--devel"),
    ] {
        if flag(field) {
            made.push(argument.into());
        }
    }
    (made, inline.map(|values| to_json(values).to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn asked(text: &str, files: &[&str]) -> Vec<(String, String)> {
        let file = parse(SourceId(0), text.into());
        let calls = calls(&file, "apps/kustomization.yaml", &|path| files.contains(&path));
        calls.into_iter().map(|call| (call.arguments.join(" "), call.values)).collect()
    }

    #[test]
    fn helm_is_asked_as_kustomize_asks_it() {
        for (entry, files, expected, values) in [
            (
                "{name: a, repo: https://x, version: 1.2.0, releaseName: r}",
                &[][..],
                "r a --repo https://x --version 1.2.0",
                "",
            ),
            (
                "{name: a, repo: 'oci://x/charts', version: 1.2.0}",
                &[],
                "--generate-name oci://x/charts/a --version 1.2.0",
                "",
            ),
            ("{name: a, releaseName: r, namespace: n}", &["apps/charts/a/Chart.yaml"], "r charts/a --namespace n", ""),
            (
                "{name: a, releaseName: r, version: 1.0.0, repo: https://x}",
                &["apps/charts/a-1.0.0/a/Chart.yaml"],
                "r charts/a-1.0.0/a",
                "",
            ),
            (
                "{name: a, releaseName: r, valuesFile: v.yaml, valuesInline: {b: 1}, additionalValuesFiles: [w.yaml]}",
                &["apps/charts/a/Chart.yaml"],
                "r charts/a --values v.yaml --values - --values w.yaml",
                "{\"b\":1}",
            ),
            (
                "{name: a, releaseName: r, valuesFile: v.yaml, valuesInline: {b: 1}, valuesMerge: merge}",
                &["apps/charts/a/Chart.yaml"],
                "r charts/a --values - --values v.yaml",
                "{\"b\":1}",
            ),
            (
                "{name: a, releaseName: r, valuesFile: v.yaml, valuesInline: {b: 1}, valuesMerge: replace}",
                &["apps/charts/a/Chart.yaml"],
                "r charts/a --values -",
                "{\"b\":1}",
            ),
            (
                "{name: a, nameTemplate: t, includeCRDs: true, skipHooks: true, skipTests: true, apiVersions: [x/v1], kubeVersion: '1.34'}",
                &["apps/charts/a/Chart.yaml"],
                "--name-template t charts/a --api-versions x/v1 --kube-version 1.34 --include-crds --skip-tests --no-hooks",
                "",
            ),
        ] {
            let text = format!("helmCharts: [{entry}]\n");
            assert_eq!(asked(&text, files), [(expected.to_owned(), values.to_owned())], "{entry}");
        }
    }

    #[test]
    fn homes_and_the_older_list_count() {
        let text = "helmGlobals: {chartHome: ../vendor}\nhelmCharts: [{name: a, releaseName: r}]\n\
                    helmChartInflationGenerator: [{chartName: b, chartHome: own, releaseName: s, values: v.yaml}]\n";
        let found = asked(text, &["vendor/a/Chart.yaml", "apps/own/b/Chart.yaml"]);
        let arguments: Vec<&str> = found.iter().map(|(arguments, _)| arguments.as_str()).collect();
        assert_eq!(arguments, ["r ../vendor/a", "s own/b --values v.yaml"]);
    }
}
