//! The guards of a placement that need no book: content, idempotency, the market's status.

use super::{Context, ensure};
use crate::host::Host;
use crate::order::{NewOrder, Side, Terms, TimeInForce};
use crate::reject::Reject;
use crate::rules::Status;

/// The guards that need no book: content, idempotency, the market's status. `Some`: the order was
/// placed before and has this name.
pub(super) fn admit(
    context: &mut Context<'_, impl Host>,
    order: &NewOrder,
) -> Result<Option<u64>, Reject> {
    ensure(is_well_formed(order), Reject::Malformed)?;
    let (price, quantity, budget) = match order.terms {
        Terms::Limit {
            price_ticks,
            quantity_lots,
            ..
        } => (price_ticks, quantity_lots, 1),
        Terms::Market { quantity_lots, .. } => (1, quantity_lots, 1),
        Terms::MarketBudget { budget } => (1, 1, budget),
    };
    ensure(price > 0, Reject::InvalidPrice)?;
    ensure(quantity > 0, Reject::InvalidQuantity)?;
    ensure(budget > 0, Reject::InvalidBudget)?;
    if let Some(id) = &order.client_order_id
        && let Some(prior) = context.host.prior(order.account, id)
    {
        let is_repeat = prior.fingerprint == order.fingerprint(context.rules.market);
        return ensure(is_repeat, Reject::DuplicateClientOrderId).map(|()| Some(prior.order));
    }
    ensure(context.rules.status != Status::Halted, Reject::MarketHalted)?;
    ensure(
        context.rules.status != Status::CancelOnly,
        Reject::MarketCancelOnly,
    )?;
    Ok(None)
}

/// Only what rests can be post-only, and only a buy has a budget.
fn is_well_formed(order: &NewOrder) -> bool {
    match order.terms {
        Terms::Limit {
            time_in_force,
            post_only,
            ..
        } => !post_only || time_in_force == TimeInForce::Gtc,
        Terms::Market { .. } => true,
        Terms::MarketBudget { .. } => order.side == Side::Buy,
    }
}
