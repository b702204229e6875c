//! Every reject of a placement, and that the first in the list wins.

use engine::command::Command;
use engine::order::{NewOrder, SelfTrade, Side, Terms, TimeInForce};
use engine::reject::Reject;
use engine::rules::{MAX_NOTIONAL, Status};

use crate::desk::{
    ALICE, BOB, CAROL, Desk, QUOTE, ROOM, budget, limit, market, market_whole, named, on_both,
    post_only, timed, with_mode,
};

fn rejects(desk: &mut Desk, order: NewOrder, expected: Reject) {
    let before = desk.snapshot();
    assert_eq!(desk.place(order), Err(expected), "{order:?}");
    assert_eq!(desk.snapshot(), before);
    assert_eq!(desk.facts, Default::default());
}

fn budget_sell() -> NewOrder {
    NewOrder {
        side: Side::Sell,
        ..budget(ALICE, 100)
    }
}

fn post_only_now(time_in_force: TimeInForce) -> NewOrder {
    let terms = Terms::Limit {
        price_ticks: 100,
        quantity_lots: 1,
        time_in_force,
        post_only: true,
    };
    NewOrder {
        terms,
        ..limit(ALICE, Side::Buy, 100, 1)
    }
}

#[test]
fn fields_that_exclude_each_other_are_malformed() {
    on_both(|desk| {
        rejects(desk, budget_sell(), Reject::Malformed);
        rejects(desk, post_only_now(TimeInForce::Ioc), Reject::Malformed);
        rejects(desk, post_only_now(TimeInForce::Fok), Reject::Malformed);
    });
}

#[test]
fn price_quantity_and_budget_must_be_positive() {
    on_both(|desk| {
        rejects(desk, limit(ALICE, Side::Buy, 0, 1), Reject::InvalidPrice);
        rejects(
            desk,
            limit(ALICE, Side::Buy, 100, 0),
            Reject::InvalidQuantity,
        );
        rejects(desk, market(ALICE, Side::Buy, 0), Reject::InvalidQuantity);
        rejects(desk, budget(ALICE, 0), Reject::InvalidBudget);
    });
}

#[test]
fn a_market_that_is_halted_or_cancel_only_takes_no_placement() {
    on_both(|desk| {
        let old = desk.buy(ALICE, 100, 1);
        let order = limit(ALICE, Side::Buy, 100, 1);
        for (status, reject) in [
            (Status::Halted, Reject::MarketHalted),
            (Status::CancelOnly, Reject::MarketCancelOnly),
        ] {
            desk.set_rules(|rules| rules.status = status);
            rejects(desk, order, reject);
            assert_eq!(
                desk.execute(Command::Replace {
                    order: old,
                    new: order
                }),
                Err(reject)
            );
        }
    });
}

#[test]
fn quantity_is_bounded() {
    on_both(|desk| {
        desk.set_rules(|rules| {
            rules.min_quantity_lots = 3;
            rules.max_quantity_lots = 5;
        });
        for order in [limit, |account, side, _, lots| market(account, side, lots)] {
            rejects(
                desk,
                order(ALICE, Side::Buy, 100, 2),
                Reject::QuantityTooSmall,
            );
            rejects(
                desk,
                order(ALICE, Side::Buy, 100, 6),
                Reject::QuantityTooLarge,
            );
        }
        for lots in [3, 5] {
            desk.place(limit(ALICE, Side::Buy, 100, lots))
                .expect("in bounds");
        }
    });
}

#[test]
fn price_is_in_the_band_around_the_last_price_or_the_reference_price() {
    on_both(|desk| {
        desk.set_rules(|rules| rules.band_ppm = 100_000);
        for side in [Side::Buy, Side::Sell] {
            rejects(desk, limit(ALICE, side, 89, 1), Reject::PriceOutOfBand);
            rejects(desk, limit(ALICE, side, 111, 1), Reject::PriceOutOfBand);
        }
        desk.buy(ALICE, 90, 1);
        desk.sell(ALICE, 110, 1);
        desk.buy(BOB, 110, 1);
        // Around 110: 99 to 121.
        rejects(desk, limit(ALICE, Side::Buy, 98, 1), Reject::PriceOutOfBand);
        rejects(
            desk,
            limit(ALICE, Side::Buy, 122, 1),
            Reject::PriceOutOfBand,
        );
        desk.buy(ALICE, 99, 1);
        desk.sell(ALICE, 121, 1);
    });
}

#[test]
fn notional_is_bounded() {
    on_both(|desk| {
        desk.set_rules(|rules| rules.min_notional = 1_000);
        desk.sell(BOB, 100, 10);
        rejects(
            desk,
            limit(ALICE, Side::Buy, 99, 5),
            Reject::NotionalTooSmall,
        );
        rejects(desk, budget(ALICE, 999), Reject::NotionalTooSmall);
        // By the reference price of 100 this far.
        rejects(desk, market(ALICE, Side::Buy, 4), Reject::NotionalTooSmall);
        rejects(
            desk,
            budget(ALICE, MAX_NOTIONAL + 1),
            Reject::NotionalTooLarge,
        );
        desk.place(limit(ALICE, Side::Buy, 99, 6))
            .expect("in bounds");
        desk.place(market(ALICE, Side::Buy, 5)).expect("in bounds");
        desk.place(budget(ALICE, 1_000)).expect("in bounds");
    });
    on_both(|desk| {
        desk.set_rules(|rules| {
            rules.max_quantity_lots = u64::MAX;
            rules.tick_lot_atoms = u64::MAX;
        });
        rejects(
            desk,
            limit(ALICE, Side::Buy, 100, u64::MAX),
            Reject::NotionalTooLarge,
        );
        rejects(
            desk,
            limit(ALICE, Side::Sell, 100, u64::MAX),
            Reject::NotionalTooLarge,
        );
        rejects(
            desk,
            market(ALICE, Side::Sell, u64::MAX),
            Reject::NotionalTooLarge,
        );
    });
}

#[test]
fn an_account_has_a_limit_of_open_orders_that_does_not_bind_what_cannot_rest() {
    on_both(|desk| {
        for _ in 0..5 {
            desk.buy(ALICE, 90, 1);
        }
        rejects(
            desk,
            limit(ALICE, Side::Buy, 90, 1),
            Reject::TooManyOpenOrders,
        );
        rejects(
            desk,
            limit(ALICE, Side::Sell, 90, 1),
            Reject::TooManyOpenOrders,
        );
        desk.place(timed(ALICE, Side::Buy, 90, 1, TimeInForce::Ioc))
            .expect("cannot rest");
        desk.buy(BOB, 91, 1);
        desk.place(timed(ALICE, Side::Sell, 91, 1, TimeInForce::Fok))
            .expect("cannot rest");
    });
}

#[test]
fn a_full_book_takes_no_order_that_might_rest_and_nothing_is_lost() {
    on_both(|desk| {
        desk.set_rules(|rules| rules.max_open_orders = ROOM);
        for _ in 0..ROOM {
            desk.sell(ALICE, 110, 1);
        }
        rejects(desk, limit(BOB, Side::Buy, 90, 1), Reject::BookFull);
        // Even one that would be filled at once, because that is decided before it is matched.
        rejects(desk, limit(BOB, Side::Buy, 110, 1), Reject::BookFull);
        desk.place(timed(BOB, Side::Buy, 110, 1, TimeInForce::Ioc))
            .expect("cannot rest");
        desk.buy(BOB, 90, 1);
    });
}

#[test]
fn self_trade_none_needs_the_markets_permission() {
    on_both(|desk| {
        desk.set_rules(|rules| rules.allow_self_trade = false);
        let order = with_mode(limit(ALICE, Side::Buy, 90, 1), SelfTrade::None);
        rejects(desk, order, Reject::SelfTradeNotAllowed);
    });
}

const POOR: u64 = 9;

/// Two slots are left, somebody sells at 100, and POOR has an order named "used" and little money.
fn crowd(desk: &mut Desk) {
    desk.exchange.deposit(POOR, QUOTE, 2_000);
    desk.set_rules(|rules| rules.max_open_orders = ROOM);
    for _ in 0..ROOM - 2 {
        desk.sell(ALICE, 100, 1);
    }
    desk.place(named(limit(POOR, Side::Buy, 90, 1), "used"))
        .expect("accepted");
    desk.buy(CAROL, 91, 1);
}

fn be_strict(desk: &mut Desk, status: Status, max_open_orders: u32) {
    desk.set_rules(|rules| {
        rules.status = status;
        rules.max_open_orders = max_open_orders;
        rules.allow_self_trade = false;
        rules.min_quantity_lots = 10;
        rules.max_quantity_lots = 50;
        rules.min_notional = 3_000;
    });
}

/// A post-only order of POOR's.
fn bid(price_ticks: u64, quantity_lots: u64, name: &str, self_trade: SelfTrade) -> NewOrder {
    with_mode(
        named(post_only(POOR, Side::Buy, price_ticks, quantity_lots), name),
        self_trade,
    )
}

/// Begins with an order that has every fault that a limit order can have; each step takes the first
/// one away.
#[test]
fn the_first_fault_in_the_list_is_given_for_a_limit_order() {
    on_both(|desk| {
        let (none, taker) = (SelfTrade::None, SelfTrade::ExpireTaker);
        crowd(desk);
        be_strict(desk, Status::Halted, 1);
        let malformed = NewOrder {
            terms: post_only_now(TimeInForce::Ioc).terms,
            ..bid(0, 0, "used", none)
        };
        rejects(desk, malformed, Reject::Malformed);
        rejects(desk, bid(0, 0, "used", none), Reject::InvalidPrice);
        rejects(desk, bid(1, 0, "used", none), Reject::InvalidQuantity);
        rejects(
            desk,
            bid(1, 1, "used", none),
            Reject::DuplicateClientOrderId,
        );
        rejects(desk, bid(1, 1, "new", none), Reject::MarketHalted);
        be_strict(desk, Status::CancelOnly, 1);
        rejects(desk, bid(1, 1, "new", none), Reject::MarketCancelOnly);
        be_strict(desk, Status::Trading, 1);
        rejects(desk, bid(1, 1, "new", none), Reject::SelfTradeNotAllowed);
        rejects(desk, bid(1, 1, "new", taker), Reject::QuantityTooSmall);
        rejects(desk, bid(1, 51, "new", taker), Reject::QuantityTooLarge);
        rejects(desk, bid(1, 10, "new", taker), Reject::PriceOutOfBand);
        rejects(desk, bid(120, 10, "new", taker), Reject::NotionalTooSmall);
        rejects(desk, bid(120, 20, "new", taker), Reject::TooManyOpenOrders);
        be_strict(desk, Status::Trading, 2);
        rejects(desk, bid(120, 20, "new", taker), Reject::PostOnlyWouldTake);
        let crossing = |time_in_force| timed(POOR, Side::Buy, 120, 20, time_in_force);
        rejects(desk, crossing(TimeInForce::Fok), Reject::FillOrKillUnfilled);
        rejects(
            desk,
            crossing(TimeInForce::Gtc),
            Reject::InsufficientBalance,
        );
        desk.exchange.deposit(POOR, QUOTE, 100_000);
        rejects(desk, crossing(TimeInForce::Gtc), Reject::BookFull);
        desk.place(crossing(TimeInForce::Ioc))
            .expect("no fault left");
    });
}

#[test]
fn the_first_fault_in_the_list_is_given_for_a_market_order() {
    on_both(|desk| {
        desk.set_rules(|rules| rules.min_quantity_lots = 2);
        rejects(
            desk,
            market_whole(POOR, Side::Buy, 1),
            Reject::QuantityTooSmall,
        );
        rejects(desk, market_whole(POOR, Side::Buy, 2), Reject::NoLiquidity);
        desk.sell(ALICE, 100, 3);
        rejects(
            desk,
            market_whole(POOR, Side::Buy, 4),
            Reject::FillOrKillUnfilled,
        );
        rejects(
            desk,
            market_whole(POOR, Side::Buy, 3),
            Reject::InsufficientBalance,
        );
        rejects(desk, budget(POOR, 600), Reject::InsufficientBalance);
    });
}

#[test]
fn an_unknown_market_is_said_before_anything_else() {
    on_both(|desk| {
        let order = Command::Place(limit(ALICE, Side::Buy, 0, 0));
        let answer = desk.exchange.execute(8, &order, &mut desk.facts);
        assert_eq!(answer, Err(Reject::UnknownMarket));
    });
}

#[test]
fn codes_are_the_names_in_capitals() {
    for reject in Reject::ALL {
        let name = format!("{reject:?}");
        let mut code = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && !code.is_empty() {
                code.push('_');
            }
            code.push(letter.to_ascii_uppercase());
        }
        assert_eq!(reject.code(), code);
    }
    assert!(Reject::ALL.is_sorted());
}
