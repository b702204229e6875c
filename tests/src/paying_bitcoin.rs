//! An exchange that pays in Bitcoin: a filled hot wallet, a watcher, a customer with money.

use bitcoin::{Address, ScriptBuf};
use serde_json::json;

use crate::arrivals::{ask, until_it_says};
use crate::comparison::assert_agreed;
use crate::database::Database;
use crate::house::{DepositAddress, House, ask_withdrawal, fund, state_of};
use crate::purse::Purse;
use crate::wait;
use crate::watched_bitcoin::WatchedBitcoin;
use crate::worker::Worker;

/// Until a withdrawal is final, where it is listed.
pub const FINAL: u32 = 6;
/// Outputs of 1 BTC that the hot wallet begins with.
const OUTPUTS: usize = 4;

/// Who gets what is stuck and bumped.
const STUCK: u8 = 90;
/// Places that a worker reaches once blocks hold the payment.
const LATE: [&str; 2] = ["mined_noted", "payments_settled"];

/// The whole of it.
pub struct PayingBitcoin {
    /// The exchange and its node; account 0 has 10 BTC.
    pub world: WatchedBitcoin,
    /// Who signs and pays.
    pub house: House,
    /// Account 0's address, out of which a signer can pay.
    pub deposit: DepositAddress,
    /// The hot wallet.
    pub hot: ScriptBuf,
    /// Who reads the chain.
    pub watcher: Worker,
}

impl PayingBitcoin {
    /// Nobody signs or pays yet.
    pub async fn start(name: &str) -> PayingBitcoin {
        PayingBitcoin::on(Database::fresh().await, name).await
    }

    /// The same on a database of the test's own.
    pub async fn on(database: Database, name: &str) -> PayingBitcoin {
        let mut world = WatchedBitcoin::on(database, 1).await;
        let house = House::make(name).expect("tokens");
        let hot = house.settle_bitcoin(&world.database).expect("a wallet");
        let hot = script_of(&hot);
        let deposit = house.derive_bitcoin(&world.owner).await;
        let outputs = vec![(hot.clone(), 100_000_000); OUTPUTS];
        let filled = world.purse.pay(&outputs, 10_000).expect("a payment");
        world.node.send(&filled).await.expect("taken");
        world.mine(1).await;
        let watcher = world.watch();
        world.caught_up().await;
        fund(&world.owner, world.account(0), "BTC", "10").await;
        PayingBitcoin {
            world,
            house,
            deposit: deposit.expect("an address"),
            hot,
            watcher,
        }
    }

    /// Starts a worker that pays.
    pub fn pays(&self, more: &[(&'static str, String)]) -> Worker {
        let mut settings = self.world.settings();
        settings.push(("EXCHANGE_BITCOIN_XPUB", self.deposit.key.clone()));
        settings.extend(more.iter().cloned());
        self.house.payments(&self.world.database, &settings)
    }

    /// Asks for an approved withdrawal; gives its number.
    pub async fn withdraw(&self, to: &ScriptBuf, amount: &str) -> i64 {
        let (owner, account) = (&self.world.owner, self.world.account(0));
        ask_withdrawal(owner, account, "BTC", to.as_bytes(), amount).await
    }

    /// Waits until a withdrawal is in a state.
    pub async fn until(&self, withdrawal: i64, state: &str) {
        until_it_says(&self.world.owner, &state_of(withdrawal), state).await;
    }

    /// Mines what waits, and so many blocks in all.
    pub async fn mined(&self, blocks: u32) {
        self.world.mine(blocks).await;
        self.world.caught_up().await;
    }

    /// Mines until a block holds the one attempt, which may have to be sent again first.
    pub async fn mined_again(&self) {
        wait::until("a block holds the attempt", async || {
            self.mined(1).await;
            ask(&self.world.owner, "select state from chain.attempts").await == "mined"
        })
        .await;
    }

    /// A withdrawal of 0.1 BTC on its way to a place of the worker that pays, which is started with
    /// this variable naming the place: the worker, and the withdrawal.
    pub async fn withdraw_through(
        &self,
        key: u8,
        variable: &'static str,
        point: &str,
    ) -> (Worker, i64) {
        let mut settings = vec![(variable, point.to_owned())];
        if point == "bump_added" {
            // Blocks ask for more from the first transaction on.
            let stuck = self.withdraw(&receiver(STUCK), "0.1").await;
            let _payments = self.pays(&[]);
            self.until(stuck, "broadcast").await;
            settings.push(("EXCHANGE_MIN_SATS_PER_KVB", "5000".to_owned()));
            settings.push(("EXCHANGE_BUMP_AFTER_MS", "100".to_owned()));
        }
        let worker = self.pays(&settings);
        let withdrawal = self.withdraw(&receiver(key), "0.1").await;
        if LATE.contains(&point) {
            self.until(withdrawal, "broadcast").await;
            self.mined(FINAL).await;
        }
        (worker, withdrawal)
    }

    /// Mines until every withdrawal is confirmed, of which each had 0.1 BTC, and panics where chain
    /// and books do not agree.
    pub async fn ends_well(&self, key: u8, point: &str) {
        if point == "bump_added" {
            let sent = "select count(*)::text from chain.attempts
                where number = 2 and state = 'broadcast'";
            until_it_says(&self.world.owner, sent, "1").await;
        }
        // A node that has lost blocks undoes what was settled: then it is sent again.
        let open = "select ((select count(*) from exchange.withdrawals where state <> 'confirmed')
            + (select count(*) from chain.payments where ended_at is null))::text";
        wait::until(&format!("all is paid after {point}"), async || {
            self.world.mine(1).await;
            ask(&self.world.owner, open).await == "0"
                && self.world.is_caught_up().await
                && self.holds(key).await == "0.1"
        })
        .await;
        if point == "bump_added" {
            assert_eq!(self.holds(STUCK).await, "0.1", "what was bumped");
        }
        self.assert_agreed().await;
    }

    /// What the chain holds for a key, in bitcoins as the node writes them.
    pub async fn holds(&self, key: u8) -> String {
        self.holds_at(Purse::new(key).address().to_string().as_str())
            .await
    }

    /// What the chain holds for an address, in bitcoins as the node writes them.
    pub async fn holds_at(&self, address: &str) -> String {
        let params = json!(["start", [format!("addr({address})")]]);
        let found = self.world.node.call("scantxoutset", params).await;
        found.expect("an answer")["total_amount"].to_string()
    }

    /// Panics where checks, books and chain do not agree.
    pub async fn assert_agreed(&self) {
        assert_agreed(
            &self.world.database,
            &self.world.owner,
            &self.world.settings(),
        )
        .await;
    }
}

/// What pays a key of the tests.
pub fn receiver(key: u8) -> ScriptBuf {
    Purse::new(key).address().script_pubkey()
}

/// What pays an address.
pub fn script_of(address: &str) -> ScriptBuf {
    let address = address.parse::<Address<_>>().expect("an address");
    address.assume_checked().script_pubkey()
}
