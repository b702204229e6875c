//! What blocks and transactions of Bitcoin say: which outputs they make and which they spend.

use bitcoin::hashes::Hash;
use bitcoin::{Block, BlockHash, OutPoint, ScriptBuf, Transaction, Txid, Wtxid, consensus};

use crate::error::ChainError;

/// A block's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockFacts {
    /// Its name.
    pub hash: BlockHash,
    /// The name of the block before it.
    pub previous: BlockHash,
    /// When its miner says that it was made, in seconds since 1970.
    pub time_s: u32,
    /// In its order.
    pub transactions: Vec<TransactionFacts>,
}

/// A transaction's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionFacts {
    /// Its name.
    pub txid: Txid,
    /// Its name with the signatures.
    pub wtxid: Wtxid,
    /// It makes new coins, which cannot be spent for a hundred blocks.
    pub is_coinbase: bool,
    /// It says that it may be replaced (BIP125).
    pub is_replaceable: bool,
    /// What it spends; nothing for one that makes coins.
    pub inputs: Vec<OutPoint>,
    /// What it makes.
    pub outputs: Vec<OutputFacts>,
}

/// An output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFacts {
    /// Its place among the transaction's outputs.
    pub vout: u32,
    /// Who can spend it.
    pub script: ScriptBuf,
    /// Its amount.
    pub value_sats: u64,
}

impl BlockFacts {
    /// Reads a block as nodes send it (`getblock`, verbosity 0, as bytes).
    ///
    /// # Errors
    /// [`ChainError::Malformed`] where it is none, or its transactions are not what its header
    /// names.
    pub fn read(bytes: &[u8]) -> Result<BlockFacts, ChainError> {
        let block: Block = read(bytes, "a block")?;
        if !block.check_merkle_root() {
            return Err(ChainError::Malformed("a block of its own transactions"));
        }
        Ok(BlockFacts {
            hash: block.block_hash(),
            previous: block.header.prev_blockhash,
            time_s: block.header.time,
            transactions: block.txdata.iter().map(TransactionFacts::of).collect(),
        })
    }
}

impl TransactionFacts {
    /// Reads a transaction as nodes send it.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] where it is none.
    pub fn read(bytes: &[u8]) -> Result<TransactionFacts, ChainError> {
        Ok(TransactionFacts::of(&read(bytes, "a transaction")?))
    }

    fn of(transaction: &Transaction) -> TransactionFacts {
        let is_coinbase = transaction.is_coinbase();
        let inputs = transaction.input.iter().filter(|_| !is_coinbase);
        let outputs = (0..).zip(&transaction.output);
        TransactionFacts {
            txid: transaction.compute_txid(),
            wtxid: transaction.compute_wtxid(),
            is_coinbase,
            is_replaceable: transaction.is_explicitly_rbf(),
            inputs: inputs.map(|input| input.previous_output).collect(),
            outputs: outputs
                .map(|(vout, output)| OutputFacts {
                    vout,
                    script: output.script_pubkey.clone(),
                    value_sats: output.value.to_sat(),
                })
                .collect(),
        }
    }
}

/// A hash as tools print it and as the database has it: the last byte first.
pub fn shown<H: Hash<Bytes = [u8; 32]>>(hash: H) -> [u8; 32] {
    let mut bytes = hash.to_byte_array();
    bytes.reverse();
    bytes
}

/// The hash that is shown so.
pub fn hash_of<H: Hash<Bytes = [u8; 32]>>(mut shown: [u8; 32]) -> H {
    shown.reverse();
    H::from_byte_array(shown)
}

fn read<T: consensus::Decodable>(bytes: &[u8], what: &'static str) -> Result<T, ChainError> {
    consensus::deserialize(bytes).map_err(|_| ChainError::Malformed(what))
}
