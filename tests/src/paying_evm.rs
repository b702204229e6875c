//! An exchange that pays in ETH and tokens: a filled Safe, a watcher, a customer with money.

use alloy::primitives::{Address, U256};

use crate::arrivals::{ask, until_it_says};
use crate::comparison::{assert_agreed, book_gift};
use crate::database::Database;
use crate::house::{House, ask_withdrawal, fund, state_of};
use crate::wait;
use crate::watched_evm::WatchedEvm;
use crate::worker::Worker;

/// Until a withdrawal is final, where it is listed.
pub const FINAL: u64 = 12;

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
    _watcher: Worker,
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
            _watcher: watcher,
        }
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
