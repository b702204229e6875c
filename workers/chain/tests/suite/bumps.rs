//! A stuck transaction is replaced by one that nodes prefer (BIP125), and that pays the same.

use chain::coin_selection::Coin;
use chain::fee::FeeRate;
use chain::spend::{Spend, SpendLimits, SpendReject};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::stage::{LIMITS, deposit_coin, hot_coin, payment, wallet};

const RELAY: FeeRate = FeeRate::per_kvb(1_000);

fn bump(spend: &Spend, further: &[Coin], rate: u64) -> Result<Spend, SpendReject> {
    let rate = FeeRate::per_kvb(rate);
    spend.bump(further, wallet().hot_script(), rate, RELAY, &LIMITS)
}

fn original(value_sats: u64, paid_sats: u64) -> Spend {
    let coins = [hot_coin(1, value_sats)];
    let rate = FeeRate::per_kvb(2_000);
    let payments = vec![payment(1, paid_sats)];
    Spend::new(&coins, payments, wallet().hot_script(), rate, &LIMITS).expect("a spend")
}

/// What nodes ask of a replacement, and that it pays the same.
fn assert_replaces(new: &Spend, old: &Spend) {
    assert_eq!(new.payments, old.payments);
    assert_eq!(new.coins[..old.coins.len()], old.coins[..]);
    let relayed = old.fee_sats + RELAY.fee_sats(new.vsize).expect("it fits");
    assert!(new.fee_sats >= relayed, "{} < {relayed}", new.fee_sats);
    assert!(
        new.fee_sats * old.vsize > old.fee_sats * new.vsize,
        "a lower rate"
    );
    let inputs: u64 = new.coins.iter().map(|coin| coin.value_sats).sum();
    let outputs = new
        .payments
        .iter()
        .chain(&new.change)
        .map(|it| it.value_sats);
    assert_eq!(inputs, outputs.sum::<u64>() + new.fee_sats);
}

#[test]
fn a_bump_takes_the_higher_fee_from_the_change() {
    let old = original(100_000, 20_000);
    let new = bump(&old, &[hot_coin(2, 50_000)], 10_000).expect("a replacement");
    assert_replaces(&new, &old);
    assert_eq!(new.coins, old.coins);
    assert_eq!(
        new.fee_sats,
        FeeRate::per_kvb(10_000)
            .fee_sats(new.vsize)
            .expect("it fits")
    );
    let (before, after) = (old.change.expect("change"), new.change.expect("change"));
    assert_eq!(before.script, after.script);
    assert_eq!(
        before.value_sats - after.value_sats,
        new.fee_sats - old.fee_sats
    );
}

#[test]
fn a_bump_to_a_rate_that_is_hardly_higher_still_pays_for_its_relaying() {
    let old = original(100_000, 20_000);
    let new = bump(&old, &[], 2_001).expect("a replacement");
    assert_replaces(&new, &old);
    assert!(new.fee_sats >= old.fee_sats + new.vsize);
}

#[test]
fn a_bump_brings_further_coins_where_the_change_does_not_suffice() {
    let old = original(20_700, 20_000);
    assert_eq!(bump(&old, &[], 50_000), Err(SpendReject::NotEnoughCoins));
    // The same coin again is no further one.
    assert_eq!(
        bump(&old, &old.coins, 50_000),
        Err(SpendReject::NotEnoughCoins)
    );
    let further = [deposit_coin(4, 40_000), hot_coin(9, 90_000)];
    let new = bump(&old, &further, 50_000).expect("a replacement");
    assert_replaces(&new, &old);
    assert_eq!(new.coins[1..], further[1..]);
}

#[test]
fn a_bump_stays_within_its_budget() {
    let old = original(100_000, 20_000);
    let limits = SpendLimits {
        max_fee_sats: 3_000,
        ..LIMITS
    };
    let rate = FeeRate::per_kvb(50_000);
    let refused = old.bump(&[], wallet().hot_script(), rate, RELAY, &limits);
    assert!(matches!(refused, Err(SpendReject::FeeTooHigh(fee)) if fee > 3_000));
}

#[test]
fn a_sweep_is_bumped_too_until_nothing_is_left() {
    let coins = [deposit_coin(1, 30_000), deposit_coin(2, 20_000)];
    let rate = FeeRate::per_kvb(1_000);
    let old = Spend::sweep(&coins, wallet().hot_script(), rate, &LIMITS).expect("a sweep");
    let new = bump(&old, &[], 20_000).expect("a replacement");
    assert_replaces(&new, &old);
    assert!(new.payments.is_empty() && new.change.is_some());
    assert_eq!(bump(&old, &[], 400_000), Err(SpendReject::NotEnoughCoins));
}

proptest! {
    #[test]
    fn every_bump_of_a_bump_replaces_it(rates in vec(1_000_u64..90_000, 1..6)) {
        let further: Vec<Coin> = (10..30).map(|number| hot_coin(number, 60_000)).collect();
        let mut spend = original(60_000, 40_000);
        for rate in rates {
            let new = bump(&spend, &further, rate).expect("a replacement");
            assert_replaces(&new, &spend);
            spend = new;
        }
    }
}
