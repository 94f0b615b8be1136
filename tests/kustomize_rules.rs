//! The rules about kustomizations, over small repos in memory.

mod repo;

use jiff::civil::date;
use repo::Repo;
use std::fmt::Write;
use std::sync::Arc;
use tidegate::config::Config;
use tidegate::engine::{Request, Root, Selection, run};
use tidegate::finding::Outcome;
use tidegate::source::{Source, Sources};

/// Files of one root: path and text.
type Files<'a> = &'a [(&'a str, &'a str)];

fn outcome(rule: &str, files: Files<'_>) -> (Sources, Outcome) {
    let mut sources = Sources::new(vec![String::new()]);
    let ids = files.iter().map(|(path, text)| sources.add(Source::new(0, *path, Arc::from(*text)))).collect();
    let root = Root { files: ids, config: Config::default(), ..Root::default() };
    let request = Request {
        selection: Selection { select: vec![rule.to_owned()], ignore: Vec::new() },
        scopes: Vec::new(),
        today: date(2030, 5, 6),
        given: Default::default(),
        target: None,
        new_only: false,
        baseline: None,
        record: false,
    };
    let outcome = run(&sources, vec![root], None, &request).outcome;
    (sources, outcome)
}

/// Findings as `path:line code/confidence`, and undecided questions as `path:line ?`.
fn told(rule: &str, files: Files<'_>) -> String {
    let (sources, outcome) = outcome(rule, files);
    let mut lines = Vec::new();
    let place = |span: tidegate::source::Span| {
        format!("{}:{}", sources.name(span.source), sources[span.source].position(span.start).line)
    };
    for finding in &outcome.findings {
        lines.push(format!("{} {}/{}", place(finding.primary.span), finding.code, finding.confidence.name()));
    }
    for question in &outcome.undecided {
        lines.push(format!("{} ?", place(question.span)));
    }
    let mut text = String::new();
    for line in lines {
        write!(text, "{line}; ").expect("a String takes all text");
    }
    text.trim_end_matches("; ").to_owned()
}

fn table(rule: &str, cases: &[(&str, Files<'_>, &str)]) {
    for (name, files, expected) in cases {
        assert_eq!(told(rule, files), *expected, "{name}");
    }
}

/// What a case is called, its files, and what is told.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str);

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n";
const MORE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n";
const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata: {a: b}\n";
const REMOTE: &str = "https://git.example.com/vendor/web//deploy?ref=v1";

/// A Flux entry at `clusters/live` that applies `app`, and a set of objects at its side.
const ENTRY: &str = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  path: clusters/live
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, namespace: flux-system}
spec:
  path: app
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
";
const SYNC: &str = "clusters/live/flux-system/gotk-sync.yaml";

#[test]
fn what_does_not_build_is_told_where_it_is_caused() {
    let missing = "resources: [web.yaml, gone.yaml]\n";
    table(
        "kustomize/build-failure",
        &[
            (
                "a file that is not there",
                &[("k/kustomization.yaml", missing), ("k/web.yaml", WEB)],
                "k/kustomization.yaml:1 build/high",
            ),
            (
                "one cause behind two overlays",
                &[
                    ("a/kustomization.yaml", "resources: [../base]\n"),
                    ("b/kustomization.yaml", "resources: [../base]\nnamePrefix: b-\n"),
                    ("base/kustomization.yaml", missing),
                    ("base/web.yaml", WEB),
                ],
                "base/kustomization.yaml:1 build/high",
            ),
            (
                "two kustomizations that include each other",
                &[
                    ("a/kustomization.yaml", "resources: [../b]\n"),
                    ("b/kustomization.yaml", "resources: [../c]\n"),
                    ("c/kustomization.yaml", "resources: [../b]\n"),
                ],
                "c/kustomization.yaml:1 build/high",
            ),
            (
                "one that includes itself",
                &[("k/kustomization.yaml", "resources: [.]\n")],
                "k/kustomization.yaml:1 build/high",
            ),
            (
                "one that holds nothing",
                &[("k/kustomization.yaml", "# nothing yet\n")],
                "k/kustomization.yaml:1 build/high",
            ),
            (
                "a schema that is not there",
                &[("k/kustomization.yaml", "resources: [web.yaml]\nopenapi: {path: api.json}\n"), ("k/web.yaml", WEB)],
                "k/kustomization.yaml:2 build/high",
            ),
            (
                "a file that does not parse",
                &[("k/kustomization.yaml", "resources: [web.yaml]\n"), ("k/web.yaml", "kind: A\nmetadata: {name: [\n")],
                "k/web.yaml:2 build/high",
            ),
            (
                "data of a Secret that may be made first",
                &[
                    ("k/kustomization.yaml", "resources: [web.yaml]\nsecretGenerator: [{name: s, envs: [s.env]}]\n"),
                    ("k/web.yaml", WEB),
                ],
                "k/kustomization.yaml:2 build/low",
            ),
            (
                "the same where Flux builds it",
                &[
                    (SYNC, ENTRY),
                    ("app/kustomization.yaml", "resources: [web.yaml]\nsecretGenerator: [{name: s, envs: [s.env]}]\n"),
                    ("app/web.yaml", WEB),
                ],
                "app/kustomization.yaml:2 build/high",
            ),
            (
                "what is kept away",
                &[("old/archive/kustomization.yaml", missing), ("old/archive/web.yaml", WEB)],
                "old/archive/kustomization.yaml:1 build/low",
            ),
            (
                "patches for whoever includes them",
                &[("patches/kustomization.yaml", "patches: [{path: more.yaml}]\n"), ("patches/more.yaml", MORE)],
                "patches/more.yaml:4 build/low",
            ),
        ],
    );
}

#[test]
fn what_is_not_seen_fails_no_build() {
    let with_remote = |rest: &str| format!("resources:\n- {REMOTE}\n{rest}");
    let patched = with_remote("patches: [{path: more.yaml}]\n");
    let merged = with_remote("configMapGenerator: [{name: settings, behavior: merge, literals: [a=c]}]\n");
    let web = "resources: [settings.yaml]\nconfigMapGenerator: [{name: x, files: ['https://example.com/x.json']}]\n";
    let patch = "resources: [settings.yaml]\npatches: [{path: 'https://example.com/x.yaml'}]\n";
    table(
        "kustomize/build-failure",
        &[
            (
                "a patch for an object of a remote base",
                &[("k/kustomization.yaml", &patched), ("k/more.yaml", MORE)],
                "",
            ),
            (
                "a generator that changes one of a remote base",
                &[("k/kustomization.yaml", &merged), ("k/settings.yaml", SETTINGS)],
                "k/kustomization.yaml:3 ?",
            ),
            ("data from the web", &[("k/kustomization.yaml", web), ("k/settings.yaml", SETTINGS)], ""),
            (
                "a patch from the web",
                &[("k/kustomization.yaml", patch), ("k/settings.yaml", SETTINGS)],
                "k/kustomization.yaml:2 ?",
            ),
            (
                "what Flux does not reach",
                &[(SYNC, ENTRY), ("app/web.yaml", WEB), ("off/kustomization.yaml", "resources: [gone.yaml]\n")],
                "",
            ),
            ("one that Flux fills in", &[(SYNC, ENTRY), ("app/kustomization.yaml", "# nothing yet\n")], ""),
            (
                "one without resources that Flux fills in",
                &[(SYNC, ENTRY), ("app/kustomization.yaml", "kind: Kustomization\nresources:\n")],
                "",
            ),
            (
                "a transformer with a name of old",
                &[
                    ("k/kustomization.yaml", "resources: [settings.yaml]\ntransformers: [prefix.yaml]\n"),
                    (
                        "k/prefix.yaml",
                        "apiVersion: builtin\nkind: PrefixSuffixTransformer\nmetadata: {name: p}\nprefix: a-\n\
                         fieldSpecs: [{path: metadata/name}]\n",
                    ),
                    ("k/settings.yaml", SETTINGS),
                ],
                "",
            ),
            (
                "a patch as an object",
                &[
                    ("k/kustomization.yaml", "resources: [web.yaml]\ntransformers: [more.yaml]\n"),
                    (
                        "k/more.yaml",
                        "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\ntarget: {kind: Deployment}\n\
                         patch: '[{\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": 3}]'\n",
                    ),
                    ("k/web.yaml", WEB),
                ],
                "",
            ),
        ],
    );
}

#[test]
fn a_template_is_to_blame_where_every_set_of_inputs_fails() {
    let set = |inputs: &str| {
        format!(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: s, namespace: n}}\nspec:\n  \
             inputs:\n{inputs}  resources:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {{name: << inputs.name >>}}\n"
        )
    };
    let some = set("  - name: a\n  - other: b\n");
    let none = set("  - nmae: a\n  - nmae: b\n");
    let all = set("  - name: a\n  - name: b\n");
    table(
        "kustomize/build-failure",
        &[
            ("one of two", &[(SYNC, ENTRY), ("app/set.yaml", &some)], "app/set.yaml:7 template/high"),
            ("both", &[(SYNC, ENTRY), ("app/set.yaml", &none)], "app/set.yaml:11 template/high"),
            ("neither", &[(SYNC, ENTRY), ("app/set.yaml", &all)], ""),
        ],
    );
}

#[test]
fn a_patch_is_idle_only_if_it_is_idle_everywhere() {
    let scaled = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches:\n- path: more.yaml\n  \
                  target: {kind: Deployment, name: web}\n";
    let uses = "resources: [settings.yaml]\ncomponents: [../scaled]\n";
    let meets = "resources: [web.yaml]\ncomponents: [../scaled]\n";
    let fails = "resources: [web.yaml]\ncomponents: [../scaled]\nreplicas: [{name: gone, count: 2}]\n";
    let own = |target: &str| format!("resources: [web.yaml]\npatches:\n- path: more.yaml\n  target: {target}\n");
    let (kind, labels) = (own("{kind: StatefulSet}"), own("{kind: Deployment, labelSelector: app=web}"));
    let remote = format!("resources: ['{REMOTE}']\npatches:\n- path: more.yaml\n  target: {{kind: Job}}\n");
    let more = ("scaled/more.yaml", MORE);
    table(
        "kustomize/ineffective-patch",
        &[
            (
                "a Component that meets nothing in either",
                &[
                    ("a/kustomization.yaml", uses),
                    ("a/settings.yaml", SETTINGS),
                    ("b/kustomization.yaml", uses),
                    ("b/settings.yaml", SETTINGS),
                    ("scaled/kustomization.yaml", scaled),
                    more,
                ],
                "scaled/kustomization.yaml:5 target/high",
            ),
            (
                "a Component that meets something in one",
                &[
                    ("a/kustomization.yaml", uses),
                    ("a/settings.yaml", SETTINGS),
                    ("b/kustomization.yaml", meets),
                    ("b/web.yaml", WEB),
                    ("scaled/kustomization.yaml", scaled),
                    more,
                ],
                "",
            ),
            (
                "a Component that meets something where the rest fails",
                &[
                    ("a/kustomization.yaml", uses),
                    ("a/settings.yaml", SETTINGS),
                    ("b/kustomization.yaml", fails),
                    ("b/web.yaml", WEB),
                    ("scaled/kustomization.yaml", scaled),
                    more,
                ],
                "",
            ),
            (
                "a kind alone",
                &[("k/kustomization.yaml", &kind), ("k/web.yaml", WEB), ("k/more.yaml", MORE)],
                "k/kustomization.yaml:4 target/medium",
            ),
            (
                "labels that nothing has",
                &[("k/kustomization.yaml", &labels), ("k/web.yaml", WEB), ("k/more.yaml", MORE)],
                "k/kustomization.yaml:4 target/high",
            ),
            ("a remote base", &[("k/kustomization.yaml", &remote), ("k/more.yaml", MORE)], "k/kustomization.yaml:4 ?"),
        ],
    );
}

#[test]
fn an_idle_patch_says_which_field_keeps_the_nearest_object_out() {
    for (target, settings, message, blamed) in [
        ("{kind: Deployment, name: wbe}", "", "no Deployment of this build is called `wbe`", "wbe"),
        ("{kind: StatefulSet, name: web}", "", "no `StatefulSet` of this build is called `web`", "StatefulSet"),
        ("{group: extensions, name: web}", "", "the group of Deployment `web` is not `extensions`", "extensions"),
        ("{version: v2, name: web}", "", "the version of Deployment `web` is not `v2`", "v2"),
        ("{namespace: shop, name: web}", "", "Deployment `web` has no namespace yet, so `shop` is not its", "shop"),
        ("{name: web, labelSelector: app=x}", "", "the labels of Deployment `web` do not meet `app=x`", "app=x"),
        ("{kind: Deployment, name: a-web}", "namePrefix: a-", "no Deployment of this build is called `a-web`", "a-web"),
        (
            "{kind: CronJob, name: other}",
            "",
            "the one object of this build does not meet its target",
            "{kind: CronJob, name: other}",
        ),
    ] {
        let list = format!("{settings}\nresources: [web.yaml]\npatches:\n- path: more.yaml\n  target: {target}\n");
        let files = [("k/kustomization.yaml", list.as_str()), ("k/web.yaml", WEB), ("k/more.yaml", MORE)];
        let (sources, outcome) = outcome("kustomize/ineffective-patch", &files);
        let [finding] = outcome.findings.as_slice() else { panic!("{target}: {:?}", outcome.findings) };
        assert_eq!(finding.message, format!("the patch changes nothing: {message}"));
        assert_eq!(sources.slice(finding.primary.span), blamed, "{target}");
        assert_eq!(finding.notes.iter().any(|note| note.contains("prefix")), !settings.is_empty(), "{target}");
    }
}

#[test]
fn orphans_lie_beside_a_list_and_are_named_nowhere() {
    let list = "resources: [web.yaml]\n";
    let base: [(&str, &str); 2] = [("k/kustomization.yaml", list), ("k/web.yaml", WEB)];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        base.iter().copied().chain(more.iter().copied()).collect()
    };
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\n";
    let cases: Vec<Case<'_>> = vec![
        ("an object", with(&[("k/settings.yaml", SETTINGS)]), "k/settings.yaml:4 unlisted/medium"),
        ("one that is applied once by hand", with(&[("k/key.yaml", secret)]), "k/key.yaml:3 unlisted/low"),
        (
            "more than are listed",
            with(&[("k/a.yaml", SETTINGS), ("k/b.yaml", SETTINGS), ("k/c.yaml", SETTINGS)]),
            "k/a.yaml:4 unlisted/low; k/b.yaml:4 unlisted/low; k/c.yaml:4 unlisted/low",
        ),
        (
            "a comment that says why",
            vec![
                ("k/kustomization.yaml", "# settings.yaml is applied by hand\nresources: [web.yaml]\n"),
                ("k/web.yaml", WEB),
                ("k/settings.yaml", SETTINGS),
            ],
            "",
        ),
        (
            "an entry that is commented out above",
            vec![
                ("kustomization.yaml", "resources:\n- k\n# - k/settings.yaml\n"),
                ("k/kustomization.yaml", list),
                ("k/web.yaml", WEB),
                ("k/settings.yaml", SETTINGS),
            ],
            "k/settings.yaml:4 commented-out/high",
        ),
        (
            "named by a script",
            with(&[("k/settings.yaml", SETTINGS), ("ci.yaml", "run: kubectl apply -f k/settings.yaml\n")]),
            "",
        ),
        (
            "a name that stands for another file",
            with(&[("k/settings.yaml", SETTINGS), ("ci.yaml", "run: kubectl apply -f other/settings.yaml\n")]),
            "k/settings.yaml:4 unlisted/medium",
        ),
        (
            "where Argo CD takes the folder as it is",
            with(&[
                ("k/settings.yaml", SETTINGS),
                (
                    "argo/app.yaml",
                    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: k}\nspec:\n  \
                     source: {path: k, directory: {recurse: false}}\n",
                ),
            ]),
            "",
        ),
        (
            "listed from elsewhere",
            with(&[("k/settings.yaml", SETTINGS), ("off/kustomization.yaml", "resources: [../k/settings.yaml]\n")]),
            "",
        ),
        ("a patch that nobody uses", with(&[("k/size-patch.yaml", MORE)]), ""),
        (
            "beside what does not build",
            vec![("k/kustomization.yaml", "resources: [gone.yaml]\n"), ("k/settings.yaml", SETTINGS)],
            "",
        ),
        (
            "in a folder of samples",
            vec![
                ("examples/kustomization.yaml", list),
                ("examples/web.yaml", WEB),
                ("examples/settings.yaml", SETTINGS),
            ],
            "",
        ),
    ];
    for (name, files, expected) in cases {
        assert_eq!(told("kustomize/orphan-manifest", &files), expected, "{name}");
    }
}

#[test]
fn data_that_only_a_kustomization_names_is_masked() {
    let twice = "resources: [web.yaml]\nsecretGenerator: [{name: s, envs: [s.env]}]\n";
    let repo = Repo::new(&[
        (".gitignore", "key.yaml\n"),
        ("a/kustomization.yaml", twice),
        ("a/web.yaml", WEB),
        ("a/s.env", "PASSWORD=correct-horse\nUSER=shop\nPASSWORD=battery-staple\n"),
        ("b/kustomization.yaml", "resources: [key.yaml]\n"),
        ("b/key.yaml", "kind: Secret\nstringData:\n  token: correct-horse\n  other: battery-staple\n"),
    ]);
    for format in ["pretty", "json", "sarif"] {
        let ran = repo.run(&[
            "lint",
            "--format",
            format,
            "--all",
            "--select",
            "kustomize/build-failure",
            "--confidence",
            "low",
        ]);
        assert!(ran.out.contains("s.env") && ran.out.contains("key.yaml"), "{}", ran.out);
        assert!(!ran.out.contains("horse") && !ran.out.contains("staple"), "{}", ran.out);
    }
}

#[test]
fn one_file_by_itself_says_nothing_of_what_lies_beside_it() {
    let repo = Repo::new(&[("k/kustomization.yaml", "resources: [web.yaml]\n"), ("k/web.yaml", WEB)]);
    let files =
        |path: &str| repo.run(&["lint", path, "--isolated", "--format", "json", "--ignore", "schema"]).exits(0).files();
    assert_eq!(files("k/kustomization.yaml"), [""; 0]);
    assert_eq!(files("k"), [""; 0]);
    let lone = Repo::new(&[("k/kustomization.yaml", "resources: [web.yaml]\n")]);
    assert_eq!(lone.run(&["lint", "k", "--isolated", "--format", "json"]).exits(1).files(), ["kustomization.yaml"]);
}

#[test]
fn a_rule_that_is_off_by_default_is_on_only_in_the_root_that_asks() {
    let kustomization = "resources: [web.yaml]\n";
    let repo = Repo::bare(&[
        ("asks/tidegate.yaml", "rules:\n  kustomize/wrong-filename: warning\n"),
        ("asks/kustomization.yml", kustomization),
        ("asks/web.yaml", SETTINGS),
        ("other/.git/HEAD", "ref: refs/heads/main\n"),
        ("other/kustomization.yml", kustomization),
        ("other/web.yaml", SETTINGS),
    ]);
    let lint = |more: &[&str]| {
        let mut arguments = vec!["lint", "--format", "json", "--ignore", "schema"];
        arguments.extend(more);
        repo.run(&arguments).files()
    };
    assert_eq!(lint(&["asks", "other"]), ["asks/kustomization.yml"]);
    assert_eq!(lint(&["other"]), [""; 0]);
    assert_eq!(lint(&["other", "--select", "kustomize/wrong-filename"]), ["kustomization.yml"]);
}
