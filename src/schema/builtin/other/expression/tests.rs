use super::parse::parse;
use super::*;

#[test]
fn what_cel_can_read_is_read() {
    for text in [
        "self.replicas <= 5 && self.name.startsWith('a')",
        "!has(self.a) || self.a.?b[?0].orValue('x') == r'\\d'",
        "object.spec.containers.all(c, c.image.matches(\"^x/.*$\"))",
        "{'a': 1, ?'b': optional.none()}.size() > 0 ? [1, 2,] : [?optional.of(1)]",
        "Object{spec: Object.spec{replicas: 3}}",
        "google.protobuf.Timestamp{seconds: 1}",
        "cel.bind(x, self.a, x > 1u && 1.5e3 > .5)",
        "self.`a-b` == b'x' // a comment",
        "\"\"\"long\n'text'\"\"\" != '''a'''",
        "-1 < --x",
        "[1, 2].map(i, v, i + v)",
        "a ? b : c ? d : e",
    ] {
        assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
    }
}

#[test]
fn what_cel_cannot_read_is_told_with_its_place() {
    for (text, at) in [
        ("self.a <", 9),
        ("(a", 3),
        ("a b", 3),
        ("'x", 1),
        ("a && && b", 6),
        ("a ? b", 6),
        ("f(a,,b)", 5),
        ("a.1", 2),
        ("#", 1),
    ] {
        assert_eq!(parse(text).map_err(|fault| fault.at), Err(at), "{text}");
    }
}

#[test]
fn names_are_declared_before_they_are_used() {
    let names = ["limit"];
    for (text, scope, bad) in [
        ("object.x == oldObject.x", Scope::policy(false), false),
        ("params.x == 1", Scope::policy(false), true),
        ("params.x == 1", Scope::policy(true), false),
        ("variables.limit > 1", Scope::policy(false).with_variables(&names), false),
        ("variables.limits > 1", Scope::policy(false).with_variables(&names), true),
        ("variables.limit > 1", Scope::policy(false), true),
        ("object.a.exists(x, x.y == 1)", Scope::policy(false), false),
        ("object.a.exists(x, y.y == 1)", Scope::policy(false), true),
        ("authorizer.group('').check()", Scope::policy(false).without_authorizer(), true),
        ("type(object.x) == int", Scope::policy(false), false),
        ("hass(object.x)", Scope::policy(false), true),
        ("quantity(object.x).isLessThan(quantity('1'))", Scope::policy(false), false),
        ("request.userInfo.username == 'a'", Scope::policy(false), false),
        ("request.user == 'a'", Scope::policy(false), true),
        ("object.a.all(request, request.user == 'a')", Scope::policy(false), false),
    ] {
        let node = parse(text).expect("an expression");
        assert_eq!(names::undeclared(&node, &scope).is_some(), bad, "{text}");
    }
}

#[test]
fn types_are_told_where_they_are_sure() {
    for (text, expected) in [
        ("1 + 2", Some(Type::Int)),
        ("'a' + 'b'", Some(Type::Text)),
        ("a == b", Some(Type::Bool)),
        ("object.x", None),
        ("request.name", Some(Type::Text)),
        ("size(object.x)", Some(Type::Int)),
        ("true ? 1 : 'a'", None),
    ] {
        let node = parse(text).expect("an expression");
        assert_eq!(types::type_of(&node, &Scope::policy(false), &[]), expected, "{text}");
    }
    for (text, bad) in [
        ("1 == 'a'", true),
        ("1 < 2.5", false),
        ("object.x == 1", false),
        ("null == 1", false),
        ("1 + 'a' == 'b'", true),
    ] {
        let node = parse(text).expect("an expression");
        assert_eq!(types::mismatch(&node, &Scope::policy(false)).is_some(), bad, "{text}");
    }
}
