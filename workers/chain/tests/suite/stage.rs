//! Keys, coins and wallets that the tests share. No key here is worth anything.

use bitcoin::hashes::Hash as _;
use bitcoin::hashes::{HashEngine as _, Hmac, HmacEngine, sha512};
use bitcoin::{OutPoint, ScriptBuf, Txid};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::coin_selection::{Coin, CoinOwner};
use chain::network::BitcoinNetwork;
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
    let keys = [1, 2, 3].map(|number| hot_key(number).public_key());
    let deposits = deposit_account().extended_public().expect("a key");
    let wallet = BitcoinWallet::new(BitcoinNetwork::Regtest, keys, Some(deposits));
    wallet.expect("a wallet")
}

/// An output that nobody else made.
pub(crate) fn outpoint(number: u32) -> OutPoint {
    OutPoint::new(Txid::hash(&number.to_be_bytes()), number % 3)
}

pub(crate) fn hot_coin(number: u32, value_sats: u64) -> Coin {
    Coin {
        outpoint: outpoint(number),
        value_sats,
        owner: CoinOwner::Hot,
    }
}

pub(crate) fn deposit_coin(index: u32, value_sats: u64) -> Coin {
    Coin {
        outpoint: outpoint(1_000_000 + index),
        value_sats,
        owner: CoinOwner::Deposit(index),
    }
}

/// A payment to somebody whose number it is.
pub(crate) fn payment(number: u8, value_sats: u64) -> Payment {
    let hash = bitcoin::WPubkeyHash::from_byte_array([number; 20]);
    Payment {
        script: ScriptBuf::new_p2wpkh(&hash),
        value_sats,
    }
}
