//! An EVM transaction before it is signed, as bytes that are kept and read back (EIP-2718: what is
//! hashed for the signature).

use alloy::consensus::{SignableTransaction as _, TxEip1559};
use alloy::eips::eip2930::AccessList;
use alloy::primitives::{B256, TxKind};
use alloy::rlp::Decodable as _;
use anyhow::{Context as _, bail, ensure};
use chain::evm_transaction::{EvmTransaction, GasFees};
use chain::public_key::PublicKey;
use chain::signature::Signature;

/// First byte of a transaction of EIP-1559.
const KIND: u8 = 2;

/// The bytes of a transaction without its signature.
pub(crate) fn unsigned(transaction: &EvmTransaction) -> Vec<u8> {
    let inner = TxEip1559 {
        chain_id: transaction.chain_id,
        nonce: transaction.nonce,
        gas_limit: transaction.gas_limit,
        max_fee_per_gas: transaction.fees.max_fee_per_gas,
        max_priority_fee_per_gas: transaction.fees.max_priority_fee_per_gas,
        to: TxKind::Call(transaction.to),
        value: transaction.value,
        access_list: AccessList::default(),
        input: transaction.input.clone(),
    };
    inner.encoded_for_signing()
}

/// Reads [`unsigned`] back. What does not give the same bytes again is refused.
///
/// # Errors
/// They are no such transaction.
pub(crate) fn read_unsigned(bytes: &[u8]) -> anyhow::Result<EvmTransaction> {
    let Some((&KIND, mut rest)) = bytes.split_first() else {
        bail!("these bytes are no unsigned transaction");
    };
    let inner = TxEip1559::decode(&mut rest).context("an unsigned transaction")?;
    let TxKind::Call(to) = inner.to else {
        bail!("a transaction that makes a contract");
    };
    let transaction = EvmTransaction {
        chain_id: inner.chain_id,
        nonce: inner.nonce,
        to,
        value: inner.value,
        input: inner.input,
        gas_limit: inner.gas_limit,
        fees: GasFees {
            max_fee_per_gas: inner.max_fee_per_gas,
            max_priority_fee_per_gas: inner.max_priority_fee_per_gas,
        },
    };
    ensure!(
        unsigned(&transaction) == bytes,
        "an unsigned transaction with more than is known"
    );
    Ok(transaction)
}

/// The signature of 65 bytes (r, s, 27 or 28) and the key that made it over a digest.
///
/// # Errors
/// They are none.
pub(crate) fn signer_of(digest: &B256, bytes: &[u8]) -> anyhow::Result<(PublicKey, Signature)> {
    let signature = alloy::primitives::Signature::from_raw(bytes).context("a signature")?;
    let key = signature
        .recover_from_prehash(digest)
        .context("a signature")?;
    let key = PublicKey::from_bytes(&key.to_sec1_bytes())?;
    let mut plain = [0; 64];
    plain.copy_from_slice(&bytes[..64]);
    Ok((key, Signature::from_bytes(&plain)?))
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{Address, Bytes, U256};

    use super::*;

    #[test]
    fn an_unsigned_transaction_is_read_as_it_was_written() {
        let transaction = EvmTransaction {
            chain_id: 31_337,
            nonce: 7,
            to: Address::repeat_byte(3),
            value: U256::from(5),
            input: Bytes::from_static(b"input"),
            gas_limit: 21_000,
            fees: GasFees {
                max_fee_per_gas: 9,
                max_priority_fee_per_gas: 1,
            },
        };
        let bytes = unsigned(&transaction);
        assert_eq!(read_unsigned(&bytes).expect("read"), transaction);
        assert_eq!(
            transaction.signing_hash(),
            alloy::primitives::keccak256(&bytes)
        );
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(read_unsigned(&longer).is_err());
        assert!(read_unsigned(&bytes[1..]).is_err());
    }
}
