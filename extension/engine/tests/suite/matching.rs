//! Limit orders: priority, price, time in force, post-only, fees.

use engine::facts::{Change, ExpireReason};
use engine::fee::Rates;
use engine::order::{NewOrder, Side, State, TimeInForce};
use engine::reject::Reject;

use crate::desk::timed;
use crate::desk::{ALICE, BASE, BOB, CAROL, HOUSE, MARKET, QUOTE, RICH, limit, on_both, post_only};

#[test]
fn an_order_that_meets_nobody_rests() {
    on_both(|desk| {
        let placed = desk
            .place(limit(ALICE, Side::Buy, 100, 5))
            .expect("accepted");
        assert_eq!(
            (placed.order, placed.state, placed.remaining_lots),
            (1, State::Open, 5)
        );
        assert_eq!(desk.depth(Side::Buy), [(100, 5, 1)]);
        assert_eq!(desk.depth(Side::Sell), []);
    });
}

#[test]
fn depth_is_best_first_and_adds_up_each_price() {
    on_both(|desk| {
        for (price, lots) in [(99, 1), (101, 2), (100, 3), (101, 4)] {
            desk.buy(ALICE, price, lots);
        }
        for (price, lots) in [(112, 1), (110, 2), (111, 3), (110, 4)] {
            desk.sell(BOB, price, lots);
        }
        assert_eq!(
            desk.depth(Side::Buy),
            [(101, 6, 2), (100, 3, 1), (99, 1, 1)]
        );
        assert_eq!(
            desk.depth(Side::Sell),
            [(110, 6, 2), (111, 3, 1), (112, 1, 1)]
        );
    });
}

#[test]
fn the_better_price_trades_first_then_the_older_order() {
    on_both(|desk| {
        let late_best = [
            desk.sell(ALICE, 102, 1),
            desk.sell(BOB, 101, 1),
            desk.sell(ALICE, 101, 1),
        ];
        desk.buy(CAROL, 105, 3);
        let makers: Vec<u64> = desk
            .facts
            .trades
            .iter()
            .map(|trade| trade.maker.order)
            .collect();
        assert_eq!(makers, [late_best[1], late_best[2], late_best[0]]);
        assert_eq!(desk.trades(), [(101, 1), (101, 1), (102, 1)]);
    });
}

#[test]
fn a_trade_is_at_the_makers_price_and_moves_both_assets() {
    on_both(|desk| {
        desk.sell(ALICE, 90, 5);
        let placed = desk.place(limit(BOB, Side::Buy, 100, 5)).expect("accepted");
        assert_eq!(
            (placed.state, placed.filled_lots, placed.filled_quote),
            (State::Filled, 5, 900)
        );
        assert_eq!(desk.balance(ALICE, QUOTE).available, RICH + 900);
        assert_eq!(desk.balance(BOB, QUOTE).available, RICH - 900);
        assert_eq!(desk.balance(ALICE, BASE).available, RICH - 50);
        assert_eq!(desk.balance(BOB, BASE).available, RICH + 50);
    });
}

#[test]
fn a_partly_filled_maker_keeps_its_place() {
    on_both(|desk| {
        let first = desk.sell(ALICE, 100, 5);
        desk.sell(BOB, 100, 5);
        desk.buy(CAROL, 100, 2);
        desk.buy(CAROL, 100, 1);
        assert_eq!(desk.facts.trades[0].maker.order, first);
        assert_eq!(desk.facts.trades[0].maker.remaining_lots, 2);
        assert_eq!(desk.depth(Side::Sell), [(100, 7, 2)]);
    });
}

#[test]
fn what_a_good_till_cancelled_order_does_not_fill_rests_at_its_own_price() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        let placed = desk.place(limit(BOB, Side::Buy, 103, 5)).expect("accepted");
        assert_eq!(
            (placed.state, placed.filled_lots, placed.remaining_lots),
            (State::Open, 2, 3)
        );
        assert_eq!(desk.depth(Side::Buy), [(103, 3, 1)]);
    });
}

#[test]
fn an_immediate_order_trades_what_it_can_and_expires() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        let order = timed(BOB, Side::Buy, 103, 5, TimeInForce::Ioc);
        let placed = desk.place(order).expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Expired, 2));
        assert_eq!(placed.remaining_lots, 3);
        assert_eq!(
            desk.updates(),
            [(placed.order, Change::Expired(ExpireReason::Unfilled))]
        );
        assert_eq!(desk.facts.updates[0].removed_lots, 3);
        assert_eq!(desk.depth(Side::Buy), []);
        assert_eq!(desk.held(BOB, QUOTE), 0);
    });
}

#[test]
fn an_immediate_order_that_meets_nobody_is_accepted_and_expires() {
    on_both(|desk| {
        let placed = desk
            .place(timed(BOB, Side::Buy, 103, 5, TimeInForce::Ioc))
            .expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Expired, 0));
        assert_eq!(desk.facts.placed[0].state, State::Expired);
    });
}

#[test]
fn fill_or_kill_trades_whole_or_is_rejected_without_a_trace() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        desk.sell(ALICE, 101, 2);
        let before = desk.snapshot();
        let too_much = timed(BOB, Side::Buy, 101, 5, TimeInForce::Fok);
        assert_eq!(desk.place(too_much), Err(Reject::FillOrKillUnfilled));
        let too_dear = timed(BOB, Side::Buy, 100, 4, TimeInForce::Fok);
        assert_eq!(desk.place(too_dear), Err(Reject::FillOrKillUnfilled));
        assert_eq!(desk.snapshot(), before);
        let just_right = timed(BOB, Side::Buy, 101, 4, TimeInForce::Fok);
        assert_eq!(
            desk.place(just_right).expect("accepted").state,
            State::Filled
        );
    });
}

#[test]
fn post_only_is_rejected_where_it_would_trade_even_with_its_owner() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        for account in [ALICE, BOB] {
            let crossing = post_only(account, Side::Buy, 100, 1);
            assert_eq!(desk.place(crossing), Err(Reject::PostOnlyWouldTake));
        }
        assert_eq!(
            desk.place(post_only(BOB, Side::Buy, 99, 1))
                .expect("rests")
                .state,
            State::Open
        );
    });
}

#[test]
fn fees_are_taken_from_what_is_received_rounded_up_and_go_to_the_house() {
    on_both(|desk| {
        let rates = Rates {
            maker_ppm: 1_000,
            taker_ppm: 2_000,
        };
        let maker = NewOrder {
            rates,
            ..limit(ALICE, Side::Sell, 103, 7)
        };
        desk.place(maker).expect("accepted");
        let taker = NewOrder {
            rates,
            ..limit(BOB, Side::Buy, 103, 7)
        };
        desk.place(taker).expect("accepted");
        // 1442 quote at 0.1 % is 1.442, 70 base at 0.2 % is 0.14.
        let trade = desk.facts.trades[0];
        assert_eq!(
            (trade.quote, trade.maker.fee, trade.taker.fee),
            (1442, 2, 1)
        );
        assert_eq!(desk.balance(ALICE, QUOTE).available, RICH + 1440);
        assert_eq!(desk.balance(BOB, BASE).available, RICH + 69);
        assert_eq!(desk.balance(HOUSE, QUOTE).available, 2);
        assert_eq!(desk.balance(HOUSE, BASE).available, 1);
    });
}

#[test]
fn the_makers_fee_rate_is_the_one_at_its_placement() {
    on_both(|desk| {
        let dear = Rates {
            maker_ppm: 500_000,
            taker_ppm: 0,
        };
        desk.place(NewOrder {
            rates: dear,
            ..limit(ALICE, Side::Sell, 100, 1)
        })
        .expect("accepted");
        desk.sell(ALICE, 100, 1);
        desk.buy(BOB, 100, 2);
        let fees: Vec<u128> = desk
            .facts
            .trades
            .iter()
            .map(|trade| trade.maker.fee)
            .collect();
        assert_eq!(fees, [100, 0]);
    });
}

#[test]
fn every_fact_has_its_own_number_in_the_order_it_happened() {
    on_both(|desk| {
        assert_eq!(desk.sell(ALICE, 100, 1), 1);
        assert_eq!(desk.sell(ALICE, 101, 1), 2);
        let order = timed(BOB, Side::Buy, 101, 3, TimeInForce::Ioc);
        assert_eq!(desk.place(order).expect("accepted").order, 3);
        let numbers: Vec<u64> = desk
            .facts
            .trades
            .iter()
            .map(|trade| trade.sequence)
            .collect();
        assert_eq!((numbers, desk.facts.updates[0].sequence), (vec![4, 5], 6));
        assert_eq!(desk.exchange.sequence(MARKET), 6);
    });
}

#[test]
fn the_last_price_is_that_of_the_last_trade() {
    on_both(|desk| {
        assert_eq!(desk.exchange.last_price_ticks(MARKET), None);
        desk.sell(ALICE, 100, 1);
        desk.sell(ALICE, 101, 1);
        desk.buy(BOB, 105, 2);
        assert_eq!(desk.exchange.last_price_ticks(MARKET), Some(101));
    });
}

#[test]
fn an_embedders_row_hint_comes_back_with_the_facts() {
    on_both(|desk| {
        let maker = desk.sell(ALICE, 100, 2);
        let row = engine::model::row_hint(maker);
        desk.buy(BOB, 100, 1);
        assert_eq!(
            (
                desk.facts.trades[0].maker.row,
                desk.facts.trades[0].taker.row
            ),
            (row, 0)
        );
        desk.cancel(ALICE, maker).expect("open");
        assert_eq!(desk.facts.updates[0].row, row);
    });
}
