//! What the worker of payments writes down, step by step: each before the chain is told, or after
//! it has told.

use serde_json::Value;
use tokio_postgres::types::Json;

use crate::error::Error;
use crate::query::{Query, Statement};

/// A payment that is to be written down.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// On which network.
    pub network_id: i32,
    /// `withdrawal`, `sweep`, `gas`, `cold`, `refill`, `refund` or `cancel`.
    pub purpose: &'static str,
    /// What is sent.
    pub asset_id: i32,
    /// How much.
    pub atoms: String,
    /// `hot`, `cold` or `gas`.
    pub from_wallet: Option<&'static str>,
    /// The deposit address that pays.
    pub from_address_id: Option<i64>,
    /// The Safe's number.
    pub safe_nonce: Option<i64>,
    /// What the Safe's owners sign.
    pub identity_hash: Option<Vec<u8>>,
    /// For people and signers.
    pub plan: Value,
    /// `withdrawal_id` or `deposit_id` or neither, `address`, `script`, `atoms` each.
    pub items: Vec<Value>,
}

/// An attempt that is to be signed.
#[derive(Clone, Debug)]
pub struct NewAttempt {
    /// Of which payment.
    pub payment_id: i64,
    /// Who sends it.
    pub from_script: Option<Vec<u8>>,
    /// Its number of it.
    pub nonce: Option<i64>,
    /// What is signed.
    pub unsigned: Vec<u8>,
    /// Atoms a unit.
    pub fee_rate: String,
    /// What it pays, where that is known.
    pub fee_atoms: Option<String>,
    /// `a hot_outputs` and the like.
    pub signings: Vec<&'static str>,
}

/// Takes the next number of an account.
///
/// # Errors
/// The database's.
pub async fn take_nonce(
    on: &impl Query,
    network_id: i32,
    script: &[u8],
    at_least: i64,
) -> Result<i64, Error> {
    const STATEMENT: Statement =
        Statement::write("take_nonce", "select chain.take_nonce($1, $2, $3)");
    on.value(STATEMENT, &[&network_id, &script, &at_least])
        .await
}

/// Writes a payment down.
///
/// # Errors
/// [`Error::Busy`] where a withdrawal is not to be paid any more.
pub async fn add_payment(on: &impl Query, payment: &NewPayment) -> Result<i64, Error> {
    const STATEMENT: Statement = Statement::write(
        "add_payment",
        "select chain.add_payment($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    );
    let NewPayment {
        network_id,
        purpose,
        asset_id,
        atoms,
        from_wallet,
        from_address_id,
        safe_nonce,
        identity_hash,
        plan,
        items,
    } = payment;
    let items = Json(items);
    on.value(
        STATEMENT,
        &[
            network_id,
            purpose,
            asset_id,
            atoms,
            from_wallet,
            from_address_id,
            safe_nonce,
            identity_hash,
            plan,
            &items,
        ],
    )
    .await
}

/// Gives outputs to a payment: hash and index of each.
///
/// # Errors
/// [`Error::Busy`] where one is not free any more.
pub async fn reserve_outputs(
    on: &impl Query,
    payment_id: i64,
    outputs: &[(Vec<u8>, i32)],
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "reserve_outputs",
        "select chain.reserve_outputs($1, $2, $3)",
    );
    let txids: Vec<&[u8]> = outputs.iter().map(|(txid, _)| txid.as_slice()).collect();
    let indexes: Vec<i32> = outputs.iter().map(|(_, index)| *index).collect();
    on.rows(STATEMENT, &[&payment_id, &txids, &indexes])
        .await
        .map(drop)
}

/// Locks a payment; whether its next attempt would have this number, and none waits to be signed.
///
/// # Errors
/// The database's.
pub async fn begin_attempt(on: &impl Query, payment_id: i64, number: i32) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("begin_attempt", "select chain.begin_attempt($1, $2)");
    on.value(STATEMENT, &[&payment_id, &number]).await
}

/// Asks signers no more for a payment of a Safe; false where all have answered.
///
/// # Errors
/// The database's.
pub async fn recall_payment(on: &impl Query, payment_id: i64, reason: &str) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("recall_payment", "select chain.recall_payment($1, $2)");
    on.value(STATEMENT, &[&payment_id, &reason]).await
}

/// Writes an attempt down and asks signers for it.
///
/// # Errors
/// [`Error::Busy`] where another is waiting for its signatures.
pub async fn add_attempt(on: &impl Query, attempt: &NewAttempt) -> Result<i64, Error> {
    const STATEMENT: Statement = Statement::write(
        "add_attempt",
        "select chain.add_attempt($1, $2, $3, $4, $5, $6, $7)",
    );
    let NewAttempt {
        payment_id,
        from_script,
        nonce,
        unsigned,
        fee_rate,
        fee_atoms,
        signings,
    } = attempt;
    on.value(
        STATEMENT,
        &[
            payment_id,
            from_script,
            nonce,
            unsigned,
            fee_rate,
            fee_atoms,
            signings,
        ],
    )
    .await
}

/// Keeps the bytes that will be sent; false where they are kept already.
///
/// # Errors
/// The database's.
pub async fn store_raw(
    on: &impl Query,
    attempt_id: i64,
    raw: &[u8],
    txid: &[u8],
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("store_raw", "select chain.store_raw($1, $2, $3)");
    on.value(STATEMENT, &[&attempt_id, &raw, &txid]).await
}

/// A node has the bytes.
///
/// # Errors
/// The database's.
pub async fn note_broadcast(on: &impl Query, attempt_id: i64) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("note_broadcast", "select chain.note_broadcast($1)");
    on.rows(STATEMENT, &[&attempt_id]).await.map(drop)
}

/// What became of an attempt that a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinedOutcome {
    /// It did what it was for.
    Success,
    /// What it carried failed for ever.
    Failure,
    /// It was undone as a whole: another has to carry it.
    Reverted,
    /// Tokens left, but not as planned: a person decides.
    Disputed,
}

impl MinedOutcome {
    fn name(self) -> &'static str {
        match self {
            MinedOutcome::Success => "success",
            MinedOutcome::Failure => "failure",
            MinedOutcome::Reverted => "reverted",
            MinedOutcome::Disputed => "disputed",
        }
    }
}

/// A block holds the attempt; false where that is known.
///
/// # Errors
/// The database's.
pub async fn note_mined(
    on: &impl Query,
    attempt_id: i64,
    block: (&[u8], i64),
    outcome: MinedOutcome,
    fee_atoms: Option<&str>,
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("note_mined", "select chain.note_mined($1, $2, $3, $4, $5)");
    let (hash, height) = block;
    on.value(
        STATEMENT,
        &[&attempt_id, &hash, &height, &outcome.name(), &fee_atoms],
    )
    .await
}

/// The attempt's number was finally used by a transaction that is none of its payment's; a payment
/// that has no other number fails.
///
/// # Errors
/// The database's.
pub async fn note_replaced(on: &impl Query, attempt_id: i64) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("note_replaced", "select chain.note_replaced($1)");
    on.value(STATEMENT, &[&attempt_id]).await
}

/// Keeps somebody else's transaction that carried a payment; none where it is one of ours.
///
/// # Errors
/// The database's.
pub async fn adopt_attempt(
    on: &impl Query,
    payment_id: i64,
    raw: &[u8],
    txid: &[u8],
) -> Result<Option<i64>, Error> {
    const STATEMENT: Statement =
        Statement::write("adopt_attempt", "select chain.adopt_attempt($1, $2, $3)");
    on.value(STATEMENT, &[&payment_id, &raw, &txid]).await
}

/// Gives up a payment that provably never happens, and refunds.
///
/// # Errors
/// The database's.
pub async fn fail_payment(on: &impl Query, payment_id: i64, reason: &str) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("fail_payment", "select chain.fail_payment($1, $2)");
    on.rows(STATEMENT, &[&payment_id, &reason]).await.map(drop)
}

/// Ends what signers refused.
///
/// # Errors
/// The database's.
pub async fn drop_refused_payments(on: &impl Query, network_id: i32) -> Result<i64, Error> {
    const STATEMENT: Statement = Statement::write(
        "drop_refused_payments",
        "select chain.drop_refused_payments($1)",
    );
    on.value(STATEMENT, &[&network_id]).await
}

/// Opens attempts again whose block has gone.
///
/// # Errors
/// The database's.
pub async fn reopen_attempts(on: &impl Query, network_id: i32) -> Result<i64, Error> {
    const STATEMENT: Statement =
        Statement::write("reopen_attempts", "select chain.reopen_attempts($1)");
    on.value(STATEMENT, &[&network_id]).await
}

/// Notes attempts as mined by the outputs that they spend.
///
/// # Errors
/// The database's.
pub async fn match_spent_outputs(on: &impl Query, network_id: i32) -> Result<i64, Error> {
    const STATEMENT: Statement = Statement::write(
        "match_spent_outputs",
        "select chain.match_spent_outputs($1)",
    );
    on.value(STATEMENT, &[&network_id]).await
}

/// Gives up payments whose outputs others have finally spent.
///
/// # Errors
/// The database's.
pub async fn fail_conflicts(on: &impl Query, network_id: i32) -> Result<i64, Error> {
    const STATEMENT: Statement =
        Statement::write("fail_conflicts", "select chain.fail_conflicts($1)");
    on.value(STATEMENT, &[&network_id]).await
}

/// Ends what has finally gone through, so many at most.
///
/// # Errors
/// The database's.
pub async fn settle_payments(on: &impl Query, network_id: i32, most: i32) -> Result<i64, Error> {
    const STATEMENT: Statement =
        Statement::write("settle_payments", "select chain.settle_payments($1, $2)");
    on.value(STATEMENT, &[&network_id, &most]).await
}

/// Ends one payment that finally failed; false where there is none.
///
/// # Errors
/// The database's.
pub async fn end_failed_payment(on: &impl Query, network_id: i32) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("end_failed_payment", "select chain.end_failed_payment($1)");
    on.value(STATEMENT, &[&network_id]).await
}

/// Bitcoin: what the hot wallet holds once all that is under way is mined, in atoms.
///
/// # Errors
/// The database's.
pub async fn hot_atoms(on: &impl Query, network_id: i32) -> Result<String, Error> {
    const STATEMENT: Statement = Statement::read("hot_atoms", "select chain.hot_atoms($1)");
    on.value(STATEMENT, &[&network_id]).await
}

/// Compares what the hot wallet holds with its floor; gives what changed.
///
/// # Errors
/// The database's.
pub async fn note_hot_balance(
    on: &impl Query,
    network_id: i32,
    asset_id: i32,
    atoms: &str,
) -> Result<Option<String>, Error> {
    const STATEMENT: Statement = Statement::write(
        "note_hot_balance",
        "select chain.note_hot_balance($1, $2, $3)",
    );
    on.value(STATEMENT, &[&network_id, &asset_id, &atoms]).await
}
