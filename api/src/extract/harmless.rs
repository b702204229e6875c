//! Texts that no field can mean: one with a NUL, which Postgres takes nowhere, and one of a length
//! that no field has. They are refused before a handler sees them, with the field named.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{TEXT_LIMIT_BYTES, malformed};
use crate::error::ApiError;

/// How JSON writes a NUL: as itself it is no JSON.
const WRITTEN_NUL: &[u8] = b"\\u0000";

/// Looks at every text of a body. Most bodies are too short to hold a long text and have no NUL:
/// they are read only once, by their handler.
pub(super) fn check_json(bytes: &[u8]) -> Result<(), ApiError> {
    let has_nul = bytes
        .windows(WRITTEN_NUL.len())
        .any(|part| part == WRITTEN_NUL);
    if !has_nul && bytes.len() <= TEXT_LIMIT_BYTES {
        return Ok(());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let checked: Result<Harmless, _> = serde_path_to_error::deserialize(&mut deserializer);
    checked.map(|_| ()).map_err(malformed)
}

/// What is wrong with a text, if anything.
pub(super) fn check_text(text: &str) -> Result<(), &'static str> {
    if text.len() > TEXT_LIMIT_BYTES {
        return Err("this text is too long");
    }
    match text.contains('\0') {
        true => Err("this text has a NUL, which no text may have"),
        false => Ok(()),
    }
}

/// As [`check_text`], for a part of a query; what was not UTF-8 has become a replacement character.
pub(super) fn check_decoded(text: &str) -> Result<(), &'static str> {
    match text.contains(char::REPLACEMENT_CHARACTER) {
        true => Err("this text is not UTF-8"),
        false => check_text(text),
    }
}

/// Any JSON whose texts are harmless; nothing of it is kept.
struct Harmless;

impl<'de> Deserialize<'de> for Harmless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Harmless;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Harmless, E> {
        check_text(text).map_err(E::custom)?;
        Ok(Harmless)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_unit<E>(self) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Harmless, A::Error> {
        while items.next_element::<Harmless>()?.is_some() {}
        Ok(Harmless)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Harmless, A::Error> {
        while fields.next_entry::<Harmless, Harmless>()?.is_some() {}
        Ok(Harmless)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_in_texts_and_in_names() {
        for wrong in [
            r#"{"a": "\u0000"}"#,
            r#"{"a": ["b\u0000"]}"#,
            r#"{"a": {"b\u0000": 1}}"#,
        ] {
            assert!(check_json(wrong.as_bytes()).is_err(), "{wrong}");
        }
        // A backslash and what looks like a NUL behind it.
        assert!(check_json(br#"{"a": "\\u0000"}"#).is_ok());
    }
}
