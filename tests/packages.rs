//! What packages say of the program: pyproject.toml, the pre-commit hooks and the module of Python are in step with
//! Cargo.toml and with the program.

mod case;

use case::project;
use std::fs;
use std::process::Command;

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The value of `key` in a table of a TOML file, as written.
fn field(text: &str, table: &str, key: &str) -> String {
    let mut lines = text.lines().skip_while(|line| *line != format!("[{table}]")).skip(1);
    let found = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ").map(str::to_owned));
    found.unwrap_or_else(|| panic!("[{table}] has no {key}"))
}

#[test]
fn the_wheel_tells_what_the_crate_tells() {
    let (cargo, python) = (read("Cargo.toml"), read("pyproject.toml"));
    for key in ["name", "description", "license", "readme", "keywords"] {
        assert_eq!(field(&python, "project", key), field(&cargo, "package", key), "{key}");
    }
    // The version is that of the crate: there is no second one to forget.
    assert_eq!(field(&python, "project", "dynamic"), r#"["version"]"#);
    assert!(!python.contains("\nversion ="));
    assert_eq!(field(&python, "tool.maturin", "bindings"), r#""bin""#);
    let licences = field(&python, "project", "license-files");
    for licence in licences.split('"').skip(1).step_by(2) {
        assert!(project().join(licence).is_file(), "{licence}");
    }
    let (source, module) =
        (field(&python, "tool.maturin", "python-source"), field(&python, "tool.maturin", "module-name"));
    let folder = project().join(source.trim_matches('"')).join(module.trim_matches('"'));
    assert!(folder.join("__init__.py").is_file() && folder.join("__main__.py").is_file());
}

#[test]
fn the_hooks_run_what_the_program_has() {
    let hooks: serde_json::Value = serde_yaml::from_str(&read(".pre-commit-hooks.yaml")).expect("YAML");
    let hooks = hooks.as_array().expect("a list");
    assert_eq!(
        hooks.iter().map(|hook| hook["id"].as_str()).collect::<Vec<_>>(),
        [Some("tidegate"), Some("tidegate-system")]
    );
    for hook in hooks {
        let entry: Vec<&str> = hook["entry"].as_str().expect("an entry").split(' ').collect();
        assert_eq!(entry[0], env!("CARGO_PKG_NAME"));
        assert_eq!(hook["pass_filenames"], false, "the whole repo is read whatever changed");
        let status = Command::new(env!("CARGO_BIN_EXE_tidegate")).args(&entry[1..]).arg("--help").output();
        assert!(status.expect("the program runs").status.success(), "{entry:?}");
    }
}
