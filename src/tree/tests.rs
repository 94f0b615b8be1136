//! The trees side by side: the same content gives the same answers.

use super::testing::{Folder, has_git};
use super::*;
use std::path::PathBuf;
use std::sync::Arc;

const FILES: [(&str, &str); 5] = [
    ("a.yaml", "a: 1\n"),
    ("apps/web/deploy.yaml", "kind: Deployment\n"),
    ("apps/web.yaml", "b: 1\n"),
    ("apps/é ü.yaml", "c: 1\r\n"),
    ("z/empty.yaml", ""),
];

const NO_LIMIT: u64 = u64::MAX;

/// Every path in a tree with its kind, and the bytes of every file.
fn everything(tree: &dyn Tree) -> Vec<(String, EntryKind, Option<Vec<u8>>)> {
    let (mut all, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        let entries = tree.list(&folder).expect("a listed folder can be listed");
        assert!(entries.is_sorted(), "{folder}");
        for Entry { name, kind } in entries.iter() {
            let path = path::child(&folder, name);
            assert_eq!(tree.kind(&path), Some(kind.clone()), "{path}");
            if name == ".git" {
                continue;
            }
            if *kind == EntryKind::Folder {
                folders.push(path.clone());
            }
            let bytes = tree.read(&path, NO_LIMIT).ok();
            all.push((path, kind.clone(), bytes));
        }
    }
    all.sort();
    all
}

fn repository(folder: &Folder, path: &str) -> Repository {
    Repository::open(&folder.path().join(path)).expect("the folder is in a repository")
}

fn revision(folder: &Folder, path: &str, revision: &str) -> Revision {
    Revision::open(&repository(folder, path), revision).expect("the revision exists")
}

#[test]
fn every_tree_shows_the_same() {
    let folder = Folder::new(&FILES);
    let disk = folder.disk();
    let expected = everything(&disk);
    assert_eq!(expected.len(), FILES.len() + 3, "three folders");
    assert_eq!(disk.read("apps/web/deploy.yaml", NO_LIMIT), Ok(b"kind: Deployment\n".to_vec()));

    let mut memory = Memory::new();
    let mut over = Memory::over(Arc::new(Folder::new(&FILES[..2]).disk()));
    for (path, text) in FILES {
        memory.insert(path, text);
        over.insert(path, text);
    }
    over.insert("gone/x.yaml", "");
    over.remove("gone/x.yaml");
    assert_eq!(everything(&memory), expected);
    assert_eq!(everything(&Recording::new(&disk)), expected);

    if has_git() {
        folder.commit("all");
        assert_eq!(everything(&revision(&folder, "", "HEAD")), expected);
        assert_eq!(everything(&Revision::staged(&repository(&folder, "")).expect("the index is there")), expected);
        let part = everything(&folder.disk_at("apps"));
        assert_eq!(everything(&revision(&folder, "apps", "HEAD")), part);
        assert_eq!(everything(&Revision::staged(&repository(&folder, "apps")).expect("the index is there")), part);
    }
}

#[test]
fn every_tree_refuses_the_same() {
    let folder = Folder::new(&FILES);
    let mut trees: Vec<(&str, Box<dyn Tree>)> = vec![("disk", Box::new(folder.disk()))];
    let mut memory = Memory::new();
    FILES.iter().for_each(|(path, text)| assert!(memory.insert(path, *text)));
    trees.push(("memory", Box::new(memory)));
    trees.push(("over", Box::new(Memory::over(Arc::new(folder.disk())))));
    if has_git() {
        folder.commit("all");
        trees.push(("revision", Box::new(revision(&folder, "", "HEAD"))));
    }
    for (name, tree) in &trees {
        for (path, expected) in [
            ("missing.yaml", "missing.yaml: not found"),
            ("a.yaml/below", "a.yaml/below: not found"),
            ("a\0b", "a\0b: not found"),
            ("\u{fffd}.yaml", "\u{fffd}.yaml: its name is not UTF-8; rename it"),
            ("../a.yaml", "../a.yaml: leads out of the root, where nothing is read"),
            ("/etc/hostname", "/etc/hostname: leads out of the root, where nothing is read"),
            ("apps", "apps: a folder, not a file"),
            ("", ".: a folder, not a file"),
            ("apps/web/deploy.yaml", "apps/web/deploy.yaml: 17 bytes, over the limit of 16 bytes (--max-file-size)"),
        ] {
            let error = tree.read(path, 16).expect_err(path);
            assert_eq!(error.to_string(), expected, "{name}");
        }
        assert_eq!(tree.read("apps/../a.yaml", 16), Ok(b"a: 1\n".to_vec()), "{name}: it still answers");
        assert_eq!(tree.list("a.yaml").map_err(|error| error.cause()), Err("a file, not a folder".into()), "{name}");
        assert!(tree.list("missing").is_err_and(|error| error.is_absence()), "{name}");
        assert_eq!(tree.kind("missing"), None, "{name}");
        assert_eq!(tree.kind(".."), None, "{name}");
        assert_eq!(tree.kind("./"), Some(EntryKind::Folder), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_root_only() {
    let outside = Folder::new(&[("secret.yaml", "s: 1\n")]);
    let folder = Folder::new(&[("base/a.yaml", "a: 1\n"), ("base/deep/b.yaml", "b: 1\n")]);
    folder.link("file.yaml", "base/a.yaml");
    folder.link("apps/folder", "../base");
    folder.link("apps/twice.yaml", "folder/deep/../a.yaml");
    folder.link("up.yaml", "../../../../../../../../etc/hostname");
    folder.link("away.yaml", outside.path().join("secret.yaml"));
    folder.link("away", outside.path());
    folder.link("gone.yaml", "missing.yaml");
    folder.link("loop", "loop");
    folder.link("ring/a", "b");
    folder.link("ring/b", "a");

    let mut trees: Vec<(&str, Box<dyn Tree>)> =
        vec![("disk", Box::new(folder.disk())), ("over", Box::new(Memory::over(Arc::new(folder.disk()))))];
    if has_git() {
        folder.commit("all");
        trees.push(("revision", Box::new(revision(&folder, "", "HEAD"))));
    }
    for (name, tree) in &trees {
        for (path, real) in [
            ("file.yaml", "base/a.yaml"),
            ("apps/folder", "base"),
            ("apps/folder/deep/b.yaml", "base/deep/b.yaml"),
            ("apps/twice.yaml", "base/a.yaml"),
        ] {
            assert_eq!(tree.real_path(path).as_deref(), Ok(real), "{name}");
        }
        assert_eq!(tree.read("apps/twice.yaml", 10), Ok(b"a: 1\n".to_vec()), "{name}");
        assert_eq!(tree.list("apps/folder"), tree.list("base"), "{name}");
        assert_eq!(tree.kind("apps/folder"), Some(EntryKind::Symlink(Some("base".into()))), "{name}");
        assert_eq!(tree.kind("apps/folder/a.yaml"), Some(EntryKind::File), "{name}");
        for (path, expected) in [
            ("up.yaml", "leads out of the root, where nothing is read"),
            ("away.yaml", "leads out of the root, where nothing is read"),
            ("away/secret.yaml", "leads out of the root, where nothing is read"),
            ("gone.yaml", "a symbolic link that leads nowhere"),
            ("loop", "a symbolic link that leads back to itself"),
            ("ring/b", "a symbolic link that leads back to itself"),
            ("loop/x", "a symbolic link that leads back to itself"),
        ] {
            if path == "up.yaml" && *name != "revision" && !PathBuf::from("/etc/hostname").exists() {
                continue;
            }
            assert_eq!(tree.read(path, 10).map_err(|error| error.cause()), Err(expected.into()), "{name} {path}");
        }
        for path in ["up.yaml", "away", "gone.yaml", "loop"] {
            assert_eq!(tree.kind(path), Some(EntryKind::Symlink(None)), "{name} {path}");
        }
        assert_eq!(tree.kind("away/secret.yaml"), None, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened() {
    let folder = Folder::new(&[]);
    folder.fifo("pipe.yaml");
    folder.link("link.yaml", "pipe.yaml");
    let disk = folder.disk();
    assert_eq!(disk.kind("pipe.yaml"), Some(EntryKind::Special));
    for path in ["pipe.yaml", "link.yaml"] {
        assert_eq!(disk.read(path, 10), Err(ReadError::Special { path: path.into() }));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_said() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new(&[]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.yaml");
    std::fs::write(folder.path().join(name), "a: 1\n").expect("Linux takes any bytes");
    let disk = folder.disk();
    let entries = disk.list("").expect("the root can be listed");
    assert_eq!(entries.len(), 1);
    assert_eq!(disk.read(&entries[0].name, 10), Err(ReadError::BadName { path: "caf\u{fffd}.yaml".into() }));
}

#[test]
fn a_large_file_is_not_read() {
    let folder = Folder::new(&[]);
    folder.sparse("huge.yaml", 1 << 40);
    let error = folder.disk().read("huge.yaml", 16 << 20);
    assert_eq!(
        error.map_err(|error| error.cause()),
        Err("1024 GiB, over the limit of 16 MiB (--max-file-size)".into())
    );
}

#[test]
fn a_root_must_be_a_folder() {
    let folder = Folder::new(&[("a.yaml", "")]);
    assert!(matches!(Disk::new(&folder.path().join("a.yaml")), Err(ReadError::NotAFolder { .. })));
    assert!(matches!(Disk::new(&folder.path().join("b")), Err(ReadError::NotFound { .. })));
}

#[test]
fn memory_hides_and_adds() {
    let folder = Folder::new(&[("a/x.yaml", "old"), ("a/y.yaml", "y"), ("b/z.yaml", "z")]);
    let mut memory = Memory::over(Arc::new(folder.disk()));
    memory.insert("a/x.yaml", "new");
    memory.insert("a/deep/er.yaml", "e");
    memory.remove("b");
    let names = |tree: &Memory, path| -> Vec<String> {
        tree.list(path).expect(path).iter().map(|entry| entry.name.clone()).collect()
    };
    assert_eq!(names(&memory, ""), ["a"]);
    assert_eq!(names(&memory, "a"), ["deep", "x.yaml", "y.yaml"]);
    assert_eq!(names(&memory, "a/deep"), ["er.yaml"]);
    assert_eq!(memory.read("a/x.yaml", 10), Ok(b"new".to_vec()));
    assert!(memory.read("b/z.yaml", 10).is_err_and(|error| error.is_absence()));
    assert!(memory.list("b").is_err_and(|error| error.is_absence()));
    assert_eq!(memory.kind("b/z.yaml"), None);
    memory.insert("b/new.yaml", "n");
    assert_eq!(names(&memory, "b"), ["new.yaml"]);
    memory.remove("a/deep");
    assert_eq!(names(&memory, "a"), ["x.yaml", "y.yaml"]);
    assert!(!memory.insert("../x.yaml", "") && !memory.insert("", ""));
}

#[cfg(unix)]
#[test]
fn memory_is_seen_through_the_links_below_it() {
    let folder = Folder::new(&[("real/a.yaml", "old")]);
    folder.link("link", "real");
    let mut memory = Memory::over(Arc::new(folder.disk()));
    memory.insert("real/a.yaml", "unsaved");
    memory.insert("real/sub/new.yaml", "n");
    assert_eq!(memory.read("link/a.yaml", 10), Ok(b"unsaved".to_vec()));
    assert_eq!(memory.real_path("link/sub/new.yaml").as_deref(), Ok("real/sub/new.yaml"));
    assert_eq!(memory.kind("link/sub"), Some(EntryKind::Folder));
    assert_eq!(memory.list("link").expect("a folder").len(), 2);
}

#[test]
fn a_recording_knows_what_was_absent() {
    let folder = Folder::new(&[("a.yaml", "a")]);
    let disk = folder.disk();
    let recording = Recording::new(&disk);
    let _ = recording.read("a.yaml", 0);
    let _ = recording.kind("b/../c.yaml");
    let _ = recording.list("d");
    let _ = recording.read("../e", 1);
    let probed: Vec<(String, bool)> = recording.into_probed().into_iter().collect();
    assert_eq!(probed, [("a.yaml".into(), true), ("c.yaml".into(), false), ("d".into(), false)]);
}

#[test]
fn the_nearest_config_beats_the_nearest_repository() {
    let folder = Folder::new(&[
        ("one/.tidegate.yaml", ""),
        ("one/repo/.git/HEAD", ""),
        ("one/repo/a/b.yaml", ""),
        ("two/.git", "gitdir: elsewhere"),
        ("two/a/b.yaml", ""),
        ("two/a/tidegate.yaml/x", "a folder is no config"),
        ("two/sub/tidegate.yaml", ""),
        ("two/sub/c/d.yaml", ""),
    ]);
    let top = folder.path().canonicalize().expect("the folder exists");
    for (path, root, inside) in [
        ("one/repo/a/b.yaml", "one", "repo/a/b.yaml"),
        ("one/repo", "one", "repo"),
        ("one", "one", ""),
        ("two/a/b.yaml", "two", "a/b.yaml"),
        ("two/a/../a", "two", "a"),
        ("two/sub/c", "two/sub", "c"),
    ] {
        let expected = Root { folder: top.join(root), inside: inside.into() };
        assert_eq!(enclosing_root(&folder.path().join(path)), Ok(expected), "{path}");
    }
    assert!(enclosing_root(&folder.path().join("three")).is_err_and(|error| error.is_absence()));
}

#[test]
fn a_path_without_config_and_repository_is_its_own_root() {
    let folder = Folder::new(&[("a/b.yaml", "")]);
    let top = folder.path().canonicalize().expect("the folder exists");
    if top.ancestors().any(|up| up.join(".git").exists() || CONFIG_NAMES.iter().any(|name| up.join(name).exists())) {
        return;
    }
    for (path, inside) in [("a/b.yaml", "b.yaml"), ("a", "")] {
        let expected = Root { folder: top.join("a"), inside: inside.into() };
        assert_eq!(enclosing_root(&folder.path().join(path)), Ok(expected));
    }
}

#[test]
fn revisions_have_names_and_a_common_base() {
    if !has_git() {
        return;
    }
    let folder = Folder::new(&[("a.yaml", "1")]);
    folder.commit("first");
    folder.git(&["switch", "--quiet", "--create", "side"]);
    folder.write("a.yaml", b"side");
    folder.commit("side");
    folder.git(&["switch", "--quiet", "main"]);
    folder.write("a.yaml", b"main");
    folder.commit("main");
    folder.write("a.yaml", b"staged");
    folder.git(&["add", "a.yaml"]);
    folder.write("a.yaml", b"unsaved");

    let git = repository(&folder, "");
    let first = git.resolve("main~1").expect("main has two commits");
    assert_eq!(git.merge_base("side", "HEAD").as_ref(), Ok(&first));
    assert_eq!(git.resolve(&first[..10]).as_ref(), Ok(&first));
    for (name, expected) in [("side", "side"), ("HEAD", "main"), (first.as_str(), "1")] {
        let tree = Revision::open(&git, name).expect(name);
        assert_eq!(tree.read("a.yaml", 10), Ok(expected.into()), "{name}");
    }
    let staged = Revision::staged(&git).expect("the index is there");
    assert_eq!(staged.read("a.yaml", 10), Ok(b"staged".to_vec()));
    for name in ["nowhere", "", "--all", "HEAD:a.yaml", "a\nb", "a\0b"] {
        assert_eq!(git.resolve(name), Err(GitError::UnknownRevision { revision: name.into() }));
    }
    folder.git(&["checkout", "--quiet", "--orphan", "apart"]);
    folder.commit("apart");
    let expected = GitError::NoMergeBase { left: "side".into(), right: "HEAD".into() };
    assert_eq!(git.merge_base("side", "HEAD"), Err(expected));
}

#[test]
fn a_folder_that_is_new_was_empty_before() {
    if !has_git() {
        return;
    }
    let folder = Folder::new(&[("a.yaml", "1")]);
    folder.commit("first");
    folder.write("new/b.yaml", b"2");
    folder.commit("second");
    let tree = revision(&folder, "new", "HEAD~1");
    assert_eq!(tree.list("").as_deref(), Ok(&[][..]));
    assert_eq!(revision(&folder, "new", "HEAD").read("b.yaml", 9), Ok(b"2".to_vec()));
}

#[test]
fn git_says_where_there_is_no_repository_and_what_is_not_merged() {
    if !has_git() {
        return;
    }
    let folder = Folder::new(&[("a.yaml", "1")]);
    if !folder.path().ancestors().any(|up| up.join(".git").exists()) {
        assert!(matches!(Repository::open(folder.path()), Err(GitError::NotARepository { .. })));
    }
    folder.commit("first");
    folder.git(&["switch", "--quiet", "--create", "side"]);
    folder.write("a.yaml", b"side");
    folder.commit("side");
    folder.git(&["switch", "--quiet", "main"]);
    folder.write("a.yaml", b"main");
    folder.commit("main");
    assert!(!folder.try_git(&["merge", "side"]).status.success(), "the merge conflicts");
    let staged = Revision::staged(&repository(&folder, ""));
    assert_eq!(staged.err(), Some(GitError::Unmerged { path: "a.yaml".into() }));
}

#[test]
fn rules_from_outside_are_the_same_on_disk_and_in_git() {
    if !has_git() {
        return;
    }
    let folder = Folder::new(&[(".gitignore", "one\n"), ("a/.gitignore", "two\n"), ("a/b/.gitignore", "three\n")]);
    folder.commit("first");
    folder.write(".git/info/exclude", b"zero\n");
    let rule = |folder: &str, text: &str| IgnoreFile { folder: folder.into(), text: text.into() };
    let expected =
        OuterIgnores { prefix: "a/b".into(), files: vec![rule("", "zero\n"), rule("", "one\n"), rule("a", "two\n")] };
    assert_eq!(folder.disk_at("a/b").outer_ignores(), expected);
    assert_eq!(revision(&folder, "a/b", "HEAD").outer_ignores(), expected);
    assert_eq!(folder.disk().outer_ignores().files, [rule("", "zero\n")]);

    folder.git(&["worktree", "add", "--quiet", "-b", "linked", "linked"]);
    let linked = folder.disk_at("linked/a").outer_ignores();
    assert_eq!(linked, OuterIgnores { prefix: "a".into(), files: vec![rule("", "zero\n"), rule("", "one\n")] });
}

#[test]
fn one_revision_serves_many_threads() {
    use rayon::prelude::*;
    if !has_git() {
        return;
    }
    let folder = Folder::new(&[]);
    for number in 0..40 {
        folder.write(&format!("{number}.yaml"), format!("{number}").repeat(number * 50).as_bytes());
    }
    folder.commit("all");
    let tree = revision(&folder, "", "HEAD");
    (0..400).into_par_iter().for_each(|at| {
        let number = at % 40;
        // Some reads stop at the limit, after which the next one must get its own answer.
        match tree.read(&format!("{number}.yaml"), 2000) {
            Ok(bytes) => assert_eq!(bytes, format!("{number}").repeat(number * 50).into_bytes()),
            Err(error) => assert!(matches!(error, ReadError::TooLarge { .. }) && number > 20, "{error}"),
        }
    });
}
