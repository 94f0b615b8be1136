//! Patches as a kustomization names them: the entry, the file or text it means, and which kind of patch that is.

use super::super::fields::{field, known_only};
use super::super::{Built, Refusal, load};
use super::select::{FIELDS, Target};
use super::{Content, List, Patch};
use crate::render::files::{Content as Found, Files};
use crate::source::Span;
use crate::yaml::{Dialect, File, Kind, Rendered, Value};

/// Reads one entry of a list of patches.
pub fn read<'w>(entry: Value<'w>, list: List, folder: &str, files: &Files<'w>) -> Built<Vec<Patch<'w>>> {
    match list {
        List::StrategicMerge => strategic(entry, folder, files),
        List::Patches | List::Json6902 => one(entry, list, folder, files).map(|patch| vec![patch]),
    }
}

/// A text that holds a patch, and the place to blame where it holds none.
struct Source<'w> {
    file: &'w File,
    text: &'w str,
    span: Span,
}

fn one<'w>(entry: Value<'w>, list: List, folder: &str, files: &Files<'w>) -> Built<Patch<'w>> {
    if !entry.is_mapping() && !entry.is_null() {
        return Err(Refusal::new(entry.span(), "an entry is a mapping with `path` or `patch`"));
    }
    // What stands for itself as an object is read without a look at other fields.
    let object = field(entry, "apiVersion").is_some();
    if !object {
        known_only(entry, &["path", "patch", "target", "options"])?;
    }
    let path = text(entry, "path")?.filter(|value| value.raw().is_some_and(|text| !text.is_empty()));
    let inline = match list == List::Json6902 && object {
        true => text(entry, "jsonOp")?,
        false => text(entry, "patch")?,
    };
    let inline = inline.filter(|value| value.raw().is_some_and(|text| !text.trim().is_empty()));
    let source = match (path, inline) {
        (Some(path), Some(inline)) => {
            let refusal = Refusal::new(inline.key_or_span(), "an entry has `path` or `patch`, not both");
            return Err(refusal.with(path.key_or_span(), "the path stands here"));
        }
        (None, None) => return Err(Refusal::new(entry.span(), "this entry has neither `path` nor `patch`")),
        (Some(path), None) => of_file(path, folder, files)?,
        (None, Some(inline)) => {
            of_text(inline, files.embedded_trimmed(inline).filter(|_| list == List::Patches), files)?
        }
    };
    let target = match field(entry, "target") {
        Some(target) => Some(read_target(target)?),
        None => None,
    };
    let (allow_name, allow_kind) = options(entry)?;
    let content = match list {
        List::Json6902 => operations_only(entry, &source)?,
        List::Patches | List::StrategicMerge => content(&source)?,
    };
    match (&content, &target) {
        (Content::Json(_), None) => {
            let refusal = Refusal::new(entry.span(), "a patch by operations needs a `target`");
            return Err(refusal.with(source.span, "the operations"));
        }
        (Content::Strategic(documents), Some(target)) if documents.len() > 1 => {
            let refusal = Refusal::new(documents[1].view().span(), "a patch with a `target` has one document only");
            return Err(refusal.with(target.span, "the target"));
        }
        _ => {}
    }
    Ok(Patch { entry: entry.span(), target, content, allow_name, allow_kind, listed: list == List::Json6902 })
}

fn strategic<'w>(entry: Value<'w>, folder: &str, files: &Files<'w>) -> Built<Vec<Patch<'w>>> {
    let Some(text) = entry.as_str() else {
        return Err(Refusal::new(entry.span(), "an entry is the path of a file, or the text of a patch"));
    };
    if text.trim().is_empty() {
        return Err(Refusal::new(entry.span(), "this entry names no patch"));
    }
    let inline = of_text(entry, None, files)?;
    let is_patch = documents(inline.file).any(|value| value.is_mapping());
    let source = if is_patch { inline } else { of_file(entry, folder, files)? };
    let documents = resources(&source)?;
    if documents.is_empty() {
        return Err(Refusal::new(entry.span(), "there is no patch in this file"));
    }
    let content = Content::Strategic(documents);
    Ok(vec![Patch { entry: entry.span(), target: None, content, allow_name: false, allow_kind: false, listed: true }])
}

/// A field that holds a text; a null counts as none.
fn text<'w>(value: Value<'w>, name: &str) -> Built<Option<Value<'w>>> {
    match field(value, name) {
        Some(other) if other.kind() != Kind::Text => Err(Refusal::new(other.span(), format!("`{name}` is a text"))),
        text => Ok(text),
    }
}

fn read_target(target: Value<'_>) -> Built<Target> {
    if !target.is_mapping() {
        return Err(Refusal::new(target.span(), "a target is a mapping"));
    }
    known_only(target, &FIELDS)?;
    Target::read(target, |name| {
        Ok(text(target, name)?.and_then(|value| value.as_str().map(|text| (text, value.span()))))
    })
}

/// Whether the patch may change names and kinds.
fn options(entry: Value<'_>) -> Built<(bool, bool)> {
    let Some(options) = field(entry, "options") else {
        return Ok((false, false));
    };
    if !options.is_mapping() {
        return Err(Refusal::new(options.span(), "options are a mapping of `true` and `false`"));
    }
    for (key, value) in options.entries() {
        if value.as_bool().is_none() && !value.is_null() {
            return Err(Refusal::new(value.span(), format!("the option `{key}` is `true` or `false`")));
        }
    }
    let is_set = |name: &str| options.get(name).and_then(Value::as_bool).unwrap_or(false);
    Ok((is_set("allowNameChange"), is_set("allowKindChange")))
}

fn of_text<'w>(value: Value<'w>, trimmed: Option<&'w File>, files: &Files<'w>) -> Built<Source<'w>> {
    let not_text = || Refusal::new(value.span(), "a patch is a text");
    let file = trimmed.or_else(|| files.embedded(value)).ok_or_else(not_text)?;
    let text = value.raw().ok_or_else(not_text)?;
    Ok(Source { file, text: text.trim(), span: value.span() })
}

fn of_file<'w>(value: Value<'w>, folder: &str, files: &Files<'w>) -> Built<Source<'w>> {
    let written = value.raw().unwrap_or_default();
    let refuse = |message: String| Refusal::new(value.span(), message);
    let path = load::path_of(folder, written).ok_or_else(|| load::outside(value.span(), written))?;
    let text = match files.content(&path) {
        Found::Text(_, text) => text,
        Found::Folder => return Err(refuse(format!("`{written}` is a folder, not a file"))),
        Found::Binary(_) => return Err(refuse(format!("`{written}` is no text"))),
        Found::Unread(why) => return Err(load::unread(value.span(), written, why)),
        Found::Missing => return Err(refuse(format!("there is no file `{written}`"))),
    };
    let file = files.parsed(&path).ok_or_else(|| refuse(format!("there is no file `{written}`")))?;
    Ok(Source { file, text, span: value.span() })
}

/// The roots of the documents of a file.
fn documents<'w>(file: &'w File) -> impl Iterator<Item = Value<'w>> {
    let roots = file.documents().iter().filter_map(|document| document.root);
    roots.map(|root| Value::new(file, root, Dialect::Kustomize))
}

fn refuse_faults(source: &Source<'_>) -> Built<()> {
    match source.file.documents().iter().flat_map(|document| &document.errors).next() {
        Some(error) => Err(Refusal::new(error.span, format!("the patch is no YAML: {}", error.message))),
        None => Ok(()),
    }
}

/// What a text holds: operations where its first document is a list, else documents to merge.
fn content<'w>(source: &Source<'w>) -> Built<Content<'w>> {
    if source.text.is_empty() {
        return Ok(Content::Json(Vec::new()));
    }
    refuse_faults(source)?;
    let first = source.file.documents().first().and_then(|document| document.root);
    let first = first.map(|root| Value::new(source.file, root, Dialect::Kustomize));
    match first.filter(|first| !first.is_null()) {
        None => Err(Refusal::new(source.span, "the patch begins with a document that holds nothing")),
        Some(first) if first.is_sequence() => {
            let operations = operations(source, first)?;
            if operations.is_empty() {
                return Err(Refusal::new(source.span, "the patch is a list of no operations"));
            }
            Ok(Content::Json(operations))
        }
        Some(first) => {
            let documents = resources(source)?;
            if documents.is_empty() {
                return Err(Refusal::new(first.span(), "the patch is a list of no objects"));
            }
            Ok(Content::Strategic(documents))
        }
    }
}

/// The content of an entry of `patchesJson6902`.
fn operations_only<'w>(entry: Value<'w>, source: &Source<'w>) -> Built<Content<'w>> {
    let named = |key| field(entry, "target").and_then(|target| field(target, key)).and_then(Value::raw);
    if named("name").is_none_or(str::is_empty) {
        return Err(Refusal::new(entry.span(), "a patch of this list needs a `target` with a name"));
    }
    refuse_faults(source)?;
    let first = documents(source.file).next();
    let Some(first) = first.filter(|first| first.is_sequence() && !first.is_empty()) else {
        let span = first.map_or(source.span, Value::span);
        return Err(Refusal::new(span, "a patch of this list is a list of operations"));
    };
    operations(source, first).map(Content::Json)
}

fn operations<'w>(source: &Source<'w>, list: Value<'w>) -> Built<Vec<Value<'w>>> {
    // What begins with a bracket is read as JSON and nothing else.
    if source.text.starts_with('[')
        && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(source.text)
    {
        return Err(Refusal::new(list.span(), "a patch that begins with `[` is read as JSON, which this is not")
            .with(source.span, format!("JSON ends at line {} of the patch", error.line())));
    }
    // Operations are read as YAML 1.1, unlike the objects they change.
    let list = list.read_by(Dialect::Kubectl);
    match list.items().find(|item| !item.is_mapping() && !item.is_null()) {
        Some(item) => Err(Refusal::new(item.span(), "an operation is a mapping with `op` and `path`")),
        None => Ok(list.items().collect()),
    }
}

/// The documents of a strategic merge patch; the items of lists are documents of their own.
fn resources<'w>(source: &Source<'w>) -> Built<Vec<Rendered<'w>>> {
    refuse_faults(source)?;
    let mut found = Vec::new();
    for document in documents(source.file).filter(|document| !document.is_null()) {
        let kind = document.get("kind").and_then(Value::raw).unwrap_or_default();
        match document.get("items").filter(|items| kind.ends_with("List") && items.is_sequence()) {
            Some(items) => {
                for item in items.items() {
                    found.push(resource(item)?);
                }
            }
            None => found.push(resource(document)?),
        }
    }
    Ok(found)
}

fn resource<'w>(document: Value<'w>) -> Built<Rendered<'w>> {
    if !document.is_mapping() {
        let message = "a patch is an object to merge, or a list of operations";
        return Err(Refusal::new(document.span(), message));
    }
    if document.get("op").is_some() && document.get("kind").is_none() {
        return Err(Refusal::new(document.span(), "operations stand in a list, even a single one"));
    }
    let written = |path: &[&str]| {
        let value = document.at(path).filter(|value| !value.is_null());
        value.and_then(Value::raw).is_some_and(|text| !text.is_empty())
    };
    for (path, what) in [(&["kind"][..], "kind"), (&["metadata", "name"], "metadata.name")] {
        if !written(path) {
            return Err(Refusal::new(
                document.span(),
                format!("a patch to merge needs a `{what}`, even with a target"),
            ));
        }
    }
    Rendered::written(document).ok_or_else(|| Refusal::new(document.span(), "a patch is written in a file"))
}
