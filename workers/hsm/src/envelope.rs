//! Envelope encryption: each content has a data key of its own, which only the token unwraps.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::error::HsmError;
use crate::wrapping_key::{Hsm, KEY_BYTES};

/// A content that was sealed.
pub struct Sealed {
    /// The label of the token's key that wrapped the data key.
    pub key_label: String,
    /// The data key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// Nonce, ciphertext and tag.
    pub content: Vec<u8>,
}

/// Seals a content with a new data key. It can only be opened with the same `context`.
///
/// # Errors
/// The token's.
pub fn seal(hsm: &Hsm, context: &[u8], mut content: Vec<u8>) -> Result<Sealed, HsmError> {
    let key = hsm.random::<KEY_BYTES>()?;
    let wrapped_key = hsm.wrap(&key, context)?;
    let mut nonce = [0; NONCE_LEN];
    let no_randomness = |_| HsmError::Failed("the system gave no randomness".to_owned());
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(no_randomness)?;
    let unique = Nonce::assume_unique_for_key(nonce);
    let tag = cipher(&key)?
        .seal_in_place_separate_tag(unique, Aad::from(context), &mut content)
        .map_err(|_| HsmError::Failed("the content is too long".to_owned()))?;
    let mut sealed = Vec::with_capacity(NONCE_LEN + content.len() + tag.as_ref().len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&content);
    sealed.extend_from_slice(tag.as_ref());
    Ok(Sealed {
        key_label: hsm.key_label().to_owned(),
        wrapped_key,
        content: sealed,
    })
}

/// Opens what [`seal`] gave.
///
/// # Errors
/// [`HsmError::Damaged`] where it was changed or belongs to another context; the token's.
pub fn open(hsm: &Hsm, context: &[u8], sealed: Sealed) -> Result<Vec<u8>, HsmError> {
    let key = hsm.unwrap(&sealed.key_label, &sealed.wrapped_key, context)?;
    let mut content = sealed.content;
    let nonce = content.get(..NONCE_LEN).ok_or(HsmError::Damaged)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| HsmError::Damaged)?;
    let opened = cipher(&key)?
        .open_within(nonce, Aad::from(context), &mut content, NONCE_LEN..)
        .map_err(|_| HsmError::Damaged)?;
    let length = opened.len();
    content.truncate(length);
    Ok(content)
}

fn cipher(key: &[u8; KEY_BYTES]) -> Result<LessSafeKey, HsmError> {
    let key = UnboundKey::new(&AES_256_GCM, key);
    let key = key.map_err(|_| HsmError::Failed("a data key has another length".to_owned()))?;
    Ok(LessSafeKey::new(key))
}
