//! Questions about the past that are asked seldom enough for SQL.

use crate::ids;
use crate::pg::session;
use crate::store::markets::Market;
use crate::store::{order_updates, orders, trades};
use engine::decimal;
use engine::order::Sequence;
use pgrx::prelude::*;

/// Where a market's numbering and price stand by its tables.
pub(crate) struct LastFacts {
    pub(crate) sequence: Sequence,
    /// 0 before the first trade.
    pub(crate) price_ticks: u64,
}

/// Reads them. A new snapshot is taken, so that what was committed while we waited for the market's
/// lock is seen.
pub(crate) fn last_facts(market: &Market) -> LastFacts {
    let tick = market.tick();
    let query = "select (select max(last_sequence) from exchange.events where stream_id = $1),
        (select (price * 10::numeric ^ $4)::numeric(38, 0)::text from exchange.trades
         where trade_id between $2 and $3 order by trade_id desc limit 1)";
    let arguments = [
        (market.id as i32).into(),
        ids::number(market.id, 1).into(),
        (ids::number(market.id + 1, 0) - 1).into(),
        (tick.scale as i32).into(),
    ];
    let (sequence, price) = Spi::connect_mut(|client| {
        let row = client.update(query, Some(1), &arguments)?.first();
        Ok::<_, pgrx::spi::Error>((row.get::<i64>(1)?, row.get::<String>(2)?))
    })
    .unwrap_or_else(|error| panic!("cannot read where {} stands: {error}", market.symbol));
    let price = price
        .and_then(|text| text.parse::<u128>().ok())
        .unwrap_or(0);
    LastFacts {
        sequence: sequence.unwrap_or(0) as Sequence,
        price_ticks: (price / tick.units) as u64,
    }
}

/// What an order's placement answered, computed again from what it caused at once.
pub(crate) struct FirstResult {
    pub(crate) state: String,
    pub(crate) filled_quantity: String,
    pub(crate) filled_quote: String,
    pub(crate) remaining_quantity: String,
}

/// The first answer to the placement of an order: by index for one that rests or ended this month,
/// as nearly all have whose placement is repeated; by SQL otherwise.
pub(crate) fn first_result(market: &Market, order: i64) -> Option<FirstResult> {
    recent_first_result(market, order).or_else(|| older_first_result(market, order))
}

fn recent_first_result(market: &Market, order: i64) -> Option<FirstResult> {
    let scale = market.lot().scale;
    let open = orders::find_open(order, scale);
    let rests = open.is_some();
    let found = open.or_else(|| orders::find_closed(order, session::now(), scale))?;
    let (took, took_quote) = trades::taken_by(market, order, found.placed_at);
    let state = match found.quantity {
        Some(quantity) if took == quantity => "filled".to_owned(),
        _ if rests => "open".to_owned(),
        _ if found.time_in_force != "gtc" => found.state,
        _ if order_updates::met_itself(order, found.placed_at) => "expired".to_owned(),
        _ => "open".to_owned(),
    };
    Some(FirstResult {
        state,
        filled_quantity: decimal::format(took, scale),
        filled_quote: decimal::format(took_quote, market.quote_scale),
        remaining_quantity: decimal::format(found.quantity.map_or(0, |q| q - took), scale),
    })
}

/// An order is a taker only in its own placement, and its trades follow its number.
fn older_first_result(market: &Market, order: i64) -> Option<FirstResult> {
    let query = "with placed as (
            select o.*, coalesce(t.quantity, 0) as took, coalesce(t.quote, 0) as took_quote,
                exists (select from exchange.order_updates u
                    where u.order_id = o.order_id and u.counter_order_id < o.order_id
                        and u.reason = 'self_trade') as met_itself
            from exchange.orders o
            cross join lateral (
                select sum(quantity) as quantity, sum(quote_amount) as quote
                from exchange.trades where taker_order_id = o.order_id
                    and taker_account_id = o.account_id and trade_id > o.order_id) t
            where o.order_id = $1)
        select case when kind = 'market' then state
                when took = quantity then 'filled'
                when met_itself or time_in_force <> 'gtc' then 'expired'
                else 'open' end,
            round(took, $2)::text, round(took_quote, $3)::text,
            round(coalesce(quantity - took, 0), $2)::text
        from placed";
    let scales = (market.lot().scale as i32, market.quote_scale as i32);
    let arguments = [order.into(), scales.0.into(), scales.1.into()];
    Spi::connect_mut(|client| {
        let table = client.update(query, Some(1), &arguments)?;
        if table.is_empty() {
            return Ok(None);
        }
        let row = table.first();
        let text =
            |column| Ok::<_, pgrx::spi::Error>(row.get::<String>(column)?.unwrap_or_default());
        Ok::<_, pgrx::spi::Error>(Some(FirstResult {
            state: text(1)?,
            filled_quantity: text(2)?,
            filled_quote: text(3)?,
            remaining_quantity: text(4)?,
        }))
    })
    .unwrap_or_else(|error| panic!("cannot read order {order}: {error}"))
}

/// How an order of the account ended.
pub(crate) struct Ended {
    pub(crate) state: String,
    /// What was still open when it ended.
    pub(crate) remaining_quantity: String,
}

/// How an order ended, where it was the account's. Orders that ended this month, as nearly all have
/// that somebody still tries to cancel, are found by index; older ones by SQL.
pub(crate) fn ended(market: &Market, account: i64, order: i64) -> Option<Ended> {
    let lot_scale = market.lot().scale;
    match orders::find_closed(order, session::now(), lot_scale) {
        Some(found) => (found.account == account).then(|| Ended {
            state: found.state,
            remaining_quantity: decimal::format(
                found.quantity.map_or(0, |quantity| quantity - found.gone),
                lot_scale,
            ),
        }),
        None => ended_before(account, order, lot_scale),
    }
}

fn ended_before(account: i64, order: i64, lot_scale: u32) -> Option<Ended> {
    let query = "select state,
            round(coalesce(quantity - reduced_quantity - filled_quantity, 0), $3)::text
        from exchange.orders where order_id = $1 and account_id = $2 and state <> 'open'";
    Spi::connect_mut(|client| {
        let arguments = [order.into(), account.into(), (lot_scale as i32).into()];
        let table = client.update(query, Some(1), &arguments)?;
        if table.is_empty() {
            return Ok(None);
        }
        let row = table.first();
        Ok::<_, pgrx::spi::Error>(Some(Ended {
            state: row.get::<String>(1)?.unwrap_or_default(),
            remaining_quantity: row.get::<String>(2)?.unwrap_or_default(),
        }))
    })
    .unwrap_or_else(|error| panic!("cannot read order {order}: {error}"))
}
