//! The order stream that benches share: 45 % resting limit orders, 45 % crossing ones, 10 %
//! cancels.
//!
//! It needs no answers: orders are named by a serial number, and the lots that come to rest in
//! reach of the crossing orders balance the lots that those take, so the book keeps its size.

use std::collections::VecDeque;

use crate::fee::Rates;
use crate::order::{AccountId, NewOrder, SelfTrade, Side, Terms, TimeInForce};
use crate::random::Random;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct MixSettings {
    /// The same seed gives the same stream.
    pub seed: u64,
    /// Accounts are `1..=accounts`, chosen evenly.
    pub accounts: u64,
    /// Where the sides meet: buys rest below, sells above.
    pub middle_ticks: u64,
    /// Orders that rest before the first step: half within reach of crossing orders, half beyond.
    pub resting: u64,
    /// Fee rates of every order.
    pub rates: Rates,
}

/// One step of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Place the order and call it `serial`; serial numbers count from 0.
    Place {
        /// Its number.
        serial: u64,
        /// The order, without a client order id.
        order: NewOrder,
    },
    /// Cancel an order; it is open still.
    Cancel {
        /// Its owner.
        account: AccountId,
        /// Its number.
        serial: u64,
    },
}

/// The stream.
#[derive(Clone, Debug)]
pub struct Mix {
    settings: MixSettings,
    random: Random,
    placed: u64,
    /// Orders beyond reach, oldest first.
    far: VecDeque<(u64, AccountId)>,
}

/// Resting orders up to so far from the middle are in reach.
const REACH_TICKS: u64 = 50;
/// Resting orders beyond reach are up to so far from the middle.
const FAR_TICKS: u64 = 1_000;
/// Of 100 steps 35 rest in reach, 9 lots on average, and 45 cross, 7 lots on average.
const RESTING_LOTS: u64 = 17;
const CROSSING_LOTS: u64 = 13;

impl Mix {
    /// A stream that begins with `settings.resting` resting orders.
    pub fn new(settings: MixSettings) -> Mix {
        let random = Random::new(settings.seed);
        Mix {
            settings,
            random,
            placed: 0,
            far: VecDeque::new(),
        }
    }

    fn resting_near(&mut self) -> Step {
        let distance = 1 + self.random.below(REACH_TICKS);
        let lots = 1 + self.random.below(RESTING_LOTS);
        self.place(distance, lots, TimeInForce::Gtc, false)
    }

    fn resting_far(&mut self) -> Step {
        let distance = REACH_TICKS + 1 + self.random.below(FAR_TICKS - REACH_TICKS);
        let lots = 1 + self.random.below(RESTING_LOTS);
        let step = self.place(distance, lots, TimeInForce::Gtc, false);
        if let Step::Place { serial, order } = step {
            self.far.push_back((serial, order.account));
        }
        step
    }

    /// Takes whatever is in reach, best first; the rest expires.
    fn crossing(&mut self) -> Step {
        let lots = 1 + self.random.below(CROSSING_LOTS);
        self.place(REACH_TICKS, lots, TimeInForce::Ioc, true)
    }

    fn place(
        &mut self,
        distance: u64,
        quantity_lots: u64,
        time_in_force: TimeInForce,
        crosses: bool,
    ) -> Step {
        let side = if self.random.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let is_below = (side == Side::Buy) != crosses;
        let middle = self.settings.middle_ticks;
        let price_ticks = if is_below {
            middle - distance
        } else {
            middle + distance
        };
        let order = NewOrder {
            account: 1 + self.random.below(self.settings.accounts),
            client_order_id: None,
            side,
            terms: Terms::Limit {
                price_ticks,
                quantity_lots,
                time_in_force,
                post_only: false,
            },
            self_trade: SelfTrade::ExpireTaker,
            rates: self.settings.rates,
        };
        self.placed += 1;
        Step::Place {
            serial: self.placed - 1,
            order,
        }
    }
}

impl Iterator for Mix {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.placed < self.settings.resting {
            let is_near = self.placed.is_multiple_of(2);
            return Some(if is_near {
                self.resting_near()
            } else {
                self.resting_far()
            });
        }
        Some(match self.random.below(100) {
            0..35 => self.resting_near(),
            35..45 => self.resting_far(),
            45..90 => self.crossing(),
            _ => match self.far.pop_front() {
                Some((serial, account)) => Step::Cancel { account, serial },
                None => self.resting_far(),
            },
        })
    }
}
