//! A Bitcoin key of the tests, and what it owns: the customer's own wallet, a miner's in one.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use bitcoin::absolute::LockTime;
use bitcoin::ecdsa::Signature;
use bitcoin::hashes::Hash as _;
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, CompressedPublicKey, Network, OutPoint, ScriptBuf, Sequence, Transaction,
    TxIn, TxOut, Witness,
};

use crate::bitcoin_node::BitcoinNode;

/// Blocks before what was mined can be spent.
const MATURITY: u32 = 100;
/// What a transaction pays where nothing else is said, in satoshis; ample for small ones.
pub const FEE: u64 = 10_000;

/// A key and its unspent outputs. Transactions are made of one input each, so that they are
/// independent of each other.
pub struct Purse {
    key: SecretKey,
    address: Address,
    unspent: Vec<(OutPoint, Amount)>,
    /// What was held by outputs that it has spent, for replacements.
    spent: BTreeMap<OutPoint, Amount>,
}

impl Purse {
    /// The key of that number, without money.
    pub fn new(number: u8) -> Purse {
        let mut secret = [1; 32];
        secret[31] = number;
        let key = SecretKey::from_slice(&secret).expect("a key");
        let public = CompressedPublicKey(key.public_key(&Secp256k1::new()));
        Purse {
            key,
            address: Address::p2wpkh(&public, Network::Regtest),
            unspent: Vec::new(),
            spent: BTreeMap::new(),
        }
    }

    /// The same with so many mined outputs that can be spent, of 50 BTC each.
    pub async fn funded(node: &BitcoinNode, number: u8, outputs: u32) -> Result<Purse> {
        let mut purse = Purse::new(number);
        let mined = node.mine_to(&purse.address, outputs).await?;
        for hash in mined {
            let block = node.block(hash).await?;
            let coinbase = block.coinbase().context("a coinbase")?;
            purse.receive(coinbase);
        }
        // By somebody else, so that what is here can be spent.
        node.mine_to(&Purse::new(255).address, MATURITY).await?;
        Ok(purse)
    }

    /// Where it is paid.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What it owns.
    pub fn balance(&self) -> Amount {
        self.unspent.iter().map(|(_, amount)| *amount).sum()
    }

    /// Notes what a transaction pays it.
    pub fn receive(&mut self, transaction: &Transaction) {
        let txid = transaction.compute_txid();
        for (index, output) in (0..).zip(&transaction.output) {
            if output.script_pubkey == self.address.script_pubkey() {
                self.unspent
                    .push((OutPoint::new(txid, index), output.value));
            }
        }
    }

    /// A transaction that pays these scripts out of the oldest output that is enough, the rest to
    /// itself; it can be replaced.
    pub fn pay(&mut self, outputs: &[(ScriptBuf, u64)], fee: u64) -> Result<Transaction> {
        let wanted = Amount::from_sat(outputs.iter().map(|(_, amount)| amount).sum::<u64>() + fee);
        let index = self.unspent.iter().position(|(_, held)| *held >= wanted);
        let (point, held) = self.unspent.remove(index.context("the purse is empty")?);
        self.spent.insert(point, held);
        let made = self.spend((point, held), outputs, fee)?;
        self.receive(&made);
        Ok(made)
    }

    /// A transaction that spends what `replaced` spends, for other payments and a higher fee. What
    /// `replaced` paid the purse is gone.
    pub fn replace(
        &mut self,
        replaced: &Transaction,
        outputs: &[(ScriptBuf, u64)],
        fee: u64,
    ) -> Result<Transaction> {
        let txid = replaced.compute_txid();
        self.unspent.retain(|(point, _)| point.txid != txid);
        let point = replaced.input.first().context("no input")?.previous_output;
        let held = self.spent.get(&point).context("not of this purse")?;
        let made = self.spend((point, *held), outputs, fee)?;
        self.receive(&made);
        Ok(made)
    }

    fn spend(
        &self,
        (point, held): (OutPoint, Amount),
        outputs: &[(ScriptBuf, u64)],
        fee: u64,
    ) -> Result<Transaction> {
        let paid: u64 = outputs.iter().map(|(_, amount)| amount).sum();
        let change = held
            .checked_sub(Amount::from_sat(paid + fee))
            .context("too little")?;
        let mut output: Vec<TxOut> = outputs
            .iter()
            .map(|(script, amount)| TxOut {
                value: Amount::from_sat(*amount),
                script_pubkey: script.clone(),
            })
            .collect();
        if change >= self.address.script_pubkey().minimal_non_dust() {
            output.push(TxOut {
                value: change,
                script_pubkey: self.address.script_pubkey(),
            });
        }
        let input = TxIn {
            previous_output: point,
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            ..TxIn::default()
        };
        let mut made = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![input],
            output,
        };
        let kind = EcdsaSighashType::All;
        let script = self.address.script_pubkey();
        let hash = SighashCache::new(&made).p2wpkh_signature_hash(0, &script, held, kind)?;
        let secp = Secp256k1::new();
        let signature = Signature {
            signature: secp.sign_ecdsa(&Message::from_digest(hash.to_byte_array()), &self.key),
            sighash_type: kind,
        };
        made.input[0].witness = Witness::p2wpkh(&signature, &self.key.public_key(&secp));
        Ok(made)
    }
}
