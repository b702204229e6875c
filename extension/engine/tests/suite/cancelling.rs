//! Cancel, cancel all, reduce.

use engine::command::{Command, Outcome};
use engine::facts::{CancelReason, Change};
use engine::order::{Side, State};
use engine::reject::Reject;
use engine::rules::Status;

use crate::desk::{ALICE, BASE, BOB, CAROL, Desk, QUOTE, RICH, on_both};

fn cancel_all(desk: &mut Desk, account: u64, side: Option<Side>) -> u32 {
    match desk.execute(Command::CancelAll { account, side }) {
        Ok(Outcome::CancelledAll { orders }) => orders,
        other => panic!("{other:?}"),
    }
}

fn reduce(desk: &mut Desk, order: u64, remaining_lots: u64) -> Result<Outcome, Reject> {
    desk.execute(Command::Reduce {
        account: ALICE,
        order,
        remaining_lots,
    })
}

#[test]
fn cancel_returns_the_hold() {
    on_both(|desk| {
        let (bid, ask) = (desk.buy(ALICE, 90, 3), desk.sell(ALICE, 110, 4));
        assert_eq!((desk.held(ALICE, QUOTE), desk.held(ALICE, BASE)), (540, 40));
        for (order, lots) in [(bid, 3), (ask, 4)] {
            let cancelled = desk.cancel(ALICE, order).expect("open");
            assert_eq!(
                (cancelled.state, cancelled.remaining_lots),
                (State::Cancelled, lots)
            );
            let requested = Change::Cancelled(CancelReason::Requested);
            assert_eq!(desk.updates(), [(order, requested)]);
            assert_eq!(desk.facts.updates[0].removed_lots, lots);
        }
        assert_eq!((desk.held(ALICE, QUOTE), desk.held(ALICE, BASE)), (0, 0));
        assert_eq!(desk.balance(ALICE, QUOTE).available, RICH);
    });
}

#[test]
fn only_the_owner_can_cancel_and_only_once() {
    on_both(|desk| {
        let order = desk.buy(ALICE, 90, 3);
        assert_eq!(desk.cancel(BOB, order), Err(Reject::OrderNotFound));
        assert_eq!(desk.cancel(ALICE, order + 1), Err(Reject::OrderNotFound));
        desk.cancel(ALICE, order).expect("open");
        assert_eq!(desk.cancel(ALICE, order), Err(Reject::OrderNotFound));
    });
}

#[test]
fn a_filled_order_cannot_be_cancelled() {
    on_both(|desk| {
        let order = desk.buy(ALICE, 100, 3);
        desk.sell(BOB, 100, 3);
        assert_eq!(desk.cancel(ALICE, order), Err(Reject::OrderNotFound));
    });
}

#[test]
fn cancel_all_ends_the_accounts_orders_oldest_first_and_nobody_elses() {
    on_both(|desk| {
        let first = desk.sell(ALICE, 110, 1);
        desk.buy(BOB, 90, 1);
        let second = desk.buy(ALICE, 91, 1);
        let third = desk.sell(ALICE, 109, 1);
        assert_eq!(cancel_all(desk, ALICE, None), 3);
        let change = Change::Cancelled(CancelReason::CancelAll);
        assert_eq!(
            desk.updates(),
            [first, second, third].map(|order| (order, change))
        );
        assert_eq!(desk.depth(Side::Buy), [(90, 1, 1)]);
        assert_eq!(desk.depth(Side::Sell), []);
        assert_eq!(cancel_all(desk, ALICE, None), 0);
    });
}

#[test]
fn cancel_all_of_one_side_leaves_the_other() {
    on_both(|desk| {
        desk.sell(ALICE, 110, 1);
        desk.buy(ALICE, 91, 1);
        desk.buy(ALICE, 90, 1);
        assert_eq!(cancel_all(desk, ALICE, Some(Side::Buy)), 2);
        assert_eq!(desk.depth(Side::Buy), []);
        assert_eq!(desk.depth(Side::Sell), [(110, 1, 1)]);
    });
}

#[test]
fn reduce_keeps_priority_and_returns_part_of_the_hold() {
    on_both(|desk| {
        let order = desk.sell(ALICE, 100, 5);
        desk.sell(BOB, 100, 5);
        let Ok(Outcome::Order(status)) = reduce(desk, order, 2) else {
            panic!("not reduced")
        };
        assert_eq!((status.state, status.remaining_lots), (State::Open, 2));
        assert_eq!(desk.updates(), [(order, Change::Reduced)]);
        assert_eq!(desk.facts.updates[0].removed_lots, 3);
        assert_eq!(desk.held(ALICE, BASE), 20);
        desk.buy(CAROL, 100, 1);
        assert_eq!(desk.facts.trades[0].maker.order, order);
        assert_eq!(desk.depth(Side::Sell), [(100, 6, 2)]);
    });
}

#[test]
fn reducing_to_what_remains_does_nothing_so_a_repeat_is_harmless() {
    on_both(|desk| {
        let order = desk.sell(ALICE, 100, 5);
        let before = desk.snapshot();
        assert!(reduce(desk, order, 5).is_ok());
        assert_eq!(desk.updates(), []);
        assert_eq!(desk.snapshot(), before);
    });
}

#[test]
fn reduce_neither_enlarges_nor_empties_an_order() {
    on_both(|desk| {
        let order = desk.sell(ALICE, 100, 5);
        assert_eq!(reduce(desk, order, 6), Err(Reject::NotAReduction));
        assert_eq!(reduce(desk, order, 0), Err(Reject::InvalidQuantity));
        assert_eq!(reduce(desk, order + 1, 1), Err(Reject::OrderNotFound));
    });
}

#[test]
fn a_cancel_only_market_takes_cancels_and_reductions() {
    on_both(|desk| {
        let order = desk.sell(ALICE, 100, 5);
        desk.set_rules(|rules| rules.status = Status::CancelOnly);
        assert!(reduce(desk, order, 2).is_ok());
        assert!(desk.cancel(ALICE, order).is_ok());
        assert_eq!(cancel_all(desk, ALICE, None), 0);
    });
}

#[test]
fn a_halted_market_takes_nothing() {
    on_both(|desk| {
        let order = desk.sell(ALICE, 100, 5);
        desk.set_rules(|rules| rules.status = Status::Halted);
        assert_eq!(desk.cancel(ALICE, order), Err(Reject::MarketHalted));
        assert_eq!(reduce(desk, order, 2), Err(Reject::MarketHalted));
        let all = Command::CancelAll {
            account: ALICE,
            side: None,
        };
        assert_eq!(desk.execute(all), Err(Reject::MarketHalted));
        assert_eq!(reduce(desk, order, 0), Err(Reject::InvalidQuantity));
    });
}
