//! Reading single fields of a kustomization and of what it names: names in any case, types as Go's decoder has them.

use super::{Built, FieldSpec, Refusal};
use crate::yaml::rendered::Rendered;
use crate::yaml::{Kind, Scalar, Value};

/// The value of a field of a mapping; letters may be of any case, exact ones win. A null counts as none.
pub(super) fn field<'a>(mapping: Value<'a>, name: &str) -> Option<Value<'a>> {
    let any_case = || mapping.entries().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    mapping.get(name).or_else(any_case).filter(|value| !value.is_null())
}

/// Refuses a value that is no mapping, and fields that `known` does not name.
pub(super) fn mapping<'a>(value: Value<'a>, known: &[&str]) -> Built<Value<'a>> {
    if !value.is_mapping() {
        return Err(Refusal::new(value.span(), format!("a mapping is expected here, not {}", what(value))));
    }
    known_only(value, known)?;
    Ok(value)
}

/// Refuses fields that `known` does not name.
pub(super) fn known_only(value: Value<'_>, known: &[&str]) -> Built<()> {
    let is_unknown = |key: &str| !known.iter().any(|known| known.eq_ignore_ascii_case(key));
    match value.entries().find(|(key, _)| is_unknown(key)) {
        Some((key, child)) => Err(Refusal::new(child.key_or_span(), format!("unknown field `{key}`"))),
        None => Ok(()),
    }
}

/// The items of a sequence; nothing for a null.
pub(super) fn list<'a>(value: Value<'a>) -> Built<Vec<Value<'a>>> {
    match value.kind() {
        Kind::Sequence => Ok(value.items().filter(|item| !item.is_null()).collect()),
        Kind::Null => Ok(Vec::new()),
        _ => Err(Refusal::new(value.span(), format!("a list is expected here, not {}", what(value)))),
    }
}

/// A text; empty for a null.
pub(super) fn text<'a>(value: Value<'a>) -> Built<&'a str> {
    match value.kind() {
        Kind::Text => Ok(value.as_str().unwrap_or_default()),
        Kind::Null => Ok(""),
        _ => Err(Refusal::new(value.span(), format!("a text is expected here, not {}", what(value)))),
    }
}

/// The text of a field, empty where there is none.
pub(super) fn text_of<'a>(mapping: Value<'a>, name: &str) -> Built<&'a str> {
    field(mapping, name).map_or(Ok(""), text)
}

/// Whether a field says yes.
pub(super) fn flag(mapping: Value<'_>, name: &str) -> Built<bool> {
    let Some(value) = field(mapping, name) else { return Ok(false) };
    value
        .as_bool()
        .ok_or_else(|| Refusal::new(value.span(), format!("true or false is expected here, not {}", what(value))))
}

/// The whole number of a field.
pub(super) fn number(mapping: Value<'_>, name: &str) -> Built<Option<i64>> {
    let Some(value) = field(mapping, name) else { return Ok(None) };
    match value.as_int() {
        Some(number) => Ok(Some(number)),
        None => Err(Refusal::new(value.span(), format!("a whole number is expected here, not {}", what(value)))),
    }
}

/// A list of field specs.
pub(super) fn field_specs(value: Value<'_>) -> Built<Vec<FieldSpec>> {
    list(value)?.into_iter().map(field_spec).collect()
}

fn field_spec(value: Value<'_>) -> Built<FieldSpec> {
    let value = mapping(value, &["group", "version", "kind", "path", "create"])?;
    let optional = |name| text_of(value, name).map(|text| (!text.is_empty()).then(|| text.to_owned()));
    Ok(FieldSpec {
        group: optional("group")?,
        version: optional("version")?,
        kind: optional("kind")?,
        path: text_of(value, "path")?.to_owned(),
        create: flag(value, "create")?,
    })
}

/// A scalar of a kustomization as a value of an object: the very same node where a file holds it.
pub(super) fn given<'w>(value: Value<'w>) -> Rendered<'w> {
    Rendered::written(value)
        .unwrap_or_else(|| Rendered::scalar(&value.scalar().unwrap_or(Scalar::Null), value.origin()))
}

/// What a value is, for a message.
pub(super) fn what(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "nothing",
        Kind::Bool => "a boolean",
        Kind::Number => "a number",
        Kind::Text => "a text",
        Kind::Sequence => "a list",
        Kind::Mapping => "a mapping",
        Kind::Broken => "something that cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    #[test]
    fn names_match_in_any_case_and_types_are_those_of_yaml_1_1() {
        let text = "newtag: a\nNewTag: b\nflag: yes\ncount: 3\nnone:\nwhole: 2.0\n";
        let file = parse(SourceId(0), text.into());
        let value = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
        let refused = |name: &str| text_of(value, name).map_err(|refusal| refusal.message);
        assert_eq!((text_of(value, "NewTag"), text_of(value, "newTag")), (Ok("b"), Ok("a")));
        assert_eq!(text_of(value, "none"), Ok(""));
        assert_eq!(flag(value, "Flag"), Ok(true));
        assert_eq!(number(value, "count"), Ok(Some(3)));
        assert_eq!(number(value, "absent"), Ok(None));
        assert_eq!(refused("count"), Err("a text is expected here, not a number".into()));
        assert_eq!(refused("flag"), Err("a text is expected here, not a boolean".into()));
        let unknown = mapping(value, &["newTag", "flag", "count", "none"]).map(|_| ());
        assert_eq!(unknown.map_err(|refusal| refusal.message), Err("unknown field `whole`".into()));
    }
}
