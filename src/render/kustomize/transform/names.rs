//! `namePrefix` and `nameSuffix`: the names of objects, and the fields that configurations add.

use super::compose::Composer;
use super::fieldspec::{Compiled, fits, put};
use super::{Configuration, at, misfit, places, prepare};
use crate::render::kustomize::fields::text;
use crate::render::kustomize::{Built, FieldSpec, Object};
use crate::source::Origin;
use crate::yaml::Value;

/// Puts a prefix before names; nothing where it is empty.
pub fn name_prefix<'w>(objects: &mut [Object<'w>], setting: Value<'w>, config: &Configuration) -> Built<()> {
    affix(objects, setting, &config.name_prefix, End::Front)
}

/// Puts a suffix after names; nothing where it is empty.
pub fn name_suffix<'w>(objects: &mut [Object<'w>], setting: Value<'w>, config: &Configuration) -> Built<()> {
    affix(objects, setting, &config.name_suffix, End::Back)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Front,
    Back,
}

fn affix<'w>(objects: &mut [Object<'w>], setting: Value<'w>, specs: &[FieldSpec], end: End) -> Built<()> {
    let affix = text(setting)?;
    if affix.is_empty() {
        return Ok(());
    }
    let specs = Compiled::all(specs);
    for object in objects {
        // The kind it was loaded with counts, whatever a patch has made of it.
        let kind = object.first_id().kind;
        if keeps_its_name(object.group(), &kind) {
            continue;
        }
        for spec in &specs {
            let (group, version) = object.api();
            if !fits(spec.spec(), group, version, &kind) {
                continue;
            }
            if spec.spec().path == "metadata/name" {
                object.remember();
                match end {
                    End::Front => object.prefixes.push(affix.into()),
                    End::Back => object.suffixes.push(affix.into()),
                }
            }
            if spec.speaks_of(object) {
                write(object, spec, setting, end)?;
            }
        }
    }
    Ok(())
}

/// Names that others rely on by their text.
fn keeps_its_name(group: &str, kind: &str) -> bool {
    matches!(kind, "CustomResourceDefinition" | "Namespace")
        || (group == "apiregistration.k8s.io" && kind == "APIService")
}

fn write<'w>(object: &mut Object<'w>, spec: &Compiled<'_>, setting: Value<'w>, end: End) -> Built<()> {
    let by = setting.span();
    for spot in places(spec, object.tree.view(), true, by)? {
        if prepare(&mut object.tree, &spot, by) {
            continue;
        }
        let mut composer = Composer::default();
        let there = at(object.tree.view(), &spot.steps).filter(|there| !there.is_null());
        if end == End::Front {
            composer.push_value(setting);
        }
        if let Some(there) = there {
            if there.raw().is_none() {
                return Err(misfit(there, &spec.spec().path, "a text", by));
            }
            composer.push_value(there);
        }
        if end == End::Back {
            composer.push_value(setting);
        }
        put(&mut object.tree, &spot.steps, composer.finish(setting.origin()), &Origin::Generated(by));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;
    use serde_json::json;

    #[test]
    fn namespaces_definitions_and_api_services_keep_their_names() {
        for (object, expected) in [
            ("{apiVersion: v1, kind: Secret, metadata: {name: a}}", "dev-a"),
            ("{apiVersion: v1, kind: Secret, metadata: {name: 12}}", "dev-12"),
            ("{apiVersion: v1, kind: Namespace, metadata: {name: a}}", "a"),
            ("{apiVersion: x.org/v1, kind: Namespace, metadata: {name: a}}", "a"),
            ("{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: a}}", "a"),
            ("{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: a}}", "a"),
            ("{apiVersion: x.org/v1, kind: APIService, metadata: {name: a}}", "dev-a"),
        ] {
            let built = Bench::new(object, "dev-").json(name_prefix);
            assert_eq!(built[0]["metadata"]["name"], json!(expected), "{object}");
        }
    }

    #[test]
    fn a_name_is_composed_of_what_was_written() {
        let bench = Bench::new("{apiVersion: v1, kind: Secret, metadata: {name: 'base'}}", "\"-x\"");
        bench.run(
            |all, value, config| {
                name_suffix(all, value, config)?;
                name_prefix(all, value, config)
            },
            |done, objects, show| {
                done.expect("built");
                let name = objects[0].tree.view().at(&["metadata", "name"]).expect("a name");
                assert_eq!(name.as_str(), Some("-xbase-x"));
                assert_eq!(show(&name.origin()), ["-x", "base", "-x"]);
                let former: Vec<&str> = objects[0].former.iter().map(|id| id.name.as_ref()).collect();
                assert_eq!(former, ["base", "base-x"]);
                assert_eq!((objects[0].prefixes.len(), objects[0].suffixes.len()), (1, 1));
            },
        );
    }

    #[test]
    fn configured_fields_get_the_prefix_too() {
        let object = "{apiVersion: x.org/v1, kind: Stack, metadata: {name: a}, spec: {pool: b, list: [c]}}";
        let with = |path: &'static str| {
            Bench::new(object, "p-").json(move |all, value, config| {
                let mut config = config.clone();
                config.name_prefix.push(super::super::testing::spec(path));
                name_prefix(all, value, &config)
            })
        };
        assert_eq!(with("spec/pool")[0]["spec"]["pool"], json!("p-b"));
        assert_eq!(with("spec/list"), json!("`spec/list` should be a text here, and is a list at [c]"));
    }
}
