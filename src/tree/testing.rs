//! Folders on disk for the tests of what reads from trees.

use super::Disk;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A temporary folder with files in it.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a temporary folder can be made"));
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn disk(&self) -> Disk {
        Disk::new(self.path()).expect("the folder exists")
    }

    pub(crate) fn disk_at(&self, path: &str) -> Disk {
        Disk::new(&self.path().join(path)).expect("the folder exists")
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.make_way(path);
        fs::write(path, bytes).expect("the file can be written");
    }

    pub(crate) fn folder(&self, path: &str) {
        fs::create_dir_all(self.path().join(path)).expect("the folder can be made");
    }

    /// A file of this size that takes no room.
    pub(crate) fn sparse(&self, path: &str, size: u64) {
        let file = fs::File::create(self.make_way(path)).expect("the file can be made");
        file.set_len(size).expect("the file can be stretched");
    }

    #[cfg(unix)]
    pub(crate) fn link(&self, path: &str, target: impl AsRef<Path>) {
        std::os::unix::fs::symlink(target, self.make_way(path)).expect("the link can be made");
    }

    #[cfg(unix)]
    pub(crate) fn fifo(&self, path: &str) {
        let path = self.make_way(path);
        let status = Command::new("mkfifo").arg(path).status().expect("mkfifo is there");
        assert!(status.success(), "mkfifo works");
    }

    /// Runs git in the folder, blind to the settings of the machine.
    pub(crate) fn git(&self, arguments: &[&str]) {
        let output = self.try_git(arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The same where git may well refuse.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> Output {
        git()
            .arg("-C")
            .arg(self.path())
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false"])
            .args(["-c", "core.autocrlf=false", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .output()
            .expect("git is there")
    }

    /// Records all files as a commit, in a new repository if there is none yet.
    pub(crate) fn commit(&self, message: &str) {
        if !self.path().join(".git").exists() {
            self.git(&["init", "--quiet"]);
        }
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    fn make_way(&self, path: &str) -> std::path::PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
        path
    }
}

/// Whether there is a git to test with.
pub(crate) fn has_git() -> bool {
    git().arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn git() -> Command {
    let mut command = Command::new("git");
    // The tests may run in a git hook.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(variable);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command
}
