//! What the follower of an EVM network reads and writes down: each transaction of ours is looked
//! for until its account's number is used for good, whatever became of its payment.

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// A transaction that may be in a block, as far as is known not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedAttempt {
    /// Its number.
    pub attempt_id: i64,
    /// The payment.
    pub payment_id: i64,
    /// Its hash.
    pub txid: Vec<u8>,
    /// The account that sends it; none where somebody else carried the payment.
    pub from_script: Option<Vec<u8>>,
    /// The account's number of it.
    pub nonce: Option<i64>,
}

/// A number of an account that nothing uses which is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingNonce {
    /// The number.
    pub nonce: i64,
    /// Whether bytes of ours have it, of a payment that has ended without them.
    pub was_signed: bool,
}

/// Transactions of which we have the bytes, and no block of the watcher's.
///
/// # Errors
/// The database's.
pub async fn watched_attempts(
    on: &impl Query,
    network_id: i32,
) -> Result<Vec<WatchedAttempt>, Error> {
    const STATEMENT: Statement = Statement::read(
        "watched_attempts",
        "select a.attempt_id, a.payment_id, a.txid, a.from_script, a.nonce from chain.attempts a \
         where a.network_id = $1 and a.closed_at is null and a.from_script is not null \
            and a.state in ('signed', 'broadcast', 'replaced') \
         union all \
         select a.attempt_id, a.payment_id, a.txid, a.from_script, a.nonce \
         from chain.payments p join chain.attempts a using (payment_id) \
         where p.network_id = $1 and p.ended_at is null and a.from_script is null \
            and a.state = 'broadcast' \
         order by attempt_id",
    );
    let attempt = |row| {
        Ok(WatchedAttempt {
            attempt_id: column(row, 0)?,
            payment_id: column(row, 1)?,
            txid: column(row, 2)?,
            from_script: column(row, 3)?,
            nonce: column(row, 4)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&network_id]).await?;
    rows.iter().map(attempt).collect()
}

/// Looks no more for what has used its number for good, and books what it cost; gives how many.
///
/// # Errors
/// The database's.
pub async fn close_attempts(on: &impl Query, network_id: i32) -> Result<i64, Error> {
    const STATEMENT: Statement =
        Statement::write("close_attempts", "select chain.close_attempts($1)");
    on.value(STATEMENT, &[&network_id]).await
}

/// Numbers of an account that were given but that nothing to be sent uses: nothing after them is
/// mined. What is not sent because its coin is halted uses none; it gets another once it goes on.
///
/// # Errors
/// The database's.
pub async fn missing_nonces(
    on: &impl Query,
    network_id: i32,
    script: &[u8],
    from_nonce: i64,
) -> Result<Vec<MissingNonce>, Error> {
    const STATEMENT: Statement = Statement::read(
        "missing_nonces",
        "select g.nonce, exists (select from chain.attempts a where a.network_id = n.network_id \
            and a.from_script = n.script and a.nonce = g.nonce and a.raw is not null) \
         from chain.nonces n \
         cross join lateral generate_series($3, n.next_nonce - 1) g (nonce) \
         where n.network_id = $1 and n.script = $2 and not exists ( \
            select from chain.attempts a join chain.payments p using (payment_id) \
            join chain.coins c on c.network_id = p.network_id and c.asset_id = p.asset_id \
            where a.network_id = n.network_id and a.from_script = n.script and a.nonce = g.nonce \
                and (a.state = 'mined' or (a.state <> 'replaced' and p.ended_at is null \
                    and (a.broadcast_at is not null or p.purpose = 'cancel' or not c.is_halted) \
                    and not exists (select from chain.signings s \
                        where s.payment_id = a.payment_id and s.attempt_id = a.attempt_id \
                            and s.state = 'refused')))) \
         order by g.nonce",
    );
    let missing = |row| {
        Ok(MissingNonce {
            nonce: column(row, 0)?,
            was_signed: column(row, 1)?,
        })
    };
    let rows = on
        .rows(STATEMENT, &[&network_id, &script, &from_nonce])
        .await?;
    rows.iter().map(missing).collect()
}
