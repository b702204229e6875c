//! `markets` and `assets`: the rules in ticks, lots and atoms.

use crate::pg::row::Stored;
use crate::pg::table::Table;
use engine::order::{AssetId, Atoms, MarketId};
use engine::rules::{Rules, Status};

mod column {
    pub(super) const MARKET_ID: usize = 0;
    pub(super) const SYMBOL: usize = 1;
    pub(super) const BASE_ASSET_ID: usize = 2;
    pub(super) const QUOTE_ASSET_ID: usize = 3;
    pub(super) const FEE_ACCOUNT_ID: usize = 4;
    pub(super) const TICK: usize = 5;
    pub(super) const LOT: usize = 6;
    pub(super) const MIN_QUANTITY: usize = 7;
    pub(super) const MAX_QUANTITY: usize = 8;
    pub(super) const MIN_NOTIONAL: usize = 9;
    pub(super) const PRICE_BAND: usize = 10;
    pub(super) const REFERENCE_PRICE: usize = 11;
    pub(super) const MAX_OPEN_ORDERS: usize = 12;
    pub(super) const ALLOW_SELF_TRADE: usize = 13;
    pub(super) const STATUS: usize = 14;
}

mod asset {
    pub(super) const ASSET_ID: usize = 0;
    pub(super) const SCALE: usize = 2;
}

/// Decimals of a band: parts per million.
const BAND_SCALE: u32 = 6;

/// An amount of something as a decimal: `units / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) units: Atoms,
    pub(crate) scale: u32,
}

/// One market: its rules, and how its integers read as decimals.
#[derive(Clone, Debug)]
pub(crate) struct Market {
    pub(crate) id: MarketId,
    pub(crate) symbol: String,
    pub(crate) rules: Rules,
    tick: Decimal,
    lot: Decimal,
    pub(crate) base_scale: u32,
    pub(crate) quote_scale: u32,
}

impl Market {
    /// A price in ticks as a decimal.
    pub(crate) fn price(&self, ticks: u64) -> Decimal {
        Decimal {
            units: Atoms::from(ticks) * self.tick.units,
            scale: self.tick.scale,
        }
    }

    /// A quantity in lots as a decimal.
    pub(crate) fn quantity(&self, lots: u64) -> Decimal {
        Decimal {
            units: Atoms::from(lots) * self.lot.units,
            scale: self.lot.scale,
        }
    }

    /// An amount of the quote asset as a decimal.
    pub(crate) fn quote(&self, atoms: Atoms) -> Decimal {
        Decimal {
            units: atoms,
            scale: self.quote_scale,
        }
    }

    /// The size of a tick: what prices are whole multiples of.
    pub(crate) fn tick(&self) -> Decimal {
        self.tick
    }

    /// The size of a lot: what quantities are whole multiples of.
    pub(crate) fn lot(&self) -> Decimal {
        self.lot
    }
}

/// All markets and scales, as committed now.
pub(crate) struct Markets {
    markets: Vec<Market>,
    scales: Vec<(AssetId, u32)>,
}

impl Markets {
    /// Reads them.
    pub(crate) fn read() -> Markets {
        let mut scales = Vec::new();
        Table::open_to_read("assets").scan(|_, row| {
            let id = row.integer(asset::ASSET_ID) as AssetId;
            scales.push((id, row.smallint(asset::SCALE) as u32));
        });
        let mut markets = Vec::new();
        Table::open_to_read("markets").scan(|_, row| markets.push(market(row, &scales)));
        markets.sort_by_key(|market| market.id);
        Markets { markets, scales }
    }

    /// Every market, in ascending number.
    pub(crate) fn all(&self) -> &[Market] {
        &self.markets
    }

    /// The position in [`Markets::all`] of the market of that symbol.
    pub(crate) fn by_symbol(&self, symbol: &str) -> Option<usize> {
        self.markets
            .iter()
            .position(|market| market.symbol == symbol)
    }

    /// The position in [`Markets::all`] of the market of that number.
    pub(crate) fn by_id(&self, id: MarketId) -> Option<usize> {
        self.markets.iter().position(|market| market.id == id)
    }

    /// Decimals of an asset's atom.
    pub(crate) fn scale(&self, asset: AssetId) -> u32 {
        let found = self.scales.iter().find(|(id, _)| *id == asset);
        found.map_or_else(
            || panic!("asset {asset} is not in assets"),
            |&(_, scale)| scale,
        )
    }
}

fn market(row: &Stored<'_>, scales: &[(AssetId, u32)]) -> Market {
    let symbol = row.text(column::SYMBOL).to_owned();
    let scale_of = |asset: AssetId| {
        let found = scales.iter().find(|(id, _)| *id == asset);
        found.map_or_else(
            || panic!("asset {asset} of {symbol} is not in assets"),
            |found| found.1,
        )
    };
    let base = row.integer(column::BASE_ASSET_ID) as AssetId;
    let quote = row.integer(column::QUOTE_ASSET_ID) as AssetId;
    let (base_scale, quote_scale) = (scale_of(base), scale_of(quote));
    let decimal = |column, scale| {
        row.numeric(column, scale)
            .unwrap_or_else(|_| panic!("column {column} of market {symbol} is out of range"))
    };
    let own_scale = |column| {
        let scale = row.numeric_scale(column);
        Decimal {
            units: decimal(column, scale),
            scale,
        }
    };
    let (tick, lot) = (own_scale(column::TICK), own_scale(column::LOT));
    // Whole by the trigger markets_check: exact divisions, verified here once more.
    let product = tick.units * lot.units * 10u128.pow(quote_scale);
    let unit = 10u128.pow(tick.scale + lot.scale);
    assert!(
        product % unit == 0,
        "tick × lot of market {symbol} is no whole number of atoms"
    );
    let ticks = |column| (decimal(column, tick.scale) / tick.units) as u64;
    let lots = |column| (decimal(column, lot.scale) / lot.units) as u64;
    let rules = Rules {
        market: row.integer(column::MARKET_ID) as MarketId,
        base,
        quote,
        fee_account: row.bigint(column::FEE_ACCOUNT_ID) as u64,
        lot_atoms: decimal(column::LOT, base_scale) as u64,
        tick_lot_atoms: (product / unit) as u64,
        min_quantity_lots: lots(column::MIN_QUANTITY),
        max_quantity_lots: lots(column::MAX_QUANTITY),
        min_notional: decimal(column::MIN_NOTIONAL, quote_scale),
        band_ppm: decimal(column::PRICE_BAND, BAND_SCALE) as u32,
        reference_price_ticks: ticks(column::REFERENCE_PRICE),
        max_open_orders: row.integer(column::MAX_OPEN_ORDERS) as u32,
        allow_self_trade: row.boolean(column::ALLOW_SELF_TRADE),
        status: match row.text(column::STATUS) {
            "trading" => Status::Trading,
            "cancel_only" => Status::CancelOnly,
            _ => Status::Halted,
        },
    };
    Market {
        id: rules.market,
        symbol,
        rules,
        tick,
        lot,
        base_scale,
        quote_scale,
    }
}
