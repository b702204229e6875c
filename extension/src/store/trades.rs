//! `trades`.

use crate::ids;
use crate::pg::appender::Appender;
use crate::pg::row::{Arena, Row};
use crate::pg::table::Table;
use crate::store::markets::Market;
use crate::store::months;
use engine::facts::Trade;
use engine::order::{Atoms, Side};

mod column {
    pub(super) const QUANTITY: usize = 3;
    pub(super) const QUOTE_AMOUNT: usize = 4;
    pub(super) const TAKER_ORDER_ID: usize = 7;
}

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

/// What an order traded as taker, in the lot's and the quote's smallest units. It is a taker only
/// in its own placement, so its trades are the first of its market after its number.
pub(crate) fn taken_by(market: &Market, order: i64, placed_at: i64) -> (Atoms, Atoms) {
    let name = months::partition("trades", placed_at);
    let table = Table::open_to_read(&name);
    let (mut quantity, mut quote) = (0, 0);
    table.index(&format!("{name}_pkey"), 1).after(order, |row| {
        if row.bigint(column::TAKER_ORDER_ID) != order {
            return false;
        }
        quantity += row.exact(column::QUANTITY, market.lot().scale);
        quote += row.exact(column::QUOTE_AMOUNT, market.quote_scale);
        true
    });
    (quantity, quote)
}
