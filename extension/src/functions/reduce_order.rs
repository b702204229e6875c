//! `exchange.reduce_order(…) returns json`.

use super::single::Single;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
fn reduce_order(
    account_id: Option<i64>,
    order_id: Option<i64>,
    quantity: Option<AnyNumeric>,
) -> String {
    Single::new("reduce")
        .with("account_id", account_id)
        .with("order_id", order_id)
        .with_decimal("quantity", quantity)
        .submit()
}
