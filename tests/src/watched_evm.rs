//! An exchange whose accounts have Ethereum addresses, a node, and a listed token.

use alloy::primitives::{Address, TxHash, U256};
use alloy::sol;
use alloy::sol_types::SolCall as _;
use tokio_postgres::Client;

use crate::arrivals::{arrived, ask, open_accounts};
use crate::chain_fixture::{ETHEREUM, give_address, list_ethereum};
use crate::database::Database;
use crate::evm_node::EvmNode;
use crate::wait;
use crate::worker::Worker;

sol! {
    function mint(address to, uint256 value);
    function transfer(address to, uint256 value);
    function balanceOf(address of) returns (uint256);
}

/// Atoms of the token that the payer begins with.
const MINTED: u64 = 1_000_000_000_000;
/// Wei of an ETH.
const ETHER: u64 = 1_000_000_000_000_000_000;

/// The whole of it.
pub struct WatchedEvm {
    /// The exchange.
    pub database: Database,
    /// A session that may do everything.
    pub owner: Client,
    /// The node. Its account 0 pays, and owns the token.
    pub node: EvmNode,
    /// The contract of USDT.
    pub token: Address,
    first_account: i64,
    accounts: u8,
}

impl WatchedEvm {
    /// So many accounts, each with an address; nobody watches yet.
    pub async fn start(accounts: u8) -> WatchedEvm {
        WatchedEvm::on(Database::fresh().await, accounts).await
    }

    /// The same on a database of the test's own.
    pub async fn on(database: Database, accounts: u8) -> WatchedEvm {
        let node = EvmNode::start().await.expect("a node");
        let token = node.deploy_token("USDT", 6).await.expect("a token");
        WatchedEvm::made_of(database, node, token, accounts).await
    }

    /// The same with a node and a token that is on it.
    pub async fn with_token(node: EvmNode, token: Address, accounts: u8) -> WatchedEvm {
        WatchedEvm::made_of(Database::fresh().await, node, token, accounts).await
    }

    async fn made_of(
        database: Database,
        node: EvmNode,
        token: Address,
        accounts: u8,
    ) -> WatchedEvm {
        let owner = database.owner().await;
        list_ethereum(&owner, Some(token)).await;
        let first_account = open_accounts(&owner, accounts.into()).await;
        let world = WatchedEvm {
            database,
            owner,
            node,
            token,
            first_account,
            accounts,
        };
        for number in 0..accounts {
            let (address, account) = (world.address(number), world.account(number));
            let name = address.to_checksum(None);
            give_address(&world.owner, ETHEREUM, account, "ETH", &name, &address[..]).await;
        }
        world.mint(world.node.account(0), MINTED).await;
        world.mine(1).await;
        world
    }

    /// An account, counted from 0.
    pub fn account(&self, number: u8) -> i64 {
        self.first_account + i64::from(number)
    }

    /// Its address.
    pub fn address(&self, number: u8) -> Address {
        Address::repeat_byte(0xa0 + number)
    }

    /// What a watcher needs to know.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("EXCHANGE_EVM_URL", self.node.url()),
            ("EXCHANGE_CHAIN_PAUSE_MS", "50".to_owned()),
        ]
    }

    /// Starts a watcher.
    pub fn watch(&self) -> Worker {
        let worker = Worker::start_with(&self.database, "evm", &self.settings());
        worker.expect("the watcher starts")
    }

    /// Starts one that ends itself at a place.
    pub fn watch_until(&self, fault_point: &str) -> Worker {
        let mut settings = self.settings();
        settings.push(("EXCHANGE_FAULT_POINT", fault_point.to_owned()));
        let worker = Worker::start_with(&self.database, "evm", &settings);
        worker.expect("the watcher starts")
    }

    /// Pays an account thousandths of an ETH; the transaction waits to be mined.
    pub async fn pay(&self, number: u8, milliether: u64) -> TxHash {
        let wei = milliether_wei(milliether);
        let paid = self.node.pay(0, self.address(number), wei).await;
        paid.expect("the node takes it")
    }

    /// Pays an account atoms of the listed token, or of another contract.
    pub async fn pay_token(&self, contract: Address, number: u8, atoms: u64) -> TxHash {
        let call = transferCall {
            to: self.address(number),
            value: U256::from(atoms),
        };
        let paid = self
            .node
            .invoke(0, contract, call.abi_encode(), U256::ZERO)
            .await;
        paid.expect("the node takes it")
    }

    /// Gives somebody tokens that did not exist.
    pub async fn mint(&self, to: Address, atoms: u64) {
        let value = U256::from(atoms);
        let minted = mintCall { to, value }.abi_encode();
        let minted = self.node.invoke(0, self.token, minted, U256::ZERO).await;
        minted.expect("the node takes it");
    }

    /// Mines blocks of what waits.
    pub async fn mine(&self, blocks: u64) {
        self.node.mine(blocks).await.expect("mined");
    }

    /// Waits until the database is where the node is, which may go on meanwhile: what workers send
    /// is mined at once by some tests' nodes.
    pub async fn caught_up(&self) {
        wait::until("the watcher has caught up", async || {
            self.is_caught_up().await
        })
        .await;
    }

    /// Whether the database is where the node is.
    pub async fn is_caught_up(&self) -> bool {
        let block = self
            .node
            .call("eth_getBlockByNumber", serde_json::json!(["latest", false]))
            .await
            .expect("a block");
        let tip = block["hash"].as_str().expect("a hash");
        let text = "select '0x' || encode(hash, 'hex') from chain.blocks
            where network_id = 2 and is_active order by height desc limit 1";
        ask(&self.owner, text).await == tip
    }

    /// Panics where the chain holds at deposit addresses something else than the exchange knows.
    pub async fn assert_sums_agree(&self) {
        let (mut ether, mut tokens) = (U256::ZERO, U256::ZERO);
        for number in 0..self.accounts {
            let of = self.address(number);
            ether += self.node.balance(of).await.expect("a balance");
            let asked = balanceOfCall { of }.abi_encode();
            let said = self.node.ask(self.token, asked).await.expect("an answer");
            tokens += U256::from_be_slice(&said);
        }
        assert_eq!(ether.to_string(), arrived(&self.owner, "ETH").await);
        assert_eq!(tokens.to_string(), arrived(&self.owner, "USDT").await);
    }
}

/// The call that sends atoms of a token.
pub fn transfer_to(to: Address, atoms: u64) -> Vec<u8> {
    let value = U256::from(atoms);
    transferCall { to, value }.abi_encode()
}

/// The call that asks for what somebody has of a token.
pub fn balance_of(of: Address) -> Vec<u8> {
    balanceOfCall { of }.abi_encode()
}

/// Thousandths of an ETH in wei.
pub fn milliether_wei(milliether: u64) -> U256 {
    U256::from(milliether) * U256::from(ETHER / 1000)
}

/// What sends atoms of a token.
pub fn transfer_call(to: Address, atoms: u64) -> Vec<u8> {
    let value = U256::from(atoms);
    transferCall { to, value }.abi_encode()
}

/// What asks a token for a balance.
pub fn balance_call(of: Address) -> Vec<u8> {
    balanceOfCall { of }.abi_encode()
}
