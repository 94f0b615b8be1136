//! Marks in a text that something else replaces before the cluster sees it.

/// The first thing in `text` that something else replaces before the cluster sees it.
pub fn placeholder(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memchr3(b'$', b'{', b'<', &bytes[from..]).map(|at| at + from) {
        let rest = &text[at..];
        let end = match bytes[at] {
            b'$' if rest.starts_with("$${") => {
                from = at + 3;
                continue;
            }
            b'$' if rest.starts_with("${") => rest.find('}').map(|end| end + 1),
            b'{' if rest.starts_with("{{") => rest.find("}}").map(|end| end + 2),
            b'<' if rest.starts_with("<< ") || rest.starts_with("<<-") => rest.find(">>").map(|end| end + 2),
            _ => None,
        };
        if let Some(end) = end {
            return Some(&rest[..end]);
        }
        from = at + 1;
    }
    None
}

/// Whether something else replaces a part of `text` before the cluster sees it.
pub fn has_placeholder(text: &str) -> bool {
    placeholder(text).is_some()
}
