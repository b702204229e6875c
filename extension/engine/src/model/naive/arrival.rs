//! The model's arriving order: it meets the best opposite order again and again.

use super::NaiveExchange;
use super::wish::Wish;
use crate::book::Resting;
use crate::command::OrderStatus;
use crate::facts::{Change, ExpireReason, Facts, Party, Placed, Trade};
use crate::host::Prior;
use crate::model::{Exchange, order_name, row_hint};
use crate::order::{Atoms, MarketId, NewOrder, SelfTrade, Sequence, Side, State};
use crate::rules::Rules;

/// What became of an order on arrival.
pub(super) struct Arrival {
    pub(super) lots: u64,
    pub(super) quote: Atoms,
    /// `None`: it wants more, and nobody else accepts its price.
    end: Option<State>,
    prevented: Option<(Sequence, u64)>,
}

impl NaiveExchange {
    /// An accepted order arrives: it takes, then rests or ends.
    pub(super) fn arrive(
        &mut self,
        id: MarketId,
        order: &NewOrder,
        facts: &mut Facts,
    ) -> OrderStatus {
        let wish = Wish::of(order, &self.market(id).rules, self.market(id).last_price);
        let sequence = self.number(id);
        let at = facts.placed.len();
        facts.placed.push(Placed {
            sequence,
            order: *order,
            state: State::Open,
        });
        let arrival = self.take(id, order, sequence, facts);
        let state = match arrival.end {
            None if wish.may_rest => State::Open,
            None => State::Expired,
            Some(state) => state,
        };
        facts.placed[at].state = state;
        if let Some(name) = order.client_order_id {
            let fingerprint = order.fingerprint(id);
            let prior = Prior {
                fingerprint,
                order: order_name(id, sequence),
            };
            self.priors.insert((order.account, name), prior);
        }
        let remaining_lots = wish.rest(&arrival);
        let rest = Resting {
            sequence,
            account: order.account,
            side: order.side,
            price_ticks: wish.limit_ticks,
            remaining_lots,
            rates: order.rates,
            row: if state == State::Open {
                row_hint(sequence)
            } else {
                0
            },
        };
        let reason = match arrival.prevented {
            Some(_) => ExpireReason::SelfTrade,
            None => ExpireReason::Unfilled,
        };
        match state {
            State::Open => self.edit(id).orders.push(rest),
            State::Expired => {
                let change = Change::Expired(reason);
                self.update(id, &rest, change, remaining_lots, arrival.prevented, facts);
            }
            State::Filled | State::Cancelled => {}
        }
        let Arrival {
            lots: filled_lots,
            quote: filled_quote,
            ..
        } = arrival;
        OrderStatus {
            order: sequence,
            state,
            filled_lots,
            filled_quote,
            remaining_lots,
        }
    }

    /// Meets the best opposite order again and again.
    pub(super) fn take(
        &mut self,
        id: MarketId,
        order: &NewOrder,
        sequence: Sequence,
        facts: &mut Facts,
    ) -> Arrival {
        let rules = self.market(id).rules;
        let wish = Wish::of(order, &rules, self.market(id).last_price);
        let mut arrival = Arrival {
            lots: 0,
            quote: 0,
            end: None,
            prevented: None,
        };
        loop {
            let best = self.resting(id, order.side.opposite()).into_iter().next();
            let maker = best.filter(|maker| match order.side {
                Side::Buy => maker.price_ticks <= wish.limit_ticks,
                Side::Sell => maker.price_ticks >= wish.limit_ticks,
            });
            // It has enough when it wants nothing more at the last price or at the next one.
            let last = facts
                .trades
                .last()
                .filter(|trade| trade.taker.order == sequence);
            let prices = [
                last.map(|trade| trade.price_ticks),
                maker.map(|m| m.price_ticks),
            ];
            let has_enough = |price| wish.appetite(&rules, price, &arrival) == 0;
            if prices.into_iter().flatten().any(has_enough) {
                return Arrival {
                    end: Some(State::Filled),
                    ..arrival
                };
            }
            let Some(maker) = maker else { return arrival };
            let appetite = wish.appetite(&rules, maker.price_ticks, &arrival);
            let lots = appetite.min(maker.remaining_lots);
            if maker.account != order.account || order.self_trade == SelfTrade::None {
                arrival.lots += lots;
                arrival.quote += rules.quote_atoms(maker.price_ticks, lots);
                let rest = wish.rest(&arrival);
                self.trade(id, order, sequence, &maker, lots, rest, facts);
                continue;
            }
            if matches!(
                order.self_trade,
                SelfTrade::ExpireMaker | SelfTrade::ExpireBoth
            ) {
                self.shrink(id, maker.sequence, maker.remaining_lots);
                let change = Change::Expired(ExpireReason::SelfTrade);
                let prevented = Some((sequence, lots));
                self.update(id, &maker, change, maker.remaining_lots, prevented, facts);
            }
            if matches!(
                order.self_trade,
                SelfTrade::ExpireTaker | SelfTrade::ExpireBoth
            ) {
                let prevented = Some((maker.sequence, lots));
                return Arrival {
                    end: Some(State::Expired),
                    prevented,
                    ..arrival
                };
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a trade has two parties, told apart"
    )]
    fn trade(
        &mut self,
        id: MarketId,
        order: &NewOrder,
        sequence: Sequence,
        maker: &Resting,
        lots: u64,
        rest: u64,
        facts: &mut Facts,
    ) {
        let rules = self.market(id).rules;
        let (quote, base_fee, quote_fee) = self.pay(&rules, order, maker, lots);
        self.shrink(id, maker.sequence, lots);
        self.edit(id).last_price = Some(maker.price_ticks);
        let party = |order, account, fee, row, remaining_lots| Party {
            order,
            account,
            fee,
            row,
            remaining_lots,
        };
        let (taker_fee, maker_fee) = match order.side {
            Side::Buy => (base_fee, quote_fee),
            Side::Sell => (quote_fee, base_fee),
        };
        let maker_rest = maker.remaining_lots - lots;
        facts.trades.push(Trade {
            sequence: self.number(id),
            price_ticks: maker.price_ticks,
            quantity_lots: lots,
            quote,
            taker_side: order.side,
            maker: party(
                maker.sequence,
                maker.account,
                maker_fee,
                maker.row,
                maker_rest,
            ),
            taker: party(sequence, order.account, taker_fee, 0, rest),
        });
    }

    /// Moves the money of a trade; says the quote traded, the buyer's and the seller's fee.
    fn pay(
        &mut self,
        rules: &Rules,
        order: &NewOrder,
        maker: &Resting,
        lots: u64,
    ) -> (Atoms, Atoms, Atoms) {
        let base = Atoms::from(lots) * Atoms::from(rules.lot_atoms);
        let ticks = Atoms::from(lots) * Atoms::from(maker.price_ticks);
        let quote = ticks * Atoms::from(rules.tick_lot_atoms);
        let taker = (order.account, order.rates.taker_ppm);
        let resting = (maker.account, maker.rates.maker_ppm);
        let (buyer, seller) = match order.side {
            Side::Buy => (taker, resting),
            Side::Sell => (resting, taker),
        };
        let (base_fee, quote_fee) = (exact_fee(base, buyer.1), exact_fee(quote, seller.1));
        self.post(
            buyer.0,
            rules.quote,
            quote,
            seller.0,
            rules.fee_account,
            quote_fee,
        );
        self.post(
            seller.0,
            rules.base,
            base,
            buyer.0,
            rules.fee_account,
            base_fee,
        );
        (quote, base_fee, quote_fee)
    }

    /// Money goes from one to another, who pays the fee out of it.
    fn post(&mut self, from: u64, asset: u32, amount: Atoms, to: u64, house: u64, fee: Atoms) {
        let (amount, fee) = (amount as i128, fee as i128);
        for (account, change) in [(from, -amount), (to, amount - fee), (house, fee)] {
            *self.funds.entry((account, asset)).or_default() += change;
        }
    }
}

/// `received * ppm / 1_000_000` rounded up, by long multiplication and division in digits of 2^64.
fn exact_fee(received: Atoms, ppm: u32) -> Atoms {
    let digit = |number: u128| number & u128::from(u64::MAX);
    let low = digit(received) * u128::from(ppm);
    let high = (received >> 64) * u128::from(ppm) + (low >> 64);
    let rest = ((high % 1_000_000) << 64) | digit(low);
    ((high / 1_000_000) << 64) + rest.div_ceil(1_000_000)
}
