//! `tidegate render`: the objects that would be applied.

use super::args::{Render, RenderFormat, RestrictWord};
use super::shown::{display_below, shown_path};
use super::{Io, Status, charts, complain};
use crate::config::OptionError;
use crate::finding::Failure;
use crate::manifest::own_paths;
use crate::render::charts::Charts;
use crate::render::files::{Extra, Files};
use crate::render::flux;
use crate::render::gather::gather;
use crate::render::kustomize::{Build, Builder, Built, GapKind, Order, Refusal, Restrict};
use crate::report::objects::{Look, ObjectFormat, Origins, print_objects, write_objects_file};
use crate::source::{Source, SourceId, Sources, Span};
use crate::tree::{self, Disk, Tree};
use crate::walk::{self, FileKind};
use crate::yaml::{self, Value};
use elsa::sync::FrozenVec;
use foldhash::HashMap;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a build reads.
struct Read {
    sources: Sources,
    /// Manifests of a folder without a kustomization, by path.
    known: BTreeMap<String, SourceId>,
    extras: BTreeMap<String, Extra>,
    /// Those of both that were parsed on the way.
    parsed: HashMap<SourceId, yaml::File>,
    /// The root.
    folder: PathBuf,
    /// The folder to build, in the root.
    inside: String,
    has_kustomization: bool,
    failures: Vec<Failure>,
}

/// Runs `render`.
pub(super) fn render(arguments: &Render, io: &mut Io<'_>) -> io::Result<Status> {
    if let Some(target) = &arguments.target {
        return super::render_target::render(arguments, target, io);
    }
    let mut read = match read(&arguments.path, arguments.max_file_size) {
        Ok(read) => read,
        Err(error) => return complain(io, &error),
    };
    let charts = match &arguments.helm {
        Some(helm) => {
            let texts = read.extras.values().filter_map(Extra::yaml).chain(read.known.values().copied());
            let disk = Disk::new(&read.folder);
            disk.map(|disk| charts::render(helm, &read.folder, &disk, &read.sources, texts)).unwrap_or_default()
        }
        None => Charts::default(),
    };
    let mut done = std::mem::take(&mut read.parsed);
    let mut parse =
        |source| done.remove(&source).unwrap_or_else(|| yaml::parse(source, read.sources[source].shared_text()));
    let extras = read.extras.iter().filter_map(|(path, extra)| Some((path, extra.yaml()?)));
    let parsed: Vec<(&str, yaml::File)> = extras
        .chain(read.known.iter().map(|(path, source)| (path, *source)))
        .map(|(path, source)| (path.as_str(), parse(source)))
        .collect();
    let embedded = FrozenVec::new();
    let yaml = parsed.iter().map(|(path, file)| (*path, file));
    let extras = read.extras.iter().map(|(path, extra)| (path.as_str(), extra));
    let files = Files::new(0, &read.sources, yaml, extras, &embedded).with_charts(&charts);
    let restrict = match arguments.load_restrictor {
        RestrictWord::Root => Restrict::Root,
        RestrictWord::None => Restrict::None,
    };
    let place = |span: Span| {
        if read.sources.is_empty() {
            return shown_path(&read.folder.join(&read.inside));
        }
        let position = read.sources[span.source].position(span.start);
        format!("{}:{}:{}", read.display()(span.source), position.line, position.column)
    };
    let built = build(&Builder::new(&files, restrict), &read);
    if let Err(refusal) = &built {
        refuse(refusal, &place, io)?;
    }
    for failure in &read.failures {
        writeln!(io.err, "error: {}: {}", failure.path, failure.message)?;
    }
    let Ok(build) = built else { return Ok(Status::Failed) };
    warn(&build, &place, io)?;
    print(arguments, &read, &build, io)
}

fn build<'w>(builder: &Builder<'_, 'w>, read: &Read) -> Built<Build<'w>> {
    if read.has_kustomization {
        return builder.build(&read.inside);
    }
    let all = flux::build_folder(builder, &read.inside, None, None)?;
    builder.finish((*all).clone(), &Order::Fifo)
}

/// Reads the kustomization in `path`, or the manifests where there is none, and what they name, from as far up as
/// that leads.
fn read(path: &Path, limit: u64) -> Result<Read, OptionError> {
    let shown = path.display();
    let plain = |message: String| OptionError { message, help: None };
    let found = tree::enclosing_root(path).map_err(|error| plain(format!("{shown}: {}", error.cause())))?;
    if !found.folder.join(&found.inside).is_dir() {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let help = Some(format!("its folder is `{}`", parent.display()));
        return Err(OptionError { message: format!("{shown} is a file, and only folders are built"), help });
    }
    let open = |folder: &Path| Disk::new(folder).map_err(|error| plain(format!("{shown}: {}", error.cause())));
    let disk = open(&found.folder)?;
    let has_kustomization = own_paths(&found.inside).any(|path| disk.kind(&path).is_some());
    let (manifests, failures) =
        if has_kustomization { Default::default() } else { manifests(&disk, &found.inside, limit) };
    if !has_kustomization && manifests.is_empty() && failures.is_empty() {
        return Err(plain(format!("{shown} holds neither a kustomization nor a manifest")));
    }
    let read = gather_up(&found, &manifests, limit, &open)?;
    let unread = own_paths(&read.inside).find_map(|path| match read.extras.get(&path)? {
        Extra::Unread(why) => Some((path, why.as_str())),
        Extra::Binary(_) => Some((path, "not UTF-8")),
        Extra::Yaml(_) | Extra::Text(_) | Extra::Folder { .. } | Extra::Missing => None,
    });
    match unread {
        Some((path, why)) => Err(plain(format!("{}: {why}", shown_path(&read.folder.join(path))))),
        None => Ok(Read { has_kustomization, failures, ..read }),
    }
}

/// Reads what is named, from folders further up as long as it leads there.
fn gather_up(
    found: &tree::Root,
    manifests: &[(String, Arc<str>)],
    limit: u64,
    open: &dyn Fn(&Path) -> Result<Disk, OptionError>,
) -> Result<Read, OptionError> {
    let (mut folder, mut inside, mut above) = (found.folder.clone(), found.inside.clone(), String::new());
    loop {
        let disk = open(&folder)?;
        let mut sources = Sources::new(vec![String::new()]);
        let known: BTreeMap<String, SourceId> = manifests
            .iter()
            .map(|(path, text)| {
                let path = tree::child(&above, path);
                (path.clone(), sources.add(Source::new(0, path, Arc::clone(text))))
            })
            .collect();
        let gathered = gather(&disk, &mut sources, 0, &known, &[inside.as_str()], limit);
        match (folder.parent(), folder.file_name()) {
            (Some(parent), Some(name)) if gathered.climbs > 0 => {
                let name = name.to_string_lossy();
                (above, inside) = (tree::child(&name, &above), tree::child(&name, &inside));
                folder = parent.to_path_buf();
            }
            _ => {
                return Ok(Read {
                    sources,
                    known,
                    extras: gathered.extras,
                    parsed: gathered.parsed,
                    folder,
                    inside,
                    has_kustomization: true,
                    failures: Vec::new(),
                });
            }
        }
    }
}

/// The manifests below a folder, by path, and what cannot be read there.
fn manifests(disk: &Disk, inside: &str, limit: u64) -> (Vec<(String, Arc<str>)>, Vec<Failure>) {
    let options = walk::Options { max_file_size: limit, named: [inside.to_owned()].into(), ..walk::Options::default() };
    let lies_below =
        |path: &str| inside.is_empty() || path.strip_prefix(inside).is_some_and(|rest| rest.starts_with('/'));
    let walked = walk::walk(disk, &options);
    let files = walked
        .files
        .into_iter()
        .filter(|file| matches!(file.kind, FileKind::Yaml | FileKind::Kustomization) && lies_below(&file.path));
    let failures = walked.failures.into_iter().filter(|failure| lies_below(&failure.path));
    let failures = failures.map(|failure| Failure { path: shown_path(&disk.root().join(&failure.path)), ..failure });
    (files.map(|file| (file.path, file.text)).collect(), failures.collect())
}

impl Read {
    fn display(&self) -> impl Fn(SourceId) -> String + '_ {
        display_below(&self.folder, &self.sources)
    }
}

/// Tells what is missing among the objects.
fn warn(build: &Build<'_>, place: &dyn Fn(Span) -> String, io: &mut Io<'_>) -> io::Result<()> {
    for gap in &build.gaps {
        let what = match gap.kind {
            GapKind::Remote => "is elsewhere and is not built",
            GapKind::Chart => "is a Helm chart and is not rendered",
            GapKind::Plugin => "is a program of its own and is not run",
            GapKind::Outside => "leads out of this repo and is not built",
        };
        writeln!(io.err, "warning: {}: `{}` {what}", place(gap.span), gap.text)?;
    }
    Ok(())
}

fn print(arguments: &Render, read: &Read, build: &Build<'_>, io: &mut Io<'_>) -> io::Result<Status> {
    let display = read.display();
    let (format, look) = look(arguments, &read.sources, &display, io);
    let objects: Vec<Value<'_>> = build.objects.iter().map(|object| object.tree.view()).collect();
    let text = print_objects(format, &objects, &look);
    let status = if read.failures.is_empty() { Status::Clean } else { Status::Failed };
    hand_over(arguments, &text, status, io)
}

/// How the objects are to be printed.
pub(super) fn look<'l>(
    arguments: &Render,
    sources: &'l Sources,
    display: &'l dyn Fn(SourceId) -> String,
    io: &Io<'_>,
) -> (ObjectFormat, Look<'l>) {
    let format = match arguments.format {
        RenderFormat::Yaml => ObjectFormat::Yaml,
        RenderFormat::Json => ObjectFormat::Json,
    };
    // A program that takes the objects over needs them as they are; people read YAML, or JSON on a terminal.
    let seen = io.terminal.is_terminal && arguments.output.is_none();
    let for_programs = arguments.format == RenderFormat::Json && !arguments.origins && !seen;
    let look = Look {
        origins: arguments.origins.then_some(Origins { sources, display }),
        show_secrets: arguments.show_secrets || for_programs,
    };
    (format, look)
}

/// Writes the objects where they were asked for.
pub(super) fn hand_over(arguments: &Render, text: &str, status: Status, io: &mut Io<'_>) -> io::Result<Status> {
    match &arguments.output {
        Some(file) => match write_objects_file(text, file) {
            Ok(()) => Ok(status),
            Err(error) => {
                writeln!(io.err, "error: {}: the objects could not be written: {error}", file.display())?;
                Ok(Status::Failed)
            }
        },
        None => match io.out.write_all(text.as_bytes()).and_then(|()| io.out.flush()) {
            // Whoever reads the objects has seen enough; the exit status still counts.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(status),
            written => written.map(|()| status),
        },
    }
}

fn refuse(refusal: &Refusal, place: &dyn Fn(Span) -> String, io: &mut Io<'_>) -> io::Result<()> {
    writeln!(io.err, "{}: {}", place(refusal.span), refusal.message)?;
    for (span, text) in &refusal.related {
        writeln!(io.err, "  {}: {text}", place(*span))?;
    }
    Ok(())
}
