//! Name references: fields that name an object follow it when its name changes. To be run once, at the root,
//! when all names are final.

use super::at;
use super::fieldspec::{Compiled, Step, fits, put};
use super::scope::{effective, effective_namespace, is_without_namespace};
use super::specs::{Configuration, NameReference};
use crate::render::kustomize::fields::what;
use crate::render::kustomize::{Built, FieldSpec, Object, Refusal};
use crate::source::Origin;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Kind, Value};
use foldhash::{HashMap, HashMapExt, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// Mends every field that names an object by a name it had.
pub fn fix_references<'w>(objects: &mut [Object<'w>], config: &Configuration) -> Built<()> {
    let known = Known::of(objects);
    let mut fields = Fields::of(config);
    for index in 0..objects.len() {
        let (group, version) = objects[index].api();
        let first = objects[index].first_id();
        let of_kind = fields.of_kind(&first.kind);
        let mine: Vec<&Field<'_>> =
            of_kind.iter().filter(|field| fits(field.path.spec(), group, version, &first.kind)).collect();
        if mine.is_empty() {
            continue;
        }
        let accounts = account_namespaces(&objects[index]);
        for field in mine {
            let search = Search { objects, known: &known, referrer: index, field, accounts: &accounts };
            for (steps, value) in search.changes()? {
                let origin = value.view().origin();
                put(&mut objects[index].tree, &steps, value, &origin);
            }
        }
    }
    Ok(())
}

/// What is known of objects before they are searched.
struct Known {
    /// Objects by the names they had.
    names: HashMap<Arc<str>, Vec<usize>>,
    /// Namespaces that objects were in at first, with those they are in now.
    moves: HashMap<String, HashSet<String>>,
}

impl Known {
    fn of(objects: &[Object<'_>]) -> Known {
        let mut names: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        let mut moves: HashMap<String, HashSet<String>> = HashMap::new();
        for (index, object) in objects.iter().enumerate() {
            for id in &object.former {
                let known = names.entry(Arc::clone(&id.name)).or_default();
                if known.last() != Some(&index) {
                    known.push(index);
                }
            }
            let Some((first, now)) = first_namespace(object).zip(effective_namespace(object)) else { continue };
            match moves.get_mut(first) {
                Some(known) if known.contains(now) => {}
                Some(known) => drop(known.insert(now.to_owned())),
                None => drop(moves.insert(first.to_owned(), HashSet::from_iter([now.to_owned()]))),
            }
        }
        Known { names, moves }
    }
}

/// A field that names objects of a kind.
struct Field<'c> {
    names: &'c NameReference,
    path: Compiled<'c>,
}

/// All such fields. Few builds hold objects of more than some kinds, so only what those need is taken apart.
struct Fields<'c> {
    all: Vec<(&'c NameReference, &'c FieldSpec)>,
    of_kind: HashMap<Arc<str>, Rc<[Field<'c>]>>,
}

impl<'c> Fields<'c> {
    fn of(config: &'c Configuration) -> Fields<'c> {
        let all = config.name_reference.iter();
        let all = all.flat_map(|names| names.referrers.iter().map(move |spec| (names, spec))).collect();
        Fields { all, of_kind: HashMap::new() }
    }

    /// The fields of objects of one kind, whatever their group.
    fn of_kind(&mut self, kind: &Arc<str>) -> Rc<[Field<'c>]> {
        if let Some(known) = self.of_kind.get(kind) {
            return Rc::clone(known);
        }
        let own = self.all.iter().filter(|(_, spec)| spec.kind.as_deref().is_none_or(|wanted| *wanted == **kind));
        let own: Rc<[Field<'c>]> = own.map(|(names, spec)| Field { names, path: Compiled::new(spec) }).collect();
        self.of_kind.insert(Arc::clone(kind), Rc::clone(&own));
        own
    }
}

/// Namespaces of the accounts that a role binding names; it may reach into those.
fn account_namespaces(object: &Object<'_>) -> Vec<String> {
    if object.kind() != "RoleBinding" {
        return Vec::new();
    }
    let subjects = object.tree.view().get("subjects").into_iter().flat_map(Value::items);
    subjects
        .filter(|subject| subject.get("kind").and_then(Value::as_str) == Some("ServiceAccount"))
        .filter_map(|subject| subject.get("namespace")?.as_str().map(str::to_owned))
        .collect()
}

/// Values to be put somewhere.
type Changes<'w> = Vec<(Vec<Step>, Rendered<'w>)>;

/// The search for what the field of an object means.
struct Search<'s, 'w> {
    objects: &'s [Object<'w>],
    known: &'s Known,
    referrer: usize,
    field: &'s Field<'s>,
    accounts: &'s [String],
}

impl<'w> Search<'_, 'w> {
    fn changes(&self) -> Built<Changes<'w>> {
        let tree = self.objects[self.referrer].tree.view();
        let spec = self.field.path.spec();
        let places = self.field.path.places(tree, false).map_err(|blocked| {
            let message = format!(
                "`{}` is looked at for the name of {}, and {} stands in the way",
                spec.path,
                self.named(),
                what(blocked)
            );
            Refusal::new(blocked.span(), message)
        })?;
        let mut changes = Changes::new();
        for place in places {
            let Some(value) = at(tree, &place.steps).filter(|value| !value.is_null()) else { continue };
            self.change(value, &place.steps, &mut changes)?;
        }
        Ok(changes)
    }

    fn named(&self) -> &str {
        self.field.names.kind.as_deref().unwrap_or("an object")
    }

    fn change(&self, value: Value<'_>, steps: &[Step], changes: &mut Changes<'w>) -> Built<()> {
        match value.kind() {
            Kind::Mapping => self.change_mapping(value, steps, changes),
            Kind::Sequence => {
                for (index, item) in value.items().enumerate().filter(|(_, item)| !item.is_null()) {
                    if item.is_sequence() {
                        let message = format!("a name of {} is expected here, not a list", self.named());
                        return Err(Refusal::new(item.span(), message));
                    }
                    let mut steps = steps.to_vec();
                    steps.push(Step::Item(index));
                    self.change(item, &steps, changes)?;
                }
                Ok(())
            }
            _ => self.change_scalar(value, steps, changes),
        }
    }

    fn change_scalar(&self, value: Value<'_>, steps: &[Step], changes: &mut Changes<'w>) -> Built<()> {
        let old = value.raw().unwrap_or_default();
        if let Some(meant) = self.meant(old, value, None)?
            && meant.name() != old
        {
            changes.push((steps.to_vec(), copy(meant, "name")));
        }
        Ok(())
    }

    /// A mapping holds a name and maybe a namespace; both follow.
    fn change_mapping(&self, value: Value<'_>, steps: &[Step], changes: &mut Changes<'w>) -> Built<()> {
        let Some(name) = value.get("name") else {
            let message = format!("this should name {}, and has no `name`", self.named());
            return Err(Refusal::new(value.span(), message));
        };
        let old = name.raw().unwrap_or_default();
        let namespace = value.get("namespace");
        let Some(meant) = self.meant(old, name, Some(value))? else {
            return Ok(());
        };
        let below = |key: &str| {
            let mut steps = steps.to_vec();
            steps.push(Step::Key(key.into()));
            steps
        };
        if meant.name() != old {
            changes.push((below("name"), copy(meant, "name")));
        }
        if !meant.namespace().is_empty() && namespace.and_then(Value::as_str) != Some(meant.namespace()) {
            changes.push((below("namespace"), copy(meant, "namespace")));
        }
        Ok(())
    }

    /// The object that is meant by a name; `beside` is the mapping the name stands in, if it is one that
    /// has a namespace to follow too.
    fn meant(&self, name: &str, place: Value<'_>, beside: Option<Value<'_>>) -> Built<Option<&Object<'w>>> {
        let Some(known) = self.known.names.get(name) else { return Ok(None) };
        let mut found: Vec<&Object<'w>> =
            known.iter().map(|index| &self.objects[*index]).filter(|object| self.may_be(object)).collect();
        if let Some(namespace) = beside.and_then(|mapping| mapping.get("namespace")) {
            self.keep_in_namespace(&mut found, namespace.raw().unwrap_or_default());
        }
        if let [only] = found.as_slice() {
            return Ok(Some(only));
        }
        let referrer = &self.objects[self.referrer];
        for strict in [false, true] {
            let fits = |one: &[Arc<str>], other: &[Arc<str>]| {
                let open = !strict && (one.is_empty() || other.is_empty());
                open || same_ending(one, other)
            };
            found.retain(|object| {
                fits(&object.prefixes, &referrer.prefixes) && fits(&object.suffixes, &referrer.suffixes)
            });
            if found.len() < 2 {
                break;
            }
        }
        let Some((first, others)) = found.split_first() else { return Ok(None) };
        let alike = |other: &&Object<'w>| {
            other.name() == first.name() && (beside.is_none() || other.namespace() == first.namespace())
        };
        if others.iter().all(alike) {
            return Ok(Some(first));
        }
        let message = format!("`{name}` may mean any of {} objects, each with another name by now", found.len());
        let refusal = Refusal::new(place.span(), message);
        Err(found.iter().fold(refusal, |refusal, object| refusal.with(object.born, object.id().to_string())))
    }

    /// Of the objects that a mapping with a namespace may mean: those that were in it at first, where any
    /// object within reach was, else those that are in it now.
    fn keep_in_namespace(&self, found: &mut Vec<&Object<'w>>, namespace: &str) {
        let referrer = &self.objects[self.referrer];
        let own = effective_namespace(referrer);
        let was_there = self.known.moves.get(namespace).is_some_and(|now| match own {
            None => true,
            Some(own) => now.contains(own) || self.accounts.iter().any(|known| now.contains(known.as_str())),
        });
        found.retain(|object| match was_there {
            true => first_namespace(object) == Some(namespace),
            false => effective_namespace(object) == Some(namespace),
        });
    }

    /// Whether kind and namespace of an object are such that the field may mean it.
    fn may_be(&self, object: &Object<'_>) -> bool {
        let NameReference { group, version, kind, .. } = self.field.names;
        let of_kind = |group: &Option<String>, version: &Option<String>, kind: &Option<String>| {
            let (own_group, own_version) = object.api();
            let spec = |wanted: &Option<String>, have: &str| wanted.as_deref().is_none_or(|wanted| wanted == have);
            spec(group, own_group) && spec(version, own_version) && object.former.iter().any(|id| spec(kind, &id.kind))
        };
        of_kind(group, version, kind) && self.is_role_meant(object) && self.is_within_reach(object)
    }

    /// A role binding says by itself whether it means a Role or a ClusterRole.
    fn is_role_meant(&self, object: &Object<'_>) -> bool {
        if !self.field.path.spec().path.ends_with("roleRef/name") {
            return true;
        }
        let tree = self.objects[self.referrer].tree.view();
        let word = |key| tree.at(&["roleRef", key]).and_then(Value::raw);
        let (Some(group), Some(kind)) = (word("apiGroup"), word("kind")) else { return true };
        (group.is_empty() || group == object.group())
            && object.former.iter().any(|id| kind.is_empty() || *id.kind == *kind)
    }

    /// Of other namespaces, only accounts that a role binding names are within reach.
    fn is_within_reach(&self, object: &Object<'_>) -> bool {
        let referrer = &self.objects[self.referrer];
        is_without_namespace(referrer)
            || is_without_namespace(object)
            || effective_namespace(referrer) == effective_namespace(object)
            || (object.kind() == "ServiceAccount" && self.accounts.iter().any(|known| known == object.namespace()))
    }
}

/// The namespace an object was loaded with, none written being `default`; none for kinds without.
fn first_namespace<'a>(object: &'a Object<'_>) -> Option<&'a str> {
    let Some(first) = object.former.first() else { return effective_namespace(object) };
    let (group, version) = object.api();
    effective(group, version, &first.kind, &first.namespace)
}

/// Whether the shorter of two lists ends the longer one; an empty one ends only an empty one.
fn same_ending(one: &[Arc<str>], other: &[Arc<str>]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
}

/// The name or namespace of an object, as another field takes it over.
fn copy<'w>(object: &Object<'w>, key: &str) -> Rendered<'w> {
    let value = object.tree.view().at(&["metadata", key]);
    let origin = value.map_or(Origin::Generated(object.born), Value::origin);
    Rendered::text(value.and_then(Value::raw).unwrap_or_default(), Origin::Copied(Box::new(origin)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::super::{name_prefix, namespace};
    use super::*;
    use serde_json::{Value as Json, json};

    fn mended(objects: &str) -> Json {
        Bench::new(objects, "p-").json(|all, value, config| {
            name_prefix(all, value, config)?;
            fix_references(all, config)
        })
    }

    #[test]
    fn a_field_follows_the_object_it_names() {
        for (holder, path, expected) in [
            (
                "{apiVersion: v1, kind: Pod, spec: {volumes: [{configMap: {name: a}}]}}",
                "/spec/volumes/0/configMap/name",
                "p-a",
            ),
            (
                "{apiVersion: v1, kind: Pod, spec: {volumes: [{secret: {secretName: a}}]}}",
                "/spec/volumes/0/secret/secretName",
                "a",
            ),
            (
                "{apiVersion: x.org/v1, kind: Stack, spec: {volumes: [{configMap: {name: a}}]}}",
                "/spec/volumes/0/configMap/name",
                "a",
            ),
            (
                "{apiVersion: v1, kind: Pod, metadata: {namespace: x}, spec: {volumes: [{configMap: {name: a}}]}}",
                "/spec/volumes/0/configMap/name",
                "a",
            ),
            (
                "{apiVersion: v1, kind: Pod, metadata: {namespace: default}, spec: {volumes: [{configMap: {name: a}}]}}",
                "/spec/volumes/0/configMap/name",
                "p-a",
            ),
            (
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, rules: [{resourceNames: [b, a, null]}]}",
                "/rules/0/resourceNames/1",
                "p-a",
            ),
        ] {
            let objects = format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}}}\n---\n{holder}\n");
            assert_eq!(mended(&objects)[1].pointer(path), Some(&json!(expected)), "{holder}");
        }
    }

    #[test]
    fn a_mapping_takes_name_and_namespace_over() {
        for (subject, expected) in [
            ("{name: a}", json!({"name": "p-a", "namespace": "x"})),
            ("{name: a, namespace: x}", json!({"name": "p-a", "namespace": "x"})),
            ("{name: a, namespace: y}", json!({"name": "a", "namespace": "y"})),
            ("{name: b}", json!({"name": "p-b"})),
            ("{name: b, namespace: default}", json!({"name": "p-b", "namespace": "default"})),
            ("{name: b, namespace: ''}", json!({"name": "b", "namespace": ""})),
        ] {
            let objects = format!(
                "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: a, namespace: x}}}}\n---\n\
                 {{apiVersion: v1, kind: ServiceAccount, metadata: {{name: b}}}}\n---\n\
                 {{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, subjects: [{subject}]}}\n"
            );
            assert_eq!(mended(&objects)[2]["subjects"][0], expected, "{subject}");
        }
    }

    #[test]
    fn names_that_mean_several_objects_are_refused_unless_prefixes_tell() {
        let objects = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
                       {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
                       {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{configMap: {name: a}}]}}\n";
        let build = |inner: [&'static [usize]; 2]| {
            Bench::new(objects, "{t: t-, u: u-, o: o-}").json(move |all, value, config| {
                for (key, members) in ["t", "u"].into_iter().zip(inner) {
                    for index in members {
                        name_prefix(&mut all[*index..=*index], value.get(key).expect("a prefix"), config)?;
                    }
                }
                name_prefix(all, value.get("o").expect("a prefix"), config)?;
                fix_references(all, config)
            })
        };
        let name = |built: Json| built[2]["spec"]["volumes"][0]["configMap"]["name"].clone();
        assert_eq!(build([&[0], &[1]]), json!("`a` may mean any of 2 objects, each with another name by now at a"));
        assert_eq!(name(build([&[0, 2], &[1]])), json!("o-t-a"));
        assert_eq!(name(build([&[0], &[1, 2]])), json!("o-u-a"));
    }

    #[test]
    fn a_reference_is_a_copy_of_the_name() {
        let objects = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: old}}\n---\n\
                       {apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration,\
                        webhooks: [{clientConfig: {service: {name: web, namespace: old}}}]}\n";
        Bench::new(objects, "{prefix: p-, namespace: new}").run(
            |all, value, config| {
                namespace(all, value.get("namespace").expect("a namespace"), config)?;
                name_prefix(all, value.get("prefix").expect("a prefix"), config)?;
                fix_references(all, config)
            },
            |done, objects, show| {
                done.expect("mended");
                let webhooks = objects[1].tree.view().get("webhooks").expect("webhooks");
                let service = webhooks.items().next().and_then(|item| item.at(&["clientConfig", "service"]));
                let shown = |key| service.and_then(|service| service.get(key)).map(|value| show(&value.origin()));
                assert_eq!(shown("name"), Some(vec!["copy of p-".into(), "copy of web".into()]));
                assert_eq!(shown("namespace"), Some(vec!["copy of new".into()]));
            },
        );
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for (holder, expected) in [
            (
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, subjects: [{kind: User}]}",
                "this should name ServiceAccount, and has no `name` at {kind: User}",
            ),
            (
                "{apiVersion: v1, kind: Pod, spec: {volumes: text}}",
                "`spec/volumes/configMap/name` is looked at for the name of ConfigMap, and a text stands in the way at text",
            ),
        ] {
            assert_eq!(mended(holder), json!(expected));
        }
    }
}
