//! `exchange.verify_book(market text default null)`: where book and tables disagree.

use super::order_book::named;
use crate::ids;
use crate::shared_book;
use crate::store::markets::Markets;
use pgrx::iter::TableIterator;
use pgrx::prelude::*;

/// Empty where everything agrees. Reads the market's rows under its lock.
#[pg_extern(sql = false)]
fn verify_book(
    market: Option<&str>,
) -> TableIterator<
    'static,
    (
        name!(market, String),
        name!(order_id, Option<i64>),
        name!(problem, String),
    ),
> {
    let markets = Markets::read();
    let selected = match market {
        Some(symbol) => std::slice::from_ref(named(&markets, symbol)),
        None => markets.all(),
    };
    let mut problems = Vec::new();
    for market in selected {
        problems.extend(
            shared_book::verify(market)
                .into_iter()
                .map(|(order, problem)| {
                    (
                        market.symbol.clone(),
                        order.map(|order| ids::number(market.id, order)),
                        problem,
                    )
                }),
        );
    }
    TableIterator::new(problems)
}
