//! `labels`, `commonLabels` and `commonAnnotations`: pairs that go into many fields of many objects.

use super::fieldspec::{Compiled, Step, value_mut};
use super::shared::{settle_one, share};
use super::specs::merge_specs;
use super::{Configuration, Is, at, misfit, places, prepare, put};
use crate::render::kustomize::fields::{field, field_specs, flag, given, list, mapping, text};
use crate::render::kustomize::{Built, FieldSpec, Object};
use crate::source::Origin;
use crate::yaml::Value;
use crate::yaml::rendered::{Key, Rendered};

/// The entries of `labels`, in order.
pub fn labels<'w>(objects: &mut [Object<'w>], entries: Value<'w>, config: &Configuration) -> Built<()> {
    for entry in list(entries)? {
        let entry = mapping(entry, &["pairs", "includeSelectors", "includeTemplates", "fields"])?;
        let mut specs = field(entry, "fields").map_or(Ok(Vec::new()), field_specs)?;
        let at = entry.span();
        if flag(entry, "includeSelectors")? {
            merge_specs(&mut specs, config.common_labels.clone(), at)?;
        } else {
            if flag(entry, "includeTemplates")? {
                merge_specs(&mut specs, config.template_labels.clone(), at)?;
            }
            let metadata = match config.labels.is_empty() {
                true => vec![metadata_labels()],
                false => config.labels.clone(),
            };
            merge_specs(&mut specs, metadata, at)?;
        }
        if let Some(pairs) = field(entry, "pairs") {
            add(objects, pairs, &specs)?;
        }
    }
    Ok(())
}

/// `commonLabels`: into selectors and templates too.
pub fn common_labels<'w>(objects: &mut [Object<'w>], pairs: Value<'w>, config: &Configuration) -> Built<()> {
    add(objects, pairs, &config.common_labels)
}

/// `commonAnnotations`: into templates too.
pub fn common_annotations<'w>(objects: &mut [Object<'w>], pairs: Value<'w>, config: &Configuration) -> Built<()> {
    add(objects, pairs, &config.annotations)
}

fn metadata_labels() -> FieldSpec {
    FieldSpec { group: None, version: None, kind: None, path: "metadata/labels".into(), create: true }
}

fn add<'w>(objects: &mut [Object<'w>], pairs: Value<'w>, specs: &[FieldSpec]) -> Built<()> {
    if pairs.is_null() {
        return Ok(());
    }
    let pairs = match pairs.is_mapping() {
        true => pairs,
        false => mapping(pairs, &[])?,
    };
    let known: Vec<(&str, Value<'w>)> = pairs.entries().collect();
    for (_, value) in &known {
        text(*value)?;
    }
    if known.is_empty() {
        return Ok(());
    }
    let specs = Compiled::all(specs);
    for object in objects {
        let mut added = vec![Vec::new(); known.len()];
        for spec in &specs {
            if spec.speaks_of(object) {
                add_at(&mut object.tree, spec, pairs, &known, &mut added)?;
            }
        }
        settle_one(object);
        added.into_iter().for_each(|fields| share(object, fields));
    }
    Ok(())
}

fn add_at<'w>(
    tree: &mut Rendered<'w>,
    spec: &Compiled<'_>,
    pairs: Value<'w>,
    known: &[(&str, Value<'w>)],
    added: &mut [Vec<Vec<Step>>],
) -> Built<()> {
    let by = pairs.key_or_span();
    let origin = Origin::Generated(by);
    for spot in places(spec, tree.view(), true, by)? {
        if prepare(tree, &spot, by) {
            continue;
        }
        if spot.is == Is::Missing {
            put(tree, &spot.steps, Rendered::map(origin.clone()), &origin);
        }
        let Some(there) = at(tree.view(), &spot.steps).filter(|there| !there.is_null()) else { continue };
        if !there.is_mapping() {
            return Err(misfit(there, &spec.spec().path, "a mapping", by));
        }
        let has = |(key, value): &&(&str, Value<'w>)| there.get(key).and_then(Value::as_str) == Some(written(*value));
        let new: Vec<(&str, Value<'w>)> = known.iter().filter(|pair| !has(pair)).copied().collect();
        if new.is_empty() {
            continue;
        }
        for ((key, _), fields) in known.iter().zip(added.iter_mut()) {
            if there.get(key).is_none() {
                fields.push(spot.steps.iter().cloned().chain([Step::Key((*key).into())]).collect());
            }
        }
        let Some(map) = value_mut(tree, &spot.steps).and_then(Rendered::map_mut) else { continue };
        for (key, value) in new {
            let origin = value.key_span().map_or(Origin::Generated(by), Origin::Written);
            let value = if value.is_null() { Rendered::text("", value.origin()) } else { given(value) };
            map.set(Key::made(key, origin), value);
        }
    }
    Ok(())
}

fn written(value: Value<'_>) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;
    use serde_json::json;

    const DEPLOYMENT: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}";

    #[test]
    fn an_entry_says_how_far_its_labels_go() {
        for (entry, expected) in [
            (
                "[{pairs: {team: db}}]",
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": {"team": "db"}}}),
            ),
            (
                "[{pairs: {team: db}, includeTemplates: true}]",
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": {"team": "db"}},
                       "spec": {"template": {"metadata": {"labels": {"team": "db"}}}}}),
            ),
            (
                "[{pairs: {team: db}, includeSelectors: true}]",
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": {"team": "db"}},
                       "spec": {"selector": {"matchLabels": {"team": "db"}},
                                "template": {"metadata": {"labels": {"team": "db"}}}}}),
            ),
            (
                "[{pairs: {team: db}, fields: [{path: 'spec/extra', kind: Deployment, create: true}, {path: spec/no}]}]",
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": {"team": "db"}},
                       "spec": {"extra": {"team": "db"}}}),
            ),
        ] {
            assert_eq!(Bench::new(DEPLOYMENT, entry).json(labels)[0], expected);
        }
    }

    #[test]
    fn selectors_of_jobs_and_policies_are_changed_but_not_made() {
        for (spec, expected) in [
            ("{}", json!({"template": {"metadata": {"labels": {"team": "db"}}}})),
            (
                "{selector: {matchLabels: {x: v}}}",
                json!({"selector": {"matchLabels": {"x": "v", "team": "db"}},
                       "template": {"metadata": {"labels": {"team": "db"}}}}),
            ),
            (
                "{selector: {matchLabels: null}}",
                json!({"selector": {"matchLabels": null}, "template": {"metadata": {"labels": {"team": "db"}}}}),
            ),
        ] {
            let object = format!("{{apiVersion: batch/v1, kind: Job, metadata: {{name: a}}, spec: {spec}}}");
            let built = Bench::new(&object, "{team: db}").json(common_labels);
            assert_eq!(built[0]["spec"], expected, "{spec}");
        }
    }

    #[test]
    fn what_is_no_mapping_is_refused_where_it_stands() {
        let service = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: text}}";
        let refused = Bench::new(service, "{team: db}").json(common_labels);
        assert_eq!(refused, json!("`spec/selector` should be a mapping here, and is a text at text"));
        let refused = Bench::new(service, "{team: y}").json(common_labels);
        assert_eq!(refused, json!("a text is expected here, not a boolean at y"));
    }

    #[test]
    fn pairs_come_from_their_line_and_mappings_from_the_setting() {
        let object = "{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {x: old, z: same}}}";
        Bench::new(object, "{x: new, z: same}").run(common_annotations, |done, objects, show| {
            done.expect("built");
            let view = objects[0].tree.view();
            let x = view.at(&["metadata", "annotations", "x"]).expect("x");
            assert_eq!(
                (show(&x.origin()), x.past().and_then(|past| past.value.view().raw())),
                (vec!["new".into()], Some("old"))
            );
            assert!(view.at(&["metadata", "annotations", "z"]).expect("z").past().is_none());
        });
        Bench::new(DEPLOYMENT, "{x: new}").run(common_annotations, |done, objects, show| {
            done.expect("built");
            let made = objects[0].tree.view().at(&["spec", "template"]).expect("a template");
            assert_eq!(show(&made.origin()), ["by {x: new}"]);
        });
    }
}
