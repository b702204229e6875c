//! A refill on an EVM network: a transaction of the cold Safe, which two of its owners sign offline
//! and the gas account carries.

use alloy::primitives::{Address, Bytes, U256};
use anyhow::{Context as _, ensure};
use chain::erc20;
use chain::safe::{self, SafeTransaction};
use chain::unsigned::SafeFile;
use client::{Pool, Refill, RefillAmount};
use serde_json::json;

use super::{Place, Planned};
use crate::payments::{EvmNode, PaymentsConfig};

/// Owners that sign.
const THRESHOLD: usize = 2;
/// Gas of the inner call, whatever the node says: at least, at most, and where it cannot tell.
const LEAST_GAS: u64 = 30_000;
const MOST_GAS: u64 = 500_000;
const UNKNOWN_GAS: u64 = 100_000;

pub(super) async fn plan(
    settings: &PaymentsConfig,
    place: &Place,
    wanted: &RefillAmount,
) -> anyhow::Result<Planned> {
    let url = settings
        .evm_url
        .as_deref()
        .context("EXCHANGE_EVM_URL is not set")?;
    let node = EvmNode::new(url)?;
    let chain_id: u64 = place.network.chain.parse().context("the network's chain")?;
    ensure!(
        node.chain_id().await? == chain_id,
        "the node is of another chain"
    );
    let (cold, hot) = (
        address_of(&place.cold.script)?,
        address_of(&place.hot.script)?,
    );
    ensure!(
        place.cold.descriptor.is_some(),
        "the cold wallet is no Safe"
    );
    let atoms: U256 = wanted.atoms.parse().context("atoms")?;
    let contract = wanted.contract.as_deref().map(address_of).transpose()?;
    let (to, value, data, held) = match contract {
        None => (hot, atoms, Bytes::new(), node.balance(cold).await?),
        Some(contract) => {
            let asked = erc20::ask_balance(cold);
            let answer = node.ask(contract, &asked, json!("latest")).await?;
            let held = erc20::read_balance(&answer)?;
            (contract, U256::ZERO, erc20::transfer(hot, atoms), held)
        }
    };
    ensure!(held >= atoms, "the cold wallet has not so much");
    let gas = node.gas(cold, to, value, &data).await?;
    let gas = gas.map_or(UNKNOWN_GAS, |gas| gas.saturating_add(gas / 4));
    let nonce = node.ask(cold, &safe::ask_nonce(), json!("latest")).await?;
    let transaction = SafeTransaction {
        chain_id,
        safe: cold,
        to,
        value,
        data,
        safe_tx_gas: gas.clamp(LEAST_GAS, MOST_GAS),
        nonce: safe::read_nonce(&nonce)?,
    };
    let plan = json!({
        "to": to, "value": value.to_string(), "data": transaction.data,
        "safe_tx_gas": transaction.safe_tx_gas, "nonce": transaction.nonce,
        "height": place.network.tip.unwrap_or(0) });
    let identity_hash = transaction.hash().to_vec();
    let file = SafeFile {
        transaction,
        signatures: Vec::new(),
    };
    Ok(Planned {
        text: file.text()?,
        identity_hash,
        plan,
        outputs: Vec::new(),
    })
}

/// Keeps the owners' signatures; false where another has done so meanwhile.
pub(super) async fn import(
    pool: &Pool,
    place: &Place,
    refill: &Refill,
    file: &SafeFile,
) -> anyhow::Result<bool> {
    let transaction = &file.transaction;
    ensure!(
        transaction.safe == address_of(&place.cold.script)?,
        "it is not of the cold wallet"
    );
    ensure!(
        pays_hot(place, refill, transaction)?,
        "it pays something else than the hot wallet"
    );
    let owners = place
        .cold
        .descriptor
        .as_deref()
        .context("the cold wallet is no Safe")?;
    let mut signatures = Vec::new();
    for (key, signature) in &file.signatures {
        let signer = key.evm_address().to_string();
        let is_owner = owners.split(',').any(|owner| owner == signer);
        ensure!(
            is_owner,
            "{signer}, who signed it, owns no part of the cold wallet"
        );
        signatures.push(signature.for_contract(&transaction.hash(), key)?.to_vec());
    }
    let there = signatures.len();
    ensure!(
        there >= THRESHOLD,
        "{there} of {THRESHOLD} owners have signed it"
    );
    signatures.truncate(THRESHOLD);
    Ok(client::sign_refill(pool, refill.payment_id, &signatures).await?)
}

fn pays_hot(place: &Place, refill: &Refill, transaction: &SafeTransaction) -> anyhow::Result<bool> {
    let wanted = (
        address_of(&place.hot.script)?,
        refill.atoms.parse::<U256>().context("atoms")?,
    );
    let SafeTransaction {
        to, value, data, ..
    } = transaction;
    Ok(match &refill.contract {
        None => data.is_empty() && (*to, *value) == wanted,
        Some(contract) => {
            *to == address_of(contract)?
                && value.is_zero()
                && erc20::read_transfer(data) == Some(wanted)
        }
    })
}

fn address_of(script: &[u8]) -> anyhow::Result<Address> {
    Address::try_from(script).context("a script of an EVM network has 20 bytes")
}
