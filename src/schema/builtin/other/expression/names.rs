//! The names that an expression uses: its roots, its variables, and the fields of what has a schema.

use super::Scope;
use super::parse::Node;
use crate::config::closest;
use crate::yaml::Value;

/// A name that nothing declares.
pub(super) struct Undeclared {
    /// What follows the name of the field: ``uses `x`, which nothing declares``.
    pub(super) fact: String,
    /// What to do.
    pub(super) help: String,
}

/// Types and libraries, which stand where a value could.
const KNOWN: &[&str] = &[
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "dyn",
    "google",
    "optional",
    "optional_type",
    "math",
    "sets",
    "lists",
    "strings",
    "regex",
    "base64",
    "cel",
    "ip",
    "cidr",
    "net",
    "url",
    "quantity",
    "semver",
    "format",
    "kubernetes",
    "Object",
    "JSONPatch",
    "authorizer",
];

/// What can be called without a value before it (Kubernetes 1.36).
const FUNCTIONS: &[&str] = &[
    "has",
    "size",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "bool",
    "duration",
    "timestamp",
    "type",
    "dyn",
    "matches",
    "quantity",
    "isQuantity",
    "url",
    "isURL",
    "ip",
    "isIP",
    "cidr",
    "isCIDR",
    "semver",
    "isSemver",
];

/// The fields of `request`.
const REQUEST: &[&str] = &[
    "uid",
    "kind",
    "resource",
    "subResource",
    "requestKind",
    "requestResource",
    "requestSubResource",
    "name",
    "namespace",
    "operation",
    "userInfo",
    "dryRun",
    "options",
];

/// Names that a macro binds, with the schema of what they stand for.
pub(super) type Locals<'n, 's> = Vec<(&'n str, Option<Value<'s>>)>;

/// The first name that is not declared, if there is one.
pub(super) fn undeclared(node: &Node, scope: &Scope<'_>) -> Option<Undeclared> {
    walk(node, scope, &mut Vec::new())
}

fn walk<'n, 's>(node: &'n Node, scope: &Scope<'s>, locals: &mut Locals<'n, 's>) -> Option<Undeclared> {
    match node {
        Node::Literal(_) => None,
        Node::Name(name) => root(name, scope, locals),
        Node::Select(of, name) => walk(of, scope, locals).or_else(|| member(of, name, scope, locals)),
        Node::Index(of, index) => walk(of, scope, locals).or_else(|| walk(index, scope, locals)),
        Node::Unary(_, of) => walk(of, scope, locals),
        Node::Binary(_, a, b) => walk(a, scope, locals).or_else(|| walk(b, scope, locals)),
        Node::Choice(a, b, c) => [a, b, c].into_iter().find_map(|part| walk(part, scope, locals)),
        Node::List(parts) | Node::Map(parts) => parts.iter().find_map(|part| walk(part, scope, locals)),
        // Keys are names of fields.
        Node::Object(parts) => parts.iter().skip(1).step_by(2).find_map(|part| walk(part, scope, locals)),
        Node::Call(target, function, arguments) => {
            let of_target = match target {
                Some(target) => walk(target, scope, locals),
                None => unknown_function(function),
            };
            if of_target.is_some() {
                return of_target;
            }
            let bound = bound(target.as_deref(), function, arguments);
            let known = locals.len();
            let item = target
                .as_deref()
                .and_then(|target| schema_of(target, scope, locals))
                .and_then(|list| list.get("items"));
            for argument in &arguments[..bound] {
                if let Node::Name(name) = argument {
                    locals.push((name, item.filter(|_| bound == 1)));
                }
            }
            let found = arguments[bound..].iter().find_map(|argument| walk(argument, scope, locals));
            locals.truncate(known);
            found
        }
    }
}

/// How many of the arguments name what a macro binds.
pub(super) fn bound(target: Option<&Node>, function: &str, arguments: &[Node]) -> usize {
    if target.is_none() {
        return 0;
    }
    let names = arguments.iter().take_while(|argument| matches!(argument, Node::Name(_))).count();
    let most = match function {
        "all" | "exists" | "exists_one" | "existsOne" if arguments.len() >= 3 => 2,
        "transformList" | "transformMap" | "transformMapEntry" => 2,
        "all" | "exists" | "exists_one" | "existsOne" | "map" | "filter" | "sortBy" | "optMap" | "optFlatMap"
        | "bind" => 1,
        _ => 0,
    };
    if arguments.len() < 2 { 0 } else { names.min(most) }
}

fn unknown_function(name: &str) -> Option<Undeclared> {
    (!FUNCTIONS.contains(&name)).then(|| Undeclared {
        fact: format!("calls `{name}`, which does not exist"),
        help: match closest(name, FUNCTIONS.iter().copied()) {
            Some(near) => format!("write `{near}`"),
            None => "use the functions that Kubernetes has for CEL".to_owned(),
        },
    })
}

fn root(name: &str, scope: &Scope<'_>, locals: &Locals<'_, '_>) -> Option<Undeclared> {
    let declared = scope.roots.contains(&name)
        || locals.iter().any(|(local, _)| *local == name)
        || name == "variables" && scope.variables.is_some()
        || KNOWN.contains(&name) && name != "authorizer";
    if declared {
        return None;
    }
    let help = match (name, closest(name, scope.roots.iter().copied())) {
        ("params", _) => "write `paramKind`, or do without".to_owned(),
        (_, Some(near)) => format!("write `{near}`"),
        _ => {
            let roots: Vec<String> = scope.roots.iter().map(|root| format!("`{root}`")).collect();
            format!("start from one of {}", roots.join(", "))
        }
    };
    Some(Undeclared { fact: format!("uses `{name}`, which nothing declares"), help })
}

fn member(of: &Node, name: &str, scope: &Scope<'_>, locals: &Locals<'_, '_>) -> Option<Undeclared> {
    if let (Node::Name(root), Some(variables)) = (of, scope.variables)
        && root == "variables"
    {
        // Names that hold a placeholder are not known.
        let open = variables.iter().any(|variable| crate::yaml::has_placeholder(variable));
        return (!open && !variables.contains(&name)).then(|| Undeclared {
            fact: format!("uses the variable `{name}`, which is not declared before"),
            help: match closest(name, variables.iter().copied()) {
                Some(near) => format!("write `variables.{near}`"),
                None => "declare it under `variables`".to_owned(),
            },
        });
    }
    if matches!(of, Node::Name(root) if root == "request" && scope.roots.contains(&"request")) {
        let local = locals.iter().any(|(local, _)| *local == "request");
        return (!local && !REQUEST.contains(&name)).then(|| Undeclared {
            fact: format!("uses the field `{name}`, which a request does not have"),
            help: match closest(name, REQUEST.iter().copied()) {
                Some(near) => format!("write `request.{near}`"),
                None => "use `object`, or a field that a request has".to_owned(),
            },
        });
    }
    let schema = schema_of(of, scope, locals)?;
    // What every object has, whatever its schema says.
    let of_object =
        |node: &Node| scope.whole && matches!(node, Node::Name(root) if root == "self" || root == "oldSelf");
    let given = match of {
        Node::Select(object, field) if field == "metadata" => of_object(object),
        _ => of_object(of) && matches!(name, "apiVersion" | "kind" | "metadata"),
    };
    if name.contains("__") || given {
        return None;
    }
    let set = |key: &str| schema.get(key).is_some_and(|value| value.as_bool() != Some(false));
    let open = set("additionalProperties")
        || set("x-kubernetes-preserve-unknown-fields")
        || set("x-kubernetes-embedded-resource")
        || set("x-kubernetes-int-or-string");
    let properties = schema.get("properties").filter(|properties| properties.is_mapping())?;
    if open || schema.get("type").and_then(Value::known) != Some("object") || properties.get(name).is_some() {
        return None;
    }
    Some(Undeclared {
        fact: format!("uses the field `{name}`, which the schema does not have"),
        help: match closest(name, properties.entries().map(|(key, _)| key)) {
            Some(near) => format!("write `{near}`"),
            None => "declare the field, or use one that is there".to_owned(),
        },
    })
}

/// The schema of what an expression gives, where it is a field of `self` or of what a macro binds.
pub(super) fn schema_of<'s>(node: &Node, scope: &Scope<'s>, locals: &[(&str, Option<Value<'s>>)]) -> Option<Value<'s>> {
    match node {
        Node::Name(name) => match locals.iter().rev().find(|(local, _)| local == name) {
            Some((_, schema)) => *schema,
            None => scope.of.filter(|_| name == "self" || name == "oldSelf"),
        },
        Node::Select(of, name) => schema_of(of, scope, locals)?.get("properties")?.get(name),
        Node::Index(of, _) => schema_of(of, scope, locals)?.get("items"),
        _ => None,
    }
}
