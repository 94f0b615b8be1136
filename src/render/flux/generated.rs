//! What Flux builds for a path: the kustomization that lies there, else one that lists everything below.

use crate::manifest::own_paths;
use crate::render::files::{Content, Files};
use crate::render::kustomize::{Accumulated, Builder, Built, Refusal, load};
use crate::source::{SourceId, Span};
use crate::tree;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Dialect, File, Value};
use std::rc::Rc;

/// Builds `folder` as Flux would for the Kustomization `object`; none for the path that a cluster starts from.
pub fn build<'w>(
    builder: &Builder<'_, 'w>,
    folder: &str,
    object: Option<&Rendered<'w>>,
    asked: Option<Span>,
) -> Built<Rc<Accumulated<'w>>> {
    let spec = object.and_then(|object| object.at(&["spec"]));
    let changes = spec.as_ref().is_some_and(|spec| changes(spec.view()));
    if is_blank(builder.files(), folder) {
        return Ok(Rc::default());
    }
    let own = builder.settings_for_flux(folder, asked)?;
    match own {
        Some(_) if !changes && builder.settings(folder, asked).is_ok() => {
            builder.folder(folder, asked, &mut Vec::new())
        }
        Some(settings) => {
            let mut all = Accumulated::default();
            builder.run(&settings, spec.as_ref(), &mut all, &mut vec![folder.to_owned()])?;
            Ok(Rc::new(all))
        }
        None => {
            let mut all = Accumulated::default();
            all.taking(|all| collect(builder, folder, asked, all))?;
            if let Some(spec) = &spec {
                builder.run_spec(folder, spec, &mut all)?;
            }
            Ok(Rc::new(all))
        }
    }
}

/// Whether the kustomization of `folder` holds nothing, which Flux takes for one without resources.
fn is_blank(files: &Files<'_>, folder: &str) -> bool {
    let mut own = own_paths(folder).filter_map(|path| files.yaml(&path));
    let holds =
        |file: &File| file.documents().iter().any(|document| document.root.is_some() || !document.is_readable());
    own.next().is_some_and(|file| !holds(file)) && own.next().is_none()
}

/// Whether the spec of a Flux Kustomization changes what is built.
fn changes(spec: Value<'_>) -> bool {
    ["targetNamespace", "namePrefix", "nameSuffix", "patches", "components", "images"]
        .iter()
        .any(|field| spec.get(field).is_some_and(|value| !value.is_null() && !value.is_empty()))
}

fn collect<'w>(builder: &Builder<'_, 'w>, folder: &str, asked: Option<Span>, all: &mut Accumulated<'w>) -> Built<()> {
    let files: &Files<'w> = builder.files();
    let start = asked.unwrap_or(Span { source: SourceId(0), start: 0, end: 0 });
    if !matches!(files.content(folder), Content::Folder) {
        return Err(Refusal::new(start, format!("there is no folder `{folder}` in this repo")));
    }
    let mut built: Option<String> = None;
    for (path, file) in files.below(folder) {
        if built.as_deref().is_some_and(|done| path.starts_with(done)) {
            continue;
        }
        built = None;
        // The outermost folder with a kustomization is built as a whole.
        let inner = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
        let mut at = folder.to_owned();
        for step in inner.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev() {
            at = tree::child(&at, step);
            if files.has_kustomization(&at) {
                built = Some(format!("{at}/"));
                break;
            }
        }
        if let Some(done) = &built {
            let sub = builder.folder(done.trim_end_matches('/'), asked, &mut Vec::new())?;
            builder.take_over(all, &sub, asked.unwrap_or(start))?;
        } else if is_manifest_name(path) {
            take(builder, file, path, asked, all)?;
        }
    }
    Ok(())
}

/// Takes a file in. Flux refuses a path with YAML that is no manifest; whether such a file is part of what Flux
/// fetches cannot be told here, so it is passed over.
fn take<'w>(
    builder: &Builder<'_, 'w>,
    file: &'w File,
    path: &'w str,
    asked: Option<Span>,
    all: &mut Accumulated<'w>,
) -> Built<()> {
    let mut documents = file.documents().iter().filter_map(|document| document.root);
    let is_object = |node| {
        let value = Value::new(file, node, Dialect::Kustomize);
        ["apiVersion", "kind"].iter().all(|key| value.get(key).and_then(Value::raw).is_some())
    };
    if !documents.any(is_object) {
        return Ok(());
    }
    let span = Span { source: file.source(), start: 0, end: 0 };
    let objects = load::objects(file, asked.unwrap_or(span))?;
    all.used.insert(path.into());
    builder.take_objects(all, objects, span)
}

fn is_manifest_name(path: &str) -> bool {
    let name = tree::name(path);
    (name.ends_with(".yaml") || name.ends_with(".yml")) && !name.starts_with('.')
}
