//! `exchange.book_orders(market text)`: the book in shared memory, order by order.

use super::order_book::{named, numeric};
use crate::ids;
use crate::shared_book;
use crate::store::markets::Markets;
use engine::order::Side;
use pgrx::iter::TableIterator;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
fn book_orders(
    market: &str,
) -> TableIterator<
    'static,
    (
        name!(order_id, i64),
        name!(account_id, i64),
        name!(side, String),
        name!(price, AnyNumeric),
        name!(remaining, AnyNumeric),
    ),
> {
    let markets = Markets::read();
    let market = named(&markets, market);
    let orders = shared_book::read(market, |book| {
        let mut orders = Vec::with_capacity(book.len());
        for side in [Side::Buy, Side::Sell] {
            orders.extend(book.resting(side).map(|order| {
                (
                    ids::number(market.id, order.sequence),
                    order.account as i64,
                    side.name().to_owned(),
                    numeric(market.price(order.price_ticks)),
                    numeric(market.quantity(order.remaining_lots)),
                )
            }));
        }
        orders
    });
    TableIterator::new(orders)
}
