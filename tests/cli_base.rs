//! Two states: `--base` with folders, files and revisions, `--new-only`, and the index with `--staged`.

mod repo;

use repo::{FAULTY, Ran, Repo};
use std::path::Path;
use std::process::Command;

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: ledger
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
";

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ledger\n";

/// The rule that compares the two states here.
const LOST: &str = "netpol/lost-default-deny";

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(variable);
    }
    let output = command.output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A repo with the policy in its first commit, on the branch `main`; the branch `change` drops it.
fn history() -> Repo {
    let repo = Repo::bare(&[("namespace.yaml", NAMESPACE), ("policy.yaml", POLICY)]);
    git(repo.root(), &["init", "--quiet", "--initial-branch", "main"]);
    commit(&repo, "closed");
    git(repo.root(), &["checkout", "--quiet", "-b", "change"]);
    std::fs::remove_file(repo.path("policy.yaml")).expect("the policy is there");
    commit(&repo, "open");
    repo
}

fn commit(repo: &Repo, message: &str) {
    git(repo.root(), &["add", "--all"]);
    git(repo.root(), &["commit", "--quiet", "--allow-empty", "--message", message]);
}

fn compared(repo: &Repo, arguments: &[&str]) -> Ran {
    let mut all = vec!["lint", "--select", LOST, "--format", "json"];
    all.extend(arguments);
    repo.run(&all)
}

#[test]
fn a_revision_is_compared_by_its_merge_base() {
    let repo = history();
    compared(&repo, &["."]).exits(0);
    let ran = compared(&repo, &[".", "--base", "main"]).exits(1);
    assert_eq!(ran.files(), ["namespace.yaml"]);
    let related = &ran.json()["findings"][0]["related"][0];
    assert_eq!(related["file"], "policy.yaml");
    let commit_of_main = git(repo.root(), &["rev-parse", "main"]);
    assert_eq!(related["revision"], commit_of_main[..12]);

    // What came to `main` since is no doing of this branch.
    git(repo.root(), &["checkout", "--quiet", "main"]);
    repo.write("till.yaml", POLICY.replace("ledger", "till").as_bytes());
    repo.write("till-namespace.yaml", NAMESPACE.replace("ledger", "till").as_bytes());
    commit(&repo, "till");
    git(repo.root(), &["checkout", "--quiet", "change"]);
    repo.write("till-namespace.yaml", NAMESPACE.replace("ledger", "till").as_bytes());
    assert_eq!(compared(&repo, &["--base", "main"]).exits(1).files(), ["namespace.yaml"]);
    let exact = compared(&repo, &["--base", "git:main", "--base-exact"]).exits(1);
    assert_eq!(exact.files(), ["namespace.yaml", "till-namespace.yaml"]);
    assert_eq!(git(repo.root(), &["status", "--short"]), "?? till-namespace.yaml", "the work tree is not touched");
}

#[test]
fn a_path_on_disk_is_a_state_before_a_revision_is() {
    let files = [("main/namespace.yaml", NAMESPACE), ("main/policy.yaml", POLICY), ("repo/namespace.yaml", NAMESPACE)];
    let folder = Repo::bare(&files);
    git(&folder.path("repo"), &["init", "--quiet", "--initial-branch", "main"]);
    git(&folder.path("repo"), &["add", "--all"]);
    git(&folder.path("repo"), &["commit", "--quiet", "--message", "open"]);
    let ran = compared(&folder, &["repo", "--base", "main"]).exits(1);
    assert_eq!(ran.json()["findings"][0]["related"][0]["revision"], "main");
    compared(&folder, &["repo", "--base", "git:main"]).exits(0);
}

#[test]
fn a_file_stands_for_the_file_that_is_looked_at() {
    let both = format!("{NAMESPACE}---\n{POLICY}");
    let narrow = both.replace("podSelector: {}", "podSelector: {matchLabels: {a: b}}");
    let repo = Repo::bare(&[("new/all.yaml", &narrow), ("old.yaml", &both)]);
    for isolated in [&["--isolated"][..], &[]] {
        let mut arguments = vec!["new/all.yaml", "--base", "old.yaml"];
        arguments.extend(isolated);
        let ran = compared(&repo, &arguments).exits(1);
        assert_eq!(ran.json()["findings"].as_array().map(Vec::len), Some(1), "{isolated:?}");
    }
    let ran = compared(&repo, &["new", "--base", "old.yaml"]).exits(2);
    assert!(ran.err.contains("a file is compared with one file"), "{}", ran.err);
}

#[test]
fn a_state_that_cannot_be_read_is_no_success() {
    let repo = history();
    for (state, expected) in [
        ("nowhere", "`nowhere` is not a revision of this repository"),
        ("no/such.yaml", "there is no such file or folder, and `no/such.yaml` is not a revision"),
        ("git:main~9", "fetch-depth: 0"),
    ] {
        let ran = compared(&repo, &["--base", state]).exits(2);
        assert!(ran.err.contains(expected), "{state}: {}", ran.err);
    }
    let outside = Repo::bare(&[("namespace.yaml", NAMESPACE)]);
    let ran = compared(&outside, &["--base", "main"]).exits(2);
    assert!(ran.err.contains("is not in a git repository"), "{}", ran.err);
    for option in ["--base-exact", "--new-only"] {
        compared(&repo, &[option]).exits(2);
    }
}

#[test]
fn a_shallow_clone_without_the_base_says_what_to_fetch() {
    let repo = history();
    let clone = Repo::bare(&[]);
    let from = format!("file://{}", repo.root().display());
    git(clone.root(), &["clone", "--quiet", "--depth", "1", "--branch", "change", &from, "copy"]);
    git(&clone.path("copy"), &["fetch", "--quiet", "--depth", "1", "origin", "main:main"]);
    let ran = compared(&clone, &["copy", "--base", "main"]).exits(2);
    assert!(ran.err.contains("no common commit") && ran.err.contains("fetch-depth: 0"), "{}", ran.err);
}

#[test]
fn only_what_is_new_is_told() {
    let repo = Repo::bare(&[("orders.yaml", FAULTY)]);
    git(repo.root(), &["init", "--quiet", "--initial-branch", "main"]);
    commit(&repo, "one");
    repo.write("billing.yaml", FAULTY.replace("orders", "billing").as_bytes());
    repo.write("orders.yaml", format!("# moved down\n{FAULTY}").as_bytes());
    let all = repo.lint(&["--format", "json", "--base", "HEAD"]).exits(0);
    assert_eq!(all.files(), ["billing.yaml", "orders.yaml"]);
    let new = repo.lint(&["--format", "json", "--base", "HEAD", "--new-only"]).exits(0);
    assert_eq!(new.files(), ["billing.yaml"]);
}

#[test]
fn the_index_is_what_a_commit_would_record() {
    let repo = Repo::bare(&[("orders.yaml", "# nothing yet\n")]);
    git(repo.root(), &["init", "--quiet", "--initial-branch", "main"]);
    commit(&repo, "one");
    repo.write("orders.yaml", FAULTY.as_bytes());
    assert!(repo.lint(&["--format", "json", "--staged"]).exits(0).files().is_empty());
    git(repo.root(), &["add", "--all"]);
    repo.write("orders.yaml", b"# mended since\n");
    repo.write("billing.yaml", FAULTY.as_bytes());
    assert_eq!(repo.lint(&["--format", "json", "--staged"]).exits(0).files(), ["orders.yaml"]);
    assert_eq!(repo.lint(&["--format", "json"]).exits(0).files(), ["billing.yaml"]);
    let outside = Repo::bare(&[("orders.yaml", FAULTY)]);
    assert!(outside.lint(&["--staged"]).exits(2).err.contains("is not in a git repository"));
}
