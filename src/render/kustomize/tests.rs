//! Whole builds of small folders: what no step shows by itself.

use super::*;
use crate::render::files::{Extra, Files};
use crate::source::{Source, Sources};
use crate::yaml::rendered::to_json;
use crate::yaml::{self, File};
use elsa::sync::FrozenVec;
use serde_json::{Value as Json, json};

/// Builds the root of `files`; a refusal gives its message with `path` and the text it points at.
fn build(files: &[(&str, &str)]) -> Result<Vec<Json>, String> {
    let mut sources = Sources::new(vec![String::new()]);
    let mut parsed: Vec<(&str, File)> = Vec::new();
    let mut extras: Vec<(&str, Extra)> = Vec::new();
    for (path, text) in files {
        let source = sources.add(Source::new(0, *path, *text));
        match path.ends_with(".yaml") {
            true => parsed.push((path, yaml::parse(source, sources[source].shared_text()))),
            false => extras.push((path, Extra::Text(source))),
        }
    }
    let embedded = FrozenVec::new();
    let files = Files::new(
        0,
        &sources,
        parsed.iter().map(|(path, file)| (*path, file)),
        extras.iter().map(|(path, extra)| (*path, extra)),
        &embedded,
    );
    match Builder::new(&files, Restrict::Root).build("") {
        Ok(build) => Ok(build.objects.iter().map(|object| to_json(object.tree.view())).collect()),
        Err(refusal) => {
            let place = &sources[refusal.span.source];
            Err(format!("{} at {}: {}", refusal.message, place.path(), &place.text()[refusal.span.range()]))
        }
    }
}

/// The value at a JSON pointer of the only object, or the first one of a kind.
fn value(files: &[(&str, &str)], kind: &str, pointer: &str) -> Json {
    let objects = build(files).expect("built");
    let object = objects.iter().find(|object| object["kind"] == kind).expect(kind);
    object.pointer(pointer).cloned().unwrap_or(Json::Null)
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

#[test]
fn a_secret_without_data_has_an_empty_mapping_of_them() {
    let built = |text: &str| {
        build(&[("kustomization.yaml", text), ("a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n")])
    };
    let plain = "generatorOptions: {disableNameSuffixHash: true}\nsecretGenerator: [{name: b}]\nconfigMapGenerator: [{name: c}]\n";
    let objects = built(plain).expect("built");
    assert_eq!(objects[0], json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}));
    assert_eq!(objects[1]["data"], json!({}));
    let merged = built("resources: [a.yaml]\nsecretGenerator: [{name: a, behavior: merge}]\n").expect("built");
    assert_eq!(merged[0].get("data"), None);
    let replaced = built("resources: [a.yaml]\nsecretGenerator: [{name: a, behavior: replace}]\n").expect("built");
    assert_eq!(replaced[0]["data"], json!({}));
}

#[test]
fn no_namespace_and_the_default_one_are_one_and_cluster_scoped_kinds_have_none() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r, namespace: x}\n";
    for (kustomization, text, word) in [
        (
            "resources: [a.yaml]\nconfigMapGenerator: [{name: a, namespace: default}]\n",
            MAP.to_owned(),
            "is there already",
        ),
        ("resources: [a.yaml]\n", format!("{role}---\n{}", role.replace(": x", ": y")), "is taken in twice"),
    ] {
        let refused = build(&[("kustomization.yaml", kustomization), ("a.yaml", &text)]).expect_err(&text);
        assert!(refused.contains(word), "{refused}");
    }
}

#[test]
fn transformers_and_generators_stand_as_objects() {
    let prefix = "apiVersion: builtin\nkind: PrefixSuffixTransformer\nmetadata: {name: t}\nprefix: p-\nsuffix: -s\nfieldSpecs: [{path: metadata/name}]\n";
    let patch =
        "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: y}\ntarget: {kind: ConfigMap}\npath: ops.yaml\n";
    let files = [
        ("kustomization.yaml", "resources: [a.yaml]\ntransformers: [t.yaml, t]\n"),
        ("a.yaml", MAP),
        ("t.yaml", prefix),
        ("t/kustomization.yaml", "resources: [t.yaml]\n"),
        ("t/t.yaml", patch),
        ("ops.yaml", "- {op: add, path: /data, value: {k: v}}\n"),
    ];
    let expected = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "p-a-s"}, "data": {"k": "v"}});
    assert_eq!(build(&files), Ok(vec![expected]));
    let missing = prefix.replace("fieldSpecs: [{path: metadata/name}]\n", "");
    let refused =
        build(&[files[0], files[1], ("t.yaml", &missing), files[3], files[4], files[5]]).expect_err("refused");
    assert!(refused.contains("`fieldSpecs`") && refused.contains("at t.yaml"), "{refused}");
    let generator = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: y, labels: {no: t}}\nenvs: [x.env]\noptions: {disableNameSuffixHash: true}\n";
    let files = [
        ("kustomization.yaml", "generators: [g]\n"),
        ("g/kustomization.yaml", "resources: [g.yaml]\n"),
        ("g/g.yaml", generator),
        ("x.env", "A=outer\n"),
        ("g/x.env", "A=inner\n"),
    ];
    let expected = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "y"}, "data": {"A": "outer"}});
    assert_eq!(build(&files), Ok(vec![expected]));
}

#[test]
fn those_in_the_list_itself_run_before_those_of_files() {
    let prefix = |text: &str| {
        format!(
            "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {{name: {text}}}\nprefix: {text}-\nfieldSpecs: [{{path: metadata/name}}]\n"
        )
    };
    let list = format!(
        "resources: [a.yaml]\ntransformers:\n- t.yaml\n- |\n  {}",
        prefix("inner").trim_end().replace('\n', "\n  ")
    );
    let (outer, twin) = (prefix("outer"), prefix("inner"));
    let name =
        value(&[("kustomization.yaml", &list), ("a.yaml", MAP), ("t.yaml", &outer)], "ConfigMap", "/metadata/name");
    assert_eq!(name, "outer-inner-a");
    let refused = build(&[("kustomization.yaml", &list), ("a.yaml", MAP), ("t.yaml", &twin)]).expect_err("refused");
    assert!(refused.contains("taken in twice"), "{refused}");
}

#[test]
fn a_namespace_transformer_says_how_far_it_goes() {
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: own}\n\
                   subjects: [{kind: ServiceAccount, name: x}, {kind: ServiceAccount, name: default}]\n";
    for (reach, own, other, default) in [
        ("", "shop", None, Some("shop")),
        ("unsetOnly: true", "own", None, Some("shop")),
        ("setRoleBindingSubjects: allServiceAccounts", "shop", Some("shop"), Some("shop")),
        ("setRoleBindingSubjects: none", "shop", None, None),
    ] {
        let transformer = format!(
            "apiVersion: builtin\nkind: NamespaceTransformer\nmetadata: {{name: t, namespace: shop}}\n{reach}\n"
        );
        let files = [
            ("kustomization.yaml", "resources: [a.yaml]\ntransformers: [t.yaml]\n"),
            ("a.yaml", binding),
            ("t.yaml", transformer.as_str()),
        ];
        let at = |pointer: &str| value(&files, "RoleBinding", pointer);
        assert_eq!(at("/metadata/namespace"), own, "{reach}");
        assert_eq!(at("/subjects/0/namespace"), json!(other), "{reach}");
        assert_eq!(at("/subjects/1/namespace"), json!(default), "{reach}");
    }
}

const BASE: &str = "resources: [a.yaml]\ncommonLabels: {team: db}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n";

#[test]
fn fields_that_were_given_one_label_change_together() {
    let merge = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, labels: {team: web}}}";
    for (overlay, deployment, selector) in [
        ("labels: [{pairs: {team: web}}]", DEPLOYMENT.to_owned(), "web"),
        (&format!("patches: [{{patch: '{merge}'}}]"), DEPLOYMENT.to_owned(), "web"),
        ("labels: [{pairs: {other: web}}]", DEPLOYMENT.to_owned(), "db"),
        // What was there before has a value of its own.
        (
            "labels: [{pairs: {team: web}}]",
            format!("{DEPLOYMENT}spec: {{selector: {{matchLabels: {{team: x}}}}}}\n"),
            "db",
        ),
        // Operations write the object anew.
        (
            "patches: [{target: {kind: Deployment}, patch: '[{\"op\": \"add\", \"path\": \"/spec/x\", \"value\": 1}]'}]\n\
             labels: [{pairs: {team: web}}]",
            DEPLOYMENT.to_owned(),
            "db",
        ),
    ] {
        let overlay = format!("resources: [base]\n{overlay}\n");
        let files =
            [("kustomization.yaml", overlay.as_str()), ("base/kustomization.yaml", BASE), ("base/a.yaml", &deployment)];
        assert_eq!(value(&files, "Deployment", "/spec/selector/matchLabels/team"), selector, "{overlay}");
    }
}

#[test]
fn nulls_and_numbers_of_listed_patches_are_texts() {
    let files = |patch: &'static str| {
        [
            ("kustomization.yaml", "resources: [a.yaml]\npatchesStrategicMerge: [p.yaml]\n"),
            ("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {x: y}}\n"),
            ("p.yaml", patch),
        ]
    };
    let labels = |patch| value(&files(patch), "ConfigMap", "/metadata/labels");
    assert_eq!(
        labels("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {x: null, n: 1}}\n"),
        json!({"x": "null", "n": "1"})
    );
    assert_eq!(labels("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: null}\n"), json!({"x": "y"}));
}

#[test]
fn operations_find_annotations_where_kustomize_has_noted_something() {
    let patch = "patchesJson6902: [{target: {version: v1, kind: ConfigMap, name: a}, patch: '[{\"op\": \"add\", \"path\": \"/metadata/annotations/x\", \"value\": \"y\"}]'}]\n";
    for (first, fits) in [("", false), ("namespace: shop\n", true), ("namePrefix: p-\n", true)] {
        let kustomization = format!("resources: [a.yaml]\n{first}{patch}");
        assert_eq!(build(&[("kustomization.yaml", &kustomization), ("a.yaml", MAP)]).is_ok(), fits, "{first}");
    }
}

#[test]
fn inline_patches_end_where_their_words_do() {
    let inline = |list: &str| {
        format!(
            "resources: [a.yaml]\n{list}\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {{name: a}}\n    data:\n      k: |\n        text\n"
        )
    };
    for (list, expected) in [("patches:\n- patch: |", "text"), ("patchesStrategicMerge:\n- |", "text\n")] {
        let kustomization = inline(list);
        assert_eq!(value(&[("kustomization.yaml", &kustomization), ("a.yaml", MAP)], "ConfigMap", "/data/k"), expected);
    }
}

#[test]
fn notes_are_written_where_a_root_asks_for_them() {
    let files = [
        (
            "kustomization.yaml",
            "resources: [base]\nnamePrefix: p-\nbuildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n",
        ),
        ("base/kustomization.yaml", "resources: [a.yaml]\nnamespace: shop\nbuildMetadata: [managedByLabel]\n"),
        ("base/a.yaml", MAP),
    ];
    let at = |pointer: &str| value(&files, "ConfigMap", pointer);
    assert_eq!(at("/metadata/annotations/config.kubernetes.io~1origin"), "path: base/a.yaml\n");
    assert_eq!(
        at("/metadata/annotations/alpha.config.kubernetes.io~1transformations"),
        "- configuredIn: base/kustomization.yaml\n  configuredBy:\n    apiVersion: builtin\n    kind: NamespaceTransformer\n\
         - configuredIn: kustomization.yaml\n  configuredBy:\n    apiVersion: builtin\n    kind: PrefixTransformer\n"
    );
    assert_eq!(at("/metadata/labels/app.kubernetes.io~1managed-by"), "kustomize-(devel)");
    let silent = [("kustomization.yaml", "resources: [base]\n"), files[1], files[2]];
    assert_eq!(value(&silent, "ConfigMap", "/metadata/labels"), Json::Null);
}

#[test]
fn annotations_that_kustomize_uses_itself_are_lost() {
    let object = |key: &str, text: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, annotations: {{{key}: {text}}}}}\n")
    };
    let built = |key: &str, text: &str| {
        build(&[("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", &object(key, text))]).expect("built")
    };
    let annotations = |key: &str, text: &str| built(key, text)[0]["metadata"].get("annotations").cloned();
    assert_eq!(annotations("config.kubernetes.io/origin", "x"), None);
    assert_eq!(annotations("x", "null"), Some(json!({"x": "null"})));
    assert_eq!(annotations("x", "2024-01-01"), Some(json!({"x": "2024-01-01"})));
    assert_eq!(annotations("x", ""), Some(json!({"x": ""})));
    assert_eq!(
        built("internal.config.kubernetes.io/needsHashSuffix", "enabled")[0]["metadata"]["name"],
        "a-6ct58987ht"
    );
    for (text, count) in [("\"true\"", 0), ("anything", 0), ("\"false\"", 1)] {
        assert_eq!(built("config.kubernetes.io/local-config", text).len(), count, "{text}");
    }
}

#[test]
fn schemas_are_looked_for() {
    for (schema, expected) in [
        ("{path: none.json}", "there is no file `none.json` at kustomization.yaml: none.json"),
        ("{version: v1.20.4}", "alone at kustomization.yaml: v1.20.4"),
        ("{version: v1.21.2, path: a.yaml}", "not both at kustomization.yaml: a.yaml"),
    ] {
        let kustomization = format!("resources: [a.yaml]\nopenapi: {schema}\n");
        let refused = build(&[("kustomization.yaml", &kustomization), ("a.yaml", MAP)]).expect_err(schema);
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn names_of_two_layers_are_told_apart_by_their_prefix() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec: {containers: [{envFrom: [{configMapRef: {name: a}}]}]}\n";
    let files = [
        ("kustomization.yaml", "resources: [x, w]\n"),
        ("x/kustomization.yaml", "resources: [../common]\nnamePrefix: x-\n"),
        ("w/kustomization.yaml", "resources: [../common]\nnamePrefix: w-\n"),
        ("common/kustomization.yaml", "resources: [a.yaml, pod]\n"),
        ("common/pod/kustomization.yaml", "resources: [pod.yaml]\nnameSuffix: -s\n"),
        ("common/pod/pod.yaml", pod),
        ("common/a.yaml", MAP),
    ];
    let objects = build(&files).expect("built");
    let named: Vec<(&str, &Json)> = objects
        .iter()
        .filter(|object| object["kind"] == "Pod")
        .map(|pod| {
            (
                pod["metadata"]["name"].as_str().expect("a name"),
                &pod["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"],
            )
        })
        .collect();
    assert_eq!(named, [("w-pod-s", &json!("w-a")), ("x-pod-s", &json!("x-a"))]);
}

const SCHEMA: &str = "definitions:
  v1.Widget:
    properties:
      spec: {$ref: '#/definitions/v1.WidgetSpec'}
    x-kubernetes-group-version-kind: [{group: acme.io, version: v1, kind: Widget}]
  v1.WidgetSpec:
    properties:
      parts:
        type: array
        items: {$ref: '#/definitions/v1.Part'}
        x-kubernetes-patch-merge-key: name
        x-kubernetes-patch-strategy: merge
      tags: {items: {type: string}, x-kubernetes-patch-strategy: merge}
      ports: {items: {type: object}, x-kubernetes-list-map-keys: [port, protocol], x-kubernetes-patch-strategy: 'merge,retainKeys'}
      others: {items: {type: object}, x-kubernetes-patch-merge-key: name}
      untyped:
        items: {$ref: '#/definitions/v1.Part'}
        x-kubernetes-patch-merge-key: name
        x-kubernetes-patch-strategy: merge
  v1.Part:
    properties:
      subs: {items: {type: object}, x-kubernetes-patch-merge-key: k, x-kubernetes-patch-strategy: merge}
";

const WIDGET: &str = "apiVersion: acme.io/v1
kind: Widget
metadata: {name: w}
spec:
  parts: [{name: a, v: 1, subs: [{k: x, v: 1}, {k: y}]}, {name: b}]
  tags: [one]
  ports: [{port: 1, protocol: TCP, v: 1}]
  others: [{name: a}]
  untyped: [{name: a, subs: [{k: x}]}]
";

const WIDGET_PATCH: &str = "apiVersion: acme.io/v1
kind: Widget
metadata: {name: w}
spec:
  parts: [{name: a, v: 2, subs: [{k: x, v: 2}]}]
  tags: [two]
  ports: [{port: 1, protocol: TCP, v: 2}]
  others: [{name: c}]
  untyped: [{name: a, subs: [{k: z}]}]
";

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: a}, {name: b}]}
";

const POD_PATCH: &str = "apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: b, image: x}]}
";

#[test]
fn a_schema_says_which_lists_merge() {
    let files = [
        ("kustomization.yaml", "resources: [w.yaml]\nopenapi: {path: schema.yaml}\npatches: [{path: patch.yaml}]\n"),
        ("w.yaml", WIDGET),
        ("patch.yaml", WIDGET_PATCH),
        ("schema.yaml", SCHEMA),
    ];
    assert_eq!(
        value(&files, "Widget", "/spec"),
        json!({
            "parts": [{"name": "a", "v": 2, "subs": [{"k": "x", "v": 2}, {"k": "y"}]}, {"name": "b"}],
            "tags": ["two", "one"],
            "ports": [{"port": 1, "protocol": "TCP", "v": 2}],
            "others": [{"name": "c"}],
            "untyped": [{"name": "a", "subs": [{"k": "z"}]}],
        })
    );
}

#[test]
fn the_first_schema_of_a_build_counts_and_hides_the_carried_one() {
    let widgets = "resources: [w.yaml]\nopenapi: {path: schema.yaml}\npatches: [{path: patch.yaml}]\n";
    let pods = "resources: [p.yaml]\npatches: [{path: patch.yaml}]\n";
    let merged = json!([{"name": "b", "image": "x"}, {"name": "a"}]);
    let replaced = json!([{"name": "b", "image": "x"}]);
    for (root, expected, why) in [
        ("resources: [pods, widgets]\n", &merged, "the carried schema is there before the other one"),
        ("resources: [widgets, pods]\n", &replaced, "the carried schema was never read"),
        ("resources: [widgets, pods]\nopenapi: {version: v1.21.2}\n", &merged, "the root says which one"),
    ] {
        let files = [
            ("kustomization.yaml", root),
            ("widgets/kustomization.yaml", widgets),
            ("widgets/w.yaml", WIDGET),
            ("widgets/patch.yaml", WIDGET_PATCH),
            ("widgets/schema.yaml", SCHEMA),
            ("pods/kustomization.yaml", pods),
            ("pods/p.yaml", POD),
            ("pods/patch.yaml", POD_PATCH),
        ];
        assert_eq!(value(&files, "Pod", "/spec/containers"), *expected, "{why}");
    }
}

#[test]
fn kinds_without_a_rank_are_ordered_as_one_text() {
    let object = |api: &str, kind: &str, metadata: &str| {
        format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{{metadata}}}\n---\n")
    };
    let text = [
        object("v1", "Pod", "name: a"),
        object("apps/v1", "X", "name: a"),
        object("apps.k/v1", "X", "name: b, namespace: a"),
        object("apps.k/v1", "X", "name: a"),
        object("apps.k/v1", "X", "name: c, namespace: a-b"),
    ]
    .concat();
    let files = [("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", text.as_str())];
    let names: Vec<String> = build(&files)
        .expect("built")
        .iter()
        .map(|object| format!("{} {}", object["apiVersion"], object["metadata"]["name"]).replace('"', ""))
        .collect();
    assert_eq!(names, ["apps.k/v1 c", "apps.k/v1 b", "apps.k/v1 a", "apps/v1 a", "v1 a"]);
}
