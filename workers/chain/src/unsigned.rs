//! Files that are carried to an offline signer and back: a PSBT for Bitcoin (BIP174, base64), a
//! JSON document for a Safe's transaction. What is read is verified before it is believed.

use std::str::FromStr as _;

use alloy::primitives::{Address, B256, Bytes, U256};
use bitcoin::Psbt;
use serde::{Deserialize, Serialize};

use crate::error::ChainError;
use crate::public_key::PublicKey;
use crate::safe::SafeTransaction;
use crate::signature::Signature;
use crate::signed_by::SignedBy;

/// The largest file of either kind, in bytes: a PSBT has the transactions that it spends.
pub const MAX_FILE_BYTES: usize = 32 << 20;

/// A PSBT as text, with a line's end.
pub fn psbt_text(psbt: &Psbt) -> String {
    format!("{psbt}\n")
}

/// Reads it back. Whose it is, [`crate::spend::Spend::read`] says; signatures are taken over by
/// [`crate::signing::merge`].
///
/// # Errors
/// [`ChainError::Malformed`].
pub fn read_psbt(text: &str) -> Result<Psbt, ChainError> {
    let malformed = ChainError::Malformed("a PSBT in base64");
    if text.len() > MAX_FILE_BYTES {
        return Err(malformed);
    }
    Psbt::from_str(text.trim()).map_err(|_| malformed)
}

/// A Safe's transaction with the signatures it has so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeFile {
    /// What is to be signed.
    pub transaction: SafeTransaction,
    /// Who signed it; each was verified.
    pub signatures: Vec<(PublicKey, Signature)>,
}

impl SafeFile {
    /// Adds a signature; a key's second one replaces its first.
    ///
    /// # Errors
    /// [`ChainError::BadSignature`].
    pub fn add(&mut self, key: PublicKey, signature: Signature) -> Result<(), ChainError> {
        signature.verify(&self.transaction.hash(), &key)?;
        self.signatures.retain(|(signer, _)| *signer != key);
        self.signatures.push((key, signature));
        Ok(())
    }

    /// As a JSON document.
    ///
    /// # Errors
    /// [`ChainError::Malformed`], which does not happen.
    pub fn text(&self) -> Result<String, ChainError> {
        let transaction = &self.transaction;
        let document = Document {
            kind: KIND.to_owned(),
            chain_id: transaction.chain_id,
            safe: transaction.safe,
            to: transaction.to,
            value: transaction.value.to_string(),
            data: transaction.data.clone(),
            operation: 0,
            safe_tx_gas: transaction.safe_tx_gas,
            base_gas: 0,
            gas_price: 0,
            gas_token: Address::ZERO,
            refund_receiver: Address::ZERO,
            nonce: transaction.nonce,
            hash: transaction.hash(),
            signatures: self.signatures.iter().map(SignedBy::new).collect(),
        };
        let text = serde_json::to_string_pretty(&document);
        text.map_err(|_| ChainError::Malformed("a Safe transaction"))
    }

    /// Reads it back: the hash must be its own, and each signature its key's.
    ///
    /// # Errors
    /// [`ChainError::Malformed`], [`ChainError::Foreign`], [`ChainError::BadSignature`].
    pub fn read(text: &str) -> Result<SafeFile, ChainError> {
        let malformed = ChainError::Malformed("a Safe transaction in JSON");
        if text.len() > MAX_FILE_BYTES {
            return Err(malformed);
        }
        let read: Result<Document, _> = serde_json::from_str(text);
        let document = read.map_err(|_| malformed.clone())?;
        let fixed = (document.operation, document.base_gas, document.gas_price);
        let nobody = [document.gas_token, document.refund_receiver];
        if document.kind != KIND || fixed != (0, 0, 0) || nobody != [Address::ZERO; 2] {
            return Err(ChainError::Foreign("a call of another kind".to_owned()));
        }
        let transaction = SafeTransaction {
            chain_id: document.chain_id,
            safe: document.safe,
            to: document.to,
            value: U256::from_str(&document.value).map_err(|_| malformed.clone())?,
            data: document.data,
            safe_tx_gas: document.safe_tx_gas,
            nonce: document.nonce,
        };
        if transaction.hash() != document.hash {
            return Err(ChainError::Foreign("the hash is another's".to_owned()));
        }
        let mut file = SafeFile {
            transaction,
            signatures: Vec::new(),
        };
        for signed in document.signatures {
            let (key, signature) = signed.read()?;
            file.add(key, signature)?;
        }
        Ok(file)
    }
}

const KIND: &str = "safe-transaction";

/// The names are those that Safe's own programs use, where they have one.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    kind: String,
    chain_id: u64,
    safe: Address,
    to: Address,
    value: String,
    data: Bytes,
    operation: u8,
    safe_tx_gas: u64,
    base_gas: u64,
    gas_price: u64,
    gas_token: Address,
    refund_receiver: Address,
    nonce: u64,
    hash: B256,
    signatures: Vec<SignedBy>,
}
