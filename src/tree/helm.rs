//! The `helm` program that somebody names: what a chart makes of values.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A helm program, version 3 or later.
#[derive(Clone, Debug)]
pub struct Helm {
    program: PathBuf,
}

impl Helm {
    /// The program at a path, or of a name that is looked up as a shell would.
    pub fn new(program: &Path) -> Helm {
        Helm { program: program.to_path_buf() }
    }

    /// Runs `helm template` with `arguments` in `folder`, and `values` on its standard input. Gives what it prints.
    ///
    /// # Errors
    /// What it says when it fails, or why it cannot be run.
    pub fn template(&self, folder: &Path, arguments: &[String], values: &str) -> Result<String, String> {
        let cannot = |error: std::io::Error| format!("`{}` cannot be run: {error}", self.program.display());
        let mut child = Command::new(&self.program)
            .arg("template")
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(cannot)?;
        let mut input = child.stdin.take().expect("internal: standard input is piped");
        let values = values.to_owned();
        // Written beside the reading: neither side may wait for the other.
        let writing = std::thread::spawn(move || {
            // A helm that takes no values closes its input.
            let _ = input.write_all(values.as_bytes());
        });
        let output = child.wait_with_output().map_err(cannot)?;
        // It cannot panic, and what it could not write was not wanted.
        let _ = writing.join();
        if output.status.success() {
            return String::from_utf8(output.stdout).map_err(|_| "`helm template` prints no UTF-8".to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
        let line = line.map(|line| line.trim_start_matches("Error: ").to_owned());
        Err(format!("`helm template` fails: {}", line.unwrap_or_else(|| format!("it ends with {}", output.status))))
    }
}
