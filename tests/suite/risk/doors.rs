//! Registrations, logins and changes of security by the real API and worker: a denial is told, or
//! kept silent, and always leaves its event.

use serde_json::json;
use tests::api_server::{self, ApiServer, Build};
use tests::database::Database;
use tests::fixture;
use tests::raw::{Call, Reply};
use tests::trading::{number, rows};
use tokio_postgres::Client;

use super::{events, publish};

struct Stage {
    owner: Client,
    server: ApiServer,
    account: i64,
}

impl Stage {
    async fn set() -> Stage {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        owner
            .batch_execute(fixture::MARKETS)
            .await
            .expect("markets");
        let account = api_server::open_account(&owner, "alice").await;
        let account = account.expect("an account");
        let unlimited = [("EXCHANGE_RATE_ADDRESS", "off")];
        let server = ApiServer::start_as(&database, Build::Debug, &unlimited).await;
        let server = server.expect("the API starts");
        Stage {
            owner,
            server,
            account,
        }
    }

    async fn post(&self, path: &str, token: Option<&str>, body: &serde_json::Value) -> Reply {
        let call = Call::post(path, body);
        let call = token.map_or(call.clone(), |token| call.by(token));
        call.send(self.server.port()).await.expect("an answer")
    }

    async fn login(&self) -> Reply {
        let body = json!({ "email": "alice@example.com", "password": api_server::PASSWORD });
        self.post("/api/auth/login", None, &body).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_a_rule_denies_opens_no_session() {
    let stage = Stage::set().await;
    assert_eq!(stage.login().await.shown(), "200");
    let condition = r#"frequent_activity {"most":1,"within_seconds":86400}"#;
    publish(&stage.owner, "logins", "login", condition, "deny").await;
    let refused = stage.login().await;
    assert_eq!(refused.shown(), "403 RISK_DENIED");
    assert!(!refused.body.to_string().contains("logins"), "{refused:?}");
    assert_eq!(
        number(&stage.owner, "select count(*) from exchange.sessions").await,
        1
    );
    assert_eq!(
        events(&stage.owner).await,
        [r#"logins deny {"activities": 2}"#]
    );
    let facts = "select (facts ->> 'address') || ' ' || length(facts ->> 'device')
        from risk.activities where point = 'login' order by activity_id";
    assert_eq!(rows(&stage.owner, facts).await, ["127.0.0.1 64"; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_that_a_rule_denies_gets_the_same_answer_and_nothing_follows() {
    let stage = Stage::set().await;
    let load = "insert into risk.mail_domains values ('mailinator.com')";
    stage.owner.batch_execute(load).await.expect("loaded");
    publish(
        &stage.owner,
        "mail",
        "registration",
        "disposable_mail_domain",
        "deny",
    )
    .await;
    let mut answers = Vec::new();
    for email in ["bob@mailinator.com", "carol@example.com"] {
        let body = json!({ "email": email, "fullName": "Some Body", "country": "DE",
            "birthDate": "1990-01-01", "deviceToken": "ab".repeat(32) });
        let answer = stage.post("/api/auth/register", None, &body).await;
        answers.push((answer.status, answer.body.to_string()));
    }
    assert_eq!(answers[0].0, 202);
    assert_eq!(answers[0], answers[1]);
    let answer = "select exchange.answer_mail_requests(10)::bigint";
    assert_eq!(number(&stage.owner, answer).await, 2);
    let known = "select email from exchange.accounts where email not like 'alice%' order by 1";
    assert_eq!(rows(&stage.owner, known).await, ["carol@example.com"]);
    assert_eq!(
        number(&stage.owner, "select count(*) from exchange.mails").await,
        1
    );
    assert_eq!(
        events(&stage.owner).await,
        [r#"mail deny {"domain": "mailinator.com"}"#]
    );
    let failed = "select count(*) from exchange.mail_requests where failure is not null";
    assert_eq!(number(&stage.owner, failed).await, 0);
    let devices = "select count(*) from risk.activities
        where point = 'registration' and length(device) = 64 and network = '127.0.0.1'";
    assert_eq!(number(&stage.owner, devices).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_security_is_judged_recorded_and_may_be_denied() {
    let stage = Stage::set().await;
    let login = stage.login().await;
    let token = login.body["token"].as_str().expect("a token");
    let key = json!({ "label": "bot", "scheme": "hmac_sha256", "permissions": ["read"] });
    let made = stage.post("/api/auth/api-keys", Some(token), &key).await;
    assert_eq!(made.shown(), "200", "{made:?}");
    let changes = "select facts ->> 'change' from risk.activities where point = 'security_change'";
    assert_eq!(rows(&stage.owner, changes).await, ["api_key_made"]);
    let condition = r#"after_security_change {"within_seconds":86400}"#;
    publish(&stage.owner, "again", "security_change", condition, "deny").await;
    publish(&stage.owner, "cool", "withdrawal", condition, "deny").await;
    let refused = stage.post("/api/auth/api-keys", Some(token), &key).await;
    assert_eq!(refused.shown(), "403 RISK_DENIED", "{refused:?}");
    assert_eq!(
        number(&stage.owner, "select count(*) from exchange.api_keys").await,
        1
    );
    let facts = r#"{"asset":"BTC","amount":"1","wallet":"w"}"#;
    let withdrawal = super::assess(&stage.owner, "withdrawal", Some(stage.account), facts).await;
    assert_eq!(withdrawal, "deny");
    let met = "select rule || ' ' || (observed ->> 'change') from risk.events order by event_id";
    assert_eq!(
        rows(&stage.owner, met).await,
        ["again api_key_made", "cool api_key_made"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_accounts_of_one_owner_are_linked() {
    let stage = Stage::set().await;
    let login = stage.login().await;
    let token = login.body["token"].as_str().expect("a token");
    for label in ["one", "two"] {
        let body = json!({ "label": label });
        let made = stage
            .post("/api/account/sub-accounts", Some(token), &body)
            .await;
        assert_eq!(made.shown(), "200", "{made:?}");
    }
    let links = "select count(*) from risk.links where because = 'sub-account'";
    assert_eq!(
        number(&stage.owner, links).await,
        6,
        "each of three with each other"
    );
    let marked = "select count(*) from exchange.accounts where is_linked";
    assert_eq!(number(&stage.owner, marked).await, 3);
}
