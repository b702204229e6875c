//! Writes what the engine decided: each table once a batch, hot rows last.

use crate::batch::Locked;
use crate::funds::Funds;
use crate::hash::BatchMap;
use crate::pg::appender::Appender;
use crate::pg::row::{Arena, Row};
use crate::pg::table::{Place, Table};
use crate::pg::{notify, transaction};
use crate::store::markets::Markets;
use crate::store::orders::{self, OpenOrders, Progress};
use crate::store::{balances, events, months, order_keys, order_updates, trades};
use engine::facts::{Change, Facts, Placed};
use engine::order::{Sequence, State};

/// Writes the facts of all markets, then the balances in key order: the rows that other markets may
/// wait for are locked last and for the shortest time. All happened `at` one time.
pub(crate) fn book(
    locked: &[Option<Locked<'_>>],
    funds: Funds<'_>,
    keys_table: &Table,
    markets: &Markets,
    at: i64,
) {
    let mut arena = Arena::default();
    for locked in locked.iter().flatten() {
        let Some(last) = last_number(&locked.facts) else {
            continue;
        };
        let Facts {
            trades, updates, ..
        } = &locked.facts;
        book_orders(locked, at, &mut arena);
        trades::insert(locked.market, trades, at, &mut arena);
        order_updates::insert(locked.market, updates, at, &mut arena);
        events::insert(locked.market.id, locked.before + 1, last, at);
        notify::ring(locked.market.id);
    }
    let keys = funds.keys();
    if !keys.is_empty() {
        order_keys::insert(keys_table, &keys, at, &mut arena);
    }
    let (mut balances, movements) = funds.finish();
    if !movements.is_empty() {
        balances::apply(
            &mut balances,
            &movements,
            |asset| markets.scale(asset),
            &mut arena,
        );
    }
}

fn last_number(facts: &Facts) -> Option<Sequence> {
    let placed = facts.placed.last().map(|fact| fact.sequence);
    let traded = facts.trades.last().map(|fact| fact.sequence);
    let updated = facts.updates.last().map(|fact| fact.sequence);
    placed.max(traded).max(updated)
}

/// What the batch did to each order, found by the order's number.
struct Touched<'a> {
    /// Orders placed in this batch, ascending.
    placed: Vec<(&'a Placed, Progress)>,
    /// Orders that rested before, with the place of their row.
    resting: BatchMap<Sequence, (Place, Progress)>,
}

impl<'a> Touched<'a> {
    fn by(facts: &'a Facts) -> Touched<'a> {
        let untouched = |state| Progress {
            reduced_lots: 0,
            filled_lots: 0,
            filled_quote: 0,
            state,
        };
        let placed = facts
            .placed
            .iter()
            .map(|fact| (fact, untouched(fact.state)))
            .collect();
        let mut touched = Touched {
            placed,
            resting: BatchMap::default(),
        };
        for trade in &facts.trades {
            for party in [&trade.maker, &trade.taker] {
                let progress = touched.progress(party.order, party.row);
                progress.filled_lots += trade.quantity_lots;
                progress.filled_quote += trade.quote;
            }
            if trade.maker.remaining_lots == 0 {
                touched.progress(trade.maker.order, trade.maker.row).state = State::Filled;
            }
        }
        for update in &facts.updates {
            let progress = touched.progress(update.order, update.row);
            match update.change {
                Change::Reduced => progress.reduced_lots += update.removed_lots,
                Change::Cancelled(_) => progress.state = State::Cancelled,
                Change::Expired(_) => progress.state = State::Expired,
            }
        }
        touched
    }

    fn progress(&mut self, order: Sequence, row: u64) -> &mut Progress {
        match self
            .placed
            .binary_search_by_key(&order, |(fact, _)| fact.sequence)
        {
            Ok(position) => &mut self.placed[position].1,
            Err(_) => {
                let open = Progress {
                    reduced_lots: 0,
                    filled_lots: 0,
                    filled_quote: 0,
                    state: State::Open,
                };
                &mut self.resting.entry(order).or_insert((Place(row), open)).1
            }
        }
    }
}

fn book_orders(locked: &Locked<'_>, at: i64, arena: &mut Arena) {
    let market = locked.market;
    let touched = Touched::by(&locked.facts);
    let open_table = Table::open(orders::OPEN);
    let closed_table = Table::open(&months::partition(orders::CLOSED, at));
    let mut open = OpenOrders::new(&open_table);
    let mut closed = Appender::new(&closed_table);
    let mut row = Row::default();
    let mut moved: Vec<(Sequence, Place)> = Vec::new();

    for (&sequence, (place, progress)) in &touched.resting {
        let order = (sequence, *place);
        if progress.state == State::Open {
            moved.push((
                sequence,
                open.update(&mut row, arena, market, order, progress),
            ));
        } else {
            open.take(&mut row, arena, market, order, progress, at);
            closed.add(&row, &mut |_| {});
        }
    }
    let mut resting = Vec::new();
    let mut places = Vec::new();
    for (fact, progress) in &touched.placed {
        orders::write_new(
            &mut row,
            arena,
            market,
            fact.sequence,
            &fact.order,
            progress,
            at,
        );
        if progress.state == State::Open {
            resting.push(fact.sequence);
            open.appender.add(&row, &mut |place| places.push(place));
        } else {
            closed.add(&row, &mut |_| {});
        }
    }
    closed.finish(&mut |_| {});
    open.appender.finish(&mut |place| places.push(place));
    moved.extend(resting.into_iter().zip(places));
    transaction::with_book(locked.slot, |book| {
        moved
            .iter()
            .for_each(|(sequence, place)| book.set_row(*sequence, place.0));
    });
}
