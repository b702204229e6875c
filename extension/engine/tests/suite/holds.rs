//! What orders hold, and what fills give back.

use engine::order::{NewOrder, Side, TimeInForce};
use engine::reject::Reject;

use crate::desk::{ALICE, BASE, BOB, Desk, QUOTE, RICH, limit, on_both, timed};

fn place_with_funds(desk: &mut Desk, order: NewOrder, asset: u32, needed: u128) {
    desk.exchange.deposit(order.account, asset, needed - 1);
    assert_eq!(desk.place(order), Err(Reject::InsufficientBalance));
    desk.exchange.deposit(order.account, asset, 1);
    desk.place(order).expect("the balance is enough");
}

#[test]
fn a_limit_buy_holds_its_notional_and_a_sell_its_quantity() {
    on_both(|desk| {
        place_with_funds(desk, limit(8, Side::Buy, 90, 3), QUOTE, 540);
        place_with_funds(desk, limit(9, Side::Sell, 110, 3), BASE, 30);
        assert_eq!(
            (desk.held(8, QUOTE), desk.balance(8, QUOTE).available),
            (540, 0)
        );
        assert_eq!(
            (desk.held(9, BASE), desk.balance(9, BASE).available),
            (30, 0)
        );
    });
}

#[test]
fn a_limit_buy_must_cover_its_own_price_even_where_it_would_pay_less() {
    on_both(|desk| {
        desk.sell(ALICE, 90, 1);
        place_with_funds(desk, limit(9, Side::Buy, 100, 1), QUOTE, 200);
        assert_eq!(desk.balance(9, QUOTE).available, 20);
    });
}

#[test]
fn price_improvement_releases_the_surplus_at_once() {
    on_both(|desk| {
        desk.sell(ALICE, 90, 2);
        desk.buy(BOB, 100, 5);
        // Three lots rest at 100; two were bought at 90.
        assert_eq!(desk.held(BOB, QUOTE), 600);
        assert_eq!(desk.balance(BOB, QUOTE).available, RICH - 600 - 360);
    });
}

#[test]
fn a_partly_filled_maker_holds_what_remains() {
    on_both(|desk| {
        desk.buy(ALICE, 100, 5);
        desk.sell(BOB, 95, 2);
        assert_eq!(desk.held(ALICE, QUOTE), 600);
        assert_eq!(desk.held(BOB, BASE), 0);
    });
}

#[test]
fn an_ended_order_holds_exactly_nothing() {
    on_both(|desk| {
        desk.sell(ALICE, 90, 2);
        desk.sell(ALICE, 91, 2);
        desk.place(timed(BOB, Side::Buy, 100, 5, TimeInForce::Ioc))
            .expect("accepted");
        desk.place(timed(BOB, Side::Sell, 120, 5, TimeInForce::Ioc))
            .expect("accepted");
        for account in [ALICE, BOB] {
            assert_eq!(
                (desk.held(account, BASE), desk.held(account, QUOTE)),
                (0, 0)
            );
        }
    });
}

#[test]
fn what_is_held_cannot_be_committed_twice() {
    on_both(|desk| {
        desk.exchange.deposit(9, BASE, 50);
        desk.place(limit(9, Side::Sell, 110, 3)).expect("accepted");
        assert_eq!(
            desk.place(limit(9, Side::Sell, 110, 3)),
            Err(Reject::InsufficientBalance)
        );
        desk.place(limit(9, Side::Sell, 110, 2)).expect("accepted");
    });
}

#[test]
fn what_was_received_can_be_spent_at_once() {
    on_both(|desk| {
        desk.sell(ALICE, 100, 3);
        desk.exchange.deposit(9, QUOTE, 600);
        desk.place(limit(9, Side::Buy, 100, 3)).expect("accepted");
        desk.place(limit(9, Side::Sell, 110, 3))
            .expect("what it just bought");
    });
}
