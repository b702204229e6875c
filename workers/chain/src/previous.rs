//! The transactions that made the coins that are spent. A signature of an input commits to what all
//! others are said to hold only in so far as it is told (BIP143): who believes amounts can be made
//! to sign a fee twice over in halves. So whoever signs is shown where each amount comes from.

use std::collections::HashMap;

use bitcoin::{OutPoint, Transaction, TxOut, Txid, Witness, psbt};

use crate::error::ChainError;

/// Transactions by their hash.
#[derive(Clone, Debug, Default)]
pub struct Previous(HashMap<Txid, Transaction>);

impl Previous {
    /// Adds one, without its witnesses, which no hash of it needs.
    pub fn add(&mut self, mut transaction: Transaction) {
        for input in &mut transaction.input {
            input.witness = Witness::new();
        }
        self.0.insert(transaction.compute_txid(), transaction);
    }

    /// Whether it is there.
    pub fn has(&self, txid: Txid) -> bool {
        self.0.contains_key(&txid)
    }

    /// The transaction that made an output.
    ///
    /// # Errors
    /// [`ChainError::Foreign`] where it is not there.
    pub(crate) fn of(&self, outpoint: OutPoint) -> Result<&Transaction, ChainError> {
        let missing = || ChainError::Foreign(format!("without the transaction of {outpoint}"));
        self.0.get(&outpoint.txid).ok_or_else(missing)
    }
}

/// Whether an input shows the transaction whose output it spends, and says the same of that output.
///
/// # Errors
/// [`ChainError::Foreign`].
pub(crate) fn check(input: &psbt::Input, outpoint: OutPoint) -> Result<(), ChainError> {
    let foreign = |words: &str| ChainError::Foreign(words.to_owned());
    let made = input.non_witness_utxo.as_ref();
    let made = made.ok_or_else(|| foreign("an input without the transaction that it spends"))?;
    if made.compute_txid() != outpoint.txid {
        return Err(foreign("an input with another transaction than it spends"));
    }
    let output: Option<&TxOut> = usize::try_from(outpoint.vout)
        .ok()
        .and_then(|index| made.output.get(index));
    if output.is_none() || output != input.witness_utxo.as_ref() {
        return Err(foreign("an input that holds something else than it says"));
    }
    Ok(())
}
