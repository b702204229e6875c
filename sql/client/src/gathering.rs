//! What the worker of payments reads to gather what lies at deposit addresses, and to choose what
//! pays.

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// What is to leave a deposit address of an EVM network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// The address.
    pub address_id: i64,
    /// Its 20 bytes.
    pub script: Vec<u8>,
    /// What lies there.
    pub asset_id: i32,
    /// The token's contract.
    pub contract: Option<Vec<u8>>,
    /// How much.
    pub atoms: String,
    /// The deposit that goes back, and to where; else it goes to the hot wallet.
    pub refund: Option<(i64, String, Vec<u8>)>,
}

/// What is to leave deposit addresses after a number: so many rows, and all of the last address.
///
/// # Errors
/// The database's.
pub async fn gathered(
    on: &impl Query,
    network_id: i32,
    after_address_id: i64,
    most: i32,
) -> Result<Vec<Gathered>, Error> {
    const STATEMENT: Statement = Statement::read(
        "gathered",
        "select address_id, script, asset_id, contract, atoms, deposit_id, to_address, to_script \
         from chain.gathered($1, $2, $3)",
    );
    let one = |row| {
        let deposit_id: Option<i64> = column(row, 5)?;
        let refund = match deposit_id {
            Some(deposit_id) => Some((deposit_id, column(row, 6)?, column(row, 7)?)),
            None => None,
        };
        Ok(Gathered {
            address_id: column(row, 0)?,
            script: column(row, 1)?,
            asset_id: column(row, 2)?,
            contract: column(row, 3)?,
            atoms: column(row, 4)?,
            refund,
        })
    };
    let rows = on
        .rows(STATEMENT, &[&network_id, &after_address_id, &most])
        .await?;
    rows.iter().map(one).collect()
}

/// A coin of an address cannot be gathered now: it pauses; true where it stopped for good.
///
/// # Errors
/// The database's.
pub async fn pause_sweep(
    on: &impl Query,
    address_id: i64,
    asset_id: i32,
    reason: &str,
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("pause_sweep", "select chain.pause_sweep($1, $2, $3)");
    on.value(STATEMENT, &[&address_id, &asset_id, &reason])
        .await
}

/// A deposit cannot go back to where staff decided: it waits for them again.
///
/// # Errors
/// The database's.
pub async fn end_refund(on: &impl Query, deposit_id: i64, reason: &str) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write("end_refund", "select chain.end_refund($1, $2)");
    on.value(STATEMENT, &[&deposit_id, &reason]).await
}

/// The smoothed price of a unit of a block, in digits: the mean of a day's samples.
///
/// # Errors
/// The database's.
pub async fn smoothed_rate(on: &impl Query, network_id: i32) -> Result<Option<String>, Error> {
    const STATEMENT: Statement = Statement::read(
        "smoothed_rate",
        "select ceil(avg(rate))::text from chain.fee_samples \
         where network_id = $1 and sampled_at > now() - interval '1 day'",
    );
    on.value(STATEMENT, &[&network_id]).await
}

/// Whether a payment of that purpose and asset is under way.
///
/// # Errors
/// The database's.
pub async fn is_under_way(
    on: &impl Query,
    network_id: i32,
    purpose: &str,
    asset_id: i32,
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::read(
        "is_under_way",
        "select exists (select from chain.payments where network_id = $1 and purpose = $2 \
         and asset_id = $3 and ended_at is null)",
    );
    on.value(STATEMENT, &[&network_id, &purpose, &asset_id])
        .await
}

/// An output that a payment may spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeOutput {
    /// Its transaction, first byte first as tools print it.
    pub txid: Vec<u8>,
    /// Which output of it.
    pub output_index: i32,
    /// How much.
    pub atoms: String,
    /// The deposit address that it pays; none: the wallet.
    pub address_id: Option<i64>,
    /// The deposit that goes back, and to where.
    pub refund: Option<(i64, String, Vec<u8>)>,
}

/// Outputs that a payment may spend: `hot`, `deposits` or `refunds`.
///
/// # Errors
/// The database's.
pub async fn free_outputs(
    on: &impl Query,
    network_id: i32,
    kind: &str,
) -> Result<Vec<FreeOutput>, Error> {
    const STATEMENT: Statement = Statement::read(
        "free_outputs",
        "select txid, output_index, atoms, address_id, deposit_id, to_address, to_script \
         from chain.free_outputs($1, $2)",
    );
    let output = |row| {
        let address: Option<String> = column(row, 5)?;
        let refund = match address {
            Some(address) => Some((column(row, 4)?, address, column(row, 6)?)),
            None => None,
        };
        Ok(FreeOutput {
            txid: column(row, 0)?,
            output_index: column(row, 1)?,
            atoms: column(row, 2)?,
            address_id: column(row, 3)?,
            refund,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id, &kind]).await?;
    rows.iter().map(output).collect()
}

/// Where a transaction that made outputs of ours is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSource {
    /// Its hash, first byte first as tools print it.
    pub txid: Vec<u8>,
    /// The active block that holds it.
    pub block_hash: Option<Vec<u8>>,
    /// Its bytes, where it is one of ours.
    pub raw: Option<Vec<u8>>,
}

/// Where the transactions are to be had that made outputs.
///
/// # Errors
/// The database's.
pub async fn output_sources(
    on: &impl Query,
    network_id: i32,
    txids: &[Vec<u8>],
) -> Result<Vec<OutputSource>, Error> {
    const STATEMENT: Statement = Statement::read(
        "output_sources",
        "select distinct o.txid, o.block_hash, a.raw from chain.outputs o \
         left join chain.attempts a on a.network_id = o.network_id and a.txid = o.txid \
         where o.network_id = $1 and o.txid = any ($2)",
    );
    let source = |row| {
        Ok(OutputSource {
            txid: column(row, 0)?,
            block_hash: column(row, 1)?,
            raw: column(row, 2)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id, &txids]).await?;
    rows.iter().map(source).collect()
}
