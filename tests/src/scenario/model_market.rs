//! A market of the model: its rules read from a scenario's line, its integers shown as decimals.

use anyhow::{Result, ensure};
use engine::decimal::{format as decimal, parse as atoms};
use engine::facts::{CancelReason, Change, ExpireReason, Trade, Update};
use engine::model::order_name;
use engine::order::Side;
use engine::rules::{Rules, Status};

use super::{Fact, MarketLine};

pub(super) struct Asset {
    pub(super) number: u32,
    pub(super) scale: u32,
}

pub(super) struct Market {
    pub(super) symbol: String,
    pub(super) rules: Rules,
    /// A tick is `tick_units` of 10^-`tick_scale`.
    pub(super) tick_units: u128,
    pub(super) tick_scale: u32,
    lot_scale: u32,
    pub(super) base: Asset,
    pub(super) quote: Asset,
}

impl Market {
    pub(super) fn new(
        line: &MarketLine,
        number: u32,
        fee_account: u64,
        base: Asset,
        quote: Asset,
    ) -> Result<Market> {
        let scale_of = |text: &str| {
            text.split_once('.')
                .map_or(0, |(_, rest)| rest.len() as u32)
        };
        let (tick_scale, lot_scale) = (scale_of(&line.tick), scale_of(&line.lot));
        let tick_units = read(&line.tick, tick_scale)?;
        let lot_atoms = read(&line.lot, base.scale)?;
        let shift = 10u128.pow(tick_scale + base.scale);
        let tick_lot = tick_units * lot_atoms * 10u128.pow(quote.scale);
        ensure!(
            tick_lot.is_multiple_of(shift),
            "tick × lot is no whole number of quote atoms"
        );
        let lots =
            |text: &str| -> Result<u64> { Ok(u64::try_from(read(text, base.scale)? / lot_atoms)?) };
        let rules = Rules {
            market: number,
            base: base.number,
            quote: quote.number,
            fee_account,
            lot_atoms: u64::try_from(lot_atoms)?,
            tick_lot_atoms: u64::try_from(tick_lot / shift)?,
            min_quantity_lots: lots(&line.min_quantity)?,
            max_quantity_lots: lots(&line.max_quantity)?,
            min_notional: read(&line.min_notional, quote.scale)?,
            band_ppm: u32::try_from(read(&line.band, 6)?)?,
            reference_price_ticks: u64::try_from(read(&line.reference, tick_scale)? / tick_units)?,
            max_open_orders: line.max_open_orders,
            allow_self_trade: line.allow_self_trade,
            status: Status::Trading,
        };
        let symbol = line.symbol.clone();
        Ok(Market {
            symbol,
            rules,
            tick_units,
            tick_scale,
            lot_scale,
            base,
            quote,
        })
    }

    pub(super) fn lots(&self, lots: u64) -> String {
        let atoms = u128::from(lots) * u128::from(self.rules.lot_atoms);
        decimal(
            atoms / 10u128.pow(self.base.scale - self.lot_scale),
            self.lot_scale,
        )
    }

    pub(super) fn price(&self, ticks: u64) -> String {
        decimal(u128::from(ticks) * self.tick_units, self.tick_scale)
    }
}

fn read(text: &str, scale: u32) -> Result<u128> {
    atoms(text, scale).map_err(|error| anyhow::anyhow!("{text}: {error:?}"))
}

pub(super) fn trade_fact(market: &Market, trade: &Trade) -> Fact {
    let name = |sequence| order_name(market.rules.market, sequence);
    let (base, quote) = (market.base.scale, market.quote.scale);
    let (maker_scale, taker_scale) = match trade.taker_side {
        Side::Buy => (quote, base),
        Side::Sell => (base, quote),
    };
    Fact::Trade {
        trade: name(trade.sequence),
        maker: name(trade.maker.order),
        taker: name(trade.taker.order),
        quantity: market.lots(trade.quantity_lots),
        price: market.price(trade.price_ticks),
        quote: decimal(trade.quote, quote),
        maker_fee: decimal(trade.maker.fee, maker_scale),
        taker_fee: decimal(trade.taker.fee, taker_scale),
    }
}

pub(super) fn update_fact(market: &Market, update: &Update) -> Fact {
    let name = |sequence| order_name(market.rules.market, sequence);
    let (kind, reason) = match update.change {
        Change::Reduced => ("reduced", "requested"),
        Change::Cancelled(CancelReason::Requested) => ("cancelled", "requested"),
        Change::Cancelled(CancelReason::CancelAll) => ("cancelled", "cancel_all"),
        Change::Cancelled(CancelReason::Replaced) => ("cancelled", "replaced"),
        Change::Expired(ExpireReason::Unfilled) => ("expired", "unfilled"),
        Change::Expired(ExpireReason::SelfTrade) => ("expired", "self_trade"),
    };
    Fact::Update {
        update: name(update.sequence),
        order: name(update.order),
        kind: kind.into(),
        reason: reason.into(),
        removed: market.lots(update.removed_lots),
        counter: update.counter_order.map(name),
        prevented: market.lots(update.prevented_lots),
    }
}
