//! An exchange whose accounts have Bitcoin addresses, a node in regtest mode, and a payer.

use anyhow::Result;
use bitcoin::{Address, Amount, ScriptBuf, Transaction};
use serde_json::json;
use tokio_postgres::Client;

use crate::arrivals::{arrived, ask, open_accounts};
use crate::bitcoin_node::BitcoinNode;
use crate::chain_fixture::{BITCOIN, give_address, list_bitcoin};
use crate::database::Database;
use crate::purse::{FEE, Purse};
use crate::wait;
use crate::worker::Worker;

/// Outputs of 50 BTC that the payer begins with.
const OUTPUTS: u32 = 8;
/// Keys of deposit addresses are numbered from here on.
const FIRST_KEY: u8 = 100;

/// The newest block that was read.
const TIP: &str = "select encode(hash, 'hex') from chain.blocks
    where network_id = 1 and is_active order by height desc limit 1";

/// The whole of it.
pub struct WatchedBitcoin {
    /// The exchange.
    pub database: Database,
    /// A session that may do everything.
    pub owner: Client,
    /// The node.
    pub node: BitcoinNode,
    /// Who pays.
    pub purse: Purse,
    first_account: i64,
}

impl WatchedBitcoin {
    /// So many accounts, each with an address; nobody watches yet.
    pub async fn start(accounts: u8) -> WatchedBitcoin {
        WatchedBitcoin::on(Database::fresh().await, accounts).await
    }

    /// The same on a database of the test's own.
    pub async fn on(database: Database, accounts: u8) -> WatchedBitcoin {
        let owner = database.owner().await;
        list_bitcoin(&owner).await;
        let first_account = open_accounts(&owner, accounts.into()).await;
        let node = BitcoinNode::start().await.expect("a node");
        let purse = Purse::funded(&node, 1, OUTPUTS).await.expect("a purse");
        let world = WatchedBitcoin {
            database,
            owner,
            node,
            purse,
            first_account,
        };
        for number in 0..accounts {
            let (address, account) = (world.address(number), world.account(number));
            let script = address.script_pubkey();
            let (name, bytes) = (address.to_string(), script.as_bytes());
            give_address(&world.owner, BITCOIN, account, "BTC", &name, bytes).await;
        }
        world
    }

    /// An account, counted from 0.
    pub fn account(&self, number: u8) -> i64 {
        self.first_account + i64::from(number)
    }

    /// Its address.
    pub fn address(&self, number: u8) -> Address {
        Purse::new(FIRST_KEY + number).address().clone()
    }

    /// Its script.
    pub fn script(&self, number: u8) -> ScriptBuf {
        self.address(number).script_pubkey()
    }

    /// What a watcher needs to know.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("EXCHANGE_BITCOIN_URL", self.node.url()),
            ("EXCHANGE_CHAIN_PAUSE_MS", "50".to_owned()),
        ]
    }

    /// Starts a watcher.
    pub fn watch(&self) -> Worker {
        let worker = Worker::start_with(&self.database, "bitcoin", &self.settings());
        worker.expect("the watcher starts")
    }

    /// Starts one that ends itself at a place.
    pub fn watch_until(&self, fault_point: &str) -> Worker {
        let mut settings = self.settings();
        settings.push(("EXCHANGE_FAULT_POINT", fault_point.to_owned()));
        let worker = Worker::start_with(&self.database, "bitcoin", &settings);
        worker.expect("the watcher starts")
    }

    /// Pays accounts so many satoshis each; the transaction waits to be mined.
    pub async fn pay(&mut self, outputs: &[(u8, u64)]) -> Transaction {
        let outputs: Vec<(ScriptBuf, u64)> = outputs
            .iter()
            .map(|(number, amount)| (self.script(*number), *amount))
            .collect();
        let made = self.purse.pay(&outputs, FEE).expect("a payment");
        self.node.send(&made).await.expect("the node takes it");
        made
    }

    /// Mines blocks of what waits.
    pub async fn mine(&self, blocks: u32) {
        let miner = Purse::new(254).address().clone();
        let mined = self.node.mine_to(&miner, blocks).await;
        mined.expect("mined");
    }

    /// Mines empty blocks.
    pub async fn mine_empty(&self, blocks: u64) {
        for _ in 0..blocks {
            let miner = Purse::new(253).address().clone();
            let mined = self.node.mine_only(&miner, &[]).await;
            mined.expect("mined");
        }
    }

    /// Waits until the database is where the node is.
    pub async fn caught_up(&self) {
        wait::until("the watcher has caught up", async || {
            self.is_caught_up().await
        })
        .await;
    }

    /// Whether the database is where the node is.
    pub async fn is_caught_up(&self) -> bool {
        let height = self.node.height().await.expect("a height");
        let tip = self.node.hash_at(height).await.expect("a hash");
        ask(&self.owner, TIP).await == tip.to_string()
    }

    /// Panics where the chain holds at deposit addresses something else than the exchange knows.
    pub async fn assert_sums_agree(&self) {
        let text = "select string_agg(address, ',') from chain.addresses where network_id = 1";
        let addresses = ask(&self.owner, text).await;
        let scanned = addresses
            .split(',')
            .map(|address| format!("addr({address})"))
            .collect::<Vec<_>>();
        let params = json!(["start", scanned]);
        let found = self.node.call("scantxoutset", params).await;
        let found = found.expect("an answer")["total_amount"].to_string();
        let held = exact(&found).expect("an amount");
        assert_eq!(held.to_sat().to_string(), arrived(&self.owner, "BTC").await);
    }
}

/// Bitcoin as the node writes them.
fn exact(text: &str) -> Result<Amount> {
    Ok(Amount::from_str_in(text, bitcoin::Denomination::Bitcoin)?)
}
