//! The deprecated `vars` of a kustomization: `$(NAME)` in the fields that configurations name stands for the value
//! of a field of an object.

use super::compose::Composer;
use super::field_path::FieldPath;
use super::fieldspec::{Compiled, Found, Place, Step, put, shared_at};
use super::is_cluster_scoped;
use super::specs::Configuration;
use crate::manifest::split_api_version;
use crate::render::kustomize::fields::{field, list, mapping, text_of, what};
use crate::render::kustomize::{Built, Id, Object, Refusal};
use crate::source::{Origin, Span};
use crate::yaml::rendered::Rendered;
use crate::yaml::{Kind, Scalar, Value};
use foldhash::{HashMap, HashMapExt};

/// A variable.
#[derive(Clone, Debug)]
pub struct Var<'w> {
    name: &'w str,
    /// The entry that defines it.
    entry: Value<'w>,
    path: &'w str,
    /// The object it reads from, where there is one: its birth, and its identity when the variable was read.
    object: Option<(Span, Id)>,
}

/// What a variable says of its object.
#[derive(Clone, Copy, Debug)]
struct Meant<'w> {
    group: &'w str,
    version: &'w str,
    kind: &'w str,
    name: &'w str,
    namespace: &'w str,
}

/// Reads the list of `vars` of a kustomization and adds it to those that are `known`. `objects` are those the
/// kustomization has at its end.
pub fn read_vars<'w>(known: &mut Vec<Var<'w>>, entries: Value<'w>, objects: &[Object<'w>]) -> Built<()> {
    for entry in list(entries)? {
        let var = Var::read(entry, objects)?;
        if let Some(twin) = known.iter().find(|other| other.name == var.name) {
            let message = format!("the variable `{}` is defined already", var.name);
            return Err(Refusal::new(entry.span(), message).with(twin.entry.span(), "here"));
        }
        known.push(var);
    }
    Ok(())
}

/// Takes over the variables of a kustomization that is taken in; no two may have one name.
pub fn merge_vars<'w>(known: &mut Vec<Var<'w>>, others: &[Var<'w>]) -> Built<()> {
    for var in others {
        if let Some(twin) = known.iter().find(|other| other.name == var.name) {
            let message = format!("the variable `{}` is defined twice", var.name);
            return Err(Refusal::new(var.entry.span(), message).with(twin.entry.span(), "here, too"));
        }
        known.push(var.clone());
    }
    Ok(())
}

/// Puts the values of `vars` where configurations say that variables are looked for. To be run at the root,
/// after the references.
pub fn resolve_vars<'w>(objects: &mut [Object<'w>], vars: &[Var<'w>], config: &Configuration) -> Built<()> {
    if vars.is_empty() {
        return Ok(());
    }
    let mut values = HashMap::new();
    for var in vars {
        values.insert(var.name, var.value(objects)?);
    }
    let specs = Compiled::all(&config.var_reference);
    for object in objects {
        for spec in specs.iter().filter(|spec| spec.speaks_of(object)).collect::<Vec<_>>() {
            for (steps, value) in changes(object, spec, &values)? {
                let origin = value.view().origin();
                put(&mut object.tree, &steps, value, &origin);
            }
        }
    }
    Ok(())
}

impl<'w> Var<'w> {
    fn read(entry: Value<'w>, objects: &[Object<'w>]) -> Built<Var<'w>> {
        let entry = mapping(entry, &["name", "objref", "fieldref"])?;
        let path = match field(entry, "fieldref") {
            Some(place) => text_of(mapping(place, &["fieldPath"])?, "fieldPath")?,
            None => "",
        };
        let mut object = Meant { group: "", version: "", kind: "", name: "", namespace: "" };
        if let Some(place) = field(entry, "objref") {
            let known = ["apiVersion", "group", "version", "kind", "name", "namespace"];
            let place = mapping(place, &known)?;
            (object.group, object.version) = match text_of(place, "apiVersion")? {
                "" => (text_of(place, "group")?, text_of(place, "version")?),
                api_version => split_api_version(api_version),
            };
            object.kind = text_of(place, "kind")?;
            object.name = text_of(place, "name")?;
            object.namespace = text_of(place, "namespace")?;
        }
        let name = text_of(entry, "name")?;
        let path = if path.is_empty() { "metadata.name" } else { path };
        let mut found = objects.iter().filter(|candidate| object.is(candidate));
        let first = found.next();
        if let (Some(first), Some(second)) = (first, found.next()) {
            let message = format!("the variable `{name}` may read from several objects");
            return Err(Refusal::new(entry.span(), message)
                .with(first.born, first.id().to_string())
                .with(second.born, second.id().to_string()));
        }
        Ok(Var { name, entry, path, object: first.map(|object| (object.born, object.id())) })
    }

    fn value(&self, objects: &[Object<'w>]) -> Built<Rendered<'w>> {
        let is_it = |object: &&Object<'w>| {
            let known = self.object.as_ref();
            known.is_some_and(|(born, id)| *born == object.born && object.ids().any(|other| other == *id))
        };
        let Some(object) = objects.iter().find(is_it) else {
            let message = format!("the variable `{}` reads from an object that is not there", self.name);
            return Err(Refusal::new(self.entry.span(), message));
        };
        let path = brackets_as_dots(self.path);
        let steps = FieldPath::of_source(&path).and_then(|path| path.source(object.tree.view()));
        match steps.ok().flatten().and_then(|steps| shared_at(&object.tree, &steps)) {
            Some(value) => Ok(value),
            None => {
                let message =
                    format!("the variable `{}` reads `{}`, which {} does not have", self.name, self.path, object.id());
                Err(Refusal::new(self.entry.span(), message).with(object.born, "the object"))
            }
        }
    }
}

impl Meant<'_> {
    /// Whether an object has or had this identity; no namespace means any.
    fn is(&self, object: &Object<'_>) -> bool {
        let (group, version) = object.api();
        let any_namespace = self.namespace.is_empty() || is_cluster_scoped(self.group, self.version, self.kind);
        let or_default =
            |namespace: &str| if namespace.is_empty() { "default".to_owned() } else { namespace.to_owned() };
        (self.group, self.version) == (group, version)
            && object.ids().any(|id| {
                *id.kind == *self.kind
                    && *id.name == *self.name
                    && (any_namespace || or_default(&id.namespace) == self.namespace)
            })
    }
}

/// Values to be put somewhere.
type Changes<'w> = Vec<(Vec<Step>, Rendered<'w>)>;

/// The values of variables, by name.
type Values<'w> = HashMap<&'w str, Rendered<'w>>;

fn changes<'w>(object: &Object<'w>, spec: &Compiled<'_>, values: &Values<'w>) -> Built<Changes<'w>> {
    let tree = object.tree.view();
    let places = spec.places(tree, false).map_err(|blocked| {
        let message =
            format!("`{}` is looked at for variables, and {} stands in the way", spec.spec().path, what(blocked));
        Refusal::new(blocked.span(), message)
    })?;
    let mut changes = Changes::new();
    for Place { steps, found } in places {
        let Found::Value(value) = found else { continue };
        let mut expand_at = |step: Option<Step>, value: Value<'_>| {
            if let Some(new) = expand(value, values) {
                changes.push((steps.iter().cloned().chain(step).collect(), new));
            }
        };
        match value.kind() {
            Kind::Mapping => {
                let texts = value.entries().filter(|(_, child)| child.kind() == Kind::Text);
                texts.for_each(|(key, child)| expand_at(Some(Step::Key(key.into())), child));
            }
            Kind::Sequence => {
                for (index, item) in value.items().enumerate() {
                    if item.kind() != Kind::Text {
                        let message = format!("variables are looked for in these texts, and one is {}", what(item));
                        return Err(Refusal::new(item.span(), message));
                    }
                    expand_at(Some(Step::Item(index)), item);
                }
            }
            Kind::Text => expand_at(None, value),
            _ => {}
        }
    }
    Ok(changes)
}

/// The text with its variables replaced; none where nothing changes. A text that is one variable and nothing
/// else takes over the type of its value.
fn expand<'w>(place: Value<'_>, values: &Values<'w>) -> Option<Rendered<'w>> {
    let text = place.raw().filter(|text| text.contains('$'))?;
    let mut composer = Composer::default();
    let mut kept = 0;
    let mut at = 0;
    let mut changed = false;
    while let Some(dollar) = text[at..].find('$').map(|found| found + at) {
        let rest = &text[dollar + 1..];
        // `$$` stands for a dollar, so that `$$(NAME)` is left as `$(NAME)`.
        if rest.starts_with('$') {
            composer.push_range(place, kept..dollar);
            (kept, at, changed) = (dollar + 1, dollar + 2, true);
            continue;
        }
        let name = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')).map(|(name, _)| name);
        let Some(name) = name else {
            at = dollar + 1;
            continue;
        };
        let end = dollar + name.len() + 3;
        at = end;
        let Some((value, scalar)) = values.get(name).and_then(|value| Some((value, primitive(value)?))) else {
            continue;
        };
        let origin = Origin::Copied(Box::new(value.view().origin()));
        let new = Rendered::scalar(&scalar, origin);
        if name.len() + 3 == text.len() {
            return Some(new);
        }
        composer.push_range(place, kept..dollar);
        composer.push_value(new.view());
        (kept, changed) = (end, true);
    }
    if !changed {
        return None;
    }
    composer.push_range(place, kept..text.len());
    Some(composer.finish(place.origin()))
}

/// The scalar that a value is; null and collections replace nothing.
fn primitive<'a>(value: &'a Rendered<'_>) -> Option<Scalar<'a>> {
    value.view().scalar().filter(|scalar| !matches!(scalar, Scalar::Null | Scalar::Invalid(_)))
}

/// `list[0].name` as `list.0.name`.
fn brackets_as_dots(path: &str) -> String {
    let mut dotted = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        match after.split_once(']') {
            Some((index, more)) if !before.is_empty() && index.parse::<usize>().is_ok() => {
                dotted.push_str(before);
                dotted.push('.');
                dotted.push_str(index);
                rest = more;
            }
            _ => break,
        }
    }
    dotted.push_str(rest);
    dotted
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;
    use serde_json::{Value as Json, json};

    const SOURCE: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: from}, data: {text: t, n: 5, b: true, map: {x: 1}, list: [{x: li}]}}";
    const VARS: &str = "[{name: T, objref: {kind: ConfigMap, name: from, apiVersion: v1}, fieldref: {fieldpath: data.text}},\
                        {name: NUM, objref: {kind: ConfigMap, name: from, version: v1}, fieldref: {fieldPath: data.n}},\
                        {name: BOOL, objref: {kind: ConfigMap, name: from, apiVersion: v1}, fieldref: {fieldpath: data.b}},\
                        {name: MAP, objref: {kind: ConfigMap, name: from, apiVersion: v1}, fieldref: {fieldpath: data.map}},\
                        {name: ITEM, objref: {kind: ConfigMap, name: from, apiVersion: v1}, fieldref: {fieldpath: 'data.list[0].x'}},\
                        {name: NAME, objref: {kind: ConfigMap, name: from, apiVersion: v1}}]";

    fn resolve<'w>(all: &mut [Object<'w>], value: Value<'w>, config: &Configuration) -> Built<()> {
        let mut vars = Vec::new();
        read_vars(&mut vars, value, all)?;
        resolve_vars(all, &vars, config)
    }

    fn run(label: &str) -> Json {
        let objects =
            format!("{SOURCE}\n---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p, labels: {{x: '{label}'}}}}}}\n");
        Bench::new(&objects, VARS).json(resolve)[1]["metadata"]["labels"]["x"].clone()
    }

    #[test]
    fn variables_stand_for_values_with_their_type() {
        for (text, expected) in [
            ("$(T)", json!("t")),
            ("$(NUM)", json!(5)),
            ("a$(NUM)", json!("a5")),
            ("$(BOOL)$(T)", json!("truet")),
            ("$(NAME)-$(ITEM)", json!("from-li")),
            ("$(MAP)", json!("$(MAP)")),
            ("$(NONE) $()", json!("$(NONE) $()")),
            ("$$(T) $$", json!("$(T) $")),
            ("$ $T $(T", json!("$ $T $(T")),
            ("$(T $(T)", json!("$(T $(T)")),
        ] {
            assert_eq!(run(text), expected, "{text}");
        }
    }

    #[test]
    fn only_texts_of_the_configured_fields_are_looked_at() {
        for (pod, expected) in [
            ("spec: {x: $(T)}", json!({"x": "$(T)"})),
            (
                "spec: {containers: [{args: [$(T), a], env: [{value: $(NUM)}, {value: null}, {}]}]}",
                json!({"containers": [{"args": ["t", "a"], "env": [{"value": 5}, {"value": null}, {}]}]}),
            ),
        ] {
            let objects = format!("{SOURCE}\n---\n{{apiVersion: v1, kind: Pod, {pod}}}\n");
            assert_eq!(Bench::new(&objects, VARS).json(resolve)[1]["spec"], expected, "{pod}");
        }
        let objects = format!("{SOURCE}\n---\n{{apiVersion: v1, kind: Pod, spec: {{containers: [{{args: [1]}}]}}}}\n");
        let refused = Bench::new(&objects, VARS).json(resolve);
        assert_eq!(refused, json!("variables are looked for in these texts, and one is a number at 1"));
    }

    #[test]
    fn what_has_no_value_is_refused() {
        let from = "objref: {kind: ConfigMap, name: from, apiVersion: v1}";
        for (vars, expected) in [
            (
                "[{name: A, objref: {kind: ConfigMap, name: other, apiVersion: v1}}]".to_owned(),
                "an object that is not there",
            ),
            ("[{name: A, objref: {kind: ConfigMap, name: from}}]".to_owned(), "an object that is not there"),
            (
                format!("[{{name: A, {from}, fieldref: {{fieldpath: data.no}}}}]"),
                "which ConfigMap `from` does not have",
            ),
            (format!("[{{name: A, {from}}}, {{name: A, {from}}}]"), "defined already"),
            (format!("[{{nam: A, {from}}}]"), "unknown field `nam`"),
        ] {
            let refused = Bench::new(SOURCE, &vars).json(resolve);
            assert!(refused.as_str().is_some_and(|text| text.contains(expected)), "{vars}: {refused}");
        }
        let twins = format!("{SOURCE}\n---\n{}\n", SOURCE.replace("name: from", "name: from, namespace: x"));
        let refused = Bench::new(&twins, VARS).json(resolve);
        assert!(refused.as_str().is_some_and(|text| text.contains("may read from several objects")), "{refused}");
    }

    #[test]
    fn an_expanded_text_is_composed_of_what_was_written_and_of_copies() {
        let objects =
            format!("{SOURCE}\n---\n{{apiVersion: v1, kind: Pod, metadata: {{labels: {{x: 'a-$(T)-z'}}}}}}\n");
        Bench::new(&objects, VARS).run(resolve, |done, objects, show| {
            done.expect("resolved");
            let label = objects[1].tree.view().at(&["metadata", "labels", "x"]).expect("a label");
            assert_eq!(show(&label.origin()), ["a-", "copy of t", "-z"]);
        });
    }
}
