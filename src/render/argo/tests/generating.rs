//! What generators and templates make: tables of ApplicationSets.

use super::render;
use crate::yaml::Value;

/// The repo that generators look at.
const FILES: &[(&str, &str)] = &[
    ("teams/Orders_1/app.yaml", "note: x\n"),
    ("teams/ledger/app.yaml", "note: x\n"),
    ("teams/ledger/deep/app.yaml", "note: x\n"),
    ("teams/pages/README.txt", "no YAML at all"),
    ("stages/live/stage.yaml", "stage: {name: live, replicas: 3}\nregions: [north, south]\n"),
    ("stages/trial/stage.yaml", "- {stage: {name: trial-a}}\n- {stage: {name: trial-b}}\n"),
    ("stages/json/stage.json", "{\"stage\": {\"name\": \"json\"}}"),
];

/// The Applications that a set makes as `name|path`, and why it may make others.
fn made(mode: &str, generators: &str, template: &str, rest: &str) -> (Vec<String>, Option<String>) {
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: set, namespace: argocd}}\nspec:\n  \
         {mode}\n  generators:\n{generators}\n  template:\n    metadata: {{name: '{name}'}}\n    spec:\n      \
         source: {{repoURL: HERE, path: '{path}'}}\n      destination: {{name: in-cluster}}\n{rest}",
        name = template.split_once('|').expect("name|path").0,
        path = template.split_once('|').expect("name|path").1,
    );
    let mut texts = FILES.to_vec();
    texts.push(("set.yaml", &set));
    // One more source says which repo this is.
    let anchor = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: anchor}\n\
                  spec: {source: {repoURL: HERE, path: teams/ledger}}\n";
    texts.push(("anchor.yaml", anchor));
    let mut found = (Vec::new(), None);
    render(&texts, |seen| {
        let (_, told) = seen.told.sets.first().expect("the set was run");
        assert_eq!(told.refused.as_ref().map(|(_, message)| message), None, "{generators}");
        let title = |tree: Value<'_>| {
            let text = |path: &[&str]| tree.at(path).and_then(Value::as_str).unwrap_or("-").to_owned();
            format!("{}|{}", text(&["metadata", "name"]), text(&["spec", "source", "path"]))
        };
        found = (told.applications.iter().map(|object| title(object.tree.view())).collect(), told.open.clone());
    });
    found
}

const FAST: &str = "goTemplate: false";
const GO: &str = "goTemplate: true";

#[test]
fn generators_give_their_parameters() {
    for (mode, generators, template, expected) in [
        (FAST, "    - list: {elements: [{a: x, b: yy}, {a: z}]}", "{{a}}|{{b}}", &["x|yy", "z|{{b}}"] as &[&str]),
        (FAST, "    - list: {elements: [{a: x, values: {b: yy}}]}", "{{a}}|{{values.b}}", &["x|yy"]),
        (GO, "    - list: {elements: [{a: x, n: 3}]}", "{{ upper .a }}|p/{{ .n }}", &["X|p/3"]),
        (GO, "    - list: {elementsYaml: '[{a: x}, {a: yy}]'}", "{{ .a }}|p", &["x|p", "yy|p"]),
        (
            FAST,
            "    - git: {repoURL: HERE, directories: [{path: teams/*}]}",
            "{{path.basenameNormalized}}|{{path}}/{{path[1]}}",
            &["orders-1|teams/Orders_1/Orders_1", "ledger|teams/ledger/ledger", "pages|teams/pages/pages"],
        ),
        (
            GO,
            "    - git: {repoURL: HERE, directories: [{path: teams/*}, {path: teams/pages, exclude: true}]}",
            "{{ .path.basename }}|{{ index .path.segments 0 }}",
            &["Orders_1|teams", "ledger|teams"],
        ),
        (
            FAST,
            "    - git: {repoURL: HERE, directories: [{path: teams/*/deep}], pathParamPrefix: t, values: {v: '{{t.path.basename}}-v'}}",
            "{{values.v}}|{{t.path}}",
            &["deep-v|teams/ledger/deep"],
        ),
        (
            FAST,
            "    - git: {repoURL: HERE, files: [{path: stages/*/stage.yaml}]}",
            "{{stage.name}}-{{stage.replicas}}-{{regions.1}}|{{path}}/{{path.filename}}",
            &[
                "live-3-south|stages/live/stage.yaml",
                "trial-a-{{stage.replicas}}-{{regions.1}}|stages/trial/stage.yaml",
                "trial-b-{{stage.replicas}}-{{regions.1}}|stages/trial/stage.yaml",
            ],
        ),
        (
            GO,
            "    - git: {repoURL: HERE, files: [{path: stages/**/stage.json}]}",
            "{{ .stage.name }}|{{ .path.path }}",
            &["json|stages/json"],
        ),
        (
            FAST,
            "    - matrix: {generators: [{list: {elements: [{a: x}, {a: yy}]}}, {list: {elements: [{b: '{{a}}1'}, {b: p}]}}]}",
            "{{a}}|{{b}}",
            &["x|x1", "x|p", "yy|yy1", "yy|p"],
        ),
        (
            GO,
            "    - matrix: {generators: [{list: {elements: [{d: teams}]}}, {git: {repoURL: HERE, directories: [{path: '{{ .d }}/*'}]}}]}",
            "{{ .path.basename }}|{{ .d }}",
            &["Orders_1|teams", "ledger|teams", "pages|teams"],
        ),
        (
            FAST,
            "    - merge: {mergeKeys: [k], generators: [{list: {elements: [{k: x, v: base}, {k: yy, v: base}]}}, {list: {elements: [{k: yy, v: over}, {k: z, v: lost}]}}]}",
            "{{k}}|{{v}}",
            &["x|base", "yy|over"],
        ),
        (
            FAST,
            "    - list: {elements: [{a: x, e: live}, {a: yy, e: trial}]}\n      selector: {matchLabels: {e: live}}",
            "{{a}}|p",
            &["x|p"],
        ),
        (
            FAST,
            "    - list: {elements: [{a: x}, {a: yy}]}\n      selector: {matchExpressions: [{key: a, operator: NotIn, values: [x]}]}",
            "{{a}}|p",
            &["yy|p"],
        ),
        (
            FAST,
            "    - list: {elements: [{a: x}], template: {metadata: {}, spec: {source: {path: 'other/{{a}}'}}}}",
            "{{a}}|p",
            &["x|other/x"],
        ),
    ] {
        let (found, open) = made(mode, generators, template, "");
        let mut sorted = (found, expected.to_vec());
        sorted.0.sort();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1, "{generators}");
        assert_eq!(open, None, "{generators}");
    }
}

#[test]
fn what_only_others_know_leaves_a_set_open() {
    for (mode, generators, template, expected, why) in [
        (
            GO,
            "    - clusters: {values: {s: live}}",
            "{{ .name }}|p/{{ .values.s }}",
            &["{{ .name }}|p/live"] as &[&str],
            "clusters",
        ),
        (
            FAST,
            "    - clusters: {}",
            "w|{{metadata.labels.region}}/{{metadata.annotations.a/b}}",
            &["w|{{metadata.labels.region}}/{{metadata.annotations.a/b}}"],
            "clusters",
        ),
        (
            FAST,
            "    - merge: {mergeKeys: [nameNormalized], generators: [{clusters: {values: {s: live}}}, {list: {elements: [{nameNormalized: nn}, {nameNormalized: m, values.s: trial}]}}]}",
            "{{nameNormalized}}|{{values.s}}",
            &["m|trial", "nn|live"],
            "clusters",
        ),
        (FAST, "    - pullRequest: {github: {owner: x}}", "w|p", &[], "service"),
        (
            FAST,
            "    - git: {repoURL: 'https://elsewhere.example.org/x', directories: [{path: '*'}]}",
            "w|p",
            &[],
            "another repo",
        ),
        (
            FAST,
            "    - clusters: {}\n      selector: {matchLabels: {name: x}}",
            "{{name}}|p",
            &["{{name}}|p"],
            "clusters",
        ),
    ] {
        let (found, open) = made(mode, generators, template, "");
        assert_eq!(found, expected, "{generators}");
        assert!(open.as_deref().is_some_and(|open| open.contains(why)), "{generators}: {open:?}");
    }
}

#[test]
fn a_template_patch_is_merged_over_the_template() {
    let patch = "  templatePatch: |\n    spec:\n      source:\n        path: patched/{{ .a }}\n        repoURL: null\n    \
                 {{- if eq .a \"x\" }}\n    metadata:\n      name: renamed\n    {{- end }}\n";
    let (found, open) = made(GO, "    - list: {elements: [{a: x}, {a: yy}]}", "{{ .a }}|p", patch);
    assert_eq!((found, open), (vec!["renamed|patched/x".into(), "yy|patched/yy".into()], None));
}

#[test]
fn values_of_what_was_made_know_their_places() {
    let set = "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: set, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - list: {elements: [{team: ledger, size: 3}]}
  template:
    metadata: {name: 'team-{{ .team }}'}
    spec:
      source: {repoURL: HERE, path: 'teams/{{ .team }}'}
      destination: {name: in-cluster, namespace: '{{ .team }}'}
";
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
    render(&[("set.yaml", set), ("teams/ledger/c.yaml", text), ("teams/x.yaml", text)], |seen| {
        let config =
            seen.resources.iter().find(|resource| resource.kind == "ConfigMap" && resource.path.contains("ledger"));
        let namespace = config.and_then(|config| config.at(&["metadata", "namespace"])).expect("a namespace");
        assert_eq!(namespace.as_str(), Some("ledger"));
        let place = namespace.origin().editable().expect("copied byte for byte");
        assert_eq!(seen.sources.slice(place), "ledger");
        assert!(seen.sources[place.source].path() == "set.yaml" && place.start < 200, "the element of the list");
        let application = &seen.told.followed[0].1.object;
        let name = application.at(&["metadata", "name"]).expect("a name");
        let pieces: Vec<&str> = [0..5, 5..11]
            .into_iter()
            .map(|range| match name.view().part(range) {
                crate::source::Origin::Written(span) => seen.sources.slice(span),
                _ => "?",
            })
            .collect();
        assert_eq!(pieces, ["team-", "ledger"]);
    });
}
