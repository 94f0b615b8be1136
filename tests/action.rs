//! The GitHub Action: read with the reader of this program, its steps run in a shell as a runner does it.

mod case;
mod repo;

use case::project;
use repo::{FAULTY, Ran, Repo, run};
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use tidegate::source::SourceId;
use tidegate::yaml;

fn action() -> serde_json::Value {
    let text = std::fs::read_to_string(project().join("action.yml")).expect("action.yml");
    let file = yaml::parse(SourceId(0), Arc::from(text.as_str()));
    assert!(file.documents().len() == 1 && file.documents()[0].is_whole() && file.duplicates().is_empty());
    serde_yaml::from_str(&text).expect("YAML")
}

/// Runs the step that lints, with the inputs that a job gives and the defaults of the others.
fn lint(repo: &Repo, given: &[(&str, &str)]) -> (Ran, BTreeMap<&'static str, String>) {
    let action = action();
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["id"] == "lint").expect("the step that lints");
    let runner = Repo::bare(&[("output", ""), ("summary", "")]);
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().expect("a script")]);
    command.current_dir(repo.root()).env("RUNNER_TEMP", runner.root());
    command.env("GITHUB_OUTPUT", runner.path("output")).env("GITHUB_STEP_SUMMARY", runner.path("summary"));
    for (variable, expression) in step["env"].as_object().expect("variables") {
        let expression = expression.as_str().expect("an expression");
        let input = expression.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}")).expect(expression);
        let default = action["inputs"][input]["default"].as_str().unwrap_or_else(|| panic!("no input {input}"));
        let value = given.iter().find(|(name, _)| *name == input).map_or(default, |(_, value)| value);
        let value = if input == "binary" && value.is_empty() { env!("CARGO_BIN_EXE_tidegate") } else { value };
        command.env(variable, value);
    }
    let ran = run(&mut command, b"");
    (ran, BTreeMap::from([("output", runner.read("output")), ("summary", runner.read("summary"))]))
}

#[test]
fn it_is_a_composite_action() {
    let action = action();
    assert_eq!(action["runs"]["using"], "composite");
    for key in ["name", "description"] {
        assert!(action[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
    }
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        assert!(input["description"].is_string() && input["default"].is_string(), "{name}");
    }
    for step in action["runs"]["steps"].as_array().expect("steps") {
        assert_eq!(step["shell"], "bash", "{step}");
        // What a job gives is no part of a script: a value must not become a command.
        assert!(!step["run"].as_str().expect("a script").contains("${{"), "{step}");
    }
}

#[test]
fn every_script_parses() {
    for step in action()["runs"]["steps"].as_array().expect("steps") {
        let script = step["run"].as_str().expect("a script");
        run(Command::new("bash").args(["-n", "-c", script]), b"").exits(0);
    }
}

#[test]
fn findings_become_annotations_a_summary_and_a_report() {
    let repo = Repo::new(&[("apps/orders.yaml", FAULTY)]);
    let select = ("arguments", "--select\ncnpg/superuser-access\n");
    let (ran, files) = lint(&repo, &[select]);
    let ran = ran.exits(0);
    assert!(ran.out.starts_with("::warning file=apps/orders.yaml,line=7,"), "{}", ran.out);
    assert_eq!(files["output"], "status=0\n");
    assert!(files["summary"].starts_with("### tidegate: 1 warning\n"), "{}", files["summary"]);

    let (ran, files) = lint(&repo, &[select, ("fail-on", "warning"), ("sarif", "out.sarif"), ("summary", "false")]);
    ran.exits(1);
    assert_eq!((files["output"].as_str(), files["summary"].as_str()), ("status=1\n", ""));
    assert!(repo.read("out.sarif").contains("\"version\": \"2.1.0\""));

    let (ran, files) = lint(&repo, &[("path", "none\n")]);
    ran.exits(2);
    assert_eq!(files["output"], "status=2\n");
}

#[test]
fn inputs_are_no_commands() {
    let repo = Repo::new(&[("my apps/orders $(touch no).yaml", FAULTY), ("other.yaml", FAULTY)]);
    let given = [("path", "my apps\n"), ("arguments", "--select=cnpg/superuser-access"), ("fail-on", "warning")];
    let (ran, _) = lint(&repo, &given);
    let ran = ran.exits(1);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    let (ran, _) = lint(&repo, &[("fail-on", "$(touch no)"), ("base", "; touch no")]);
    ran.exits(2);
    assert!(!repo.path("no").exists());
}

#[test]
fn known_and_old_findings_are_left_out() {
    let repo = Repo::bare(&[("orders.yaml", FAULTY)]);
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(repo.root()).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
        assert!(command.output().expect("git runs").status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "one"]);
    repo.write("billing.yaml", FAULTY.replace("orders", "billing").as_bytes());
    let select = ("arguments", "--select=cnpg/superuser-access");
    let (ran, _) = lint(&repo, &[select, ("base", "main")]);
    assert!(ran.out.contains("file=billing.yaml") && !ran.out.contains("file=orders.yaml"), "{}", ran.out);
    repo.run(&["lint", "--write-baseline"]).exits(0);
    let (ran, files) = lint(&repo, &[select, ("baseline", "tidegate-baseline.json"), ("fail-on", "note")]);
    assert_eq!(ran.exits(0).out, "");
    assert!(files["summary"].contains("2 held back by the baseline"), "{}", files["summary"]);
}
