//! Small repos in temporary folders, and the program run in them as a user runs it.

#![allow(dead_code, reason = "each test file uses a part")]

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A Cluster with one fault that a rule of the first version finds, in line 7.
pub(crate) const FAULTY: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: orders
  namespace: shop-data
spec:
  enableSuperuserAccess: true
  instances: 3
  storage:
    size: 10Gi
";

/// The rule that finds it.
pub(crate) const RULE: &str = "cnpg/superuser-access";

/// The line about it in `concise`, behind the path.
pub(crate) const FOUND: &str = ":7:26: warning[cnpg/superuser-access]: ";

/// An object without a fault.
pub(crate) const HARMLESS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: shop\n";

/// A repo in a temporary folder.
pub(crate) struct Repo {
    folder: TempDir,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit status.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ran {
    /// Asserts the exit status, showing what was said otherwise.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "\n--- out\n{}--- err\n{}", self.out, self.err);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }

    /// The paths of the findings in a JSON report.
    #[track_caller]
    pub(crate) fn files(&self) -> Vec<String> {
        let findings = self.json()["findings"].as_array().expect("findings").clone();
        findings.iter().map(|finding| finding["file"].as_str().expect("a file").to_owned()).collect()
    }
}

impl Repo {
    /// A repo of these files, with an empty `.git`.
    pub(crate) fn new(files: &[(&str, &str)]) -> Repo {
        let repo = Repo::bare(files);
        fs::create_dir(repo.path(".git")).expect("a folder");
        repo
    }

    /// A folder of these files, which is no repo.
    pub(crate) fn bare(files: &[(&str, &str)]) -> Repo {
        let repo = Repo { folder: TempDir::new().expect("a temporary folder") };
        for (path, text) in files {
            repo.write(path, text.as_bytes());
        }
        repo
    }

    /// Where it lies.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A path in it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }

    /// The text of a file.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect("a file of the repo")
    }

    /// Runs `lint` in the root with the one rule that is sure to be there.
    pub(crate) fn lint(&self, arguments: &[&str]) -> Ran {
        let mut all = vec!["lint", "--select", RULE];
        all.extend(arguments);
        self.run(&all)
    }

    /// Runs the program in the root.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(program(self.root()).args(arguments), b"")
    }
}

/// The program in a folder, in a known environment.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.current_dir(folder).env("COLUMNS", "100").env("SOURCE_DATE_EPOCH", "1795219200");
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CLICOLOR"] {
        command.env_remove(variable);
    }
    command
}

/// Runs a command with a text on its standard input. A panic of the program never passes.
#[track_caller]
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its standard input");
    // The program may end without having read everything.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    let ran =
        Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) };
    assert!((0..=2).contains(&ran.code) && !ran.err.contains("panicked"), "{ran:?}");
    ran
}
