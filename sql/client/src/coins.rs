//! Which assets can be paid in and out, and on which networks.

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// An asset on a network that takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
    /// The asset's symbol.
    pub asset: String,
    /// The network's name.
    pub network: String,
    /// bitcoin or evm.
    pub family: String,
    /// Which chain of its family, as its nodes say.
    pub chain: String,
    /// The token's contract; none for a network's own coin.
    pub contract: Option<Vec<u8>>,
    /// Decimals of its amounts.
    pub scale: i16,
    /// Blocks before a deposit is credited.
    pub confirmations: i32,
    /// From this amount on it takes `large_confirmations`.
    pub large_amount: String,
    /// Blocks before a large deposit is credited.
    pub large_confirmations: i32,
    /// Less is not credited.
    pub min_deposit: String,
    /// Less is not sent.
    pub min_withdrawal: String,
    /// Whether anything is sent at the moment.
    pub may_withdraw: bool,
}

/// Every listed coin, by asset and network; 1,000 at most.
///
/// # Errors
/// The database's.
pub async fn listed_coins(on: &impl Query) -> Result<Vec<Coin>, Error> {
    const STATEMENT: Statement = Statement::read(
        "listed_coins",
        "select asset, network, family, chain, contract, scale, confirmations, \
         large_amount::text, large_confirmations, min_deposit::text, min_withdrawal::text, \
         may_withdraw from exchange.listed_coins() limit 1000",
    );
    let coin = |row| {
        Ok(Coin {
            asset: column(row, 0)?,
            network: column(row, 1)?,
            family: column(row, 2)?,
            chain: column(row, 3)?,
            contract: column(row, 4)?,
            scale: column(row, 5)?,
            confirmations: column(row, 6)?,
            large_amount: column(row, 7)?,
            large_confirmations: column(row, 8)?,
            min_deposit: column(row, 9)?,
            min_withdrawal: column(row, 10)?,
            may_withdraw: column(row, 11)?,
        })
    };
    on.rows(STATEMENT, &[]).await?.iter().map(coin).collect()
}

/// Has the network's worker look at its node now.
///
/// # Errors
/// Rejected: `UNKNOWN_NETWORK`.
pub async fn ring_network(on: &impl Query, network: &str) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("ring_network", "select exchange.ring_network($1)");
    on.rows(STATEMENT, &[&network]).await.map(drop)
}
