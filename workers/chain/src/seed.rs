//! The secret side of deposit addresses: seed, account key, child key. Only the signer's process
//! holds them; each is overwritten when it goes.
//!
//! The curve's library takes keys by value, so copies on the stack are beyond reach here.

use bitcoin::bip32::{ChildNumber, Xpriv, Xpub};
use bitcoin::secp256k1::{Message, SecretKey};
use zeroize::Zeroizing;

use crate::curve::CURVE;
use crate::error::ChainError;
use crate::extended_key::{EXTERNAL, ExtendedKey, child_number};
use crate::network::BitcoinNetwork;
use crate::public_key::PublicKey;
use crate::signature::Signature;

/// Bytes of a seed (BIP39 makes as many of a mnemonic).
pub const SEED_BYTES: usize = 64;
/// BIP84: pay to witness public key hash.
const BITCOIN_PURPOSE: u32 = 84;
/// BIP44, and the number of Ether there (SLIP-44).
const EVM_PURPOSE: u32 = 44;
const ETHER_COIN_TYPE: u32 = 60;

/// What all deposit keys are derived from.
pub struct Seed(Zeroizing<[u8; SEED_BYTES]>);

impl Seed {
    /// From 64 bytes of good randomness.
    pub fn new(bytes: Zeroizing<[u8; SEED_BYTES]>) -> Seed {
        Seed(bytes)
    }

    /// `m/84'/c'/account'`, where c is the network's coin type.
    ///
    /// # Errors
    /// [`ChainError::IndexTooLarge`] for an account from 2^31.
    pub fn bitcoin_account(
        &self,
        network: BitcoinNetwork,
        account: u32,
    ) -> Result<AccountKey, ChainError> {
        self.account([BITCOIN_PURPOSE, network.coin_type(), account], network)
    }

    /// `m/44'/60'/account'`, the same on every EVM chain.
    ///
    /// # Errors
    /// [`ChainError::IndexTooLarge`] for an account from 2^31.
    pub fn evm_account(&self, account: u32) -> Result<AccountKey, ChainError> {
        let path = [EVM_PURPOSE, ETHER_COIN_TYPE, account];
        self.account(path, BitcoinNetwork::Mainnet)
    }

    /// The network only decides how the public side is written.
    fn account(&self, path: [u32; 3], network: BitcoinNetwork) -> Result<AccountKey, ChainError> {
        let network = bitcoin::Network::from(network);
        let mut key = Secret(Xpriv::new_master(network, &*self.0).map_err(no_key)?);
        for index in path {
            let hardened = ChildNumber::from_hardened_idx(index);
            let number = hardened.map_err(|_| ChainError::IndexTooLarge(index))?;
            key = key.child(number)?;
        }
        Ok(AccountKey {
            public: Xpub::from_priv(&CURVE, &key.0),
            external: key.child(EXTERNAL)?,
        })
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed")
    }
}

/// An account's key: it derives the key of each of its addresses.
pub struct AccountKey {
    public: Xpub,
    external: Secret,
}

impl AccountKey {
    /// The side that may be known outside.
    ///
    /// # Errors
    /// [`ChainError::NotAKey`], which does not happen (BIP32: less often than 1 in 2^127).
    pub fn extended_public(&self) -> Result<ExtendedKey, ChainError> {
        ExtendedKey::of(self.public)
    }

    /// The key `0/index`.
    ///
    /// # Errors
    /// [`ChainError::IndexTooLarge`] from 2^31.
    pub fn child(&self, index: u32) -> Result<PrivateKey, ChainError> {
        let child = self.external.child(child_number(index)?)?;
        Ok(PrivateKey(child.0.private_key))
    }
}

impl std::fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountKey({})", self.public)
    }
}

/// The key of one address.
pub struct PrivateKey(SecretKey);

impl PrivateKey {
    /// From its 32 bytes.
    ///
    /// # Errors
    /// [`ChainError::NotAKey`] for zero, and from the curve's order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<PrivateKey, ChainError> {
        let key = SecretKey::from_slice(bytes);
        key.map(PrivateKey)
            .map_err(|error| ChainError::NotAKey(error.to_string()))
    }

    /// Its public side.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.public_key(&CURVE))
    }

    /// Signs a digest; the same one always gives the same signature (RFC 6979).
    pub fn sign(&self, digest: &[u8; 32]) -> Signature {
        Signature::of(CURVE.sign_ecdsa(&Message::from_digest(*digest), &self.0))
    }
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey of {}", self.public_key())
    }
}

/// An extended private key that is overwritten when it goes.
struct Secret(Xpriv);

impl Secret {
    fn child(&self, number: ChildNumber) -> Result<Secret, ChainError> {
        let child = self.0.derive_priv(&CURVE, &[number]);
        child.map(Secret).map_err(no_key)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.private_key.non_secure_erase();
    }
}

fn no_key(error: bitcoin::bip32::Error) -> ChainError {
    ChainError::NotAKey(error.to_string())
}
