//! What staff see of deposits and debts, and what they decide.

use serde_json::{Value, json};
use tests::checks::assert_clean;
use tests::raw::{Call, Reply};
use tests::staff;

use super::{CONTRACT, Stage, numbers};

/// Where a deposit can go back to.
const OUTSIDE: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
/// The same on the other chain.
const EVM: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

async fn post(stage: &Stage, path: &str, token: &str, body: &Value) -> Reply {
    let answer = Call::post(path, body).by(token).send(stage.port()).await;
    answer.expect("an answer")
}

async fn member(stage: &Stage, role: &str) -> String {
    let token = staff::login(stage.port(), &stage.owner, role).await;
    token.expect("a member")
}

/// A deposit that waits for staff, with so many confirmations.
async fn suspicious(stage: &Stage, name: &str, confirmations: i64) -> (String, i64) {
    let (account, token) = stage.join(name).await;
    stage.address("BTC", &token).await;
    stage.read_blocks(20).await;
    let height = 21 - confirmations;
    let number = stage
        .deposit(account, "0.5", "suspicious", Some(height))
        .await;
    // The watcher notes the output with it.
    let text = format!(
        "insert into chain.outputs (network_id, txid, output_index, amount, address_id, block_hash,
            block_height)
        select network_id, txid, 0, amount, address_id, block_hash, block_height
        from exchange.deposits where deposit_id = {number}"
    );
    stage.run(&text).await;
    (token, number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspicious_deposit_waits_in_a_list_until_a_risk_officer_releases_it() {
    let stage = Stage::open().await;
    let (alice, number) = suspicious(&stage, "alice", 3).await;
    let (risk, support) = (
        member(&stage, "risk").await,
        member(&stage, "support").await,
    );
    for token in [&risk, &support] {
        let waiting = stage
            .get("/api/admin/deposits?state=suspicious", token)
            .await;
        let waiting = waiting.body["deposits"].as_array().expect("a list").clone();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0]["deposit"]["depositId"], number.to_string());
    }
    let release = json!({ "depositId": number.to_string(), "note": "the owner showed an invoice" });
    let path = "/api/admin/deposits/release";
    let refused = post(&stage, path, &support, &release).await;
    assert_eq!(refused.shown(), "403 PERMISSION_DENIED");
    assert_eq!(post(&stage, path, &alice, &release).await.status, 401);
    assert_eq!(post(&stage, path, &risk, &release).await.shown(), "200");
    let again = post(&stage, path, &risk, &release).await;
    assert_eq!(again.shown(), "409 DEPOSIT_DECIDED");
    let unknown = json!({ "depositId": "999", "note": "none" });
    let unknown = post(&stage, path, &risk, &unknown).await;
    assert_eq!(unknown.shown(), "404 DEPOSIT_NOT_FOUND");
    let balances = stage.get("/api/account/balances", &alice).await.body;
    assert_eq!(
        balances["balances"][0]["available"], "0.50000000",
        "{balances}"
    );
    let listed = stage
        .get("/api/wallet/deposits?state=credited", &alice)
        .await;
    assert_eq!(numbers(&listed.body["deposits"]), [number.to_string()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_goes_back_when_two_people_want_it_and_it_is_final() {
    let stage = Stage::open().await;
    let (alice, number) = suspicious(&stage, "alice", 7).await;
    let (_, young) = suspicious(&stage, "bob", 3).await;
    let (risk, finance) = (
        member(&stage, "risk").await,
        member(&stage, "finance").await,
    );
    let path = "/api/admin/deposits/refund";
    let body = |number: i64, network: &str, address: &str| {
        json!({ "depositId": number.to_string(), "network": network, "address": address,
            "reason": "stolen" })
    };
    let own = stage.address("BTC", &alice).await;
    for (body, shown) in [
        (body(number, "dogecoin", OUTSIDE), "404 UNKNOWN_NETWORK"),
        (body(number, "bitcoin", "nowhere"), "400 BAD_CHECKSUM"),
        (body(number, "bitcoin", &own), "400 INVALID_ADDRESS"),
        (body(young, "bitcoin", OUTSIDE), "409 NOT_CONFIRMED"),
        (body(number, "ethereum", EVM), "400 WRONG_NETWORK"),
    ] {
        let refused = post(&stage, path, &risk, &body).await;
        assert_eq!(refused.shown(), shown, "{body}");
    }
    let proposed = post(&stage, path, &risk, &body(number, "bitcoin", OUTSIDE)).await;
    assert_eq!(proposed.body["state"], "pending", "{proposed:?}");
    let decision = json!({ "proposalId": proposed.body["proposalId"], "approve": true,
        "reason": "agreed" });
    let decide = "/api/admin/proposals/decide";
    let alone = post(&stage, decide, &risk, &decision).await;
    assert_eq!(alone.shown(), "403 SECOND_PERSON_REQUIRED");
    let decided = post(&stage, decide, &finance, &decision).await;
    assert_eq!(decided.status, 200, "{decided:?}");
    let path = format!("/api/wallet/deposit?depositId={number}");
    let shown = stage.get(&path, &alice).await.body;
    assert_eq!(shown["state"], "refunding");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_goes_back_to_no_contract_of_a_token_and_no_wallet_of_the_house() {
    let stage = Stage::open().await;
    let (account, token) = stage.join("alice").await;
    stage.address("ETH", &token).await;
    let text = format!(
        "insert into chain.blocks (network_id, height, hash, parent_hash, mined_at)
        select 2, h, sha256(h::text::bytea), sha256((h - 1)::text::bytea), now()
        from generate_series(0, 60) h;
        insert into chain.wallets (network_id, role, address, script)
        values (2, 'hot', 'hot', decode(repeat('ee', 20), 'hex'));
        insert into exchange.deposits (network_id, txid, position, asset_id, account_id,
            address_id, amount, block_hash, block_height, required_confirmations, state)
        select 2, sha256('eth'), 'value', c.asset_id, {account}, a.address_id, 1,
            sha256('1'), 1, 12, 'suspicious'
        from chain.addresses a, chain.coins c
        where a.account_id = {account} and a.network_id = 2 and c.network_id = 2
            and c.contract is null
        limit 1"
    );
    stage.run(&text).await;
    let risk = member(&stage, "risk").await;
    let to = async |script: &[u8]| {
        let address = alloy::primitives::Address::from_slice(script).to_string();
        let body = json!({ "depositId": "1", "network": "ethereum", "address": address,
            "reason": "stolen" });
        post(&stage, "/api/admin/deposits/refund", &risk, &body).await
    };
    for inside in [&CONTRACT, &[0xee; 20]] {
        assert_eq!(to(inside).await.shown(), "400 UNSUPPORTED_ADDRESS");
    }
    let proposed = to(&[0x77; 20]).await;
    assert_eq!(proposed.body["state"], "pending", "{proposed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn debts_of_one_account_stand_on_both_sides_of_a_page() {
    let stage = Stage::open().await;
    for name in ["alice", "bob"] {
        let (account, token) = stage.join(name).await;
        stage.address("BTC", &token).await;
        let number = stage.deposit(account, "0.5", "orphaned", None).await;
        let owes = format!(
            "insert into exchange.deposit_entries (deposit_id, account_id, asset_id, amount,
                debt_amount, external_account_id, debts_account_id)
            select {number}, {account}, asset_id, -1, -1, exchange.house_account('external'),
                exchange.house_account('debts')
            from exchange.assets where symbol in ('BTC', 'ETH', 'USDT')"
        );
        stage.run(&owes).await;
    }
    let support = member(&stage, "support").await;
    let mut seen = Vec::new();
    let mut path = "/api/admin/debts?limit=2".to_owned();
    // Six debts, two a page.
    for page in 0..3 {
        let body = stage.get(&path, &support).await.body;
        for debt in body["debts"].as_array().expect("a list") {
            seen.push((debt["accountId"].as_i64(), debt["asset"].to_string()));
        }
        match body["nextCursor"].as_str() {
            Some(next) => path = format!("/api/admin/debts?limit=2&cursor={next}"),
            None => assert_eq!(page, 2, "{body}"),
        }
    }
    let different: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), different.len()), (6, 6), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_see_what_an_account_owes_and_what_it_has() {
    let stage = Stage::open().await;
    let (account, token) = stage.join("alice").await;
    stage.address("BTC", &token).await;
    let number = stage.deposit(account, "0.5", "orphaned", None).await;
    // Credited, spent, and gone from the chain.
    stage
        .run(&format!(
            "insert into exchange.deposit_entries (deposit_id, account_id, asset_id, amount,
                debt_amount, external_account_id, debts_account_id)
            select {number}, {account}, 1, amount, debt, exchange.house_account('external'),
                exchange.house_account('debts')
            from (values (0.5, 0), (-0.5, -0.2)) as e (amount, debt)"
        ))
        .await;
    let support = member(&stage, "support").await;
    let listed = stage.get("/api/admin/debts", &support).await.body;
    let debts = listed["debts"].as_array().expect("a list");
    assert_eq!(debts.len(), 1, "{listed}");
    assert_eq!(debts[0]["accountId"], account);
    assert_eq!(
        (&debts[0]["asset"], &debts[0]["owed"]),
        (&"BTC".into(), &"0.20000000".into())
    );
    assert_eq!(listed["nextCursor"], Value::Null);
    let reviewer = member(&stage, "reviewer").await;
    let refused = stage.get("/api/admin/debts", &reviewer).await;
    assert_eq!(refused.shown(), "403 PERMISSION_DENIED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_released_deposit_leaves_the_books_in_order() {
    let stage = Stage::open().await;
    let (_, number) = suspicious(&stage, "alice", 3).await;
    let risk = member(&stage, "risk").await;
    let release = json!({ "depositId": number.to_string(), "note": "all right" });
    let released = post(&stage, "/api/admin/deposits/release", &risk, &release).await;
    assert_eq!(released.status, 200, "{released:?}");
    assert_clean(&stage.owner).await;
}
