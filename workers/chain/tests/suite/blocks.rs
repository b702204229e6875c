//! What blocks and transactions say.

use bitcoin::constants::genesis_block;
use bitcoin::{Amount, Sequence, consensus};
use chain::ChainError;
use chain::block::{BlockFacts, TransactionFacts, hash_of, shown};
use chain::fee::FeeRate;
use chain::spend::Spend;

use crate::stage::{LIMITS, hot_coin, payment, wallet};

#[test]
fn the_first_block_of_all_is_read() {
    let genesis = genesis_block(bitcoin::Network::Bitcoin);
    let facts = BlockFacts::read(&consensus::serialize(&genesis)).expect("a block");
    let hash = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
    assert_eq!(
        (facts.hash.to_string().as_str(), facts.time_s),
        (hash, 1_231_006_505)
    );
    assert_eq!(hex::encode(shown(facts.hash)), hash);
    assert_eq!(hash_of::<bitcoin::BlockHash>(shown(facts.hash)), facts.hash);
    let [coinbase] = facts.transactions.as_slice() else {
        panic!("one transaction");
    };
    assert!(coinbase.is_coinbase && coinbase.inputs.is_empty());
    assert_eq!(
        coinbase.outputs[0].value_sats,
        50 * Amount::ONE_BTC.to_sat()
    );
}

#[test]
fn a_transaction_says_what_it_spends_and_makes() {
    let wallet = wallet();
    let coins = [hot_coin(1, 90_000)];
    let payments = vec![payment(1, 30_000), payment(1, 30_000)];
    let rate = FeeRate::per_kvb(2_000);
    let spend = Spend::new(&coins, payments, wallet.hot_script(), rate, &LIMITS).expect("a spend");
    let mut transaction = spend.transaction();
    let facts = TransactionFacts::read(&consensus::serialize(&transaction)).expect("read");
    assert_eq!(facts.inputs, [coins[0].outpoint]);
    assert!(facts.is_replaceable && !facts.is_coinbase);
    let outputs: Vec<_> = facts
        .outputs
        .iter()
        .map(|it| (it.vout, it.value_sats))
        .collect();
    assert_eq!(outputs[..2], [(0, 30_000), (1, 30_000)]);
    assert_eq!(&facts.outputs[2].script, wallet.hot_script());
    transaction.input[0].sequence = Sequence::MAX;
    let facts = TransactionFacts::read(&consensus::serialize(&transaction)).expect("read");
    assert!(!facts.is_replaceable);
}

#[test]
fn a_block_whose_header_names_other_transactions_is_refused() {
    let mut block = genesis_block(bitcoin::Network::Regtest);
    block.txdata[0].output[0].value = Amount::from_sat(1);
    let refused = BlockFacts::read(&consensus::serialize(&block));
    assert!(matches!(refused, Err(ChainError::Malformed(_))));
    assert!(BlockFacts::read(&[0; 80]).is_err() && TransactionFacts::read(&[]).is_err());
}
