//! Trading: the taker meets makers in priority order until it has enough or nobody is in reach.

use super::Context;
use super::taker::{Meeting, Taker};
use crate::book::{Book, Resting};
use crate::facts::{Change, ExpireReason, Party, Trade};
use crate::fee::fee;
use crate::hold;
use crate::host::Host;
use crate::order::{Atoms, NewOrder, SelfTrade, Sequence, Side, Terms};

/// An accepted order at work.
pub(super) struct Taking<'a> {
    pub(super) order: &'a NewOrder,
    pub(super) sequence: Sequence,
    pub(super) taker: Taker,
    /// What is left of its hold.
    pub(super) hold: Atoms,
    /// Base traded so far.
    pub(super) filled_lots: u64,
    /// Quote traded so far.
    pub(super) filled_quote: Atoms,
}

/// Why a taker stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TakerEnd {
    /// It has enough.
    Sated,
    /// Nobody (else) accepts its price.
    OutOfReach,
    /// It met an order of its own account, and its mode ends it.
    SelfTrade { maker: Sequence, lots: u64 },
}

impl Book<'_> {
    /// Trades against the book as far as the order wants and can.
    pub(super) fn take(
        &mut self,
        context: &mut Context<'_, impl Host>,
        taking: &mut Taking<'_>,
    ) -> TakerEnd {
        loop {
            let slot = self.best_order(taking.order.side.opposite());
            if taking.taker.lots == 0 {
                return TakerEnd::Sated;
            }
            if slot == 0 {
                return TakerEnd::OutOfReach;
            }
            let maker = self.resting_at(slot);
            let Resting {
                price_ticks,
                account,
                remaining_lots,
                ..
            } = maker;
            match taking
                .taker
                .meet(context.rules, price_ticks, account, remaining_lots)
            {
                Meeting::Sated => return TakerEnd::Sated,
                Meeting::OutOfReach => return TakerEnd::OutOfReach,
                Meeting::Trade(lots) => self.fill(context, taking, &maker, slot, lots),
                Meeting::Own(lots) => {
                    let mode = taking.order.self_trade;
                    if mode != SelfTrade::ExpireTaker {
                        let change = Change::Expired(ExpireReason::SelfTrade);
                        self.end_order(context, slot, change, Some((taking.sequence, lots)));
                    }
                    if mode != SelfTrade::ExpireMaker {
                        return TakerEnd::SelfTrade {
                            maker: maker.sequence,
                            lots,
                        };
                    }
                }
            }
        }
    }

    /// One trade, at the maker's price: both pay out of their holds, and receive what is left
    /// after the fee.
    fn fill(
        &mut self,
        context: &mut Context<'_, impl Host>,
        taking: &mut Taking<'_>,
        maker: &Resting,
        slot: u32,
        lots: u64,
    ) {
        let (rules, order) = (context.rules, taking.order);
        if lots == maker.remaining_lots {
            self.remove_order(slot);
        } else {
            self.shrink_order(slot, lots);
        }
        self.note_trade(maker.price_ticks);
        taking.taker.take(rules, maker.price_ticks, lots);

        let (base, quote) = (
            rules.base_atoms(lots),
            rules.quote_atoms(maker.price_ticks, lots),
        );
        taking.filled_lots += lots;
        taking.filled_quote += quote;
        let (taker_pays, maker_pays) = match order.side {
            Side::Buy => (quote, base),
            Side::Sell => (base, quote),
        };
        let taker_asset = hold::asset(rules, order.side);
        let maker_asset = hold::asset(rules, maker.side);
        let taker_fee = fee(maker_pays, order.rates.taker_ppm);
        let maker_fee = fee(taker_pays, maker.rates.maker_ppm);

        let host = &mut *context.host;
        host.pay(order.account, taker_asset, taker_pays);
        host.pay(maker.account, maker_asset, maker_pays);
        host.receive(order.account, maker_asset, maker_pays - taker_fee);
        host.receive(maker.account, taker_asset, taker_pays - maker_fee);
        for (asset, fee) in [(maker_asset, taker_fee), (taker_asset, maker_fee)] {
            if fee > 0 {
                host.receive(rules.fee_account, asset, fee);
            }
        }
        let surplus = surplus(context, order, maker.price_ticks, lots);
        if surplus > 0 {
            context.host.release(order.account, taker_asset, surplus);
        }
        taking.hold -= taker_pays + surplus;

        let is_budget = matches!(order.terms, Terms::MarketBudget { .. });
        context.facts.trades.push(Trade {
            sequence: self.next_sequence(),
            price_ticks: maker.price_ticks,
            quantity_lots: lots,
            quote,
            taker_side: order.side,
            maker: Party {
                order: maker.sequence,
                account: maker.account,
                fee: maker_fee,
                row: maker.row,
                remaining_lots: maker.remaining_lots - lots,
            },
            taker: Party {
                order: taking.sequence,
                account: order.account,
                fee: taker_fee,
                row: 0,
                remaining_lots: if is_budget { 0 } else { taking.taker.lots },
            },
        });
    }
}

/// What a limit buy held for `lots` beyond the better price that it got.
fn surplus<H>(context: &Context<'_, H>, order: &NewOrder, price_ticks: u64, lots: u64) -> Atoms {
    match (order.side, order.terms) {
        (
            Side::Buy,
            Terms::Limit {
                price_ticks: limit_ticks,
                ..
            },
        ) => context.rules.quote_atoms(limit_ticks - price_ticks, lots),
        _ => 0,
    }
}
