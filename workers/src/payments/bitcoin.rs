//! Payments on a Bitcoin network: several withdrawals in one transaction, which is known by the
//! outputs that it spends. They are reserved for it, so that of all its versions one can be mined.

mod follow;
mod node;
mod plan;
mod previous;
mod sweep;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use bitcoin::hashes::Hash as _;
use bitcoin::{OutPoint, ScriptBuf, Txid};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::coin_selection::{Coin, CoinOwner};
use chain::extended_key::ExtendedKey;
use chain::fee::FeeRate;
use chain::network::BitcoinNetwork;
use chain::previous::Previous;
use chain::spend::{MAX_STANDARD_WEIGHT, SpendLimits};
use client::{FreeOutput, HouseWallet, PaymentCoin, PaymentNetwork, Pool};

pub(crate) use self::node::BitcoinNode;
use self::node::Rates;
pub(crate) use self::previous::find as find_previous;
use super::pace::{Last, millis};
use super::{PaymentsConfig, Pays};

/// Inputs of a transaction.
const MOST_INPUTS: usize = 200;
/// The most that a transaction pays for being mined.
const MOST_FEE_SATS: u64 = 10_000_000;
/// Limits of every transaction.
pub(crate) const LIMITS: SpendLimits = SpendLimits {
    max_inputs: MOST_INPUTS,
    max_weight: MAX_STANDARD_WEIGHT,
    max_fee_sats: MOST_FEE_SATS,
};

/// Pays on one Bitcoin network.
pub(super) struct Payer {
    node: BitcoinNode,
    config: PaymentsConfig,
    deposits: Option<ExtendedKey>,
    swept: Last,
    short_told: Last,
}

/// What the database says of the network, read anew each time.
#[derive(Clone)]
struct Stage {
    network: PaymentNetwork,
    coin: PaymentCoin,
    hot: HouseWallet,
    cold: Option<HouseWallet>,
    wallet: BitcoinWallet,
}

impl Payer {
    pub(super) fn new(url: &str, config: &PaymentsConfig) -> anyhow::Result<Payer> {
        let deposits = config.bitcoin_xpub.as_deref().map(str::parse).transpose();
        Ok(Payer {
            node: BitcoinNode::new(url)?,
            config: config.clone(),
            deposits: deposits.context("EXCHANGE_BITCOIN_XPUB")?,
            swept: Last::default(),
            short_told: Last::default(),
        })
    }

    /// None where the network is not listed, or has no wallets yet.
    async fn stage(&self, pool: &Pool) -> anyhow::Result<Option<Stage>> {
        let networks = client::payment_networks(pool, "bitcoin").await?;
        let named = |network: &PaymentNetwork| network.name == self.config.bitcoin_network;
        let Some(network) = networks.into_iter().find(named) else {
            return Ok(None);
        };
        let mut wallets = client::house_wallets(pool, network.network_id).await?;
        let mut take = |role: &str| {
            let index = wallets.iter().position(|wallet| wallet.role == role)?;
            Some(wallets.swap_remove(index))
        };
        let coins = client::payment_coins(pool, network.network_id).await?;
        let (Some(hot), [coin]) = (take("hot"), &coins[..]) else {
            return Ok(None);
        };
        let chain: BitcoinNetwork = network.chain.parse()?;
        let at_node = self.node.chain().await?;
        ensure!(
            chain.name() == at_node,
            "the node is of chain {at_node}, not of {chain}"
        );
        let descriptor = hot
            .descriptor
            .as_deref()
            .context("the hot wallet has no descriptor")?;
        let deposits = self.deposits.clone();
        let wallet = crate::hot_wallet::read(&network.chain, descriptor, &hot.script, deposits)?;
        Ok(Some(Stage {
            coin: coin.clone(),
            cold: take("cold"),
            network,
            hot,
            wallet,
        }))
    }

    async fn rates(&self) -> anyhow::Result<Rates> {
        let PaymentsConfig {
            min_sats_per_kvb,
            max_sats_per_kvb,
            ..
        } = self.config;
        self.node.rates(min_sats_per_kvb, max_sats_per_kvb).await
    }

    /// What made these coins.
    async fn previous(
        &self,
        pool: &Pool,
        stage: &Stage,
        coins: &[Coin],
        known: Previous,
    ) -> anyhow::Result<Previous> {
        find_previous(&self.node, pool, stage.network.network_id, coins, known).await
    }
}

impl Pays for Payer {
    async fn once(&self, pool: &Pool) -> anyhow::Result<Option<Duration>> {
        let Some(stage) = self.stage(pool).await? else {
            return Ok(None);
        };
        self.follow(pool, &stage).await?;
        client::drop_refused_payments(pool, stage.network.network_id).await?;
        let due = match stage.network.is_halted {
            true => None,
            false => self.plan(pool, &stage).await?,
        };
        self.broadcast(pool, &stage).await?;
        self.bump(pool, &stage).await?;
        if self.swept.is_due(self.config.sweep_every) {
            self.sweep(pool, &stage).await?;
        }
        Ok(due)
    }
}

impl Stage {
    fn hot_script(&self) -> ScriptBuf {
        ScriptBuf::from_bytes(self.hot.script.clone())
    }
}

/// A coin, of what the database says of an output.
pub(crate) fn coin_of(output: &FreeOutput) -> anyhow::Result<Coin> {
    let mut txid: [u8; 32] = output.txid.as_slice().try_into().context("a txid")?;
    // The database has it as tools print it.
    txid.reverse();
    let owner = match output.address_id {
        None => CoinOwner::Hot,
        Some(address_id) => CoinOwner::Deposit(u32::try_from(address_id)?),
    };
    Ok(Coin {
        outpoint: OutPoint {
            txid: Txid::from_byte_array(txid),
            vout: u32::try_from(output.output_index)?,
        },
        value_sats: output.atoms.parse()?,
        owner,
    })
}

/// Outputs of coins, as the database has them.
pub(crate) fn outputs_of(coins: &[Coin]) -> Vec<(Vec<u8>, i32)> {
    let output = |coin: &Coin| {
        let index = i32::try_from(coin.outpoint.vout).unwrap_or(i32::MAX);
        (shown(coin.outpoint.txid), index)
    };
    coins.iter().map(output).collect()
}

/// A transaction's hash as tools print it.
pub(crate) fn shown(txid: Txid) -> Vec<u8> {
    let mut bytes = txid.to_byte_array();
    bytes.reverse();
    bytes.to_vec()
}

/// Satoshis a virtual byte, in digits.
pub(crate) fn per_byte(rate: FeeRate) -> String {
    rust_decimal::Decimal::new(i64::try_from(rate.sats_per_kvb()).unwrap_or(i64::MAX), 3)
        .to_string()
}
