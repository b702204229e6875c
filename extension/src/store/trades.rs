//! `trades`.

use crate::ids;
use crate::pg::appender::Appender;
use crate::pg::row::{Arena, Row};
use crate::pg::table::Table;
use crate::store::markets::Market;
use crate::store::months;
use engine::facts::Trade;
use engine::order::Side;

/// Writes the trades of a batch in one market.
pub(crate) fn insert(market: &Market, trades: &[Trade], at: i64, arena: &mut Arena) {
    if trades.is_empty() {
        return;
    }
    let table = Table::open(&months::partition("trades", at));
    let mut appender = Appender::new(&table);
    let mut row = Row::default();
    for trade in trades {
        // A fee is in the asset received: the buyer's in base, the seller's in quote.
        let (maker_scale, taker_scale) = match trade.taker_side {
            Side::Buy => (market.quote_scale, market.base_scale),
            Side::Sell => (market.base_scale, market.quote_scale),
        };
        let price = market.price(trade.price_ticks);
        let quantity = market.quantity(trade.quantity_lots);
        row.clear();
        row.bigint(ids::number(market.id, trade.sequence));
        row.integer(market.id as i32);
        row.numeric(arena, price.units, price.scale);
        row.numeric(arena, quantity.units, quantity.scale);
        row.numeric(arena, trade.quote, market.quote_scale);
        row.text(arena, trade.taker_side.name());
        row.bigint(ids::number(market.id, trade.maker.order));
        row.bigint(ids::number(market.id, trade.taker.order));
        row.bigint(trade.maker.account as i64);
        row.bigint(trade.taker.account as i64);
        row.numeric(arena, trade.maker.fee, maker_scale);
        row.numeric(arena, trade.taker.fee, taker_scale);
        row.timestamp(at);
        appender.add(&row, &mut |_| {});
    }
    appender.finish(&mut |_| {});
}
