//! Notionals, bands, fees.

use engine::fee::{PARTS, fee};
use engine::rules::{MAX_NOTIONAL, Rules};
use proptest::prelude::*;

use crate::desk::rules;

#[test]
fn a_notional_is_price_times_quantity_and_never_above_the_largest() {
    assert_eq!(rules().notional(100, 5), Some(1_000));
    let rules = Rules {
        tick_lot_atoms: 10u64.pow(18),
        ..rules()
    };
    assert_eq!(
        rules.notional(10u64.pow(9), 10u64.pow(9)),
        Some(MAX_NOTIONAL)
    );
    assert_eq!(rules.notional(10u64.pow(9), 10u64.pow(9) + 1), None);
    assert_eq!(rules.notional(u64::MAX, u64::MAX), None);
}

#[test]
fn a_band_is_rounded_inwards_and_keeps_a_tick() {
    let band = |band_ppm, anchor| {
        Rules {
            band_ppm,
            ..rules()
        }
        .band(anchor)
    };
    assert_eq!(band(100_000, 100), (90, 110));
    assert_eq!(band(100_000, 105), (95, 115));
    assert_eq!(band(999_999, 3), (1, 5));
    assert_eq!(band(0, 7), (7, 7));
    assert_eq!(band(u32::MAX, 100), (1, 429_596));
    assert_eq!(band(500_000, u64::MAX), (u64::MAX / 2 + 1, u64::MAX));
}

#[test]
fn the_anchor_is_the_last_price_until_the_first_trade_the_reference_price() {
    assert_eq!(rules().anchor(None), 100);
    assert_eq!(rules().anchor(Some(3)), 3);
}

#[test]
fn a_fee_is_rounded_up_to_the_atom_and_never_above_what_is_received() {
    assert_eq!(fee(0, 1_000), 0);
    assert_eq!(fee(1, 1), 1);
    assert_eq!(fee(1_000, 1_000), 1);
    assert_eq!(fee(1_001, 1_000), 2);
    assert_eq!(fee(77, 0), 0);
    assert_eq!(fee(77, PARTS), 77);
    assert_eq!(fee(77, u32::MAX), 77);
    assert_eq!(fee(MAX_NOTIONAL, 2_000), MAX_NOTIONAL / 500);
}

proptest! {
    #[test]
    fn fees_of_all_sizes_are_exact(
        received in prop_oneof![0..10u128.pow(9), 0..1u128 << 65, 0..10u128.pow(32)],
        rate in 0..=PARTS,
    ) {
        let parts = u128::from(PARTS);
        prop_assert_eq!(fee(received, rate), (received * u128::from(rate)).div_ceil(parts));
        prop_assert!(fee(received, rate) <= received);
    }

    #[test]
    fn a_price_is_in_the_band_when_it_is_between_its_edges(
        band_ppm in prop_oneof![0..=PARTS, any::<u32>()],
        anchor in prop_oneof![1..1_000u64, 1..=u64::MAX],
        near in 0..2_000u64,
        any in any::<u64>(),
    ) {
        let rules = Rules { band_ppm, ..rules() };
        let (lowest, highest) = rules.band(anchor);
        let edges = [lowest, lowest - 1, highest, highest.saturating_add(1), near, any, anchor];
        for price in edges {
            let expected = (lowest..=highest).contains(&price);
            prop_assert_eq!(rules.is_in_band(anchor, price), expected, "{}", price);
        }
    }
}
