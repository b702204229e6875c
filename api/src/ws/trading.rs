//! Orders over the socket: by the functions of the HTTP endpoints, under the same limits.

use serde::de::DeserializeOwned;

use super::request::{CancelAll, OnOrder, Reply, parse, reply};
use crate::app::App;
use crate::auth::permissions::Permission;
use crate::auth::{Caller, require};
use crate::error::ApiError;
use crate::limits::Subject;
use crate::routes::trade::{cancel_all, cancel_order, create_order};

/// What each operation takes from the caller's limit, as its endpoint does.
const ORDER_WEIGHT: u32 = 1;
const CANCEL_ALL_WEIGHT: u32 = 5;

/// `createOrder`.
pub(super) async fn create(app: &App, caller: &Caller, text: &str) -> Reply {
    let order = order(app, caller, text).await?;
    reply(&create_order::perform(app, caller, order).await?)
}

/// `cancelOrder`.
pub(super) async fn cancel(app: &App, caller: &Caller, text: &str) -> Reply {
    let order = order(app, caller, text).await?;
    reply(&cancel_order::perform(app, caller, order).await?)
}

/// `cancelAll`.
pub(super) async fn cancel_every(app: &App, caller: &Caller, text: &str) -> Reply {
    require(caller, Permission::Trade)?;
    let CancelAll { market, side, .. } = parse(text)?;
    charge(app, caller, CANCEL_ALL_WEIGHT).await?;
    let request = cancel_all::CancelAll { market, side };
    reply(&cancel_all::perform(app, caller, request).await?)
}

async fn order<T: DeserializeOwned>(app: &App, caller: &Caller, text: &str) -> Result<T, ApiError> {
    require(caller, Permission::Trade)?;
    let OnOrder { order, .. } = parse(text)?;
    charge(app, caller, ORDER_WEIGHT).await?;
    Ok(order)
}

async fn charge(app: &App, caller: &Caller, weight: u32) -> Result<(), ApiError> {
    charge_subject(app, Subject::Account(caller.account_id), weight).await?;
    match caller.authority.api_key_id {
        Some(api_key_id) => charge_subject(app, Subject::Key(api_key_id), weight).await,
        None => Ok(()),
    }
}

/// Takes this weight of a caller's limit.
pub(super) async fn charge_subject(
    app: &App,
    subject: Subject,
    weight: u32,
) -> Result<(), ApiError> {
    match app.limits.charge(subject, weight).await? {
        Some(charge) if !charge.is_granted => Err(ApiError::RateLimited {
            policy: charge.policy,
            retry_after_seconds: charge.ends_in_seconds,
        }),
        _ => Ok(()),
    }
}
