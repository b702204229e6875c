//! Proof of reserves: that who publishes a text controls a wallet. Its keys sign the text as people
//! sign messages on either kind of chain, so that no signature could ever move a coin.

use alloy::primitives::{Address, eip191_hash_message};
use bitcoin::hashes::Hash as _;
use bitcoin::sign_message::signed_msg_hash;

use crate::bitcoin_wallet::{BitcoinWallet, HOT_KEYS, HOT_THRESHOLD};
use crate::network::BitcoinNetwork;
use crate::public_key::PublicKey;
use crate::signature::Signature;

/// A kind of chain, and how its people sign texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Custom {
    /// Two times SHA-256 over the text with its head, `Bitcoin Signed Message`.
    Bitcoin,
    /// A personal message (EIP-191).
    Evm,
}

/// What is said to control a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// `wsh(sortedmulti(2,A,B,C))`: the address follows from the keys.
    Script(BitcoinNetwork, Vec<PublicKey>),
    /// Owners of a Safe, two of whom act. That they are its owners, the chain says (`getOwners`).
    Owners(Vec<Address>),
    /// One key of an EVM chain: the address follows from it.
    Single,
}

/// Why control is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlReject {
    /// The description of a wallet cannot be read.
    #[error("the wallet's description cannot be read")]
    UnknownForm,
    /// The keys have another address.
    #[error("the keys have another address")]
    AnotherAddress,
    /// Too few of the wallet's keys have signed.
    #[error("too few of the wallet's keys have signed")]
    TooFew,
}

/// The 32 bytes that are signed.
pub fn digest(custom: Custom, text: &str) -> [u8; 32] {
    match custom {
        Custom::Bitcoin => signed_msg_hash(text).to_byte_array(),
        Custom::Evm => eip191_hash_message(text).0,
    }
}

impl Keys {
    /// From the wallet's description as it is published: a descriptor, owners by comma, or none.
    ///
    /// # Errors
    /// [`ControlReject::UnknownForm`].
    pub fn parse(
        custom: Custom,
        chain: &str,
        descriptor: Option<&str>,
    ) -> Result<Keys, ControlReject> {
        let unknown = ControlReject::UnknownForm;
        match (custom, descriptor) {
            (Custom::Bitcoin, Some(text)) => {
                let network = chain.parse().map_err(|_| unknown)?;
                let (_, inner) = text.split_once("(sortedmulti(2,").ok_or(unknown)?;
                let (keys, _) = inner.split_once(')').ok_or(unknown)?;
                let keys = keys.split(',').map(str::parse);
                let keys = keys.collect::<Result<_, _>>().map_err(|_| unknown)?;
                Ok(Keys::Script(network, keys))
            }
            (Custom::Evm, Some(text)) => {
                let owners = text.split(',').map(|owner| owner.trim().parse());
                let owners = owners.collect::<Result<_, _>>().map_err(|_| unknown)?;
                Ok(Keys::Owners(owners))
            }
            (Custom::Evm, None) => Ok(Keys::Single),
            (Custom::Bitcoin, None) => Err(unknown),
        }
    }

    /// Whether a key is one of the wallet's. Of a single one only its address is known here.
    pub fn has(&self, key: &PublicKey) -> bool {
        match self {
            Keys::Script(_, keys) => keys.contains(key),
            Keys::Owners(owners) => owners.contains(&key.evm_address()),
            Keys::Single => false,
        }
    }

    /// Whether those who signed the digest control the address.
    ///
    /// # Errors
    /// [`ControlReject::AnotherAddress`], [`ControlReject::TooFew`].
    pub fn verify(
        &self,
        address: &str,
        digest: &[u8; 32],
        signatures: &[(PublicKey, Signature)],
    ) -> Result<(), ControlReject> {
        let mut signed: Vec<PublicKey> = signatures
            .iter()
            .filter(|(key, signature)| signature.verify(digest, key).is_ok())
            .map(|(key, _)| *key)
            .collect();
        signed.sort_unstable();
        signed.dedup();
        let enough = match self {
            Keys::Script(network, keys) => {
                let keys: [PublicKey; HOT_KEYS] = keys
                    .clone()
                    .try_into()
                    .map_err(|_| ControlReject::UnknownForm)?;
                let wallet = BitcoinWallet::new(*network, keys, None);
                let wallet = wallet.map_err(|_| ControlReject::UnknownForm)?;
                if wallet.hot_address() != address {
                    return Err(ControlReject::AnotherAddress);
                }
                signed.iter().filter(|key| keys.contains(key)).count() >= HOT_THRESHOLD
            }
            Keys::Owners(owners) => {
                let mut acting: Vec<Address> = signed.iter().map(PublicKey::evm_address).collect();
                acting.retain(|signer| owners.contains(signer));
                acting.len() >= HOT_THRESHOLD
            }
            Keys::Single => {
                let wanted: Address = address.parse().map_err(|_| ControlReject::UnknownForm)?;
                signed.iter().any(|key| key.evm_address() == wanted)
            }
        };
        match enough {
            true => Ok(()),
            false => Err(ControlReject::TooFew),
        }
    }
}
