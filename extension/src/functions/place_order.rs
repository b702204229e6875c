//! `exchange.place_order(…) returns json`.

use super::single::Single;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
#[allow(clippy::too_many_arguments)]
fn place_order(
    account_id: Option<i64>,
    market: Option<String>,
    side: Option<String>,
    kind: Option<String>,
    price: Option<AnyNumeric>,
    quantity: Option<AnyNumeric>,
    budget: Option<AnyNumeric>,
    time_in_force: Option<String>,
    post_only: Option<bool>,
    self_trade: Option<String>,
    client_order_id: Option<String>,
) -> String {
    Single::new("place")
        .with("account_id", account_id)
        .with("market", market)
        .with("side", side)
        .with("kind", kind)
        .with_decimal("price", price)
        .with_decimal("quantity", quantity)
        .with_decimal("budget", budget)
        .with("time_in_force", time_in_force)
        .with("post_only", post_only)
        .with("self_trade", self_trade)
        .with("client_order_id", client_order_id)
        .submit()
}
