//! Keys, coins and wallets that the tests share. No key here is worth anything.

use std::cell::RefCell;
use std::sync::OnceLock;

use bitcoin::hashes::Hash as _;
use bitcoin::hashes::{HashEngine as _, Hmac, HmacEngine, sha512};
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Transaction, TxIn, TxOut, Txid, Witness, absolute, transaction,
};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::coin_selection::{Coin, CoinOwner};
use chain::network::BitcoinNetwork;
use chain::previous::Previous;
use chain::seed::{AccountKey, PrivateKey, Seed};
use chain::spend::{MAX_STANDARD_WEIGHT, Payment, SpendLimits};
use zeroize::Zeroizing;

/// Rounds of BIP39.
const ROUNDS: usize = 2_048;

pub(crate) const LIMITS: SpendLimits = SpendLimits {
    max_inputs: 500,
    max_weight: MAX_STANDARD_WEIGHT,
    max_fee_sats: u64::MAX,
};

/// The seed of a mnemonic without a passphrase (BIP39).
pub(crate) fn seed_of(mnemonic: &str) -> Seed {
    let hmac = |message: &[u8]| {
        let mut engine = HmacEngine::<sha512::Hash>::new(mnemonic.as_bytes());
        engine.input(message);
        Hmac::from_engine(engine).to_byte_array()
    };
    let mut block = hmac(b"mnemonic\x00\x00\x00\x01");
    let mut seed = block;
    for _ in 1..ROUNDS {
        block = hmac(&block);
        for (sum, byte) in seed.iter_mut().zip(block) {
            *sum ^= byte;
        }
    }
    Seed::new(Zeroizing::new(seed))
}

/// The mnemonic of BIP84's vectors.
pub(crate) fn abandon() -> Seed {
    seed_of(&["abandon ".repeat(11).as_str(), "about"].concat())
}

/// The mnemonic of every development node.
pub(crate) fn junk() -> Seed {
    seed_of(&["test ".repeat(11).as_str(), "junk"].concat())
}

/// The hot wallet's key of that number.
pub(crate) fn hot_key(number: u8) -> PrivateKey {
    PrivateKey::from_bytes(&[number; 32]).expect("a key")
}

pub(crate) fn deposit_account() -> AccountKey {
    let account = abandon().bitcoin_account(BitcoinNetwork::Regtest, 0);
    account.expect("an account")
}

/// A wallet of the keys 1, 2 and 3.
pub(crate) fn wallet() -> BitcoinWallet {
    static WALLET: OnceLock<BitcoinWallet> = OnceLock::new();
    WALLET.get_or_init(make_wallet).clone()
}

fn make_wallet() -> BitcoinWallet {
    let keys = [1, 2, 3].map(|number| hot_key(number).public_key());
    let deposits = deposit_account().extended_public().expect("a key");
    let wallet = BitcoinWallet::new(BitcoinNetwork::Regtest, keys, Some(deposits));
    wallet.expect("a wallet")
}

thread_local! {
    /// What made the coins of this test.
    static MADE: RefCell<Previous> = RefCell::default();
}

/// The transactions that made the coins so far.
pub(crate) fn previous() -> Previous {
    MADE.with_borrow(Clone::clone)
}

/// A coin that a transaction of this number has made.
fn coin(number: u32, value_sats: u64, owner: CoinOwner) -> Coin {
    let output = |value_sats| TxOut {
        value: Amount::from_sat(value_sats),
        script_pubkey: wallet().script_of(owner).expect("a script"),
    };
    let vout = number % 3;
    let made = Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::new(Txid::hash(&number.to_be_bytes()), 0),
            witness: Witness::from_slice(&[[1]]),
            ..TxIn::default()
        }],
        output: (0..vout)
            .map(u64::from)
            .chain([value_sats])
            .map(output)
            .collect(),
    };
    let outpoint = OutPoint::new(made.compute_txid(), vout);
    MADE.with_borrow_mut(|previous| previous.add(made));
    Coin {
        outpoint,
        value_sats,
        owner,
    }
}

pub(crate) fn hot_coin(number: u32, value_sats: u64) -> Coin {
    coin(number, value_sats, CoinOwner::Hot)
}

pub(crate) fn deposit_coin(index: u32, value_sats: u64) -> Coin {
    coin(1_000_000 + index, value_sats, CoinOwner::Deposit(index))
}

/// A payment to somebody whose number it is.
pub(crate) fn payment(number: u8, value_sats: u64) -> Payment {
    let hash = bitcoin::WPubkeyHash::from_byte_array([number; 20]);
    Payment {
        script: ScriptBuf::new_p2wpkh(&hash),
        value_sats,
    }
}
