//! Checks of built-in kinds against recorded answers of an API server, for whoever has them: `TIDEGATE_APISERVER_CASES`
//! names a file with one JSON object a line, `{id, op, kind, text, verdict, path, field}`; `TIDEGATE_APISERVER_ACCEPTED`
//! names a JSON file of `{path: [[first line, last line]]}` that the server took, relative to its own folder. What
//! the structure of an object decides is not asked here, so a refusal that is missed is printed, and a wrong one fails.

#![allow(clippy::print_stdout, reason = "what is missed is shown, not asserted")]

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidegate::manifest::{Manifests, Parsed, Resource};
use tidegate::schema::{Problems, builtin};
use tidegate::source::SourceId;
use tidegate::yaml::{self, Step, Value, Visit, walk};

/// The problems of every object of a text: where, and what.
fn problems(text: &str, wanted: impl Fn(&Resource<'_>) -> bool) -> Vec<(String, String)> {
    let file = yaml::parse(SourceId(0), Arc::from(text));
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "object.yaml", file: &file }]);
    let mut told = Vec::new();
    for resource in manifests.resources.iter().filter(|resource| wanted(resource)) {
        let mut problems = Problems::default();
        builtin::check(resource, &mut problems);
        for problem in &problems.found {
            let message = format!("{} [{}] {}", resource.title(), problem.code, problem.message);
            told.push((pointer(resource.value, problem.at), message));
        }
    }
    told
}

fn pointer(root: Value<'_>, at: Value<'_>) -> String {
    let mut found = None;
    walk(root, &mut |steps, value| {
        if found.is_none() && value.identity() == at.identity() {
            let step = |step: &Step<'_>| match step {
                Step::Key(key) => key.to_string(),
                Step::Index(index) => index.to_string(),
            };
            found = Some(steps.iter().map(step).collect::<Vec<_>>().join("."));
        }
        Visit::Into
    });
    found.unwrap_or_else(|| "?".to_owned())
}

fn steps(path: &str) -> Vec<String> {
    let parts = path.split(['.', '/', '[', ']', '"']).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

/// Whether a problem stands at, under, or at most two steps above a recorded place.
fn is_located(told: &[(String, String)], places: &[&str]) -> bool {
    let places: Vec<Vec<String>> = places.iter().filter(|place| !place.is_empty()).map(|place| steps(place)).collect();
    places.is_empty()
        || told.iter().any(|(pointer, _)| {
            let at = steps(pointer);
            places.iter().any(|place| {
                let shared = at.len().min(place.len());
                at[..shared] == place[..shared]
                    && place.len().saturating_sub(at.len()) <= 2
                    && (!at.is_empty() || place.len() <= 2)
                    || place.iter().all(|step| at.contains(step))
                    || at.last().is_some() && at.last() == place.last()
            })
        })
}

#[test]
#[ignore = "needs recorded answers"]
fn recorded_answers_agree() {
    let Some(path) = std::env::var_os("TIDEGATE_APISERVER_CASES") else { return };
    let text = std::fs::read_to_string(path).expect("a readable file");
    let kinds = std::env::var("TIDEGATE_APISERVER_KINDS").unwrap_or_default();
    let kinds: Vec<&str> = kinds.split(',').filter(|kind| !kind.is_empty()).collect();
    let mut counts: BTreeMap<(String, String), [usize; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in text.lines() {
        let case: Json = serde_json::from_str(line).expect("a case");
        let get = |key: &str| case[key].as_str().unwrap_or_default();
        if !kinds.is_empty() && !kinds.contains(&get("kind")) {
            continue;
        }
        let told = problems(get("text"), |_| true);
        let refused = get("verdict") == "reject";
        let agrees = told.is_empty() != refused && (!refused || is_located(&told, &[get("path"), get("field")]));
        let count = counts.entry((get("op").to_owned(), get("verdict").to_owned())).or_default();
        count[usize::from(agrees)] += 1;
        let what = format!("{} {} {} {} {:?}", get("id"), get("kind"), get("op"), get("path"), get("variant"));
        if !agrees && !refused {
            wrong.push(format!("{what}: {told:?}"));
        } else if !agrees {
            println!("missed {what} => {} ({told:?})", get("field"));
        }
    }
    for ((op, verdict), [other, same]) in &counts {
        println!("{op:14} {verdict}: {same} of {}", other + same);
    }
    assert!(wrong.is_empty(), "{} accepted cases are refused:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[ignore = "needs recorded answers"]
fn accepted_objects_have_no_problem() {
    let Some(path) = std::env::var_os("TIDEGATE_APISERVER_ACCEPTED").map(PathBuf::from) else { return };
    let folder = path.parent().unwrap_or(Path::new("."));
    let accepted: BTreeMap<String, Vec<[u32; 2]>> =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("a readable file")).expect("paths with lines");
    let mut wrong = Vec::new();
    for (file, ranges) in &accepted {
        let Ok(text) = std::fs::read_to_string(folder.join(file)) else { continue };
        let told = problems(&text, |resource| {
            let start = resource.span().start as usize;
            let line = text.get(..start).map_or(0, |before| before.matches('\n').count()) as u32 + 1;
            ranges.iter().any(|[first, last]| (*first..=*last).contains(&line))
        });
        wrong.extend(told.into_iter().map(|(pointer, message)| format!("{file}: {pointer}: {message}")));
    }
    println!("{} files", accepted.len());
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong.join("\n"));
}
