//! The names that Kubernetes knows: DNS labels and subdomains, qualified names, keys, port names. Each check gives
//! what is wrong with a text, or nothing. Lengths are in bytes.

use super::Fault;

const LABEL: usize = 63;
const SUBDOMAIN: usize = 253;

const LABEL_HELP: &str = "use lower-case letters, digits and `-`, with a letter or digit at both ends";
const SUBDOMAIN_HELP: &str = "use lower-case letters, digits, `-` and `.`, with a letter or digit at both ends";
const QUALIFIED_HELP: &str = "use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends";

/// A DNS label (RFC 1123): at most 63 lower-case letters, digits and `-`.
pub fn dns_label(text: &str) -> Option<Fault> {
    let found = too_long(text, LABEL).or_else(|| label_fault(text))?;
    Some(Fault::new("a DNS label", found, rewritten(text, false).unwrap_or_else(|| LABEL_HELP.to_owned())))
}

/// A DNS label of the older form (RFC 1035), which starts with a letter.
pub fn dns_label_1035(text: &str) -> Option<Fault> {
    let wanted = "a DNS label that starts with a letter";
    if let Some(fault) = dns_label(text) {
        return Some(Fault { wanted, ..fault });
    }
    text.starts_with(|c: char| c.is_ascii_digit())
        .then(|| Fault::new(wanted, "starts with a digit", "start it with a letter"))
}

/// A DNS subdomain (RFC 1123): labels joined by `.`, at most 253 characters in all.
pub fn dns_subdomain(text: &str) -> Option<Fault> {
    let found = too_long(text, SUBDOMAIN).or_else(|| subdomain_fault(text))?;
    Some(Fault::new("a DNS subdomain", found, rewritten(text, true).unwrap_or_else(|| SUBDOMAIN_HELP.to_owned())))
}

/// A DNS subdomain after `*.`.
pub fn wildcard_subdomain(text: &str) -> Option<Fault> {
    let wanted = "a wildcard DNS name";
    let Some(rest) = text.strip_prefix("*.") else {
        return Some(Fault::new(wanted, "the `*` is not the whole first label", "write it as `*.example.org`"));
    };
    too_long(text, SUBDOMAIN).or_else(|| subdomain_fault(rest)).map(|found| Fault::new(wanted, found, SUBDOMAIN_HELP))
}

/// A name with at least three labels, such as `policy.example.org`.
pub fn fully_qualified_name(text: &str) -> Option<Fault> {
    let wanted = "a name with at least three labels";
    if let Some(fault) = dns_subdomain(text) {
        return Some(Fault { wanted, ..fault });
    }
    (text.split('.').count() < 3)
        .then(|| Fault::new(wanted, "fewer than three labels", "write it as `name.example.org`"))
}

/// A DNS subdomain, a `/` and a path, such as `example.org/name`.
pub fn domain_prefixed_path(text: &str) -> Option<Fault> {
    let wanted = "a domain and a path";
    let help = "write it as `example.org/name`";
    let Some((domain, path)) = text.split_once('/').filter(|(domain, path)| !domain.is_empty() && !path.is_empty())
    else {
        return Some(Fault::new(wanted, "no domain before a `/`, or no path after it", help));
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_-.~%!$&'()*+,;=:".contains(c);
    too_long(domain, SUBDOMAIN)
        .or_else(|| subdomain_fault(domain))
        .or_else(|| path.chars().find(|c| !allowed(*c)).map(character))
        .map(|found| Fault::new(wanted, found, help))
}

/// A key of labels, annotations and the like: an optional DNS subdomain and `/`, then at most 63 characters.
pub fn qualified_name(text: &str) -> Option<Fault> {
    let wanted = "a qualified name";
    let (prefix, name) = match text.split_once('/') {
        None => (None, text),
        Some((prefix, name)) => (Some(prefix), name),
    };
    if name.contains('/') {
        return Some(Fault::new(wanted, "more than one `/`", "keep one `/`, between a domain and the name"));
    }
    if let Some(prefix) = prefix {
        let found = match prefix {
            "" => Some("nothing before the `/`".to_owned()),
            prefix => too_long(prefix, SUBDOMAIN).or_else(|| subdomain_fault(prefix)),
        };
        if let Some(found) = found {
            let found = if prefix.is_empty() { found } else { format!("the domain before the `/`: {found}") };
            return Some(Fault::new(wanted, found, "write a DNS subdomain before the `/`, as in `example.org/name`"));
        }
        if name.is_empty() {
            return Some(Fault::new(wanted, "nothing after the `/`", "write a name after the `/`"));
        }
    }
    too_long(name, LABEL).or_else(|| word_fault(name)).map(|found| Fault::new(wanted, found, QUALIFIED_HELP))
}

/// The value of a label: empty, or at most 63 letters, digits, `-`, `_` and `.`.
pub fn label_value(text: &str) -> Option<Fault> {
    if text.is_empty() {
        return None;
    }
    let found = too_long(text, LABEL).or_else(|| word_fault(text))?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let near: String = text.chars().map(|c| if is_word(c) { c } else { '-' }).collect();
    let near = near.trim_matches(['-', '_', '.']);
    let is_good = !near.is_empty() && near.len() <= LABEL;
    let help = if is_good { format!("write `{near}`") } else { QUALIFIED_HELP.to_owned() };
    Some(Fault::new("a label value", found, help))
}

/// A name that can stand in a URL path, as those of RBAC objects.
pub fn path_segment(text: &str) -> Option<Fault> {
    let found = match text {
        "" => "it is empty".to_owned(),
        "." | ".." => "it means a folder".to_owned(),
        _ => character(text.chars().find(|c| matches!(c, '/' | '%'))?),
    };
    Some(Fault::new("a name that can stand in a path", found, "write a name without `/` and `%`"))
}

/// A key of a ConfigMap or a Secret.
pub fn config_map_key(text: &str) -> Option<Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let found = too_long(text, SUBDOMAIN).or_else(|| match text {
        "" => Some("it is empty".to_owned()),
        "." | ".." => Some("it means a folder".to_owned()),
        _ if text.starts_with("..") => Some("starts with `..`".to_owned()),
        _ => text.chars().find(|c| !allowed(*c)).map(character),
    })?;
    Some(Fault::new("a data key", found, "use letters, digits, `-`, `_` and `.`"))
}

/// The name of an environment variable: printable ASCII without `=` (from Kubernetes 1.32 on).
pub fn env_name(text: &str) -> Option<Fault> {
    let found = match text {
        "" => "it is empty".to_owned(),
        _ => character(text.chars().find(|c| !matches!(c, ' '..='~') || *c == '=')?),
    };
    Some(Fault::new("the name of an environment variable", found, "use letters, digits and `_`"))
}

/// The name of a port: at most 15 lower-case letters, digits and `-`, one letter at least.
pub fn port_name(text: &str) -> Option<Fault> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let found = too_long(text, 15).or_else(|| match text {
        "" => Some("it is empty".to_owned()),
        _ if let Some(c) = text.chars().find(|c| !allowed(*c)) => Some(character(c)),
        _ if !text.contains(|c: char| c.is_ascii_lowercase()) => Some("no letter in it".to_owned()),
        _ if text.contains("--") => Some("two `-` in a row".to_owned()),
        _ => ends(text, |c| c != '-'),
    })?;
    Some(Fault::new("a port name", found, "use at most 15 lower-case letters, digits and single `-`, with one letter"))
}

/// The name of a header of an HTTP request.
pub fn header_name(text: &str) -> Option<Fault> {
    let found = match text {
        "" => "it is empty".to_owned(),
        _ => character(text.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '-'))?),
    };
    Some(Fault::new("the name of a header", found, "use letters, digits and `-`"))
}

/// A name as in C: letters, digits and `_`, no digit first.
pub fn identifier(text: &str) -> Option<Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let found = match text.chars().next() {
        None => "it is empty".to_owned(),
        Some('0'..='9') => "starts with a digit".to_owned(),
        Some(_) => character(text.chars().find(|c| !allowed(*c))?),
    };
    Some(Fault::new("an identifier", found, "use letters, digits and `_`, no digit first"))
}

fn too_long(text: &str, most: usize) -> Option<String> {
    (text.len() > most).then(|| format!("{} characters, at most {most}", text.len()))
}

fn character(c: char) -> String {
    match c {
        ' ' => "a blank in it".to_owned(),
        c if c.is_control() => "a control character in it".to_owned(),
        c => format!("`{c}` is not allowed"),
    }
}

fn ends(text: &str, allowed: impl Fn(char) -> bool) -> Option<String> {
    let first = text.chars().next().filter(|c| !allowed(*c)).map(|c| format!("starts with `{c}`"));
    first.or_else(|| text.chars().last().filter(|c| !allowed(*c)).map(|c| format!("ends with `{c}`")))
}

/// What keeps a text from being a label of a DNS name, its length aside.
fn label_fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_owned());
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.chars().find(|c| !allowed(*c)).map(character).or_else(|| ends(text, |c| c != '-'))
}

fn subdomain_fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_owned());
    }
    text.split('.')
        .find_map(|label| if label.is_empty() { Some("a `.` without a label".to_owned()) } else { label_fault(label) })
}

/// What keeps a text from being letters, digits, `-`, `_` and `.` between letters or digits.
fn word_fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_owned());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.chars().find(|c| !allowed(*c)).map(character).or_else(|| ends(text, |c| c.is_ascii_alphanumeric()))
}

/// The nearest name that is allowed, as a help.
fn rewritten(text: &str, dots: bool) -> Option<String> {
    let most = if dots { SUBDOMAIN } else { LABEL };
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => name.push(c),
            '.' if dots && name.ends_with(|c: char| c.is_ascii_alphanumeric()) => name.push('.'),
            _ if name.ends_with(|c: char| c.is_ascii_alphanumeric()) => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_end_matches(['-', '.']);
    let valid = !name.is_empty() && name.len() <= most && subdomain_fault(name).is_none();
    valid.then(|| format!("write `{name}`"))
}
