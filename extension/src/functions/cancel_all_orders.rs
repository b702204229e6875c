//! `exchange.cancel_all_orders(…) returns json`.

use super::single::Single;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
fn cancel_all_orders(
    account_id: Option<i64>,
    market: Option<String>,
    side: Option<String>,
) -> String {
    Single::new("cancel_all")
        .with("account_id", account_id)
        .with("market", market)
        .with("side", side)
        .submit()
}
