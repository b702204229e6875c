//! The money of one trade.

use super::Context;
use crate::book::Resting;
use crate::fee::fee;
use crate::hold;
use crate::host::Host;
use crate::order::{AccountId, AssetId, Atoms, NewOrder, Side, Terms};
use crate::rules::Rules;

/// Who pays what. Both pay out of their holds; each receives what the other pays, less its fee.
pub(super) struct Payment {
    /// Quote traded.
    pub(super) quote: Atoms,
    /// What the taker pays, of `taker_asset`.
    pub(super) taker_pays: Atoms,
    maker_pays: Atoms,
    taker_asset: AssetId,
    maker_asset: AssetId,
    /// The taker's fee, of what the maker pays.
    pub(super) taker_fee: Atoms,
    /// The maker's fee, of what the taker pays.
    pub(super) maker_fee: Atoms,
    /// What a limit buy held for these lots beyond the better price that it got.
    pub(super) surplus: Atoms,
}

impl Payment {
    /// The payment for `lots` at the maker's price.
    #[inline]
    pub(super) fn of(rules: &Rules, order: &NewOrder, maker: &Resting, lots: u64) -> Payment {
        let quote = rules.quote_atoms(maker.price_ticks, lots);
        let base = rules.base_atoms(lots);
        let (taker_pays, maker_pays) = match order.side {
            Side::Buy => (quote, base),
            Side::Sell => (base, quote),
        };
        let surplus = match (order.side, order.terms) {
            (Side::Buy, Terms::Limit { price_ticks, .. }) => {
                rules.quote_atoms(price_ticks - maker.price_ticks, lots)
            }
            _ => 0,
        };
        Payment {
            quote,
            taker_pays,
            maker_pays,
            taker_asset: hold::asset(rules, order.side),
            maker_asset: hold::asset(rules, maker.side),
            taker_fee: fee(maker_pays, order.rates.taker_ppm),
            maker_fee: fee(taker_pays, maker.rates.maker_ppm),
            surplus,
        }
    }

    /// Moves the money.
    #[inline]
    pub(super) fn settle(
        &self,
        context: &mut Context<'_, impl Host>,
        taker: AccountId,
        maker: AccountId,
    ) {
        let (house, host) = (context.rules.fee_account, &mut *context.host);
        host.pay(taker, self.taker_asset, self.taker_pays);
        host.pay(maker, self.maker_asset, self.maker_pays);
        host.receive(taker, self.maker_asset, self.maker_pays - self.taker_fee);
        host.receive(maker, self.taker_asset, self.taker_pays - self.maker_fee);
        if self.taker_fee > 0 {
            host.receive(house, self.maker_asset, self.taker_fee);
        }
        if self.maker_fee > 0 {
            host.receive(house, self.taker_asset, self.maker_fee);
        }
        if self.surplus > 0 {
            host.release(taker, self.taker_asset, self.surplus);
        }
    }
}
