//! Patches as a kustomization has them, on small worlds.

use super::*;
use crate::render::files::Files;
use crate::render::kustomize::Refusal;
use crate::source::{Source, Sources};
use crate::yaml::rendered::to_json;
use crate::yaml::{Dialect, File, parse};
use elsa::sync::FrozenVec;
use serde_json::{Value as Json, json};

/// Files by path, one of which is `kustomization.yaml`; its objects are those of `r.yaml`.
struct World {
    sources: Sources,
    files: Vec<(String, File)>,
    embedded: FrozenVec<Box<File>>,
}

impl World {
    fn new(files: &[(&str, &str)]) -> World {
        let mut sources = Sources::new(vec![String::new()]);
        let parsed = files
            .iter()
            .map(|(path, text)| {
                let source = sources.add(Source::new(0, *path, *text));
                ((*path).to_owned(), parse(source, sources[source].shared_text()))
            })
            .collect();
        World { sources, files: parsed, embedded: FrozenVec::new() }
    }

    fn roots(&self, path: &str, dialect: Dialect) -> Vec<Value<'_>> {
        let file = self.files.iter().find(|(known, _)| known == path).map(|(_, file)| file).expect("a file");
        let roots = file.documents().iter().filter_map(|document| document.root);
        roots.map(|root| Value::new(file, root, dialect)).collect()
    }

    /// Reads and applies all patches, the way a build does.
    fn objects(&self) -> Built<(Vec<Object<'_>>, Vec<Applied>)> {
        let yaml = self.files.iter().map(|(path, file)| (path.as_str(), file));
        let files = Files::new(0, &self.sources, yaml, [], &self.embedded);
        let roots = self.roots("r.yaml", Dialect::Kustomize).into_iter();
        let mut objects: Vec<Object<'_>> =
            roots.map(|value| Object::new(Rendered::written(value).expect("written"), value.span())).collect();
        let mut applied = Vec::new();
        let kustomization = self.roots("kustomization.yaml", Dialect::Kubectl)[0];
        for (key, list) in [
            ("patchesStrategicMerge", List::StrategicMerge),
            ("patches", List::Patches),
            ("patchesJson6902", List::Json6902),
        ] {
            for entry in kustomization.get(key).into_iter().flat_map(Value::items) {
                for patch in read(entry, list, "", &files)? {
                    applied.push(apply(&patch, &mut objects, false, None)?);
                }
            }
        }
        Ok((objects, applied))
    }

    fn built(&self) -> Result<Vec<Json>, Refusal> {
        Ok(self.objects()?.0.iter().map(|object| to_json(object.tree.view())).collect())
    }
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n";

/// The pod spec of a Deployment after a patch of it, or what the refusal says.
fn pod(object: &str, patch: &str) -> Json {
    let indented = |text: &str| format!("{WEB}      {}\n", text.replace('\n', "\n      "));
    let (object, patch) = (indented(object), indented(patch));
    let world =
        World::new(&[("r.yaml", &object), ("p.yaml", &patch), ("kustomization.yaml", "patches: [{path: p.yaml}]\n")]);
    match world.built() {
        Ok(objects) => objects[0]["spec"]["template"]["spec"].clone(),
        Err(refusal) => json!(format!("refused at `{}`", world.sources.slice(refusal.span))),
    }
}

#[test]
fn built_in_kinds_merge_as_their_schema_says() {
    let two = "containers: [{name: a, image: x, args: [1]}, {name: b}]";
    for (object, patch, expected) in [
        (
            two,
            "containers: [{name: b, tty: true}, {name: c}]",
            json!({"containers": [{"name": "b", "tty": true}, {"name": "c"}, {"name": "a", "image": "x", "args": [1]}]}),
        ),
        (
            two,
            "containers: [{name: a, args: [2], image: null}]",
            json!({"containers": [{"name": "a", "args": [2]}, {"name": "b"}]}),
        ),
        (two, "containers: [{name: a, $patch: delete}]", json!({"containers": [{"name": "b"}]})),
        (two, "containers: [{name: b, $patch: delete}, {name: a, $patch: delete}]", json!({"containers": []})),
        (two, "containers: [{$patch: replace}, {name: z, tty: null}]", json!({"containers": [{"name": "z"}]})),
        (two, "containers: [{$patch: delete}, {name: z}]", json!({})),
        // An item is not replaced by its directive.
        (
            two,
            "containers: [{name: a, $patch: replace, image: y}]",
            json!({"containers": [{"name": "a", "image": "x", "args": [1]}, {"name": "b"}]}),
        ),
        // An item without its key takes the whole list with it.
        (two, "containers: [{image: y}]", json!({"containers": []})),
        (
            two,
            "$setElementOrder/containers: [{name: b}]",
            json!({"containers": [{"name": "a", "image": "x", "args": [1]}, {"name": "b"}],
                "$setElementOrder/containers": [{"name": "b"}]}),
        ),
        (two, "containers: x", json!("refused at `x`")),
        (two, "containers: [{name: a, image: {b: c}}]", json!("refused at `{b: c}`")),
        (
            "volumes: [{name: v, emptyDir: {}}]",
            "volumes: [{name: v, configMap: {name: c}}]",
            json!({"volumes": [{"name": "v", "emptyDir": {}, "configMap": {"name": "c"}}]}),
        ),
        (
            "tolerations: [{key: a}]",
            "tolerations: [{key: b, x: null}]",
            json!({"tolerations": [{"key": "b", "x": null}]}),
        ),
        (
            "securityContext: {a: 1, b: {c: 2}}",
            "securityContext: {$patch: replace, b: {d: null}}",
            json!({"securityContext": {"b": {}}}),
        ),
        ("securityContext: {a: 1}", "securityContext: {$patch: drop}", json!("refused at `drop`")),
        ("a: {b: ~, c: }", "d: {e: null, f: {$patch: delete}}", json!({"a": {"b": null}, "d": {}})),
        // Over a quoted text everything is a text.
        ("q: '5'", "q: 7", json!({"q": "7"})),
        ("q: 5", "q: '7'", json!({"q": "7"})),
        ("q: 5", "q: 7", json!({"q": 7})),
    ] {
        assert_eq!(pod(object, patch), expected, "{object} <- {patch}");
    }
}

#[test]
fn ports_are_told_apart_by_number_and_protocol() {
    let ports = |ports: &str| format!("containers: [{{name: a, ports: {ports}}}]");
    for (object, patch, expected) in [
        (
            "[{containerPort: 1, name: x}]",
            "[{containerPort: 1, hostPort: 2}]",
            json!([{"containerPort": 1, "name": "x", "hostPort": 2}]),
        ),
        (
            "[{containerPort: 1, protocol: UDP}, {containerPort: 1, protocol: TCP}]",
            "[{containerPort: 1, protocol: TCP, name: x}]",
            json!([{"containerPort": 1, "protocol": "UDP"}, {"containerPort": 1, "protocol": "TCP", "name": "x"}]),
        ),
        (
            "[{containerPort: 1}]",
            "[{containerPort: 2, protocol: TCP}]",
            json!([{"containerPort": 2, "protocol": "TCP"}, {"containerPort": 1}]),
        ),
        // Where one side lacks the protocol, what the patch says is lost.
        (
            "[{containerPort: 1, name: x}]",
            "[{containerPort: 1, protocol: TCP, hostPort: 2}]",
            json!([{"containerPort": 1, "name": "x"}]),
        ),
        (
            "[{containerPort: 1, protocol: TCP}]",
            "[{containerPort: 1, hostPort: 2}]",
            json!([{"containerPort": 1, "protocol": "TCP"}]),
        ),
        (
            "[{containerPort: 1, name: x}, {containerPort: 1, name: y}]",
            "[]",
            json!([{"containerPort": 1, "name": "y"}]),
        ),
    ] {
        assert_eq!(pod(&ports(object), &ports(patch))["containers"][0]["ports"], expected, "{object} <- {patch}");
    }
}

/// Objects after the patches of a kustomization, or the text that the refusal points at.
fn build(object: &str, kustomization: &str) -> Json {
    let world = World::new(&[("r.yaml", object), ("kustomization.yaml", kustomization)]);
    match world.built() {
        Ok(objects) => json!(objects),
        Err(refusal) => json!(format!("refused at `{}`", world.sources.slice(refusal.span))),
    }
}

const FOO: &str = "{apiVersion: x.y/v1, kind: Foo, metadata: {name: f, labels: {a: b}}, l: [1, 2], n: null, m: {k: 1}}";

#[test]
fn what_is_of_no_known_kind_has_lists_that_are_replaced() {
    let patch = "patches: [{target: {kind: Foo}, patch: '{kind: Foo, metadata: {name: x, finalizers: [q]}, l: [3], m: {z: 2}}'}]";
    let built = build(FOO, patch);
    assert_eq!((&built[0]["l"], &built[0]["m"]), (&json!([3]), &json!({"k": 1, "z": 2})));
    assert_eq!(built[0]["metadata"], json!({"name": "f", "labels": {"a": "b"}, "finalizers": ["q"]}));
}

#[test]
fn labels_of_a_targeted_patch_are_texts() {
    for (target, labels, expected) in [
        (", target: {kind: Foo}", "{a: null, c: 0x1F}", json!({"a": "null", "c": "0x1F"})),
        (", target: {kind: Foo}", "null", json!({"a": "b"})),
        (", target: {kind: Foo}", "{$patch: delete}", json!(null)),
        ("", "{a: null, c: 5}", json!({"c": 5})),
        ("", "null", json!(null)),
    ] {
        let patch = format!("{{apiVersion: x.y/v1, kind: Foo, metadata: {{name: f, labels: {labels}}}}}");
        let built = build(FOO, &format!("patches: [{{patch: '{patch}'{target}}}]"));
        assert_eq!(built[0]["metadata"]["labels"], expected, "{target} {labels}");
    }
}

#[test]
fn operations_change_one_place_each() {
    for (operation, pointer, expected) in [
        ("{op: add, path: /l/1, value: 9}", "/l", json!([1, 9, 2])),
        ("{op: add, path: /l/-, value: 9}", "/l", json!([1, 2, 9])),
        ("{op: add, path: /l/-1, value: 9}", "/l", json!([1, 2, 9])),
        ("{op: replace, path: /l/-1, value: 9}", "/l", json!([1, 9])),
        ("{op: remove, path: /l/0}", "/l", json!([2])),
        ("{op: remove, path: /n}", "/n", json!(null)),
        ("{op: replace, path: /new, value: yes}", "/new", json!(true)),
        ("{op: add, path: /m/a~1b~0c, value: x}", "/m", json!({"k": 1, "a/b~c": "x"})),
        ("{op: move, from: /m/k, path: /l/0}", "/l", json!([1, 1, 2])),
        ("{op: copy, from: /l, path: /m/l}", "/m", json!({"k": 1, "l": [1, 2]})),
        ("{op: copy, from: /none, path: /m/l}", "/m", json!({"k": 1, "l": null})),
        ("{op: test, path: /m, value: {k: 1.0}}", "/m", json!({"k": 1})),
        ("{op: test, path: /none, value: null}", "/m", json!({"k": 1})),
        ("{op: add, path: /metadata/annotations/x, value: on}", "/metadata/annotations", json!({"x": "true"})),
        ("{op: remove, path: /metadata/annotations}", "/metadata/annotations", json!(null)),
        ("{op: add, path: /metadata/annotations, value: {}}", "/metadata/annotations", json!(null)),
        ("{op: add, path: nothing/k, value: 2}", "/k", json!(2)),
    ] {
        let built = build(FOO, &format!("patches:\n- target: {{kind: Foo}}\n  patch: |\n    - {operation}\n"));
        assert_eq!(built[0].pointer(pointer).unwrap_or(&Json::Null), &expected, "{operation} {built}");
    }
}

#[test]
fn operations_are_refused_where_they_are_wrong() {
    for (operation, place) in [
        ("{op: add, path: /l/3, value: 9}", "/l/3"),
        ("{op: add, path: /l/x, value: 9}", "/l/x"),
        ("{op: add, path: /none/x, value: 9}", "/none/x"),
        ("{op: add, path: /n/x, value: 9}", "/n/x"),
        ("{op: add, path: /m/k/x, value: 9}", "/m/k/x"),
        ("{op: replace, path: /l/2, value: 9}", "/l/2"),
        ("{op: remove, path: /none}", "/none"),
        ("{op: remove, path: /metadata/annotations/x}", "/metadata/annotations/x"),
        ("{op: move, from: /none, path: /x}", "/none"),
        ("{op: test, path: /m/k, value: 7}", "7"),
        ("{op: put, path: /m}", "put"),
        ("{path: /m}", "{path: /m}"),
        ("{op: add, path: 5}", "5"),
        ("{op: remove, path: /metadata/name}", "{op: remove, path: /metadata/name}"),
        ("text", "text"),
    ] {
        let built = build(FOO, &format!("patches:\n- target: {{kind: Foo}}\n  patch: |\n    - {operation}\n"));
        assert_eq!(built, json!(format!("refused at `{place}`")), "{operation}");
    }
}

#[test]
fn entries_are_refused_where_they_are_wrong() {
    for (entry, place) in [
        ("{path: none.yaml}", "none.yaml"),
        ("{path: ../x.yaml}", "../x.yaml"),
        ("{path: 5}", "5"),
        ("{path: r.yaml, patch: x}", "patch"),
        ("{target: {kind: Foo}}", "{target: {kind: Foo}}"),
        ("{path: r.yaml, target: {apiVersion: v1}}", "apiVersion"),
        ("{path: r.yaml, target: {name: '('}}", "'('"),
        ("{path: r.yaml, target: {labelSelector: 'a in'}}", "'a in'"),
        ("{path: r.yaml, options: {allowNameChange: 1}}", "1"),
        ("{patch: '{kind: Foo, metadata: {name: g}, apiVersion: x.y/v1}'}", "g"),
        ("{patch: '{metadata: {name: f}}'}", "{metadata: {name: f}}"),
        ("{patch: '{op: add, path: /a}', target: {kind: Foo}}", "{op: add, path: /a}"),
        ("{patch: '[]', target: {kind: Foo}}", "'[]'"),
        // Flow YAML is no JSON.
        ("{patch: '[{op: remove, path: /l}]', target: {kind: Foo}}", "[{op: remove, path: /l}]"),
        ("{patch: '# nothing', target: {kind: Foo}}", "'# nothing'"),
        ("{patch: '[{\"op\": \"remove\", \"path\": \"/l\"}]'}", "{patch: '[{\"op\": \"remove\", \"path\": \"/l\"}]'}"),
    ] {
        let built = build(FOO, &format!("patches:\n- {entry}\n"));
        assert_eq!(built, json!(format!("refused at `{place}`")), "{entry}");
    }
}

#[test]
fn a_rename_is_remembered_and_a_target_may_match_nothing() {
    let world = World::new(&[
        ("r.yaml", FOO),
        (
            "kustomization.yaml",
            concat!(
                "patches:\n",
                "- {target: {name: f}, patch: '- {op: replace, path: /metadata/name, value: g}'}\n",
                "- {target: {name: f, kind: F.+}, patch: '- {op: add, path: /old, value: 1}'}\n",
                "- {patch: '{apiVersion: x.y/v1, kind: Foo, metadata: {name: f}, third: 1}'}\n",
                "- {target: {name: '[^fg]', kind: Foo}, patch: '- {op: add, path: /none, value: 1}'}\n",
                "- {target: {labelSelector: a=b, namespace: default}, options: {allowNameChange: true},",
                " patch: '{kind: Bar, metadata: {name: h}}'}\n",
            ),
        ),
    ]);
    let (objects, applied) = world.objects().expect("it builds");
    let matched: Vec<usize> = applied.iter().map(|applied| applied.matched).collect();
    assert_eq!(matched, [1, 1, 1, 0, 1]);
    assert_eq!(world.sources.slice(applied[3].span), "{name: '[^fg]', kind: Foo}");
    let former: Vec<&str> = objects[0].former.iter().map(|id| &*id.name).collect();
    assert_eq!((former, objects[0].name(), objects[0].kind()), (vec!["f", "g"], "h", "Foo"));
    let tree = to_json(objects[0].tree.view());
    assert_eq!((&tree["old"], &tree["third"], &tree["none"]), (&json!(1), &json!(1), &Json::Null));
}

#[test]
fn objects_are_deleted_by_identity_and_by_target() {
    let two = "{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: b, namespace: x}}\n";
    for (patches, left) in [
        (
            "patches: [{patch: '{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: default}, $patch: delete}'}]",
            vec!["b"],
        ),
        ("patches: [{target: {kind: Secret}, patch: '{kind: S, metadata: {name: s}, $patch: delete}'}]", vec![]),
        (
            "patchesStrategicMerge: ['{apiVersion: v1, kind: Secret, metadata: {name: b, namespace: x}, $patch: delete}']",
            vec!["a"],
        ),
        (
            "patchesJson6902: [{target: {kind: Secret, name: a}, patch: '- {op: add, path: /x, value: 1}'}]",
            vec!["a", "b"],
        ),
    ] {
        let built = build(two, patches);
        let names: Vec<&str> = built
            .as_array()
            .expect("objects")
            .iter()
            .filter_map(|object| object["metadata"]["name"].as_str())
            .collect();
        assert_eq!(names, left, "{patches}");
    }
}

#[test]
fn values_say_where_they_come_from() {
    let world = World::new(&[
        ("r.yaml", "{apiVersion: v1, kind: Foo, metadata: {name: f}, keep: {x: 1}, a: {b: old, c: gone}, q: '5'}\n"),
        ("p.yaml", "{apiVersion: v1, kind: Foo, metadata: {name: f}, a: {b: new, c: null, d: {e: 2}}, q: 7}\n"),
        (
            "kustomization.yaml",
            concat!(
                "patches:\n- path: p.yaml\n- target: {kind: Foo}\n  patch: |\n",
                "    - {op: remove, path: /a/d}\n    - {op: add, path: /a/new, value: z}\n",
                "    - {op: copy, from: /a/b, path: /copy}\n",
            ),
        ),
    ]);
    let (objects, _) = world.objects().expect("it builds");
    let tree = objects[0].tree.view();
    let slice = |span: Span| world.sources.slice(span);
    let b = tree.at(&["a", "b"]).expect("b");
    assert_eq!((slice(b.span()), b.origin().editable().is_some()), ("new", true));
    assert_eq!(b.past().map(|past| slice(past.value.view().span())), Some("old"));
    let a = tree.get("a").expect("a");
    let removed = |key: &str| a.removed(key).map(|removed| (slice(removed.by), slice(removed.was.value.view().span())));
    assert_eq!(removed("c"), Some(("null", "gone")));
    assert_eq!(removed("d"), Some(("{op: remove, path: /a/d}", "{e: 2}")));
    let new = a.get("new").expect("new");
    assert_eq!((slice(new.span()), new.key_span().map(slice)), ("z", Some("new")));
    assert_eq!(tree.get("copy").map(Value::origin), Some(Origin::Copied(Box::new(b.origin()))));
    let q = tree.get("q").expect("q");
    assert_eq!((q.as_str(), slice(q.span()), q.origin().editable().is_some()), (Some("7"), "7", true));
    assert!(tree.get("keep").is_some_and(|keep| keep.made().is_none()), "what is not touched is not opened");
    assert_eq!(slice(tree.at(&["metadata", "name"]).expect("a name").span()), "f");
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    /// Values without nulls and directives; small, so that keys meet.
    fn tree() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Json::from),
            (0..9i32).prop_map(Json::from),
            "[a-c]{1,2}".prop_map(Json::from)
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
                prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    fn object(spec: &Json) -> String {
        json!({"apiVersion": "x.y/v1", "kind": "Foo", "metadata": {"name": "f"}, "spec": spec}).to_string()
    }

    /// Part of a mapping, chosen by `choose`.
    fn part(value: &Json, choose: u32) -> Json {
        let Json::Object(map) = value else { return value.clone() };
        let chosen = map.iter().enumerate().filter(|(at, _)| choose >> (at % 32) & 1 == 1);
        chosen.map(|(_, (key, child))| (key.clone(), part(child, choose.rotate_right(3)))).collect()
    }

    proptest! {
        #[test]
        fn an_empty_patch_leaves_the_very_same_tree(spec in tree()) {
            let text = object(&spec);
            let world = World::new(&[("r.yaml", &text), ("kustomization.yaml",
                "patches: [{target: {kind: Foo}, patch: '{kind: Foo, metadata: {name: f}}'}]")]);
            let (objects, _) = world.objects().expect("it builds");
            let root = world.roots("r.yaml", Dialect::Kustomize)[0];
            prop_assert_eq!(objects[0].tree.view().identity(), root.identity());
        }

        #[test]
        fn a_patch_that_says_what_is_there_changes_no_value(spec in tree(), choose in any::<u32>()) {
            let (text, patch) = (object(&spec), object(&part(&spec, choose)));
            let world = World::new(&[("r.yaml", &text), ("p.yaml", &patch),
                ("kustomization.yaml", "patches: [{path: p.yaml}, {path: p.yaml}]")]);
            let built = world.built().expect("it builds");
            prop_assert_eq!(&built[0], &serde_json::from_str::<Json>(&text).expect("JSON"));
        }
    }
}
