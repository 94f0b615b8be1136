//! The type of an expression, where it is sure.

use super::Scope;
use super::names::schema_of;
use super::parse::{Literal, Node};
use crate::yaml::Value;

/// A type of CEL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(super) enum Type {
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Null,
    List,
    Map,
}

impl Type {
    /// The type in a message.
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Bool => "a boolean",
            Type::Int | Type::Uint => "a whole number",
            Type::Double => "a number",
            Type::Text => "a text",
            Type::Bytes => "bytes",
            Type::Null => "null",
            Type::List => "a list",
            Type::Map => "a map",
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Uint | Type::Double)
    }
}

/// Fields of a request that are texts.
const REQUEST_TEXTS: &[&str] = &["uid", "name", "namespace", "operation", "subResource", "requestSubResource"];

/// The type that an expression has, if it is sure.
pub(super) fn type_of(node: &Node, scope: &Scope<'_>, locals: &[(&str, Option<Value<'_>>)]) -> Option<Type> {
    match node {
        Node::Literal(literal) => Some(match literal {
            Literal::Bool => Type::Bool,
            Literal::Int => Type::Int,
            Literal::Uint => Type::Uint,
            Literal::Double => Type::Double,
            Literal::Text => Type::Text,
            Literal::Bytes => Type::Bytes,
            Literal::Null => Type::Null,
        }),
        Node::List(_) => Some(Type::List),
        Node::Map(_) => Some(Type::Map),
        Node::Unary('!', _) | Node::Binary("||" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in", ..) => {
            Some(Type::Bool)
        }
        Node::Unary(_, of) => type_of(of, scope, locals),
        Node::Binary(_, a, b) => type_of(a, scope, locals).filter(|found| type_of(b, scope, locals) == Some(*found)),
        Node::Choice(_, a, b) => type_of(a, scope, locals).filter(|found| type_of(b, scope, locals) == Some(*found)),
        Node::Call(None, function, _) => match function.as_str() {
            "has" | "bool" => Some(Type::Bool),
            "string" => Some(Type::Text),
            "int" | "size" => Some(Type::Int),
            "double" => Some(Type::Double),
            _ => None,
        },
        Node::Call(Some(_), function, arguments) => match (function.as_str(), arguments.len()) {
            ("startsWith" | "endsWith" | "matches", 1) | ("all" | "exists" | "exists_one", 2) => Some(Type::Bool),
            ("size", 0) => Some(Type::Int),
            ("map", 2 | 3) => Some(Type::List),
            ("lowerAscii" | "upperAscii" | "trim", 0) => Some(Type::Text),
            _ => None,
        },
        Node::Select(of, name) if matches!(&**of, Node::Name(root) if root == "request") && locals.is_empty() => {
            REQUEST_TEXTS.contains(&name.as_str()).then_some(Type::Text)
        }
        Node::Name(_) | Node::Select(..) | Node::Index(..) => of_schema(schema_of(node, scope, locals)?),
        Node::Object(_) => None,
    }
}

fn of_schema(schema: Value<'_>) -> Option<Type> {
    let set = |key: &str| schema.get(key).is_some_and(|value| value.as_bool() != Some(false));
    if set("x-kubernetes-int-or-string") || set("nullable") {
        return None;
    }
    match schema.get("type")?.known()? {
        "integer" => Some(Type::Int),
        "number" => Some(Type::Double),
        "boolean" => Some(Type::Bool),
        "array" => Some(Type::List),
        // Times, durations and bytes have types of their own.
        "string" if schema.get("format").is_none() => Some(Type::Text),
        _ => None,
    }
}

/// Two operands that no operator takes together, outside of what macros bind.
pub(super) fn mismatch(node: &Node, scope: &Scope<'_>) -> Option<(Type, &'static str, Type)> {
    match node {
        Node::Binary(sign, a, b) => {
            if let Some(found) = mismatch(a, scope).or_else(|| mismatch(b, scope)) {
                return Some(found);
            }
            let (one, other) = (type_of(a, scope, &[])?, type_of(b, scope, &[])?);
            let apart = match *sign {
                "&&" | "||" => one != Type::Bool || other != Type::Bool,
                "in" => false,
                _ => one != other && !(one.is_number() && other.is_number()),
            };
            (apart && one != Type::Null && other != Type::Null).then_some((one, sign, other))
        }
        Node::Unary(_, of) | Node::Select(of, _) => mismatch(of, scope),
        Node::Choice(a, b, c) => [a, b, c].into_iter().find_map(|part| mismatch(part, scope)),
        Node::Index(a, b) => mismatch(a, scope).or_else(|| mismatch(b, scope)),
        // Arguments of macros are about names that they bind.
        Node::Call(target, ..) => target.as_deref().and_then(|target| mismatch(target, scope)),
        Node::Literal(_) | Node::Name(_) | Node::List(_) | Node::Map(_) | Node::Object(_) => None,
    }
}
