//! Objects out of the documents of a file, as kustomize takes them in.

use super::{Built, Object, Refusal};
use crate::source::Span;
use crate::tree;
use crate::yaml::rendered::Rendered;
use crate::yaml::{Dialect, File, Kind, Value};

/// The objects of `file`, lists expanded, empty documents left out. `entry` is what names the file.
pub fn objects<'w>(file: &'w File, entry: Span) -> Built<Vec<Object<'w>>> {
    let mut found = Vec::new();
    for document in file.documents() {
        if let Some(error) = document.errors.first() {
            return Err(
                Refusal::new(error.span, error.message.clone()).with(entry, "a kustomization takes it from here")
            );
        }
        let Some(root) = document.root else { continue };
        let value = Value::new(file, root, Dialect::Kustomize);
        if value.is_null() || (value.is_mapping() && value.is_empty()) {
            continue;
        }
        take(value, entry, &mut found)?;
    }
    if let Some((first, again)) = file.duplicates().first() {
        let key = |node| Value::new(file, node, Dialect::Kustomize);
        let message = format!("the key `{}` stands twice in one mapping", key(*again).raw().unwrap_or_default());
        return Err(Refusal::new(key(*again).span(), message).with(key(*first).span(), "the first one"));
    }
    Ok(found)
}

/// The refusal of a file that is there and could not be read here: whether kustomize builds it is not known.
pub(super) fn unread(entry: Span, text: &str, why: &str) -> Refusal {
    Refusal::new(entry, format!("`{text}` cannot be read: {why}")).unless(format!("`{text}` cannot be read"))
}

/// Whether a path is that of a file on the web, which kustomize fetches.
pub(super) fn is_web(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// The path in the root of a file that a kustomization in `folder` names; none for one that lies elsewhere.
pub(super) fn path_of(folder: &str, text: &str) -> Option<String> {
    tree::join(folder, text).filter(|_| !is_web(text))
}

/// The refusal of a path that leads out of what is read.
pub(super) fn outside(entry: Span, text: &str) -> Refusal {
    Refusal::new(entry, format!("`{text}` lies outside this repo")).unless(format!("`{text}` lies outside this repo"))
}

fn take<'w>(value: Value<'w>, entry: Span, found: &mut Vec<Object<'w>>) -> Built<()> {
    let text = |path: &[&str]| value.at(path).and_then(Value::raw).filter(|text| !text.is_empty());
    let refuse =
        |message: &str| Err(Refusal::new(value.span(), message).with(entry, "a kustomization takes it from here"));
    let Some(kind) = text(&["kind"]) else { return refuse("an object without a `kind`, which kustomize refuses") };
    if kind.ends_with("List")
        && let Some(items) = value.get("items").filter(|items| items.is_sequence())
    {
        return items.items().try_for_each(|item| take(item, entry, found));
    }
    match value.at(&["metadata", "name"]).map(Value::kind) {
        None | Some(Kind::Null | Kind::Mapping | Kind::Sequence | Kind::Broken) => {
            return refuse("an object without `metadata.name`, which kustomize refuses");
        }
        Some(_) if text(&["metadata", "name"]).is_none() => {
            return refuse("an object with an empty `metadata.name`, which kustomize refuses");
        }
        Some(_) => {}
    }
    if let Some(tree) = Rendered::written(value) {
        found.push(Object::new(tree, value.span()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let file = parse(SourceId(0), text.into());
        let entry = Span::new(SourceId(1), 0..1);
        let objects = objects(&file, entry).map_err(|refusal| refusal.message)?;
        Ok(objects.iter().map(|object| object.id().to_string()).collect())
    }

    #[test]
    fn documents_become_objects() {
        for (text, expected) in [
            ("apiVersion: v1\nkind: A\nmetadata: {name: x}\n---\n# none\n---\nnull\n---\n{}\n", &["A `x`"] as &[&str]),
            (
                "kind: AList\nitems: [{kind: A, metadata: {name: x, namespace: n}}, {kind: B, metadata: {name: y}}]\n",
                &["A `n/x`", "B `y`"],
            ),
            ("kind: AList\nmetadata: {name: l}\nspec: {}\n", &["AList `l`"]),
            ("kind: A\nmetadata: {name: 12}\n", &["A `12`"]),
        ] {
            assert_eq!(read(text).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for (text, word) in [
            ("metadata: {name: x}\n", "kind"),
            ("kind: A\nmetadata: {generateName: x}\n", "metadata.name"),
            ("kind: List\nitems: [x]\n", "kind"),
            ("- a\n", "kind"),
            ("kind: A\nmetadata: {name: x}\na: 1\na: 2\n", "`a` stands twice"),
            ("kind: A\nmetadata:\n\tname: x\n", "tab"),
        ] {
            let message = read(text).expect_err(text);
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}
