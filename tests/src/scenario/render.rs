//! Turns what an exchange answered into the lines that scenarios expect.

use std::collections::HashMap;

use serde_json::Value;

use super::{Balance, Fact, Level};

/// Orders by number and by the name that the scenario gave them.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<String, u64>,
    names: HashMap<u64, String>,
}

impl Names {
    pub(super) fn learn(&mut self, label: &str, order: u64) {
        self.numbers.insert(label.into(), order);
        // A repeat under another label is the same order: the first name stays.
        self.names.entry(order).or_insert_with(|| label.into());
    }

    pub(super) fn number(&self, label: &str) -> Option<u64> {
        self.numbers.get(label).copied()
    }

    fn name(&self, order: u64) -> String {
        self.names
            .get(&order)
            .cloned()
            .unwrap_or_else(|| place(order))
    }
}

/// Market and sequence: `1#7`.
fn place(number: u64) -> String {
    format!("{}#{}", number / SEQUENCES, number % SEQUENCES)
}

/// Numbers of a market's facts begin at `market_id` times this.
pub(super) const SEQUENCES: u64 = 100_000_000_000_000;

/// The number that an outcome gives to the order that was placed.
pub(super) fn placed_order(outcome: &Value) -> Option<u64> {
    let status = outcome.get("placed").unwrap_or(outcome);
    status.get("filled_quantity")?;
    status.get("order_id")?.as_str()?.parse().ok()
}

pub(super) fn outcome(outcome: &Value, names: &Names) -> String {
    if let Some(code) = text(outcome, "reject") {
        // Where fields or names were mixed up, which one is at fault is a matter of words.
        let is_vague = code == "MALFORMED" || code == "ORDER_NOT_FOUND";
        let field = text(outcome, "field")
            .filter(|_| !is_vague)
            .unwrap_or_default();
        return format!("reject {code} {field}").trim_end().into();
    }
    if let (Some(cancelled), Some(placed)) = (outcome.get("cancelled"), outcome.get("placed")) {
        return format!(
            "replaced {}, {}",
            status(cancelled, names),
            status(placed, names)
        );
    }
    match outcome.get("cancelled") {
        Some(count) => format!("cancelled {count} orders"),
        None => status(outcome, names),
    }
}

fn status(status: &Value, names: &Names) -> String {
    let repeated = status
        .get("repeated")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let number = text(status, "order_id")
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let mut line = String::new();
    if repeated {
        line.push_str("repeated ");
    }
    line.push_str(&names.name(number));
    line.push(' ');
    line.push_str(text(status, "state").unwrap_or("nowhere"));
    if let Some(filled) = text(status, "filled_quantity") {
        let quote = text(status, "filled_quote").unwrap_or("?");
        line.push_str(&format!(" filled {filled} for {quote}"));
    }
    line.push_str(&format!(
        " left {}",
        text(status, "remaining_quantity").unwrap_or("?")
    ));
    line
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

pub(super) fn fact(fact: &Fact, names: &Names) -> String {
    match fact {
        Fact::Trade {
            trade,
            maker,
            taker,
            quantity,
            price,
            quote,
            maker_fee,
            taker_fee,
        } => {
            let (maker, taker) = (names.name(*maker), names.name(*taker));
            format!(
                "{} {maker} trades with {taker} {quantity} @ {price} = {quote} \
                 fees {maker_fee} {taker_fee}",
                place(*trade)
            )
        }
        Fact::Update {
            update,
            order,
            kind,
            reason,
            removed,
            counter,
            prevented,
        } => {
            let order = names.name(*order);
            let mut line = format!("{} {order} {kind} {reason} {removed}", place(*update));
            if let Some(counter) = counter {
                line.push_str(&format!(" against {} {prevented}", names.name(*counter)));
            }
            line
        }
    }
}

pub(super) fn level(level: &Level) -> String {
    format!(
        "{} {} {} {}",
        level.side, level.price, level.quantity, level.orders
    )
}

pub(super) fn balance(balance: &Balance) -> String {
    format!(
        "{} {} {} held {}",
        balance.account, balance.asset, balance.available, balance.held
    )
}
