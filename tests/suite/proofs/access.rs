//! Who sees what of a proof.

use serde_json::Value;
use tests::api_server::{self, Answer, ApiServer};
use tests::database::Database;
use tests::fixture;
use tests::trading::{number, refusal};
use tokio_postgres::Client;

use super::stage::make;

const DENIED: &str = "42501";

struct Stage {
    database: Database,
    owner: Client,
    server: ApiServer,
}

impl Stage {
    async fn set() -> Stage {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        owner
            .batch_execute(fixture::MARKETS)
            .await
            .expect("markets");
        let server = ApiServer::start(&database).await.expect("the API starts");
        Stage {
            database,
            owner,
            server,
        }
    }

    /// A user with so much BTC, logged in.
    async fn user(&self, name: &str, amount: &str) -> (i64, String) {
        let account = api_server::open_account(&self.owner, name).await;
        let account = account.expect("an account");
        let text =
            format!("select exchange.adjust_balance({account}, 'BTC', {amount}, 'test', '{name}')");
        self.owner.batch_execute(&text).await.expect("funds");
        let token = api_server::login(self.server.port(), name).await;
        (account, token.expect("a token"))
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let port = self.server.port();
        let answer = api_server::request(port, "GET", path, token, None).await;
        answer.expect("an answer")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_is_given_the_own_leaf_and_nobody_else_is() {
    let stage = Stage::set().await;
    let (alice, alices) = stage.user("alice", "1.5").await;
    let (bob, bobs) = stage.user("bob", "2.25").await;
    let before = stage
        .get("/api/account/proof?asset=BTC", Some(&alices))
        .await;
    assert_eq!(before.body["code"], "PROOF_NOT_FOUND", "{before:?}");
    let proof = make(&stage.owner).await;
    let own = |body: &Value| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        (
            body["leaf"]["accountId"].as_i64(),
            text(&body["leaf"]["atoms"]),
        )
    };
    let path = format!("/api/account/proof?proofId={proof}&asset=BTC");
    let hers = stage.get(&path, Some(&alices)).await.body;
    let his = stage
        .get("/api/account/proof?asset=BTC", Some(&bobs))
        .await
        .body;
    assert_eq!(
        own(&hers),
        (Some(alice), Some("150000000".into())),
        "{hers}"
    );
    assert_eq!(own(&his), (Some(bob), Some("225000000".into())), "{his}");
    assert_eq!(hers["root"], his["root"]);
    assert_eq!(hers["rootAtoms"], "375000000");
    // The neighbour's sum is part of the path; whose it is, is not.
    assert_eq!(hers["path"][0]["atoms"], "225000000");
    let shown = hers.to_string();
    assert!(!shown.contains(his["leaf"]["salt"].as_str().expect("a salt")));
    for (query, code) in [
        ("asset=ETH", "LEAF_NOT_FOUND"),
        ("asset=DOGE", "UNKNOWN_ASSET"),
        ("asset=BTC&proofId=999", "PROOF_NOT_FOUND"),
        ("asset=BTC&proofId=0", "MALFORMED"),
        ("", "MALFORMED"),
    ] {
        let answer = stage
            .get(&format!("/api/account/proof?{query}"), Some(&alices))
            .await;
        assert_eq!(answer.body["code"], code, "{query}: {answer:?}");
    }
    let nobody = stage.get(&path, None).await;
    assert_eq!(nobody.status, 401);
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_the_roots_page_by_page() {
    let stage = Stage::set().await;
    stage.user("alice", "1.5").await;
    for _ in 0..3 {
        make(&stage.owner).await;
    }
    let first = stage.get("/api/wallet/proofs?limit=2", None).await.body;
    assert_eq!(first["proofs"][0]["proofId"], 3, "{first}");
    let bitcoin = &first["proofs"][0]["liabilities"][0];
    assert_eq!(bitcoin["asset"], "BTC");
    assert_eq!(bitcoin["sum"], "1.50000000");
    assert_eq!(bitcoin["leaves"], 1);
    assert_eq!(first["nextCursor"], "2");
    let next = stage
        .get("/api/wallet/proofs?limit=2&cursor=2", None)
        .await
        .body;
    assert_eq!(next["proofs"][0]["proofId"], 1, "{next}");
    assert_eq!(next["nextCursor"], Value::Null);
    assert!(!first.to_string().contains("secret"));
    stage.database.drop().await;
}

#[tokio::test]
async fn no_role_reads_leaves_or_salts_or_another_accounts_path() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 2).await;
    make(&owner).await;
    for role in [
        "exchange_api",
        "exchange_worker",
        "exchange_analyst",
        "exchange_signer_a",
    ] {
        let client = database.connect(role).await.expect("the role logs in");
        for statement in [
            "select from proof.pages",
            "select secret from proof.roots",
            "select proof.halt_coin(1, 1, 'x')",
            "select proof.book_loss('x', 'hot', 'BTC', '', 1, 'x')",
        ] {
            let (code, words) = refusal(&client, statement).await;
            assert_eq!(code, DENIED, "{role}: {statement}: {words}");
        }
    }
    let trader = database.trader().await;
    let other = format!(
        "set exchange.account_id = {first}; select * from proof.path_of({}, null, 'BTC')",
        first + 1
    );
    assert_eq!(refusal(&trader, &other).await.0, DENIED);
    let nobody =
        format!("reset exchange.account_id; select * from proof.path_of({first}, null, 'BTC')");
    assert_eq!(refusal(&trader, &nobody).await.0, DENIED);
    database.drop().await;
}

#[tokio::test]
async fn leaves_are_forgotten_and_roots_stay() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 2).await;
    let (old, new) = (make(&owner).await, make(&owner).await);
    let age = format!(
        "update proof.proofs set made_at = now() - interval '91 days' where proof_id = {old}"
    );
    owner.batch_execute(&age).await.expect("aged");
    let forget = "select proof.forget_pages(90, 10)::bigint";
    assert_eq!(number(&owner, forget).await, 1);
    assert_eq!(number(&owner, forget).await, 0);
    let left = "select count(distinct proof_id) from proof.pages";
    assert_eq!(number(&owner, left).await, 1);
    let roots = "select count(distinct proof_id) from proof.roots";
    assert_eq!(number(&owner, roots).await, 2);
    let newest = format!("select count(*) from proof.pages where proof_id = {new}");
    assert_eq!(number(&owner, &newest).await, 3);
    database.drop().await;
}
