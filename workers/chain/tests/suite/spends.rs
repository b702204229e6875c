//! Coins are chosen, paid, signed by two of three, and finished; nothing is lost or made.

use bitcoin::Transaction;
use chain::ChainError;
use chain::coin_selection::{Coin, CoinOwner};
use chain::fee::FeeRate;
use chain::signing::{add_signature, digests, finalise, sign_deposits, sign_hot, signers};
use chain::spend::{Payment, Spend, SpendLimits, SpendReject};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::stage::{
    LIMITS, deposit_account, deposit_coin, hot_coin, hot_key, payment, previous, wallet,
};

const RATE: FeeRate = FeeRate::per_kvb(5_000);
/// The dust limit of an output to the hot wallet.
const DUST: u64 = 330;
/// Virtual bytes of an output to the hot wallet.
const CHANGE_BYTES: u64 = 43;

fn spend(coins: &[Coin], payments: Vec<Payment>) -> Result<Spend, SpendReject> {
    Spend::new(coins, payments, wallet().hot_script(), RATE, &LIMITS)
}

fn values(payments: impl IntoIterator<Item = Payment>) -> u64 {
    payments.into_iter().map(|payment| payment.value_sats).sum()
}

fn spent(spend: &Spend) -> u64 {
    spend.coins.iter().map(|coin| coin.value_sats).sum()
}

/// Signs with two of the hot keys and the deposits' keys.
fn signed(spend: &Spend, hot: [u8; 2]) -> Transaction {
    let wallet = wallet();
    let mut psbt = spend.psbt(&wallet, &previous()).expect("a PSBT");
    for key in hot.map(hot_key) {
        let signed = sign_hot(&mut psbt, &wallet, &key.public_key(), |digest| {
            Ok::<_, ChainError>(key.sign(digest))
        });
        signed.expect("signed");
    }
    sign_deposits(&mut psbt, &wallet, &deposit_account()).expect("signed");
    assert_eq!(
        Spend::read(&psbt, &wallet, wallet.hot_script()).as_ref(),
        Ok(spend)
    );
    let finished = finalise(&psbt, &wallet).expect("finished");
    let transaction: Transaction = bitcoin::consensus::deserialize(&finished.bytes).expect("read");
    assert_eq!(transaction.compute_txid(), finished.txid);
    assert_eq!(spend.transaction().compute_txid(), finished.txid);
    assert_eq!(transaction.vsize() as u64, finished.vsize);
    transaction
}

fn coins() -> impl Strategy<Value = Vec<Coin>> {
    let value = prop_oneof![
        200_u64..5_000,
        5_000_u64..1_000_000,
        1_000_000_u64..1_000_000_000
    ];
    vec((value, any::<bool>()), 1..60).prop_map(|values| {
        let coin = |(index, (value, is_hot)): (u32, (u64, bool))| match is_hot {
            true => hot_coin(index, value),
            false => deposit_coin(index, value),
        };
        (0..).zip(values).map(coin).collect()
    })
}

proptest! {
    #[test]
    fn a_spend_conserves_value_and_pays_the_rate_and_little_more(
        coins in coins(),
        payments in vec((1_u8..200, 294_u64..3_000_000), 1..12),
        rate in 1_000_u64..300_000,
    ) {
        let (wallet, rate) = (wallet(), FeeRate::per_kvb(rate));
        let payments: Vec<_> = payments.into_iter().map(|(to, sats)| payment(to, sats)).collect();
        let build = |coins: &[Coin]| {
            Spend::new(coins, payments.clone(), wallet.hot_script(), rate, &LIMITS)
        };
        let built = build(&coins);
        let mut shuffled = coins.clone();
        shuffled.reverse();
        prop_assert_eq!(&build(&shuffled), &built);
        let Ok(spend) = built else {
            prop_assert_eq!(built, Err(SpendReject::NotEnoughCoins));
            let all: u64 = coins.iter().map(|coin| coin.effective_value_sats(rate)).sum();
            // Each coin's own cost is rounded up, so that all together may bring a little more.
            let most = all + coins.len() as u64;
            let frame = rate.fee_sats(11 + 31 * payments.len() as u64).expect("it fits");
            prop_assert!(most < values(payments) + frame + rate.fee_sats(4).expect("it fits"));
            return Ok(());
        };
        prop_assert_eq!(&spend.payments, &payments);
        let change = spend.change.clone();
        prop_assert_eq!(spent(&spend), values(payments) + values(change) + spend.fee_sats);
        let mut outpoints: Vec<_> = spend.coins.iter().map(|coin| coin.outpoint).collect();
        outpoints.sort_unstable();
        outpoints.dedup();
        prop_assert_eq!(outpoints.len(), spend.coins.len());
        let least = rate.fee_sats(spend.vsize).expect("it fits");
        match &spend.change {
            Some(change) => {
                prop_assert_eq!(spend.fee_sats, least);
                prop_assert!(change.value_sats >= DUST);
            }
            None => {
                let most = rate.fee_sats(spend.vsize + CHANGE_BYTES + 2).expect("it fits") + DUST;
                prop_assert!(spend.fee_sats >= least && spend.fee_sats < most);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn a_signed_spend_takes_the_bytes_that_were_counted(coins in coins(), missing in 1_u8..4) {
        let spend = spend(&coins, vec![payment(9, 2_000)]);
        prop_assume!(spend.is_ok());
        let spend = spend.expect("a spend");
        let hot = match missing {
            1 => [2, 3],
            2 => [1, 3],
            _ => [2, 1],
        };
        let size = signed(&spend, hot).vsize() as u64;
        let slack = spend.coins.len() as u64 + 1;
        prop_assert!(size <= spend.vsize && size + slack >= spend.vsize, "{size} {}", spend.vsize);
    }
}

#[test]
fn large_coins_stay_for_large_withdrawals() {
    let coins = [
        hot_coin(1, 900_000),
        hot_coin(2, 50_000),
        hot_coin(3, 20_000),
    ];
    let spend = spend(&coins, vec![payment(1, 30_000)]).expect("a spend");
    assert_eq!(spend.coins, [coins[1]]);
    assert!(spend.transaction().is_explicitly_rbf());
}

#[test]
fn payments_keep_their_order_and_change_comes_last() {
    let payments = vec![payment(2, 1_000), payment(1, 5_000), payment(3, 700)];
    let spend = spend(&[hot_coin(1, 100_000)], payments.clone()).expect("a spend");
    let outputs = spend.transaction().output;
    for (output, payment) in outputs.iter().zip(&payments) {
        assert_eq!(output.script_pubkey, payment.script);
        assert_eq!(output.value.to_sat(), payment.value_sats);
    }
    assert_eq!(&outputs[3].script_pubkey, wallet().hot_script());
}

#[test]
fn what_cannot_be_paid_is_refused_by_name() {
    let coins = [hot_coin(1, 10_000)];
    assert_eq!(spend(&coins, vec![]), Err(SpendReject::NothingToPay));
    let dust = spend(&coins, vec![payment(1, 500), payment(2, 293)]);
    assert_eq!(dust, Err(SpendReject::DustPayment(1)));
    let poor = spend(&coins, vec![payment(1, 9_999)]);
    assert_eq!(poor, Err(SpendReject::NotEnoughCoins));
    assert_eq!(
        spend(&[], vec![payment(1, 500)]),
        Err(SpendReject::NotEnoughCoins)
    );
    let huge = spend(&coins, vec![payment(1, u64::MAX), payment(2, 500)]);
    assert_eq!(huge, Err(SpendReject::Overflow));
}

#[test]
fn limits_of_inputs_weight_and_fee_hold() {
    let coins: Vec<Coin> = (0..40).map(|number| hot_coin(number, 10_000)).collect();
    let limited = |max_inputs, max_weight, max_fee_sats, sats| {
        let limits = SpendLimits {
            max_inputs,
            max_weight,
            max_fee_sats,
        };
        let payments = vec![payment(1, sats)];
        Spend::new(&coins, payments, wallet().hot_script(), RATE, &limits)
    };
    let (weight, fee) = (LIMITS.max_weight, LIMITS.max_fee_sats);
    let full = limited(40, weight, fee, 200_000).expect("a spend");
    let count = full.coins.len();
    assert!((22..26).contains(&count), "{count}");
    assert!(limited(count, weight, fee, 200_000).is_ok());
    let refused = limited(count - 1, weight, fee, 200_000);
    assert_eq!(refused, Err(SpendReject::NotEnoughCoins));
    let refused = limited(40, full.vsize * 4 - 400, fee, 200_000);
    assert_eq!(refused, Err(SpendReject::NotEnoughCoins));
    assert_eq!(limited(40, 100, fee, 500), Err(SpendReject::TooHeavy));
    let refused = limited(40, weight, full.fee_sats - 1, 200_000);
    assert_eq!(refused, Err(SpendReject::FeeTooHigh(full.fee_sats)));
}

#[test]
fn a_sweep_gathers_deposits_that_pay_for_themselves() {
    let coins = [
        deposit_coin(1, 50_000),
        deposit_coin(2, 300),
        deposit_coin(7, 80_000),
    ];
    let wallet = wallet();
    let swept = Spend::sweep(&coins, wallet.hot_script(), RATE, &LIMITS).expect("a sweep");
    assert_eq!(swept.coins, [coins[2], coins[0]]);
    let gathered = swept.change.as_ref().expect("an output").value_sats;
    assert_eq!(gathered + swept.fee_sats, 130_000);
    assert_eq!(signed(&swept, [1, 2]).output.len(), 1);
    let one = SpendLimits {
        max_inputs: 1,
        ..LIMITS
    };
    let swept = Spend::sweep(&coins, wallet.hot_script(), RATE, &one).expect("a sweep");
    assert_eq!(swept.coins, [coins[2]]);
    let dust = Spend::sweep(&coins[1..2], wallet.hot_script(), RATE, &LIMITS);
    assert_eq!(dust, Err(SpendReject::NothingToPay));
}

#[test]
fn one_signature_of_two_is_not_enough() {
    let wallet = wallet();
    let spend = spend(&[hot_coin(1, 50_000)], vec![payment(1, 10_000)]).expect("a spend");
    let mut psbt = spend.psbt(&wallet, &previous()).expect("a PSBT");
    assert_eq!(finalise(&psbt, &wallet), Err(ChainError::Unsigned(0)));
    let key = hot_key(1);
    let digest = digests(&psbt, &wallet).expect("digests")[0];
    assert_eq!(digest.owner, CoinOwner::Hot);
    for _ in 0..2 {
        let signature = key.sign(&digest.digest);
        let added = add_signature(&mut psbt, &wallet, 0, &key.public_key(), &signature);
        assert_eq!(added, Ok(()));
        assert_eq!(signers(&psbt, 0), [key.public_key()]);
        assert_eq!(finalise(&psbt, &wallet), Err(ChainError::Unsigned(0)));
    }
}

#[test]
fn a_signature_of_a_stranger_or_of_another_content_is_not_taken() {
    let wallet = wallet();
    let spend = spend(&[hot_coin(1, 50_000)], vec![payment(1, 10_000)]).expect("a spend");
    let mut psbt = spend.psbt(&wallet, &previous()).expect("a PSBT");
    let before = psbt.clone();
    let digest = digests(&psbt, &wallet).expect("digests")[0].digest;
    let (mine, stranger) = (hot_key(1), hot_key(4));
    for (key, signature, input) in [
        (stranger.public_key(), stranger.sign(&digest), 0),
        (mine.public_key(), stranger.sign(&digest), 0),
        (mine.public_key(), mine.sign(&[1; 32]), 0),
        (mine.public_key(), mine.sign(&digest), 1),
    ] {
        let refused = add_signature(&mut psbt, &wallet, input, &key, &signature);
        assert_eq!(refused, Err(ChainError::BadSignature));
    }
    let failing = sign_hot(&mut psbt, &wallet, &mine.public_key(), |_| {
        Err(ChainError::Malformed("a token that answers"))
    });
    assert!(failing.is_err());
    assert_eq!(psbt, before);
}

#[test]
fn a_psbt_that_says_something_else_is_not_signed() {
    let wallet = wallet();
    let coins = [hot_coin(1, 50_000), deposit_coin(3, 20_000)];
    let spend = spend(&coins, vec![payment(1, 60_000)]).expect("a spend");
    assert_eq!(spend.coins.len(), 2);
    let good = spend.psbt(&wallet, &previous()).expect("a PSBT");
    let check = |change: &dyn Fn(&mut bitcoin::Psbt)| {
        let mut psbt = good.clone();
        change(&mut psbt);
        let read = Spend::read(&psbt, &wallet, wallet.hot_script());
        (read.is_ok(), digests(&psbt, &wallet).is_ok())
    };
    assert_eq!(check(&|_| ()), (true, true));
    let foreign = payment(9, 1).script;
    assert_eq!(
        check(&|psbt| {
            let output = psbt.inputs[0].witness_utxo.as_mut().expect("an output");
            output.script_pubkey = foreign.clone();
        }),
        (false, false)
    );
    assert_eq!(
        check(&|psbt| psbt.inputs[1].bip32_derivation.clear()),
        (false, false)
    );
    assert_eq!(
        check(&|psbt| psbt.inputs[0].witness_utxo = None),
        (false, false)
    );
    assert_eq!(
        check(&|psbt| psbt.inputs[0].witness_script = None),
        (false, false)
    );
    // Signatures of a kind that does not commit to outputs.
    let none = bitcoin::EcdsaSighashType::None;
    assert!(!check(&|psbt| psbt.inputs[0].sighash_type = Some(none.into())).1);
    let later = bitcoin::absolute::LockTime::from_consensus(800_000);
    assert!(!check(&|psbt| psbt.unsigned_tx.lock_time = later).0);
    let more = bitcoin::Amount::from_sat(100_000);
    assert!(!check(&|psbt| psbt.unsigned_tx.output[0].value = more).0);
}

/// The attack of BIP143's amounts: two signings of the same transaction, in each of which another
/// input is said to hold what makes the fee look small.
#[test]
fn an_input_that_does_not_prove_what_it_holds_is_not_read() {
    let wallet = wallet();
    let coins = [hot_coin(1, 50_000), hot_coin(2, 40_000_000)];
    let mut wasteful = spend(&coins, vec![payment(1, 40_040_000)]).expect("a spend");
    let (fee, more) = (wasteful.fee_sats, 30_000_000);
    wasteful.payments[0].value_sats -= more;
    wasteful.fee_sats += more;
    let good = wasteful.psbt(&wallet, &previous()).expect("a PSBT");
    let read = |psbt: &bitcoin::Psbt| Spend::read(psbt, &wallet, wallet.hot_script());
    assert_eq!(read(&good).map(|read| read.fee_sats), Ok(fee + more));
    let large = good
        .inputs
        .iter()
        .position(|input| {
            let output = input.witness_utxo.as_ref().expect("an output");
            output.value.to_sat() == 40_000_000
        })
        .expect("an input");
    let mut lying = good.clone();
    let less = bitcoin::Amount::from_sat(40_000_000 - more);
    let output = |psbt: &mut bitcoin::Psbt| psbt.inputs[large].witness_utxo.clone().expect("one");
    let said = bitcoin::TxOut {
        value: less,
        ..output(&mut lying)
    };
    lying.inputs[large].witness_utxo = Some(said.clone());
    let stated = Spend::read_stated(&lying, &wallet, wallet.hot_script());
    assert_eq!(stated.map(|read| read.fee_sats), Ok(fee));
    assert!(read(&lying).is_err(), "the amount is another");
    let index = usize::try_from(good.unsigned_tx.input[large].previous_output.vout);
    let made = lying.inputs[large].non_witness_utxo.as_mut().expect("one");
    made.output[index.expect("small")] = said;
    assert!(read(&lying).is_err(), "the transaction is another");
    lying.inputs[large].non_witness_utxo = None;
    assert!(read(&lying).is_err(), "there is no transaction");
    assert!(
        wasteful
            .psbt(&wallet, &chain::previous::Previous::default())
            .is_err()
    );
}
