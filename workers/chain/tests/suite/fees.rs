//! Fees follow the node within bounds, are cheaper in quiet hours, and round up.

use alloy::primitives::U256;
use chain::fee::{FeePolicy, FeeRate, HourlyFee, bitcoin_fee_sats, evm_fee_wei, token_fee_atoms};
use proptest::prelude::*;
use rust_decimal::Decimal;

const POLICY: FeePolicy = FeePolicy {
    weight_ppm: 250_000,
    floor: 1_000,
    ceiling: 500_000,
    quiet_floor_ppm: 600_000,
    quiet_measurements: 2,
};

fn hour(hour: u8, fee: u64) -> HourlyFee {
    HourlyFee { hour, fee }
}

#[test]
fn a_spike_moves_the_fee_by_its_weight_alone_and_upwards() {
    assert_eq!(POLICY.smooth(None, 8_000), 8_000);
    assert_eq!(POLICY.smooth(Some(8_000), 80_000), 26_000);
    assert_eq!(POLICY.smooth(Some(8_000), 8_001), 8_001);
    assert_eq!(POLICY.smooth(Some(u64::MAX), u64::MAX), u64::MAX);
}

#[test]
fn floor_and_ceiling_hold_after_every_factor() {
    assert_eq!(POLICY.fee(10_000, 1_000_000), 10_000);
    assert_eq!(POLICY.fee(10_001, 500_000), 5_001);
    assert_eq!(POLICY.fee(1_100, 500_000), 1_000);
    assert_eq!(POLICY.fee(9_000_000, 1_000_000), 500_000);
    assert_eq!(POLICY.fee(u64::MAX, u32::MAX), 500_000);
}

#[test]
fn an_hour_that_is_quieter_than_the_rest_is_cheaper() {
    let history = [
        hour(3, 4_000),
        hour(3, 5_000),
        hour(15, 8_000),
        hour(15, 7_000),
    ];
    // Its mean is 4,500, the mean of all is 6,000.
    assert_eq!(POLICY.quiet_factor_ppm(&history, 3), 750_000);
    assert_eq!(POLICY.quiet_factor_ppm(&history, 15), 1_000_000);
    let third = [
        hour(3, 1),
        hour(3, 1),
        hour(3, 1),
        hour(15, 1),
        hour(15, 1),
        hour(15, 4),
    ];
    assert_eq!(POLICY.quiet_factor_ppm(&third, 3), 666_667);
}

#[test]
fn an_hour_of_which_too_little_is_known_has_no_discount() {
    assert_eq!(POLICY.quiet_factor_ppm(&[], 3), 1_000_000);
    let once = [hour(3, 1), hour(15, 8_000), hour(15, 8_000)];
    assert_eq!(POLICY.quiet_factor_ppm(&once, 3), 1_000_000);
    let free = [hour(3, 0), hour(3, 0)];
    assert_eq!(POLICY.quiet_factor_ppm(&free, 3), 1_000_000);
    let huge = [hour(3, u64::MAX), hour(3, u64::MAX)];
    assert_eq!(POLICY.quiet_factor_ppm(&huge, 3), 1_000_000);
}

#[test]
fn the_discount_has_an_end() {
    let history = [hour(3, 0), hour(3, 1), hour(15, 8_000), hour(15, 8_000)];
    assert_eq!(POLICY.quiet_factor_ppm(&history, 3), 600_000);
}

#[test]
fn a_quote_rounds_up_to_the_atom() {
    assert_eq!(bitcoin_fee_sats(FeeRate::per_kvb(1_001), 141), Some(142));
    assert_eq!(bitcoin_fee_sats(FeeRate::per_kvb(u64::MAX), 2_000), None);
    assert_eq!(
        evm_fee_wei(30_000_000_000, 21_000),
        Some(U256::from(630_000_000_000_000_u64))
    );
    // 0.00063 ether at 0.0004 ether a token is 1.575 tokens.
    let wei = U256::from(630_000_000_000_000_u64);
    let price: Decimal = "0.0004".parse().expect("a number");
    assert_eq!(token_fee_atoms(wei, price, 6), Some(U256::from(1_575_000)));
    assert_eq!(token_fee_atoms(wei, price, 2), Some(U256::from(158)));
    assert_eq!(token_fee_atoms(wei, Decimal::ZERO, 6), None);
    assert_eq!(token_fee_atoms(wei, -price, 6), None);
    assert_eq!(token_fee_atoms(U256::MAX, price, 6), None);
    assert_eq!(token_fee_atoms(wei, price, u8::MAX), None);
}

proptest! {
    #[test]
    fn a_smoothed_fee_lies_between_what_it_comes_from(
        old: u64, new: u64, weight in 0_u32..2_000_000,
    ) {
        let policy = FeePolicy { weight_ppm: weight, ..POLICY };
        let smoothed = policy.smooth(Some(old), new);
        prop_assert!(smoothed >= old.min(new) && smoothed <= old.max(new));
    }

    #[test]
    fn a_token_is_never_paid_less_than_its_part(
        wei in 1_u64.., mantissa in 1_i64.., scale in 0_u32..20,
    ) {
        let price = Decimal::new(mantissa, scale);
        let atoms = token_fee_atoms(U256::from(wei), price, 6).expect("it fits");
        // atoms * price >= fee, and one atom less is not enough.
        let power = |digits: u32| U256::from(10).pow(U256::from(digits));
        let needed = U256::from(wei) * power(6 + scale);
        let value = |atoms: U256| atoms * U256::from(mantissa.unsigned_abs()) * power(18);
        prop_assert!(value(atoms) >= needed && value(atoms - U256::ONE) < needed);
    }
}
