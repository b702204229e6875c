//! What a receipt proves of a payment. A token's contract may say no without failing, or take a fee
//! on the way: what counts is what it says that moved. Where that is neither all nor nothing, a
//! person decides.

use alloy::primitives::Address;
use anyhow::Context as _;
use chain::erc20::TokenTransfer;
use chain::safe::Execution;
use client::{MinedOutcome, OpenPayment, PaymentCoin};

use super::node::{Log, Receipt};
use super::{Stage, address_of, identity};

/// What became of a payment, by the receipt of the transaction that carried it; an account's own
/// payment is sent by `sender`.
///
/// # Errors
/// The payment is none that this worker plans.
pub(super) fn outcome_of(
    stage: &Stage,
    payment: &OpenPayment,
    sender: Option<&[u8]>,
    receipt: &Receipt,
) -> anyhow::Result<MinedOutcome> {
    let is_done = receipt.status.to::<u64>() == 1;
    let of_asset = |coin: &&PaymentCoin| coin.asset_id == payment.asset_id;
    let coin = stage.coins.iter().find(of_asset);
    let contract = coin.and_then(|coin| coin.contract.as_deref());
    let contract = contract.filter(|_| payment.purpose != "cancel");
    let contract = contract.map(address_of).transpose()?;
    let Some(inner) = stage.inner(payment)? else {
        // The account's number is used up either way.
        if !is_done {
            return Ok(MinedOutcome::Failure);
        }
        let Some(contract) = contract else {
            return Ok(MinedOutcome::Success);
        };
        let data = payment.plan["data"].as_str().context("a plan's data")?;
        let data: alloy::primitives::Bytes = data.parse()?;
        let sender = address_of(sender.context("a payment of no account")?)?;
        return Ok(moved(&receipt.logs, contract, sender, &data));
    };
    let hash = identity(payment.identity_hash.as_deref())?;
    let Some((execution, logs)) = execution_of(&receipt.logs, inner.safe, hash.as_slice()) else {
        return Ok(MinedOutcome::Reverted);
    };
    Ok(match contract {
        _ if !is_done => MinedOutcome::Reverted,
        _ if !execution.succeeded => MinedOutcome::Failure,
        None => MinedOutcome::Success,
        Some(contract) => moved(logs, contract, inner.safe, &inner.data),
    })
}

/// The Safe's execution of a hash, with what was logged by it: all since the execution before, of
/// which a transaction may hold several.
fn execution_of<'a>(logs: &'a [Log], safe: Address, hash: &[u8]) -> Option<(Execution, &'a [Log])> {
    let mut from = 0;
    for (place, log) in logs.iter().enumerate() {
        let of_safe = Some(log).filter(|log| log.address == safe);
        let Some(execution) = of_safe.and_then(|log| Execution::read(&log.topics, &log.data))
        else {
            continue;
        };
        if execution.hash == hash {
            return Some((execution, &logs[from..place]));
        }
        from = place + 1;
    }
    None
}

/// What a token's contract says that left an account, against what was to leave it.
fn moved(logs: &[Log], contract: Address, from: Address, data: &[u8]) -> MinedOutcome {
    let of_token = logs.iter().filter(|log| log.address == contract);
    let transfers = of_token.filter_map(|log| TokenTransfer::read(&log.topics, &log.data));
    let left: Vec<_> = transfers.filter(|it| it.from == from).collect();
    let wanted = chain::erc20::read_transfer(data);
    let wanted = wanted.map(|(to, value)| TokenTransfer { from, to, value });
    match (left.as_slice(), wanted) {
        ([], _) => MinedOutcome::Failure,
        ([only], Some(wanted)) if *only == wanted => MinedOutcome::Success,
        _ => MinedOutcome::Disputed,
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{B256, U256};

    use super::*;

    const TOKEN: Address = Address::repeat_byte(1);
    const SAFE: Address = Address::repeat_byte(2);
    const USER: Address = Address::repeat_byte(3);
    const ISSUER: Address = Address::repeat_byte(4);

    fn transfer(contract: Address, from: Address, to: Address, value: u64) -> Log {
        Log {
            address: contract,
            topics: vec![
                chain::erc20::TRANSFER_TOPIC,
                from.into_word(),
                to.into_word(),
            ],
            data: B256::from(U256::from(value)).0.to_vec().into(),
            transaction_hash: None,
        }
    }

    fn execution(hash: u8) -> Log {
        Log {
            address: SAFE,
            topics: vec![Execution::TOPICS[0], B256::repeat_byte(hash)],
            data: vec![0; 32].into(),
            transaction_hash: None,
        }
    }

    fn outcome(logs: &[Log]) -> MinedOutcome {
        let data = chain::erc20::transfer(USER, U256::from(100));
        moved(logs, TOKEN, SAFE, &data)
    }

    #[test]
    fn tokens_that_left_are_never_taken_for_tokens_that_stayed() {
        assert_eq!(outcome(&[]), MinedOutcome::Failure);
        let whole = transfer(TOKEN, SAFE, USER, 100);
        assert_eq!(outcome(std::slice::from_ref(&whole)), MinedOutcome::Success);
        // A fee that the token's issuer takes on the way.
        let part = transfer(TOKEN, SAFE, USER, 99);
        let fee = transfer(TOKEN, SAFE, ISSUER, 1);
        assert_eq!(outcome(std::slice::from_ref(&part)), MinedOutcome::Disputed);
        assert_eq!(outcome(&[fee.clone(), part]), MinedOutcome::Disputed);
        assert_eq!(outcome(&[whole, fee]), MinedOutcome::Disputed);
        // Another's tokens, or other tokens.
        let others = [
            transfer(TOKEN, ISSUER, USER, 100),
            transfer(USER, SAFE, USER, 100),
        ];
        assert_eq!(outcome(&others), MinedOutcome::Failure);
    }

    #[test]
    fn each_execution_of_a_transaction_has_logs_of_its_own() {
        let logs = [transfer(TOKEN, SAFE, USER, 100), execution(7), execution(8)];
        let read = |hash: u8| {
            let found = execution_of(&logs, SAFE, B256::repeat_byte(hash).as_slice());
            found.map(|(_, logs)| outcome(logs))
        };
        assert_eq!(read(7), Some(MinedOutcome::Success));
        assert_eq!(read(8), Some(MinedOutcome::Failure));
        assert_eq!(read(9), None);
    }
}
