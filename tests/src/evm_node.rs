//! A real anvil: an Ethereum chain that mines when the test says so.

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, TxHash, U256};
use alloy::rpc::client::RpcClient;
use alloy::sol_types::SolValue as _;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::evm_gate::{Elsewhere, EvmGate};
use crate::node_process::{NodeFolder, NodeProcess, cache, free_port, log_tail, program};
use crate::wait;

/// Starts, each on another port, before it is given up.
const ATTEMPTS: usize = 5;
/// Limit of one call.
const CALL: Duration = Duration::from_secs(60);
/// Its chain id.
pub const CHAIN_ID: u64 = 31_337;
/// Compiled contracts of ours, by `scripts/nodes/compile.mjs`.
const CONTRACTS: &str = include_str!("../contracts/contracts.json");

/// A running node; it ends when dropped.
#[derive(Debug)]
pub struct EvmNode {
    // Before the folder: files are removed once nobody writes them.
    process: NodeProcess,
    folder: NodeFolder,
    port: u16,
    gate: EvmGate,
    client: RpcClient,
    accounts: Vec<Address>,
    /// Of its first block. It answers before it has read its chain back: until then it must at
    /// least begin as it did.
    first_second: u64,
}

impl EvmNode {
    /// A new chain; returns when the node answers. It mines by [`EvmNode::mine`] alone.
    pub async fn start() -> Result<EvmNode> {
        EvmNode::start_from(OffsetDateTime::now_utc().unix_timestamp().unsigned_abs()).await
    }

    /// The same with a first block of this time (seconds since 1970): of two nodes that start in
    /// one second the first blocks are equal.
    pub async fn start_from(first_second: u64) -> Result<EvmNode> {
        let folder = NodeFolder::make("evm")?;
        // Another program may take the port between the look and the start: then look again.
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            let process = launch(&folder, port, first_second)?;
            let gate = EvmGate::to(port)?;
            let client = client(&gate.url())?;
            if answers(&client, &process).await {
                let accounts = client.request("eth_accounts", json!([])).await?;
                return Ok(EvmNode {
                    process,
                    folder,
                    port,
                    gate,
                    client,
                    accounts,
                    first_second,
                });
            }
        }
        bail!("anvil does not start:\n{}", log_tail(&folder))
    }

    /// What goes into `EXCHANGE_EVM_URL`.
    pub fn url(&self) -> String {
        self.gate.url()
    }

    /// The same without the gate before it, for what is measured. It must not mine meanwhile.
    pub fn own_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A node of the same chain that has nothing of it yet but the first block.
    pub async fn newcomer(&self) -> Result<EvmNode> {
        EvmNode::start_from(self.first_second).await
    }

    /// One address for two nodes, of which the other is asked some methods.
    pub fn balanced(&self, other: &EvmNode, elsewhere: Elsewhere) -> Result<EvmGate> {
        EvmGate::between(self.port, other.port, elsewhere)
    }

    /// One of ten accounts with 10,000 ETH each, whose transactions the node signs itself.
    pub fn account(&self, number: usize) -> Address {
        self.accounts[number]
    }

    /// Stops it cleanly: it writes down its chain, the mempool not.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Ends it by SIGKILL. What it has not written down is gone.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Starts it again, at the same port, with the chain that it wrote down.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process = launch(&self.folder, self.port, self.first_second)?;
        if !answers(&self.client, &self.process).await {
            bail!("anvil does not start:\n{}", log_tail(&self.folder));
        }
        Ok(())
    }

    /// Calls a method.
    pub async fn call(&self, method: &'static str, params: Value) -> Result<Value> {
        let called = self.client.request::<Value, Value>(method, params).await;
        called.with_context(|| method)
    }

    /// Mines blocks.
    pub async fn mine(&self, blocks: u64) -> Result<()> {
        let params = json!([format!("{blocks:#x}")]);
        self.call("anvil_mine", params).await?;
        Ok(())
    }

    /// Mines each transaction in a block of its own as it comes, or only when told.
    pub async fn mine_at_once(&self, at_once: bool) -> Result<()> {
        self.call("evm_setAutomine", json!([at_once])).await?;
        Ok(())
    }

    /// The highest block.
    pub async fn height(&self) -> Result<u64> {
        let height: U256 = self.client.request("eth_blockNumber", json!([])).await?;
        Ok(height.to())
    }

    /// Replaces so many of the last blocks by empty ones.
    pub async fn reorganise(&self, depth: u64) -> Result<()> {
        self.call("anvil_reorg", json!([depth, []])).await?;
        Ok(())
    }

    /// Remembers this moment of the chain.
    pub async fn snapshot(&self) -> Result<Value> {
        self.call("evm_snapshot", json!([])).await
    }

    /// Goes back to a moment; what was mined since is gone, as are waiting transactions.
    pub async fn revert(&self, snapshot: Value) -> Result<()> {
        self.call("evm_revert", json!([snapshot])).await?;
        Ok(())
    }

    /// Hands it a transaction of one of its accounts; gives its hash. It waits to be mined.
    pub async fn send(&self, transaction: Value) -> Result<TxHash> {
        let sent = self.call("eth_sendTransaction", json!([transaction]));
        Ok(serde_json::from_value(sent.await?)?)
    }

    /// Hands it the bytes of a signed transaction.
    pub async fn send_raw(&self, raw: &[u8]) -> Result<TxHash> {
        let raw = Bytes::copy_from_slice(raw);
        let sent = self.call("eth_sendRawTransaction", json!([raw]));
        Ok(serde_json::from_value(sent.await?)?)
    }

    /// Sends ETH from an account of its own.
    pub async fn pay(&self, from: usize, to: Address, wei: U256) -> Result<TxHash> {
        let transaction = json!({ "from": self.account(from), "to": to, "value": wei });
        self.send(transaction).await
    }

    /// Calls a contract from an account of its own: the data, and the ETH that goes with it.
    pub async fn invoke(
        &self,
        from: usize,
        contract: Address,
        data: Vec<u8>,
        wei: U256,
    ) -> Result<TxHash> {
        let (from, data) = (self.account(from), Bytes::from(data));
        // As much as a test may need: estimates fail for what shall fail.
        let gas = "0x4c4b40";
        let transaction =
            json!({ "from": from, "to": contract, "data": data, "value": wei, "gas": gas });
        self.send(transaction).await
    }

    /// Puts a contract of `tests/contracts` onto the chain, in a block of its own.
    pub async fn deploy(&self, from: usize, name: &str, arguments: Vec<u8>) -> Result<Address> {
        let codes: Value = serde_json::from_str(CONTRACTS)?;
        let code = codes[name].as_str().context("no such contract")?;
        self.deploy_code(from, [hex::decode(code)?, arguments].concat())
            .await
    }

    /// The same with a compiled artifact of an installed npm package, by its path there.
    pub async fn deploy_installed(
        &self,
        from: usize,
        path: &str,
        arguments: Vec<u8>,
    ) -> Result<Address> {
        let path = cache()?.join("npm/node_modules").join(path);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let artifact: Value = serde_json::from_str(&text)?;
        let code = artifact["bytecode"].as_str().context("no bytecode")?;
        let code = hex::decode(code.trim_start_matches("0x"))?;
        self.deploy_code(from, [code, arguments].concat()).await
    }

    /// A token with so many decimals, owned by account 0.
    pub async fn deploy_token(&self, symbol: &str, decimals: u8) -> Result<Address> {
        let name = symbol.to_owned();
        let arguments = (name.clone(), name, U256::from(decimals)).abi_encode_params();
        self.deploy(0, "TestToken", arguments).await
    }

    /// Puts a contract onto the chain by its creation code.
    pub async fn deploy_code(&self, from: usize, code: Vec<u8>) -> Result<Address> {
        let transaction =
            json!({ "from": self.account(from), "data": Bytes::from(code), "gas": "0x989680" });
        let hash = self.send(transaction).await?;
        self.mine(1).await?;
        let receipt = self.receipt(hash).await?.context("not mined")?;
        anyhow::ensure!(
            receipt["status"] == "0x1",
            "the contract was refused: {receipt}"
        );
        Ok(serde_json::from_value(receipt["contractAddress"].clone())?)
    }

    /// What came of a transaction; `None` where it is in no block.
    pub async fn receipt(&self, hash: B256) -> Result<Option<Value>> {
        let receipt = self
            .call("eth_getTransactionReceipt", json!([hash]))
            .await?;
        Ok(Some(receipt).filter(|receipt| !receipt.is_null()))
    }

    /// What an account holds, in wei.
    pub async fn balance(&self, of: Address) -> Result<U256> {
        let balance = self.call("eth_getBalance", json!([of, "latest"])).await?;
        Ok(serde_json::from_value(balance)?)
    }

    /// What a call of a contract would answer.
    pub async fn ask(&self, contract: Address, data: Vec<u8>) -> Result<Bytes> {
        let asked = json!([{ "to": contract, "data": Bytes::from(data) }, "latest"]);
        Ok(serde_json::from_value(self.call("eth_call", asked).await?)?)
    }
}

fn client(url: &str) -> Result<RpcClient> {
    let http = alloy::transports::http::reqwest::Client::builder()
        .timeout(CALL)
        // The gate keeps none open.
        .pool_max_idle_per_host(0)
        .build()?;
    Ok(RpcClient::new_http_with_client(http, url.parse()?))
}

fn launch(folder: &NodeFolder, port: u16, first_second: u64) -> Result<NodeProcess> {
    let state = folder.path().join("state.json");
    let state = state.to_str().context("the path is no text")?;
    let arguments = vec![
        "--host=127.0.0.1".to_owned(),
        format!("--port={port}"),
        format!("--chain-id={CHAIN_ID}"),
        "--no-mining".to_owned(),
        "--silent".to_owned(),
        format!("--state={state}"),
        "--preserve-historical-states".to_owned(),
        // Of states that it moves out of its memory: a killed node leaves its files behind.
        format!("--cache-path={}", folder.path().display()),
        format!("--timestamp={first_second}"),
    ];
    NodeProcess::start(folder, &program("anvil")?, &arguments)
}

async fn answers(client: &RpcClient, process: &NodeProcess) -> bool {
    wait::until("anvil answers, or has ended", async || {
        let called = client.request::<Value, Value>("eth_blockNumber", json!([]));
        !process.is_running() || called.await.is_ok()
    })
    .await;
    process.is_running()
}
