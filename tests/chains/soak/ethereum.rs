//! Ethereum: one transaction each, all through one Safe.

use alloy::primitives::{Address, U256};
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tests::arrivals::ask;
use tests::database::Database;
use tests::house::{House, ask_withdrawal, fund};
use tests::outage::durable;
use tests::paying_evm::{FINAL, PayingEvm};
use tests::worker::Worker;
use tokio_postgres::Client;

use super::{Town, survive};

/// Each gets a milliether, and its number of gwei more.
const GWEI: u64 = 1_000_000_000;
const LEAST_GWEI: u64 = 1_000_000;

struct Ethereum(PayingEvm);

#[tokio::test]
async fn many_ethereum_withdrawals_with_faults_are_each_paid_once() {
    let (cluster, database) = durable().await;
    let paying = PayingEvm::on(database, "soak_evm").await;
    fund(&paying.world.owner, paying.world.account(0), "ETH", "900").await;
    survive(Ethereum(paying), &cluster).await;
}

impl Ethereum {
    /// Transactions of the gas account that are not in the books with what they have cost.
    async fn unbooked(&self) -> String {
        let owner = &self.0.world.owner;
        let gas = "select '0x' || encode(script, 'hex') from chain.wallets where role = 'gas'";
        let gas = ask(owner, gas).await;
        let first = "select min(nonce)::text from chain.attempts where from_script is not null";
        let first: u64 = ask(owner, first).await.parse().expect("a number");
        let node = &self.0.world.node;
        let mut unbooked = Vec::new();
        for height in 0..=node.height().await.expect("a height") {
            let of_block = json!([format!("{height:#x}")]);
            let receipts = node.call("eth_getBlockReceipts", of_block.clone()).await;
            let receipts = receipts.expect("receipts");
            for receipt in receipts.as_array().expect("a list") {
                if receipt["from"] != gas {
                    continue;
                }
                let txid = receipt["transactionHash"].as_str().expect("a hash");
                let sent = node.call("eth_getTransactionByHash", json!([txid])).await;
                let nonce = number(&sent.expect("a transaction")["nonce"]);
                if nonce < U256::from(first) {
                    continue;
                }
                let fee = number(&receipt["gasUsed"]) * number(&receipt["effectiveGasPrice"]);
                let booked = format!(
                    "select chain.atoms(c.amount, 18) from exchange.network_costs c
                     join chain.attempts a using (attempt_id) where a.txid = '\\{}'",
                    &txid[1..]
                );
                let booked = ask(owner, &booked).await;
                if booked != fee.to_string() {
                    let known = format!(
                        "select (a.*)::text from chain.attempts a where a.txid = '\\{}'",
                        &txid[1..]
                    );
                    let known = ask(owner, &known).await;
                    unbooked.push(format!(
                        "{txid} of {nonce} cost {fee}, booked {booked}: {known} {receipt}"
                    ));
                }
            }
        }
        unbooked.join("\n")
    }
}

fn number(value: &Value) -> U256 {
    value
        .as_str()
        .expect("hexadecimal")
        .parse()
        .expect("a number")
}

fn receiver(number: u32) -> Address {
    let mut bytes = [0x5b; 20];
    bytes[16..].copy_from_slice(&number.to_be_bytes());
    bytes.into()
}

impl Town for Ethereum {
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
        let amount = format!("0.{:09}", LEAST_GWEI + u64::from(number));
        ask_withdrawal(owner, account, "ETH", receiver(number).as_slice(), &amount).await;
    }

    async fn mine(&self) {
        self.0.world.mine(1).await;
    }

    async fn reorganise(&self, random: &mut StdRng) {
        let depth = random.random_range(1..FINAL);
        self.0
            .world
            .node
            .reorganise(depth)
            .await
            .expect("reorganised");
    }

    async fn restart(&mut self) {
        self.0.world.node.stop();
        self.0.world.node.start_again().await.expect("it starts");
    }

    async fn assert_paid(&self, count: u32) {
        for number in 0..count {
            let wei = U256::from((LEAST_GWEI + u64::from(number)) * GWEI);
            assert_eq!(
                self.0.holds(receiver(number)).await,
                wei,
                "receiver {number}"
            );
        }
    }

    async fn assert_agreed(&self) {
        self.0.world.caught_up().await;
        assert_eq!(self.unbooked().await, "", "what the gas account paid for");
        self.0.assert_agreed().await;
    }
}
