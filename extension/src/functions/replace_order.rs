//! `exchange.replace_order(…) returns json`.

use super::single::Single;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
#[allow(clippy::too_many_arguments)]
fn replace_order(
    account_id: Option<i64>,
    order_id: Option<i64>,
    side: Option<String>,
    price: Option<AnyNumeric>,
    quantity: Option<AnyNumeric>,
    client_order_id: Option<String>,
    post_only: Option<bool>,
    self_trade: Option<String>,
    time_in_force: Option<String>,
) -> String {
    Single::new("replace")
        .with("account_id", account_id)
        .with("order_id", order_id)
        .with("side", side)
        .with_decimal("price", price)
        .with_decimal("quantity", quantity)
        .with("client_order_id", client_order_id)
        .with("post_only", post_only)
        .with("self_trade", self_trade)
        .with("time_in_force", time_in_force)
        .submit()
}
