//! Chooses the edits of a run: one fix a finding, in finding order, no two edits in each other's way,
//! and no file that would stop to parse.

use crate::finding::{Edit, Finding, Fix};
use crate::source::{Source, SourceId, Sources, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What becomes of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlan {
    /// The file.
    pub source: SourceId,
    /// The edits, by start, free of overlaps.
    pub edits: Vec<Edit>,
    /// The whole text after the edits.
    pub text: String,
}

/// A fix that a plan applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Position of the finding in the list the plan was made of.
    pub finding: usize,
    /// What the fix does.
    pub title: String,
    /// The files it changes, sorted.
    pub sources: Vec<SourceId>,
    /// How many targets hold what it changes.
    pub targets: usize,
}

/// A fix that was wanted and is not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Position of the finding in the list the plan was made of.
    pub finding: usize,
    /// What the fix would do.
    pub title: String,
    /// The files it would change, sorted.
    pub sources: Vec<SourceId>,
    /// Why it is not applied.
    pub reason: Reason,
}

/// Why a fix is not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It edits bytes that the fix of an earlier finding edits in another way.
    Conflict,
    /// This file would no longer parse.
    WouldNotParse(SourceId),
    /// This file could not be written, or is no longer what was read.
    NotWritten(SourceId, String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Conflict => f.write_str("another fix edits the same place; a second run may apply it"),
            Reason::WouldNotParse(_) => f.write_str("the file would no longer parse"),
            Reason::NotWritten(_, why) => f.write_str(why),
        }
    }
}

/// The edits of a run, checked, and the fixes that have to wait.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The files that change, in the order of their ids.
    pub files: Vec<FilePlan>,
    /// The fixes behind those changes, in finding order.
    pub applied: Vec<Applied>,
    /// The fixes that are not applied, in finding order.
    pub skipped: Vec<Skipped>,
}

impl Plan {
    /// Chooses the first fix of each finding that may be applied (a safe one, or any with `include_unsafe`).
    /// `parses` says whether the new text of a file still parses; every fix that touches a file that does
    /// not is dropped, in all the files it touches.
    pub fn new(
        sources: &Sources,
        findings: &[Finding],
        include_unsafe: bool,
        parses: &dyn Fn(&str, &Source) -> bool,
    ) -> Plan {
        let mut dropped: BTreeMap<usize, SourceId> = BTreeMap::new();
        let mut sound: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
        loop {
            let (chosen, mut skipped) = choose(findings, include_unsafe, &dropped);
            let files = chosen.files();
            let mut broken = BTreeSet::new();
            for file in &files {
                let source = &sources[file.source];
                if sound.get(&file.source) == Some(&file.edits) {
                    continue;
                }
                if parses(&apply(source.text(), &file.edits), source) {
                    sound.insert(file.source, file.edits.clone());
                } else {
                    broken.insert(file.source);
                }
            }
            if broken.is_empty() {
                skipped.sort_by_key(|skip: &Skipped| skip.finding);
                let files = files.into_iter().map(|file| file.with_text(sources)).collect();
                return Plan { files, applied: chosen.applied, skipped };
            }
            for applied in &chosen.applied {
                if let Some(source) = applied.sources.iter().find(|source| broken.contains(source)) {
                    dropped.insert(applied.finding, *source);
                }
            }
        }
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// `text` with `edits` made; every byte outside of them stays. The edits are sorted and free of overlaps.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut out = String::with_capacity(text.len() + added);
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        out.push_str(text.get(at..range.start).expect("internal: edits are sorted, apart, and on characters"));
        out.push_str(&edit.text);
        at = range.end;
    }
    out.push_str(text.get(at..).expect("internal: an edit ends within its text"));
    out
}

struct Draft {
    source: SourceId,
    edits: Vec<Edit>,
}

impl Draft {
    fn with_text(self, sources: &Sources) -> FilePlan {
        let text = apply(sources[self.source].text(), &self.edits);
        FilePlan { source: self.source, edits: self.edits, text }
    }
}

#[derive(Default)]
struct Chosen<'a> {
    edits: BTreeMap<SourceId, BTreeMap<u32, &'a Edit>>,
    applied: Vec<Applied>,
}

impl<'a> Chosen<'a> {
    /// Takes all edits of a fix or none of them.
    fn take(&mut self, fix: &'a Fix) -> bool {
        let mut taken: Vec<Span> = Vec::with_capacity(fix.edits.len());
        for edit in &fix.edits {
            let by_start = self.edits.entry(edit.span.source).or_default();
            match by_start.get(&edit.span.start) {
                Some(other) if **other == *edit => continue,
                None if free(by_start, edit.span) => {
                    by_start.insert(edit.span.start, edit);
                    taken.push(edit.span);
                }
                _ => {
                    for span in taken {
                        self.edits.entry(span.source).or_default().remove(&span.start);
                    }
                    return false;
                }
            }
        }
        true
    }

    fn files(&self) -> Vec<Draft> {
        self.edits
            .iter()
            .filter(|(_, edits)| !edits.is_empty())
            .map(|(source, edits)| Draft { source: *source, edits: edits.values().copied().cloned().collect() })
            .collect()
    }
}

/// Whether a span that starts where no other does is clear of its neighbours.
fn free(by_start: &BTreeMap<u32, &Edit>, span: Span) -> bool {
    let before = by_start.range(..span.start).next_back();
    let after = by_start.range(span.start..).next();
    before.is_none_or(|(_, edit)| edit.span.end <= span.start) && after.is_none_or(|(start, _)| span.end <= *start)
}

fn choose<'a>(
    findings: &'a [Finding],
    include_unsafe: bool,
    dropped: &BTreeMap<usize, SourceId>,
) -> (Chosen<'a>, Vec<Skipped>) {
    let mut chosen = Chosen::default();
    let mut skipped = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        let Some(fix) = finding.fixes.iter().find(|fix| (fix.safe || include_unsafe) && !fix.edits.is_empty()) else {
            continue;
        };
        let sources = sources_of(fix);
        let reason = match dropped.get(&at) {
            Some(source) => Some(Reason::WouldNotParse(*source)),
            None if chosen.take(fix) => None,
            None => Some(Reason::Conflict),
        };
        let title = fix.title.clone();
        match reason {
            Some(reason) => skipped.push(Skipped { finding: at, title, sources, reason }),
            None => chosen.applied.push(Applied { finding: at, title, sources, targets: targets_of(finding) }),
        }
    }
    (chosen, skipped)
}

fn sources_of(fix: &Fix) -> Vec<SourceId> {
    fix.edits.iter().map(|edit| edit.span.source).collect::<BTreeSet<_>>().into_iter().collect()
}

fn targets_of(finding: &Finding) -> usize {
    finding.places.iter().filter_map(|place| place.target.as_deref()).collect::<BTreeSet<_>>().len()
}
