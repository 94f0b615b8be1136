//! ConfigMaps and Secrets that a kustomization makes out of literals, env files and files.

use super::fields::field;
use super::settings::Settings;
use super::{Built, Generated, Object, Refusal, load};
use crate::render::files::{Content, Files};
use crate::source::{Origin, SourceId, Span};
use crate::yaml::Value;
use crate::yaml::rendered::{Key, Map, Rendered};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use foldhash::{HashMap, HashMapExt};
use std::borrow::Cow;

/// What a generator does with an object of its name that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behavior {
    Create,
    Merge,
    Replace,
}

struct Pair<'w> {
    key: (String, Origin),
    content: Cow<'w, [u8]>,
    origin: Origin,
    /// The entry that brings it.
    entry: Span,
}

/// How far files may lie from the kustomization that names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restrict {
    /// In its folder or below, as `kustomize build` wants it.
    Root,
    /// Anywhere in the repo, as Flux has it.
    None,
}

/// Runs `configMapGenerator` and `secretGenerator` of one kustomization over what was accumulated.
pub fn generate<'w>(
    settings: &Settings<'w>,
    files: &Files<'w>,
    restrict: Restrict,
    objects: &mut Vec<Object<'w>>,
) -> Built<()> {
    let global = settings.field("generatorOptions");
    for (list, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        for entry in settings.list(list) {
            let (object, behavior) = one(settings.folder, entry, kind, global, files, restrict)?;
            absorb(object, behavior, entry, objects)?;
        }
    }
    Ok(())
}

/// One object of a generator that stands for itself, as a file of kind `ConfigMapGenerator` has it.
pub fn generate_one<'w>(
    folder: &str,
    entry: Value<'w>,
    kind: &'static str,
    files: &Files<'w>,
    restrict: Restrict,
    objects: &mut Vec<Object<'w>>,
) -> Built<()> {
    let (object, behavior) = one(folder, entry, kind, None, files, restrict)?;
    absorb(object, behavior, entry, objects)
}

fn one<'w>(
    folder: &str,
    entry: Value<'w>,
    kind: &'static str,
    global: Option<Value<'w>>,
    files: &Files<'w>,
    restrict: Restrict,
) -> Built<(Object<'w>, Behavior)> {
    let made = Origin::Generated(entry.span());
    let name = field(entry, "name").or_else(|| field(entry, "metadata").and_then(|metadata| field(metadata, "name")));
    let Some(name) = name.filter(|name| name.as_str().is_some_and(|name| !name.is_empty())) else {
        return Err(Refusal::new(entry.span(), format!("this generator makes a {kind} without a name")));
    };
    let pairs = pairs(folder, entry, files, restrict)?;
    let mut tree = Rendered::map(made.clone());
    let map = tree.map_mut().expect("internal: a mapping was just made");
    let mut put = |key: &str, value| map.set(Key::made(key, made.clone()), value);
    put("apiVersion", Rendered::text("v1", made.clone()));
    put("kind", Rendered::text(kind, made.clone()));
    put("metadata", metadata(entry, name, global, &made));
    if kind == "Secret" {
        let written = field(entry, "type").filter(|text| text.as_str().is_some_and(|text| !text.is_empty()));
        let default = || Rendered::text("Opaque", made.clone());
        put("type", written.and_then(Rendered::written).unwrap_or_else(default));
    }
    if kind == "Secret" {
        // Unlike a ConfigMap, a Secret without data has an empty mapping of them.
        map.map_under("data", &made);
    }
    data(map, &pairs, kind, &made)?;
    let options = [field(entry, "options"), global];
    let is_set = |name: &str| {
        options.iter().flatten().find_map(|options| field(*options, name).filter(|flag| flag.as_bool() == Some(true)))
    };
    if let Some(flag) = is_set("immutable") {
        let value = Rendered::written(flag).unwrap_or_else(|| Rendered::plain("true", made.clone()));
        map.set(Key::made("immutable", made.clone()), value);
    }
    let behavior = match field(entry, "behavior").and_then(Value::as_str) {
        Some("merge") => Behavior::Merge,
        Some("replace") => Behavior::Replace,
        _ => Behavior::Create,
    };
    let mut object = Object::new(tree, entry.span());
    object.generated = Some(Generated { needs_hash: is_set("disableNameSuffixHash").is_none() });
    Ok((object, behavior))
}

fn metadata<'w>(entry: Value<'w>, name: Value<'w>, global: Option<Value<'w>>, made: &Origin) -> Rendered<'w> {
    let own = field(entry, "metadata");
    let mut tree = Rendered::map(made.clone());
    let map = tree.map_mut().expect("internal: a mapping was just made");
    let text = |value: Value<'w>| Rendered::written(value).unwrap_or_else(|| Rendered::plain("null", made.clone()));
    map.set(Key::made("name", made.clone()), text(name));
    let namespace = field(entry, "namespace").or_else(|| own.and_then(|own| field(own, "namespace")));
    if let Some(namespace) = namespace.filter(|namespace| namespace.as_str().is_some_and(|text| !text.is_empty())) {
        map.set(Key::made("namespace", made.clone()), text(namespace));
    }
    let options = [global, field(entry, "options")];
    for key in ["labels", "annotations"] {
        for set in options.iter().flatten().filter_map(|options| field(*options, key)) {
            for (name, value) in set.entries() {
                if let Some(inner) = map.map_under(key, made) {
                    let at = value.key_span().map_or_else(|| made.clone(), Origin::Written);
                    inner.set(Key::made(name, at), text(value));
                }
            }
        }
    }
    tree
}

fn data<'w>(map: &mut Map<'w>, pairs: &[Pair<'w>], kind: &str, made: &Origin) -> Built<()> {
    let mut seen: HashMap<&str, &Pair<'w>> = HashMap::new();
    for pair in pairs {
        let key = &pair.key.0;
        if let Some(first) = seen.insert(key, pair) {
            let message = format!("this generator makes the key `{key}` twice");
            return Err(Refusal::new(pair.key.1.span(), message).with(first.key.1.span(), "the first one"));
        }
        let text = std::str::from_utf8(&pair.content).ok();
        let (field, value) = match text {
            Some(text) if kind == "ConfigMap" => {
                // The emitter of kustomize 5.5 writes such a text in a form that it cannot read back.
                if text.starts_with('\t') && text.contains('\n') {
                    let message = format!("the value of `{key}` starts with a tab, which kustomize cannot carry");
                    return Err(Refusal::new(pair.entry, message));
                }
                ("data", Rendered::text(text, pair.origin.clone()))
            }
            _ => {
                let field = if kind == "ConfigMap" { "binaryData" } else { "data" };
                (field, Rendered::text(encode(&pair.content), Origin::Decoded(pair.origin.span())))
            }
        };
        if let Some(inner) = map.map_under(field, made) {
            inner.set(Key::made(key.as_str(), pair.key.1.clone()), value);
        }
    }
    Ok(())
}

/// Base64; a long one in lines of seventy characters, as kustomize has it.
fn encode(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    if text.len() <= 70 {
        return text;
    }
    let mut lines = String::with_capacity(text.len() + text.len() / 70 + 1);
    for line in text.as_bytes().chunks(70) {
        lines.push_str(&String::from_utf8_lossy(line));
        lines.push('\n');
    }
    lines
}

fn pairs<'w>(folder: &str, entry: Value<'w>, files: &Files<'w>, restrict: Restrict) -> Built<Vec<Pair<'w>>> {
    let mut pairs = Vec::new();
    let env = field(entry, "env").filter(|env| env.as_str().is_some_and(|text| !text.is_empty()));
    for item in field(entry, "envs").into_iter().flat_map(Value::items).chain(env) {
        let path = item.as_str().unwrap_or_default();
        match read(folder, path, item, files, restrict)? {
            (Some(source), content) => env_file(source, &content, item, files, &mut pairs)?,
            (None, _) => return Err(Refusal::new(item.span(), format!("the env file `{path}` is not UTF-8"))),
        }
    }
    for item in field(entry, "literals").into_iter().flat_map(Value::items) {
        pairs.push(literal(item)?);
    }
    for item in field(entry, "files").into_iter().flat_map(Value::items) {
        pairs.push(file(folder, item, files, restrict)?);
    }
    Ok(pairs)
}

fn literal<'w>(item: Value<'w>) -> Built<Pair<'w>> {
    let text = item.as_str().unwrap_or_default();
    let Some((key, value)) = text.split_once('=').filter(|(key, _)| !key.is_empty()) else {
        return Err(Refusal::new(item.span(), "a literal is written `key=value`"));
    };
    let mut from = key.len() + 1;
    let mut inner = value;
    for quote in ['"', '\''] {
        if value.len() >= 2 && value.starts_with(quote) && value.ends_with(quote) {
            inner = &value[1..value.len() - 1];
            from += 1;
            break;
        }
    }
    Ok(Pair {
        key: (key.to_owned(), item.part(0..key.len() as u32)),
        content: Cow::Borrowed(inner.as_bytes()),
        origin: item.part(from as u32..(from + inner.len()) as u32),
        entry: item.span(),
    })
}

fn file<'w>(folder: &str, item: Value<'w>, files: &Files<'w>, restrict: Restrict) -> Built<Pair<'w>> {
    let text = item.as_str().unwrap_or_default();
    let (key, path, from) = match text.split_once('=') {
        None => {
            let name = text.rsplit('/').next().unwrap_or(text);
            (name, text, text.len() - name.len())
        }
        Some((key, path)) => (key, path, 0),
    };
    if key.is_empty() || path.is_empty() || path.contains('=') {
        return Err(Refusal::new(item.span(), "a file is written `path` or `key=path`"));
    }
    // What the web gives is not known here; a mark that nobody takes for a value stands for it.
    let (source, content) = match load::is_web(path) {
        true => (None, Cow::Owned(format!("{{{{ {path} }}}}").into_bytes())),
        false => read(folder, path, item, files, restrict)?,
    };
    let origin = match source {
        Some(source) => Origin::Written(Span { source, start: 0, end: content.len() as u32 }),
        None => Origin::Generated(item.span()),
    };
    Ok(Pair {
        key: (key.to_owned(), item.part(from as u32..(from + key.len()) as u32)),
        content,
        origin,
        entry: item.span(),
    })
}

fn env_file<'w>(
    source: SourceId,
    content: &[u8],
    item: Value<'w>,
    files: &Files<'w>,
    pairs: &mut Vec<Pair<'w>>,
) -> Built<()> {
    let text = files.sources()[source].text();
    let mut start = text.len() - content.len();
    for whole in text[start..].split_inclusive('\n') {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = if start == 0 { line.trim_start_matches('\u{feff}') } else { line };
        let offset = line.as_ptr().addr() - text.as_ptr().addr();
        let body = line.trim_start();
        let at = (offset + line.len() - body.len()) as u32;
        start += whole.len();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let (key, value) = body.split_once('=').unwrap_or((body, ""));
        if key.is_empty() {
            continue;
        }
        let end = at + body.len() as u32;
        let place = |start: u32, end: u32| Origin::Written(Span { source, start, end });
        pairs.push(Pair {
            key: (key.to_owned(), place(at, at + key.len() as u32)),
            content: Cow::Borrowed(value.as_bytes()),
            origin: place(end - value.len() as u32, end),
            entry: item.span(),
        });
    }
    Ok(())
}

/// Whether a file at `path` may be named by a kustomization in `folder`.
pub fn is_allowed(folder: &str, path: &str, restrict: Restrict) -> bool {
    restrict == Restrict::None
        || folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn read<'w>(
    folder: &str,
    path: &str,
    item: Value<'w>,
    files: &Files<'w>,
    restrict: Restrict,
) -> Built<(Option<SourceId>, Cow<'w, [u8]>)> {
    let refuse = |message: String| Err(Refusal::new(item.span(), message));
    let Some(full) = load::path_of(folder, path) else {
        return Err(load::outside(item.span(), path));
    };
    match files.content(&full) {
        Content::Text(source, text) if is_allowed(folder, &full, restrict) => {
            Ok((Some(source), Cow::Borrowed(text.as_bytes())))
        }
        Content::Binary(bytes) if is_allowed(folder, &full, restrict) => Ok((None, Cow::Borrowed(bytes))),
        Content::Text(..) | Content::Binary(_) => {
            refuse(format!("`{path}` lies outside the folder of its kustomization, where kustomize reads no files"))
        }
        Content::Folder => refuse(format!("`{path}` is a folder; a generator takes files")),
        Content::Missing => refuse(format!("there is no file `{path}`")),
        Content::Unread(why) => Err(load::unread(item.span(), path, why)),
    }
}

fn absorb<'w>(object: Object<'w>, behavior: Behavior, entry: Value<'w>, objects: &mut Vec<Object<'w>>) -> Built<()> {
    let id = object.id();
    let wanted = id.clone().effective();
    let is_same = |old: &Object<'w>| old.ids().any(|known| known.effective() == wanted);
    let mut same = objects.iter().enumerate().filter(|(_, old)| is_same(old)).map(|(at, _)| at);
    let (first, second) = (same.next(), same.next());
    match (first, second, behavior) {
        (None, _, Behavior::Create) => {
            objects.push(object);
            Ok(())
        }
        (None, ..) => {
            Err(Refusal::new(entry.span(), format!("there is no {id} here that this generator could change")))
        }
        (Some(at), None, Behavior::Merge | Behavior::Replace) => {
            objects[at] = merged(&objects[at], object, behavior);
            Ok(())
        }
        (Some(at), _, Behavior::Create) => {
            let message = format!("{id} is there already; `behavior` has to be merge or replace");
            Err(Refusal::new(entry.span(), message).with(objects[at].born, "it comes from here"))
        }
        (Some(at), Some(_), _) => {
            let message = format!("more than one object is {id}, so this generator cannot tell which to change");
            Err(Refusal::new(entry.span(), message).with(objects[at].born, "the first one"))
        }
    }
}

/// The new object with the name, labels, annotations and, when merging, the data of the old one.
fn merged<'w>(old: &Object<'w>, new: Object<'w>, behavior: Behavior) -> Object<'w> {
    let hashes = |object: &Object<'w>| object.generated.is_some_and(|generated| generated.needs_hash);
    let generated = Generated { needs_hash: hashes(old) && hashes(&new) };
    let mut fields: Vec<&[&str]> = vec![&["metadata", "labels"], &["metadata", "annotations"]];
    if behavior == Behavior::Merge {
        fields.extend([&["data"] as &[&str], &["binaryData"]]);
    }
    let made = Origin::Generated(new.born);
    let mut tree = new.tree.clone();
    if behavior == Behavior::Merge {
        without_empty_data(&mut tree, &old.tree);
    }
    for path in fields {
        if let Some(base) = old.tree.at(path) {
            let over = new.tree.at(path);
            put(&mut tree, path, over_base(base, over.as_ref()), &made);
        }
    }
    for path in [&["metadata", "name"] as &[&str], &["metadata", "namespace"]] {
        if let Some(base) = old.tree.at(path) {
            put(&mut tree, path, base, &made);
        }
    }
    Object { tree, generated: Some(generated), born: new.born, ..old.clone() }
}

/// Data of two objects that come to nothing are not written.
fn without_empty_data<'w>(tree: &mut Rendered<'w>, old: &Rendered<'w>) {
    let is_empty = |tree: &Rendered<'w>| tree.view().get("data").is_none_or(|data| data.is_empty());
    if is_empty(tree)
        && is_empty(old)
        && let Some(map) = tree.map_mut()
    {
        map.entries.retain(|entry| entry.key.text() != "data");
    }
}

fn over_base<'w>(base: Rendered<'w>, over: Option<&Rendered<'w>>) -> Rendered<'w> {
    let mut base = base;
    let mut over = over.cloned();
    let Some(entries) = over.as_mut().and_then(Rendered::map_mut) else { return base };
    if let Some(map) = base.map_mut() {
        for entry in &entries.entries {
            map.set(entry.key.clone(), entry.slot.value.clone());
        }
    }
    base
}

fn put<'w>(tree: &mut Rendered<'w>, path: &[&str], value: Rendered<'w>, made: &Origin) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut map = tree.map_mut();
    for key in parents {
        map = map.and_then(|map| map.map_under(key, made));
    }
    if let Some(map) = map {
        match map.get_mut(last) {
            Some(slot) => slot.value = value,
            None => map.set(Key::made(*last, made.clone()), value),
        }
    }
}
