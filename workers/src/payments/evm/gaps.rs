//! Gaps: a number of the gas account that was given but that no attempt uses would hold up all
//! after it. It is used up by a transaction of nothing to the account itself. Deposit addresses
//! have no gaps: each sends what is open, with the number that the chain says.

use alloy::primitives::{Bytes, U256};
use anyhow::Context as _;
use chain::evm_transaction::EvmTransaction;
use client::{NewPayment, Pool};
use serde_json::json;

use super::sweep::Nonce;
use super::{Payer, Stage};

/// Gas of a transfer.
const TRANSFER_GAS: u64 = 21_000;

impl Payer {
    pub(super) async fn fill_gaps(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let network_id = stage.network.network_id;
        let from_nonce = self.node.nonce(stage.gas, json!("latest")).await?;
        let pending = self.node.nonce(stage.gas, json!("pending")).await?;
        let script = stage.gas.as_slice();
        for missing in client::missing_nonces(pool, network_id, script, from_nonce).await? {
            let nonce = missing.nonce;
            // The operator's commands send by themselves: what the node has of them is no gap.
            if nonce < pending && !missing.was_signed {
                continue;
            }
            let native = stage.coins.iter().find(|coin| coin.contract.is_none());
            let native = native.context("the network has no coin of its own")?;
            let payment = NewPayment {
                network_id,
                purpose: "cancel",
                asset_id: native.asset_id,
                atoms: "0".to_owned(),
                from_wallet: Some("gas"),
                from_address_id: None,
                safe_nonce: None,
                identity_hash: None,
                plan: json!({
                    "to": stage.gas, "value": "0", "nonce": nonce,
                    "height": stage.network.tip.unwrap_or(0) }),
                items: Vec::new(),
            };
            let filling = EvmTransaction {
                chain_id: stage.chain_id,
                nonce: 0,
                to: stage.gas,
                value: U256::ZERO,
                input: Bytes::new(),
                gas_limit: TRANSFER_GAS,
                fees: self.node.fees(self.config.max_gas_wei).await?,
            };
            let given = Nonce::Given(nonce);
            self.add_direct(pool, &payment, &filling, stage.gas, given, "a gas_account")
                .await?;
            tracing::warn!(
                network = stage.network.name,
                nonce,
                "a gap of numbers is filled"
            );
        }
        Ok(())
    }
}
