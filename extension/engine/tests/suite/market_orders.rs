//! Market orders by quantity and by budget.

use engine::facts::{Change, ExpireReason};
use engine::order::{Side, State};
use engine::reject::Reject;

use crate::desk::{ALICE, BASE, BOB, CAROL, QUOTE, RICH, budget, market, market_whole, on_both};

#[test]
fn a_market_buy_takes_the_best_prices_and_pays_exactly_their_cost() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        desk.sell(ALICE, 110, 2);
        let placed = desk.place(market(BOB, Side::Buy, 3)).expect("accepted");
        assert_eq!((placed.state, placed.filled_quote), (State::Filled, 620));
        assert_eq!(desk.balance(BOB, QUOTE).available, RICH - 620);
        assert_eq!(desk.held(BOB, QUOTE), 0);
    });
}

#[test]
fn a_market_buy_needs_the_exact_cost_and_no_more() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        desk.sell(ALICE, 110, 2);
        desk.exchange.deposit(9, QUOTE, 619);
        assert_eq!(
            desk.place(market(9, Side::Buy, 3)),
            Err(Reject::InsufficientBalance)
        );
        desk.exchange.deposit(9, QUOTE, 1);
        assert_eq!(
            desk.place(market(9, Side::Buy, 3)).expect("accepted").state,
            State::Filled
        );
        assert_eq!(desk.balance(9, QUOTE).available, 0);
    });
}

#[test]
fn a_market_order_never_trades_beyond_the_band() {
    on_both(|desk| {
        desk.set_rules(|rules| rules.band_ppm = 100_000);
        desk.sell(ALICE, 100, 1);
        desk.sell(ALICE, 110, 1);
        // The trade at 100 becomes the last price; one at 111 can only rest while it is 101.
        desk.set_rules(|rules| rules.band_ppm = 110_000);
        desk.sell(ALICE, 111, 1);
        desk.set_rules(|rules| rules.band_ppm = 100_000);
        let placed = desk.place(market(BOB, Side::Buy, 3)).expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Expired, 2));
        assert_eq!(
            desk.updates(),
            [(placed.order, Change::Expired(ExpireReason::Unfilled))]
        );
        assert_eq!(desk.depth(Side::Sell), [(111, 1, 1)]);
    });
}

#[test]
fn a_market_sell_gives_back_what_it_could_not_sell() {
    on_both(|desk| {
        desk.buy(ALICE, 100, 2);
        let placed = desk.place(market(BOB, Side::Sell, 5)).expect("accepted");
        assert_eq!(
            (placed.state, placed.filled_lots, placed.remaining_lots),
            (State::Expired, 2, 3)
        );
        assert_eq!(desk.held(BOB, BASE), 0);
        assert_eq!(desk.balance(BOB, BASE).available, RICH - 20);
    });
}

#[test]
fn a_market_order_that_finds_nobody_is_rejected() {
    on_both(|desk| {
        assert_eq!(
            desk.place(market(BOB, Side::Buy, 1)),
            Err(Reject::NoLiquidity)
        );
        assert_eq!(
            desk.place(market(BOB, Side::Sell, 1)),
            Err(Reject::NoLiquidity)
        );
        assert_eq!(desk.place(budget(BOB, 1_000)), Err(Reject::NoLiquidity));
        // Its own order is nobody.
        desk.sell(BOB, 100, 1);
        assert_eq!(
            desk.place(market(BOB, Side::Buy, 1)),
            Err(Reject::NoLiquidity)
        );
        assert_eq!(desk.place(budget(BOB, 1_000)), Err(Reject::NoLiquidity));
    });
}

#[test]
fn a_market_order_that_must_fill_whole_is_rejected_otherwise() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        let before = desk.snapshot();
        assert_eq!(
            desk.place(market_whole(BOB, Side::Buy, 3)),
            Err(Reject::FillOrKillUnfilled)
        );
        assert_eq!(desk.snapshot(), before);
        let placed = desk
            .place(market_whole(BOB, Side::Buy, 2))
            .expect("accepted");
        assert_eq!(placed.state, State::Filled);
    });
}

#[test]
fn a_budget_is_never_exceeded_and_its_rest_is_released() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        desk.sell(ALICE, 110, 10);
        // 2 lots at 200, then 2 at 220; 159 do not buy a third.
        let placed = desk.place(budget(BOB, 999)).expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Filled, 4));
        assert_eq!((placed.filled_quote, placed.remaining_lots), (840, 0));
        assert_eq!(desk.balance(BOB, QUOTE).available, RICH - 840);
        assert_eq!(desk.held(BOB, QUOTE), 0);
        assert!(
            desk.facts
                .trades
                .iter()
                .all(|trade| trade.taker.remaining_lots == 0)
        );
    });
}

#[test]
fn a_budget_that_the_book_cannot_absorb_expires() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        let placed = desk.place(budget(BOB, 1_000)).expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Expired, 2));
        assert_eq!(desk.facts.updates[0].removed_lots, 0);
        assert_eq!(desk.balance(BOB, QUOTE).available, RICH - 400);
    });
}

#[test]
fn a_budget_is_filled_when_the_rest_buys_no_lot_at_the_last_price_even_if_the_book_is_empty() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 2);
        assert_eq!(
            desk.place(budget(BOB, 599)).expect("accepted").state,
            State::Filled
        );
        assert_eq!(desk.depth(Side::Sell), []);
    });
}

#[test]
fn a_budget_is_filled_when_the_next_price_is_too_dear() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 1);
        desk.sell(ALICE, 140, 1);
        let placed = desk.place(budget(BOB, 479)).expect("accepted");
        assert_eq!((placed.state, placed.filled_quote), (State::Filled, 200));
    });
}

#[test]
fn a_budget_below_one_lot_at_the_best_price_finds_no_liquidity() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 1);
        assert_eq!(desk.place(budget(BOB, 199)), Err(Reject::NoLiquidity));
        assert_eq!(
            desk.place(budget(BOB, 200)).expect("accepted").state,
            State::Filled
        );
    });
}

#[test]
fn a_budget_buys_at_most_the_markets_largest_quantity() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 5);
        desk.set_rules(|rules| rules.max_quantity_lots = 3);
        let placed = desk.place(budget(BOB, 10_000)).expect("accepted");
        assert_eq!((placed.state, placed.filled_lots), (State::Filled, 3));
        assert_eq!(desk.held(BOB, QUOTE), 0);
    });
}

#[test]
fn a_budget_must_be_available_whole() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 1);
        assert_eq!(
            desk.place(budget(CAROL, RICH + 1)),
            Err(Reject::InsufficientBalance)
        );
    });
}
