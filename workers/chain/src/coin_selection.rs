//! Which coins pay: deterministic, in one pass over the coins from the largest down. It decides
//! by weights that no signature exceeds, so that a fee rate that was asked for is reached.

use std::cmp::Reverse;

use bitcoin::{OutPoint, Script};

use crate::fee::FeeRate;

/// Whose coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoinOwner {
    /// The multi-signature script's.
    Hot,
    /// The deposit address's of that index.
    Deposit(u32),
}

/// An unspent output of the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Which output.
    pub outpoint: OutPoint,
    /// Its amount.
    pub value_sats: u64,
    /// Who can spend it.
    pub owner: CoinOwner,
}

/// Weight units of a virtual byte (BIP141).
const WEIGHT_OF_BYTE: u64 = 4;
/// Version, lock time (4 bytes each), and the two bytes that announce witnesses.
const FRAME_WEIGHT: u64 = 8 * WEIGHT_OF_BYTE + 2;
/// Outpoint, length of an empty script, sequence.
const INPUT_BYTES: u64 = 36 + 1 + 4;
/// The longest signature with a low s, its type and its length: 71 + 1 + 1.
const SIGNATURE_BYTES: u64 = 73;
/// Count of items; empty item; two signatures; script of three keys with its length.
const HOT_WITNESS_BYTES: u64 = 1 + 1 + 2 * SIGNATURE_BYTES + 1 + (3 + 3 * 34);
/// Count of items; signature; key with its length.
const DEPOSIT_WITNESS_BYTES: u64 = 1 + SIGNATURE_BYTES + 34;

impl CoinOwner {
    /// The most that an input which spends such a coin weighs.
    pub fn input_weight(self) -> u64 {
        let witness = match self {
            CoinOwner::Hot => HOT_WITNESS_BYTES,
            CoinOwner::Deposit(_) => DEPOSIT_WITNESS_BYTES,
        };
        INPUT_BYTES * WEIGHT_OF_BYTE + witness
    }
}

impl Coin {
    /// What it adds to a transaction beyond its own cost; 0 where it costs more than it brings.
    pub fn effective_value_sats(&self, rate: FeeRate) -> u64 {
        let cost = rate.fee_sats(bytes_of(self.owner.input_weight()));
        cost.map_or(0, |cost| self.value_sats.saturating_sub(cost))
    }
}

/// The most that a transaction of these inputs and outputs weighs.
pub fn weight<'a>(
    owners: impl Iterator<Item = CoinOwner>,
    scripts: impl Iterator<Item = &'a Script>,
) -> u64 {
    let (mut weight, mut inputs, mut outputs) = (FRAME_WEIGHT, 0, 0);
    for owner in owners {
        weight += owner.input_weight();
        inputs += 1;
    }
    for script in scripts {
        let length = script.len() as u64;
        weight += (8 + length_bytes(length) + length) * WEIGHT_OF_BYTE;
        outputs += 1;
    }
    weight + (length_bytes(inputs) + length_bytes(outputs)) * WEIGHT_OF_BYTE
}

/// Virtual bytes of a weight, rounded up.
pub fn bytes_of(weight: u64) -> u64 {
    weight.div_ceil(WEIGHT_OF_BYTE)
}

/// Bytes of a count before what is counted.
fn length_bytes(count: u64) -> u64 {
    match count {
        0..=0xfc => 1,
        0xfd..=0xffff => 3,
        _ => 5,
    }
}

/// Coins that bring more than they cost, from the most valuable down; among equals, by outpoint.
pub(crate) fn ranked(coins: &[Coin], rate: FeeRate) -> Vec<Coin> {
    let mut ranked: Vec<(Reverse<u64>, Coin)> = coins
        .iter()
        .map(|coin| (Reverse(coin.effective_value_sats(rate)), *coin))
        .filter(|(value, _)| value.0 > 0)
        .collect();
    ranked.sort_unstable_by_key(|(value, coin)| (*value, coin.outpoint));
    ranked.into_iter().map(|(_, coin)| coin).collect()
}

/// The fewest coins that `is_enough` accepts: the most valuable ones, the last of which gives way
/// to the least valuable that does as well, so that large coins stay for large withdrawals.
/// `None` where even all are not enough, or more than `limit` are needed.
pub(crate) fn choose(
    ranked: &[Coin],
    limit: usize,
    is_enough: impl Fn(&[Coin]) -> bool,
) -> Option<Vec<Coin>> {
    let most = ranked.len().min(limit);
    let count = (1..=most).find(|count| is_enough(&ranked[..*count]))?;
    let (kept, others) = ranked.split_at(count - 1);
    let with = |last: &Coin| [kept, &[*last]].concat();
    let enough = others.partition_point(|last| is_enough(&with(last)));
    let last = others[..enough].last().or(others.first())?;
    Some(with(last))
}
