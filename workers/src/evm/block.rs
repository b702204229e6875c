//! What an EVM block moves, from its transactions and their receipts: value, and logs of listed
//! contracts. What failed moves nothing.

use std::collections::HashMap;

use alloy::primitives::{Address, B256, Bytes, U64, U256};
use anyhow::{Context as _, ensure};
use chain::erc20::{TokenTransfer, read_transfer};
use client::ChainTransfer;
use serde::Deserialize;

/// Gas of a transaction that only moves value: it runs no code.
const PLAIN_GAS: u64 = 21_000;
/// Validators are paid in gwei.
const WEI_A_GWEI: u64 = 1_000_000_000;

/// `eth_getBlockByNumber` with whole transactions; of one that waits some fields are missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Block {
    pub(super) number: Option<U64>,
    pub(super) hash: Option<B256>,
    pub(super) parent_hash: B256,
    pub(super) timestamp: U64,
    pub(super) transactions: Vec<Sent>,
    /// What validators take out of staking (EIP-4895).
    #[serde(default)]
    withdrawals: Option<Vec<Withdrawal>>,
}

/// What a validator takes out: no transaction carries it.
#[derive(Debug, Deserialize)]
struct Withdrawal {
    index: U64,
    address: Address,
    /// In gwei.
    amount: U64,
}

/// A transaction.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    pub(super) hash: B256,
    pub(super) from: Address,
    pub(super) to: Option<Address>,
    pub(super) value: U256,
    pub(super) input: Bytes,
}

/// `eth_getBlockReceipts`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Receipt {
    pub(super) transaction_hash: B256,
    pub(super) block_hash: B256,
    pub(super) status: U64,
    pub(super) gas_used: U64,
    pub(super) logs: Vec<Log>,
}

/// What a contract wrote.
#[derive(Debug, Deserialize)]
pub(super) struct Log {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl Receipt {
    fn is_success(&self) -> bool {
        self.status == U64::from(1)
    }

    /// Whether it ran code that may have moved value by calls of its own.
    pub(super) fn ran_code(&self) -> bool {
        self.is_success() && self.gas_used > U64::from(PLAIN_GAS)
    }
}

/// What came by value and by logs, of transactions that went through.
pub(super) fn moved(
    block: &Block,
    receipts: &[Receipt],
    contracts: &[Vec<u8>],
) -> anyhow::Result<Vec<ChainTransfer>> {
    let hash = block.hash.context("the block has no hash")?;
    ensure!(
        receipts.iter().all(|receipt| receipt.block_hash == hash),
        "the receipts are of another block"
    );
    let by_hash = receipts.iter().map(|one| (one.transaction_hash, one));
    let by_hash: HashMap<B256, &Receipt> = by_hash.collect();
    let mut moved = Vec::new();
    for sent in &block.transactions {
        let receipt = by_hash.get(&sent.hash).context("a receipt is missing")?;
        if receipt.is_success() {
            moved.extend(by_value(sent));
            moved.extend(by_logs(sent, receipt, contracts));
        }
    }
    let taken_out = block.withdrawals.iter().flatten();
    moved.extend(taken_out.map(|one| by_withdrawal(hash, one)));
    Ok(moved)
}

/// The block's hash stands for the transaction that there is not.
fn by_withdrawal(block: B256, one: &Withdrawal) -> ChainTransfer {
    let position = format!("withdrawal:{}", one.index);
    let wei = U256::from(one.amount) * U256::from(WEI_A_GWEI);
    transfer(block, position, None, one.address, None, wei)
}

/// What would come by transactions that wait, if they go through: by value, and by a plain call of
/// a listed contract, whose first log it will be.
pub(super) fn expected(block: &Block, contracts: &[Vec<u8>]) -> Vec<ChainTransfer> {
    let mut expected = Vec::new();
    for sent in &block.transactions {
        expected.extend(by_value(sent));
        let Some(contract) = sent.to.filter(|to| is_listed(contracts, *to)) else {
            continue;
        };
        if let Some((to, value)) = read_transfer(&sent.input) {
            let from = Some(sent.from);
            let log = transfer(
                sent.hash,
                "log:0".to_owned(),
                from,
                to,
                Some(contract),
                value,
            );
            expected.push(log);
        }
    }
    expected
}

fn by_value(sent: &Sent) -> Option<ChainTransfer> {
    let to = sent.to.filter(|_| !sent.value.is_zero())?;
    let position = "value".to_owned();
    Some(transfer(
        sent.hash,
        position,
        Some(sent.from),
        to,
        None,
        sent.value,
    ))
}

/// Logs are counted inside the transaction: in another block it has the same numbers.
fn by_logs(
    sent: &Sent,
    receipt: &Receipt,
    contracts: &[Vec<u8>],
) -> impl Iterator<Item = ChainTransfer> {
    let hash = sent.hash;
    receipt
        .logs
        .iter()
        .enumerate()
        .filter(|(_, log)| is_listed(contracts, log.address))
        .filter_map(move |(number, log)| {
            let token = TokenTransfer::read(&log.topics, &log.data)?;
            let position = format!("log:{number}");
            let (from, contract) = (Some(token.from), Some(log.address));
            Some(transfer(
                hash,
                position,
                from,
                token.to,
                contract,
                token.value,
            ))
        })
}

fn is_listed(contracts: &[Vec<u8>], address: Address) -> bool {
    contracts.iter().any(|listed| listed[..] == address[..])
}

pub(super) fn transfer(
    hash: B256,
    position: String,
    from: Option<Address>,
    to: Address,
    contract: Option<Address>,
    value: U256,
) -> ChainTransfer {
    ChainTransfer {
        txid: hash.0,
        position,
        script: to.to_vec(),
        contract: contract.map(|contract| contract.0.0),
        atoms: value.to_string(),
        from_address: from.map(|from| from.to_checksum(None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_validator_takes_out_comes_by_its_number_in_the_block() {
        let to = Address::repeat_byte(7);
        let hash = B256::repeat_byte(8);
        let block = json!({
            "number": "0x5", "hash": hash, "parentHash": B256::ZERO, "timestamp": "0x1",
            "transactions": [],
            "withdrawals": [{
                "index": "0x2a", "validatorIndex": "0x1", "address": to,
                "amount": "0x1dcd6501" }] });
        let block: Block = serde_json::from_value(block).expect("a block");
        let found = moved(&block, &[], &[]).expect("it is whole");
        let [one] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(one.position, "withdrawal:42");
        assert_eq!(one.atoms, "500000001000000000");
        assert_eq!((one.txid, &one.script[..]), (hash.0, &to[..]));
        assert_eq!((&one.from_address, one.contract), (&None, None));
    }
}
