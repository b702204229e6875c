//! An exchange that pays in ETH and tokens: a filled Safe, a watcher, a customer with money.

use alloy::primitives::{Address, U256};
use serde_json::json;

use crate::arrivals::{ask, until_it_says};
use crate::comparison::{assert_agreed, book_gift};
use crate::database::Database;
use crate::house::{House, ask_withdrawal, fund, state_of};
use crate::wait;
use crate::watched_evm::{WatchedEvm, milliether_wei};
use crate::worker::Worker;

/// Until a withdrawal is final, where it is listed.
pub const FINAL: u64 = 12;

/// Places that a worker reaches once blocks hold the payment.
const LATE: [&str; 2] = ["mined_noted", "payments_settled"];

/// The whole of it.
pub struct PayingEvm {
    /// The exchange and its node; account 0 has 100 ETH.
    pub world: WatchedEvm,
    /// Who signs and pays.
    pub house: House,
    /// The hot wallet.
    pub safe: Address,
    /// Account 0's address, out of which a signer can pay.
    pub deposit: Address,
    /// Who reads the chain.
    pub watcher: Worker,
}

impl PayingEvm {
    /// Nobody signs or pays yet.
    pub async fn start(name: &str) -> PayingEvm {
        PayingEvm::on(Database::fresh().await, name).await
    }

    /// The same on a database of the test's own.
    pub async fn on(database: Database, name: &str) -> PayingEvm {
        let world = WatchedEvm::on(database, 1).await;
        let house = House::make(name).expect("tokens");
        let safe = house.settle_evm(&world.database, &world.node).await;
        let deposit = house.derive_evm(&world.owner).await;
        world.mine(1).await;
        let watcher = world.watch();
        world.caught_up().await;
        // What settling gave the Safe and the gas account.
        book_gift(&world.owner, "ETH", "1100").await;
        fund(&world.owner, world.account(0), "ETH", "100").await;
        PayingEvm {
            world,
            house,
            safe: safe.expect("a Safe"),
            deposit: deposit.expect("an address"),
            watcher,
        }
    }

    /// Gives the Safe 50 USDT and account 0 a hundred.
    pub async fn gets_tokens(&self) {
        self.world.mint(self.safe, 50_000_000).await;
        self.mined(1).await;
        fund(&self.world.owner, self.world.account(0), "USDT", "100").await;
    }

    /// Starts a worker that pays.
    pub fn pays(&self, more: &[(&'static str, String)]) -> Worker {
        let mut settings = self.world.settings();
        settings.extend(more.iter().cloned());
        self.house.payments(&self.world.database, &settings)
    }

    /// Asks for an approved withdrawal of ETH; gives its number.
    pub async fn withdraw(&self, to: Address, amount: &str) -> i64 {
        let (owner, account) = (&self.world.owner, self.world.account(0));
        ask_withdrawal(owner, account, "ETH", to.as_slice(), amount).await
    }

    /// Waits until a withdrawal is in a state.
    pub async fn until(&self, withdrawal: i64, state: &str) {
        until_it_says(&self.world.owner, &state_of(withdrawal), state).await;
    }

    /// Mines what waits, and so many blocks in all.
    pub async fn mined(&self, blocks: u64) {
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

    /// A withdrawal of 0.1 ETH on its way to a place of the worker that pays, which is started with
    /// this variable naming the place: the worker, and the withdrawal.
    pub async fn withdraw_through(
        &self,
        to: Address,
        variable: &'static str,
        point: &str,
    ) -> (Worker, i64) {
        let mut settings = vec![(variable, point.to_owned())];
        let (is_late, is_bump) = (LATE.contains(&point), point == "bump_added");
        if is_bump {
            settings.push(("EXCHANGE_BUMP_AFTER_MS", "500".to_owned()));
        }
        let worker = self.pays(&settings);
        let withdrawal = self.withdraw(to, "0.1").await;
        if is_late || is_bump {
            self.until(withdrawal, "broadcast").await;
        }
        if is_bump {
            let spike = json!(["0x174876e800"]);
            let set = self
                .world
                .node
                .call("anvil_setNextBlockBaseFeePerGas", spike);
            set.await.expect("set");
            self.mined(1).await;
        }
        if is_late {
            self.mined(FINAL).await;
        }
        (worker, withdrawal)
    }

    /// Mines until every withdrawal is confirmed, and panics where the receiver has not 0.1 ETH a
    /// withdrawal, or chain and books do not agree.
    pub async fn ends_well(&self, to: Address, withdrawals: u64, point: &str) {
        if point == "bump_added" {
            let sent = "select count(*)::text from chain.attempts
                where number = 2 and state = 'broadcast'";
            until_it_says(&self.world.owner, sent, "1").await;
        }
        let open = "select count(*)::text from exchange.withdrawals where state <> 'confirmed'";
        wait::until(&format!("all are confirmed after {point}"), async || {
            // No faster than the watcher reads: it may have to come back to its database first.
            self.mined(1).await;
            ask(&self.world.owner, open).await == "0"
        })
        .await;
        self.world.caught_up().await;
        let held = self.holds(to).await;
        assert_eq!(held, milliether_wei(100 * withdrawals), "{point}");
        self.assert_agreed().await;
    }

    /// What an account has, in wei.
    pub async fn holds(&self, address: Address) -> U256 {
        self.world.node.balance(address).await.expect("a balance")
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

/// An address of the tests.
pub fn receiver(number: u8) -> Address {
    Address::repeat_byte(0x50 + number)
}
