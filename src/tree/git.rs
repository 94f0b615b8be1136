//! The `git` program: which repository a folder belongs to, what a revision is called, the bytes of an object.
//! It knows no tree.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use thiserror::Error;

/// Why git could not answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GitError {
    /// There is no `git` to run.
    #[error("cannot run `git`, which is needed to read revisions: {message}")]
    NoGit {
        /// What the system said.
        message: String,
    },
    /// The folder is in no work tree.
    #[error("{folder} is not in a git repository")]
    NotARepository {
        /// The folder, as it was given.
        folder: String,
    },
    /// No commit has this name.
    #[error(
        "`{revision}` is not a revision of this repository (a shallow clone may lack it: fetch more history, as `fetch-depth: 0` does)"
    )]
    UnknownRevision {
        /// What was asked for.
        revision: String,
    },
    /// Two revisions without a common ancestor.
    #[error(
        "`{left}` and `{right}` have no common commit (a shallow clone may lack it: fetch more history, as `fetch-depth: 0` does, or use --base-exact)"
    )]
    NoMergeBase {
        /// One revision.
        left: String,
        /// The other.
        right: String,
    },
    /// The index holds a path in several versions.
    #[error("{path} is not merged yet, so the index holds no single version of it")]
    Unmerged {
        /// The path, relative to the top of the repository.
        path: String,
    },
    /// Whatever else git said.
    #[error("git {command}: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What it wrote to standard error.
        message: String,
    },
}

/// A folder in the work tree of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    top: PathBuf,
    prefix: String,
}

impl Repository {
    /// The repository that `folder` lies in.
    pub fn open(folder: &Path) -> Result<Repository, GitError> {
        let output = run(folder, ["rev-parse", "--show-toplevel", "--show-prefix"])?;
        if !output.status.success() {
            let error = failure("rev-parse", &output);
            return Err(match error {
                GitError::Failed { message, .. } if message.contains("not a git repository") => {
                    GitError::NotARepository { folder: folder.display().to_string() }
                }
                error => error,
            });
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let (top, prefix) = text.rsplit_once('\n').unwrap_or((text, ""));
        let prefix = prefix.trim_end_matches('/').to_owned();
        if prefix.contains(char::REPLACEMENT_CHARACTER) {
            let message = format!("the name of {} is not UTF-8; rename it", folder.display());
            return Err(GitError::Failed { command: "rev-parse".to_owned(), message });
        }
        // The top by way of the folder, since git's own spelling of it need not be UTF-8.
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let up = prefix.split('/').filter(|part| !part.is_empty()).count();
        let top = real.ancestors().nth(up).map_or_else(|| PathBuf::from(top), Path::to_path_buf);
        Ok(Repository { top, prefix })
    }

    /// The top folder of the work tree.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The folder this was opened for, relative to the top, with `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The id of the commit that a branch, a tag, `HEAD~1` or a shortened id stands for.
    pub fn resolve(&self, revision: &str) -> Result<String, GitError> {
        let unknown = || GitError::UnknownRevision { revision: revision.to_owned() };
        if revision.is_empty() || revision.starts_with('-') || revision.contains(['\0', '\n']) {
            return Err(unknown());
        }
        let output = run(&self.top, ["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])?;
        if output.status.success() { Ok(line_of(&output)) } else { Err(unknown()) }
    }

    /// The id of the best common ancestor of two revisions.
    pub fn merge_base(&self, left: &str, right: &str) -> Result<String, GitError> {
        let output = run(&self.top, ["merge-base", &self.resolve(left)?, &self.resolve(right)?])?;
        match output.status.code() {
            Some(0) => Ok(line_of(&output)),
            Some(1) => Err(GitError::NoMergeBase { left: left.to_owned(), right: right.to_owned() }),
            _ => Err(failure("merge-base", &output)),
        }
    }

    /// Runs a subcommand at the top and hands out what it writes.
    pub(super) fn output(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let output = run(&self.top, arguments)?;
        if output.status.success() { Ok(output.stdout) } else { Err(failure(arguments[0], &output)) }
    }
}

/// What a batch says about one object.
pub(super) enum Object {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It has more bytes than allowed: this many. They were not read.
    TooLarge(u64),
    /// There is no such object.
    Missing,
}

/// A running `git cat-file --batch`. After an error or an object that is too large it must be dropped: the
/// conversation has lost its place.
pub(super) struct Batch {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Batch {
    pub(super) fn start(repository: &Repository) -> io::Result<Batch> {
        let mut child = command(&repository.top)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let input = child.stdin.take().expect("internal: standard input is piped");
        let output = BufReader::new(child.stdout.take().expect("internal: standard output is piped"));
        Ok(Batch { child, input, output })
    }

    /// The object with this id or `revision:path` name.
    pub(super) fn read(&mut self, name: &str, limit: u64) -> io::Result<Object> {
        writeln!(self.input, "{name}")?;
        self.input.flush()?;
        let mut header = Vec::new();
        self.output.read_until(b'\n', &mut header)?;
        let header = String::from_utf8_lossy(&header);
        if header.trim_end().ends_with(" missing") {
            return Ok(Object::Missing);
        }
        let size = header.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(|| io::Error::other(format!("git cat-file answered `{}`", header.trim_end())))?;
        if size > limit {
            return Ok(Object::TooLarge(size));
        }
        let mut bytes = Vec::with_capacity(size.min(1 << 24) as usize);
        self.output.by_ref().take(size).read_to_end(&mut bytes)?;
        let mut end = [0];
        self.output.read_exact(&mut end)?;
        Ok(Object::Bytes(bytes))
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It may be blocked on an answer that nobody reads, so closing its input is not enough.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    // A git hook sets these for its own repository, which need not be the one that is read here.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
        command.env_remove(variable);
    }
    command.envs([("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_LITERAL_PATHSPECS", "1")]);
    command.envs([("GIT_TERMINAL_PROMPT", "0")]);
    command
}

fn run<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Result<Output, GitError> {
    command(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| GitError::NoGit { message: error.to_string() })
}

fn failure(command: &str, output: &Output) -> GitError {
    let text = String::from_utf8_lossy(&output.stderr);
    let message = text.trim().trim_start_matches("fatal: ");
    let message = if message.is_empty() { format!("ended with {}", output.status) } else { message.to_owned() };
    GitError::Failed { command: command.to_owned(), message }
}

fn line_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
