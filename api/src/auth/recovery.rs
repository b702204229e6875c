//! Recovery codes: for those who lost their phone. 80 random bits each, shown once, stored as a
//! hash that names the account, written in letters that nobody confuses.

use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;

/// Codes that are given at once.
pub const CODES: usize = 10;
/// Characters of a code, of five bits each, and how many stand together.
const LENGTH: usize = 16;
const GROUP: usize = 4;
/// Crockford's: without i, l, o and u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// New codes, as they are shown.
///
/// # Errors
/// The system gives no randomness.
pub fn random() -> Result<Vec<String>, ApiError> {
    let mut bytes = [0; CODES * LENGTH];
    let filled = OsRng.try_fill_bytes(&mut bytes);
    filled.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(bytes.chunks_exact(LENGTH).map(written).collect())
}

/// What is stored of a code; `None` where the text is none. Case, hyphens and blanks do not matter.
pub fn hash(account_id: i64, code: &str) -> Option<Vec<u8>> {
    let signs = code.bytes().filter(|byte| !matches!(byte, b'-' | b' '));
    let plain: Vec<u8> = signs.map(meant).take(LENGTH + 1).collect();
    if plain.len() != LENGTH || !plain.iter().all(|sign| ALPHABET.contains(sign)) {
        return None;
    }
    let hash = Sha256::new()
        .chain_update(format!("recovery:{account_id}:"))
        .chain_update(&plain);
    Some(hash.finalize().to_vec())
}

/// What is stored of new codes.
pub fn hashes(account_id: i64, codes: &[String]) -> Vec<Vec<u8>> {
    codes
        .iter()
        .filter_map(|code| hash(account_id, code))
        .collect()
}

/// A byte gives five bits: 256 is a multiple of 32, so none is likelier.
fn written(bytes: &[u8]) -> String {
    let signs: Vec<char> = bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect();
    let groups = signs.chunks(GROUP).map(String::from_iter);
    groups.collect::<Vec<_>>().join("-")
}

fn meant(sign: u8) -> u8 {
    match sign.to_ascii_lowercase() {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_are_found_again_however_they_are_typed() {
        let codes = random().expect("codes");
        assert_eq!(codes.len(), CODES);
        assert_eq!(hashes(7, &codes).len(), CODES);
        let different: std::collections::BTreeSet<_> = hashes(7, &codes).into_iter().collect();
        assert_eq!(different.len(), CODES);
        let hash = |text: &str| hash(7, text).expect("a code");
        let typed = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(hash(&codes[0]), hash(&typed));
        assert_eq!(hash("0123-4567-89ab-cdef"), hash("oi23456789ABCDEF"));
        assert_ne!(hash(&codes[0]), super::hash(8, &codes[0]).expect("a code"));
    }

    #[test]
    fn what_is_no_code_has_no_hash() {
        for text in [
            "",
            "abcd",
            "0123-4567-89ab-cde",
            "0123-4567-89ab-cdefg",
            "u123456789abcdef",
        ] {
            assert_eq!(hash(7, text), None, "{text}");
        }
    }
}
