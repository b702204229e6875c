//! The bench runs from end to end, and what its floor writes passes every check.

use std::time::Duration;

use tests::api_server::Build;
use tests::bench::chains::ChainsPlan;
use tests::bench::http::run::HttpPlan;
use tests::bench::run::{Part, Plan, run};

const BRIEF: Plan = Plan {
    slice: Duration::from_millis(300),
    rounds: 1,
    snapshot: Duration::from_millis(300),
    resting: 256,
    rebuild: 5_000,
    core_operations: 0,
    documents: 10,
    owed: 2_000,
    chains: ChainsPlan {
        addresses: 1_000,
        outputs: 100,
        deposits: 100,
        blocks: 10,
        build: Build::Debug,
    },
    http: HttpPlan {
        slice: Duration::from_millis(1500),
        connections: 4,
        offered_per_s: 50,
        sockets: 4,
        build: Build::Debug,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bench_runs_and_its_floor_writes_what_the_engine_would() {
    let parts = [Part::Rebuild, Part::Rates, Part::Snapshot, Part::Plain];
    let report = run(&BRIEF, &parts).await.expect("it runs");
    for name in [
        "floor_orders_per_s",
        "engine_orders_per_s_1",
        "engine_orders_per_s_256",
        "engine_under_snapshot_per_s",
        "plpgsql_orders_per_s",
        "wal_bytes_per_order",
        "shared_memory_bytes_per_order",
    ] {
        assert!(report.get(name) > 0, "{name} was not measured");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_are_measured_beside_the_book() {
    let report = run(&BRIEF, &[Part::Logins]).await.expect("it runs");
    for name in [
        "logins_per_1000_s",
        "depth_under_logins_count",
        "session_check_us",
    ] {
        assert!(report.get(name) > 0, "{name} was not measured");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identity_documents_are_measured() {
    let report = run(&BRIEF, &[Part::Kyc]).await.expect("it runs");
    assert_eq!(report.get("kyc_approved"), 10);
    assert!(report.get("kyc_decision_p99_us") > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proofs_are_measured() {
    let report = run(&BRIEF, &[Part::Proof]).await.expect("it runs");
    assert!(report.get("proof_leaves") >= 2_000);
    assert!(report.get("proof_path_p99_us") > 0);
}
