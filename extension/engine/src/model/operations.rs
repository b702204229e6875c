//! Random operations in a small world, where everything collides: few accounts, prices, names, and
//! little room. Decoded from bytes, so that seeds, property tests and fuzzers share them.

use crate::fee::Rates;
use crate::order::{
    AccountId, AssetId, Atoms, ClientOrderId, MarketId, NewOrder, SelfTrade, Side, Terms,
    TimeInForce,
};
use crate::rules::{Rules, Status};

/// Something that happens to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Place an order.
    Place(MarketId, NewOrder),
    /// Cancel a picked order.
    Cancel(MarketId, Pick),
    /// Cancel all orders of an account.
    CancelAll(MarketId, AccountId, Option<Side>),
    /// Reduce a picked order to this many lots.
    Reduce(MarketId, Pick, u64),
    /// Replace a picked order; the new one gets its owner.
    Replace(MarketId, Pick, NewOrder),
    /// Change what a market takes.
    SetStatus(MarketId, Status),
    /// Money arrives.
    Deposit(AccountId, AssetId, Atoms),
    /// Remember where we are.
    Savepoint,
    /// Go back to the last savepoint, and forget it.
    RollBack,
    /// Make everything final; all savepoints end.
    Commit,
}

/// Which open order is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The n-th oldest open order of the market, round the end, by its owner.
    Open(u8),
    /// The same, by somebody who does not own it.
    Foreign(u8),
    /// A number that is no open order.
    Unknown,
}

/// Where operations happen.
#[derive(Clone, Debug)]
pub struct World {
    /// The markets, all of the assets 1 and 2.
    pub markets: Vec<Rules>,
    /// Traders are `1..=accounts`.
    pub accounts: u64,
    /// Prices are up to this far from the reference price.
    pub span_ticks: u64,
    /// Buys are at most this far above the reference price, sells below.
    pub overlap_ticks: u64,
    /// Quantities are usually at most this.
    pub lots: u64,
    /// Open orders that fit a market.
    pub max_orders: u32,
    /// What a deposit is at most.
    pub deposit: Atoms,
}

/// Base of a world's markets.
pub(super) const BASE: AssetId = 1;
/// Quote of a world's markets.
pub(super) const QUOTE: AssetId = 2;

const RULES: Rules = Rules {
    market: 1,
    base: BASE,
    quote: QUOTE,
    fee_account: 100,
    lot_atoms: 7,
    tick_lot_atoms: 3,
    min_quantity_lots: 1,
    max_quantity_lots: 1_000,
    min_notional: 0,
    band_ppm: 900_000,
    reference_price_ticks: 20,
    max_open_orders: 100,
    allow_self_trade: true,
    status: Status::Trading,
};

impl World {
    /// The worlds that tests run in, each with its own sort of trouble.
    pub fn all() -> Vec<World> {
        // Small orders, few of them, a narrow band, no self-trades.
        let tight = Rules {
            min_quantity_lots: 3,
            max_quantity_lots: 11,
            min_notional: 200,
            band_ppm: 150_000,
            max_open_orders: 3,
            allow_self_trade: false,
            ..RULES
        };
        // Atoms beyond 64 bits, notionals up to the bound.
        let huge = Rules {
            lot_atoms: 1 << 60,
            tick_lot_atoms: 1 << 59,
            max_quantity_lots: 1 << 40,
            reference_price_ticks: 1 << 21,
            ..RULES
        };
        // A deep book with many levels: little is crossed.
        let deep = Rules {
            reference_price_ticks: 1 << 20,
            ..RULES
        };
        let usual = World::new(RULES);
        vec![
            World {
                span_ticks: 6,
                ..usual.clone()
            },
            World {
                accounts: 3,
                ..World::new(tight)
            },
            // No room: the memory is full most of the time.
            World {
                accounts: 5,
                span_ticks: 9,
                max_orders: 7,
                ..usual
            },
            // Two accounts, one of them the house, one price up or down: all is self-trade.
            World {
                accounts: 2,
                span_ticks: 1,
                ..World::new(Rules {
                    fee_account: 1,
                    ..RULES
                })
            },
            World {
                span_ticks: 1 << 20,
                lots: 1 << 38,
                deposit: 10u128.pow(36),
                ..World::new(huge)
            },
            World {
                accounts: 8,
                span_ticks: 1 << 19,
                overlap_ticks: 1 << 12,
                max_orders: 300,
                deposit: 10u128.pow(12),
                ..World::new(deep)
            },
        ]
    }

    /// An ordinary world with a second market beside the given one.
    fn new(market: Rules) -> World {
        World {
            markets: vec![
                market,
                Rules {
                    market: 2,
                    fee_account: 101,
                    ..market
                },
            ],
            accounts: 4,
            span_ticks: 5,
            overlap_ticks: market.reference_price_ticks,
            lots: 12,
            max_orders: 64,
            deposit: 2_000,
        }
    }

    /// The next operation, or `None` when the bytes have run out.
    pub fn decode(&self, bytes: &mut impl Iterator<Item = u8>) -> Option<Operation> {
        let verb = bytes.next()?;
        // The second market is there to share balances; the first gets most operations.
        let at = usize::from(bytes.next()? >= 230) % self.markets.len();
        let (id, rules) = (self.markets[at].market, &self.markets[at]);
        Some(match verb {
            0..=149 => Operation::Place(id, self.order(rules, bytes)?),
            150..=169 => Operation::Cancel(id, pick(bytes)?),
            170..=189 => Operation::Reduce(id, pick(bytes)?, self.quantity(bytes)?),
            190..=219 => Operation::Replace(id, pick(bytes)?, self.order(rules, bytes)?),
            220..=223 => {
                let side = Some(side(bytes)?).filter(|_| verb % 2 == 0);
                Operation::CancelAll(id, self.account(bytes)?, side)
            }
            224..=229 => Operation::SetStatus(
                id,
                match bytes.next()? {
                    0..=15 => Status::Halted,
                    16..=31 => Status::CancelOnly,
                    _ => Status::Trading,
                },
            ),
            230..=239 => {
                let asset = if verb % 2 == 0 { BASE } else { QUOTE };
                let part = Atoms::from(bytes.next()?) + 1;
                Operation::Deposit(self.account(bytes)?, asset, self.deposit * part / 256)
            }
            240..=246 => Operation::Savepoint,
            247..=252 => Operation::RollBack,
            253..=255 => Operation::Commit,
        })
    }

    fn account(&self, bytes: &mut impl Iterator<Item = u8>) -> Option<AccountId> {
        Some(1 + u64::from(bytes.next()?) % self.accounts)
    }

    fn quantity(&self, bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
        Some(match bytes.next()? {
            255 => 0,
            254 => u64::MAX,
            253 => self.markets[0].max_quantity_lots,
            byte => 1 + scaled(byte, self.lots),
        })
    }

    fn price(
        &self,
        rules: &Rules,
        side: Side,
        bytes: &mut impl Iterator<Item = u8>,
    ) -> Option<u64> {
        let middle = rules.reference_price_ticks;
        let (span, overlap) = (self.span_ticks, self.overlap_ticks.min(self.span_ticks));
        let byte = bytes.next()?;
        Some(match (byte, side) {
            (255, _) => 0,
            (254, _) => u64::MAX,
            (_, Side::Buy) => middle + overlap - scaled(byte, span + overlap + 1),
            (_, Side::Sell) => middle - overlap + scaled(byte, span + overlap + 1),
        })
    }

    fn order(&self, rules: &Rules, bytes: &mut impl Iterator<Item = u8>) -> Option<NewOrder> {
        let account = self.account(bytes)?;
        let side = side(bytes)?;
        let quantity_lots = self.quantity(bytes)?;
        let kind = bytes.next()?;
        let terms = match kind {
            0..=199 => Terms::Limit {
                price_ticks: self.price(rules, side, bytes)?,
                quantity_lots,
                time_in_force: match kind {
                    0..=149 => TimeInForce::Gtc,
                    150..=174 => TimeInForce::Ioc,
                    _ => TimeInForce::Fok,
                },
                post_only: kind % 8 == 0,
            },
            200..=229 => Terms::Market {
                quantity_lots,
                fill_or_kill: kind % 4 == 0,
            },
            230..=255 => {
                let lots = Atoms::from(quantity_lots);
                let price =
                    Atoms::from(rules.reference_price_ticks) * Atoms::from(rules.tick_lot_atoms);
                let budget = lots.saturating_mul(price).saturating_sub((kind % 8).into());
                Terms::MarketBudget { budget }
            }
        };
        let name = match bytes.next()? {
            byte @ 0..=15 => Some(byte),
            byte @ 16..=63 => Some(byte.wrapping_add(bytes.next()?)),
            _ => None,
        };
        let self_trade = match bytes.next()? % 4 {
            0 => SelfTrade::ExpireTaker,
            1 => SelfTrade::ExpireMaker,
            2 => SelfTrade::ExpireBoth,
            _ => SelfTrade::None,
        };
        let rate = |byte: u8| [0, 1_000, 2_500, 1, 333_333, 1_000_000][usize::from(byte) % 6];
        let rates = bytes.next()?;
        Some(NewOrder {
            account,
            client_order_id: name.and_then(|name| ClientOrderId::new(&format!("order-{name}"))),
            side,
            terms,
            self_trade,
            rates: Rates {
                maker_ppm: rate(rates),
                taker_ppm: rate(rates / 16),
            },
        })
    }
}

/// A part of `of`, below it.
fn scaled(byte: u8, of: u64) -> u64 {
    if of <= 256 {
        u64::from(byte) % of
    } else {
        of / 256 * u64::from(byte)
    }
}

fn side(bytes: &mut impl Iterator<Item = u8>) -> Option<Side> {
    Some(if bytes.next()? % 2 == 0 {
        Side::Buy
    } else {
        Side::Sell
    })
}

fn pick(bytes: &mut impl Iterator<Item = u8>) -> Option<Pick> {
    let nth = bytes.next()?;
    Some(match bytes.next()? {
        0..=7 => Pick::Unknown,
        8..=23 => Pick::Foreign(nth),
        _ => Pick::Open(nth),
    })
}
