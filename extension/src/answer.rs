//! What callers are told, as json text.

use crate::ids;
use crate::store::history;
use crate::store::markets::{Decimal, Market, Markets};
use crate::wire::Refusal;
use engine::command::OrderStatus;
use engine::decimal;
use engine::order::Sequence;
use engine::reject::Reject;
use std::fmt::Write;

/// The answer to one command: ready, or to be looked up once the batch is booked.
pub(crate) enum Answer {
    Refused(Refusal),
    Order {
        market: usize,
        status: OrderStatus,
    },
    Cancelled {
        market: usize,
        status: OrderStatus,
    },
    CancelledAll {
        orders: u32,
    },
    Replaced {
        market: usize,
        cancelled: OrderStatus,
        placed: OrderStatus,
    },
    /// The first answer to this placement is given again.
    Repeated {
        number: i64,
    },
    /// The order is not open; what became of it decides the answer.
    NotOpen {
        market: usize,
        account: u64,
        order: Sequence,
        is_cancel: bool,
    },
}

/// Writes all answers as a json array.
pub(crate) fn write_all(answers: &[Answer], markets: &Markets) -> String {
    let mut json = String::with_capacity(answers.len() * 140 + 2);
    json.push('[');
    for (position, answer) in answers.iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        write(&mut json, answer, markets);
    }
    json.push(']');
    json
}

fn write(json: &mut String, answer: &Answer, markets: &Markets) {
    let of = |market: usize| &markets.all()[market];
    match answer {
        Answer::Refused(refusal) => refused(json, refusal),
        Answer::Order { market, status } => order(json, of(*market), status),
        Answer::Cancelled { market, status } => cancelled(json, of(*market), status),
        Answer::CancelledAll { orders } => put(json, format_args!("{{\"cancelled\":{orders}}}")),
        Answer::Replaced {
            market,
            cancelled: gone,
            placed,
        } => {
            json.push_str("{\"cancelled\":");
            cancelled(json, of(*market), gone);
            json.push_str(",\"placed\":");
            order(json, of(*market), placed);
            json.push('}');
        }
        Answer::Repeated { number } => repeated(json, markets, *number),
        Answer::NotOpen {
            market,
            account,
            order,
            is_cancel,
        } => {
            not_open(json, of(*market), *account as i64, *order, *is_cancel);
        }
    }
}

fn put(json: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = json.write_fmt(arguments);
}

fn text(decimal: Decimal) -> String {
    decimal::format(decimal.units, decimal.scale)
}

fn order(json: &mut String, market: &Market, status: &OrderStatus) {
    put(
        json,
        format_args!(
            "{{\"order_id\":\"{}\",\"state\":\"{}\",\"filled_quantity\":\"{}\",\
             \"filled_quote\":\"{}\",\"remaining_quantity\":\"{}\"}}",
            ids::number(market.id, status.order),
            status.state.name(),
            text(market.quantity(status.filled_lots)),
            text(market.quote(status.filled_quote)),
            text(market.quantity(status.remaining_lots)),
        ),
    );
}

fn cancelled(json: &mut String, market: &Market, status: &OrderStatus) {
    put(
        json,
        format_args!(
            "{{\"order_id\":\"{}\",\"state\":\"cancelled\",\"remaining_quantity\":\"{}\"}}",
            ids::number(market.id, status.order),
            text(market.quantity(status.remaining_lots)),
        ),
    );
}

fn refused(json: &mut String, refusal: &Refusal) {
    put(
        json,
        format_args!("{{\"reject\":\"{}\"", refusal.reject.code()),
    );
    if let Some(field) = refusal.field {
        put(json, format_args!(",\"field\":\"{field}\""));
    }
    // The message may quote the caller's input, so it is escaped.
    let message = serde_json::Value::from(refusal.message.as_str());
    put(json, format_args!(",\"message\":{message}}}"));
}

fn repeated(json: &mut String, markets: &Markets, number: i64) {
    let market = ids::split(number).and_then(|(id, _)| markets.by_id(id));
    let first = market.and_then(|m| history::first_result(&markets.all()[m], number));
    let Some(first) = first else {
        panic!("order {number} has a key and no row");
    };
    put(
        json,
        format_args!(
            "{{\"order_id\":\"{number}\",\"state\":\"{}\",\"filled_quantity\":\"{}\",\
             \"filled_quote\":\"{}\",\"remaining_quantity\":\"{}\",\"repeated\":true}}",
            first.state, first.filled_quantity, first.filled_quote, first.remaining_quantity,
        ),
    );
}

fn not_open(json: &mut String, market: &Market, account: i64, order: Sequence, is_cancel: bool) {
    let number = ids::number(market.id, order);
    match history::ended(market, account, number) {
        Some(ended) if is_cancel && ended.state == "cancelled" => put(
            json,
            format_args!(
                "{{\"order_id\":\"{number}\",\"state\":\"cancelled\",\
                 \"remaining_quantity\":\"{}\",\"repeated\":true}}",
                ended.remaining_quantity
            ),
        ),
        Some(ended) => {
            let message = format!("order {number} is {}", ended.state);
            refused(json, &Refusal::new(Reject::OrderNotOpen, message));
        }
        None => {
            let message = format!("no open order {number} of this account");
            refused(json, &Refusal::new(Reject::OrderNotFound, message));
        }
    }
}

/// Words for people where the code alone would leave them guessing.
pub(crate) fn explain(reject: Reject, market: &Market) -> String {
    let rules = &market.rules;
    let quantity = |lots| text(market.quantity(lots));
    match reject {
        Reject::QuantityTooSmall => {
            format!(
                "the smallest quantity is {}",
                quantity(rules.min_quantity_lots)
            )
        }
        Reject::QuantityTooLarge => {
            format!(
                "the largest quantity is {}",
                quantity(rules.max_quantity_lots)
            )
        }
        Reject::NotionalTooSmall => {
            format!(
                "the smallest notional is {}",
                text(market.quote(rules.min_notional))
            )
        }
        Reject::TooManyOpenOrders => {
            format!(
                "an account may have {} open orders here",
                rules.max_open_orders
            )
        }
        Reject::PriceOutOfBand => "the price is too far from the last one".to_owned(),
        Reject::RiskDenied => "a risk rule forbids this order".to_owned(),
        Reject::MarketHalted => format!("{} is halted", market.symbol),
        Reject::MarketCancelOnly => format!("{} takes cancels and reductions only", market.symbol),
        Reject::DuplicateClientOrderId => {
            "this client_order_id was used for another order".to_owned()
        }
        Reject::InsufficientBalance => "not enough available".to_owned(),
        Reject::NoLiquidity => "nobody to trade with within the price band".to_owned(),
        Reject::PostOnlyWouldTake => "the order would trade at once".to_owned(),
        Reject::FillOrKillUnfilled => "the order cannot be filled whole".to_owned(),
        Reject::SelfTradeNotAllowed => format!("{} allows no self-trade", market.symbol),
        Reject::NotAReduction => "the order has less than that left".to_owned(),
        Reject::BookFull => format!("the book of {} is full", market.symbol),
        other => other.code().to_lowercase().replace('_', " "),
    }
}
