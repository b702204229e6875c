//! A real bitcoind in regtest mode, without wallet or peers. Its chain is what the test makes it.

use std::time::Duration;

use alloy::rpc::client::RpcClient;
use anyhow::{Context, Result, bail};
use bitcoin::{Address, Amount, BlockHash, Transaction, Txid};
use serde_json::{Value, json};

use crate::node_process::{NodeFolder, NodeProcess, free_port, log_tail, program};
use crate::wait;

/// Starts, each on another port, before it is given up.
const ATTEMPTS: usize = 5;
/// Limit of one call.
const CALL: Duration = Duration::from_secs(60);
/// Name and password of its RPC: it listens on loopback only.
const CREDENTIALS: &str = "exchange:regtest";

/// A running node; it ends when dropped.
#[derive(Debug)]
pub struct BitcoinNode {
    // Before the folder: files are removed once nobody writes them.
    process: NodeProcess,
    folder: NodeFolder,
    port: u16,
    client: RpcClient,
}

impl BitcoinNode {
    /// A new chain; returns when the node answers.
    pub async fn start() -> Result<BitcoinNode> {
        let folder = NodeFolder::make("bitcoin")?;
        // Another program may take the port between the look and the start: then look again.
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            let process = launch(&folder, port)?;
            let client = client(&url(port))?;
            if answers(&client, &process).await {
                return Ok(BitcoinNode {
                    process,
                    folder,
                    port,
                    client,
                });
            }
        }
        bail!("bitcoind does not start:\n{}", log_tail(&folder))
    }

    /// What goes into `EXCHANGE_BITCOIN_URL`.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Stops it cleanly.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Ends it by SIGKILL.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Starts it again, at the same port, after it was stopped or killed. Its mempool is read back
    /// where it was stopped.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process = launch(&self.folder, self.port)?;
        if !answers(&self.client, &self.process).await {
            bail!("bitcoind does not start:\n{}", log_tail(&self.folder));
        }
        Ok(())
    }

    /// Calls a method.
    pub async fn call(&self, method: &'static str, params: Value) -> Result<Value> {
        let called = self.client.request::<Value, Value>(method, params).await;
        called.with_context(|| method)
    }

    /// Mines blocks that pay that address; gives their hashes.
    pub async fn mine_to(&self, address: &Address, blocks: u32) -> Result<Vec<BlockHash>> {
        let params = json!([blocks, address.to_string()]);
        Ok(serde_json::from_value(
            self.call("generatetoaddress", params).await?,
        )?)
    }

    /// Mines one block of these transactions, and of no other of the mempool.
    pub async fn mine_only(
        &self,
        address: &Address,
        transactions: &[Transaction],
    ) -> Result<BlockHash> {
        let raw: Vec<String> = transactions
            .iter()
            .map(bitcoin::consensus::encode::serialize_hex)
            .collect();
        let params = json!([address.to_string(), raw]);
        let mined = self.call("generateblock", params).await?;
        Ok(serde_json::from_value(mined["hash"].clone())?)
    }

    /// Hands it a transaction.
    pub async fn send(&self, transaction: &Transaction) -> Result<Txid> {
        let raw = bitcoin::consensus::encode::serialize_hex(transaction);
        Ok(serde_json::from_value(
            self.call("sendrawtransaction", json!([raw])).await?,
        )?)
    }

    /// Makes it believe that a block, and what follows it, was never valid.
    pub async fn invalidate(&self, hash: BlockHash) -> Result<()> {
        self.call("invalidateblock", json!([hash.to_string()]))
            .await?;
        Ok(())
    }

    /// Takes that back.
    pub async fn reconsider(&self, hash: BlockHash) -> Result<()> {
        self.call("reconsiderblock", json!([hash.to_string()]))
            .await?;
        Ok(())
    }

    /// Takes the last blocks off the chain; their transactions are in the mempool again. Gives the
    /// hash of the lowest.
    pub async fn drop_blocks(&self, count: u64) -> Result<BlockHash> {
        let height = self.height().await?;
        let lowest = self.hash_at(height + 1 - count).await?;
        self.invalidate(lowest).await?;
        Ok(lowest)
    }

    /// How many blocks follow the first one.
    pub async fn height(&self) -> Result<u64> {
        let count = self.call("getblockcount", json!([])).await?;
        count.as_u64().context("no height")
    }

    /// The active block of that height.
    pub async fn hash_at(&self, height: u64) -> Result<BlockHash> {
        let hash = self.call("getblockhash", json!([height])).await?;
        Ok(serde_json::from_value(hash)?)
    }

    /// A block with its transactions.
    pub async fn block(&self, hash: BlockHash) -> Result<bitcoin::Block> {
        let raw = self.call("getblock", json!([hash.to_string(), 0])).await?;
        let raw = raw.as_str().context("no block")?;
        Ok(bitcoin::consensus::encode::deserialize_hex(raw)?)
    }

    /// What waits to be mined.
    pub async fn mempool(&self) -> Result<Vec<Txid>> {
        let waiting = self.call("getrawmempool", json!([])).await?;
        Ok(serde_json::from_value(waiting)?)
    }

    /// What an output holds that nobody has spent; `None` where it is spent or never was.
    pub async fn unspent(&self, txid: Txid, index: u32) -> Result<Option<Amount>> {
        let params = json!([txid.to_string(), index, true]);
        let output = self.call("gettxout", params).await?;
        if output.is_null() {
            return Ok(None);
        }
        // As text: nothing passes through a float.
        let value = output["value"].to_string();
        Ok(Some(Amount::from_str_in(
            &value,
            bitcoin::Denomination::Bitcoin,
        )?))
    }
}

fn url(port: u16) -> String {
    format!("http://{CREDENTIALS}@127.0.0.1:{port}")
}

fn client(url: &str) -> Result<RpcClient> {
    let http = alloy::transports::http::reqwest::Client::builder()
        .timeout(CALL)
        // A test that stands still for long finds a kept connection closed by the node.
        .pool_max_idle_per_host(0)
        .build()?;
    Ok(RpcClient::new_http_with_client(http, url.parse()?))
}

fn launch(folder: &NodeFolder, port: u16) -> Result<NodeProcess> {
    let (name, password) = CREDENTIALS.split_once(':').context("no password")?;
    let path = folder.path().to_str().context("the path is no text")?;
    let arguments = [
        "-regtest".to_owned(),
        format!("-datadir={path}"),
        "-server".to_owned(),
        "-listen=0".to_owned(),
        "-dnsseed=0".to_owned(),
        "-fixedseeds=0".to_owned(),
        "-natpmp=0".to_owned(),
        format!("-rpcport={port}"),
        "-rpcbind=127.0.0.1".to_owned(),
        "-rpcallowip=127.0.0.1".to_owned(),
        format!("-rpcuser={name}"),
        format!("-rpcpassword={password}"),
        "-rpcworkqueue=256".to_owned(),
        "-dbcache=50".to_owned(),
        "-printtoconsole".to_owned(),
    ];
    NodeProcess::start(folder, &program("bitcoind")?, &arguments)
}

async fn answers(client: &RpcClient, process: &NodeProcess) -> bool {
    wait::until("bitcoind answers, or has ended", async || {
        let called = client.request::<Value, Value>("getblockcount", json!([]));
        !process.is_running() || called.await.is_ok()
    })
    .await;
    process.is_running()
}
