//! The shape of commands as callers send them, and their translation into ticks, lots and atoms.

use crate::store::markets::{Decimal, Market};
use engine::decimal::{self, DecimalError};
use engine::fee::Rates;
use engine::order::{
    AccountId, Atoms, ClientOrderId, NewOrder, SelfTrade, Side, Terms, TimeInForce,
};
use engine::reject::Reject;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A refusal with words for people: the code, and what was wrong with this very input.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) reject: Reject,
    pub(crate) message: String,
    /// The field at fault, where it is another than the code's own.
    pub(crate) field: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(reject: Reject, message: impl Into<String>) -> Refusal {
        Refusal {
            reject,
            message: message.into(),
            field: reject.field(),
        }
    }

    fn malformed(field: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            reject: Reject::Malformed,
            message: message.into(),
            field: Some(field),
        }
    }
}

/// One command, every field that any verb knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire<'a> {
    #[serde(borrow)]
    verb: Cow<'a, str>,
    #[serde(borrow, default)]
    account_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    market: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    order_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    client_order_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    side: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    price: Option<&'a RawValue>,
    #[serde(borrow, default)]
    quantity: Option<&'a RawValue>,
    #[serde(borrow, default)]
    budget: Option<&'a RawValue>,
    #[serde(borrow, default)]
    time_in_force: Option<Cow<'a, str>>,
    #[serde(default)]
    post_only: Option<bool>,
    #[serde(borrow, default)]
    self_trade: Option<Cow<'a, str>>,
}

/// The verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Place,
    Cancel,
    CancelAll,
    Reduce,
    Replace,
}

impl<'a> Wire<'a> {
    /// Reads one command.
    pub(crate) fn parse(json: &'a str) -> Result<Wire<'a>, Refusal> {
        serde_json::from_str(json)
            .map_err(|error| Refusal::new(Reject::Malformed, error.to_string()))
    }

    pub(crate) fn verb(&self) -> Result<Verb, Refusal> {
        match &*self.verb {
            "place" => Ok(Verb::Place),
            "cancel" => Ok(Verb::Cancel),
            "cancel_all" => Ok(Verb::CancelAll),
            "reduce" => Ok(Verb::Reduce),
            "replace" => Ok(Verb::Replace),
            other => Err(Refusal::malformed(
                "verb",
                format!("unknown verb {other:?}"),
            )),
        }
    }

    pub(crate) fn account(&self) -> Result<AccountId, Refusal> {
        match id("account_id", self.account_id)? {
            Some(account) => Ok(account as AccountId),
            None => Err(Refusal::malformed("account_id", "account_id is missing")),
        }
    }

    /// The order's number, where one is given.
    pub(crate) fn order(&self) -> Result<Option<i64>, Refusal> {
        id("order_id", self.order_id)
    }

    pub(crate) fn market(&self) -> Option<&str> {
        self.market.as_deref()
    }

    pub(crate) fn client_order_id(&self) -> Result<Option<ClientOrderId>, Refusal> {
        let Some(text) = self.client_order_id.as_deref() else {
            return Ok(None);
        };
        ClientOrderId::new(text).map(Some).ok_or_else(|| {
            let message = "client_order_id takes 1 to 36 characters of A-Z a-z 0-9 _ - . :";
            Refusal::new(Reject::InvalidClientOrderId, message)
        })
    }

    pub(crate) fn side(&self) -> Result<Option<Side>, Refusal> {
        match self.side.as_deref() {
            None => Ok(None),
            Some("buy") => Ok(Some(Side::Buy)),
            Some("sell") => Ok(Some(Side::Sell)),
            Some(other) => Err(Refusal::malformed(
                "side",
                format!("side is buy or sell, not {other:?}"),
            )),
        }
    }

    /// The order to place; its account's rates are filled in later.
    pub(crate) fn new_order(
        &self,
        account: AccountId,
        market: &Market,
    ) -> Result<NewOrder, Refusal> {
        let Some(side) = self.side()? else {
            return Err(Refusal::malformed("side", "side is missing"));
        };
        Ok(NewOrder {
            account,
            client_order_id: self.client_order_id()?,
            side,
            terms: self.terms(side, market)?,
            self_trade: self.self_trade()?,
            rates: Rates::default(),
        })
    }

    fn self_trade(&self) -> Result<SelfTrade, Refusal> {
        match self.self_trade.as_deref() {
            None | Some("expire_taker") => Ok(SelfTrade::ExpireTaker),
            Some("expire_maker") => Ok(SelfTrade::ExpireMaker),
            Some("expire_both") => Ok(SelfTrade::ExpireBoth),
            Some("none") => Ok(SelfTrade::None),
            Some(other) => {
                let message = format!(
                    "self_trade is expire_taker, expire_maker, expire_both or none, not {other:?}"
                );
                Err(Refusal::malformed("self_trade", message))
            }
        }
    }

    fn time_in_force(&self) -> Result<Option<TimeInForce>, Refusal> {
        match self.time_in_force.as_deref() {
            None => Ok(None),
            Some("gtc") => Ok(Some(TimeInForce::Gtc)),
            Some("ioc") => Ok(Some(TimeInForce::Ioc)),
            Some("fok") => Ok(Some(TimeInForce::Fok)),
            Some(other) => {
                let message = format!("time_in_force is gtc, ioc or fok, not {other:?}");
                Err(Refusal::malformed("time_in_force", message))
            }
        }
    }

    fn terms(&self, side: Side, market: &Market) -> Result<Terms, Refusal> {
        let time_in_force = self.time_in_force()?;
        let post_only = self.post_only.unwrap_or(false);
        match self.kind.as_deref() {
            None | Some("limit") => self.limit(time_in_force, post_only, market),
            Some("market") if post_only => Err(Refusal::malformed(
                "post_only",
                "a market order cannot be post-only",
            )),
            Some("market") => self.at_market(side, time_in_force, market),
            Some(other) => Err(Refusal::malformed(
                "kind",
                format!("kind is limit or market, not {other:?}"),
            )),
        }
    }

    fn limit(
        &self,
        time_in_force: Option<TimeInForce>,
        post_only: bool,
        market: &Market,
    ) -> Result<Terms, Refusal> {
        let time_in_force = time_in_force.unwrap_or(TimeInForce::Gtc);
        if self.budget.is_some() {
            return Err(Refusal::malformed(
                "budget",
                "a limit order takes quantity, not budget",
            ));
        }
        if post_only && time_in_force != TimeInForce::Gtc {
            return Err(Refusal::malformed(
                "post_only",
                "only a gtc order can be post-only",
            ));
        }
        let Some(price) = self.price else {
            return Err(Refusal::malformed("price", "price is missing"));
        };
        Ok(Terms::Limit {
            price_ticks: price_ticks(decimal_text(price), market.tick())?,
            quantity_lots: self.quantity_lots(market)?,
            time_in_force,
            post_only,
        })
    }

    fn at_market(
        &self,
        side: Side,
        time_in_force: Option<TimeInForce>,
        market: &Market,
    ) -> Result<Terms, Refusal> {
        if self.price.is_some() {
            return Err(Refusal::malformed("price", "a market order takes no price"));
        }
        if time_in_force == Some(TimeInForce::Gtc) {
            return Err(Refusal::malformed(
                "time_in_force",
                "a market order is ioc or fok",
            ));
        }
        let fill_or_kill = time_in_force == Some(TimeInForce::Fok);
        let Some(budget) = self.budget else {
            return Ok(Terms::Market {
                quantity_lots: self.quantity_lots(market)?,
                fill_or_kill,
            });
        };
        if self.quantity.is_some() {
            return Err(Refusal::malformed(
                "budget",
                "give quantity or budget, not both",
            ));
        }
        if side == Side::Sell {
            return Err(Refusal::malformed("budget", "only a buy takes a budget"));
        }
        if fill_or_kill {
            return Err(Refusal::malformed("time_in_force", "a budget order is ioc"));
        }
        Ok(Terms::MarketBudget {
            budget: atoms(decimal_text(budget), market.quote_scale)?,
        })
    }

    /// The quantity in lots; positive.
    pub(crate) fn quantity_lots(&self, market: &Market) -> Result<u64, Refusal> {
        let Some(quantity) = self.quantity else {
            return Err(Refusal::malformed("quantity", "quantity is missing"));
        };
        let (invalid, off) = (Reject::InvalidQuantity, Reject::QuantityOffLot);
        multiples(decimal_text(quantity), market.lot(), invalid, off, "lot")
    }
}

/// An id: a json number, or the same in a string.
fn id(field: &'static str, raw: Option<&RawValue>) -> Result<Option<i64>, Refusal> {
    let Some(raw) = raw.map(RawValue::get).filter(|raw| *raw != "null") else {
        return Ok(None);
    };
    let digits = raw
        .strip_prefix('"')
        .and_then(|r| r.strip_suffix('"'))
        .unwrap_or(raw);
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse::<i64>() {
        Ok(id) if plain && id > 0 => Ok(Some(id)),
        _ => Err(Refusal::malformed(
            field,
            format!("{field} is a positive whole number"),
        )),
    }
}

/// The text of a decimal given as json number or string.
fn decimal_text(raw: &RawValue) -> &str {
    let raw = raw.get();
    raw.strip_prefix('"')
        .and_then(|r| r.strip_suffix('"'))
        .unwrap_or(raw)
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
