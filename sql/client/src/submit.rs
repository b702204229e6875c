//! Placing and changing orders: commands to the extension, one or many.

use std::fmt::Debug;

use serde::Serialize;
use tokio_postgres::types::Json;

use crate::authority::Authorized;
use crate::commands::{Command, Side, Terms};
use crate::error::Error;
use crate::outcomes::Outcome;
use crate::query::{Params, Query, Statement};

/// Most commands of a batch.
pub const MAX_BATCH: usize = 4096;

/// Runs commands in order, in one transaction, and answers each in the same order. A refused one
/// harms no other. A command is a [`Command`], or one with the right to give it:
/// [`crate::Authorized`].
///
/// # Errors
/// The database's; more than [`MAX_BATCH`] commands are a fault of the caller's.
pub async fn submit<C>(on: &impl Query, commands: &[C]) -> Result<Vec<Outcome>, Error>
where
    C: Serialize + Debug + Sync,
{
    const STATEMENT: Statement = Statement::write("submit", "select exchange.submit($1)");
    if commands.len() > MAX_BATCH {
        return Err(Error::Bug(format!(
            "a batch of {} commands",
            commands.len()
        )));
    }
    let Json(outcomes): Json<Vec<Outcome>> = on.value(STATEMENT, &[&Json(commands)]).await?;
    if outcomes.len() != commands.len() {
        let (asked, got) = (commands.len(), outcomes.len());
        return Err(Error::Bug(format!("{asked} commands had {got} outcomes")));
    }
    Ok(outcomes)
}

/// As [`submit`] for commands of one account, once only: a repeat under the same key gives the
/// first answer again, marked as repeated.
///
/// # Errors
/// Rejected: `DUPLICATE_IDEMPOTENCY_KEY` where other commands came under the key before,
/// `ACCESS_REVOKED`, `REQUEST_EXPIRED`.
pub async fn submit_once(
    on: &impl Query,
    account_id: i64,
    request_key: &str,
    commands: &[Authorized],
) -> Result<Vec<Outcome>, Error> {
    const STATEMENT: Statement =
        Statement::write("submit_once", "select exchange.submit_once($1, $2, $3)");
    let params: Params<'_> = &[&account_id, &request_key, &Json(commands)];
    let Json(outcomes): Json<Vec<Outcome>> = on.value(STATEMENT, params).await?;
    Ok(outcomes)
}

/// What [`submit`] would answer now. Nothing is done.
///
/// # Errors
/// The database's.
pub async fn try_commands(on: &impl Query, commands: &[Authorized]) -> Result<Vec<Outcome>, Error> {
    const STATEMENT: Statement =
        Statement::read("try_commands", "select exchange.try_commands($1)");
    let Json(outcomes): Json<Vec<Outcome>> = on.value(STATEMENT, &[&Json(commands)]).await?;
    Ok(outcomes)
}

/// Places one order.
///
/// # Errors
/// The database's.
pub async fn place_order(
    on: &impl Query,
    account_id: i64,
    market: &str,
    terms: Terms,
) -> Result<Outcome, Error> {
    let market = market.to_owned();
    only(
        submit(
            on,
            &[Command::Place {
                account_id,
                market,
                terms,
            }],
        )
        .await?,
    )
}

/// Cancels one open order by its number.
///
/// # Errors
/// The database's.
pub async fn cancel_order(
    on: &impl Query,
    account_id: i64,
    order_id: i64,
) -> Result<Outcome, Error> {
    let order_id = Some(order_id);
    let command = Command::Cancel {
        account_id,
        order_id,
        client_order_id: None,
    };
    only(submit(on, &[command]).await?)
}

/// Cancels all open orders of an account, optionally of one market or side.
///
/// # Errors
/// The database's.
pub async fn cancel_all_orders(
    on: &impl Query,
    account_id: i64,
    market: Option<&str>,
    side: Option<Side>,
) -> Result<Outcome, Error> {
    let market = market.map(str::to_owned);
    only(
        submit(
            on,
            &[Command::CancelAll {
                account_id,
                market,
                side,
            }],
        )
        .await?,
    )
}

/// Lowers what an order has open.
///
/// # Errors
/// The database's.
pub async fn reduce_order(
    on: &impl Query,
    account_id: i64,
    order_id: i64,
    quantity: &str,
) -> Result<Outcome, Error> {
    let quantity = quantity.to_owned();
    only(
        submit(
            on,
            &[Command::Reduce {
                account_id,
                order_id: Some(order_id),
                client_order_id: None,
                quantity,
            }],
        )
        .await?,
    )
}

/// Cancels an order and places another in its market: both, or neither.
///
/// # Errors
/// The database's.
pub async fn replace_order(
    on: &impl Query,
    account_id: i64,
    order_id: i64,
    terms: Terms,
) -> Result<Outcome, Error> {
    only(
        submit(
            on,
            &[Command::Replace {
                account_id,
                order_id: Some(order_id),
                replaced_client_order_id: None,
                terms,
            }],
        )
        .await?,
    )
}

fn only(outcomes: Vec<Outcome>) -> Result<Outcome, Error> {
    outcomes
        .into_iter()
        .next()
        .ok_or_else(|| Error::Bug("no outcome".to_owned()))
}
