//! Refills: what the cold wallet sends to the hot one, signed offline. For the operator.

use serde_json::Value;
use tokio_postgres::Row;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// A refill that was exported.
#[derive(Clone, Debug, PartialEq)]
pub struct Refill {
    /// Its payment.
    pub payment_id: i64,
    /// The token's contract; none for the network's own coin.
    pub contract: Option<Vec<u8>>,
    /// How much the hot wallet gets.
    pub atoms: String,
    /// What was exported.
    pub plan: Value,
    /// Which export this is, counted from 1.
    pub version: i32,
    /// How many were imported.
    pub attempts: i32,
    /// Whether this one was imported.
    pub is_signed: bool,
    /// Whether a later one was.
    pub is_replaced: bool,
    /// `planned`, `signed`, `broadcast`, `confirmed` or `failed`.
    pub state: String,
    /// The network or the coin is halted.
    pub is_halted: bool,
}

/// What an amount of an asset is on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefillAmount {
    /// The asset.
    pub asset_id: i32,
    /// The token's contract; none for the network's own coin.
    pub contract: Option<Vec<u8>>,
    /// The amount in whole atoms.
    pub atoms: String,
    /// Whether it is more than nothing, and has no more decimals than the asset.
    pub is_whole: bool,
    /// The network or the coin is halted.
    pub is_halted: bool,
}

/// The columns that [`Refill::read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select p.payment_id, c.contract, chain.atoms(p.amount, s.scale), v.plan, v.number, \
             (select count(*)::integer from chain.attempts a where a.payment_id = p.payment_id), \
             p.owner_signatures is not null or exists (select from chain.attempts a \
                where a.payment_id = p.payment_id and a.txid = v.identity_hash), \
             exists (select from chain.attempts a \
                join chain.refill_versions l on l.payment_id = a.payment_id \
                    and l.identity_hash = a.txid \
                where a.payment_id = p.payment_id and l.number > v.number), \
             p.state, n.is_halted or c.is_halted \
             from chain.payments p \
             join chain.refill_versions v using (payment_id) \
             join chain.networks n using (network_id) \
             join chain.coins c using (network_id, asset_id) \
             join exchange.assets s using (asset_id) \
             where p.network_id = $1 and p.purpose = 'refill' and ",
            $rest
        )
    };
}

impl Refill {
    fn read(row: &Row) -> Result<Refill, Error> {
        Ok(Refill {
            payment_id: column(row, 0)?,
            contract: column(row, 1)?,
            atoms: column(row, 2)?,
            plan: column(row, 3)?,
            version: column(row, 4)?,
            attempts: column(row, 5)?,
            is_signed: column(row, 6)?,
            is_replaced: column(row, 7)?,
            state: column(row, 8)?,
            is_halted: column(row, 9)?,
        })
    }
}

/// The refill that a file holds, by the hash of what is signed in it; of several the open one.
///
/// # Errors
/// The database's.
pub async fn refill_of(
    on: &impl Query,
    network_id: i32,
    identity_hash: &[u8],
) -> Result<Option<Refill>, Error> {
    const STATEMENT: Statement = Statement::read(
        "refill_of",
        select!(
            "v.identity_hash = $2 order by (p.ended_at is null) desc, p.payment_id desc limit 1"
        ),
    );
    let row = on.row(STATEMENT, &[&network_id, &identity_hash]).await?;
    row.as_ref().map(Refill::read).transpose()
}

/// A network's open refill as it was exported last.
///
/// # Errors
/// The database's.
pub async fn open_refill(on: &impl Query, network_id: i32) -> Result<Option<Refill>, Error> {
    const STATEMENT: Statement = Statement::read(
        "open_refill",
        select!("p.ended_at is null order by v.number desc limit 1"),
    );
    let row = on.row(STATEMENT, &[&network_id]).await?;
    row.as_ref().map(Refill::read).transpose()
}

/// Writes down what is exported for a refill; false where it has ended, or a block holds it.
///
/// # Errors
/// The database's.
pub async fn add_refill_version(
    on: &impl Query,
    payment_id: i64,
    identity_hash: &[u8],
    plan: &Value,
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "add_refill_version",
        "select chain.add_refill_version($1, $2, $3)",
    );
    on.value(STATEMENT, &[&payment_id, &identity_hash, plan])
        .await
}

/// An amount, given in digits, of an asset on a network; none where it is not listed there.
///
/// # Errors
/// The database's; they are no digits.
pub async fn refill_amount(
    on: &impl Query,
    network_id: i32,
    symbol: &str,
    amount: &str,
) -> Result<Option<RefillAmount>, Error> {
    const STATEMENT: Statement = Statement::read(
        "refill_amount",
        "select c.asset_id, c.contract, chain.atoms(g.amount, s.scale), \
         g.amount > 0 and round(g.amount, s.scale) = g.amount, n.is_halted or c.is_halted \
         from chain.coins c \
         join chain.networks n using (network_id) \
         join exchange.assets s using (asset_id) \
         cross join (select $3::text::numeric) g (amount) \
         where c.network_id = $1 and s.symbol = $2",
    );
    let Some(row) = on.row(STATEMENT, &[&network_id, &symbol, &amount]).await? else {
        return Ok(None);
    };
    Ok(Some(RefillAmount {
        asset_id: column(&row, 0)?,
        contract: column(&row, 1)?,
        atoms: column(&row, 2)?,
        is_whole: column(&row, 3)?,
        is_halted: column(&row, 4)?,
    }))
}

/// Keeps the signatures of two owners of the cold Safe; false where they are kept already.
///
/// # Errors
/// The database's.
pub async fn sign_refill(
    on: &impl Query,
    payment_id: i64,
    signatures: &[Vec<u8>],
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("sign_refill", "select chain.sign_refill($1, $2)");
    on.value(STATEMENT, &[&payment_id, &signatures]).await
}

/// Gives up a refill that was not imported.
///
/// # Errors
/// Rejected: `UNKNOWN_PAYMENT`, `PAYMENT_SIGNED`.
pub async fn cancel_refill(on: &impl Query, payment_id: i64) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("cancel_refill", "select chain.cancel_refill($1)");
    on.rows(STATEMENT, &[&payment_id]).await.map(drop)
}
