//! Transactions and tokens of EVM chains.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use chain::ChainError;
use chain::erc20::{self, TokenTransfer};
use chain::evm_transaction::{EvmTransaction, GasFees, SignedEvmTransaction};
use proptest::prelude::*;

use crate::stage::{hot_key, junk};

fn transaction() -> EvmTransaction {
    EvmTransaction {
        chain_id: 31_337,
        nonce: 3,
        to: Address::repeat_byte(0x22),
        value: U256::from(10).pow(U256::from(18)),
        input: Bytes::new(),
        gas_limit: 21_000,
        fees: GasFees {
            max_fee_per_gas: 40_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
        },
    }
}

#[test]
fn a_signed_transaction_is_read_back_with_its_sender() {
    let account = junk().evm_account(0).expect("an account");
    let key = account.child(0).expect("a key");
    let transaction = transaction();
    let signature = key.sign(&transaction.signing_hash());
    let signed = transaction
        .signed(&key.public_key(), &signature)
        .expect("signed");
    assert_eq!(signed.bytes[0], 2);
    assert_eq!(signed.hash, keccak256(&signed.bytes));
    let (read, sender) = SignedEvmTransaction::read(&signed.bytes).expect("a transaction");
    assert_eq!(read, transaction);
    assert_eq!(
        sender.to_string(),
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    );
    let again = transaction.signed(&key.public_key(), &signature);
    assert_eq!(again, Ok(signed));
}

#[test]
fn a_strangers_signature_is_not_put_in() {
    let transaction = transaction();
    let signature = hot_key(1).sign(&transaction.signing_hash());
    let refused = transaction.signed(&hot_key(2).public_key(), &signature);
    assert_eq!(refused, Err(ChainError::BadSignature));
}

#[test]
fn bytes_that_are_no_such_transaction_are_refused() {
    let key = hot_key(1);
    let transaction = transaction();
    let signature = key.sign(&transaction.signing_hash());
    let mut bytes = transaction
        .signed(&key.public_key(), &signature)
        .expect("signed")
        .bytes;
    assert!(SignedEvmTransaction::read(&[]).is_err());
    assert!(SignedEvmTransaction::read(&bytes[..bytes.len() - 1]).is_err());
    bytes.push(0);
    assert!(SignedEvmTransaction::read(&bytes).is_err());
    assert!(SignedEvmTransaction::read(b"\x01\xc0").is_err());
}

#[test]
fn what_a_transaction_can_cost_is_counted_with_its_value() {
    let transaction = transaction();
    let gas = U256::from(21_000_u64 * 40_000_000_000);
    assert_eq!(transaction.max_cost(), Some(gas + transaction.value));
    let huge = EvmTransaction {
        value: U256::MAX,
        ..transaction
    };
    assert_eq!(huge.max_cost(), None);
}

proptest! {
    #[test]
    fn a_replacement_raises_both_fees_by_an_eighth_at_least(
        most in 0_u128..1 << 100, tip in 0_u128..1 << 100,
        wanted_most in 0_u128..1 << 100, wanted_tip in 0_u128..1 << 100,
    ) {
        let fees = |most: u128, tip: u128| GasFees {
            max_fee_per_gas: most.max(tip),
            max_priority_fee_per_gas: tip,
        };
        let old = EvmTransaction { fees: fees(most, tip), ..transaction() };
        let wanted = fees(wanted_most, wanted_tip);
        let new = old.bumped(wanted).expect("it fits");
        let raised = |old: u128, new: u128| new > old && new * 8 >= old * 9;
        prop_assert!(raised(old.fees.max_fee_per_gas, new.fees.max_fee_per_gas));
        let (before, after) = (tip, new.fees.max_priority_fee_per_gas);
        prop_assert!(raised(before, after));
        prop_assert!(new.fees.max_fee_per_gas >= wanted.max_fee_per_gas);
        prop_assert!(after >= wanted_tip && new.fees.max_fee_per_gas >= after);
        prop_assert_eq!(EvmTransaction { fees: old.fees, ..new }, old);
    }
}

#[test]
fn a_tokens_transfer_is_read_from_its_log() {
    let (from, to) = (Address::repeat_byte(1), Address::repeat_byte(2));
    let topic = keccak256("Transfer(address,address,uint256)");
    assert_eq!(erc20::TRANSFER_TOPIC, topic);
    let value = U256::from(77);
    let data = value.to_be_bytes::<32>();
    let topics = [topic, from.into_word(), to.into_word()];
    assert_eq!(
        TokenTransfer::read(&topics, &data),
        Some(TokenTransfer { from, to, value })
    );
    let high = B256::repeat_byte(0xff);
    for (topics, data) in [
        // Of a token that is not fungible: the number is indexed.
        (
            vec![topic, from.into_word(), to.into_word(), B256::from(data)],
            vec![],
        ),
        // Of one that indexes nothing.
        (
            vec![topic],
            [from.into_word().0, to.into_word().0, data].concat(),
        ),
        (vec![topic, from.into_word(), high], data.to_vec()),
        (
            vec![topic, from.into_word(), to.into_word()],
            data[1..].to_vec(),
        ),
        (vec![high, from.into_word(), to.into_word()], data.to_vec()),
        (vec![], vec![]),
    ] {
        assert_eq!(TokenTransfer::read(&topics, &data), None);
    }
}

#[test]
fn a_tokens_calls_are_the_standards() {
    let to = Address::repeat_byte(0x33);
    let call = erc20::transfer(to, U256::from(5));
    let expected = format!("a9059cbb{}{}{:064x}", "00".repeat(12), "33".repeat(20), 5);
    assert_eq!(hex::encode(&call), expected);
    assert_eq!(erc20::read_transfer(&call), Some((to, U256::from(5))));
    assert_eq!(erc20::read_transfer(&[&call[..], &[0]].concat()), None);
    assert_eq!(erc20::read_transfer(&call[..67]), None);
    assert_eq!(hex::encode(&erc20::ask_balance(to)[..4]), "70a08231");
    assert_eq!(
        erc20::read_balance(&[1; 32]),
        Ok(U256::from_be_slice(&[1; 32]))
    );
    assert!(erc20::read_balance(&[]).is_err());
}

#[test]
fn a_token_that_answers_nothing_or_true_has_sent() {
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    assert!(erc20::is_success(&[]) && erc20::is_success(&word(1)));
    assert!(
        !erc20::is_success(&word(0)) && !erc20::is_success(&[1]) && !erc20::is_success(&word(2))
    );
}
