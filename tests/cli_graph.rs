//! `tidegate graph`: what is printed in each form, what is chosen, and how a run ends. `TIDEGATE_BLESS=1` writes what the
//! small platform in `tests/graph` looks like.

mod case;

use case::{bless, project};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn graph(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.arg("graph").args(arguments).current_dir(folder).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Standard output of a run that must succeed.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = graph(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let printed = printed(folder, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&printed).expect("JSON")
}

fn platform() -> PathBuf {
    project().join("tests/graph/platform")
}

/// A folder with files, by path.
fn repo(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn ids(graph: &serde_json::Value) -> Vec<&str> {
    graph["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].as_str().expect("an id")).collect()
}

#[test]
fn a_small_platform_looks_like_this() {
    for (format, file) in
        [("text", "graph.txt"), ("json", "graph.json"), ("dot", "graph.dot"), ("mermaid", "graph.mmd")]
    {
        let found = printed(&platform(), &["--format", format]);
        let file = project().join("tests/graph").join(file);
        if bless() {
            fs::write(&file, &found).expect("the file can be written");
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert!(found == expected, "{} differs; TIDEGATE_BLESS=1 writes it:\n{found}", file.display());
    }
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = fs::read_to_string(project().join("schemas/graph.schema.json")).expect("the schema");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let graph = json(&platform(), &[]);
    let errors: Vec<String> =
        validator.iter_errors(&graph).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    // What the program writes and the schema lists is the same.
    for (item, part) in [("node", &graph["nodes"][0]), ("edge", &graph["edges"][0])] {
        let listed = schema["$defs"][item]["properties"].as_object().expect("properties");
        for field in part.as_object().expect("an object").keys() {
            assert!(listed.contains_key(field), "{item}.{field} is not in the schema");
        }
    }
    let ids = ids(&graph);
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "ids are unique");
    for edge in graph["edges"].as_array().expect("edges") {
        for end in ["from", "to"] {
            assert!(ids.contains(&edge[end].as_str().expect("an id")), "{edge}");
        }
    }
}

#[test]
fn no_form_shows_the_value_of_a_secret_or_depends_on_threads() {
    for format in ["text", "json", "dot", "mermaid", "html"] {
        let one = printed(&platform(), &["--format", format, "--jobs", "1"]);
        let many = printed(&platform(), &["--format", format, "--jobs", "8"]);
        assert!(one == many, "{format} is the same whatever the threads");
        assert!(!one.contains("hunter2"), "{format} shows a secret");
        assert!(one.contains("web-db"), "{format} names it");
    }
}

#[test]
fn the_name_of_the_file_says_how_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, start) in [
        ("a.html", "<!DOCTYPE html>"),
        ("a.json", "{\n  \"version\": 1"),
        ("a.dot", "digraph resources {"),
        ("a.mmd", "graph LR"),
        ("a.out", "databases  databases/namespace.yaml:4"),
    ] {
        let file = folder.path().join(name);
        printed(&platform(), &["--output", file.to_str().expect("UTF-8")]);
        let written = fs::read_to_string(&file).expect("a file");
        assert!(written.starts_with(start), "{name}: {}", &written[..60]);
    }
}

#[test]
fn a_path_or_a_namespace_brings_what_it_has_to_do_with() {
    let of_path = json(&platform(), &["shop/databases.yaml"]);
    assert_eq!(
        ids(&of_path),
        [
            "Namespace/databases",
            "databases/Cluster/main",
            "databases/Database/orders",
            "databases/Database/shop",
            "databases/Role/main/clerk",
            "databases/Role/main/shop",
        ]
    );
    let of_namespace = json(&platform(), &["--namespace", "shop"]);
    assert_eq!(
        ids(&of_namespace),
        [
            "Namespace/databases",
            "databases/Pooler/main-pooler",
            "Namespace/shop",
            "shop/Secret/web-db",
            "shop/Deployment/web"
        ]
    );
    assert_eq!(ids(&json(&platform(), &["--kind", "databases,Deployment"])).len(), 3);
}

#[test]
fn rules_are_not_run_where_nobody_asks_for_findings() {
    let with = json(&platform(), &[]);
    let count = |graph: &serde_json::Value| {
        let nodes = graph["nodes"].as_array().expect("nodes");
        nodes.iter().map(|node| node["findings"].as_array().expect("findings").len()).sum::<usize>()
    };
    let without = json(&platform(), &["--no-findings"]);
    assert!(count(&with) > 0);
    assert_eq!(count(&without), 0);
    assert_eq!(ids(&with), ids(&without), "the graph itself is the same");
    assert_eq!(with["edges"], without["edges"], "the graph itself is the same");
}

#[test]
fn targets_are_one_graph_and_tell_what_differs() {
    let base = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: main, namespace: db}\nspec: {instances: 1, storage: {size: 1Gi}}\n";
    let files = [
        ("base/cluster.yaml", base),
        ("base/kustomization.yaml", "resources: [cluster.yaml]\n"),
        ("dev/kustomization.yaml", "resources: [../base]\n"),
        (
            "live/kustomization.yaml",
            "resources: [../base]\npatches:\n  - target: {kind: Cluster}\n    patch: '[{\"op\": \"replace\", \"path\": \"/spec/instances\", \"value\": 3}]'\n",
        ),
        ("tidegate.yaml", "targets:\n  dev: {roots: [dev]}\n  live: {roots: [live]}\n"),
    ];
    let folder = repo(&files);
    let graph = json(folder.path(), &[]);
    let cluster = &graph["nodes"].as_array().expect("nodes").iter().find(|node| node["id"] == "db/Cluster/main");
    let cluster = cluster.expect("one Cluster");
    assert_eq!(cluster["targets"], serde_json::json!(["dev", "live"]));
    assert_eq!(cluster["facts"]["instances"], "1 in dev; 3 in live");
    let live = json(folder.path(), &["--target", "live"]);
    let cluster = live["nodes"].as_array().expect("nodes").iter().find(|node| node["id"] == "db/Cluster/main");
    assert_eq!(cluster.expect("one Cluster")["facts"]["instances"], "3");
}

#[test]
fn flux_and_what_it_brings_are_linked() {
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: databases, namespace: flux-system}\nspec: {interval: 1h, path: ./databases, prune: true, sourceRef: {kind: GitRepository, name: flux-system}, dependsOn: [{name: nowhere}]}\n";
    let cluster = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: main, namespace: db}\nspec: {instances: 1, storage: {size: 1Gi}}\n";
    let folder = repo(&[("cluster/flux-system/databases.yaml", flux), ("databases/cluster.yaml", cluster)]);
    let dot = printed(folder.path(), &["--format", "dot"]);
    let brought = "\"flux-system/Kustomization/databases\" -> \"db/Cluster/main\" [label=\"releases\"];";
    assert!(dot.contains(brought), "{dot}");
    assert!(dot.contains("\"flux-system/Kustomization/nowhere\" [label=\"Kustomization nowhere ("), "{dot}");
}

#[test]
fn what_is_wrong_with_the_run_is_said_and_the_rest_is_shown() {
    let cluster = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: main, namespace: db}\nspec: {instances: 1, storage: {size: 1Gi}}\n";
    let folder =
        repo(&[("cluster.yaml", cluster), ("broken.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a\n")]);
    let output = graph(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("broken.yaml:"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Cluster main"), "{}", text(&output.stdout));
    for (arguments, said) in [
        (&["nowhere"][..], "error: nowhere: not found\n"),
        (&["--target", "live"], "error: unknown target `live`"),
        (&["--kind", "clutser"], "error: `clutser` is no kind of the graph\n  help: did you mean `cluster`?\n"),
    ] {
        let output = graph(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let wrong = repo(&[("tidegate.yaml", "rolle: platform\n"), ("cluster.yaml", cluster)]);
    let output = graph(wrong.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `role`?"), "{}", text(&output.stderr));
}

#[test]
fn an_empty_folder_is_an_empty_graph() {
    let folder = repo(&[("README.md", "nothing\n")]);
    assert_eq!(printed(folder.path(), &[]), "0 nodes and 0 links; 0 errors, 0 warnings, 0 notes\n");
    assert!(printed(folder.path(), &["--format", "html"]).contains("\"nodes\":[]"));
}
