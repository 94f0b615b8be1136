//! Whole walks over folders on disk, in memory and in git.

use super::*;
use crate::config::PathGlob;
use crate::tree::testing::{Folder, has_git};
use crate::tree::{Memory, Repository, Revision};

fn paths(walked: &Walked) -> Vec<&str> {
    walked.files.iter().map(|file| file.path.as_str()).collect()
}

fn walk_folder(folder: &Folder, options: &Options) -> Walked {
    walk(&folder.disk(), options)
}

fn memory(files: &[(&str, &str)]) -> Memory {
    let mut memory = Memory::new();
    files.iter().for_each(|(path, text)| assert!(memory.insert(path, *text)));
    memory
}

fn left(walked: &Walked) -> Vec<(&'static str, usize)> {
    walked.left_alone.iter().map(|(reason, count)| (*reason, *count)).collect()
}

fn globs(patterns: &[&str]) -> Vec<PathGlob> {
    patterns.iter().map(|pattern| PathGlob::new(pattern).expect("a glob")).collect()
}

#[test]
fn files_are_taken_by_name_and_sorted() {
    let walked = walk(
        &memory(&[
            ("b.yaml", "\u{feff}b: 1\r\n"),
            ("a/kustomization.yaml", ""),
            ("a.yml", ""),
            ("README.md", "# {{ no }}"),
            ("p.json", r#"{"kind": "Pod"}"#),
            ("tsconfig.json", "{}"),
            ("x.sops.yaml.template", "a: <fill in>"),
        ]),
        &Options::default(),
    );
    assert_eq!(paths(&walked), ["a.yml", "a/kustomization.yaml", "b.yaml", "p.json", "x.sops.yaml.template"]);
    assert_eq!(&*walked.files[2].text, "\u{feff}b: 1\r\n");
    assert_eq!(walked.files[1].kind, FileKind::Kustomization);
    assert_eq!(left(&walked), [(reason::OTHER_JSON, 1)]);
    assert_eq!(walked.failures, []);
}

#[test]
fn ignore_rules_nest_and_are_taken_back() {
    let files = [
        (".gitignore", "\u{feff}*.tmp.yaml\r\n/build/\n!keep.tmp.yaml\n[bad\n"),
        ("a.tmp.yaml", ""),
        ("keep.tmp.yaml", ""),
        ("build/out.yaml", ""),
        ("sub/build/in.yaml", ""),
        ("sub/.gitignore", "!a.tmp.yaml\nkeep.tmp.yaml\nonly/*\n!only/this.yaml\n"),
        ("sub/a.tmp.yaml", ""),
        ("sub/keep.tmp.yaml", ""),
        ("sub/only/this.yaml", ""),
        ("sub/only/that.yaml", ""),
        ("sub/deeper/a.tmp.yaml", ""),
        ("sub/deeper/b.tmp.yaml", ""),
        ("dead/.gitignore", "*\n"),
        ("dead/x.yaml", ""),
    ];
    let walked = walk(&memory(&files), &Options::default());
    assert_eq!(
        paths(&walked),
        ["keep.tmp.yaml", "sub/a.tmp.yaml", "sub/build/in.yaml", "sub/deeper/a.tmp.yaml", "sub/only/this.yaml"]
    );
    let all = walk(&memory(&files), &Options { no_ignore: true, ..Options::default() });
    assert_eq!(all.files.len(), files.len() - 3);
    assert_eq!(all.left_alone.get(reason::IGNORED), None);
}

#[test]
fn rules_above_the_root_hold_below_it() {
    let folder = Folder::new(&[
        (".git/info/exclude", "private.yaml\n"),
        (".gitignore", "/apps/web/out/\n*.log.yaml\n"),
        ("apps/.gitignore", "!b.log.yaml\nweb/named.yaml\n"),
        ("apps/web/out/x.yaml", ""),
        ("apps/web/more/out/y.yaml", ""),
        ("apps/web/private.yaml", ""),
        ("apps/web/a.log.yaml", ""),
        ("apps/web/b.log.yaml", ""),
        ("apps/web/named.yaml", ""),
    ]);
    let expected = ["b.log.yaml", "more/out/y.yaml"];
    assert_eq!(paths(&walk(&folder.disk_at("apps/web"), &Options::default())), expected);
    assert_eq!(paths(&walk_folder(&folder, &Options::default())), ["apps/web/b.log.yaml", "apps/web/more/out/y.yaml"]);
    let all = walk(&folder.disk_at("apps/web"), &Options { no_ignore: true, ..Options::default() });
    assert_eq!(all.files.len(), 6);
}

#[test]
fn the_answer_is_that_of_git() {
    if !has_git() {
        return;
    }
    let files = [
        (".gitignore", "# comment\n\\#hash.yaml\n**/logs/*.yaml\n!logs/keep.yaml\nfoo/\na/**/z.yaml\ntrail.yaml \n"),
        ("#hash.yaml", ""),
        ("logs/a.yaml", ""),
        ("logs/keep.yaml", ""),
        ("x/logs/a.yaml", ""),
        ("foo/a.yaml", ""),
        ("x/foo/a.yaml", ""),
        ("y/foo.yaml", ""),
        ("a/z.yaml", ""),
        ("a/b/c/z.yaml", ""),
        ("b/z.yaml", ""),
        ("trail.yaml", ""),
    ];
    let folder = Folder::new(&files);
    folder.git(&["init", "--quiet"]);
    folder.git(&["add", "--all"]);
    let staged = Revision::staged(&Repository::open(folder.path()).expect("a repository")).expect("an index");
    let everything = walk(&staged, &Options { no_ignore: true, ..Options::default() });
    assert_eq!(paths(&walk_folder(&folder, &Options::default())), paths(&everything));
    assert_eq!(paths(&everything), ["b/z.yaml", "logs/keep.yaml", "y/foo.yaml"]);
}

#[test]
fn hidden_files_are_left_out_but_for_settings() {
    let files = [
        (".sops.yaml", ""),
        ("apps/.sops.yaml", ""),
        (".tidegate.yaml", ""),
        (".hidden.yaml", ""),
        (".archive/a.yaml", ""),
        (".git/config.yaml", ""),
        (".github/workflows/ci.yaml", ""),
        (".github/dependabot.yml", ""),
        (".github/cluster/deploy.yaml", ""),
        (".gitlab-ci.yml", ""),
        ("apps/a.yaml", ""),
    ];
    let walked = walk(&memory(&files), &Options::default());
    assert_eq!(paths(&walked), [".sops.yaml", ".tidegate.yaml", "apps/.sops.yaml", "apps/a.yaml"]);
    assert_eq!(left(&walked), [(reason::HIDDEN, 4)]);
    let walked = walk(&memory(&files), &Options { hidden: true, ..Options::default() });
    assert_eq!(
        paths(&walked),
        [
            ".archive/a.yaml",
            ".github/cluster/deploy.yaml",
            ".hidden.yaml",
            ".sops.yaml",
            ".tidegate.yaml",
            "apps/.sops.yaml",
            "apps/a.yaml"
        ]
    );
    assert_eq!(left(&walked), [(reason::CI, 3)]);
}

#[test]
fn what_the_user_names_is_walked_and_nothing_beside_it() {
    let files = [
        (".gitignore", "out/\n*.skip.yaml\n"),
        ("out/a.yaml", ""),
        ("out/b.yaml", ""),
        ("out/deep/c.yaml", ""),
        ("out/deep/d.skip.yaml", ""),
        (".hidden/e.yaml", ""),
        (".hidden/f.yaml", ""),
        ("docs/g.yaml", ""),
        ("h.yaml", ""),
    ];
    let named = ["out/deep", ".hidden/e.yaml", "docs/g.yaml", "missing.yaml"].map(String::from).into();
    let options = Options { named, exclude: globs(&["docs/**"]), ..Options::default() };
    let walked = walk(&memory(&files), &options);
    assert_eq!(paths(&walked), [".hidden/e.yaml", "h.yaml", "out/deep/c.yaml"]);
    assert_eq!(left(&walked), [(reason::EXCLUDED, 1), (reason::IGNORED, 3), (reason::HIDDEN, 2)].sorted());
}

trait Sorted {
    fn sorted(self) -> Self;
}

impl<const N: usize> Sorted for [(&'static str, usize); N] {
    fn sorted(mut self) -> Self {
        self.sort_unstable();
        self
    }
}

#[test]
fn excluded_folders_and_files_stay_out() {
    let files =
        [("docs/a.yaml", ""), ("docs/deep/b.yaml", ""), ("vendor/c.yaml", ""), ("d.gen.yaml", ""), ("e.yaml", "")];
    let options = Options { exclude: globs(&["docs/**", "vendor", "*.gen.yaml"]), ..Options::default() };
    let walked = walk(&memory(&files), &options);
    assert_eq!(paths(&walked), ["e.yaml"]);
    assert_eq!(left(&walked), [(reason::EXCLUDED, 4)]);
}

#[test]
fn what_is_no_manifest_is_counted_by_what_it_is() {
    let mut tree = memory(&[
        ("chart/Chart.yaml", "name: web"),
        ("chart/values.yaml", "a: 1"),
        ("chart/crds/crd.yaml", "kind: CustomResourceDefinition"),
        ("chart/templates/plain.yaml", "kind: ConfigMap"),
        ("chart/templates/tests/one.yaml", "{{ .a }}"),
        ("chart/templates/_tpl.txt", ""),
        ("chart/templates/Chart.lock", ""),
        ("templates/plain.yaml", "kind: ConfigMap"),
        ("tmpl/a.yaml", "{{- if .a }}\na: 1\n{{- end }}\n"),
        ("tmpl/b.yaml", "{% if a %}\na: 1\n{% endif %}\n"),
        ("tmpl/c.yaml.j2", ""),
        ("alerts.yaml", "summary: \"{{ $value }}\""),
        ("package-lock.json", "{}"),
        ("azure-pipelines.yml", ""),
        ("node_modules/a/b.yaml", ""),
        ("node_modules/a/c.yaml", ""),
        ("data.json", "{}"),
        ("lfs.yaml", "version https://git-lfs.github.com/spec/v1\n"),
    ]);
    tree.insert("crypt.yaml", *b"\0GITCRYPT\0\x12\x34");
    tree.insert("picture.yaml", *b"\x89PNG\0\0");
    let walked = walk(&tree, &Options::default());
    assert_eq!(
        paths(&walked),
        ["alerts.yaml", "chart/Chart.yaml", "chart/crds/crd.yaml", "chart/values.yaml", "templates/plain.yaml"]
    );
    let expected = [
        (reason::HELM, 3),
        (reason::GO_TEMPLATE, 1),
        (reason::JINJA, 2),
        (reason::LOCK, 1),
        (reason::CI, 1),
        (reason::DEPENDENCIES, 1),
        (reason::OTHER_JSON, 1),
        (reason::LFS, 1),
        (reason::GIT_CRYPT, 1),
        (reason::BINARY, 1),
    ];
    assert_eq!(left(&walked), expected.sorted());
    assert_eq!(walked.failures, []);
}

#[test]
fn what_cannot_be_read_is_a_failure_and_the_rest_goes_on() {
    let folder = Folder::new(&[("good.yaml", "a: 1")]);
    folder.write("latin.yaml", b"a: caf\xe9\n");
    folder.write("wide.yaml", b"\xff\xfea\0:\0");
    folder.sparse("huge.yaml", 112 << 20);
    folder.sparse("huge.bin", 112 << 20);
    folder.sparse("huge.lock.yaml", 112 << 20);
    let walked = walk_folder(&folder, &Options::default());
    assert_eq!(paths(&walked), ["good.yaml"]);
    let failures: Vec<(&str, &str)> =
        walked.failures.iter().map(|failure| (failure.path.as_str(), failure.message.as_str())).collect();
    assert_eq!(
        failures,
        [
            ("huge.yaml", "112 MiB, over the limit of 16 MiB (--max-file-size)"),
            ("latin.yaml", "not UTF-8 (byte 7, 0xe9): it looks like Latin-1 or Windows-1252; save it as UTF-8"),
            ("wide.yaml", "not UTF-8: it looks like UTF-16; save it as UTF-8"),
        ]
    );
    let options = Options { max_file_size: 3, ..Options::default() };
    assert_eq!(walk_folder(&folder, &options).files, []);
}

#[cfg(unix)]
#[test]
fn links_loops_and_pipes_end_the_walk_nowhere() {
    let folder = Folder::new(&[("base/a.yaml", "a: 1")]);
    folder.folder("empty");
    folder.link("base/self", ".");
    folder.link("loop", "loop");
    folder.link("b.yaml", "base/a.yaml");
    folder.link("up", "..");
    folder.link(".gitignore", "base/a.yaml");
    folder.fifo("pipe.yaml");
    folder.fifo("pipe");
    let walked = walk_folder(&folder, &Options::default());
    assert_eq!(paths(&walked), ["base/a.yaml"]);
    assert_eq!(left(&walked), [(reason::HIDDEN, 1), (reason::LINK, 4)].sorted());
    let failure =
        Failure { path: "pipe.yaml".into(), message: "not a regular file (a FIFO, a socket or a device)".into() };
    assert_eq!(walked.failures, [failure]);
}

#[test]
fn deep_folders_are_no_danger() {
    let mut tree = Memory::new();
    tree.insert(&format!("{}x.yaml", "d/".repeat(3000)), "");
    assert_eq!(walk(&tree, &Options::default()).files.len(), 1);
}

fn many() -> Vec<(String, String)> {
    let mut files = vec![(".gitignore".to_owned(), "*7.yaml\n".to_owned())];
    for at in 0..300 {
        let text = if at % 5 == 0 { "{{ .a }}\n" } else { "a: 1\n" };
        files.push((format!("{}/{}/{at}.yaml", at % 3, at % 11), text.to_owned()));
        files.push((format!("{}/{}/.gitignore", at % 3, at % 11), "!17.yaml\n".to_owned()));
    }
    files
}

#[test]
fn threads_do_not_change_the_answer() {
    let mut tree = Memory::new();
    for (path, text) in many() {
        tree.insert(&path, text);
        tree.insert(&format!("{path}.bad.yaml"), *b"\xe9 a");
    }
    let [one, eight] = [1, 8].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be made");
        pool.install(|| walk(&tree, &Options::default()))
    });
    assert!(one.files.len() > 100 && one.failures.len() > 100);
    assert!(one.files.is_sorted_by(|left, right| left.path < right.path));
    assert_eq!(one, eight);
}

#[test]
fn every_tree_gives_the_same_walk() {
    let (folder, mut memory) = (Folder::new(&[]), Memory::new());
    for (path, text) in many() {
        folder.write(&path, text.as_bytes());
        memory.insert(&path, text);
    }
    let options = Options::default();
    let expected = walk_folder(&folder, &options);
    assert!(expected.left_alone.contains_key(reason::IGNORED));
    assert_eq!(walk(&memory, &options), expected);
    if has_git() {
        folder.commit("all");
        let repository = Repository::open(folder.path()).expect("a repository");
        let revision = Revision::open(&repository, "HEAD").expect("a commit");
        assert_eq!(walk(&revision, &options), expected);
    }
}
