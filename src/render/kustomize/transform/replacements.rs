//! The `replacements` of a kustomization: values that are copied from a field of one object to fields of
//! others.

use super::at;
use super::compose::Composer;
use super::field_path::{FieldPath, Lost, Target};
use super::fieldspec::{Step, put, shared_at, value_mut};
use super::selector::{ID_FIELDS, Selector};
use crate::render::kustomize::fields::{field, flag, list, mapping, number, text, text_of, what};
use crate::render::kustomize::{Built, Object, Refusal};
use crate::source::{Origin, Span};
use crate::yaml::rendered::{Rendered, Slot};
use crate::yaml::{Kind, Scalar, Style, Value, scalar};
use std::ops::Range;

/// Carries out the entries of `replacements`, in order. `load` gives what the file at a `path` holds.
pub fn replacements<'w>(
    objects: &mut [Object<'w>],
    entries: Value<'w>,
    load: &mut dyn FnMut(Value<'w>) -> Built<Value<'w>>,
) -> Built<()> {
    for entry in list(entries)? {
        let entry = mapping(entry, &["path", "source", "targets"])?;
        let Some(path) = field(entry, "path").filter(|path| path.as_str() != Some("")) else {
            replace(objects, entry, true)?;
            continue;
        };
        text(path)?;
        if field(entry, "source").is_some() || field(entry, "targets").is_some() {
            return Err(Refusal::new(
                entry.span(),
                "a replacement is either written here or in the file of `path`, not both",
            ));
        }
        let file = load(path)?;
        match file.kind() {
            Kind::Mapping => replace(objects, file, false)?,
            Kind::Sequence => file.items().try_for_each(|entry| replace(objects, entry, false))?,
            _ => {
                return Err(
                    Refusal::new(path.span(), "this file holds no replacements").with(file.span(), "it holds this")
                );
            }
        }
    }
    Ok(())
}

/// Carries one entry out. In a file of its own fields that nobody knows are let pass, which `strict` refuses.
fn replace<'w>(objects: &mut [Object<'w>], entry: Value<'w>, strict: bool) -> Built<()> {
    let source = field(entry, "source");
    let targets = field(entry, "targets").map_or(Ok(Vec::new()), list)?;
    let Some(source) = source.filter(|_| !targets.is_empty()) else {
        return Err(Refusal::new(entry.span(), "a replacement needs a source and at least one target"));
    };
    let targets: Vec<Wanted<'w>> =
        targets.into_iter().map(|target| Wanted::read(target, strict)).collect::<Built<_>>()?;
    let taken = Taken::from(objects, source, strict)?;
    for target in &targets {
        for object in objects.iter_mut().filter(|object| target.fits(object)) {
            target.write(object, &taken)?;
        }
    }
    Ok(())
}

fn fields<'a>(value: Value<'a>, known: &[&str], strict: bool) -> Built<Value<'a>> {
    if value.is_mapping() && !strict { Ok(value) } else { mapping(value, known) }
}

/// How a text is cut at a sign.
struct Cut<'w> {
    delimiter: &'w str,
    index: i64,
    create: bool,
}

impl<'w> Cut<'w> {
    fn read(holder: Value<'w>, strict: bool) -> Built<Cut<'w>> {
        let Some(options) = field(holder, "options") else { return Ok(Cut { delimiter: "", index: 0, create: false }) };
        let options = fields(options, &["delimiter", "index", "encoding", "create"], strict)?;
        // An encoding may be written, and changes nothing.
        text_of(options, "encoding")?;
        Ok(Cut {
            delimiter: text_of(options, "delimiter")?,
            index: number(options, "index")?.unwrap_or_default(),
            create: flag(options, "create")?,
        })
    }

    /// The ranges between the signs.
    fn pieces(&self, text: &str) -> Vec<Range<usize>> {
        let mut start = 0;
        let ranges = text.split(self.delimiter).map(|piece| {
            let range = start..start + piece.len();
            start = range.end + self.delimiter.len();
            range
        });
        ranges.collect()
    }
}

/// A value that was taken from its source.
struct Taken<'w> {
    value: Rendered<'w>,
    /// The piece that counts, of a text that was cut.
    piece: Option<Range<usize>>,
}

impl<'w> Taken<'w> {
    fn from(objects: &[Object<'w>], source: Value<'w>, strict: bool) -> Built<Taken<'w>> {
        let mut known = ID_FIELDS.to_vec();
        known.extend(["fieldPath", "options"]);
        let source = fields(source, &known, strict)?;
        let object = the_only(objects, &Selector::read(source)?, source.span())?;
        let place = field(source, "fieldPath").unwrap_or(source);
        let path = match text_of(source, "fieldPath")? {
            "" => "metadata.name",
            path => path,
        };
        let lost = |why: Lost| {
            let message = format!("no value can be read from `{path}` of {}: {why}", object.id());
            Refusal::new(place.span(), message).with(object.born, "the object")
        };
        let steps = FieldPath::of_source(path).and_then(|path| path.source(object.tree.view())).map_err(lost)?;
        let value = steps.and_then(|steps| shared_at(&object.tree, &steps));
        let empty = |value: &Rendered<'_>| value.view().is_null() || value.view().is_empty();
        let Some(value) = value.filter(|value| !empty(value)) else { return Err(lost("nothing is there".into())) };
        let cut = Cut::read(source, strict)?;
        if cut.delimiter.is_empty() {
            return Ok(Taken { value, piece: None });
        }
        let Some(text) = value.view().raw() else {
            return Err(lost(format!("{} cannot be cut", what(value.view()))));
        };
        let piece = usize::try_from(cut.index).ok().and_then(|index| cut.pieces(text).into_iter().nth(index));
        match piece {
            Some(piece) => Ok(Taken { piece: Some(piece), value }),
            None => Err(lost(format!("it has no piece {} between `{}`", cut.index, cut.delimiter))),
        }
    }

    fn text(&self) -> &str {
        let text = self.value.view().raw().unwrap_or_default();
        self.piece.clone().map_or(text, |piece| &text[piece])
    }

    fn origin(&self) -> Origin {
        Origin::Copied(Box::new(self.value.view().origin()))
    }

    /// Adds the text to another one.
    fn push(&self, composer: &mut Composer) {
        let view = self.value.view();
        composer.push_copy(view, self.piece.clone().unwrap_or(0..view.raw().map_or(0, str::len)));
    }

    /// The text alone, as a value.
    fn alone(&self) -> Rendered<'w> {
        match &self.piece {
            None => Rendered::text(self.text(), self.origin()),
            Some(_) => {
                let mut composer = Composer::default();
                self.push(&mut composer);
                composer.finish(self.origin())
            }
        }
    }
}

/// The one object a source means.
fn the_only<'o, 'w>(objects: &'o [Object<'w>], selector: &Selector<'_>, place: Span) -> Built<&'o Object<'w>> {
    let mut found = objects.iter().filter(|object| selector.fits_id(object));
    let Some(first) = found.next() else {
        return Err(Refusal::new(place, "this source fits no object"));
    };
    match found.next() {
        None => Ok(first),
        Some(second) => Err(Refusal::new(place, "this source fits more than one object")
            .with(first.born, first.id().to_string())
            .with(second.born, second.id().to_string())),
    }
}

/// A target, read.
struct Wanted<'w> {
    select: Selector<'w>,
    reject: Vec<Selector<'w>>,
    paths: Vec<(FieldPath, &'w str, Span)>,
    cut: Cut<'w>,
}

impl<'w> Wanted<'w> {
    fn read(target: Value<'w>, strict: bool) -> Built<Wanted<'w>> {
        let target = fields(target, &["select", "reject", "fieldPaths", "options"], strict)?;
        let Some(select) = field(target, "select") else {
            return Err(Refusal::new(target.span(), "a target has to say which objects it selects"));
        };
        let selector = |value| {
            let mut known = ID_FIELDS.to_vec();
            known.extend(["labelSelector", "annotationSelector"]);
            Selector::read(fields(value, &known, strict)?)
        };
        let reject = field(target, "reject").map_or(Ok(Vec::new()), list)?;
        let mut paths = Vec::new();
        for path in field(target, "fieldPaths").map_or(Ok(Vec::new()), list)? {
            let parsed = FieldPath::of_target(text(path)?).map_err(|why| Refusal::new(path.span(), why))?;
            paths.push((parsed, text(path)?, path.span()));
        }
        if paths.is_empty() {
            let name = FieldPath::of_target("metadata.name").expect("internal: a path of our own");
            paths.push((name, "metadata.name", target.span()));
        }
        Ok(Wanted {
            select: selector(select)?,
            reject: reject.into_iter().map(selector).collect::<Built<_>>()?,
            paths,
            cut: Cut::read(target, strict)?,
        })
    }

    fn fits(&self, object: &Object<'_>) -> bool {
        let rejects = |reject: &Selector<'_>| {
            (reject.has_id() && reject.fits_id(object)) || (reject.has_labels() && reject.fits_labels(object))
        };
        self.select.fits_id(object) && self.select.fits_labels(object) && !self.reject.iter().any(rejects)
    }

    fn write(&self, object: &mut Object<'w>, taken: &Taken<'w>) -> Built<()> {
        for (path, text, span) in &self.paths {
            let (born, id) = (object.born, object.id());
            let lost = |why: Lost| {
                let message = format!("no value can be put at `{text}` of {id}: {why}");
                Refusal::new(*span, message).with(born, "the object")
            };
            let targets = path.targets(object.tree.view(), self.cut.create).map_err(lost)?;
            for target in targets {
                self.put(&mut object.tree, target, taken, *span).map_err(lost)?;
            }
        }
        Ok(())
    }

    fn put(&self, tree: &mut Rendered<'w>, target: Target, taken: &Taken<'w>, by: Span) -> Result<(), Lost> {
        let origin = Origin::Generated(by);
        match target {
            Target::There(steps) => self.put_there(tree, &steps, taken, &origin)?,
            Target::Make(steps, rest) => {
                let made = rest.make(self.created(taken), &origin)?;
                put(tree, &steps, made, &origin);
            }
            Target::Add(steps, rest) => {
                let item = rest.make_item(self.created(taken), &origin)?;
                if let Some(list) = value_mut(tree, &steps).and_then(Rendered::list_mut) {
                    list.items.push(Slot::from(item));
                }
            }
        }
        Ok(())
    }

    fn put_there(
        &self,
        tree: &mut Rendered<'w>,
        steps: &[Step],
        taken: &Taken<'w>,
        origin: &Origin,
    ) -> Result<(), Lost> {
        let Some(there) = at(tree.view(), steps) else { return Ok(()) };
        let is_scalar = there.raw().is_some();
        if !is_scalar && !self.cut.delimiter.is_empty() {
            return Err(format!("{} cannot be cut", what(there)));
        }
        let new = match is_scalar {
            true => typed_as(there.kind(), self.composed(Some(there), taken))?,
            false => as_it_is(taken),
        };
        put(tree, steps, new, origin);
        Ok(())
    }

    /// What is put where nothing was: a text gets the type that it has when it is written without quotes.
    fn created(&self, taken: &Taken<'w>) -> Rendered<'w> {
        if taken.value.view().raw().is_none() {
            return taken.value.clone();
        }
        let text = if self.cut.delimiter.is_empty() { taken.alone() } else { self.composed(None, taken) };
        let view = text.view();
        match scalar::resolve(view.raw().unwrap_or_default(), Style::Plain, None, view.dialect()) {
            Scalar::Text(_) | Scalar::Null | Scalar::Invalid(_) => text,
            _ => Rendered::plain(view.raw().unwrap_or_default(), view.origin()),
        }
    }

    /// The text of the field with the value in its place.
    fn composed(&self, there: Option<Value<'_>>, taken: &Taken<'w>) -> Rendered<'w> {
        if self.cut.delimiter.is_empty() {
            return taken.alone();
        }
        let origin = there.map_or_else(|| taken.origin(), Value::origin);
        let old = there.and_then(Value::raw).unwrap_or_default();
        let kept = |composer: &mut Composer, range: Range<usize>| {
            if let Some(there) = there {
                composer.push_range(there, range);
            }
        };
        let pieces = self.cut.pieces(old);
        let sign = self.cut.delimiter;
        let mut composer = Composer::default();
        match usize::try_from(self.cut.index) {
            Err(_) => {
                taken.push(&mut composer);
                composer.push_made(sign, taken.origin().span());
                kept(&mut composer, 0..old.len());
            }
            Ok(index) => match pieces.get(index) {
                None => {
                    kept(&mut composer, 0..old.len());
                    composer.push_made(sign, taken.origin().span());
                    taken.push(&mut composer);
                }
                Some(piece) => {
                    kept(&mut composer, 0..piece.start);
                    taken.push(&mut composer);
                    kept(&mut composer, piece.end..old.len());
                }
            },
        }
        composer.finish(origin)
    }
}

/// The value with its type; a collection is shared with its source.
fn as_it_is<'w>(taken: &Taken<'w>) -> Rendered<'w> {
    match (taken.value.view().scalar(), &taken.piece) {
        (Some(scalar), None) => Rendered::scalar(&scalar, taken.origin()),
        (Some(_), Some(_)) => taken.alone(),
        (None, _) => taken.value.clone(),
    }
}

/// A text in the place of a scalar, which keeps its type: what was a number has to be one.
fn typed_as<'w>(kind: Kind, new: Rendered<'w>) -> Result<Rendered<'w>, Lost> {
    let view = new.view();
    let text = view.raw().unwrap_or_default();
    if kind == Kind::Text {
        return Ok(new);
    }
    let is = match scalar::resolve(text, Style::Plain, None, view.dialect()) {
        Scalar::Null => Kind::Null,
        Scalar::Bool(_) => Kind::Bool,
        Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_) => Kind::Number,
        Scalar::Text(_) | Scalar::Invalid(_) => Kind::Text,
    };
    if is != kind {
        let name = match kind {
            Kind::Null => "nothing",
            Kind::Bool => "a boolean",
            _ => "a number",
        };
        return Err(format!("{name} is there, and the new value is none"));
    }
    let text: Box<str> = if kind == Kind::Null { "null".into() } else { text.into() };
    Ok(Rendered::plain(text, view.origin()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;
    use crate::source::Origin;
    use serde_json::{Value as Json, json};

    const OBJECTS: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: from}, data: {image: 'reg/app:1.2', n: 5, q: '7', map: {x: 1}, empty: {}}}\n\
                           ---\n{apiVersion: x.org/v1, kind: Stack, metadata: {name: to}, spec: {a: old, n: 3, q: '3', b: true, path: x/y/z, none: null, list: [{name: one, v: a}, {name: two, v: b}]}}\n";

    fn run(entry: &str) -> Json {
        let entries = format!("[{entry}]");
        let built = Bench::new(OBJECTS, &entries)
            .json(|all, value, _| replacements(all, value, &mut |path| Err(Refusal::new(path.span(), "no file"))));
        match built {
            Json::Array(objects) => objects[1]["spec"].clone(),
            refused => refused,
        }
    }

    fn from_to(source: &str, target: &str) -> Json {
        run(&format!("{{source: {{kind: ConfigMap, {source}}}, targets: [{{select: {{kind: Stack}}, {target}}}]}}"))
    }

    #[test]
    fn a_scalar_keeps_its_type_and_anything_else_is_replaced_whole() {
        for (source, target, pointer, expected) in [
            ("fieldPath: data.image", "fieldPaths: [spec.a]", "/a", json!("reg/app:1.2")),
            ("fieldPath: data.n", "fieldPaths: [spec.a]", "/a", json!("5")),
            ("fieldPath: data.q", "fieldPaths: [spec.n]", "/n", json!(7)),
            ("fieldPath: data.n", "fieldPaths: [spec.list]", "/list", json!(5)),
            ("fieldPath: data.map", "fieldPaths: [spec.list]", "/list", json!({"x": 1})),
            ("fieldPath: data.map", "fieldPaths: [spec.a]", "/a", json!("")),
            ("fieldPath: data.q", "fieldPaths: [spec.new], options: {create: true}", "/new", json!(7)),
            ("name: from", "fieldPaths: ['spec.list.[name=two].v']", "/list/1/v", json!("from")),
            (
                "name: from",
                "fieldPaths: ['spec.list.[name=three].v'], options: {create: true}",
                "/list/2",
                json!({"name": "three", "v": "from"}),
            ),
        ] {
            assert_eq!(from_to(source, target).pointer(pointer), Some(&expected), "{source} {target}");
        }
    }

    #[test]
    fn a_delimiter_cuts_source_and_target() {
        for (options, expected) in [
            ("{delimiter: /, index: 1}", "x/1.2/z"),
            ("{delimiter: /, index: -1}", "1.2/x/y/z"),
            ("{delimiter: /, index: 7}", "x/y/z/1.2"),
            ("{delimiter: /}", "1.2/y/z"),
        ] {
            let source = "fieldPath: data.image, options: {delimiter: ':', index: 1}";
            let built = from_to(source, &format!("fieldPaths: [spec.path], options: {options}"));
            assert_eq!(built["path"], json!(expected), "{options}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for (entry, expected) in [
            ("{source: {kind: ConfigMap}}", "a replacement needs a source and at least one target"),
            ("{sourceValue: a, targets: []}", "unknown field `sourceValue`"),
            ("{source: {kind: None}, targets: [{select: {}}]}", "this source fits no object"),
            ("{source: {}, targets: [{select: {}}]}", "this source fits more than one object"),
            ("{source: {kind: ConfigMap}, targets: [{}]}", "a target has to say which objects it selects"),
            (
                "{source: {kind: ConfigMap, fieldPath: data.empty}, targets: [{select: {}}]}",
                "`data.empty` of ConfigMap `from`: nothing is there",
            ),
            (
                "{source: {kind: ConfigMap}, targets: [{select: {kind: Stack}, fieldPaths: [spec.no]}]}",
                "`spec.no` of Stack `to`: nothing is there",
            ),
            (
                "{source: {kind: ConfigMap}, targets: [{select: {kind: Stack}, fieldPaths: [spec.n]}]}",
                "a number is there, and the new value is none",
            ),
            ("{path: p.yaml}", "no file"),
            ("{path: p.yaml, source: {}}", "not both"),
        ] {
            let refused = run(entry);
            assert!(refused.as_str().is_some_and(|text| text.contains(expected)), "{entry}: {refused}");
        }
    }

    #[test]
    fn a_value_is_a_copy_of_where_it_was_taken() {
        let entries = "[{source: {kind: ConfigMap, fieldPath: data.image, options: {delimiter: ':', index: 1}}, targets: [\
                        {select: {kind: Stack}, fieldPaths: [spec.path], options: {delimiter: /, index: 1}},\
                        {select: {kind: Stack}, fieldPaths: [spec.a]}]},\
                        {source: {kind: ConfigMap}, targets: [{select: {kind: Stack}, fieldPaths: [spec.q]}]}]";
        Bench::new(OBJECTS, entries).run(
            |all, value, _| replacements(all, value, &mut |path| Err(Refusal::new(path.span(), "no file"))),
            |done, objects, show| {
                done.expect("replaced");
                let spec = objects[1].tree.view().get("spec").expect("a spec");
                let shown = |key| show(&spec.get(key).map_or(Origin::Generated(objects[1].born), Value::origin));
                assert_eq!(shown("path"), ["x/", "copy of 1.2", "/z"]);
                assert_eq!(shown("a"), ["copy of 1.2"]);
                assert_eq!(shown("q"), ["copy of from"]);
            },
        );
    }
}
