//! `exchange.cancel_order(…) returns json`.

use super::single::Single;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
fn cancel_order(
    account_id: Option<i64>,
    order_id: Option<i64>,
    client_order_id: Option<String>,
) -> String {
    Single::new("cancel")
        .with("account_id", account_id)
        .with("order_id", order_id)
        .with("client_order_id", client_order_id)
        .submit()
}
