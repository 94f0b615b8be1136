//! Expressions in CEL: their syntax, the names that they use, and their type where it is sure. What they compute is
//! not worked out here.

mod names;
mod parse;
mod types;

use crate::schema::value::{code, field};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use types::Type;

/// What an expression can see, and what it has to give.
#[derive(Clone, Debug)]
pub(super) struct Scope<'s> {
    roots: Vec<&'static str>,
    variables: Option<&'s [&'s str]>,
    result: Option<Type>,
    /// The schema of `self`.
    of: Option<Value<'s>>,
    /// Whether `self` is a whole object.
    whole: bool,
}

impl<'s> Scope<'s> {
    /// Conditions of a webhook.
    pub(super) fn webhook() -> Scope<'s> {
        Scope::policy(false)
    }

    /// Conditions and validations of a policy; `params` are there where it names their kind.
    pub(super) fn policy(params: bool) -> Scope<'s> {
        let mut roots = vec!["object", "oldObject", "request", "namespaceObject", "authorizer"];
        if params {
            roots.push("params");
        }
        Scope { roots, variables: None, result: Some(Type::Bool), of: None, whole: false }
    }

    /// A validation rule of a schema; `whole` where it is that of the object.
    pub(super) fn schema(of: Value<'s>, whole: bool) -> Scope<'s> {
        let result = Some(Type::Bool);
        Scope { roots: vec!["self", "oldSelf"], variables: None, result, of: Some(of), whole }
    }

    /// The same with variables of these names.
    pub(super) fn with_variables(mut self, names: &'s [&'s str]) -> Scope<'s> {
        self.variables = Some(names);
        self
    }

    /// The same without `authorizer`.
    pub(super) fn without_authorizer(mut self) -> Scope<'s> {
        self.roots.retain(|root| *root != "authorizer");
        self
    }

    /// The same for a text as result.
    pub(super) fn text(mut self) -> Scope<'s> {
        self.result = Some(Type::Text);
        self
    }

    /// The same for any result.
    pub(super) fn any_result(mut self) -> Scope<'s> {
        self.result = None;
        self
    }
}

/// Checks the expression under `key`; one that is not there is told by the schema.
pub(super) fn expression<'w>(parent: Value<'w>, key: &str, scope: Scope<'_>, problems: &mut Problems<'w>) {
    let Some(value) = field(parent, key) else { return };
    let Some(text) = value.known() else { return };
    if text.trim().is_empty() {
        problems.push(Problem::new(code::REQUIRED, value, format!("`{key}` is empty")).help("write an expression"));
        return;
    }
    let node = match parse::parse(text) {
        Ok(node) => node,
        Err(fault) => {
            problems.push(
                Problem::new(code::EXPRESSION, value, format!("`{key}` cannot be read as CEL: {}", fault.found))
                    .label(format!("at character {}", fault.at)),
            );
            return;
        }
    };
    if let Some(fault) = names::undeclared(&node, &scope) {
        problems.push(Problem::new(code::EXPRESSION, value, format!("`{key}` {}", fault.fact)).help(fault.help));
    } else if let Some((one, sign, other)) = types::mismatch(&node, &scope) {
        let fact = format!("`{key}` has {} `{sign}` {}, which do not go together", one.name(), other.name());
        problems.push(Problem::new(code::EXPRESSION, value, fact).help("compare values of one type"));
    } else if let (Some(wanted), Some(found)) = (scope.result, types::type_of(&node, &scope, &[]))
        && wanted != found
        && !(wanted == Type::Text && found == Type::Null)
    {
        let fact = format!("`{key}` gives {}, and {} is needed", found.name(), wanted.name());
        problems.push(Problem::new(code::EXPRESSION, value, fact).help("write a comparison, or convert the value"));
    }
}

#[cfg(test)]
mod tests;
