//! The file of a statement of reserves that is carried to an offline signer and back, as JSON. Its
//! text is all that is signed, as people sign messages: no signature could move a coin.

use serde::{Deserialize, Serialize};

use crate::control::{Custom, digest};
use crate::error::ChainError;
use crate::network::Network;
use crate::public_key::PublicKey;
use crate::signature::Signature;
use crate::signed_by::SignedBy;
use crate::unsigned::MAX_FILE_BYTES;

const KIND: &str = "reserves-statement";
/// What every statement begins with, and nothing else that is ever signed.
const HEAD: &str = "Proof of reserves ";

/// A statement with the signatures it has so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementFile {
    /// Its proof.
    pub proof_id: i64,
    /// The network as the exchange names it.
    pub place: String,
    /// The network.
    pub network: Network,
    /// What is signed.
    pub text: String,
    /// Who signed it; each was verified.
    pub signatures: Vec<(PublicKey, Signature)>,
}

impl StatementFile {
    /// Whether a file says that it is one.
    pub fn is_one(file: &str) -> bool {
        #[derive(Deserialize)]
        struct Named {
            kind: String,
        }
        file.len() <= MAX_FILE_BYTES
            && serde_json::from_str::<Named>(file).is_ok_and(|named| named.kind == KIND)
    }

    /// How the network's people sign texts.
    pub fn custom(&self) -> Custom {
        match self.network {
            Network::Bitcoin(_) => Custom::Bitcoin,
            Network::Evm(_) => Custom::Evm,
        }
    }

    /// The 32 bytes that are signed.
    pub fn digest(&self) -> [u8; 32] {
        digest(self.custom(), &self.text)
    }

    /// Adds a signature; a key's second one replaces its first.
    ///
    /// # Errors
    /// [`ChainError::BadSignature`].
    pub fn add(&mut self, key: PublicKey, signature: Signature) -> Result<(), ChainError> {
        signature.verify(&self.digest(), &key)?;
        self.signatures.retain(|(signer, _)| *signer != key);
        self.signatures.push((key, signature));
        Ok(())
    }

    /// As a JSON document.
    ///
    /// # Errors
    /// [`ChainError::Malformed`], which does not happen.
    pub fn document(&self) -> Result<String, ChainError> {
        let document = Document {
            kind: KIND.to_owned(),
            proof_id: self.proof_id,
            place: self.place.clone(),
            network: self.network.to_string(),
            text: self.text.clone(),
            signatures: self.signatures.iter().map(SignedBy::new).collect(),
        };
        let text = serde_json::to_string_pretty(&document);
        text.map_err(|_| ChainError::Malformed("a statement"))
    }

    /// Reads it back: the text must be a statement's, and each signature its key's.
    ///
    /// # Errors
    /// [`ChainError::Malformed`], [`ChainError::Foreign`], [`ChainError::BadSignature`].
    pub fn read(file: &str) -> Result<StatementFile, ChainError> {
        let malformed = ChainError::Malformed("a statement of reserves in JSON");
        if !StatementFile::is_one(file) {
            return Err(malformed);
        }
        let read: Result<Document, _> = serde_json::from_str(file);
        let document = read.map_err(|_| malformed.clone())?;
        if !document.text.starts_with(HEAD) {
            return Err(ChainError::Foreign("no statement of reserves".to_owned()));
        }
        let mut statement = StatementFile {
            proof_id: document.proof_id,
            place: document.place,
            network: document.network.parse()?,
            text: document.text,
            signatures: Vec::new(),
        };
        for signed in document.signatures {
            let (key, signature) = signed.read()?;
            statement.add(key, signature)?;
        }
        Ok(statement)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    kind: String,
    proof_id: i64,
    place: String,
    network: String,
    text: String,
    signatures: Vec<SignedBy>,
}
