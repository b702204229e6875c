//! The seed of all deposit keys: random bytes of the token, known outside only wrapped by its key.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::error::HsmError;
use crate::wrapping_key::Hsm;

/// Bytes of a seed (as BIP39 has them).
pub const SEED_BYTES: usize = 64;
/// The first word of the file, and the beginning of what is authenticated with the seed.
const FORMAT: &str = "exchange-seed-1";

/// A seed that only the token opens. As text it is one line of four words: format, label, label of
/// the key that wraps it, and hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedSeed {
    label: String,
    key_label: String,
    wrapped: Vec<u8>,
}

impl WrappedSeed {
    /// Makes a seed. The label, of letters, digits, `-`, `_` and `.`, is authenticated with it.
    ///
    /// # Errors
    /// [`HsmError::BadLabel`]; the token's.
    pub fn make(hsm: &Hsm, label: &str) -> Result<WrappedSeed, HsmError> {
        let key_label = hsm.key_label();
        for label in [label, key_label] {
            if !is_word(label) {
                return Err(HsmError::BadLabel(label.to_owned()));
            }
        }
        let seed = hsm.random::<SEED_BYTES>()?;
        Ok(WrappedSeed {
            wrapped: hsm.encrypt(&*seed, &context(label))?,
            label: label.to_owned(),
            key_label: key_label.to_owned(),
        })
    }

    /// Its label.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Opens it. What is given is overwritten when it goes.
    ///
    /// # Errors
    /// [`HsmError::Damaged`] where it was changed, or another key wrapped it; the token's.
    pub fn open(&self, hsm: &Hsm) -> Result<Zeroizing<[u8; SEED_BYTES]>, HsmError> {
        let opened = hsm.decrypt(&self.key_label, &self.wrapped, &context(&self.label))?;
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        if opened.len() != seed.len() {
            return Err(HsmError::Damaged);
        }
        seed.copy_from_slice(&opened);
        Ok(seed)
    }
}

impl fmt::Display for WrappedSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = hex::encode(&self.wrapped);
        write!(f, "{FORMAT} {} {} {digits}", self.label, self.key_label)
    }
}

impl FromStr for WrappedSeed {
    type Err = HsmError;

    fn from_str(text: &str) -> Result<WrappedSeed, HsmError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [FORMAT, label, key_label, digits] = words[..] else {
            return Err(HsmError::Damaged);
        };
        Ok(WrappedSeed {
            label: label.to_owned(),
            key_label: key_label.to_owned(),
            wrapped: hex::decode(digits).map_err(|_| HsmError::Damaged)?,
        })
    }
}

fn context(label: &str) -> Vec<u8> {
    [FORMAT.as_bytes(), b" ", label.as_bytes()].concat()
}

fn is_word(label: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !label.is_empty() && label.bytes().all(is_plain)
}
