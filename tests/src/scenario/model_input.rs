//! What stands between json and the pure engine, written a second time and as simply as possible,
//! so that the extension's way from json to the engine has something to be compared with.

use engine::decimal::{self, DecimalError};
use engine::order::{ClientOrderId, NewOrder, SelfTrade, Side, Terms, TimeInForce};
use engine::reject::Reject;
use serde_json::{Map, Value};

use super::model::{Account, Trading};
use super::model_market::Market;

/// The fields of one json object, taken one by one; what is left in the end is malformed.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn of(command: &Value) -> Result<Fields, Reject> {
        let fields = command.as_object().ok_or(Reject::Malformed)?.clone();
        Ok(Fields(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect(),
        ))
    }

    /// Text as it is; numbers as written.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Reject> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Reject::Malformed),
        }
    }

    pub(super) fn decimal(&mut self, name: &str) -> Result<Option<String>, Reject> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(Reject::Malformed),
        }
    }

    /// An account's or an order's: whole and positive.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, Reject> {
        let number = match self.0.remove(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        number
            .filter(|number| *number > 0)
            .map(Some)
            .ok_or(Reject::Malformed)
    }

    fn flag(&mut self, name: &str) -> Result<bool, Reject> {
        match self.0.remove(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(Reject::Malformed),
        }
    }

    pub(super) fn side(&mut self) -> Result<Option<Side>, Reject> {
        match self.text("side")?.as_deref() {
            None => Ok(None),
            Some("buy") => Ok(Some(Side::Buy)),
            Some("sell") => Ok(Some(Side::Sell)),
            Some(_) => Err(Reject::Malformed),
        }
    }

    pub(super) fn end(self) -> Result<(), Reject> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Reject::Malformed)
        }
    }
}

/// An order's fields, of the right type but not yet of a market's units.
pub(super) struct OrderText {
    side: Side,
    is_market: bool,
    time_in_force: TimeInForce,
    post_only: bool,
    self_trade: SelfTrade,
    price: Option<String>,
    quantity: Option<String>,
    budget: Option<String>,
    pub(super) client_order_id: Option<String>,
}

impl OrderText {
    pub(super) fn read(fields: &mut Fields) -> Result<OrderText, Reject> {
        let is_market = match fields.text("kind")?.as_deref() {
            None | Some("limit") => false,
            Some("market") => true,
            Some(_) => return Err(Reject::Malformed),
        };
        let time_in_force = match (fields.text("time_in_force")?.as_deref(), is_market) {
            (None | Some("gtc"), false) => TimeInForce::Gtc,
            (Some("ioc"), _) | (None, true) => TimeInForce::Ioc,
            (Some("fok"), _) => TimeInForce::Fok,
            _ => return Err(Reject::Malformed),
        };
        let self_trade = match fields.text("self_trade")?.as_deref() {
            None | Some("expire_taker") => SelfTrade::ExpireTaker,
            Some("expire_maker") => SelfTrade::ExpireMaker,
            Some("expire_both") => SelfTrade::ExpireBoth,
            Some("none") => SelfTrade::None,
            Some(_) => return Err(Reject::Malformed),
        };
        let order = OrderText {
            side: fields.side()?.ok_or(Reject::Malformed)?,
            is_market,
            time_in_force,
            post_only: fields.flag("post_only")?,
            self_trade,
            price: fields.decimal("price")?,
            quantity: fields.decimal("quantity")?,
            budget: fields.decimal("budget")?,
            client_order_id: fields.text("client_order_id")?,
        };
        let by_budget = order.budget.is_some();
        let fits = order.is_market != order.price.is_some()
            && by_budget != order.quantity.is_some()
            && (!by_budget || (order.is_market && order.side == Side::Buy))
            && (!by_budget || order.time_in_force == TimeInForce::Ioc)
            && (!order.post_only || order.time_in_force == TimeInForce::Gtc);
        if fits {
            Ok(order)
        } else {
            Err(Reject::Malformed)
        }
    }

    pub(super) fn order(&self, account: &Account, market: &Market) -> Result<NewOrder, Reject> {
        if account.trading == Trading::Frozen {
            return Err(Reject::AccountFrozen);
        }
        let id = self.client_order_id.as_deref();
        let client_order_id = id
            .map(|id| ClientOrderId::new(id).ok_or(Reject::InvalidClientOrderId))
            .transpose()?;
        let price = self
            .price
            .as_deref()
            .map(|text| price(text, market))
            .transpose()?;
        let quantity = self
            .quantity
            .as_deref()
            .map(|text| quantity(text, market))
            .transpose()?;
        let terms = match (price, quantity, self.budget.as_deref()) {
            (Some(price_ticks), Some(quantity_lots), None) => Terms::Limit {
                price_ticks,
                quantity_lots,
                time_in_force: self.time_in_force,
                post_only: self.post_only,
            },
            (None, Some(quantity_lots), None) => {
                let fill_or_kill = self.time_in_force == TimeInForce::Fok;
                Terms::Market {
                    quantity_lots,
                    fill_or_kill,
                }
            }
            (None, None, Some(text)) => Terms::MarketBudget {
                budget: budget(text, market)?,
            },
            _ => return Err(Reject::Malformed),
        };
        Ok(NewOrder {
            account: account.number,
            client_order_id,
            side: self.side,
            terms,
            self_trade: self.self_trade,
            rates: account.rates,
        })
    }
}

fn price(text: &str, market: &Market) -> Result<u64, Reject> {
    let units = whole(
        text,
        market.tick_scale,
        Reject::InvalidPrice,
        Reject::PriceOffTick,
    )?;
    if units % market.tick_units != 0 {
        return Err(Reject::PriceOffTick);
    }
    u64::try_from(units / market.tick_units).map_err(|_| Reject::InvalidPrice)
}

pub(super) fn quantity(text: &str, market: &Market) -> Result<u64, Reject> {
    let scale = market.base.scale;
    let atoms = whole(text, scale, Reject::InvalidQuantity, Reject::QuantityOffLot)?;
    let lot = u128::from(market.rules.lot_atoms);
    if atoms % lot != 0 {
        return Err(Reject::QuantityOffLot);
    }
    u64::try_from(atoms / lot).map_err(|_| Reject::InvalidQuantity)
}

fn budget(text: &str, market: &Market) -> Result<u128, Reject> {
    whole(
        text,
        market.quote.scale,
        Reject::InvalidBudget,
        Reject::InvalidBudget,
    )
}

/// A positive decimal in units of 10^-scale.
fn whole(text: &str, scale: u32, invalid: Reject, too_fine: Reject) -> Result<u128, Reject> {
    match decimal::parse(text, scale) {
        Ok(0) => Err(invalid),
        Ok(units) => Ok(units),
        Err(DecimalError::TooManyDecimals { .. }) => Err(too_fine),
        Err(_) => Err(invalid),
    }
}
