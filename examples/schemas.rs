//! Writes the compact schemas under `schemas/`. Two commands, from the root of the project:
//!
//! `cargo run --example schemas -- kubernetes FOLDER` reads the definitions of Kubernetes' own kinds, as the PyPI
//! package `kubernetes-validate` has them: `pip download --no-deps kubernetes-validate`, `unzip`, and FOLDER is its
//! `kubernetes_validate/kubernetes-json-schema`.
//!
//! `cargo run --example schemas -- crds FOLDER [RELEASE]` reads every CustomResourceDefinition in a folder, YAML or
//! JSON, one file a group. With RELEASE (as in `1.30`) a group keeps what it holds of other releases.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use tidegate::schema::compact::{Dialect, compact, served};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Definitions by name, of one release.
type Definitions = BTreeMap<String, String>;

/// Fields that the definitions call required and the API server does without: it drops the source of a claim that
/// names no kind.
const NOT_REQUIRED: &[(&str, &str)] = &[("io.k8s.api.core.v1.TypedLocalObjectReference", "kind")];

/// The minors that the newest of them is kept with.
const MINORS: std::ops::RangeInclusive<u32> = 30..=37;

/// Shorter texts are written out wherever they stand.
const SHARED: usize = 160;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["kubernetes", folder] => kubernetes(Path::new(folder)),
        ["crds", folder] => crds(Path::new(folder), "-"),
        ["crds", folder, release] => crds(Path::new(folder), release),
        _ => Err("expected: kubernetes FOLDER, or crds FOLDER [RELEASE]".into()),
    }
}

fn kubernetes(folder: &Path) -> Outcome<()> {
    let mut releases = BTreeMap::new();
    for minor in MINORS {
        let file = folder.join(format!("v1.{minor}.0-local-strict/_definitions.json"));
        if !file.exists() {
            continue;
        }
        let all: Json = serde_json::from_str(&fs::read_to_string(file)?)?;
        let all = all["$defs"].as_object().ok_or("no definitions")?;
        releases.insert(Release::parse(&format!("1.{minor}")), built_in(all));
    }
    write(Path::new("schemas/kubernetes.txt"), &releases)
}

/// The definitions that the kinds people write reach.
fn built_in(all: &serde_json::Map<String, Json>) -> Definitions {
    let mut out = Definitions::new();
    let mut open: Vec<String> = vec!["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta".into()];
    for (name, definition) in all {
        let fields = &definition["properties"];
        let is_object = fields["metadata"]["$ref"].as_str().is_some_and(|meta| meta.ends_with("meta.v1.ObjectMeta"));
        let kinds = definition["x-kubernetes-group-version-kind"].as_array();
        for kind in kinds.into_iter().flatten().filter(|_| is_object) {
            let [group, version, kind] = ["group", "version", "kind"].map(|key| kind[key].as_str().unwrap_or_default());
            let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
            out.insert(format!("{api_version}/{kind}"), json!({"schema": format!("#{name}")}).to_string());
            open.push(name.clone());
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(definition) = all.get(&name) else { continue };
        let mut node = compact(definition, Dialect::BuiltIn);
        for (_, field) in NOT_REQUIRED.iter().filter(|(known, _)| *known == name) {
            if let Some(required) = node.get_mut("required").and_then(Json::as_array_mut) {
                required.retain(|name| name != field);
            }
        }
        references(&node, &mut open);
        out.insert(name, node.to_string());
    }
    out
}

fn references(node: &Json, into: &mut Vec<String>) {
    match node {
        Json::String(word) => into.extend(word.strip_prefix('#').map(str::to_owned)),
        Json::Array(items) => items.iter().for_each(|item| references(item, into)),
        Json::Object(map) => map.values().for_each(|item| references(item, into)),
        _ => {}
    }
}

fn crds(folder: &Path, release: &str) -> Outcome<()> {
    let mut groups: BTreeMap<String, Vec<(String, Json)>> = BTreeMap::new();
    let mut files: Vec<_> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        if !["json", "yaml", "yml"].iter().any(|end| file.extension().is_some_and(|extension| extension == *end)) {
            continue;
        }
        for document in serde_yaml::Deserializer::from_str(&fs::read_to_string(&file)?) {
            let object = Json::deserialize(document)?;
            if object["kind"] == "CustomResourceDefinition" {
                let group = object["spec"]["group"].as_str().ok_or("a definition without a group")?;
                let kinds = served(&object["spec"]).map(|kind| (kind.name(), widened(kind.head)));
                groups.entry(group.to_owned()).or_default().extend(kinds);
            }
        }
    }
    fs::create_dir_all("schemas/crds")?;
    for (group, kinds) in groups {
        let file = format!("schemas/crds/{group}.txt");
        let mut releases = match fs::read_to_string(&file) {
            Ok(text) if release != "-" => read(&text)?,
            _ => BTreeMap::new(),
        };
        releases.remove(&Release::parse("-"));
        releases.insert(Release::parse(release), share(kinds));
        write(Path::new(&file), &releases)?;
    }
    Ok(())
}

/// The Flux operator lets alerts listen to its own kinds, too, by a patch of the definition.
fn widened(mut node: Json) -> Json {
    match &mut node {
        Json::Object(map) => {
            if let Some(Json::Array(words)) = map.get_mut("enum")
                && ["HelmRelease", "Kustomization", "ImagePolicy"].iter().all(|kind| words.contains(&json!(kind)))
            {
                words.extend(["FluxInstance", "ResourceSet", "ResourceSetInputProvider"].map(Json::from));
            }
            map.values_mut().for_each(|child| *child = widened(child.take()));
        }
        Json::Array(items) => items.iter_mut().for_each(|child| *child = widened(child.take())),
        _ => {}
    }
    node
}

/// Takes what stands in several places out into definitions of its own, named by their content.
fn share(kinds: Vec<(String, Json)>) -> Definitions {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (_, head) in &kinds {
        count(&head["schema"], &mut counts);
    }
    let mut out = Definitions::new();
    for (name, mut head) in kinds {
        let schema = head["schema"].take();
        head["schema"] = extract(schema, "root", &counts, &mut out);
        out.insert(name, head.to_string());
    }
    out
}

/// The schemas that a node holds, with a name for each.
fn children(node: &mut Json) -> Vec<(String, &mut Json)> {
    match node {
        Json::Array(items) => items.iter_mut().map(|item| ("item".to_owned(), item)).collect(),
        Json::Object(map) => {
            let mut out = Vec::new();
            for (key, value) in map.iter_mut() {
                match (key.as_str(), value) {
                    ("fields", Json::Object(fields)) => {
                        out.extend(fields.iter_mut().map(|(name, field)| (name.clone(), field)));
                    }
                    ("values" | "items", value) => out.push((key.clone(), value)),
                    _ => {}
                }
            }
            out
        }
        _ => Vec::new(),
    }
}

fn count(node: &Json, counts: &mut HashMap<String, usize>) {
    let text = node.to_string();
    if text.len() < SHARED {
        return;
    }
    let seen = counts.entry(text).or_default();
    *seen += 1;
    if *seen == 1 {
        for (_, child) in children(&mut node.clone()) {
            count(child, counts);
        }
    }
}

fn extract(mut node: Json, hint: &str, counts: &HashMap<String, usize>, out: &mut Definitions) -> Json {
    let text = node.to_string();
    if text.len() < SHARED {
        return node;
    }
    let name = (hint != "root" && counts.get(&text).is_some_and(|count| *count > 1))
        .then(|| format!("{}~{:08x}", if hint == "items" { "item" } else { hint }, hash(&text)));
    if let Some(name) = name.as_ref().filter(|name| out.contains_key(*name)) {
        return Json::from(format!("#{name}"));
    }
    for (child_hint, child) in children(&mut node) {
        let hint = if matches!(child_hint.as_str(), "items" | "values" | "item") { hint } else { &child_hint };
        *child = extract(child.take(), hint, counts, out);
    }
    match name {
        Some(name) => {
            out.insert(name.clone(), node.to_string());
            Json::from(format!("#{name}"))
        }
        None => node,
    }
}

/// FNV-1a: the same on every machine and with every compiler.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A release that sorts as numbers do; `-` where there is only one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Release(Vec<u32>, String);

impl Release {
    fn parse(text: &str) -> Release {
        Release(text.split('.').filter_map(|part| part.parse().ok()).collect(), text.to_owned())
    }
}

fn read(text: &str) -> Outcome<BTreeMap<Release, Definitions>> {
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default();
    let known: Vec<Release> = head.trim_start_matches("# releases").split_whitespace().map(Release::parse).collect();
    let mut releases: BTreeMap<Release, Definitions> =
        known.iter().map(|release| (release.clone(), Definitions::new())).collect();
    for line in lines {
        let mut parts = line.splitn(3, ' ');
        let [Some(name), Some(range), Some(json)] = [parts.next(), parts.next(), parts.next()] else {
            return Err(format!("cannot read {line:?}").into());
        };
        let (first, last) = range.split_once('-').filter(|_| range != "-").unwrap_or((range, range));
        let (first, last) = (Release::parse(first), Release::parse(last));
        for (_, definitions) in releases.range_mut(first..=last) {
            definitions.insert(name.to_owned(), json.to_owned());
        }
    }
    Ok(releases)
}

fn write(path: &Path, releases: &BTreeMap<Release, Definitions>) -> Outcome<()> {
    let names: BTreeSet<&String> = releases.values().flat_map(BTreeMap::keys).collect();
    let mut text = "# releases".to_owned();
    for release in releases.keys() {
        write!(text, " {}", release.1)?;
    }
    text.push('\n');
    for name in names {
        let mut runs: Vec<(&Release, &Release, &String)> = Vec::new();
        let mut is_open = false;
        for (release, definitions) in releases {
            match (definitions.get(name), runs.last_mut()) {
                (Some(json), Some((_, last, known))) if is_open && *known == json => *last = release,
                (Some(json), _) => {
                    runs.push((release, release, json));
                    is_open = true;
                }
                (None, _) => is_open = false,
            }
        }
        for (first, last, json) in runs {
            let range = if first == last { first.1.clone() } else { format!("{}-{}", first.1, last.1) };
            writeln!(text, "{name} {range} {json}")?;
        }
    }
    fs::write(path, &text)?;
    writeln!(std::io::stdout(), "{}: {} bytes", path.display(), text.len())?;
    Ok(())
}
