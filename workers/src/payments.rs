//! Sends what is to be sent: plans payments, asks signers, keeps the bytes, broadcasts them, and
//! follows them until they are final. Everything is written down before the chain is told, so that
//! it may be killed at any line; several at once are harmless.

mod bitcoin;
mod config;
mod evm;
mod pace;

use std::time::Duration;

use client::{NETWORK_BELL, PAYMENTS_BELL, Pool, Ring};

pub(crate) use bitcoin::{
    BitcoinNode, LIMITS, coin_of, find_previous, outputs_of, per_byte, shown,
};
pub use config::PaymentsConfig;
pub(crate) use evm::{EvmNode, Log, Sent, planned_safe};

/// The longest sleep: a node does not ring.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// After a failure.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// Rings are of interest from this stream on: 10001 is what finance sees, approvals among it.
const FINANCE_STREAM: i32 = 10_001;
/// Network numbers end here.
const MAX_NETWORK: i32 = 99;

/// Works until it is dropped. A database or a node that is away is waited for.
///
/// # Errors
/// The configuration cannot be used.
pub async fn run(
    pool: &Pool,
    database: &client::Config,
    config: &PaymentsConfig,
) -> anyhow::Result<()> {
    let bitcoin = config
        .bitcoin_url
        .as_deref()
        .map(|url| bitcoin::Payer::new(url, config));
    let bitcoin = bitcoin.transpose()?;
    let evm = config
        .evm_url
        .as_deref()
        .map(|url| evm::Payer::new(url, config));
    let evm = evm.transpose()?;
    anyhow::ensure!(
        bitcoin.is_some() || evm.is_some(),
        "neither EXCHANGE_BITCOIN_URL nor EXCHANGE_EVM_URL is set"
    );
    // A node that stands still does not hold up the other.
    let bitcoin = async {
        match &bitcoin {
            Some(payer) => work(pool, database, "bitcoin", payer).await,
            None => std::future::pending().await,
        }
    };
    let evm = async {
        match &evm {
            Some(payer) => work(pool, database, "evm", payer).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = bitcoin => ended,
        ended = evm => ended,
    }
}

/// What pays on a family of networks.
trait Pays: Sync {
    /// Does all that can be done now; gives when more can be, as far as that is known.
    fn once(&self, pool: &Pool) -> impl Future<Output = anyhow::Result<Option<Duration>>> + Send;
}

async fn work(
    pool: &Pool,
    database: &client::Config,
    family: &str,
    payer: &impl Pays,
) -> anyhow::Result<()> {
    let mut bell = client::listen(database)?;
    loop {
        let pause = match payer.once(pool).await {
            Ok(due) => due.map_or(LONGEST_PAUSE, |due| due.min(LONGEST_PAUSE)),
            Err(error) => {
                tracing::error!(family, "cannot see to the payments: {error:#}");
                FAILURE_PAUSE
            }
        };
        let rung = async {
            loop {
                match bell.next().await {
                    Ring::Everything | Ring::Stream(PAYMENTS_BELL | FINANCE_STREAM) => break,
                    Ring::Stream(n)
                        if (NETWORK_BELL + 1..=NETWORK_BELL + MAX_NETWORK).contains(&n) =>
                    {
                        break;
                    }
                    Ring::Stream(_) => {}
                }
            }
        };
        // Passing in silence is as good as a ring.
        let _ = tokio::time::timeout(pause, rung).await;
    }
}
