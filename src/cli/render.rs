//! `tidegate render`: the objects that would be applied.

use super::args::{Render, RenderFormat, RestrictWord};
use super::{Io, Status, complain};
use crate::config::OptionError;
use crate::render::files::{Extra, Files};
use crate::render::gather::gather;
use crate::render::kustomize::{Build, Builder, GapKind, Refusal, Restrict};
use crate::source::{SourceId, Sources};
use crate::tree::{self, Disk};
use crate::yaml::rendered::to_json;
use crate::yaml::{self};
use elsa::sync::FrozenVec;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What a build reads.
struct Read {
    sources: Sources,
    extras: BTreeMap<String, Extra>,
    folder: PathBuf,
    inside: String,
}

/// Runs `render`.
pub(super) fn render(arguments: &Render, io: &mut Io<'_>) -> io::Result<Status> {
    let read = match read(&arguments.path, arguments.max_file_size) {
        Ok(read) => read,
        Err(message) => return complain(io, &OptionError { message, help: None }),
    };
    let parsed: Vec<(&str, yaml::File)> = read
        .extras
        .iter()
        .filter_map(|(path, extra)| match extra {
            Extra::Yaml(source) => Some((path.as_str(), yaml::parse(*source, read.sources[*source].shared_text()))),
            _ => None,
        })
        .collect();
    let embedded = FrozenVec::new();
    let yaml = parsed.iter().map(|(path, file)| (*path, file));
    let extras = read.extras.iter().map(|(path, extra)| (path.as_str(), extra));
    let files = Files::new(0, &read.sources, yaml, extras, &embedded);
    let restrict = match arguments.load_restrictor {
        RestrictWord::Root => Restrict::Root,
        RestrictWord::None => Restrict::None,
    };
    match Builder::new(&files, restrict).build(&read.inside) {
        Ok(build) => print(arguments, &read, &build, io),
        Err(refusal) => refuse(&read, &refusal, io),
    }
}

/// Reads the kustomization in `path` and what it names, from as far up as it leads.
fn read(path: &Path, limit: u64) -> Result<Read, String> {
    let shown = path.display();
    let found = tree::enclosing_root(path).map_err(|error| format!("{shown}: {}", error.cause()))?;
    let (mut folder, mut inside) = (found.folder, found.inside);
    if !folder.join(&inside).is_dir() {
        return Err(format!("{shown} is no folder; a kustomization is named by its folder"));
    }
    loop {
        let disk = Disk::new(&folder).map_err(|error| format!("{shown}: {}", error.cause()))?;
        let mut sources = Sources::new(vec![String::new()]);
        let gathered = gather(&disk, &mut sources, 0, &BTreeMap::new(), &[inside.as_str()], limit);
        match folder.parent() {
            Some(parent) if gathered.climbs > 0 => {
                let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                inside = if inside.is_empty() { name } else { format!("{name}/{inside}") };
                folder = parent.to_path_buf();
            }
            _ => return Ok(Read { sources, extras: gathered.extras, folder, inside }),
        }
    }
}

fn print(arguments: &Render, read: &Read, build: &Build<'_>, io: &mut Io<'_>) -> io::Result<Status> {
    for gap in &build.gaps {
        let what = match gap.kind {
            GapKind::Remote => "is elsewhere and is not built",
            GapKind::Chart => "is a Helm chart and is not rendered",
            GapKind::Plugin => "is a program of its own and is not run",
            GapKind::Outside => "leads out of this repo and is not built",
        };
        writeln!(io.err, "warning: {}: `{}` {what}", place(read, gap.span.source, gap.span.start), gap.text)?;
    }
    let objects: Vec<serde_json::Value> = build.objects.iter().map(|object| to_json(object.tree.view())).collect();
    match arguments.format {
        RenderFormat::Json => writeln!(io.out, "{}", serde_json::Value::from(objects))?,
        RenderFormat::Yaml => writeln!(io.out, "{}", serde_json::Value::from(objects))?,
    }
    Ok(Status::Clean)
}

fn refuse(read: &Read, refusal: &Refusal, io: &mut Io<'_>) -> io::Result<Status> {
    writeln!(io.err, "{}: {}", place(read, refusal.span.source, refusal.span.start), refusal.message)?;
    for (span, text) in &refusal.related {
        writeln!(io.err, "  {}: {text}", place(read, span.source, span.start))?;
    }
    Ok(Status::Failed)
}

fn place(read: &Read, source: SourceId, offset: u32) -> String {
    if read.sources.is_empty() {
        return read.folder.display().to_string();
    }
    let source = &read.sources[source];
    let position = source.position(offset);
    format!("{}:{}:{}", read.folder.join(source.path()).display(), position.line, position.column)
}
