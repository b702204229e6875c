//! What is asked to be signed: a PSBT, a Safe's transaction, or a statement of reserves, which
//! moves nothing. It is said in words, and only what is understood wholly, and pays nobody but whom
//! the key may pay, is signed.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::script::Instruction;
use bitcoin::{Amount, Psbt};
use chain::ChainError;
use chain::address::Destination;
use chain::bitcoin_wallet::BitcoinWallet;
use chain::erc20;
use chain::network::Network;
use chain::public_key::PublicKey;
use chain::signing;
use chain::spend::Spend;
use chain::statement_file::StatementFile;
use chain::unsigned::{MAX_FILE_BYTES, SafeFile, psbt_text, read_psbt};

use crate::key_file::KeyFile;

/// The highest fee of a Bitcoin transaction: what is above is a mistake, or theft by miners.
const MAX_FEE_SATS: u64 = 10_000_000;

/// What is asked to be signed.
pub(crate) enum Request {
    Bitcoin(Box<Psbt>),
    Safe(SafeFile),
    Statement(StatementFile),
}

impl Request {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Request> {
        let shown = || path.display().to_string();
        let mut text = String::new();
        let opened = std::fs::File::open(path).with_context(shown)?;
        let limit = MAX_FILE_BYTES as u64 + 1;
        opened
            .take(limit)
            .read_to_string(&mut text)
            .with_context(shown)?;
        if StatementFile::is_one(&text) {
            let file = StatementFile::read(&text).with_context(shown)?;
            return Ok(Request::Statement(file));
        }
        Ok(match text.starts_with('{') {
            true => Request::Safe(SafeFile::read(&text).with_context(shown)?),
            false => Request::Bitcoin(Box::new(read_psbt(&text).with_context(shown)?)),
        })
    }

    /// As it is written back.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        match self {
            Request::Bitcoin(psbt) => Ok(psbt_text(psbt)),
            Request::Safe(file) => Ok(file.text()?),
            Request::Statement(file) => Ok(file.document()?),
        }
    }

    /// What it does, in words.
    ///
    /// # Errors
    /// Why it must not be signed.
    pub(crate) fn judge(&self, key: &KeyFile) -> anyhow::Result<String> {
        match self {
            Request::Bitcoin(psbt) => judge_bitcoin(psbt, key),
            Request::Safe(file) => judge_safe(file, key),
            // It moves nothing: it is shown, and people compare it with what they know.
            Request::Statement(file) => {
                Ok(format!("a statement, on {}\n{}\n", file.network, file.text))
            }
        }
    }

    /// Adds the key's signatures to what was judged.
    pub(crate) fn sign(&mut self, key: &KeyFile) -> anyhow::Result<()> {
        let (private, public) = (key.key()?, key.public_key()?);
        match self {
            Request::Bitcoin(psbt) => {
                let wallet = wallet_of(psbt, key)?;
                let sign = |digest: &[u8; 32]| Ok::<_, ChainError>(private.sign(digest));
                signing::sign_hot(psbt, &wallet, &public, sign)?;
            }
            Request::Safe(file) => {
                let hash = file.transaction.hash();
                file.add(public, private.sign(&hash))?;
            }
            Request::Statement(file) => {
                let digest = file.digest();
                file.add(public, private.sign(&digest))?;
            }
        }
        Ok(())
    }
}

fn judge_bitcoin(psbt: &Psbt, key: &KeyFile) -> anyhow::Result<String> {
    let wallet = wallet_of(psbt, key)?;
    let is_ours = wallet.keys().contains(&key.public_key()?);
    ensure!(
        is_ours,
        "this key owns no part of the wallet that would pay"
    );
    let spend = Spend::read(psbt, &wallet, wallet.hot_script())?;
    signing::digests(psbt, &wallet)?;
    ensure!(!spend.payments.is_empty(), "it pays nobody");
    ensure!(
        spend.fee_sats <= MAX_FEE_SATS,
        "a fee of {}",
        btc(spend.fee_sats)
    );
    let network = wallet.network();
    let allowed = key.allowed_on(Network::Bitcoin(network))?;
    let mut words = format!("on bitcoin:{network}, out of {}\n", wallet.hot_address());
    for payment in &spend.payments {
        let found = find(&allowed, payment.script.as_bytes());
        let Some(found) = found else {
            bail!(
                "it pays the script {:x}, which may not be paid",
                payment.script
            );
        };
        writeln!(words, "pays {} to {found}", btc(payment.value_sats))?;
    }
    if let Some(change) = &spend.change {
        writeln!(words, "keeps {}", btc(change.value_sats))?;
    }
    writeln!(words, "fee {}", btc(spend.fee_sats))?;
    Ok(words)
}

/// The wallet whose script the first input shows. That all inputs are its, [`Spend::read`] says.
fn wallet_of(psbt: &Psbt, key: &KeyFile) -> anyhow::Result<BitcoinWallet> {
    let script = psbt
        .inputs
        .first()
        .and_then(|input| input.witness_script.as_ref());
    let script = script.context("no input with a script of several keys")?;
    let mut keys = Vec::new();
    for instruction in script.instructions() {
        if let Instruction::PushBytes(bytes) = instruction.context("a script")? {
            keys.push(PublicKey::from_bytes(bytes.as_bytes())?);
        }
    }
    let is_last = script.as_bytes().last() == Some(&OP_CHECKMULTISIG.to_u8());
    let keys = keys
        .try_into()
        .ok()
        .filter(|_| is_last)
        .context("not a script of three keys")?;
    Ok(BitcoinWallet::new(key.bitcoin_network()?, keys, None)?)
}

fn judge_safe(file: &SafeFile, key: &KeyFile) -> anyhow::Result<String> {
    let transaction = &file.transaction;
    let network = Network::Evm(transaction.chain_id);
    let allowed = key.allowed_on(network)?;
    let mut words = format!(
        "on {network}, out of the Safe {}, its number ",
        transaction.safe
    );
    writeln!(words, "{}", transaction.nonce)?;
    let (to, what) = match erc20::read_transfer(&transaction.data) {
        Some((to, atoms)) => {
            ensure!(
                transaction.value.is_zero(),
                "a transfer of tokens that sends ether too"
            );
            (to, format!("{atoms} atoms of the token {}", transaction.to))
        }
        None => {
            ensure!(transaction.data.is_empty(), "a call that is no transfer");
            (transaction.to, format!("{} wei", transaction.value))
        }
    };
    let found = find(&allowed, to.as_slice());
    let found = found.with_context(|| format!("it pays {to}, which may not be paid"))?;
    writeln!(words, "pays {what} to {found}")?;
    writeln!(words, "fee: whoever carries it pays")?;
    Ok(words)
}

fn find(allowed: &[Destination], bytes: &[u8]) -> Option<String> {
    let found = allowed
        .iter()
        .find(|destination| destination.bytes() == bytes);
    found.map(Destination::canonical)
}

fn btc(sats: u64) -> String {
    Amount::from_sat(sats).to_string()
}
