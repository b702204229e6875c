//! Client order ids: a repeat changes nothing, other content is refused.

use engine::command::{Command, Outcome};
use engine::fee::Rates;
use engine::model::order_name;
use engine::order::{ClientOrderId, NewOrder, SelfTrade, Side};
use engine::reject::Reject;
use engine::rules::Status;

use crate::desk::{
    ALICE, BOB, MARKET, budget, limit, market, named, on_both, post_only, with_mode,
};

#[test]
fn a_repeat_names_the_first_order_and_does_nothing() {
    on_both(|desk| {
        let order = named(limit(ALICE, Side::Buy, 100, 5), "a-1");
        let first = desk.place(order).expect("accepted").order;
        let before = desk.snapshot();
        let repeated = Ok(Outcome::Repeated(order_name(MARKET, first)));
        assert_eq!(desk.execute(Command::Place(order)), repeated);
        assert_eq!(desk.snapshot(), before);
        assert_eq!(desk.facts, Default::default());
    });
}

#[test]
fn a_repeat_is_answered_after_the_order_ended_and_whatever_the_market_takes() {
    on_both(|desk| {
        let order = named(limit(ALICE, Side::Buy, 100, 5), "a-1");
        let first = desk.place(order).expect("accepted").order;
        desk.cancel(ALICE, first).expect("open");
        desk.set_rules(|rules| rules.status = Status::Halted);
        let repeated = Ok(Outcome::Repeated(order_name(MARKET, first)));
        assert_eq!(desk.execute(Command::Place(order)), repeated);
    });
}

#[test]
fn the_same_id_with_other_content_is_refused() {
    on_both(|desk| {
        let order = named(limit(ALICE, Side::Buy, 100, 5), "a-1");
        desk.place(order).expect("accepted");
        let others = [
            limit(ALICE, Side::Buy, 100, 6),
            limit(ALICE, Side::Buy, 101, 5),
            limit(ALICE, Side::Sell, 100, 5),
            post_only(ALICE, Side::Buy, 100, 5),
            with_mode(limit(ALICE, Side::Buy, 100, 5), SelfTrade::ExpireBoth),
            market(ALICE, Side::Buy, 5),
            budget(ALICE, 1_000),
        ];
        for other in others {
            let answer = desk.place(named(other, "a-1"));
            assert_eq!(answer, Err(Reject::DuplicateClientOrderId), "{other:?}");
        }
    });
}

#[test]
fn a_change_of_fee_tier_does_not_make_a_repeat_another_order() {
    on_both(|desk| {
        let order = named(limit(ALICE, Side::Buy, 100, 5), "a-1");
        desk.place(order).expect("accepted");
        let rates = Rates {
            maker_ppm: 1,
            taker_ppm: 1,
        };
        let again = desk.execute(Command::Place(NewOrder { rates, ..order }));
        assert!(matches!(again, Ok(Outcome::Repeated(_))));
    });
}

#[test]
fn ids_of_different_accounts_have_nothing_to_do_with_each_other() {
    on_both(|desk| {
        desk.place(named(limit(ALICE, Side::Buy, 100, 5), "a-1"))
            .expect("accepted");
        desk.place(named(limit(BOB, Side::Buy, 90, 1), "a-1"))
            .expect("accepted");
    });
}

#[test]
fn a_rejected_placement_does_not_use_up_its_id() {
    on_both(|desk| {
        let order = named(market(ALICE, Side::Buy, 1), "a-1");
        assert_eq!(desk.place(order), Err(Reject::NoLiquidity));
        desk.sell(BOB, 100, 1);
        desk.place(order).expect("accepted now");
    });
}

#[test]
fn the_fingerprint_is_stored_by_embedders_and_never_changes() {
    let order = named(limit(ALICE, Side::Buy, 100, 5), "a-1");
    assert_eq!(order.fingerprint(7), 0xcc32_066c_4d95_aa16);
    assert_ne!(order.fingerprint(7), order.fingerprint(8));
    assert_eq!(
        market(ALICE, Side::Sell, 5).fingerprint(7),
        0x72c0_baac_1958_5884
    );
    assert_eq!(budget(ALICE, 1_000).fingerprint(7), 0x2788_84f8_0c6b_cb18);
}

#[test]
fn a_client_order_id_is_1_to_36_plain_characters() {
    let longest = "x".repeat(36);
    for good in [
        "a",
        "A-Z_0.9:x",
        "123e4567-e89b-12d3-a456-426614174000",
        &longest,
    ] {
        assert_eq!(ClientOrderId::new(good).expect(good).as_str(), good);
    }
    for bad in ["", "a b", "ä", "a/b", "a\0", "'", &"x".repeat(37)] {
        assert_eq!(ClientOrderId::new(bad), None, "{bad:?}");
    }
}
