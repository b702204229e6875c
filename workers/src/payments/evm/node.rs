//! What is asked of an Ethereum node for payments.

use alloy::primitives::{Address, B256, Bytes, U64, U256};
use anyhow::{Context as _, ensure};
use chain::evm_transaction::GasFees;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::evm_price::GasPrice;
use crate::node_client::{NodeClient, NodeError};

/// The least tip.
const LEAST_TIP: u128 = 100_000_000;

/// An Ethereum node.
pub(crate) struct EvmNode {
    client: NodeClient,
}

/// A transaction that a block holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    pub(crate) transaction_hash: B256,
    pub(crate) from: Address,
    pub(crate) block_hash: B256,
    pub(crate) block_number: U64,
    pub(crate) status: U64,
    pub(crate) gas_used: U256,
    pub(crate) effective_gas_price: U256,
    pub(crate) logs: Vec<Log>,
}

/// What a contract said.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    pub(crate) address: Address,
    pub(crate) topics: Vec<B256>,
    pub(crate) data: Bytes,
    pub(crate) transaction_hash: Option<B256>,
}

/// Whether a node takes bytes.
pub(crate) enum Sent {
    /// It has them now, or had them already.
    Taken,
    /// It does not take them; why.
    Refused(String),
}

impl EvmNode {
    pub(crate) fn new(url: &str) -> anyhow::Result<EvmNode> {
        Ok(EvmNode {
            client: NodeClient::new(url)?,
        })
    }

    pub(crate) async fn chain_id(&self) -> anyhow::Result<u64> {
        let id: U64 = self.client.call("eth_chainId", json!([])).await?;
        Ok(id.to())
    }

    /// Transactions that an account has sent, as of a block.
    pub(crate) async fn nonce(&self, account: Address, block: Value) -> anyhow::Result<i64> {
        let params = json!([account, block]);
        let nonce: U64 = self.client.call("eth_getTransactionCount", params).await?;
        i64::try_from(nonce.to::<u64>()).context("a nonce")
    }

    pub(crate) async fn balance(&self, account: Address) -> anyhow::Result<U256> {
        Ok(self
            .client
            .call("eth_getBalance", json!([account, "latest"]))
            .await?)
    }

    /// What a contract answers.
    pub(crate) async fn ask(
        &self,
        to: Address,
        data: &Bytes,
        block: Value,
    ) -> anyhow::Result<Bytes> {
        let call = json!([{ "to": to, "data": data }, block]);
        Ok(self.client.call("eth_call", call).await?)
    }

    /// Gas that a call takes; none where it fails.
    pub(crate) async fn gas(
        &self,
        from: Address,
        to: Address,
        value: U256,
        data: &Bytes,
    ) -> anyhow::Result<Option<u64>> {
        let call = json!([{ "from": from, "to": to, "value": value, "data": data }]);
        match self.client.call::<U64>("eth_estimateGas", call).await {
            Ok(gas) => Ok(Some(gas.to())),
            Err(NodeError::Refused { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn price(&self) -> anyhow::Result<GasPrice> {
        Ok(GasPrice::of(&self.client).await?)
    }

    /// What is to be offered now: [`fees_at`].
    pub(crate) async fn fees(&self, most: u128) -> anyhow::Result<GasFees> {
        fees_at(self.price().await?, most)
    }

    pub(crate) async fn send(&self, raw: &[u8]) -> anyhow::Result<Sent> {
        let bytes = Bytes::copy_from_slice(raw);
        match self
            .client
            .call::<B256>("eth_sendRawTransaction", json!([bytes]))
            .await
        {
            Ok(_) => Ok(Sent::Taken),
            Err(NodeError::Refused { message, .. }) => match says_known(&message) {
                true => Ok(Sent::Taken),
                false => Ok(Sent::Refused(message)),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Whether there is a contract at an address.
    pub(crate) async fn has_code(&self, address: Address) -> anyhow::Result<bool> {
        let code: Bytes = self
            .client
            .call("eth_getCode", json!([address, "latest"]))
            .await?;
        Ok(!code.is_empty())
    }

    pub(crate) async fn receipt(&self, txid: &[u8]) -> anyhow::Result<Option<Receipt>> {
        let params = json!([B256::try_from(txid)?]);
        Ok(self
            .client
            .call("eth_getTransactionReceipt", params)
            .await?)
    }

    /// What a block holds, all of it.
    ///
    /// # Errors
    /// Also where the node lacks it, or some of it.
    pub(crate) async fn receipts_of(&self, block: B256) -> anyhow::Result<Vec<Receipt>> {
        let client = &self.client;
        let count: Option<U64> = client
            .call("eth_getBlockTransactionCountByHash", json!([block]))
            .await?;
        let receipts: Option<Vec<Receipt>> =
            client.call("eth_getBlockReceipts", json!([block])).await?;
        let receipts = receipts.context("the node lacks a block that was read")?;
        // A node that keeps no old receipts may have none of a block that it has.
        ensure!(
            count == Some(U64::from(receipts.len())),
            "the node lacks receipts of a block"
        );
        Ok(receipts)
    }

    pub(crate) async fn raw_transaction(&self, txid: B256) -> anyhow::Result<Option<Bytes>> {
        let params = json!([txid]);
        Ok(self
            .client
            .call("eth_getRawTransactionByHash", params)
            .await?)
    }

    /// Logs of a contract from a block on, by their first two topics.
    pub(crate) async fn logs(
        &self,
        address: Address,
        topics: [Value; 2],
        from_height: u64,
    ) -> anyhow::Result<Vec<Log>> {
        let params = json!([{
            "address": address, "topics": topics, "fromBlock": U64::from(from_height),
            "toBlock": "latest" }]);
        Ok(self.client.call("eth_getLogs", params).await?)
    }
}

/// What is to be offered at a price so that the next blocks take it, up to a limit.
pub(super) fn fees_at(price: GasPrice, most: u128) -> anyhow::Result<GasFees> {
    let base: u128 = price.base.try_into().context("a base fee")?;
    let tip = u128::try_from(price.tip)
        .context("a tip")?
        .max(LEAST_TIP)
        .min(most);
    // Room for six full blocks in a row (EIP-1559: an eighth more each).
    let max_fee_per_gas = base.saturating_mul(2).saturating_add(tip).min(most);
    Ok(GasFees {
        max_fee_per_gas,
        max_priority_fee_per_gas: tip.min(max_fee_per_gas),
    })
}

/// Whether a node's refusal says that it has the transaction: each kind of node has its own words,
/// and its own case of them.
fn says_known(message: &str) -> bool {
    let message = message.to_lowercase().replace("unknown", "");
    let known = ["already known", "already imported", "known transaction"];
    known.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::says_known;

    #[test]
    fn a_node_that_has_a_transaction_says_so_in_its_own_case() {
        for words in [
            "already known",
            "AlreadyKnown: Already Known",
            "Known transaction",
            "Transaction with the same hash was already imported.",
        ] {
            assert!(says_known(words), "{words}");
        }
        assert!(!says_known("nonce too low"));
        assert!(!says_known("Unknown transaction type"));
        assert!(!says_known("replacement transaction underpriced"));
    }
}
