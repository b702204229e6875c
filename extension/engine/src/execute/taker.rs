//! The arriving order while it takes: how much it still wants, and what it does on each meeting.
//! One set of rules for walking the book ahead and for trading in earnest.

use crate::order::{AccountId, Atoms, NewOrder, SelfTrade, Side, Terms};
use crate::rules::Rules;

/// An arriving order's appetite.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taker {
    pub(super) account: AccountId,
    pub(super) side: Side,
    pub(super) self_trade: SelfTrade,
    /// The worst acceptable price.
    pub(super) limit_ticks: u64,
    /// What it still wants; 0 once it has enough.
    pub(super) lots: u64,
    /// What it may still spend, where that bounds it.
    pub(super) budget: Option<Atoms>,
}

/// What happens when a taker meets the best maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// They trade so many lots.
    Trade(u64),
    /// They are of one account; so many lots would have traded.
    Own(u64),
    /// The taker has enough, or cannot afford one more lot.
    Sated,
    /// The price is beyond the taker's limit.
    OutOfReach,
}

impl Taker {
    /// The appetite of an order; market orders reach to the band's edge around `anchor_ticks`, and
    /// a budget buys at most the market's largest quantity.
    pub(super) fn new(rules: &Rules, order: &NewOrder, anchor_ticks: u64) -> Taker {
        let edge = || match (rules.band(anchor_ticks), order.side) {
            ((_, highest), Side::Buy) => highest,
            ((lowest, _), Side::Sell) => lowest,
        };
        let (limit_ticks, lots, budget) = match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                ..
            } => (price_ticks, quantity_lots, None),
            Terms::Market { quantity_lots, .. } => (edge(), quantity_lots, None),
            Terms::MarketBudget { budget } => (edge(), rules.max_quantity_lots, Some(budget)),
        };
        let NewOrder {
            account,
            side,
            self_trade,
            ..
        } = *order;
        Taker {
            account,
            side,
            self_trade,
            limit_ticks,
            lots,
            budget,
        }
    }

    /// Whether it accepts a price.
    #[inline]
    pub(super) fn accepts(&self, price_ticks: u64) -> bool {
        match self.side {
            Side::Buy => price_ticks <= self.limit_ticks,
            Side::Sell => price_ticks >= self.limit_ticks,
        }
    }

    /// What it does on meeting an order of `maker_lots` at a price.
    #[inline]
    pub(super) fn meet(
        &self,
        rules: &Rules,
        price_ticks: u64,
        maker: AccountId,
        maker_lots: u64,
    ) -> Meeting {
        if self.lots == 0 {
            return Meeting::Sated;
        }
        if !self.accepts(price_ticks) {
            return Meeting::OutOfReach;
        }
        match self
            .lots
            .min(maker_lots)
            .min(self.affordable(rules, price_ticks))
        {
            0 => Meeting::Sated,
            lots if maker == self.account && self.self_trade != SelfTrade::None => {
                Meeting::Own(lots)
            }
            lots => Meeting::Trade(lots),
        }
    }

    /// Lots that the budget buys at a price.
    #[inline]
    fn affordable(&self, rules: &Rules, price_ticks: u64) -> u64 {
        let lots = |budget| budget / rules.quote_atoms(price_ticks, 1);
        self.budget.map_or(u64::MAX, |budget| {
            u64::try_from(lots(budget)).unwrap_or(u64::MAX)
        })
    }

    /// Accounts for a trade. A budget that does not buy one more lot at this price is spent: no
    /// later price is better.
    #[inline]
    pub(super) fn take(&mut self, rules: &Rules, price_ticks: u64, lots: u64) {
        self.lots -= lots;
        if let Some(budget) = &mut self.budget {
            *budget -= rules.quote_atoms(price_ticks, lots);
            if *budget < rules.quote_atoms(price_ticks, 1) {
                self.lots = 0;
            }
        }
    }
}
