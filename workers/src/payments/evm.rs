//! Payments on an EVM network. What leaves the hot wallet is a transaction of its Safe, whose
//! number makes it happen once; the gas account carries it, as often as that needs.

mod anothers;
mod bump;
mod cancel;
mod carry;
mod follow;
mod gaps;
mod node;
mod outcome;
mod plan;
mod sweep;

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, U256};
use anyhow::{Context as _, bail, ensure};
use chain::safe::SafeTransaction;
use client::{HouseWallet, OpenPayment, PaymentCoin, PaymentNetwork, Pool};
use serde_json::Value;

pub(crate) use self::node::{EvmNode, Log, Sent};
use super::pace::{Last, millis};
use super::{PaymentsConfig, Pays};

/// Pays on one EVM network.
pub(super) struct Payer {
    node: EvmNode,
    config: PaymentsConfig,
    swept: Last,
    /// The deposit address after which the next look goes on.
    swept_to: AtomicI64,
    unexplained: anothers::Unexplained,
}

/// What the database says of the network, read anew each time.
#[derive(Clone)]
struct Stage {
    network: PaymentNetwork,
    coins: Vec<PaymentCoin>,
    chain_id: u64,
    hot: HouseWallet,
    safe: Address,
    gas: Address,
    cold: Option<HouseWallet>,
}

impl Payer {
    pub(super) fn new(url: &str, config: &PaymentsConfig) -> anyhow::Result<Payer> {
        Ok(Payer {
            node: EvmNode::new(url)?,
            config: config.clone(),
            swept: Last::default(),
            swept_to: AtomicI64::new(0),
            unexplained: anothers::Unexplained::default(),
        })
    }

    /// None where the network is not listed, or has no wallets yet.
    async fn stage(&self, pool: &Pool) -> anyhow::Result<Option<Stage>> {
        let networks = client::payment_networks(pool, "evm").await?;
        let named = |network: &PaymentNetwork| network.name == self.config.evm_network;
        let Some(network) = networks.into_iter().find(named) else {
            return Ok(None);
        };
        let chain_id = network
            .chain
            .parse()
            .context("the network's chain is no chain id")?;
        let mut wallets = client::house_wallets(pool, network.network_id).await?;
        let mut take = |role: &str| {
            let index = wallets.iter().position(|wallet| wallet.role == role)?;
            Some(wallets.swap_remove(index))
        };
        let (Some(hot), Some(gas)) = (take("hot"), take("gas")) else {
            return Ok(None);
        };
        let at_node = self.node.chain_id().await?;
        ensure!(
            at_node == chain_id,
            "the node is of chain {at_node}, not of {chain_id}"
        );
        Ok(Some(Stage {
            safe: address_of(&hot.script)?,
            gas: address_of(&gas.script)?,
            coins: client::payment_coins(pool, network.network_id).await?,
            cold: take("cold"),
            network,
            chain_id,
            hot,
        }))
    }
}

impl Pays for Payer {
    async fn once(&self, pool: &Pool) -> anyhow::Result<Option<Duration>> {
        let Some(stage) = self.stage(pool).await? else {
            return Ok(None);
        };
        self.follow(pool, &stage).await?;
        self.plan(pool, &stage).await?;
        self.carry(pool, &stage).await?;
        self.broadcast(pool, &stage).await?;
        self.bump(pool, &stage).await?;
        if self.swept.is_due(self.config.sweep_every) {
            self.fill_gaps(pool, &stage).await?;
            self.sweep(pool, &stage).await?;
        }
        Ok(None)
    }
}

impl Stage {
    /// The transaction of a Safe that a payment is, the cold one's for a refill; none where an
    /// account pays by itself.
    fn inner(&self, payment: &OpenPayment) -> anyhow::Result<Option<SafeTransaction>> {
        if payment.identity_hash.is_none() {
            return Ok(None);
        }
        let (safe, nonce) = match (payment.purpose.as_str(), &self.cold) {
            ("refill", Some(cold)) => (address_of(&cold.script)?, payment.plan["nonce"].as_i64()),
            _ => (self.safe, payment.safe_nonce),
        };
        let nonce = nonce.context("a payment of a Safe without its number")?;
        planned_safe(&payment.plan, self.chain_id, safe, nonce).map(Some)
    }
}

fn address_of(script: &[u8]) -> anyhow::Result<Address> {
    Address::try_from(script).context("a script of an EVM network has 20 bytes")
}

/// What a plan says that is called: whom, with how much, and what is said.
#[derive(Clone)]
struct PlannedCall {
    to: Address,
    value: U256,
    data: Bytes,
}

impl PlannedCall {
    /// Sends a coin to an address.
    fn transfer(contract: Option<&[u8]>, to: Address, atoms: U256) -> anyhow::Result<PlannedCall> {
        Ok(match contract {
            None => PlannedCall {
                to,
                value: atoms,
                data: Bytes::new(),
            },
            Some(contract) => PlannedCall {
                to: address_of(contract)?,
                value: U256::ZERO,
                data: chain::erc20::transfer(to, atoms),
            },
        })
    }
}

/// The Safe's transaction that a plan describes.
///
/// # Errors
/// It describes none.
pub(crate) fn planned_safe(
    plan: &Value,
    chain_id: u64,
    safe: Address,
    nonce: i64,
) -> anyhow::Result<SafeTransaction> {
    let text = |name: &str| {
        plan[name]
            .as_str()
            .with_context(|| format!("a plan without {name}"))
    };
    let gas = plan["safe_tx_gas"]
        .as_u64()
        .context("a plan without safe_tx_gas")?;
    Ok(SafeTransaction {
        chain_id,
        safe,
        to: text("to")?.parse()?,
        value: U256::from_str_radix(text("value")?, 10)?,
        data: text("data")?.parse()?,
        safe_tx_gas: gas,
        nonce: u64::try_from(nonce)?,
    })
}

/// The hash that a payment is known by.
fn identity(bytes: Option<&[u8]>) -> anyhow::Result<B256> {
    match bytes.map(B256::try_from) {
        Some(Ok(hash)) => Ok(hash),
        _ => bail!("a payment of the Safe without its hash"),
    }
}
