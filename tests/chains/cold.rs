//! The cold wallet: what leaves it is exported, signed by a machine without a network, imported and
//! sent; what the hot wallet has too much of goes there.

mod bitcoin_refills;
mod evm_refills;
mod key_files;
mod policy;
mod refill_faults;
mod statements;

use tests::arrivals::ask;
use tests::cold_room::{ColdRoom, operate};
use tests::database::Database;
use tests::house::House;
use tests::token::words;
use tests::watched_bitcoin::WatchedBitcoin;
use tokio_postgres::Client;

/// Settings of a program.
type Settings = Vec<(&'static str, String)>;

/// What a command of the operator says where it succeeds.
fn said(database: &Database, command: &str, settings: &Settings) -> String {
    let output = operate(database, command, settings);
    assert!(output.status.success(), "{command}: {}", words(&output));
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

/// What it says where it refuses.
fn refused(database: &Database, command: &str, settings: &Settings) -> String {
    let output = operate(database, command, settings);
    assert!(!output.status.success(), "{command}: {}", words(&output));
    words(&output)
}

/// A file of the room that is exported, and the commands about it.
fn about(verb: &str, room: &ColdRoom, file: &str) -> String {
    format!("cold {verb} {}", room.file(file))
}

/// Keys `first`, `second` and `third` of a cold wallet, apart by spaces; they may pay one address.
fn make_keys(room: &ColdRoom, network: &str, hot: &str) -> String {
    let make = |name: &str| {
        let key = room.make_key(name).to_string();
        room.says(&["allow", &room.file(name), network, hot]);
        key
    };
    ["first", "second", "third"].map(make).join(" ")
}

/// A Bitcoin network with both wallets of the house.
struct Bitcoin {
    world: WatchedBitcoin,
    room: ColdRoom,
    house: House,
    hot: String,
    cold: String,
}

impl Bitcoin {
    async fn start(name: &str) -> Bitcoin {
        let world = WatchedBitcoin::start(1).await;
        let (room, house) = (ColdRoom::open(), House::make(name).expect("a house"));
        let (database, settings) = (&world.database, world.settings());
        let hot = house.settle_bitcoin(database).expect("a hot wallet");
        let keys = make_keys(&room, "bitcoin:regtest", &hot);
        let cold = said(database, &format!("wallets bitcoin cold {keys}"), &settings);
        Bitcoin {
            world,
            room,
            house,
            hot,
            cold,
        }
    }

    /// Pays a wallet so many satoshis, and mines that.
    async fn fund(&mut self, address: &str, sats: u64) {
        let address = address
            .parse::<::bitcoin::Address<_>>()
            .expect("an address");
        let script = address.assume_checked().script_pubkey();
        let paid = self
            .world
            .purse
            .pay(&[(script, sats)], tests::purse::FEE)
            .expect("a payment");
        self.world
            .node
            .send(&paid)
            .await
            .expect("the node takes it");
        self.world.mine(1).await;
        self.world.caught_up().await;
    }
}

/// Compares what nodes hold with what the books say; gives how far they are apart, by asset.
async fn differences(database: &Database, owner: &Client, settings: &Settings) -> String {
    said(database, "reserves --once", settings);
    let text = "select string_agg(symbol || ' ' || difference, ', ' order by symbol) from (
        select distinct on (a.symbol) a.symbol, trim_scale(r.held - r.expected)::text as difference
        from proof.reconciliations r join exchange.assets a using (asset_id)
        order by a.symbol, r.reconciliation_id desc) last";
    ask(owner, text).await
}

/// Text of a query for what the wallet of a role has on the chain as the watcher knows it.
fn held_by(role: &str) -> String {
    format!(
        "select trim_scale(coalesce(sum(o.amount), 0))::text from chain.outputs o
         join chain.wallets w using (wallet_id)
         where w.role = '{role}' and o.spent_txid is null and o.block_hash is not null"
    )
}

/// What payments of a purpose have come to.
fn states_of(purpose: &str) -> String {
    format!(
        "select string_agg(state, ', ' order by payment_id) from chain.payments
         where purpose = '{purpose}'"
    )
}
