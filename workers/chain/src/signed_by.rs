//! A signature beside the key that made it, as files that are carried to offline signers have it.

use serde::{Deserialize, Serialize};

use crate::error::ChainError;
use crate::public_key::PublicKey;
use crate::signature::Signature;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignedBy {
    public_key: String,
    signature: String,
}

impl SignedBy {
    pub(crate) fn new((key, signature): &(PublicKey, Signature)) -> SignedBy {
        SignedBy {
            public_key: key.to_string(),
            signature: hex::encode(signature.bytes()),
        }
    }

    /// Whoever reads it verifies it.
    pub(crate) fn read(&self) -> Result<(PublicKey, Signature), ChainError> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(&self.signature, &mut bytes)
            .map_err(|_| ChainError::Malformed("a signature"))?;
        Ok((self.public_key.parse()?, Signature::from_bytes(&bytes)?))
    }
}
