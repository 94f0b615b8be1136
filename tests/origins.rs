//! Every rendered value says where it comes from, and says it truly: what is changed at that place, and
//! nothing else, changes the value.

use elsa::sync::FrozenVec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tidegate::render::files::{Extra, Files};
use tidegate::render::gather::gather;
use tidegate::render::kustomize::{Builder, Restrict};
use tidegate::source::{Origin, SourceId, Sources, Span};
use tidegate::tree::Memory;
use tidegate::yaml::rendered::to_json;
use tidegate::yaml::{self, Step, Value, Visit, walk};

type Repo = BTreeMap<String, String>;

/// A value at the end of a build: its object, its path, its text, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
struct Leaf {
    object: usize,
    path: String,
    text: String,
    origin: Origin,
}

struct Built {
    objects: Vec<serde_json::Value>,
    leaves: Vec<Leaf>,
    paths: Vec<String>,
}

/// Builds the folder `over` of a repo.
fn build(repo: &Repo) -> Result<Built, String> {
    let mut tree = Memory::new();
    for (path, text) in repo {
        tree.insert(path, text.as_bytes().to_vec());
    }
    let mut sources = Sources::default();
    let gathered = gather(&tree, &mut sources, 0, &BTreeMap::new(), &["over"], 1 << 20);
    let parsed: Vec<(&str, yaml::File)> = gathered
        .extras
        .iter()
        .filter_map(|(path, extra)| match extra {
            Extra::Yaml(id) => Some((path.as_str(), yaml::parse(*id, sources[*id].shared_text()))),
            _ => None,
        })
        .collect();
    let embedded = FrozenVec::new();
    let files = Files::new(
        0,
        &sources,
        parsed.iter().map(|(path, file)| (*path, file)),
        gathered.extras.iter().map(|(path, extra)| (path.as_str(), extra)),
        &embedded,
    );
    let build = Builder::new(&files, Restrict::None).build("over").map_err(|refusal| refusal.message)?;
    let mut leaves = Vec::new();
    for (at, object) in build.objects.iter().enumerate() {
        walk(object.tree.view(), &mut |steps, value: Value<'_>| {
            if let Some(text) = value.raw() {
                let path = steps.iter().map(|step| match step {
                    Step::Key(key) => format!("/{key}"),
                    Step::Index(index) => format!("/{index}"),
                });
                let origin = value.text_origin();
                leaves.push(Leaf { object: at, path: path.collect(), text: text.to_owned(), origin });
            }
            Visit::Into
        });
    }
    let objects = build.objects.iter().map(|object| to_json(object.tree.view())).collect();
    let paths = sources.iter().map(|(_, source)| source.path().to_owned()).collect();
    Ok(Built { objects, leaves, paths })
}

/// Every span that an origin leads to, and whether its bytes stand in the value as they are.
fn spans(origin: &Origin, found: &mut Vec<(Span, bool)>) {
    match origin {
        Origin::Written(span) => found.push((*span, true)),
        Origin::Generated(span) | Origin::Decoded(span) | Origin::Defaulted(span) => found.push((*span, false)),
        Origin::Composed(parts) => parts.iter().for_each(|part| spans(&part.origin, found)),
        Origin::Copied(origin) => spans(origin, found),
    }
}

fn slice<'r>(repo: &'r Repo, built: &Built, span: Span) -> &'r str {
    let SourceId(source) = span.source;
    &repo[&built.paths[source as usize]][span.range()]
}

/// A base with two workloads, an overlay with whatever is drawn.
fn repo(settings: &[&str], word: &str, number: u32) -> Repo {
    let deployment = |name: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n  \
             replicas: 1\n  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: \
             {{app: {name}}}\n    spec:\n      containers:\n      - name: main\n        image: registry.example.com/{name}:1.0\n        \
             env:\n        - name: LEVEL\n          value: info\n      volumes:\n      - name: conf\n        configMap:\n          \
             name: settings\n"
        )
    };
    let mut overlay = String::from("resources: [../base]\n");
    for setting in settings {
        overlay.push_str(&setting.replace("WORD", word).replace("NUMBER", &number.to_string()));
    }
    BTreeMap::from([
        ("base/kustomization.yaml".to_owned(), "resources: [web.yaml, job.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [level=info]\n  envs: [settings.env]\n".to_owned()),
        ("base/settings.env".to_owned(), "# port\nport=8080\n".to_owned()),
        ("base/web.yaml".to_owned(), deployment("web")),
        ("base/job.yaml".to_owned(), deployment("job")),
        ("over/kustomization.yaml".to_owned(), overlay),
        (
            "over/patch.yaml".to_owned(),
            format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: {number}\n  template:\n    spec:\n      containers:\n      - name: main\n        env:\n        - name: MODE\n          value: {word}\n"),
        ),
    ])
}

/// A word that no reader takes for a boolean, a number or null.
const WORD: &str = "k[a-z]{2,7}";

const SETTINGS: [&str; 9] = [
    "namespace: WORD\n",
    "namePrefix: WORD-\n",
    "nameSuffix: -WORD\n",
    "commonAnnotations: {team: WORD}\n",
    "labels: [{pairs: {tier: WORD}, includeTemplates: true}]\n",
    "images: [{name: registry.example.com/web, newTag: v-WORD}]\n",
    "replicas: [{name: job, count: NUMBER}]\n",
    "patches:\n- path: patch.yaml\n- target: {kind: Deployment, name: job}\n  patch: |-\n    - op: replace\n      path: /spec/template/spec/containers/0/env/0/value\n      value: WORD\n    - op: remove\n      path: /metadata/labels\n",
    "configMapGenerator: [{name: settings, behavior: merge, literals: [mode=WORD]}]\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// What an origin calls written stands there byte for byte.
    #[test]
    fn what_is_written_is_there(chosen in proptest::sample::subsequence(&SETTINGS[..], 0..=9), word in WORD, number in 2u32..50) {
        let repo = repo(&chosen, &word, number);
        let built = build(&repo).expect("it builds");
        for leaf in &built.leaves {
            match &leaf.origin {
                Origin::Written(span) => prop_assert_eq!(slice(&repo, &built, *span), &leaf.text, "{}", leaf.path),
                Origin::Composed(parts) => {
                    let mut end = 0;
                    for part in parts {
                        prop_assert_eq!(part.start, end, "{}: parts leave nothing out", leaf.path);
                        end = part.end;
                        if let Origin::Written(span) = &part.origin {
                            let text = &leaf.text[part.start as usize..part.end as usize];
                            prop_assert_eq!(slice(&repo, &built, *span), text, "{}", leaf.path);
                        }
                    }
                    prop_assert_eq!(end as usize, leaf.text.len(), "{}", leaf.path);
                }
                _ => {}
            }
        }
    }

    /// Other bytes at a written place change exactly the values that name this place, and what is
    /// computed from them.
    #[test]
    fn a_change_at_the_origin_changes_the_value(
        chosen in proptest::sample::subsequence(&SETTINGS[..], 0..=9),
        word in WORD,
        number in 2u32..50,
        pick in any::<proptest::sample::Index>(),
    ) {
        let repo = repo(&chosen, &word, number);
        let before = build(&repo).expect("it builds");
        let plain = |leaf: &&Leaf| matches!(&leaf.origin, Origin::Written(_)) && leaf.path.ends_with("/value");
        let candidates: Vec<&Leaf> = before.leaves.iter().filter(plain).collect();
        let leaf = candidates[pick.index(candidates.len())];
        let Origin::Written(span) = leaf.origin else { unreachable!("only written ones were kept") };
        let mut other = repo.clone();
        let text = other.get_mut(&before.paths[span.source.0 as usize]).expect("a file of the repo");
        text.replace_range(span.range(), "changed");
        let after = build(&other).expect("it builds still");
        prop_assert_eq!(before.objects.len(), after.objects.len());
        for (old, new) in before.leaves.iter().zip(&after.leaves) {
            prop_assert_eq!(&old.path, &new.path);
            let mut places = Vec::new();
            spans(&old.origin, &mut places);
            let touched = places.iter().any(|(place, _)| *place == span);
            if touched {
                prop_assert_eq!(&new.text, "changed", "{}", new.path);
            } else {
                prop_assert_eq!(&old.text, &new.text, "{}", old.path);
            }
        }
    }
}

/// The written places of the value under a pointer of the object of a kind and (the start of) a name.
fn places(repo: &Repo, kind: &str, name: &str, path: &str) -> Vec<String> {
    let built = build(repo).expect("it builds");
    let wanted = |object: &serde_json::Value| {
        object["kind"] == kind && object["metadata"]["name"].as_str().is_some_and(|found| found.starts_with(name))
    };
    let at = built.objects.iter().position(wanted).expect("the object");
    let leaf = built.leaves.iter().find(|leaf| leaf.object == at && leaf.path == path).expect("the value");
    let mut found = Vec::new();
    spans(&leaf.origin, &mut found);
    let show = |(span, written): &(Span, bool)| {
        let text = if *written { slice(repo, &built, *span) } else { "made" };
        format!("{text}@{}", built.paths[span.source.0 as usize])
    };
    found.iter().map(show).collect()
}

#[test]
fn a_name_has_a_prefix_a_base_and_a_hash() {
    let repo = repo(&["namePrefix: pre-\n"], "x", 2);
    let found = places(&repo, "ConfigMap", "pre-settings", "/metadata/name");
    assert_eq!(
        found,
        [
            "pre-@over/kustomization.yaml",
            "settings@base/kustomization.yaml",
            "made@base/kustomization.yaml",
            "made@base/kustomization.yaml"
        ]
    );
    let used = places(&repo, "Deployment", "pre-web", "/spec/template/spec/volumes/0/configMap/name");
    assert_eq!(used, found, "a reference comes from the name it follows");
}

#[test]
fn a_value_of_an_env_file_is_written_there() {
    let repo = repo(&[], "x", 2);
    assert_eq!(places(&repo, "ConfigMap", "settings", "/data/port"), ["8080@base/settings.env"]);
    assert_eq!(places(&repo, "ConfigMap", "settings", "/data/level"), ["info@base/kustomization.yaml"]);
}

#[test]
fn a_list_item_that_another_patch_moved_keeps_its_place() {
    let patches = "patches:\n- path: patch.yaml\n- target: {kind: Deployment, name: web}\n  patch: |-\n    - op: replace\n      \
                   path: /spec/template/spec/containers/0/env/1/value\n      value: debug\n";
    let repo = repo(&[patches], "fast", 3);
    let env = |at: usize| format!("/spec/template/spec/containers/0/env/{at}/value");
    // The item of the first patch comes in front, so the second one changes what the base says.
    assert_eq!(places(&repo, "Deployment", "web", &env(0)), ["fast@over/patch.yaml"]);
    assert_eq!(places(&repo, "Deployment", "web", &env(1)), ["debug@over/kustomization.yaml"]);
}

#[test]
fn an_anchor_used_twice_is_one_place() {
    let mut repo = repo(&[], "x", 2);
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: anchors\ndata:\n  a: &shared one\n  b: *shared\n";
    repo.insert("base/anchors.yaml".into(), text.into());
    let list = repo.get_mut("base/kustomization.yaml").expect("the base");
    *list = list.replace("job.yaml]", "job.yaml, anchors.yaml]");
    assert_eq!(places(&repo, "ConfigMap", "anchors", "/data/a"), ["one@base/anchors.yaml"]);
    assert_eq!(places(&repo, "ConfigMap", "anchors", "/data/b"), ["one@base/anchors.yaml"]);
}
