//! Orders that meet an order of their own account.

use engine::facts::{Change, ExpireReason};
use engine::order::{SelfTrade, Side, State, TimeInForce};
use engine::reject::Reject;

use crate::desk::{ALICE, BASE, BOB, QUOTE, budget, limit, market, on_both, timed, with_mode};

const EXPIRED: Change = Change::Expired(ExpireReason::SelfTrade);

#[test]
fn expire_taker_ends_the_taker_when_its_next_maker_is_its_own() {
    on_both(|desk| {
        desk.sell(BOB, 100, 1);
        let own = desk.sell(ALICE, 101, 4);
        desk.sell(BOB, 102, 5);
        let placed = desk
            .place(limit(ALICE, Side::Buy, 102, 3))
            .expect("accepted");
        assert_eq!(
            (placed.state, placed.filled_lots, placed.remaining_lots),
            (State::Expired, 1, 2)
        );
        let update = desk.facts.updates[0];
        assert_eq!((update.order, update.change), (placed.order, EXPIRED));
        assert_eq!(
            (update.counter_order, update.prevented_lots),
            (Some(own), 2)
        );
        assert_eq!(update.removed_lots, 2);
        assert_eq!(desk.held(ALICE, QUOTE), 0);
        assert_eq!(desk.depth(Side::Sell), [(101, 4, 1), (102, 5, 1)]);
    });
}

#[test]
fn expire_maker_ends_the_maker_and_the_taker_goes_on() {
    on_both(|desk| {
        let own = desk.sell(ALICE, 101, 4);
        desk.sell(BOB, 102, 5);
        let taker = with_mode(limit(ALICE, Side::Buy, 102, 3), SelfTrade::ExpireMaker);
        let placed = desk.place(taker).expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Filled, 3));
        let update = desk.facts.updates[0];
        assert_eq!(
            (update.order, update.change, update.removed_lots),
            (own, EXPIRED, 4)
        );
        assert_eq!(
            (update.counter_order, update.prevented_lots),
            (Some(placed.order), 3)
        );
        assert_eq!(desk.trades(), [(102, 3)]);
        assert_eq!(desk.held(ALICE, BASE), 0);
    });
}

#[test]
fn expire_both_ends_both_and_says_so_twice() {
    on_both(|desk| {
        let own = desk.sell(ALICE, 101, 2);
        desk.sell(BOB, 102, 5);
        let taker = with_mode(limit(ALICE, Side::Buy, 102, 3), SelfTrade::ExpireBoth);
        let placed = desk.place(taker).expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Expired, 0));
        assert_eq!(desk.updates(), [(own, EXPIRED), (placed.order, EXPIRED)]);
        assert!(
            desk.facts
                .updates
                .iter()
                .all(|update| update.prevented_lots == 2)
        );
        assert_eq!(desk.facts.updates[0].counter_order, Some(placed.order));
        assert_eq!(desk.facts.updates[1].counter_order, Some(own));
        assert_eq!(desk.depth(Side::Sell), [(102, 5, 1)]);
        assert_eq!((desk.held(ALICE, BASE), desk.held(ALICE, QUOTE)), (0, 0));
    });
}

#[test]
fn mode_none_trades_where_the_market_allows_it() {
    on_both(|desk| {
        desk.sell(ALICE, 101, 2);
        let taker = with_mode(limit(ALICE, Side::Buy, 101, 2), SelfTrade::None);
        assert_eq!(desk.place(taker).expect("accepted").state, State::Filled);
        assert_eq!(desk.trades(), [(101, 2)]);
        desk.set_rules(|rules| rules.allow_self_trade = false);
        assert_eq!(desk.place(taker), Err(Reject::SelfTradeNotAllowed));
    });
}

#[test]
fn the_takers_mode_decides_not_the_makers() {
    on_both(|desk| {
        let maker = with_mode(limit(ALICE, Side::Sell, 101, 2), SelfTrade::ExpireBoth);
        desk.place(maker).expect("accepted");
        let taker = with_mode(limit(ALICE, Side::Buy, 101, 2), SelfTrade::None);
        assert_eq!(desk.place(taker).expect("accepted").state, State::Filled);
    });
}

#[test]
fn fill_or_kill_counts_only_what_would_really_trade() {
    on_both(|desk| {
        desk.sell(BOB, 100, 1);
        desk.sell(ALICE, 101, 4);
        desk.sell(BOB, 102, 2);
        let killing = |mode| with_mode(timed(ALICE, Side::Buy, 102, 3, TimeInForce::Fok), mode);
        let before = desk.snapshot();
        for mode in [SelfTrade::ExpireTaker, SelfTrade::ExpireBoth] {
            assert_eq!(desk.place(killing(mode)), Err(Reject::FillOrKillUnfilled));
        }
        assert_eq!(desk.snapshot(), before);
        let placed = desk
            .place(killing(SelfTrade::ExpireMaker))
            .expect("accepted");
        assert_eq!(placed.state, State::Filled);
        assert_eq!(desk.trades(), [(100, 1), (102, 2)]);
    });
}

#[test]
fn a_market_order_looks_past_its_own_orders_when_they_expire() {
    on_both(|desk| {
        desk.sell(ALICE, 101, 4);
        let taker = with_mode(market(ALICE, Side::Buy, 1), SelfTrade::ExpireMaker);
        assert_eq!(desk.place(taker), Err(Reject::NoLiquidity));
        assert_eq!(desk.depth(Side::Sell), [(101, 4, 1)]);
        desk.sell(BOB, 102, 1);
        assert_eq!(desk.place(taker).expect("accepted").state, State::Filled);
        assert_eq!(desk.depth(Side::Sell), []);
    });
}

#[test]
fn a_budget_order_that_ends_on_its_own_order_removes_no_lots() {
    on_both(|desk| {
        desk.sell(BOB, 100, 1);
        let own = desk.sell(ALICE, 100, 9);
        let placed = desk.place(budget(ALICE, 1_000)).expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Expired, 1));
        let update = desk.facts.updates[0];
        assert_eq!(
            (update.counter_order, update.prevented_lots),
            (Some(own), 4)
        );
        assert_eq!(update.removed_lots, 0);
        assert_eq!(desk.held(ALICE, QUOTE), 0);
    });
}
