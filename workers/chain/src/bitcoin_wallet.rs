//! The exchange's Bitcoin wallet: the multi-signature script that all change goes to, and the
//! deposit addresses. It only knows public keys.

use bitcoin::bip32::{ChildNumber, DerivationPath};
use bitcoin::psbt;
use bitcoin::{Amount, EcdsaSighashType, ScriptBuf, TxOut};
use miniscript::{Descriptor, Threshold};

use crate::coin_selection::{Coin, CoinOwner};
use crate::error::ChainError;
use crate::extended_key::{BitcoinDeposit, EXTERNAL, ExtendedKey};
use crate::network::BitcoinNetwork;
use crate::public_key::PublicKey;

/// Keys of the multi-signature script, and how many of them spend.
pub const HOT_KEYS: usize = 3;
/// See [`HOT_KEYS`].
pub const HOT_THRESHOLD: usize = 2;

/// Where coins of the exchange lie. A cold wallet is the same with keys of its own, and without
/// deposit addresses.
#[derive(Clone, Debug)]
pub struct BitcoinWallet {
    network: BitcoinNetwork,
    keys: [PublicKey; HOT_KEYS],
    descriptor: Descriptor<bitcoin::PublicKey>,
    script: ScriptBuf,
    witness_script: ScriptBuf,
    deposits: Option<ExtendedKey>,
}

impl BitcoinWallet {
    /// `wsh(sortedmulti(2,A,B,C))`, and the account key of the deposit addresses.
    ///
    /// # Errors
    /// [`ChainError::NotAKey`] where a key is there twice, or `deposits` is of another network.
    pub fn new(
        network: BitcoinNetwork,
        mut keys: [PublicKey; HOT_KEYS],
        deposits: Option<ExtendedKey>,
    ) -> Result<BitcoinWallet, ChainError> {
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(ChainError::NotAKey("a key is there twice".to_owned()));
        }
        if let Some(deposits) = &deposits {
            deposits.bitcoin_deposit(0, network)?;
        }
        let not_a_key = |words: String| ChainError::NotAKey(words);
        let keys_of = keys.map(|key| bitcoin::PublicKey::new(key.0)).to_vec();
        let threshold = Threshold::new(HOT_THRESHOLD, keys_of);
        let threshold = threshold.map_err(|error| not_a_key(error.to_string()))?;
        let descriptor = Descriptor::new_wsh_sortedmulti(threshold);
        let descriptor = descriptor.map_err(|error| not_a_key(error.to_string()))?;
        let witness_script = descriptor.explicit_script();
        Ok(BitcoinWallet {
            network,
            keys,
            script: descriptor.script_pubkey(),
            witness_script: witness_script.map_err(|error| not_a_key(error.to_string()))?,
            descriptor,
            deposits,
        })
    }

    /// The same from the descriptor's text, with or without its checksum.
    ///
    /// # Errors
    /// [`ChainError::NotAKey`] where it describes anything else, or `deposits` is of another
    /// network.
    pub fn from_descriptor(
        network: BitcoinNetwork,
        text: &str,
        deposits: Option<ExtendedKey>,
    ) -> Result<BitcoinWallet, ChainError> {
        let not_a_key = |words: String| ChainError::NotAKey(words);
        let descriptor = text.parse::<Descriptor<bitcoin::PublicKey>>();
        let descriptor = descriptor.map_err(|error| not_a_key(error.to_string()))?;
        let keys: Vec<PublicKey> = descriptor
            .iter_pk()
            .map(|key| PublicKey(key.inner))
            .collect();
        let other = |_| not_a_key(format!("wsh(sortedmulti({HOT_THRESHOLD},…)) of {HOT_KEYS}"));
        let keys: [PublicKey; HOT_KEYS] = keys.try_into().map_err(other)?;
        let wallet = BitcoinWallet::new(network, keys, deposits)?;
        // In whatever order its keys are, it has one script, unless it is of another form.
        match wallet.script == descriptor.script_pubkey() {
            true => Ok(wallet),
            false => Err(other(Vec::new())),
        }
    }

    /// On which network.
    pub fn network(&self) -> BitcoinNetwork {
        self.network
    }

    /// The keys of the multi-signature script, in its order.
    pub fn keys(&self) -> &[PublicKey; HOT_KEYS] {
        &self.keys
    }

    /// The descriptor with its checksum (BIP380), from which any wallet finds the same coins.
    pub fn descriptor(&self) -> String {
        self.descriptor.to_string()
    }

    /// The address of the multi-signature script.
    pub fn hot_address(&self) -> String {
        let network = bitcoin::Network::from(self.network);
        bitcoin::Address::p2wsh(&self.witness_script, network).to_string()
    }

    /// What outputs to it say.
    pub fn hot_script(&self) -> &ScriptBuf {
        &self.script
    }

    /// What spends them.
    pub fn witness_script(&self) -> &ScriptBuf {
        &self.witness_script
    }

    /// The deposit address of an index.
    ///
    /// # Errors
    /// [`ChainError::IndexTooLarge`]; [`ChainError::NotAKey`] where the wallet has none.
    pub fn deposit(&self, index: u32) -> Result<BitcoinDeposit, ChainError> {
        let missing = || ChainError::NotAKey("the wallet has no deposit addresses".to_owned());
        let deposits = self.deposits.as_ref().ok_or_else(missing)?;
        deposits.bitcoin_deposit(index, self.network)
    }

    /// What a coin's output says.
    ///
    /// # Errors
    /// As [`BitcoinWallet::deposit`].
    pub fn script_of(&self, owner: CoinOwner) -> Result<ScriptBuf, ChainError> {
        match owner {
            CoinOwner::Hot => Ok(self.script.clone()),
            CoinOwner::Deposit(index) => Ok(self.deposit(index)?.script),
        }
    }

    /// The keys of which a coin needs signatures.
    ///
    /// # Errors
    /// As [`BitcoinWallet::deposit`].
    pub fn keys_of(&self, owner: CoinOwner) -> Result<Vec<PublicKey>, ChainError> {
        match owner {
            CoinOwner::Hot => Ok(self.keys.to_vec()),
            CoinOwner::Deposit(index) => Ok(vec![self.deposit(index)?.public_key]),
        }
    }

    /// What a signer has to know of an input (BIP174).
    pub(crate) fn psbt_input(&self, coin: &Coin) -> Result<psbt::Input, ChainError> {
        let mut input = psbt::Input {
            witness_utxo: Some(TxOut {
                value: Amount::from_sat(coin.value_sats),
                script_pubkey: self.script_of(coin.owner)?,
            }),
            sighash_type: Some(EcdsaSighashType::All.into()),
            ..psbt::Input::default()
        };
        match (coin.owner, &self.deposits) {
            (CoinOwner::Deposit(index), Some(deposits)) => {
                let path = DerivationPath::from(vec![EXTERNAL, ChildNumber::from(index)]);
                let origin = (deposits.fingerprint(), path);
                let key = self.deposit(index)?.public_key;
                input.bip32_derivation.insert(key.0, origin);
            }
            _ => input.witness_script = Some(self.witness_script.clone()),
        }
        Ok(input)
    }

    /// Whose coin an input of a PSBT spends, checked against the script.
    pub(crate) fn owner_of(&self, input: &psbt::Input) -> Result<CoinOwner, ChainError> {
        let foreign = |words: &str| ChainError::Foreign(words.to_owned());
        let output = input.witness_utxo.as_ref();
        let output = output.ok_or_else(|| foreign("an input without its output"))?;
        let is_hot = output.script_pubkey == self.script;
        if is_hot && input.witness_script.as_ref() == Some(&self.witness_script) {
            return Ok(CoinOwner::Hot);
        }
        for (_, path) in input.bip32_derivation.values() {
            let [EXTERNAL, ChildNumber::Normal { index }] = path[..] else {
                continue;
            };
            if self.deposit(index)?.script == output.script_pubkey {
                return Ok(CoinOwner::Deposit(index));
            }
        }
        Err(foreign("an input of another script"))
    }
}
