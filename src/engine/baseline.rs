//! Findings that are known already: those of a baseline file, or those of another state of the repo. They are known again
//! where lines moved, items of lists shifted, or a file was moved or renamed.

use super::identity::{self, Identity};
use super::{Request, settings};
use crate::finding::{Finding, HeldBack};
use crate::rule::World;
use crate::rules;
use crate::source::Sources;
use foldhash::{HashMap, HashMapExt, HashSet};
use serde_json::Value;
use std::borrow::Cow;

/// The name of the file unless the user gives another.
pub const FILE_NAME: &str = "tidegate-baseline.json";

/// Raised when an entry changes its meaning.
const VERSION: u64 = 1;

/// Findings that are known, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Identity>,
}

/// A text that is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// It does not parse.
    #[error("not a baseline: line {line}, column {column} is not JSON")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// It is JSON of something else. What stands in it is not repeated: it may be any file.
    #[error("not a baseline of tidegate: {0}; `--write-baseline` writes one")]
    Shape(&'static str),
    /// It was written by another program than this.
    #[error("a baseline of version {0}, and this program reads version {VERSION}")]
    Version(u64),
}

impl Baseline {
    /// What `findings` are.
    pub fn of(sources: &Sources, findings: &[Finding]) -> Baseline {
        findings.iter().map(|finding| Identity::of(sources, finding)).collect()
    }

    /// Reads the text of a baseline file.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| BaselineError::Syntax { line: error.line(), column: error.column() })?;
        let version = value.get("version").and_then(Value::as_u64);
        match version.ok_or(BaselineError::Shape("it has no version"))? {
            VERSION => {}
            other => return Err(BaselineError::Version(other)),
        }
        let findings = value.get("findings").and_then(Value::as_array);
        let findings = findings.ok_or(BaselineError::Shape("it has no list of findings"))?;
        let entries = findings.iter().map(|entry| serde_json::from_value::<Identity>(entry.clone()));
        let entries: Result<Baseline, _> = entries.collect();
        entries.map_err(|_| BaselineError::Shape("an entry of its findings lacks a field or has one too many"))
    }

    /// The text of the file: one line a finding, so that a change of it can be read.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self
            .entries
            .iter()
            .map(|entry| format!("    {}", serde_json::to_string(entry).expect("internal: text is JSON")))
            .collect();
        let list = if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n  ]", lines.join(",\n")) };
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": {list}\n}}\n")
    }

    /// How many findings are known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Which of `findings` are known, one entry for one finding, the likeliest pairs first: the same place in the same
    /// file, the same place of the same object, the same place in a file that was moved or renamed, another item of the
    /// same list, an object of this kind and name in another namespace.
    pub(super) fn recognise(&self, sources: &Sources, findings: &[Finding]) -> Recognised {
        let files: HashSet<Cow<'_, str>> =
            sources.iter().filter(|(_, source)| source.revision().is_none()).map(|(id, _)| sources.name(id)).collect();
        let mut pairing = Pairing {
            entries: &self.entries,
            found: findings.iter().map(|finding| Found::new(sources, finding)).collect(),
            known: vec![false; findings.len()],
            met: vec![false; self.entries.len()],
        };
        let gone = |entry: &Identity| entry.object.is_none() && !files.contains(entry.file.as_str());
        pairing.pair(
            |entry| Some((&entry.file, exact(&entry.pointer), entry.object.as_deref())),
            |found, object| Some((&found.file, exact(found.pointer), object)),
        );
        pairing.pair(
            |entry| entry.object.as_deref().map(|object| ("", exact(&entry.pointer), Some(object))),
            |found, object| object.map(|object| ("", exact(found.pointer), Some(object))),
        );
        for part in [name, folder] {
            pairing.pair(
                |entry| gone(entry).then(|| (part(&entry.file), exact(&entry.pointer), None)),
                |found, object| object.is_none().then(|| (part(&found.file), exact(found.pointer), None)),
            );
        }
        pairing.pair(
            |entry| Some((&entry.file, identity::without_numbers(&entry.pointer), entry.object.as_deref())),
            |found, object| Some((&found.file, identity::without_numbers(found.pointer), object)),
        );
        pairing.pair(
            |entry| {
                let object = entry.object.as_deref()?;
                Some(("", identity::without_numbers(&entry.pointer), Some(object)))
            },
            |found, object| Some(("", identity::without_numbers(found.pointer), Some(object?))),
        );
        // Where something else delivers a file, its objects may get another namespace.
        pairing.pair(
            |entry| Some((name(&entry.file), elsewhere(entry.object.as_deref()?, &entry.pointer), None)),
            |found, object| Some((name(&found.file), elsewhere(object?, found.pointer), None)),
        );
        Recognised { known: pairing.known, met: pairing.met }
    }
}

impl FromIterator<Identity> for Baseline {
    fn from_iter<I: IntoIterator<Item = Identity>>(entries: I) -> Baseline {
        let mut entries: Vec<Identity> = entries.into_iter().collect();
        entries.sort();
        Baseline { entries }
    }
}

fn exact(pointer: &str) -> Cow<'_, str> {
    Cow::Borrowed(pointer)
}

/// Kind, name and pointer, whatever the namespace is.
fn elsewhere<'t>(object: &str, pointer: &str) -> Cow<'t, str> {
    let mut parts = object.splitn(3, '/');
    let (kind, _, name) = (parts.next(), parts.next(), parts.next());
    Cow::Owned(format!("{}/{}:{pointer}", kind.unwrap_or_default(), name.unwrap_or_default()))
}

fn name(file: &str) -> &str {
    file.rsplit_once('/').map_or(file, |(_, name)| name)
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Which findings are known, and which entries met one.
pub(super) struct Recognised {
    pub(super) known: Vec<bool>,
    met: Vec<bool>,
}

struct Found<'a> {
    rule: &'a str,
    code: &'a str,
    pointer: &'a str,
    file: String,
    objects: Vec<String>,
}

impl<'a> Found<'a> {
    fn new(sources: &'a Sources, finding: &'a Finding) -> Found<'a> {
        Found {
            rule: finding.rule,
            code: finding.code,
            pointer: &finding.pointer,
            file: sources.name(finding.primary.span.source).into_owned(),
            objects: identity::objects(finding).into_iter().collect(),
        }
    }
}

struct Pairing<'a> {
    entries: &'a [Identity],
    found: Vec<Found<'a>>,
    known: Vec<bool>,
    met: Vec<bool>,
}

/// What an entry and a finding have in common beside rule and code: something of the file, the pointer, the object.
type Key<'k> = (&'k str, Cow<'k, str>, Option<&'k str>);

impl<'a> Pairing<'a> {
    /// Pairs what is open and has equal keys, in the order of both lists. A finding about several objects has a key for
    /// each.
    fn pair<'k>(
        &'k mut self,
        of_entry: impl Fn(&'k Identity) -> Option<Key<'k>>,
        of_found: impl Fn(&'k Found<'a>, Option<&'k str>) -> Option<Key<'k>>,
    ) {
        let mut open: HashMap<(&str, &str, Key<'k>), Vec<usize>> = HashMap::new();
        // From the back, so that the first entry is taken first.
        for (at, entry) in self.entries.iter().enumerate().rev().filter(|(at, _)| !self.met[*at]) {
            if let Some(key) = of_entry(entry) {
                open.entry((&entry.rule, &entry.code, key)).or_default().push(at);
            }
        }
        for (at, found) in self.found.iter().enumerate() {
            if open.is_empty() {
                return;
            }
            let objects = found.objects.iter().map(|object| Some(object.as_str()));
            let none = found.objects.is_empty().then_some(None);
            let mut keys = objects.chain(none).filter_map(|object| of_found(found, object));
            if self.known[at] {
                continue;
            }
            if let Some(entry) = keys.find_map(|key| open.get_mut(&(found.rule, found.code, key))?.pop()) {
                (self.known[at], self.met[entry]) = (true, true);
            }
        }
    }
}

/// Takes what is known out of `findings`, and tells what came of it.
pub(super) fn hold_back(world: &World<'_>, request: &Request, findings: &mut Vec<Finding>) -> Option<HeldBack> {
    let baseline = request.baseline.as_deref()?;
    let recognised = baseline.recognise(world.sources, findings);
    let before = findings.len();
    let mut known = recognised.known.iter();
    findings.retain(|_| !known.next().copied().unwrap_or_default());
    let judge = Judge::new(world, request);
    let unmet = baseline.entries.iter().zip(&recognised.met).filter(|(entry, met)| !**met && judge.judges(entry));
    let outdated = unmet.map(|(entry, _)| told(entry)).collect();
    Some(HeldBack { findings: before - findings.len(), outdated })
}

/// The baseline after this run: what it found, and what it could not look at of the one before.
pub(super) fn renew(world: &World<'_>, request: &Request, findings: &[Finding]) -> Baseline {
    let judge = Judge::new(world, request);
    let kept = request.baseline.iter().flat_map(|old| &old.entries).filter(|entry| !judge.judges(entry)).cloned();
    let found = findings.iter().map(|finding| Identity::of(world.sources, finding));
    found.chain(kept).collect()
}

fn told(entry: &Identity) -> String {
    let mut text = format!("{}: {}:{}", entry.file, entry.rule, entry.code);
    for more in [entry.object.as_deref(), Some(entry.pointer.as_str()).filter(|pointer| !pointer.is_empty())] {
        text.extend(more.map(|more| format!(" {more}")));
    }
    text
}

/// Which entries the run would have found, were they still true.
struct Judge<'a> {
    request: &'a Request,
    partial: bool,
    looks_at_all: bool,
    /// Files that are reported on, where not all are.
    files: HashSet<String>,
}

impl<'a> Judge<'a> {
    fn new(world: &World<'_>, request: &'a Request) -> Judge<'a> {
        let looks_at_all = request.scopes.iter().all(|scope| scope.path.is_empty());
        let sources = world.sources;
        let reported = sources.iter().filter(|(id, _)| !looks_at_all && request.reports_on(sources, *id));
        Judge {
            request,
            partial: request.target.is_some() || world.lone.contains(&true),
            looks_at_all,
            files: reported.map(|(id, _)| sources.name(id).into_owned()).collect(),
        }
    }

    fn judges(&self, entry: &Identity) -> bool {
        let selected = rules::find(&entry.rule).is_none_or(|rule| settings::selects(&self.request.selection, rule));
        !self.partial && selected && (self.looks_at_all || self.files.contains(&entry.file))
    }
}
