//! `exchange.order_book(market text, depth integer)`: price levels, best first, bids then asks.

use crate::pg::session;
use crate::shared_book;
use crate::store::markets::{Decimal, Market, Markets};
use engine::decimal;
use engine::order::Side;
use pgrx::iter::TableIterator;
use pgrx::prelude::*;

/// Most levels of a side that are given.
const MAX_DEPTH: i32 = 10_000;

/// The market of that symbol, or an error.
pub(super) fn named<'a>(markets: &'a Markets, symbol: &str) -> &'a Market {
    markets
        .by_symbol(symbol)
        .map(|position| &markets.all()[position])
        .unwrap_or_else(|| {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                format!("no market {symbol:?}")
            );
        })
}

/// A decimal as Postgres' numeric.
pub(super) fn numeric(decimal: Decimal) -> AnyNumeric {
    let text = decimal::format(decimal.units, decimal.scale);
    AnyNumeric::try_from(text.as_str()).expect("a decimal is a numeric")
}

type Level = (String, AnyNumeric, AnyNumeric, i32);

#[pg_extern(sql = false)]
fn order_book(
    market: &str,
    depth: i32,
) -> TableIterator<
    'static,
    (
        name!(side, String),
        name!(price, AnyNumeric),
        name!(quantity, AnyNumeric),
        name!(orders, i32),
    ),
> {
    if !(1..=MAX_DEPTH).contains(&depth) {
        ereport!(
            ERROR,
            PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            format!("depth is 1 to {MAX_DEPTH}, not {depth}")
        );
    }
    let markets = Markets::read();
    let market = named(&markets, market);
    let levels = if session::in_recovery() {
        from_table(market, depth)
    } else {
        from_memory(market, depth as usize)
    };
    TableIterator::new(levels)
}

fn from_memory(market: &Market, depth: usize) -> Vec<Level> {
    shared_book::read(market, |book| {
        let mut levels = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            for level in book.depth(side).take(depth) {
                let lots = u64::try_from(level.quantity_lots).expect("a level beyond 64 bits");
                levels.push((
                    side.name().to_owned(),
                    numeric(market.price(level.price_ticks)),
                    numeric(market.quantity(lots)),
                    level.orders as i32,
                ));
            }
        }
        levels
    })
}

/// A standby has the tables and no book.
fn from_table(market: &Market, depth: i32) -> Vec<Level> {
    let query =
        "(select side, price, sum(quantity - reduced_quantity - filled_quantity), count(*)::integer
         from exchange.orders where state = 'open' and market_id = $1 and side = 'buy'
         group by side, price order by price desc limit $2)
        union all
        (select side, price, sum(quantity - reduced_quantity - filled_quantity), count(*)::integer
         from exchange.orders where state = 'open' and market_id = $1 and side = 'sell'
         group by side, price order by price limit $2)";
    Spi::connect(|client| {
        let arguments = [(market.id as i32).into(), depth.into()];
        let rows = client.select(query, None, &arguments)?;
        let mut levels = Vec::with_capacity(rows.len());
        for row in rows {
            levels.push((
                row.get::<String>(1)?.unwrap_or_default(),
                row.get::<AnyNumeric>(2)?.unwrap_or_default(),
                row.get::<AnyNumeric>(3)?.unwrap_or_default(),
                row.get::<i32>(4)?.unwrap_or_default(),
            ));
        }
        Ok::<_, pgrx::spi::Error>(levels)
    })
    .unwrap_or_else(|error| panic!("cannot read the orders of {}: {error}", market.symbol))
}
