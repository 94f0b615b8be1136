//! The generators of an ApplicationSet: sets of parameters out of lists, folders and files of this repo, and what
//! is combined of them. What only Argo CD or a service knows makes the result open.

use super::named::{fixed_part, matcher, step_matcher};
use super::parameters::{Cluster, Mode, Parameters, Tree, datum, flatten, normalized};
use super::repository::Repository;
use super::template::{Fault, fill};
use crate::render::files::Files;
use crate::render::template::{Datum, Kind as DatumKind};
use crate::source::Origin;
use crate::tree;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Dialect, File, Value};
use std::collections::BTreeMap;

/// What a generator gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets {
    pub(super) sets: Vec<Parameters>,
    /// Why there may be others, if so.
    pub(super) open: Option<String>,
}

/// What generators read.
pub(super) struct Surroundings<'s, 'w> {
    pub(super) files: &'s Files<'w>,
    pub(super) repository: &'s Repository,
    pub(super) mode: Mode,
}

/// Generators within generators, which Argo CD allows two levels of.
const DEEPEST: usize = 4;
/// More sets than this, and nobody looks at all of them.
const MOST: usize = 10_000;

impl Sets {
    fn unseen(reason: impl Into<String>) -> Sets {
        Sets { sets: Vec::new(), open: Some(reason.into()) }
    }

    fn add(&mut self, other: Sets) {
        self.sets.extend(other.sets);
        self.sets.truncate(MOST);
        self.open = self.open.take().or(other.open);
    }
}

impl<'w> Surroundings<'_, 'w> {
    /// The sets of one entry of `generators`.
    pub(super) fn generate(&self, entry: &Rendered<'w>, depth: usize) -> Result<Sets, Fault> {
        let mut all = Sets::default();
        let view = entry.view();
        for kind in ["list", "git", "clusters", "matrix", "merge"] {
            let Some(generator) = entry.get(kind).filter(|generator| !generator.view().is_null()) else { continue };
            all.add(match kind {
                "list" => self.list(&generator)?,
                "git" => self.git(&generator)?,
                "clusters" => self.clusters(&generator)?,
                _ if depth >= DEEPEST => Sets::unseen("its generators are nested too deep"),
                "matrix" => self.matrix(&generator, depth)?,
                _ => self.merge(&generator, depth)?,
            });
        }
        for kind in ["scmProvider", "pullRequest", "plugin", "clusterDecisionResource"] {
            if view.get(kind).is_some_and(|generator| !generator.is_null()) {
                all.add(Sets::unseen(format!("its generator `{kind}` asks a service")));
            }
        }
        if let Some(selector) = view.get("selector").filter(|selector| !selector.is_null()) {
            let mut open = None;
            all.sets.retain(|set| select(selector, set, &mut open));
            all.open = all.open.or(open);
        }
        Ok(all)
    }

    fn list(&self, generator: &Rendered<'w>) -> Result<Sets, Fault> {
        let view = generator.view();
        let mut found = Sets::default();
        found.sets.extend(view.get("elements").into_iter().flat_map(Value::items).map(|item| self.element(item)));
        let Some(yaml) = view.get("elementsYaml").filter(|yaml| !yaml.is_null()) else { return Ok(found) };
        match yaml.known().and_then(|_| self.files.embedded(yaml)) {
            Some(file) => found.sets.extend(roots(file).flat_map(Value::items).map(|item| self.element(item))),
            None => found.open = Some("the elements of its list are not known here".into()),
        }
        Ok(found)
    }

    fn element(&self, item: Value<'_>) -> Parameters {
        let mut tree = Tree::new();
        let mut values = None;
        for (key, value) in item.entries() {
            if self.mode == Mode::Fast && key == "values" && value.is_mapping() {
                values = Some(value);
            } else {
                tree.insert(key.to_owned(), datum(value));
            }
        }
        let mut set = Parameters::new(tree);
        if let Some(values) = values {
            set.add_values(values, self.mode);
        }
        set
    }

    fn git(&self, generator: &Rendered<'w>) -> Result<Sets, Fault> {
        let view = generator.view();
        let url = view.get("repoURL").and_then(Value::known);
        if !url.is_some_and(|url| self.repository.is_ours(url)) {
            return Ok(Sets::unseen("its git generator reads another repo"));
        }
        let mut found = Sets::default();
        let prefix = view.get("pathParamPrefix").and_then(Value::as_str).unwrap_or_default();
        if let Some(directories) = view.get("directories") {
            self.directories(directories, prefix, &mut found);
        } else if let Some(files) = view.get("files") {
            self.contents(files, prefix, &mut found);
        }
        self.add_values(generator, &mut found)?;
        Ok(found)
    }

    /// Puts the `values` of a generator, which may use its own parameters, beside them.
    fn add_values(&self, generator: &Rendered<'w>, found: &mut Sets) -> Result<(), Fault> {
        let Some(values) = generator.get("values").filter(|values| values.view().is_mapping()) else { return Ok(()) };
        for set in &mut found.sets {
            let filled = fill(&values, set, self.mode)?;
            set.add_values(filled.view(), self.mode);
        }
        Ok(())
    }

    fn directories(&self, entries: Value<'_>, prefix: &str, found: &mut Sets) {
        let mut taken = Vec::new();
        let mut excluded = Vec::new();
        for entry in entries.items() {
            let Some(path) = entry.get("path") else { continue };
            let Some(pattern) = path.known().map(|text| text.trim_start_matches("./")).and_then(step_matcher) else {
                found.open = Some("a path of its git generator is not known here".into());
                continue;
            };
            match entry.get("exclude").and_then(Value::as_bool) {
                Some(true) => excluded.push(pattern),
                _ => taken.push((pattern, path)),
            }
        }
        for folder in self.files.folders() {
            let hidden = folder.split('/').any(|step| step.starts_with('.'));
            if hidden || excluded.iter().any(|pattern| pattern.is_match(folder)) {
                continue;
            }
            if let Some((_, path)) = taken.iter().find(|(pattern, _)| pattern.is_match(folder)) {
                let mut tree = Tree::new();
                self.add_path(&mut tree, prefix, folder, None, &Origin::Generated(path.span()));
                found.sets.push(Parameters::new(tree));
            }
        }
    }

    fn contents(&self, entries: Value<'_>, prefix: &str, found: &mut Sets) {
        let mut paths: BTreeMap<&'w str, (&'w File, Origin)> = BTreeMap::new();
        let mut excluded = Vec::new();
        for entry in entries.items() {
            let Some(path) = entry.get("path") else { continue };
            let text = path.known().map(|text| text.trim_start_matches("./"));
            // Git's patterns cross folders.
            let Some((text, pattern)) = text.and_then(|text| Some((text, matcher(text)?))) else {
                found.open = Some("a path of its git generator is not known here".into());
                continue;
            };
            if entry.get("exclude").and_then(Value::as_bool) == Some(true) {
                excluded.push(pattern);
                continue;
            }
            for (file, parsed) in self.files.below(fixed_part(text)).filter(|(file, _)| pattern.is_match(file)) {
                paths.entry(file).or_insert((parsed, Origin::Generated(path.span())));
            }
        }
        for (path, (file, origin)) in paths {
            if excluded.iter().any(|pattern| pattern.is_match(path)) {
                continue;
            }
            if file.documents().iter().any(|document| !document.is_readable()) {
                found.open = Some(format!("`{path}`, which its git generator reads, is no YAML"));
                continue;
            }
            for root in roots(file).take(1) {
                let items: Vec<Value<'_>> = if root.is_sequence() { root.items().collect() } else { vec![root] };
                found.sets.extend(items.into_iter().map(|item| self.content(item, prefix, path, &origin)));
            }
        }
    }

    fn content(&self, item: Value<'_>, prefix: &str, path: &str, origin: &Origin) -> Parameters {
        let mut tree = Tree::new();
        if self.mode == Mode::Fast {
            flatten(item, "", &mut tree);
        } else {
            tree.extend(item.entries().map(|(key, value)| (key.to_owned(), datum(value))));
        }
        self.add_path(&mut tree, prefix, tree::parent(path), Some(tree::name(path)), origin);
        Parameters::new(tree)
    }

    /// The parameters that tell of a folder, and of a file in it.
    fn add_path(&self, tree: &mut Tree, prefix: &str, folder: &str, file: Option<&str>, origin: &Origin) {
        let text = |text: &str| Datum::text(text).at(origin.clone());
        let name = tree::name(folder);
        let mut named = vec![("basename", text(name)), ("basenameNormalized", text(&normalized(name)))];
        if let Some(file) = file {
            named.extend([("filename", text(file)), ("filenameNormalized", text(&normalized(file)))]);
        }
        let steps = folder.split('/').map(text);
        if self.mode == Mode::Fast {
            let path = if prefix.is_empty() { "path".to_owned() } else { format!("{prefix}.path") };
            tree.extend(steps.enumerate().map(|(at, step)| (format!("{path}[{at}]"), step)));
            tree.extend(named.into_iter().map(|(key, value)| (format!("{path}.{key}"), value)));
            tree.insert(path, text(folder));
            return;
        }
        let mut map: Tree = named.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        map.insert("path".into(), text(folder));
        map.insert("segments".into(), Datum::new(DatumKind::List(steps.collect())));
        let map = Datum::new(DatumKind::Map(map));
        if prefix.is_empty() {
            tree.insert("path".into(), map);
        } else {
            let inner = DatumKind::Map(Tree::from([("path".to_owned(), map)]));
            tree.insert(prefix.to_owned(), Datum::new(inner));
        }
    }

    fn clusters(&self, generator: &Rendered<'w>) -> Result<Sets, Fault> {
        let mut found = Sets::unseen(super::CLUSTERS);
        found.sets.push(Parameters::of_any_cluster(self.mode));
        self.add_values(generator, &mut found)?;
        Ok(found)
    }

    fn nested(generator: &Rendered<'w>) -> Vec<Rendered<'w>> {
        let mut list = generator.get("generators");
        let list = list.as_mut().and_then(Rendered::list_mut);
        list.map(|list| list.items.iter().map(|slot| slot.value.clone()).collect()).unwrap_or_default()
    }

    fn matrix(&self, generator: &Rendered<'w>, depth: usize) -> Result<Sets, Fault> {
        let [first, second] = &Self::nested(generator)[..] else {
            return Err((generator.view().span(), "a matrix combines exactly two generators".into()));
        };
        let first = self.generate(first, depth + 1)?;
        let mut found = Sets { sets: Vec::new(), open: first.open };
        for outer in &first.sets {
            let second = self.generate(&fill(second, outer, self.mode)?, depth + 1)?;
            let sets = second.sets.iter().map(|inner| outer.with(inner, self.mode)).collect();
            found.add(Sets { sets, open: second.open });
        }
        Ok(found)
    }

    fn merge(&self, generator: &Rendered<'w>, depth: usize) -> Result<Sets, Fault> {
        let view = generator.view();
        let keys: Vec<&str> =
            view.get("mergeKeys").into_iter().flat_map(Value::items).filter_map(Value::as_str).collect();
        let generators = Self::nested(generator);
        let [base, others @ ..] = &generators[..] else {
            return Err((view.span(), "a merge combines at least two generators".into()));
        };
        if keys.is_empty() || others.is_empty() {
            return Err((view.span(), "a merge needs `mergeKeys` and at least two generators".into()));
        }
        let base = self.generate(base, depth + 1)?;
        let mut open = base.open;
        let mut over: Vec<BTreeMap<Vec<String>, Parameters>> = Vec::new();
        for other in others {
            let other = self.generate(other, depth + 1)?;
            open = open.or(other.open);
            over.push(other.sets.into_iter().filter_map(|set| Some((merge_key(&set, &keys)?, set))).collect());
        }
        let mut sets = Vec::new();
        for set in base.sets {
            if set.cluster == Some(Cluster::Any) {
                sets.extend(self.candidates(&set, &keys, &over));
                continue;
            }
            let found = merge_key(&set, &keys);
            let found = found.iter().flat_map(|key| over.iter().filter_map(move |map| map.get(key)));
            sets.push(found.fold(set.clone(), |set, other| set.with(other, self.mode)));
        }
        Ok(Sets { sets, open })
    }

    /// The clusters that other generators name stand for those of Argo CD that nothing tells of.
    fn candidates(
        &self,
        any: &Parameters,
        keys: &[&str],
        over: &[BTreeMap<Vec<String>, Parameters>],
    ) -> Vec<Parameters> {
        let named =
            ["nameNormalized", "name", "server"].iter().find_map(|name| keys.iter().position(|key| key == name));
        let Some(named) = named else { return vec![any.clone()] };
        let mut found: BTreeMap<&Vec<String>, Parameters> = BTreeMap::new();
        for (key, set) in over.iter().flatten() {
            let known = found.entry(key).or_insert_with(|| any.clone());
            *known = known.with(set, self.mode);
            known.cluster = Some(Cluster::Named(key[named].clone()));
        }
        if found.is_empty() { vec![any.clone()] } else { found.into_values().collect() }
    }
}

fn roots<'w>(file: &'w File) -> impl Iterator<Item = Value<'w>> {
    let roots = file.documents().iter().filter_map(|document| document.root);
    roots.map(|root| Value::new(file, root, Dialect::Kubectl)).filter(|root| !root.is_null())
}

/// The values of the merge keys; none where one is missing or not known.
fn merge_key(set: &Parameters, keys: &[&str]) -> Option<Vec<String>> {
    keys.iter().map(|key| text_of(set.at(key)?)).collect()
}

fn text_of(datum: &Datum<Origin>) -> Option<String> {
    match &datum.kind {
        DatumKind::Text(text) => Some(text.clone()),
        DatumKind::Bool(truth) => Some(truth.to_string()),
        DatumKind::Int(number) => Some(number.to_string()),
        DatumKind::Float(number) => Some(number.to_string()),
        DatumKind::Null | DatumKind::List(_) | DatumKind::Map(_) | DatumKind::Unknown => None,
    }
}

/// Whether a selector takes a set; one that cannot be told is taken.
fn select(selector: Value<'_>, set: &Parameters, open: &mut Option<String>) -> bool {
    let mut unknown = |datum: &Datum<Origin>| {
        let unknown = matches!(datum.kind, DatumKind::Unknown);
        if unknown {
            open.get_or_insert_with(|| "its selector asks for what is not known here".into());
        }
        unknown
    };
    for (key, wanted) in selector.get("matchLabels").into_iter().flat_map(Value::entries) {
        let known = set.at(key);
        if !known.is_some_and(&mut unknown) && known.and_then(text_of).as_deref() != wanted.raw() {
            return false;
        }
    }
    for expression in selector.get("matchExpressions").into_iter().flat_map(Value::items) {
        let Some(key) = expression.get("key").and_then(Value::as_str) else { continue };
        let known = set.at(key);
        if known.is_some_and(&mut unknown) {
            continue;
        }
        let text = known.and_then(text_of);
        let listed = || {
            let mut values = expression.get("values").into_iter().flat_map(Value::items);
            values.any(|value| value.raw() == text.as_deref())
        };
        let fits = match expression.get("operator").and_then(Value::as_str) {
            Some("In") => text.is_some() && listed(),
            Some("NotIn") => !listed(),
            Some("Exists") => known.is_some(),
            Some("DoesNotExist") => known.is_none(),
            _ => true,
        };
        if !fits {
            return false;
        }
    }
    true
}
