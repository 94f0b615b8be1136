//! Suppressions: comments beside a finding and `allow` entries of the config.

use crate::finding::{Finding, Undecided};
use crate::manifest::Role;
use crate::rule::{Fault, Found, Rule, Suppression, World, Written};
use crate::rules;
use crate::source::{Source, SourceId, Span};
use crate::yaml::Document;
use foldhash::{HashMap, HashMapExt};

struct Name {
    rule: String,
    code: Option<String>,
    span: Span,
}

struct Comment {
    span: Span,
    names: Vec<Name>,
    fault: Option<Fault>,
    /// Lines, from 0, whose labels it covers.
    lines: std::ops::RangeInclusive<usize>,
    used: bool,
    /// Whether everything that it could cover was judged.
    judged: bool,
}

/// Takes out what is suppressed. Gives what stays, how many went, and the suppressions that deserve a word.
pub(super) fn apply<'w>(
    world: &World<'w>,
    found: Vec<Found<'w>>,
    undecided: &[Undecided],
    active: &[&'static Rule],
) -> (Vec<Found<'w>>, usize, Vec<Suppression>) {
    let mut comments = comments(world);
    for question in undecided {
        doubt(world, &mut comments, question);
    }
    let mut entries = vec![Vec::new(); world.configs.len()];
    for (root, config) in world.configs.iter().enumerate() {
        entries[root] = vec![false; config.allow.len()];
    }
    let mut kept = Vec::with_capacity(found.len());
    let mut suppressed = 0;
    for found in found {
        let by_comment = by_comment(world, &mut comments, &found.finding);
        let by_entry = by_entry(world, &mut entries, &found);
        if by_comment || by_entry {
            let root = world.sources[found.finding.primary.span.source].root();
            suppressed += usize::from(!world.references.get(root).is_some_and(|reference| *reference));
        } else {
            kept.push(found);
        }
    }
    let faults = faults(world, comments, &entries, active);
    (kept, suppressed, faults)
}

/// A rule that has no answer may have one tomorrow: what is allowed there is not idle.
fn doubt(world: &World<'_>, comments: &mut HashMap<SourceId, Vec<Comment>>, question: &Undecided) {
    let Some(list) = comments.get_mut(&question.span.source) else { return };
    let line = world.sources[question.span.source].line_of(question.span.start);
    for comment in list.iter_mut().filter(|comment| comment.lines.contains(&line)) {
        if comment.names.iter().any(|name| name.rule == question.rule) {
            comment.judged = false;
        }
    }
}

fn by_comment(world: &World<'_>, comments: &mut HashMap<SourceId, Vec<Comment>>, finding: &Finding) -> bool {
    let mut hit = false;
    for label in finding.labels() {
        let Some(list) = comments.get_mut(&label.span.source) else { continue };
        let line = world.sources[label.span.source].line_of(label.span.start);
        for comment in list.iter_mut().filter(|comment| comment.fault.is_none() && comment.lines.contains(&line)) {
            if comment.names.iter().any(|name| covers(&name.rule, name.code.as_deref(), finding)) {
                comment.used = true;
                hit = true;
            }
        }
    }
    hit
}

fn covers(rule: &str, code: Option<&str>, finding: &Finding) -> bool {
    rule == finding.rule && code.is_none_or(|code| code == finding.code)
}

fn by_entry(world: &World<'_>, entries: &mut [Vec<bool>], found: &Found<'_>) -> bool {
    let source = &world.sources[found.finding.primary.span.source];
    let Some(config) = world.configs.get(source.root()) else { return false };
    let mut hit = false;
    for (at, entry) in config.allow.iter().enumerate() {
        let object = found.finding.places.first().and_then(|place| place.resource.as_ref());
        let covers = entry.covers(found.finding.rule, found.finding.code, source.path(), object);
        if covers && !entry.is_expired(world.today) {
            entries[source.root()][at] = true;
            hit = true;
        }
    }
    hit
}

fn comments(world: &World<'_>) -> HashMap<SourceId, Vec<Comment>> {
    let mut all = HashMap::new();
    let mark = memchr::memmem::Finder::new("tidegate:");
    for (parsed, role) in world.manifests.files.iter().zip(&world.manifests.roles) {
        if mark.find(parsed.file.text().as_bytes()).is_none() {
            continue;
        }
        let source = &world.sources[parsed.file.source()];
        let list: Vec<Comment> = parsed
            .file
            .comments()
            .iter()
            .filter_map(|comment| {
                let span = Span { source: parsed.file.source(), start: comment.start, end: comment.end };
                let mut comment = read(source, span, parsed.file.documents())?;
                // A patch is judged in the object that it changes.
                comment.judged &= *role != Role::Patch;
                Some(comment)
            })
            .collect();
        if !list.is_empty() {
            all.insert(parsed.file.source(), list);
        }
    }
    all
}

fn read(source: &Source, span: Span, documents: &[Document]) -> Option<Comment> {
    let text = &source.text()[span.range()];
    let body = text.trim_start_matches('#').trim_start();
    let rest = body.strip_prefix("tidegate:")?;
    let offset = |part: &str| span.start + (part.as_ptr() as usize - text.as_ptr() as usize) as u32;
    let broken = |document: &Document| !document.is_readable() && document.range.end >= span.start;
    let judged = !documents.iter().any(|document| document.range.start <= span.end && broken(document));
    let lines = lines(source, span, documents);
    let mut comment = Comment { span, names: Vec::new(), fault: None, lines, used: false, judged };
    let malformed = || Some(Fault::Malformed("expected `tidegate: allow[rule-id] reason`".into()));
    let Some((list, reason)) = rest.trim_start().strip_prefix("allow[").and_then(|rest| rest.split_once(']')) else {
        comment.fault = malformed();
        return Some(comment);
    };
    for part in list.split(',') {
        let name = part.trim();
        if name.is_empty() {
            comment.fault = malformed();
            return Some(comment);
        }
        let start = offset(name);
        let (rule, code) = match name.split_once(':') {
            Some((rule, code)) => (rule, Some(code.to_owned())),
            None => (name, None),
        };
        let span = Span { source: span.source, start, end: start + name.len() as u32 };
        comment.names.push(Name { rule: rule.to_owned(), code, span });
    }
    if reason.trim().trim_start_matches([':', '-', ',']).trim().is_empty() {
        comment.fault = Some(Fault::NoReason);
    } else if let Some(name) = comment.names.iter().find(|name| !is_known(&name.rule, name.code.as_deref())) {
        let named = source.text()[name.span.range()].to_owned();
        comment.fault = Some(Fault::UnknownRule { span: name.span, name: named });
    }
    Some(comment)
}

fn is_known(rule: &str, code: Option<&str>) -> bool {
    rules::find(rule).is_some_and(|rule| code.is_none_or(|code| rule.code(code).is_some()))
}

/// The lines a comment covers: its own; alone on its line, also the next one that holds something; as
/// the first thing of a document, the whole document.
fn lines(source: &Source, span: Span, documents: &[Document]) -> std::ops::RangeInclusive<usize> {
    let line = source.line_of(span.start);
    let before = &source.text()[source.line_range(line).start..span.start as usize];
    if !before.trim().trim_start_matches('\u{feff}').is_empty() {
        return line..=line;
    }
    if let Some(document) =
        documents.iter().find(|document| document.range.start <= span.start && span.end <= document.range.end)
        && source.text()[document.range.start as usize..span.start as usize]
            .lines()
            .all(|text| matches!(text.trim().trim_start_matches('\u{feff}'), "" | "---" | "..."))
    {
        return line..=source.line_of(document.range.end.max(span.end).saturating_sub(1));
    }
    let mut last = line + 1;
    while last + 1 < source.line_starts().len() && source.text()[source.line_range(last)].trim_start().starts_with('#')
    {
        last += 1;
    }
    line..=last
}

fn faults(
    world: &World<'_>,
    comments: HashMap<SourceId, Vec<Comment>>,
    entries: &[Vec<bool>],
    active: &[&'static Rule],
) -> Vec<Suppression> {
    let runs = |id: &str| active.iter().any(|rule| rule.id == id);
    let mut faults: Vec<Suppression> = Vec::new();
    for comment in comments.into_values().flatten() {
        let rules: Vec<&str> = comment.names.iter().map(|name| name.rule.as_str()).collect();
        let all_run = comment.names.iter().all(|name| runs(&name.rule));
        let fault = match comment.fault {
            Some(fault) => fault,
            None if comment.used || !comment.judged || !all_run => continue,
            None => Fault::Unused,
        };
        faults.push(Suppression { span: comment.span, written: Written::Comment, rules: rules.join(", "), fault });
    }
    for (root, config) in world.configs.iter().enumerate() {
        for (at, entry) in config.allow.iter().enumerate() {
            let fault = match entry.until {
                Some(until) if entry.is_expired(world.today) => Fault::Expired(until.to_string()),
                _ if entries[root][at] || !runs(&entry.rule) => continue,
                _ => Fault::Unused,
            };
            let rules = entry.rule.clone();
            faults.push(Suppression { span: entry.span, written: Written::Config, rules, fault });
        }
    }
    faults.sort_by_key(|fault| (world.sources.name(fault.span.source).into_owned(), fault.span.start));
    faults
}
