//! `orders`: open ones in `orders_open`, ended ones in the partition of the month of their end.

use crate::ids;
use crate::pg::appender::Appender;
use crate::pg::row::{Arena, Row, Stored};
use crate::pg::table::{Changed, Key, Place, Sees, Table};
use crate::store::markets::Market;
use crate::store::months;
use engine::book::Resting;
use engine::fee::Rates;
use engine::order::{Atoms, NewOrder, Sequence, Side, State, Terms, TimeInForce};

mod column {
    pub(super) const ORDER_ID: usize = 0;
    pub(super) const MARKET_ID: usize = 1;
    pub(super) const ACCOUNT_ID: usize = 2;
    pub(super) const SIDE: usize = 4;
    pub(super) const TIME_IN_FORCE: usize = 6;
    pub(super) const PRICE: usize = 9;
    pub(super) const QUANTITY: usize = 10;
    pub(super) const MAKER_RATE: usize = 12;
    pub(super) const TAKER_RATE: usize = 13;
    pub(super) const REDUCED_QUANTITY: usize = 14;
    pub(super) const FILLED_QUANTITY: usize = 15;
    pub(super) const FILLED_QUOTE: usize = 16;
    pub(super) const STATE: usize = 17;
    pub(super) const PLACED_AT: usize = 18;
    pub(super) const CLOSED_AT: usize = 19;
    pub(super) const COUNT: usize = 20;
}

/// Decimals of a fee rate: parts per million.
const RATE_SCALE: u32 = 6;
/// Table of the resting orders.
pub(crate) const OPEN: &str = "orders_open";
/// Stem of the monthly partitions of ended orders.
pub(crate) const CLOSED: &str = "orders_closed";

/// What a batch did to one order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub(crate) reduced_lots: u64,
    pub(crate) filled_lots: u64,
    pub(crate) filled_quote: Atoms,
    pub(crate) state: State,
}

/// Writes the columns of an order that was placed in this batch.
pub(crate) fn write_new(
    row: &mut Row,
    arena: &mut Arena,
    market: &Market,
    sequence: Sequence,
    order: &NewOrder,
    progress: &Progress,
    at: i64,
) {
    let (kind, time_in_force, post_only) = match order.terms {
        Terms::Limit {
            time_in_force,
            post_only,
            ..
        } => ("limit", time_in_force, post_only),
        Terms::Market {
            fill_or_kill: true, ..
        } => ("market", TimeInForce::Fok, false),
        Terms::Market { .. } | Terms::MarketBudget { .. } => ("market", TimeInForce::Ioc, false),
    };
    row.clear();
    row.bigint(ids::number(market.id, sequence));
    row.integer(market.id as i32);
    row.bigint(order.account as i64);
    match &order.client_order_id {
        Some(id) => row.text(arena, id.as_str()),
        None => row.null(),
    }
    row.text(arena, order.side.name());
    row.text(arena, kind);
    row.text(arena, time_in_force.name());
    row.boolean(post_only);
    row.text(arena, order.self_trade.name());
    write_terms(row, arena, market, &order.terms);
    row.numeric(arena, Atoms::from(order.rates.maker_ppm), RATE_SCALE);
    row.numeric(arena, Atoms::from(order.rates.taker_ppm), RATE_SCALE);
    let (reduced, filled) = (
        market.quantity(progress.reduced_lots),
        market.quantity(progress.filled_lots),
    );
    row.numeric(arena, reduced.units, reduced.scale);
    row.numeric(arena, filled.units, filled.scale);
    row.numeric(arena, progress.filled_quote, market.quote_scale);
    row.text(arena, progress.state.name());
    row.timestamp(at);
    if progress.state == State::Open {
        row.null()
    } else {
        row.timestamp(at)
    }
}

/// Price, quantity and budget.
fn write_terms(row: &mut Row, arena: &mut Arena, market: &Market, terms: &Terms) {
    match *terms {
        Terms::Limit {
            price_ticks,
            quantity_lots,
            ..
        } => {
            let (price, quantity) = (market.price(price_ticks), market.quantity(quantity_lots));
            row.numeric(arena, price.units, price.scale);
            row.numeric(arena, quantity.units, quantity.scale);
            row.null();
        }
        Terms::Market { quantity_lots, .. } => {
            let quantity = market.quantity(quantity_lots);
            row.null();
            row.numeric(arena, quantity.units, quantity.scale);
            row.null();
        }
        Terms::MarketBudget { budget } => {
            row.null();
            row.null();
            row.numeric(arena, budget, market.quote_scale);
        }
    }
}

/// Writes the columns of an order that rested before this batch, after `progress`. Raises an error
/// where the row at `place` is another order's: book and table disagree.
fn write_resting(
    row: &mut Row,
    arena: &mut Arena,
    open: &Table,
    market: &Market,
    order: (Sequence, Place),
    progress: &Progress,
    at: i64,
) {
    let (sequence, place) = order;
    let number = ids::number(market.id, sequence);
    let written = open.at(place, Sees::Own, |stored| {
        if stored.bigint(column::ORDER_ID) != number {
            return false;
        }
        row.clear();
        for index in 0..column::COUNT {
            match index {
                column::REDUCED_QUANTITY => {
                    let quantity = market.quantity(progress.reduced_lots);
                    let before = amount(stored, index, quantity.scale, number);
                    row.numeric(arena, before + quantity.units, quantity.scale);
                }
                column::FILLED_QUANTITY => {
                    let quantity = market.quantity(progress.filled_lots);
                    let before = amount(stored, index, quantity.scale, number);
                    row.numeric(arena, before + quantity.units, quantity.scale);
                }
                column::FILLED_QUOTE => {
                    let before = amount(stored, index, market.quote_scale, number);
                    row.numeric(arena, before + progress.filled_quote, market.quote_scale);
                }
                column::STATE => row.text(arena, progress.state.name()),
                column::CLOSED_AT if progress.state != State::Open => row.timestamp(at),
                _ => row.copy(arena, stored, index),
            }
        }
        true
    });
    if written != Some(true) {
        disagree(market, number);
    }
}

fn disagree(market: &Market, number: i64) -> ! {
    panic!(
        "order {number} of the book of {} is not where the book says in orders_open: somebody else \
         wrote the table; select exchange.reset_book('{}')",
        market.symbol, market.symbol
    )
}

fn amount(stored: &Stored<'_>, column: usize, scale: u32, number: i64) -> Atoms {
    stored
        .numeric(column, scale)
        .unwrap_or_else(|_| panic!("column {column} of order {number} is not exact"))
}

/// Writer of `orders_open` for orders that rested before the batch.
pub(crate) struct OpenOrders<'a> {
    pub(crate) table: &'a Table,
    pub(crate) appender: Appender<'a>,
}

impl<'a> OpenOrders<'a> {
    pub(crate) fn new(table: &'a Table) -> OpenOrders<'a> {
        OpenOrders {
            table,
            appender: Appender::new(table),
        }
    }

    /// Updates an order that goes on resting; returns its new place.
    pub(crate) fn update(
        &mut self,
        row: &mut Row,
        arena: &mut Arena,
        market: &Market,
        order: (Sequence, Place),
        progress: &Progress,
    ) -> Place {
        let (sequence, place) = order;
        write_resting(row, arena, self.table, market, order, progress, 0);
        self.appender.check_row(row);
        match self.table.update(place, row, &mut self.appender) {
            Changed::Done(place) => place,
            Changed::Stale => disagree(market, ids::number(market.id, sequence)),
        }
    }

    /// Removes an order that ended, and leaves in `row` what belongs into the closed ones.
    pub(crate) fn take(
        &mut self,
        row: &mut Row,
        arena: &mut Arena,
        market: &Market,
        order: (Sequence, Place),
        progress: &Progress,
        at: i64,
    ) {
        let (sequence, place) = order;
        write_resting(row, arena, self.table, market, order, progress, at);
        if self.table.delete(place) == Changed::Stale {
            disagree(market, ids::number(market.id, sequence));
        }
    }
}

/// Reads all resting orders of a market, in any order.
pub(crate) fn scan_open(table: &Table, market: &Market, mut each: impl FnMut(Resting)) {
    table.scan(|place, stored| {
        if stored.integer(column::MARKET_ID) == market.id as i32 {
            each(resting(place, stored, market));
        }
    });
}

fn resting(place: Place, stored: &Stored<'_>, market: &Market) -> Resting {
    let number = stored.bigint(column::ORDER_ID);
    let (tick, lot) = (market.tick(), market.lot());
    let lots = |index| amount(stored, index, lot.scale, number) / lot.units;
    let rate = |index| amount(stored, index, RATE_SCALE, number) as u32;
    let gone = lots(column::REDUCED_QUANTITY) + lots(column::FILLED_QUANTITY);
    Resting {
        sequence: ids::split(number).map_or(0, |(_, sequence)| sequence),
        account: stored.bigint(column::ACCOUNT_ID) as u64,
        side: if stored.text(column::SIDE) == "buy" {
            Side::Buy
        } else {
            Side::Sell
        },
        price_ticks: (amount(stored, column::PRICE, tick.scale, number) / tick.units) as u64,
        remaining_lots: (lots(column::QUANTITY) - gone) as u64,
        rates: Rates {
            maker_ppm: rate(column::MAKER_RATE),
            taker_ppm: rate(column::TAKER_RATE),
        },
        row: place.0,
    }
}

/// An order found by its number; quantities in the lot's smallest units.
pub(crate) struct Found {
    pub(crate) account: i64,
    pub(crate) state: String,
    pub(crate) time_in_force: String,
    /// `None` for a budget order.
    pub(crate) quantity: Option<Atoms>,
    /// Reduced and filled together.
    pub(crate) gone: Atoms,
    pub(crate) placed_at: i64,
}

/// The order of that number, if it rests.
pub(crate) fn find_open(number: i64, lot_scale: u32) -> Option<Found> {
    find_in(OPEN, number, lot_scale)
}

/// The order of that number, if it ended in the month of `at`.
pub(crate) fn find_closed(number: i64, at: i64, lot_scale: u32) -> Option<Found> {
    find_in(&months::partition(CLOSED, at), number, lot_scale)
}

fn find_in(table: &str, number: i64, lot_scale: u32) -> Option<Found> {
    let index = format!("{table}_pkey");
    let table = Table::open_to_read(table);
    table
        .index(&index, 1)
        .find(&[Key::Bigint(number)], |_, stored| {
            let has_quantity = !stored.is_null(column::QUANTITY);
            Found {
                account: stored.bigint(column::ACCOUNT_ID),
                state: stored.text(column::STATE).to_owned(),
                time_in_force: stored.text(column::TIME_IN_FORCE).to_owned(),
                quantity: has_quantity.then(|| stored.exact(column::QUANTITY, lot_scale)),
                gone: stored.exact(column::REDUCED_QUANTITY, lot_scale)
                    + stored.exact(column::FILLED_QUANTITY, lot_scale),
                placed_at: stored.bigint(column::PLACED_AT),
            }
        })
}
