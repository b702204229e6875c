//! Bearer tokens: 256 random bits, shown once, stored as their SHA-256.
//!
//! A plain hash is enough for a secret that nobody can guess; only passwords need a slow one.

use std::fmt::Write;

use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

const TOKEN_BYTES: usize = 32;

/// A bearer token. It is never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; TOKEN_BYTES]);

impl Token {
    /// A new one, from the operating system's randomness.
    pub fn random() -> Result<Self, rand::rand_core::OsError> {
        let mut bytes = [0; TOKEN_BYTES];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Token(bytes))
    }

    /// From its text; `None` where the text is no token.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 2 * TOKEN_BYTES {
            return None;
        }
        let mut bytes = [0; TOKEN_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Some(Token(bytes))
    }

    /// As it goes over the wire: 64 hexadecimal digits.
    pub fn text(&self) -> String {
        self.0
            .iter()
            .fold(String::with_capacity(2 * TOKEN_BYTES), |mut text, byte| {
                // Writing to a string cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }

    /// What is stored.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

fn hex_digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text() {
        let token = Token::random().expect("randomness");
        assert_eq!(Token::parse(&token.text()), Some(token.clone()));
        assert_ne!(token, Token::random().expect("randomness"));
    }

    #[test]
    fn what_is_no_token_is_not_one() {
        let text = Token([0xab; TOKEN_BYTES]).text();
        for wrong in [
            "",
            "abc",
            &text[1..],
            &text.to_uppercase(),
            &text.replace('a', "g"),
        ] {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_hash_is_the_one_everybody_knows() {
        let hash = Token([0; TOKEN_BYTES]).hash();
        assert_eq!(
            hash[..4],
            [0x66, 0x68, 0x7a, 0xad],
            "SHA-256 of 32 zero bytes"
        );
    }

    #[test]
    fn a_token_is_not_logged_by_accident() {
        assert_eq!(format!("{:?}", Token([1; TOKEN_BYTES])), "Token(…)");
    }
}
