//! What is signed on EVM networks: a Safe's transaction, the gas account's transaction that carries
//! it, gas for a deposit address, and what leaves deposit addresses.

use alloy::primitives::{Address, B256, U256};
use chain::evm_transaction::EvmTransaction;
use chain::public_key::PublicKey;
use chain::safe::SafeTransaction;
use chain::seed::Seed;
use chain::signature::Signature;
use client::JudgedItem;

use super::judge::{Case, Objection, must};
use super::keys::{Key, KeyRing};
use crate::evm_bytes::{read_unsigned, signer_of};
use crate::evm_limits::{MAX_GAS, MAX_INNER_GAS, MAX_TOP_UP_WEI};
use crate::payments::planned_safe;

/// The account of deposit addresses in the seed.
const ACCOUNT: u32 = 0;

type Judged<T> = Result<T, Objection>;
type Signed = anyhow::Result<Judged<Vec<u8>>>;

/// As one of the Safe's owners.
pub(super) async fn sign_safe(case: &Case<'_>, keys: &KeyRing) -> Signed {
    match judge_safe(case, keys.hot_key()) {
        Ok(transaction) => sign(keys.hot(), transaction.hash()).await.map(Ok),
        Err(objection) => Ok(Err(objection)),
    }
}

/// As the gas account. Whether gas goes to a deposit address was asked of the database.
pub(super) async fn sign_gas(case: &Case<'_>, keys: &KeyRing, is_deposit_address: bool) -> Signed {
    let Some(gas) = keys.gas() else {
        return Ok(Err(Objection::large("this signer has no gas account")));
    };
    match judge_gas(case, gas.public(), is_deposit_address) {
        Ok(transaction) => sign(gas, transaction.signing_hash()).await.map(Ok),
        Err(objection) => Ok(Err(objection)),
    }
}

/// As a deposit address.
pub(super) async fn sign_deposit(case: &Case<'_>, keys: &KeyRing) -> Signed {
    let transaction = match judge_deposit(case, keys) {
        Ok(transaction) => transaction,
        Err(objection) => return Ok(Err(objection)),
    };
    let index = case
        .signing
        .from_address_id
        .and_then(|id| u32::try_from(id).ok());
    let (Some(index), Some(from)) = (index, case.signing.from_script.clone()) else {
        return Ok(Err(Objection::large("a sweep without its address")));
    };
    let digest = transaction.signing_hash();
    let signed = keys.with_seed(move |seed: &Seed| {
        let key = seed.evm_account(ACCOUNT)?.child(index)?;
        let public = key.public_key();
        if public.evm_address().as_slice() != from {
            return Ok(Err(Objection::large(
                "a sweep from an address that is not ours",
            )));
        }
        let signature = key.sign(&digest);
        Ok(Ok(signature.for_contract(&digest, &public)?.to_vec()))
    });
    let none = || Err(Objection::large("this signer has no seed"));
    Ok(signed.await?.unwrap_or_else(none))
}

async fn sign(key: &Key, digest: B256) -> anyhow::Result<Vec<u8>> {
    let signatures = key.sign(vec![*digest]).await?;
    let signature: &Signature = signatures.first().ok_or(chain::ChainError::BadSignature)?;
    Ok(signature.for_contract(&digest, key.public())?.to_vec())
}

fn chain_id(case: &Case<'_>) -> Judged<u64> {
    let id = case.signing.chain.parse();
    id.map_err(|_| Objection::large("the network has no chain id"))
}

fn address(script: Option<&[u8]>, what: &str) -> Judged<Address> {
    let address = script.and_then(|script| Address::try_from(script).ok());
    address.ok_or_else(|| Objection::large(format!("there is no {what}")))
}

fn wallet_of(case: &Case<'_>, role: &str) -> Judged<Address> {
    address(Some(case.wallet(role)?.script.as_slice()), role)
}

/// Whether a key is one of the hot Safe's owners.
fn must_own(case: &Case<'_>, key: &PublicKey) -> Judged<()> {
    let hot = case.wallet("hot")?;
    let mut owners = hot.descriptor.as_deref().unwrap_or_default().split(',');
    let own = key.evm_address().to_string();
    must(
        owners.any(|owner| owner == own),
        "this signer owns no part of the Safe",
    )
}

/// Attempts of an account's own payment have one number, so that one of them can happen.
fn judge_versions(case: &Case<'_>, transaction: &EvmTransaction) -> Judged<()> {
    for other in &case.signing.other_attempts {
        let other = read_unsigned(other).map_err(|error| Objection::large(format!("{error:#}")))?;
        must(
            other.nonce == transaction.nonce,
            "a version that could happen beside another",
        )?;
    }
    Ok(())
}

/// The Safe's transaction of the payment, which must be what its hash says.
fn transaction_of(case: &Case<'_>) -> Judged<SafeTransaction> {
    let signing = case.signing;
    let (safe, nonce) = match signing.purpose.as_str() {
        "refill" => (wallet_of(case, "cold")?, signing.plan["nonce"].as_i64()),
        _ => (wallet_of(case, "hot")?, signing.safe_nonce),
    };
    let nonce = nonce.ok_or_else(|| Objection::large("no number of the Safe"))?;
    let planned = planned_safe(&signing.plan, chain_id(case)?, safe, nonce);
    let planned = planned.map_err(|error| Objection::large(format!("{error:#}")))?;
    let gas = planned.safe_tx_gas;
    must(
        (1..=MAX_INNER_GAS).contains(&gas),
        "a call with too much gas, or none",
    )?;
    let is_same = signing.identity_hash.as_deref() == Some(planned.hash().as_slice());
    must(is_same, "the plan is not what its hash says")?;
    Ok(planned)
}

fn judge_safe(case: &Case<'_>, key: &PublicKey) -> Judged<SafeTransaction> {
    let planned = transaction_of(case)?;
    must_own(case, key)?;
    must(
        case.signing.payment_state == "planned",
        "the payment is signed already",
    )?;
    if case.signing.purpose == "cancel" {
        let is_nothing = planned.value.is_zero() && planned.data.is_empty();
        must(
            is_nothing && planned.to == planned.safe,
            "a cancelling payment that pays",
        )?;
        return Ok(planned);
    }
    case.judge_items(true)?;
    let [item] = &case.items[..] else {
        return Err(Objection::large("a Safe's transaction pays one"));
    };
    let (to, value) = sent(case, planned.to, planned.value, &planned.data)?;
    if to.as_slice() != item.script || value.to_string() != item.atoms {
        return Err(Objection::Refuse {
            words: "the transaction pays something else than was asked".to_owned(),
            withdrawal_id: item.withdrawal_id,
        });
    }
    Ok(planned)
}

/// To whom a call sends how much of the payment's coin.
fn sent(case: &Case<'_>, to: Address, value: U256, data: &[u8]) -> Judged<(Address, U256)> {
    let Some(contract) = case.signing.contract.as_deref() else {
        must(data.is_empty(), "a transfer that says something")?;
        return Ok((to, value));
    };
    let is_token = to.as_slice() == contract && value.is_zero();
    must(is_token, "not a call of the coin's contract")?;
    let read = chain::erc20::read_transfer(data);
    read.ok_or_else(|| Objection::large("not a transfer of tokens"))
}

/// The attempt's transaction, with what holds for all of them.
fn attempt_of(case: &Case<'_>) -> Judged<EvmTransaction> {
    let signing = case.signing;
    let bytes = signing.unsigned.as_deref().unwrap_or_default();
    let read = read_unsigned(bytes).map_err(|error| Objection::large(format!("{error:#}")))?;
    must(
        read.chain_id == chain_id(case)?,
        "a transaction of another chain",
    )?;
    let nonce = i64::try_from(read.nonce).ok();
    must(
        nonce.is_some() && nonce == signing.nonce,
        "a transaction with another number",
    )?;
    must(read.gas_limit <= MAX_GAS, "a transaction with too much gas")?;
    must(
        read.fees.max_fee_per_gas <= case.config.max_gas_wei,
        "a fee above the limit",
    )?;
    Ok(read)
}

fn judge_gas(case: &Case<'_>, key: &PublicKey, is_deposit: bool) -> Judged<EvmTransaction> {
    let signing = case.signing;
    let read = attempt_of(case)?;
    let own = key.evm_address();
    let gas = case.wallets.iter().find(|wallet| wallet.role == "gas");
    let registered = address(gas.map(|gas| gas.script.as_slice()), "gas account")?;
    let from = address(signing.from_script.as_deref(), "sender")?;
    must(
        own == registered && own == from,
        "a transaction of another account",
    )?;
    if signing.identity_hash.is_some() {
        if signing.is_halted && signing.purpose != "cancel" {
            return Err(Objection::Wait(
                "the network or the coin is halted".to_owned(),
            ));
        }
        let planned = transaction_of(case)?;
        if signing.purpose == "refill" {
            let (to, _) = sent(case, planned.to, planned.value, &planned.data)?;
            let hot = wallet_of(case, "hot")?;
            must(to == hot, "a refill that does not go to the hot wallet")?;
        }
        let hash = planned.hash();
        let signed = signing
            .safe_signatures
            .iter()
            .map(|bytes| signer_of(&hash, bytes));
        let signed = signed.collect::<anyhow::Result<Vec<_>>>();
        let signed = signed.map_err(|error| Objection::large(format!("{error:#}")))?;
        let execution = planned.execution(&signed);
        let execution = execution.map_err(|error| Objection::large(error.to_string()))?;
        let is_carrier = read.to == planned.safe && read.value.is_zero() && read.input == execution;
        must(
            is_carrier && signed.len() == 2,
            "not what carries the Safe's transaction",
        )?;
        return Ok(read);
    }
    judge_versions(case, &read)?;
    must(read.input.is_empty(), "a transfer that says something")?;
    match signing.purpose.as_str() {
        "cancel" => must(
            read.to == own && read.value.is_zero(),
            "a cancelling payment that pays",
        )?,
        "gas" => {
            let [item] = &case.items[..] else {
                return Err(Objection::large("gas goes to one address"));
            };
            let is_item = read.to.as_slice() == item.script && read.value.to_string() == item.atoms;
            must(is_item && is_deposit, "gas for what is no deposit address")?;
            must(
                read.value <= U256::from(MAX_TOP_UP_WEI),
                "more gas than the limit",
            )?;
        }
        _ => return Err(Objection::large("the gas account does not pay for this")),
    }
    Ok(read)
}

fn judge_deposit(case: &Case<'_>, keys: &KeyRing) -> Judged<EvmTransaction> {
    let signing = case.signing;
    let item: &JudgedItem = case.judge_gathering()?;
    must_own(case, keys.hot_key())?;
    let read = attempt_of(case)?;
    judge_versions(case, &read)?;
    let is_own = signing.from_address.is_some() && signing.from_script == signing.from_address;
    must(is_own, "a sweep from another address than the payment's")?;
    let (to, value) = sent(case, read.to, read.value, &read.input)?;
    must(to.as_slice() == item.script, "a sweep to another place")?;
    must(value.to_string() == item.atoms, "a sweep of another amount")?;
    if let Some(asked) = &item.asked_atoms {
        let asked = asked.parse().unwrap_or(U256::ZERO);
        must(value <= asked, "more goes back than came")?;
    }
    Ok(read)
}
