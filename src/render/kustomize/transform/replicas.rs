//! The `replicas` of a kustomization: how many copies the objects of a name run.

use super::fieldspec::{Compiled, fits, put};
use super::{Configuration, Is, at, misfit, places, prepare};
use crate::render::kustomize::fields::{field, given, list, mapping, number, text_of};
use crate::render::kustomize::{Built, Object, Refusal};
use crate::source::Origin;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Kind, Value};

/// Sets the counts that the entries say; each has to find an object by a name it has or had.
pub fn replicas<'w>(objects: &mut [Object<'w>], entries: Value<'w>, config: &Configuration) -> Built<()> {
    list(entries)?.into_iter().try_for_each(|entry| replica(objects, entry, config))
}

/// Sets the count that one entry says.
pub fn replica<'w>(objects: &mut [Object<'w>], entry: Value<'w>, config: &Configuration) -> Built<()> {
    let specs = Compiled::all(&config.replicas);
    let entry = mapping(entry, &["name", "count"])?;
    let name = text_of(entry, "name")?;
    number(entry, "count")?;
    let mut found = false;
    for object in objects.iter_mut().filter(|object| has_name(object, name)) {
        for spec in &specs {
            if object.ids().any(|id| *id.name == *name && fits(spec.spec(), &id.group, &id.version, &id.kind)) {
                found = true;
                write(&mut object.tree, spec, entry)?;
            }
        }
    }
    if !found {
        let place = field(entry, "name").unwrap_or(entry).span();
        return Err(Refusal::new(place, format!("no object with a number of replicas is called `{name}`")));
    }
    Ok(())
}

fn has_name(object: &Object<'_>, name: &str) -> bool {
    object.name() == name || object.former.iter().any(|id| *id.name == *name)
}

fn write<'w>(tree: &mut Rendered<'w>, spec: &Compiled<'_>, entry: Value<'w>) -> Built<()> {
    let by = entry.span();
    let count = field(entry, "count");
    for spot in places(spec, tree.view(), true, by)? {
        if prepare(tree, &spot, by) {
            continue;
        }
        let there = at(tree.view(), &spot.steps).filter(|_| spot.is == Is::Value);
        if let Some(there) = there.filter(|there| there.raw().is_none()) {
            return Err(misfit(there, &spec.spec().path, "a number", by));
        }
        let number = count.and_then(Value::as_int).unwrap_or_default();
        if there.is_some_and(|there| there.as_int() == Some(number)) {
            continue;
        }
        // A text stays a text, as kustomize leaves its quotes where they are.
        let new = match (there.is_some_and(|there| there.kind() == Kind::Text), count) {
            (true, _) => Rendered::text(number.to_string(), count.map_or(Origin::Generated(by), Value::origin)),
            (false, Some(count)) => given(count),
            (false, None) => Rendered::plain("0", Origin::Generated(by)),
        };
        put(tree, &spot.steps, new, &Origin::Generated(by));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_go_to_objects_by_any_name_they_had() {
        for (object, entry, expected) in [
            ("kind: Deployment, spec: {replicas: 1}", "{name: a, count: 3}", json!({"replicas": 3})),
            ("kind: StatefulSet", "{name: p-a, count: 3}", json!({"replicas": 3})),
            ("kind: ReplicaSet, spec: null", "{name: a, count: 0}", json!({"replicas": 0})),
            ("kind: Deployment, spec: {replicas: '1'}", "{name: a, count: 3}", json!({"replicas": "3"})),
            ("kind: Deployment, spec: {replicas: 1}", "{name: a}", json!({"replicas": 0})),
        ] {
            let object = format!("{{apiVersion: apps/v1, metadata: {{name: a}}, {object}}}");
            let built = Bench::new(&object, &format!("[{entry}]")).json(|all, value, config| {
                all[0].remember();
                let name = Rendered::text("p-a", Origin::Generated(value.span()));
                all[0].set(&["metadata", "name"], name, &Origin::Generated(value.span()));
                replicas(all, value, config)
            });
            assert_eq!(built[0]["spec"], expected, "{object} {entry}");
        }
    }

    #[test]
    fn an_entry_that_finds_nothing_is_refused() {
        for (object, entry, expected) in [
            (
                "{kind: Deployment, metadata: {name: a}}",
                "{name: b, count: 3}",
                "no object with a number of replicas is called `b` at b",
            ),
            (
                "{kind: DaemonSet, metadata: {name: a}}",
                "{name: a, count: 3}",
                "no object with a number of replicas is called `a` at a",
            ),
            (
                "{kind: Deployment, metadata: {name: a}}",
                "{name: a, count: '3'}",
                "a whole number is expected here, not a text at '3'",
            ),
            (
                "{kind: Deployment, metadata: {name: a}, spec: {replicas: []}}",
                "{name: a, count: 3}",
                "`spec/replicas` should be a number here, and is a list at []",
            ),
        ] {
            let refused = Bench::new(object, &format!("[{entry}]")).json(replicas);
            assert_eq!(refused, json!(expected), "{object} {entry}");
        }
    }
}
