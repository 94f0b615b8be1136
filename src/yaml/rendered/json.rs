//! A value as JSON, the form in which kustomize and the API server hand objects on.

use crate::yaml::scalar;
use crate::yaml::{Kind, Scalar, Value};
use serde_json::{Map, Number, Value as Json};

/// The value as its reader understands it, keys in the order they stand. What no reader accepts (an
/// infinite number, an alias without an anchor) becomes null.
pub fn to_json(value: Value<'_>) -> Json {
    match value.kind() {
        Kind::Mapping => {
            let mut map = Map::new();
            for (key, child) in value.entries() {
                map.insert(key.to_owned(), to_json(child));
            }
            Json::Object(map)
        }
        Kind::Sequence => Json::Array(value.items().map(to_json).collect()),
        _ => scalar_to_json(value.scalar()),
    }
}

fn scalar_to_json(scalar: Option<Scalar<'_>>) -> Json {
    match scalar {
        Some(Scalar::Bool(value)) => Json::Bool(value),
        Some(Scalar::Int(value)) => Json::Number(value.into()),
        Some(Scalar::UInt(value)) => Json::Number(value.into()),
        Some(Scalar::Float(value)) => float(value),
        Some(Scalar::Text(text)) => Json::String(text.into_owned()),
        Some(Scalar::Null | Scalar::Invalid(_)) | None => Json::Null,
    }
}

/// Go writes a float without a fraction as a whole number.
fn float(value: f64) -> Json {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Json::Number((value as i64).into());
    }
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}

/// A number as plain YAML that reads as the same number again.
pub(super) fn number_text(value: f64) -> String {
    scalar::float_text(value)
}
