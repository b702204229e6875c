//! Encrypts the secrets of API keys and authenticator apps with a master key that the database
//! never sees: AES-256-GCM, with the name of what it belongs to (a key's public id) as additional
//! data, so that no secret can be moved to another.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};

/// Bytes of the master key.
pub const MASTER_KEY_BYTES: usize = 32;

/// The master key. It is never printed by `Debug`.
#[derive(Clone)]
pub struct Secrets {
    key: LessSafeKey,
}

impl Secrets {
    /// With this master key.
    pub fn new(master_key: &[u8; MASTER_KEY_BYTES]) -> Result<Self, Unspecified> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, master_key)?);
        Ok(Secrets { key })
    }

    /// Nonce, ciphertext and tag. The nonce is random: 2^32 secrets under one master key are safe.
    pub fn seal(&self, public_id: &str, secret: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce)?;
        let mut text = secret.to_vec();
        let (unique, additional) = (Nonce::assume_unique_for_key(nonce), Aad::from(public_id));
        self.key
            .seal_in_place_append_tag(unique, additional, &mut text)?;
        Ok([&nonce[..], &text].concat())
    }

    /// What was sealed for this public id.
    ///
    /// # Errors
    /// It was sealed for another id, with another master key, or was changed.
    pub fn open(&self, public_id: &str, sealed: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(Unspecified)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce)?;
        let mut text = text.to_vec();
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(public_id), &mut text)?;
        Ok(opened.to_vec())
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_own_key_alone() {
        let secrets = Secrets::new(&[7; MASTER_KEY_BYTES]).expect("a key");
        let sealed = secrets.seal("a", b"secret").expect("sealed");
        assert_eq!(secrets.open("a", &sealed).expect("opened"), b"secret");
        assert!(secrets.open("b", &sealed).is_err());
        assert!(secrets.open("a", &sealed[1..]).is_err());
        assert!(secrets.open("a", b"short").is_err());
        let other = Secrets::new(&[8; MASTER_KEY_BYTES]).expect("a key");
        assert!(other.open("a", &sealed).is_err());
        assert_ne!(sealed, secrets.seal("a", b"secret").expect("sealed again"));
    }
}
