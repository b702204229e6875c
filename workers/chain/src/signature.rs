//! A signature over 32 bytes as a token or a derived key gives it, in the forms that chains want.

use alloy::primitives::{B256, Signature as EvmSignature, U256};
use bitcoin::secp256k1::{Message, ecdsa};

use crate::curve::CURVE;
use crate::error::ChainError;
use crate::public_key::PublicKey;

/// Added to the parity in the last byte of a signature for a contract (`ecrecover`).
const RECOVERY_BASE: u8 = 27;

/// r and s, with s in the lower half of the order (BIP146, EIP-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(ecdsa::Signature);

impl Signature {
    /// From r and s, 32 bytes each, big-endian. A high s is replaced by its negative, which signs
    /// the same.
    ///
    /// # Errors
    /// [`ChainError::BadSignature`] where r or s is no number of the curve's order.
    pub fn from_bytes(bytes: &[u8; 64]) -> Result<Signature, ChainError> {
        let read = ecdsa::Signature::from_compact(bytes);
        let mut signature = read.map_err(|_| ChainError::BadSignature)?;
        signature.normalize_s();
        Ok(Signature(signature))
    }

    pub(crate) fn of(signature: ecdsa::Signature) -> Signature {
        Signature(signature)
    }

    /// r and s, 32 bytes each, big-endian.
    pub fn bytes(&self) -> [u8; 64] {
        self.0.serialize_compact()
    }

    /// As Bitcoin has it in a witness, but without the byte of the signature hash's type.
    pub fn der(&self) -> Vec<u8> {
        self.0.serialize_der().to_vec()
    }

    /// Whether the key made it over the digest.
    ///
    /// # Errors
    /// [`ChainError::BadSignature`] where it did not.
    pub fn verify(&self, digest: &[u8; 32], key: &PublicKey) -> Result<(), ChainError> {
        let message = Message::from_digest(*digest);
        let verified = CURVE.verify_ecdsa(&message, &self.0, &key.0);
        verified.map_err(|_| ChainError::BadSignature)
    }

    /// As an EVM chain has it in a transaction: with the parity by which the key is recovered.
    ///
    /// # Errors
    /// [`ChainError::BadSignature`] where the key did not make it over the digest.
    pub fn recoverable(
        &self,
        digest: &[u8; 32],
        key: &PublicKey,
    ) -> Result<EvmSignature, ChainError> {
        let bytes = self.bytes();
        let (r, s) = bytes.split_at(32);
        let (r, s) = (U256::from_be_slice(r), U256::from_be_slice(s));
        let (digest, address) = (B256::from(*digest), key.evm_address());
        let candidates = [false, true].map(|parity| EvmSignature::new(r, s, parity));
        let mut candidates = candidates.into_iter();
        let found = candidates.find(|signature| {
            let recovered = signature.recover_address_from_prehash(&digest);
            recovered.is_ok_and(|signer| signer == address)
        });
        found.ok_or(ChainError::BadSignature)
    }

    /// As a contract takes it: r, s and 27 or 28.
    ///
    /// # Errors
    /// As [`Signature::recoverable`].
    pub fn for_contract(&self, digest: &[u8; 32], key: &PublicKey) -> Result<[u8; 65], ChainError> {
        let parity = self.recoverable(digest, key)?.v();
        let mut bytes = [RECOVERY_BASE + u8::from(parity); 65];
        bytes[..64].copy_from_slice(&self.bytes());
        Ok(bytes)
    }

    pub(crate) fn inner(&self) -> ecdsa::Signature {
        self.0
    }
}
