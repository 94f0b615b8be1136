//! From a node to its JSON pointer (RFC 6901) below another node.

use super::arena::{File, NodeId, Shape};
use super::value::Value;

impl<'a> Value<'a> {
    /// The JSON pointer of `inner` below this value, or none where it does not lie below it. A value
    /// that came through an alias or a merge key has the pointer of the place it is written at.
    pub fn pointer_to(self, inner: Value<'_>) -> Option<String> {
        let Some((file, node)) = self.written_node() else {
            let mut pointer = String::new();
            return search(self, inner, &mut pointer).then_some(pointer);
        };
        let (other, site) = inner.written_site()?;
        let (_, inner) = inner.written_node()?;
        if !std::ptr::eq(file, other) {
            return None;
        }
        descend(file, node, site).or_else(|| descend(file, node, inner))
    }
}

/// Looks for `inner` below a value that was made; what is written is asked for its own pointer.
fn search(at: Value<'_>, inner: Value<'_>, pointer: &mut String) -> bool {
    if at.identity() == inner.identity() {
        return true;
    }
    if at.made().is_none() {
        let below = at.pointer_to(inner);
        pointer.push_str(below.as_deref().unwrap_or_default());
        return below.is_some();
    }
    let length = pointer.len();
    let keys = at.entries().map(|(key, child)| (escape(key), child));
    let places = at.items().enumerate().map(|(index, child)| (index.to_string(), child));
    for (step, child) in keys.chain(places) {
        pointer.push('/');
        pointer.push_str(&step);
        if search(child, inner, pointer) {
            return true;
        }
        pointer.truncate(length);
    }
    false
}

fn descend(file: &File, root: NodeId, wanted: NodeId) -> Option<String> {
    let holds = |id: NodeId| id <= wanted && wanted.0 < file.node(id).next;
    if !holds(root) {
        return None;
    }
    let mut pointer = String::new();
    let mut at = root;
    while at != wanted {
        let mut children = file.children(at);
        match file.node(at).shape {
            Shape::Sequence => {
                let (index, child) = children.enumerate().find(|(_, child)| holds(*child))?;
                pointer.push_str(&format!("/{index}"));
                at = child;
            }
            Shape::Mapping => loop {
                let (key, value) = (children.next()?, children.next()?);
                if holds(key) || holds(value) {
                    pointer.push('/');
                    pointer.push_str(&escape(file.scalar_text_or_empty(key)));
                    if holds(key) {
                        return Some(pointer);
                    }
                    at = value;
                    break;
                }
            },
            _ => return None,
        }
    }
    Some(pointer)
}

/// A key as a step of a JSON pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl File {
    fn scalar_text_or_empty(&self, id: NodeId) -> &str {
        match self.node(id).shape.style() {
            Some(_) => self.scalar_text(id),
            None => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::source::SourceId;
    use crate::yaml::{Dialect, Value, parse};

    #[test]
    fn pointers_lead_back() {
        let file = parse(SourceId(0), "a:\n  - b/c: {d~e: 1}\n  - x\nz: 2\n".into());
        let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
        let item = root.at(&["a"]).and_then(|list| list.items().next()).expect("an item");
        let inner = item.at(&["b/c", "d~e"]).expect("inner");
        assert_eq!(root.pointer_to(inner).as_deref(), Some("/a/0/b~1c/d~0e"));
        assert_eq!(root.pointer_to(root).as_deref(), Some(""));
        assert_eq!(item.pointer_to(root.get("z").expect("z")), None);
    }
}
