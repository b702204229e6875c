//! A public key of secp256k1, compressed: of a deposit address, of a hot wallet's signer.

use std::fmt;
use std::str::FromStr;

use alloy::primitives::Address;
use bitcoin::secp256k1;

use crate::error::ChainError;

/// A point of the curve. Ordered as its 33 bytes are, which is the order of BIP67.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub(crate) secp256k1::PublicKey);

impl PublicKey {
    /// From 33 bytes (compressed) or 65 (uncompressed).
    ///
    /// # Errors
    /// [`ChainError::NotAKey`] where they are no point.
    pub fn from_bytes(bytes: &[u8]) -> Result<PublicKey, ChainError> {
        let key = secp256k1::PublicKey::from_slice(bytes);
        key.map(PublicKey)
            .map_err(|error| ChainError::NotAKey(error.to_string()))
    }

    /// The 33 bytes.
    pub fn bytes(&self) -> [u8; 33] {
        self.0.serialize()
    }

    /// The account on an EVM chain that it controls.
    pub fn evm_address(&self) -> Address {
        // Without the first byte, which says that it is uncompressed.
        Address::from_raw_public_key(&self.0.serialize_uncompressed()[1..])
    }
}

impl FromStr for PublicKey {
    type Err = ChainError;

    /// From hexadecimal digits.
    fn from_str(text: &str) -> Result<PublicKey, ChainError> {
        let bytes = hex::decode(text).map_err(|error| ChainError::NotAKey(error.to_string()))?;
        PublicKey::from_bytes(&bytes)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}
