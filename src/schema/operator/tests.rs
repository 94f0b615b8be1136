//! What is refused, warned of and refused to change, as tables of objects: each fault with a near miss beside it.

mod changes;
mod clusters;
mod others;
mod parameters;
mod recovery;
mod replicas;
mod surroundings;

use super::{REFUSALS, WARNINGS, check_refusals, check_update, check_warnings};
use crate::finding::Versions;
use crate::manifest::{Manifests, Parsed};
use crate::schema::Problems;
use crate::source::SourceId;
use crate::yaml::parse;

/// What is said of one field, as `code at the pointer`.
fn told(
    text: &str,
    operator: &str,
    check: impl Fn(&crate::manifest::Resource<'_>, &Versions) -> Vec<String>,
) -> Vec<String> {
    let file = parse(SourceId(0), text.into());
    assert!(file.documents().iter().all(|document| document.is_whole()), "a text that parses:\n{text}");
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "object.yaml", file: &file }]);
    let resource = manifests.resources.first().expect("an object");
    check(resource, &Versions { kubernetes: "1.36".into(), cnpg: operator.into() })
}

fn words(problems: &Problems<'_>, codes: &[&str], root: crate::yaml::Value<'_>) -> Vec<String> {
    for problem in &problems.found {
        let first = problem.message.chars().next().expect("a message");
        assert!(!problem.message.ends_with('.') && problem.helps.len() <= 2 && problem.notes.len() <= 2, "{problem:?}");
        assert!(first.is_lowercase() || first == '`' || problem.message.contains(" `"), "{}", problem.message);
        assert!(problem.label.split_whitespace().count() <= 12 && !problem.label.is_empty(), "{}", problem.label);
        assert!(!problem.helps.is_empty(), "{}", problem.message);
        assert!(codes.binary_search(&problem.code).is_ok(), "{} is in the list", problem.code);
    }
    let pointer = |problem: &crate::schema::Problem<'_>| root.pointer_to(problem.at).expect("a value of the object");
    let mut all: Vec<String> =
        problems.found.iter().map(|problem| format!("{} {}", problem.code, pointer(problem))).collect();
    all.sort();
    all
}

fn refusals(text: &str, operator: &str) -> Vec<String> {
    told(text, operator, |resource, versions| {
        let mut problems = Problems::default();
        check_refusals(resource, versions, &mut problems);
        words(&problems, REFUSALS, resource.value)
    })
}

fn warnings(text: &str, operator: &str) -> Vec<String> {
    told(text, operator, |resource, versions| {
        let mut problems = Problems::default();
        check_warnings(resource, versions, &mut problems);
        words(&problems, WARNINGS, resource.value)
    })
}

fn changes(old: &str, new: &str, operator: &str) -> Vec<String> {
    let before = parse(SourceId(1), old.into());
    let before = Manifests::new(vec![Parsed { root: 0, path: "object.yaml", file: &before }]);
    told(new, operator, |resource, versions| {
        let mut problems = Problems::default();
        check_update(before.resources.first().expect("an object"), resource, versions, &mut problems);
        words(&problems, REFUSALS, resource.value)
    })
}

/// A Cluster with these lines in its spec; `instances` and `storage` are there already where no line has them.
fn cluster(lines: &str) -> String {
    let mut text =
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: orders, namespace: shop}\nspec:\n"
            .to_owned();
    for (key, default) in [("instances:", "  instances: 1\n"), ("storage:", "  storage: {size: 1Gi}\n")] {
        if !lines.lines().any(|line| line.starts_with(key)) {
            text.push_str(default);
        }
    }
    for line in lines.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// An object of another kind with these lines in its spec.
fn object(kind: &str, lines: &str) -> String {
    let mut text =
        format!("apiVersion: postgresql.cnpg.io/v1\nkind: {kind}\nmetadata: {{name: one, namespace: shop}}\nspec:\n");
    for line in lines.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// Checks a table of specs of Clusters: each with what is refused of it, nothing for a near miss.
fn check_clusters(table: &[(&str, &[&str])]) {
    for (lines, expected) in table {
        assert_eq!(refusals(&cluster(lines), "1.30"), *expected, "{lines}");
    }
}

/// The same for another kind.
fn check_objects(kind: &str, table: &[(&str, &[&str])]) {
    for (lines, expected) in table {
        assert_eq!(refusals(&object(kind, lines), "1.30"), *expected, "{kind}: {lines}");
    }
}

#[test]
fn the_lists_of_codes_are_in_order() {
    assert!(REFUSALS.is_sorted() && WARNINGS.is_sorted());
}
