//! Processes are killed under load, and nothing that was acknowledged is lost.
//!
//! Clients trade through SQL and through the API, and remember what they were told. Backends, the
//! API and the whole server are killed by SIGKILL in turn; after each kill the memory is compared
//! with the tables, the book with the tables, and every check is run.

mod acknowledged;
mod load;

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use tests::api_server::{self, ApiServer};
use tests::checks::assert_clean;
use tests::cluster::{Cluster, Settings, kill_process};
use tests::database::Database;
use tests::trading::book_problems;
use tests::{fixture, wait};
use tokio::sync::RwLock;

use acknowledged::Acknowledged;

/// What is killed, in turn, until there were enough.
const VICTIMS: [Victim; 4] = [Victim::Backend, Victim::Server, Victim::Api, Victim::Server];
const KILLS: usize = 24;
/// Acknowledgements between two kills, so that each meets the load at work.
const ACKNOWLEDGEMENTS: usize = 200;

#[derive(Clone, Copy, Debug)]
enum Victim {
    Backend,
    Api,
    Server,
}

/// What the clients share.
struct Load {
    database: Database,
    first_account: i64,
    api_port: AtomicU16,
    tokens: Vec<String>,
    acknowledged: Acknowledged,
    /// Held by a client during a request, and whole by whoever compares.
    gate: RwLock<()>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nothing_acknowledged_is_lost_when_processes_are_killed() {
    let settings = Settings {
        durable: true,
        max_markets: 8,
        max_open_orders: 65_536,
        extra: "",
    };
    let cluster = Cluster::start(settings).expect("a cluster");
    let database = Database::on(cluster.primary()).await.expect("an exchange");
    let owner = database.owner().await;
    let first_account = fixture::populate(&owner, 10).await;
    let mut api = ApiServer::start(&database).await.expect("the API starts");
    let mut tokens = Vec::new();
    for name in ["dora", "emil"] {
        let account = api_server::open_account(&owner, name)
            .await
            .expect("an account");
        for asset in ["BTC", "ETH", "USDT"] {
            let text = format!(
                "select exchange.adjust_balance({account}, '{asset}', 1000000, 'test',
                     'fund-{name}-{asset}')"
            );
            owner.batch_execute(&text).await.expect("money");
        }
        tokens.push(api_server::login(api.port(), name).await.expect("a login"));
    }
    drop(owner);
    let load = Arc::new(Load {
        database,
        first_account,
        api_port: AtomicU16::new(api.port()),
        tokens,
        acknowledged: Acknowledged::default(),
        gate: RwLock::new(()),
    });
    let clients = load::start(&load);
    for kill in 0..KILLS {
        let victim = VICTIMS[kill % VICTIMS.len()];
        wait_for_work(&load).await;
        match victim {
            Victim::Backend => kill_backend(&load.database).await,
            Victim::Server => tokio::task::block_in_place(|| {
                cluster.primary().kill().expect("it is killed");
                cluster.primary().start().expect("it starts again");
            }),
            Victim::Api => {
                api.kill().expect("it is killed");
                api = ApiServer::start(&load.database)
                    .await
                    .expect("it starts again");
                load.api_port.store(api.port(), Ordering::Relaxed);
            }
        }
        compare(&load, kill, victim).await;
    }
    for client in clients {
        client.abort();
    }
    let (orders, trades, cancels) = load.acknowledged.counts();
    assert!(
        orders > 1000 && trades > 200 && cancels > 50,
        "{orders}, {trades}, {cancels}"
    );
}

/// Until every kind of client was answered again and enough was acknowledged.
async fn wait_for_work(load: &Load) {
    let before = load.acknowledged.seen();
    wait::until("the load goes on", async || {
        let now = load.acknowledged.seen();
        now.0 > before.0 + ACKNOWLEDGEMENTS && now.1 > before.1 + 5
    })
    .await;
}

/// Kills a backend that trades; the postmaster then restarts all others by itself.
async fn kill_backend(database: &Database) {
    let owner = database.owner().await;
    let text = "select pid from pg_stat_activity
        where usename = 'exchange_api' and backend_type = 'client backend'
        order by state = 'active' desc, random() limit 1";
    let process: i32 = owner
        .query_one(text, &[])
        .await
        .expect("somebody trades")
        .get(0);
    kill_process(process.unsigned_abs());
    wait::until("the server took notice", async || owner.is_closed()).await;
}

/// Nobody trades meanwhile; the book was rebuilt by the first who touched it, or is now.
async fn compare(load: &Load, kill: usize, victim: Victim) {
    let _alone = load.gate.write().await;
    wait::until("the server takes connections", async || {
        load.database.connect("postgres").await.is_ok()
    })
    .await;
    let owner = load.database.owner().await;
    let place = format!("kill {kill}, {victim:?}");
    load.acknowledged.compare(&owner, &place).await;
    assert_eq!(book_problems(&owner).await, Vec::<String>::new(), "{place}");
    assert_clean(&owner).await;
}
