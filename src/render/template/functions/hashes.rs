//! Checksums.

use super::strings::text;
use super::{Function, Param, Set};
use crate::render::template::budget::Outcome;
use crate::render::template::evaluate::Machine;
use crate::render::template::value::Value;
use data_encoding::HEXLOWER;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("sha1sum", &[Param::Text], sha1sum),
    Function::plain("sha256sum", &[Param::Text], sha256sum),
    Function::plain("sha512sum", &[Param::Text], sha512sum).only(Set::Sprig),
    Function::plain("adler32sum", &[Param::Text], adler32sum),
];

fn sha1sum<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::text(HEXLOWER.encode(&Sha1::digest(text(arguments, 0)?.as_str()))))
}

fn sha256sum<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::text(HEXLOWER.encode(&Sha256::digest(text(arguments, 0)?.as_str()))))
}

fn sha512sum<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    Ok(Value::text(HEXLOWER.encode(&Sha512::digest(text(arguments, 0)?.as_str()))))
}

fn adler32sum<'a>(_: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1u32, 0u32);
    for byte in text(arguments, 0)?.as_str().bytes() {
        low = (low + u32::from(byte)) % MODULUS;
        high = (high + low) % MODULUS;
    }
    Ok(Value::text(((high << 16) | low).to_string()))
}
