//! The database stands still, restarts, or fails over: requests are refused in time, and all goes
//! on by itself.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::api_server::{Answer, PASSWORD, request};
use tests::checks::assert_clean;
use tests::cluster::{Cluster, Settings};
use tests::database::Database;
use tests::wait;

use super::{STRICT, count_orders, furnish, place, resting, serve};

/// As promised; the fastest of the rounds keeps it on a loaded machine too.
const PROMISED: Duration = Duration::from_secs(1);
/// Each of the others, with what a loaded machine adds.
const IN_TIME: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

const KINDS: [&str; 5] = ["order", "depth", "balances", "orders", "login"];

async fn ask(kind: &str, port: u16, token: &str, number: usize) -> Option<Answer> {
    let get = async |path: &str| request(port, "GET", path, Some(token), None).await.ok();
    match kind {
        "order" => {
            let order = resting("BTC/USDT", &format!("away-{number}"));
            place(port, token, &order).await
        }
        "depth" => get("/api/market/depth?market=BTC/USDT").await,
        "balances" => get("/api/account/balances").await,
        "orders" => get("/api/trade/orders?limit=5").await,
        _ => {
            let body = json!({ "email": "dora@example.com", "password": PASSWORD }).to_string();
            request(port, "POST", "/api/auth/login", None, Some(&body))
                .await
                .ok()
        }
    }
}

async fn all_are_refused_in_time(port: u16, token: &str, first: usize) {
    let mut fastest = [IN_TIME; KINDS.len()];
    for round in 0..ROUNDS {
        let asked = KINDS.map(|kind| async move {
            let began = Instant::now();
            let answer = ask(kind, port, token, first + round).await;
            let status = answer.map(|answer| answer.status);
            assert_eq!(status, Some(503), "{kind}, round {round}");
            began.elapsed()
        });
        let took = futures::future::join_all(asked).await;
        for (fastest, took) in fastest.iter_mut().zip(took) {
            assert!(took < IN_TIME, "round {round}: {took:?}");
            *fastest = took.min(*fastest);
        }
    }
    let kept = fastest.iter().all(|took| *took < PROMISED);
    assert!(kept, "{KINDS:?} took {fastest:?}");
}

async fn all_are_served_again(port: u16, token: &str, first: usize) {
    for kind in KINDS {
        let what = format!("{kind} is served again");
        wait::until(&what, async || {
            let answer = ask(kind, port, token, first).await;
            answer.is_some_and(|answer| answer.status == 200)
        })
        .await;
    }
}

fn cluster() -> Cluster {
    let settings = Settings {
        max_markets: 8,
        max_open_orders: 65_536,
        ..Settings::default()
    };
    Cluster::start(settings).expect("a cluster")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stands_still_costs_a_503_in_time_and_recovers_by_itself() {
    let cluster = cluster();
    let database = Database::on(cluster.primary()).await.expect("an exchange");
    furnish(&database).await;
    let (server, token) = serve(&database, &STRICT).await;
    all_are_served_again(server.port(), &token, 0).await;
    cluster.primary().freeze().expect("it stands still");
    all_are_refused_in_time(server.port(), &token, 10).await;
    cluster.primary().thaw().expect("it goes on");
    all_are_served_again(server.port(), &token, 20).await;
    let owner = database.owner().await;
    let done = count_orders(&owner, "away-1").await;
    assert!(done <= 1, "{done} were done long after their clients left");
    assert_clean(&owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_and_a_failover_cost_503s_and_lose_nothing() {
    let cluster = cluster();
    let database = Database::on(cluster.primary()).await.expect("an exchange");
    furnish(&database).await;
    let (server, token) = serve(&database, &STRICT).await;
    all_are_served_again(server.port(), &token, 0).await;
    let mut standby = cluster.standby().expect("a standby");
    cluster.primary().stop().expect("it stops");
    all_are_refused_in_time(server.port(), &token, 10).await;
    cluster.primary().start().expect("it starts");
    all_are_served_again(server.port(), &token, 20).await;
    wait::until("the standby has caught up", async || {
        let there = Database::existing(&standby, database.name());
        let Ok(client) = there.connect("postgres").await else {
            return false;
        };
        count_orders(&client, "away-20").await == 1
    })
    .await;
    standby
        .take_over(cluster.primary())
        .expect("the standby takes over");
    all_are_served_again(server.port(), &token, 30).await;
    let owner = database.owner().await;
    for order in ["away-0", "away-20", "away-30"] {
        assert_eq!(count_orders(&owner, order).await, 1, "{order}");
    }
    assert_eq!(count_orders(&owner, "away-1").await, 0);
    assert_clean(&owner).await;
}
