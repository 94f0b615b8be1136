//! Temporary: prints findings of a folder while the command line is being written.
use std::sync::Arc;
use tidegate::engine::{Request, Root, Selection};
use tidegate::source::{Source, Sources};

fn main() {
    let folder = std::env::args().nth(1).expect("a folder");
    let mut sources = Sources::new(vec![String::new()]);
    let mut root = Root::default();
    let mut paths: Vec<_> = walkdir::WalkDir::new(&folder)
        .into_iter()
        .filter_entry(|entry| {
            entry.depth() == 0
                || !entry.file_name().to_string_lossy().starts_with('.')
                || entry.file_name() == ".sops.yaml"
        })
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| matches!(path.extension().and_then(|e| e.to_str()), Some("yaml" | "yml" | "json" | "template")))
        .collect();
    paths.sort();
    for path in paths {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(&folder).expect("below").to_string_lossy().into_owned();
        if name.ends_with(".json") && !(text.contains("\"apiVersion\"") && text.contains("\"kind\"")) {
            continue;
        }
        if text.contains("\n{{") || text.contains("{%") || name.contains("/templates/") {
            continue;
        }
        root.files.push(sources.add(Source::new(0, name, Arc::from(text))));
    }
    let request = Request {
        selection: Selection { select: std::env::args().skip(2).collect(), ignore: vec![] },
        scopes: vec![],
        today: jiff::civil::date(2026, 11, 21),
        target: None,
    };
    let outcome = tidegate::engine::run(&sources, vec![root], &request).outcome;
    for f in &outcome.findings {
        let at = sources[f.primary.span.source].position(f.primary.span.start);
        println!(
            "{}:{}:{}: {}[{}:{}]/{}: {}",
            sources.name(f.primary.span.source),
            at.line,
            at.column,
            f.severity,
            f.rule,
            f.code,
            f.confidence,
            f.message
        );
        println!("    label: {} | pointer {}", f.primary.text, f.pointer);
        for l in &f.related {
            let at = sources[l.span.source].position(l.span.start);
            println!("    related {}:{}: {}", sources.name(l.span.source), at.line, l.text);
        }
        for n in &f.notes {
            println!("    note: {n}");
        }
        for h in &f.helps {
            println!("    help: {h}");
        }
        for x in &f.fixes {
            println!("    fix({}): {} {:?}", if x.safe { "safe" } else { "unsafe" }, x.title, x.edits);
        }
    }
    for u in &outcome.undecided {
        let at = sources[u.span.source].position(u.span.start);
        println!("undecided {}:{} {}: {}", sources.name(u.span.source), at.line, u.rule, u.reason);
    }
    println!("{:?}", outcome.summary);
}
