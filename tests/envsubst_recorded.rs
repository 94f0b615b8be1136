//! Substitution against recorded answers of Flux's own library, for whoever has a folder of them: JSON files, each a
//! list of `{input, vars, strict, expected | error}`, in the folder that `TIDEGATE_ENVSUBST_CASES` names.

use serde_json::Value;
use std::path::Path;
use tidegate::render::substitute::{Lookup, Refusal, RefusalKind, Substituted, substitute};

/// What is wrong with the outcome of one recorded case, if anything.
fn difference(case: &Value, outcome: &Result<Substituted, Refusal>) -> Option<String> {
    let expected = case.get("expected").and_then(Value::as_str);
    match (outcome, expected) {
        (Ok(result), Some(expected)) => {
            let end =
                result.pieces.iter().try_fold(0, |end, piece| (piece.range.start == end).then_some(piece.range.end));
            if result.text != expected {
                Some(format!("gives {:?}, not {expected:?}", result.text))
            } else {
                (end != Some(result.text.len())).then(|| format!("pieces do not tile: {:?}", result.pieces))
            }
        }
        (Ok(result), None) => Some(format!("gives {:?}, but is refused: {}", result.text, case["error"])),
        (Err(refusal), Some(expected)) => Some(format!("is refused ({refusal}), but gives {expected:?}")),
        (Err(refusal), None) => {
            let is_undefined = case["error"].as_str().is_some_and(|error| error.contains("variable not set"));
            (is_undefined != (refusal.kind == RefusalKind::Undefined))
                .then(|| format!("is refused as {:?}, but for {}", refusal.kind, case["error"]))
        }
    }
}

fn run(path: &Path) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(path).expect("a readable file");
    let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
    let mut differences = Vec::new();
    for case in &cases {
        let input = case["input"].as_str().expect("an input");
        let strict = case["strict"].as_bool().expect("strict or not");
        let lookup = |name: &str| match case["vars"].get(name).and_then(Value::as_str) {
            Some(value) => Lookup::Known(value),
            None => Lookup::Undefined,
        };
        if let Some(difference) = difference(case, &substitute(input, strict, lookup)) {
            differences.push(format!("{}: {input:?} strict={strict} {difference}", path.display()));
        }
    }
    (cases.len(), differences)
}

#[test]
#[ignore = "needs a folder of recorded answers"]
fn recorded_answers_agree() {
    let Some(folder) = std::env::var_os("TIDEGATE_ENVSUBST_CASES") else { return };
    let mut count = 0;
    let mut differences = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry of the folder").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let (cases, found) = run(&path);
            count += cases;
            differences.extend(found);
        }
    }
    assert!(count > 0, "the folder holds no cases");
    assert!(differences.is_empty(), "{} of {count} differ:\n{}", differences.len(), differences.join("\n"));
}
