//! The `namespace` of a kustomization: into every object that has one as far as kustomize knows, and into the
//! fields that name it.

use super::fieldspec::{Compiled, Step, put};
use super::scope::{effective_namespace, is_without_namespace};
use super::{Configuration, Is, at, misfit, places, prepare};
use crate::render::kustomize::fields::{given, text, what};
use crate::render::kustomize::{Built, FieldSpec, Object, Refusal};
use crate::source::{Origin, Span};
use crate::yaml::Value;
use crate::yaml::rendered::Rendered;
use foldhash::{HashMap, HashMapExt};

/// How far a namespace goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// What has a namespace keeps it.
    pub unset_only: bool,
    /// Which subjects of bindings move along.
    pub subjects: Subjects,
}

/// Which subjects of bindings a namespace goes into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subjects {
    /// The account `default`.
    #[default]
    DefaultOnly,
    /// All service accounts.
    AllAccounts,
    /// None.
    Nobody,
}

/// Puts all objects into the namespace that `setting` says; nothing where it is empty.
pub fn namespace<'w>(objects: &mut [Object<'w>], setting: Value<'w>, config: &Configuration) -> Built<()> {
    namespace_as_far_as(objects, setting, config, Reach::default())
}

/// The same as far as `reach` says.
pub fn namespace_as_far_as<'w>(
    objects: &mut [Object<'w>],
    setting: Value<'w>,
    config: &Configuration,
    reach: Reach,
) -> Built<()> {
    let wanted = text(setting)?;
    if wanted.is_empty() {
        return Ok(());
    }
    let own = FieldSpec { group: None, version: None, kind: None, path: "metadata/namespace".into(), create: true };
    let own = Compiled::new(&own);
    let specs: Vec<Compiled<'_>> =
        Compiled::all(&config.namespace).into_iter().filter(|spec| spec.spec().path != own.spec().path).collect();
    for object in objects.iter_mut() {
        object.remember();
        if !is_without_namespace(object) {
            write(&mut object.tree, &own, setting, reach)?;
        }
        let binds = matches!(object.kind(), "RoleBinding" | "ClusterRoleBinding");
        if binds {
            into_subjects(object, setting, reach)?;
        }
        for spec in &specs {
            if !spec.speaks_of(object) {
                continue;
            }
            let path = spec.spec().path.as_str();
            // Only what `v1` calls a Namespace is one.
            let renames_other = path == "metadata/name" && object.text(&["apiVersion"]) != "v1";
            let done_by_subjects = path == "subjects" && spec.spec().kind.is_some() && binds;
            if !renames_other && !done_by_subjects {
                write(&mut object.tree, spec, setting, reach)?;
            }
        }
    }
    refuse_twins(objects, setting.span())
}

fn write<'w>(tree: &mut Rendered<'w>, spec: &Compiled<'_>, setting: Value<'w>, reach: Reach) -> Built<()> {
    let by = setting.span();
    for spot in places(spec, tree.view(), true, by)? {
        if prepare(tree, &spot, by) {
            continue;
        }
        let there = at(tree.view(), &spot.steps);
        if spot.is == Is::Value
            && let Some(there) = there
        {
            if there.raw().is_none() {
                return Err(misfit(there, &spec.spec().path, "a text", by));
            }
            let is_kept = reach.unset_only && !there.is_null() && there.raw() != Some("");
            if is_kept || there.as_str() == setting.as_str() {
                continue;
            }
        }
        put(tree, &spot.steps, given(setting), &Origin::Generated(by));
    }
    Ok(())
}

/// Of the subjects of a binding only the account `default` moves along where nothing else is said; the others
/// follow as references.
fn into_subjects<'w>(object: &mut Object<'w>, setting: Value<'w>, reach: Reach) -> Built<()> {
    if reach.subjects == Subjects::Nobody {
        return Ok(());
    }
    let Some(subjects) = object.tree.view().get("subjects").filter(|subjects| !subjects.is_null()) else {
        return Ok(());
    };
    if !subjects.is_sequence() {
        return Err(misfit(subjects, "subjects", "a list", setting.span()));
    }
    let mut moved = Vec::new();
    for (index, subject) in subjects.items().enumerate().filter(|(_, subject)| !subject.is_null()) {
        if !subject.is_mapping() {
            return Err(misfit(subject, "subjects", "a list of mappings", setting.span()));
        }
        let namespace = subject.get("namespace");
        if let Some(namespace) = namespace.filter(|namespace| namespace.is_mapping() || namespace.is_sequence()) {
            let message = format!("the namespace of a subject should be a text, and is {}", what(namespace));
            return Err(Refusal::new(namespace.span(), message).with(setting.span(), "this is to be written there"));
        }
        let says = |key, word| subject.get(key).and_then(Value::raw) == Some(word);
        let is_meant = match reach.subjects {
            Subjects::AllAccounts => says("kind", "ServiceAccount"),
            _ => says("name", "default"),
        };
        let is_kept = reach.unset_only && namespace.and_then(Value::raw).is_some_and(|text| !text.is_empty());
        if is_meant && !is_kept && namespace.and_then(Value::as_str) != setting.as_str() {
            moved.push(index);
        }
    }
    for index in moved {
        let steps = [Step::Key("subjects".into()), Step::Item(index), Step::Key("namespace".into())];
        put(&mut object.tree, &steps, given(setting), &Origin::Generated(setting.span()));
    }
    Ok(())
}

/// Refuses objects that the new namespace has given the same identity.
fn refuse_twins(objects: &[Object<'_>], by: Span) -> Built<()> {
    let mut known: HashMap<_, &Object<'_>> = HashMap::with_capacity(objects.len());
    for object in objects {
        let key = (object.api(), object.kind(), effective_namespace(object), object.name());
        if let Some(twin) = known.insert(key, object) {
            let message = format!("this gives two objects the same identity, {}", object.id());
            return Err(Refusal::new(by, message).with(twin.born, "the first").with(object.born, "the second"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_decide_where_a_namespace_goes() {
        for (object, expected) in [
            (
                "{apiVersion: v1, kind: Secret, metadata: {name: a}}",
                json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "shop"}}),
            ),
            (
                "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: 12}}",
                json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "shop"}}),
            ),
            (
                "{apiVersion: v1, kind: Namespace, metadata: {name: a}}",
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
            ),
            (
                "{apiVersion: x.org/v1, kind: Namespace, metadata: {name: a}}",
                json!({"apiVersion": "x.org/v1", "kind": "Namespace", "metadata": {"name": "a", "namespace": "shop"}}),
            ),
            (
                "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: a}}",
                json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "a"},
                       "spec": {"service": {"namespace": "shop"}}}),
            ),
            (
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: a},\
                  subjects: [{name: default}, {name: other}]}",
                json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                       "metadata": {"name": "a"},
                       "subjects": [{"name": "default", "namespace": "shop"}, {"name": "other"}]}),
            ),
        ] {
            assert_eq!(Bench::new(object, "shop").json(namespace)[0], expected);
        }
    }

    #[test]
    fn two_objects_may_not_become_one() {
        let objects = "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: x}}\n---\n\
                       {apiVersion: v1, kind: Secret, metadata: {name: a, namespace: y}}\n";
        let refused = Bench::new(objects, "shop").json(namespace);
        assert_eq!(refused, json!("this gives two objects the same identity, Secret `shop/a` at shop"));
        let scalar = "{apiVersion: v1, kind: Secret, metadata: text}";
        let refused = Bench::new(scalar, "shop").json(namespace);
        assert_eq!(refused, json!("`metadata/namespace` leads through a text, which holds no fields at text"));
    }

    #[test]
    fn a_namespace_comes_from_its_setting_and_what_has_it_stays_untouched() {
        let objects = "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: x}}\n---\n\
                       {apiVersion: v1, kind: Secret, metadata: {name: b, namespace: shop}}\n";
        Bench::new(objects, "\"shop\"").run(namespace, |done, objects, show| {
            done.expect("no twins");
            let new = objects[0].tree.view().at(&["metadata", "namespace"]).expect("a namespace");
            assert_eq!(show(&new.origin()), ["\"shop\""]);
            assert_eq!(new.past().and_then(|past| past.value.view().raw()), Some("x"));
            assert!(objects[1].tree.view().made().is_none());
            assert_eq!(objects[1].former.len(), 1);
        });
    }
}
