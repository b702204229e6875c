//! Trading: the taker meets makers in priority order until it has enough or nobody is in reach.

use super::Context;
use super::payment::Payment;
use super::taker::{Meeting, Taker};
use crate::book::{Book, Resting};
use crate::facts::{Change, ExpireReason, Party, Trade};
use crate::host::Host;
use crate::order::{Atoms, NewOrder, SelfTrade, Sequence};

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

        let payment = Payment::of(rules, order, maker, lots);
        taking.filled_lots += lots;
        taking.filled_quote += payment.quote;
        taking.hold -= payment.taker_pays + payment.surplus;
        payment.settle(context, order.account, maker.account);

        let is_counted = order.terms.quantity_lots().is_some();
        context.facts.trades.push(Trade {
            sequence: self.next_sequence(),
            price_ticks: maker.price_ticks,
            quantity_lots: lots,
            quote: payment.quote,
            taker_side: order.side,
            maker: Party {
                order: maker.sequence,
                account: maker.account,
                fee: payment.maker_fee,
                row: maker.row,
                remaining_lots: maker.remaining_lots - lots,
            },
            taker: Party {
                order: taking.sequence,
                account: order.account,
                fee: payment.taker_fee,
                row: 0,
                remaining_lots: if is_counted { taking.taker.lots } else { 0 },
            },
        });
    }
}
