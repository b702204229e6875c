//! An exchange with markets, a user and a running API.

use serde_json::{Value, json};
use tests::api_server::{ApiServer, Build, open_account};
use tests::database::Database;
use tests::fixture;
use tests::raw::{Call, Reply};
use tests::staff::{self, Person};
use tokio_postgres::Client;

/// Weights would end these tests, which log in again and again.
const UNLIMITED: [(&str, &str); 1] = [("EXCHANGE_RATE_ADDRESS", "off")];

pub(super) struct Stage {
    pub(super) database: Database,
    pub(super) owner: Client,
    pub(super) server: ApiServer,
    /// The account of `alice@example.com`, with 100 USDT.
    pub(super) account: i64,
}

impl Stage {
    pub(super) async fn set() -> Stage {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        let made = owner.batch_execute(fixture::MARKETS).await;
        made.expect("the markets are made");
        let account = open_account(&owner, "alice").await.expect("an account");
        let funds = format!(
            "select exchange.adjust_balance({account}, 'USDT', 100, 'test', 'funds');
             insert into exchange.fee_tiers (fee_tier_id, name, maker_rate, taker_rate)
             values (2, 'large', 0.0005, 0.001)"
        );
        owner.batch_execute(&funds).await.expect("funds");
        let server = ApiServer::start_as(&database, Build::Debug, &UNLIMITED).await;
        let server = server.expect("the API starts");
        Stage {
            database,
            owner,
            server,
            account,
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.server.port()
    }

    /// A member with these roles, and the token of a first login.
    pub(super) async fn join(&self, roles: &[&str]) -> (Person, String) {
        let joined = staff::join(self.port(), &self.owner, roles).await;
        joined.expect("a member")
    }

    /// The token of a member with that role.
    pub(super) async fn member(&self, role: &str) -> String {
        self.join(&[role]).await.1
    }

    pub(super) async fn post(&self, token: &str, path: &str, body: Value) -> Reply {
        let call = Call::post(&format!("/api/admin/{path}"), &body).by(token);
        call.send(self.port()).await.expect("an answer")
    }

    /// The same under an idempotency key.
    pub(super) async fn post_once(
        &self,
        token: &str,
        key: &str,
        path: &str,
        body: &Value,
    ) -> Reply {
        let call = Call::post(&format!("/api/admin/{path}"), body).by(token);
        let call = call.with("idempotency-key", key);
        call.send(self.port()).await.expect("an answer")
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Reply {
        let call = Call::get(&format!("/api/admin/{path}")).by(token);
        call.send(self.port()).await.expect("an answer")
    }

    /// Decides a proposal.
    pub(super) async fn decide(&self, token: &str, proposal: &Reply, approve: bool) -> Reply {
        let body = json!({ "proposalId": proposal.body["proposalId"], "approve": approve,
            "reason": "looked at it" });
        self.post(token, "proposals/decide", body).await
    }

    /// The only value of a query, as text.
    pub(super) async fn text(&self, text: &str) -> String {
        let text = format!("select ({text})::text");
        let row = self.owner.query_one(&text, &[]).await;
        row.unwrap_or_else(|error| panic!("{text}: {error:?}"))
            .get(0)
    }

    pub(super) async fn run(&self, text: &str) {
        let done = self.owner.batch_execute(text).await;
        done.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }
}
