//! Bitcoin: many to a transaction, with outputs that are reserved and given back.

use bitcoin::hashes::Hash as _;
use bitcoin::{Amount, ScriptBuf, WPubkeyHash};
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::json;
use tests::database::Database;
use tests::house::{House, ask_withdrawal, fund};
use tests::outage::durable;
use tests::paying_bitcoin::{FINAL, PayingBitcoin};
use tests::worker::Worker;
use tokio_postgres::Client;

use super::{Town, survive, withdrawals};

/// Each gets so many satoshis, and its number more.
const LEAST_SATS: u64 = 100_000;
/// What an output of the hot wallet has, and how many withdrawals there are for each.
const OUTPUT_SATS: u64 = 100_000_000;
const FOR_AN_OUTPUT: u32 = 500;

struct Bitcoin(PayingBitcoin);

#[tokio::test]
async fn many_bitcoin_withdrawals_with_faults_are_each_paid_once() {
    let (cluster, database) = durable().await;
    let mut paying = PayingBitcoin::on(database, "soak_bitcoin").await;
    let outputs = usize::try_from(withdrawals().div_ceil(FOR_AN_OUTPUT)).expect("small");
    let outputs = vec![(paying.hot.clone(), OUTPUT_SATS); outputs];
    let filled = paying
        .world
        .purse
        .pay(&outputs, 100_000)
        .expect("a payment");
    paying.world.node.send(&filled).await.expect("taken");
    paying.mined(1).await;
    fund(&paying.world.owner, paying.world.account(0), "BTC", "90").await;
    survive(Bitcoin(paying), &cluster).await;
}

fn receiver(number: u32) -> ScriptBuf {
    let mut bytes = [0x5b; 20];
    bytes[16..].copy_from_slice(&number.to_be_bytes());
    ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(bytes))
}

impl Town for Bitcoin {
    fn house(&self) -> &House {
        &self.0.house
    }

    fn database(&self) -> &Database {
        &self.0.world.database
    }

    fn owner(&mut self) -> &mut Client {
        &mut self.0.world.owner
    }

    fn pays(&self) -> Worker {
        self.0.pays(&[])
    }

    fn watch_again(&mut self) {
        self.0.watcher = self.0.world.watch();
    }

    async fn ask(&self, number: u32) {
        let (owner, account) = (&self.0.world.owner, self.0.world.account(0));
        let amount = format!("0.{:08}", LEAST_SATS + u64::from(number));
        ask_withdrawal(owner, account, "BTC", receiver(number).as_bytes(), &amount).await;
    }

    async fn mine(&self) {
        self.0.world.mine(1).await;
    }

    async fn reorganise(&self, random: &mut StdRng) {
        let depth = random.random_range(1..u64::from(FINAL));
        self.0.world.node.drop_blocks(depth).await.expect("dropped");
        self.0.world.mine_empty(depth + 1).await;
    }

    async fn restart(&mut self) {
        self.0.world.node.stop();
        self.0.world.node.start_again().await.expect("it starts");
    }

    async fn assert_paid(&self, count: u32) {
        let scripts: Vec<_> = (0..count)
            .map(|number| format!("raw({})", hex::encode(receiver(number))))
            .collect();
        let found = self
            .0
            .world
            .node
            .call("scantxoutset", json!(["start", scripts]));
        let found = found.await.expect("an answer");
        let mut held: Vec<(String, u64)> = found["unspents"]
            .as_array()
            .expect("outputs")
            .iter()
            .map(|output| {
                let amount: Amount = format!("{} BTC", output["amount"]).parse().expect("sats");
                let script = output["scriptPubKey"].as_str().expect("a script");
                (script.to_owned(), amount.to_sat())
            })
            .collect();
        held.sort();
        let wanted: Vec<_> = (0..count)
            .map(|number| {
                let sats = LEAST_SATS + u64::from(number);
                (hex::encode(receiver(number)), sats)
            })
            .collect();
        assert!(held == wanted, "{} outputs for {count}", held.len());
    }

    async fn assert_agreed(&self) {
        self.0.world.caught_up().await;
        self.0.assert_agreed().await;
    }
}
