//! Base64 and base32.

use super::strings::text;
use super::{Function, Param};
use crate::render::template::budget::{Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE32;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("b64enc", &[Param::Text], base64_encode),
    Function::plain("b64dec", &[Param::Text], base64_decode),
    Function::plain("b32enc", &[Param::Text], base32_encode),
    Function::plain("b32dec", &[Param::Text], base32_decode),
];

fn base64_encode<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let encoded = STANDARD.encode(text(arguments, 0)?.as_str());
    machine.budget.bytes(encoded.len())?;
    Ok(Value::text(encoded))
}

fn base32_encode<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let encoded = BASE32.encode(text(arguments, 0)?.as_str().as_bytes());
    machine.budget.bytes(encoded.len())?;
    Ok(Value::text(encoded))
}

/// Decoded bytes as text. Where they cannot be decoded, sprig prints the message of Go's decoder.
fn decoded<'a>(bytes: Option<Vec<u8>>) -> Outcome<Value<'a>> {
    match bytes.map(String::from_utf8) {
        Some(Ok(text)) => Ok(Value::text(text)),
        Some(Err(_)) => Err(Fault::Undecided("this decodes to bytes that are no text".into())),
        None => Err(Fault::Undecided("this cannot be decoded".into())),
    }
}

/// Go's decoders step over line ends.
fn without_line_ends(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect()
}

fn base64_decode<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    decoded(STANDARD.decode(without_line_ends(text(arguments, 0)?.as_str())).ok())
}

fn base32_decode<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    decoded(BASE32.decode(without_line_ends(text(arguments, 0)?.as_str()).as_bytes()).ok())
}
