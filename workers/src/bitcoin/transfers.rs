//! What a Bitcoin transaction moves: every output with its script, every output that it uses up.

use bitcoin::hashes::Hash as _;
use bitcoin::{Network, Transaction};
use client::{ChainSpend, ChainTransfer};

use super::sources::source;

/// Where newly made coins come from.
pub(super) const COINBASE: &str = "coinbase";

/// Bytes of a hash as the tables have them, first byte first as tools print them.
pub(super) fn hash_bytes(mut wire: [u8; 32]) -> [u8; 32] {
    wire.reverse();
    wire
}

/// Its outputs; those that nobody can spend are left out.
pub(super) fn transfers(transaction: &Transaction, chain: Network) -> Vec<ChainTransfer> {
    let txid = hash_bytes(transaction.compute_txid().to_byte_array());
    let from_address = match transaction.is_coinbase() {
        true => Some(COINBASE.to_owned()),
        false => source(transaction, chain),
    };
    (0..)
        .zip(&transaction.output)
        .filter(|(_, output)| !output.script_pubkey.is_op_return())
        .map(|(index, output): (u32, _)| ChainTransfer {
            txid,
            position: format!("output:{index}"),
            script: output.script_pubkey.to_bytes(),
            contract: None,
            atoms: output.value.to_sat().to_string(),
            from_address: from_address.clone(),
        })
        .collect()
}

/// What it uses up.
pub(super) fn spends(transaction: &Transaction) -> Vec<ChainSpend> {
    if transaction.is_coinbase() {
        return Vec::new();
    }
    let txid = hash_bytes(transaction.compute_txid().to_byte_array());
    let inputs = transaction.input.iter().filter_map(|input| {
        let point = input.previous_output;
        Some(ChainSpend {
            txid,
            spent_txid: hash_bytes(point.txid.to_byte_array()),
            // No block has room for more outputs than that.
            spent_index: point.vout.try_into().ok()?,
        })
    });
    inputs.collect()
}
