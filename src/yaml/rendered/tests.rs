use super::*;
use crate::source::SourceId;
use crate::yaml::{Kind, Step, Visit, parse, walk};
use serde_json::json;

const TEXT: &str = "shared: &s {x: 1}\nspec:\n  list: [a, b]\n  copy: *s\n  <<: {merged: yes}\n";

fn with_root<T>(look: impl FnOnce(&str, Rendered<'_>) -> T) -> T {
    let file = parse(SourceId(0), TEXT.into());
    let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kustomize);
    look(TEXT, Rendered::written(root).expect("a written value"))
}

fn by(start: u32) -> Span {
    Span::new(SourceId(7), start..start + 1)
}

#[test]
fn a_change_leaves_what_is_shared_alone() {
    with_root(|_, base| {
        let mut overlay = base.clone();
        let spec = overlay.map_mut().and_then(|map| map.get_mut("spec")).expect("spec");
        let spec = spec.value.map_mut().expect("a mapping");
        spec.set(Key::made("copy", Origin::Generated(by(1))), Rendered::text("other", Origin::Written(by(2))));
        assert_eq!(to_json(base.view())["spec"]["copy"], json!({"x": 1}));
        assert_eq!(
            to_json(overlay.view()),
            json!({"shared": {"x": 1}, "spec": {"list": ["a", "b"], "copy": "other", "merged": "yes"}})
        );
        let shared = |tree: &Rendered<'_>| tree.at(&["spec", "list"]).expect("a list").view().identity();
        assert_eq!(shared(&base), shared(&overlay));
    });
}

#[test]
fn a_value_remembers_what_it_replaced_and_a_mapping_what_it_lost() {
    with_root(|text, mut tree| {
        let map = tree.map_mut().expect("a mapping");
        let spec = map.get_mut("spec").and_then(|slot| slot.value.map_mut()).expect("a mapping");
        spec.set(Key::made("list", Origin::Generated(by(1))), Rendered::plain("3", Origin::Written(by(2))));
        spec.remove("copy", by(3));
        let view = tree.view();
        let list = view.at(&["spec", "list"]).expect("list");
        assert_eq!((list.as_int(), list.span()), (Some(3), by(2)));
        let past = list.past().expect("a past");
        assert_eq!(&text[past.value.view().span().range()], "[a, b]");
        assert_eq!(view.at(&["spec", "copy"]).map(Value::kind), None);
        let removed = view.get("spec").and_then(|spec| spec.removed("copy")).expect("removed");
        assert_eq!((removed.by, &text[removed.was.value.view().span().range()]), (by(3), "{x: 1}"));
    });
}

#[test]
fn what_is_taken_away_and_set_again_has_a_past() {
    with_root(|_, mut tree| {
        let map = tree.map_mut().expect("a mapping");
        map.remove("shared", by(3));
        map.set(Key::made("shared", Origin::Generated(by(4))), Rendered::plain("1", Origin::Generated(by(4))));
        let shared = tree.view().get("shared").expect("shared");
        assert!(shared.past().is_some_and(|past| past.value.view().kind() == Kind::Mapping));
        assert!(tree.view().removed("shared").is_none());
    });
}

#[test]
fn pointers_and_walks_pass_through_made_and_written_parts() {
    with_root(|_, mut tree| {
        let map = tree.map_mut().expect("a mapping");
        let list = map.get_mut("spec").and_then(|spec| spec.value.map_mut()).expect("a mapping");
        let list = list.get_mut("list").and_then(|list| list.value.list_mut()).expect("a list");
        list.items.insert(0, Rendered::text("first", Origin::Written(by(0))).into());
        list.items.push(Rendered::plain("null", Origin::Written(by(1))).into());
        let view = tree.view();
        let items: Vec<Value<'_>> = view.at(&["spec", "list"]).expect("a list").items().collect();
        let pointers: Vec<Option<String>> = items.iter().map(|item| view.pointer_to(*item)).collect();
        assert_eq!(pointers, [0, 1, 2, 3].map(|at| Some(format!("/spec/list/{at}"))));
        let inner = view.at(&["shared", "x"]).expect("x");
        assert_eq!(view.pointer_to(inner).as_deref(), Some("/shared/x"));
        let mut seen = Vec::new();
        walk(view, &mut |steps, value| {
            if let (Some(text), Some(Step::Index(index))) = (value.raw(), steps.last()) {
                seen.push(format!("{index}={text}"));
            }
            Visit::Into
        });
        assert_eq!(seen, ["0=first", "1=a", "2=b", "3=null"]);
    });
}

#[test]
fn a_scalar_keeps_its_type() {
    let origin = || Origin::Written(by(0));
    for (scalar, expected) in [
        (Scalar::Null, json!(null)),
        (Scalar::Bool(true), json!(true)),
        (Scalar::Int(-3), json!(-3)),
        (Scalar::UInt(u64::MAX), json!(u64::MAX)),
        (Scalar::Float(1.5), json!(1.5)),
        (Scalar::Float(2.0), json!(2)),
        (Scalar::Float(1e300), json!(1e300)),
        (Scalar::Text("true".into()), json!("true")),
    ] {
        assert_eq!(to_json(Rendered::scalar(&scalar, origin()).view()), expected, "{scalar:?}");
    }
}
