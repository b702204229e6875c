//! An account's extended public key (BIP32): all that is needed to give out deposit addresses and
//! to recognise them. It cannot spend.

use std::fmt;
use std::str::FromStr;

use alloy::primitives::Address;
use bitcoin::bip32::{ChildNumber, Fingerprint, Xpub};
use bitcoin::{CompressedPublicKey, NetworkKind, ScriptBuf, base58};

use crate::curve::CURVE;
use crate::error::ChainError;
use crate::network::BitcoinNetwork;
use crate::public_key::PublicKey;

/// The branch of addresses that are given to others (BIP44).
pub(crate) const EXTERNAL: ChildNumber = ChildNumber::Normal { index: 0 };
/// `m/purpose'/coin'/account'`.
const ACCOUNT_DEPTH: u8 = 3;
/// First bytes of xpub and tpub (BIP32), and of zpub and vpub (SLIP-132).
const XPUB: [u8; 4] = [0x04, 0x88, 0xb2, 0x1e];
const TPUB: [u8; 4] = [0x04, 0x35, 0x87, 0xcf];
const ZPUB: [u8; 4] = [0x04, 0xb2, 0x47, 0x46];
const VPUB: [u8; 4] = [0x04, 0x5f, 0x1c, 0xf6];

/// An account's key, and the branch of its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedKey {
    account: Xpub,
    external: Xpub,
}

/// A Bitcoin address that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitcoinDeposit {
    /// As users see it.
    pub address: String,
    /// As outputs have it.
    pub script: ScriptBuf,
    /// Whose key spends it.
    pub public_key: PublicKey,
}

impl ExtendedKey {
    /// # Errors
    /// [`ChainError::NotAKey`] where it is no key of an account.
    pub(crate) fn of(account: Xpub) -> Result<ExtendedKey, ChainError> {
        if account.depth != ACCOUNT_DEPTH || account.child_number.is_normal() {
            let words = format!("an account's key has depth {ACCOUNT_DEPTH} and is hardened");
            return Err(ChainError::NotAKey(words));
        }
        let external = derive(&account, EXTERNAL)?;
        Ok(ExtendedKey { account, external })
    }

    /// The public key `0/index`.
    ///
    /// # Errors
    /// [`ChainError::IndexTooLarge`] from 2^31.
    pub fn child(&self, index: u32) -> Result<PublicKey, ChainError> {
        let child = derive(&self.external, child_number(index)?)?;
        Ok(PublicKey(child.public_key))
    }

    /// The Bitcoin address `0/index`: pay to witness public key hash (BIP84).
    ///
    /// # Errors
    /// [`ChainError::IndexTooLarge`]; [`ChainError::NotAKey`] where the key is of the other kind
    /// of network.
    pub fn bitcoin_deposit(
        &self,
        index: u32,
        network: BitcoinNetwork,
    ) -> Result<BitcoinDeposit, ChainError> {
        let network = bitcoin::Network::from(network);
        if self.account.network != NetworkKind::from(network) {
            let words = format!("an extended key of {network} is needed");
            return Err(ChainError::NotAKey(words));
        }
        let public_key = self.child(index)?;
        let address = bitcoin::Address::p2wpkh(&CompressedPublicKey(public_key.0), network);
        Ok(BitcoinDeposit {
            script: address.script_pubkey(),
            address: address.to_string(),
            public_key,
        })
    }

    /// The EVM account `0/index`; `to_string` gives it with its checksum (EIP-55).
    ///
    /// # Errors
    /// [`ChainError::IndexTooLarge`] from 2^31.
    pub fn evm_deposit(&self, index: u32) -> Result<Address, ChainError> {
        Ok(self.child(index)?.evm_address())
    }

    /// What names the key in a PSBT.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.account.fingerprint()
    }
}

impl FromStr for ExtendedKey {
    type Err = ChainError;

    /// From xpub or tpub, or zpub or vpub, which say the same in other letters.
    fn from_str(text: &str) -> Result<ExtendedKey, ChainError> {
        let wrong = |words: String| ChainError::NotAKey(words);
        let mut bytes = base58::decode_check(text).map_err(|error| wrong(error.to_string()))?;
        for (other, usual) in [(ZPUB, XPUB), (VPUB, TPUB)] {
            if bytes.starts_with(&other) {
                bytes[..4].copy_from_slice(&usual);
            }
        }
        let account = Xpub::decode(&bytes).map_err(|error| wrong(error.to_string()))?;
        ExtendedKey::of(account)
    }
}

impl fmt::Display for ExtendedKey {
    /// As xpub or tpub.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.account.fmt(f)
    }
}

pub(crate) fn child_number(index: u32) -> Result<ChildNumber, ChainError> {
    ChildNumber::from_normal_idx(index).map_err(|_| ChainError::IndexTooLarge(index))
}

fn derive(key: &Xpub, number: ChildNumber) -> Result<Xpub, ChainError> {
    let child = key.ckd_pub(&CURVE, number);
    child.map_err(|error| ChainError::NotAKey(error.to_string()))
}
