//! A transaction of an EVM account, with the fees of EIP-1559: built, signed elsewhere, read back,
//! replaced under the same number.

use alloy::consensus::{SignableTransaction as _, Signed, TxEip1559};
use alloy::eips::eip2718::{Decodable2718 as _, Encodable2718 as _};
use alloy::eips::eip2930::AccessList;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};

use crate::error::ChainError;
use crate::public_key::PublicKey;
use crate::signature::Signature;

/// A replacement's fees are at least 9/8 of the old ones, more than any node's rule (geth: 110 %).
const BUMP: (u128, u128) = (9, 8);

/// Fees of a transaction, in wei a unit of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GasFees {
    /// At most, base fee and tip together.
    pub max_fee_per_gas: u128,
    /// The tip.
    pub max_priority_fee_per_gas: u128,
}

/// A transaction that is to be signed. It always calls or pays somebody; it makes no contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvmTransaction {
    /// On which chain.
    pub chain_id: u64,
    /// The account's number of it.
    pub nonce: u64,
    /// Whom it pays or calls.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// What it says.
    pub input: Bytes,
    /// Gas at most.
    pub gas_limit: u64,
    /// What it pays for gas.
    pub fees: GasFees,
}

/// A transaction that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedEvmTransaction {
    /// What nodes take.
    pub bytes: Vec<u8>,
    /// Its name.
    pub hash: B256,
}

impl EvmTransaction {
    /// What its account signs.
    pub fn signing_hash(&self) -> B256 {
        self.inner().signature_hash()
    }

    /// The most that it can cost, value included; `None` where that does not fit.
    pub fn max_cost(&self) -> Option<U256> {
        let gas = U256::from(self.gas_limit).checked_mul(U256::from(self.fees.max_fee_per_gas))?;
        gas.checked_add(self.value)
    }

    /// With its signature.
    ///
    /// # Errors
    /// [`ChainError::BadSignature`] where it is not the key's.
    pub fn signed(
        &self,
        key: &PublicKey,
        signature: &Signature,
    ) -> Result<SignedEvmTransaction, ChainError> {
        let signature = signature.recoverable(&self.signing_hash(), key)?;
        let signed = self.inner().into_signed(signature);
        Ok(SignedEvmTransaction {
            bytes: signed.encoded_2718(),
            hash: *signed.hash(),
        })
    }

    /// The same again under the same number, for `wanted` fees, but at least so much more than
    /// before that every node replaces the old one. `None` where that does not fit.
    pub fn bumped(&self, wanted: GasFees) -> Option<EvmTransaction> {
        let raised = |old: u128| Some(old.checked_mul(BUMP.0)?.div_ceil(BUMP.1).max(old + 1));
        let tip = raised(self.fees.max_priority_fee_per_gas)?;
        let tip = tip.max(wanted.max_priority_fee_per_gas);
        let most = raised(self.fees.max_fee_per_gas)?.max(wanted.max_fee_per_gas);
        Some(EvmTransaction {
            fees: GasFees {
                max_fee_per_gas: most.max(tip),
                max_priority_fee_per_gas: tip,
            },
            ..self.clone()
        })
    }

    fn inner(&self) -> TxEip1559 {
        TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: self.gas_limit,
            max_fee_per_gas: self.fees.max_fee_per_gas,
            max_priority_fee_per_gas: self.fees.max_priority_fee_per_gas,
            to: TxKind::Call(self.to),
            value: self.value,
            access_list: AccessList::default(),
            input: self.input.clone(),
        }
    }
}

impl SignedEvmTransaction {
    /// Reads the bytes back: the transaction, and who signed it.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] where they are no such transaction; [`ChainError::BadSignature`].
    pub fn read(bytes: &[u8]) -> Result<(EvmTransaction, Address), ChainError> {
        let malformed = ChainError::Malformed("a transaction of EIP-1559");
        let mut rest = bytes;
        let signed = Signed::<TxEip1559>::decode_2718(&mut rest).map_err(|_| malformed.clone())?;
        let transaction = signed.tx();
        let TxKind::Call(to) = transaction.to else {
            return Err(malformed);
        };
        if !rest.is_empty() || !transaction.access_list.is_empty() {
            return Err(malformed);
        }
        let sender = signed
            .recover_signer()
            .map_err(|_| ChainError::BadSignature)?;
        let read = EvmTransaction {
            chain_id: transaction.chain_id,
            nonce: transaction.nonce,
            to,
            value: transaction.value,
            input: transaction.input.clone(),
            gas_limit: transaction.gas_limit,
            fees: GasFees {
                max_fee_per_gas: transaction.max_fee_per_gas,
                max_priority_fee_per_gas: transaction.max_priority_fee_per_gas,
            },
        };
        Ok((read, sender))
    }
}
