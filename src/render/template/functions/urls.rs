//! Addresses: taken apart and put together as Go's `net/url` does.

use super::strings::text;
use super::{Function, Param};
use crate::render::template::budget::{Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::value::{Element, Entries, Shape, Value};
use std::borrow::Cow;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::plain("urlParse", &[Param::Text], parse), Function::plain("urlJoin", &[Param::Map], join)];

#[derive(Default)]
struct Address<'t> {
    scheme: String,
    opaque: &'t str,
    userinfo: &'t str,
    host: &'t str,
    path: String,
    query: &'t str,
    fragment: String,
}

/// The message leaves the address out, for it may hold a password.
fn no_address() -> Fault {
    Fault::refused("this is not an address")
}

/// The scheme of an address and what follows its colon; refused where there is a colon with nothing before it.
fn scheme(text: &str) -> Outcome<(&str, &str)> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err(no_address()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn unescape(text: &str) -> Outcome<String> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(after.first()), digit(after.get(1))) else {
            return Err(no_address());
        };
        bytes.push(u8::try_from(high * 16 + low).expect("internal: two hexadecimal digits are a byte"));
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| Fault::Undecided("this address holds bytes that are no text".into()))
}

fn take_apart(text: &str) -> Outcome<Address<'_>> {
    if text.chars().any(char::is_control) {
        return Err(no_address());
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut address = Address { fragment: unescape(fragment)?, ..Address::default() };
    let (scheme, rest) = scheme(text)?;
    address.scheme = scheme.to_ascii_lowercase();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    address.query = query;
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            address.opaque = rest;
            return Ok(address);
        }
        if rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err(no_address());
        }
    }
    let mut path = rest;
    let has_authority = !scheme.is_empty() || !rest.starts_with("///");
    if let Some(after) = rest.strip_prefix("//").filter(|_| has_authority) {
        let end = after.find('/').unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        path = tail;
        let (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        check_authority(userinfo, host)?;
        (address.userinfo, address.host) = (userinfo, host);
    }
    address.path = unescape(path)?;
    Ok(address)
}

fn check_authority(userinfo: &str, host: &str) -> Outcome<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:".contains(c);
    if !userinfo.chars().all(plain) || !host.chars().all(|c| plain(c) || "[]".contains(c)) {
        return Err(Fault::Undecided("an address with such a host is not taken apart here".into()));
    }
    let port = host.rsplit_once(']').map_or(host, |(_, after)| after).rsplit_once(':');
    if port.is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(no_address());
    }
    Ok(())
}

fn hostname(host: &str) -> &str {
    if let Some((inner, _)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        return inner;
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn parse<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let given = text(arguments, 0)?;
    let address = take_apart(given.as_str())?;
    let parts = [
        ("scheme", address.scheme.as_str()),
        ("opaque", address.opaque),
        ("userinfo", address.userinfo),
        ("host", address.host),
        ("hostname", hostname(address.host)),
        ("path", &address.path),
        ("query", address.query),
        ("fragment", &address.fragment),
    ];
    let entries: Entries<'a> = parts.iter().map(|(key, part)| (Cow::Borrowed(*key), Value::text(*part))).collect();
    machine.budget.steps(entries.len())?;
    Ok(Value::new(Shape::Map(machine.heap.add_map(entries), Element::Any)))
}

fn escape(text: &str, kept: &str, out: &mut String) {
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-_.~".contains(c) || (c.is_ascii() && kept.contains(c)) {
            out.push(c);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

fn join<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let Shape::Map(id, _) = arguments[0].shape else { return Ok(Value::unknown()) };
    let entries = machine.heap.map(id);
    let part = |key: &str| match entries.get(key) {
        None => Ok(String::new()),
        Some(value) => match value.as_text() {
            Some(text) => Ok(text.as_str().to_owned()),
            None => Err(Fault::refused(format!("`{key}` is {}, not a text", value.title()))),
        },
    };
    let (scheme, opaque, host, path) = (part("scheme")?, part("opaque")?, part("host")?, part("path")?);
    let (userinfo, query, fragment) = (part("userinfo")?, part("query")?, part("fragment")?);
    check_authority(&userinfo, &host)?;
    let mut out = String::new();
    if !scheme.is_empty() {
        out.push_str(&format!("{scheme}:"));
    }
    if opaque.is_empty() {
        let named = !host.is_empty() || !userinfo.is_empty();
        if named || (!scheme.is_empty() && !path.is_empty()) {
            out.push_str("//");
            out.push_str(&userinfo);
            out.push_str(if userinfo.is_empty() { "" } else { "@" });
            out.push_str(&host);
        }
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            out.push('/');
        }
        if out.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
            out.push_str("./");
        }
        escape(&path, "$&+,/:;=@", &mut out);
    } else {
        out.push_str(&opaque);
    }
    if !query.is_empty() {
        out.push_str(&format!("?{query}"));
    }
    if !fragment.is_empty() {
        out.push('#');
        escape(&fragment, "$&+,/:;=?@!()*", &mut out);
    }
    Ok(Value::text(out))
}
