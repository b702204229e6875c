//! From decimals as they were written to a market's ticks, lots and atoms.

use crate::store::markets::{Decimal, Market};
use crate::wire::{OrderText, Refusal, TermsText, client_order_id};
use engine::decimal::{self, DecimalError};
use engine::fee::Rates;
use engine::order::{AccountId, Atoms, NewOrder, Terms};
use engine::reject::Reject;

/// The order to place; its account's rates are filled in later.
pub(crate) fn new_order(
    text: &OrderText<'_>,
    account: AccountId,
    market: &Market,
) -> Result<NewOrder, Refusal> {
    Ok(NewOrder {
        account,
        client_order_id: text.client_order_id.map(client_order_id).transpose()?,
        side: text.side,
        terms: terms(&text.terms, market)?,
        self_trade: text.self_trade,
        rates: Rates::default(),
    })
}

fn terms(text: &TermsText<'_>, market: &Market) -> Result<Terms, Refusal> {
    Ok(match *text {
        TermsText::Limit {
            price,
            quantity,
            time_in_force,
            post_only,
        } => Terms::Limit {
            price_ticks: price_ticks(price, market.tick())?,
            quantity_lots: quantity_lots(quantity, market)?,
            time_in_force,
            post_only,
        },
        TermsText::Market {
            quantity,
            fill_or_kill,
        } => Terms::Market {
            quantity_lots: quantity_lots(quantity, market)?,
            fill_or_kill,
        },
        TermsText::Budget { budget } => Terms::MarketBudget {
            budget: atoms(budget, market.quote_scale)?,
        },
    })
}

/// A quantity in lots; positive.
pub(crate) fn quantity_lots(text: &str, market: &Market) -> Result<u64, Refusal> {
    let (invalid, off) = (Reject::InvalidQuantity, Reject::QuantityOffLot);
    multiples(text, market.lot(), invalid, off, "lot")
}

fn price_ticks(text: &str, tick: Decimal) -> Result<u64, Refusal> {
    multiples(
        text,
        tick,
        Reject::InvalidPrice,
        Reject::PriceOffTick,
        "tick",
    )
}

/// How many units a positive decimal is.
fn multiples(
    text: &str,
    unit: Decimal,
    invalid: Reject,
    off: Reject,
    unit_name: &str,
) -> Result<u64, Refusal> {
    let off_unit = || {
        let size = decimal::format(unit.units, unit.scale);
        Refusal::new(
            off,
            format!("{text} is not a whole number of the {unit_name} {size}"),
        )
    };
    let units = match decimal::parse(text, unit.scale) {
        Ok(units) => units,
        Err(DecimalError::TooManyDecimals { .. }) => return Err(off_unit()),
        Err(_) => return Err(Refusal::new(invalid, invalid_text(text))),
    };
    if units == 0 {
        return Err(Refusal::new(invalid, invalid_text(text)));
    }
    if units % unit.units != 0 {
        return Err(off_unit());
    }
    u64::try_from(units / unit.units)
        .map_err(|_| Refusal::new(invalid, format!("{text} is beyond any market's range")))
}

/// A positive amount of an asset in atoms.
fn atoms(text: &str, scale: u32) -> Result<Atoms, Refusal> {
    match decimal::parse(text, scale) {
        Ok(atoms) if atoms > 0 => Ok(atoms),
        Err(DecimalError::TooManyDecimals { .. }) => {
            let message = format!("{text} has more than {scale} decimals");
            Err(Refusal::new(Reject::InvalidBudget, message))
        }
        _ => Err(Refusal::new(Reject::InvalidBudget, invalid_text(text))),
    }
}

fn invalid_text(text: &str) -> String {
    format!("{text:?} is not a positive decimal number")
}
