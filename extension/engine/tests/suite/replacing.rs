//! Replace: both or neither.

use engine::command::{Command, Outcome};
use engine::facts::{CancelReason, Change};
use engine::order::{NewOrder, SelfTrade, Sequence, Side, State, TimeInForce};
use engine::reject::Reject;

use crate::desk::{
    ALICE, BASE, BOB, Desk, QUOTE, ROOM, limit, named, on_both, post_only, timed, with_mode,
};

fn replace(desk: &mut Desk, order: Sequence, new: NewOrder) -> Result<Outcome, Reject> {
    desk.execute(Command::Replace { order, new })
}

#[test]
fn the_old_order_ends_and_the_new_one_takes_its_place_at_the_back() {
    on_both(|desk| {
        let old = desk.buy(ALICE, 100, 5);
        let other = desk.buy(BOB, 100, 1);
        let Ok(Outcome::Replaced { cancelled, placed }) =
            replace(desk, old, limit(ALICE, Side::Buy, 100, 7))
        else {
            panic!("not replaced")
        };
        assert_eq!((cancelled.order, cancelled.state), (old, State::Cancelled));
        assert_eq!((cancelled.remaining_lots, placed.remaining_lots), (5, 7));
        assert_eq!(
            desk.updates(),
            [(old, Change::Cancelled(CancelReason::Replaced))]
        );
        assert_eq!(
            desk.facts.updates[0].sequence + 1,
            desk.facts.placed[0].sequence
        );
        assert_eq!(desk.held(ALICE, QUOTE), 1_400);
        desk.sell(BOB, 101, 1);
        desk.sell(3, 100, 1);
        assert_eq!(desk.facts.trades[0].maker.order, other);
    });
}

#[test]
fn the_new_order_may_use_the_hold_the_slot_and_the_count_of_the_old_one() {
    on_both(|desk| {
        desk.set_rules(|rules| rules.max_open_orders = ROOM);
        desk.exchange.deposit(9, QUOTE, 200 * u128::from(ROOM));
        let orders: Vec<Sequence> = (0..ROOM).map(|_| desk.buy(9, 100, 1)).collect();
        assert_eq!(desk.balance(9, QUOTE).available, 0);
        let Ok(Outcome::Replaced { placed, .. }) =
            replace(desk, orders[3], limit(9, Side::Buy, 100, 1))
        else {
            panic!("not replaced")
        };
        assert_eq!(placed.state, State::Open);
    });
}

#[test]
fn the_new_order_cannot_meet_the_old_one() {
    on_both(|desk| {
        let old = desk.sell(ALICE, 100, 5);
        let new = with_mode(post_only(ALICE, Side::Buy, 100, 1), SelfTrade::None);
        assert!(matches!(
            replace(desk, old, new),
            Ok(Outcome::Replaced { .. })
        ));
        assert_eq!(desk.depth(Side::Buy), [(100, 1, 1)]);
    });
}

#[test]
fn a_rejected_replacement_leaves_no_trace() {
    on_both(|desk| {
        let old = desk.buy(ALICE, 100, 5);
        desk.sell(BOB, 105, 1);
        let before = desk.snapshot();
        let cases = [
            (limit(ALICE, Side::Buy, 1, 5), Reject::PriceOutOfBand),
            (
                limit(ALICE, Side::Buy, 100, 1_001),
                Reject::QuantityTooLarge,
            ),
            (limit(ALICE, Side::Sell, 149, 0), Reject::InvalidQuantity),
            (
                post_only(ALICE, Side::Buy, 105, 1),
                Reject::PostOnlyWouldTake,
            ),
            (
                timed(ALICE, Side::Buy, 105, 2, TimeInForce::Fok),
                Reject::FillOrKillUnfilled,
            ),
        ];
        for (new, reject) in cases {
            assert_eq!(replace(desk, old, new), Err(reject));
            assert_eq!(desk.snapshot(), before);
            assert_eq!(desk.facts, Default::default());
        }
        desk.exchange.deposit(9, QUOTE, 200);
        let poor = desk.buy(9, 100, 1);
        let before = desk.snapshot();
        let dearer = limit(9, Side::Buy, 101, 1);
        assert_eq!(
            replace(desk, poor, dearer),
            Err(Reject::InsufficientBalance)
        );
        assert_eq!(desk.snapshot(), before);
    });
}

#[test]
fn only_the_owners_open_order_can_be_replaced() {
    on_both(|desk| {
        let old = desk.buy(ALICE, 100, 5);
        let new = limit(BOB, Side::Buy, 100, 5);
        assert_eq!(replace(desk, old, new), Err(Reject::OrderNotFound));
        assert_eq!(replace(desk, old + 1, new), Err(Reject::OrderNotFound));
    });
}

#[test]
fn a_repeated_replacement_names_the_new_order_and_cancels_nothing() {
    on_both(|desk| {
        let old = desk.sell(ALICE, 110, 5);
        let new = named(limit(ALICE, Side::Sell, 111, 5), "r-1");
        replace(desk, old, new).expect("accepted");
        let before = desk.snapshot();
        assert!(matches!(replace(desk, old, new), Ok(Outcome::Repeated(_))));
        assert_eq!(desk.snapshot(), before);
        assert_eq!(desk.held(ALICE, BASE), 50);
    });
}
