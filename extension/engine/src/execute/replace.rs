//! Replace: cancel and place, both or neither.

use super::admit::admit;
use super::{Context, Outcome};
use crate::book::Book;
use crate::facts::CancelReason;
use crate::hold;
use crate::host::Host;
use crate::order::{NewOrder, Sequence};
use crate::reject::Reject;

impl Book<'_> {
    /// The new order is judged as if the old one were gone: its hold is available, its place free,
    /// and it cannot be met. So the old one is ended first, and comes back when the new one is
    /// rejected. A repeat is told by the new order's content.
    pub(super) fn replace(
        &mut self,
        context: &mut Context<'_, impl Host>,
        order: Sequence,
        new: &NewOrder,
    ) -> Result<Outcome, Reject> {
        if let Some(prior) = admit(context, new)? {
            return Ok(Outcome::Repeated(prior));
        }
        let slot = self.find_owned(new.account, order)?;
        let old = self.resting_at(slot);
        let mark = self.mark();
        let cancelled = self.cancel_order(context, slot, CancelReason::Replaced);
        match self.judge(context, new) {
            Ok(plan) => {
                let placed = self.book_placement(context, new, plan);
                Ok(Outcome::Replaced { cancelled, placed })
            }
            Err(reject) => {
                self.undo_to(mark);
                context.facts.updates.pop();
                let asset = hold::asset(context.rules, old.side);
                let amount =
                    hold::amount(context.rules, old.side, old.price_ticks, old.remaining_lots);
                context.host.hold(old.account, asset, amount);
                Err(reject)
            }
        }
    }
}
