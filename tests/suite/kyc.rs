//! Identity documents: submitted to the real API, reviewed by the real worker, by an outside
//! provider, and by people.

mod automatic;
mod expiry;
mod files;
mod manual;
mod provider;
mod tokens;

use std::sync::Mutex;

use serde_json::{Value, json};
use tests::api_server::{self, ApiServer, Build};
use tests::database::Database;
use tests::form::Form;
use tests::raw::{Call, Reply};
use tests::worker::Worker;
use tests::{fixture, wait};
use tokio_postgres::Client;

/// Weights would end tests that submit again and again.
const UNLIMITED: [(&str, &str); 2] = [
    ("EXCHANGE_RATE_ADDRESS", "off"),
    ("EXCHANGE_RATE_ACCOUNT", "off"),
];

/// An exchange with its API, and with a worker where documents are reviewed.
struct Stage {
    database: Database,
    owner: Client,
    server: ApiServer,
    _worker: Option<Worker>,
}

impl Stage {
    /// With the worker.
    async fn reviewed() -> Stage {
        let mut stage = Stage::waiting().await;
        let worker = Worker::start(&stage.database, "kyc").expect("the worker starts");
        stage._worker = Some(worker);
        stage
    }

    /// Without: what is submitted waits.
    async fn waiting() -> Stage {
        Stage::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Stage {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        owner
            .batch_execute(fixture::MARKETS)
            .await
            .expect("markets");
        let settings: Vec<_> = UNLIMITED.iter().chain(settings).copied().collect();
        let server = ApiServer::start_as(&database, Build::Debug, &settings).await;
        Stage {
            server: server.expect("a server"),
            database,
            owner,
            _worker: None,
        }
    }

    fn port(&self) -> u16 {
        self.server.port()
    }

    /// A new account's token.
    async fn join(&self, name: &str) -> String {
        api_server::open_account(&self.owner, name)
            .await
            .expect("an account");
        api_server::login(self.port(), name).await.expect("a token")
    }

    async fn submit(&self, form: &Form, token: &str) -> Reply {
        form.submit(self.port(), token).await.expect("an answer")
    }

    async fn status(&self, token: &str) -> Value {
        let status = Call::get("/api/kyc/status")
            .by(token)
            .send(self.port())
            .await;
        status.expect("an answer").body
    }

    /// The newest case once it is decided, or once people are asked.
    async fn outcome(&self, token: &str) -> String {
        let said = Mutex::new(String::new());
        wait::until("the case is reviewed", async || {
            let outcome = self.outcome_now(token).await;
            let is_decided = outcome != "under_review";
            *said.lock().expect("nobody panicked") = outcome;
            is_decided
        })
        .await;
        said.into_inner().expect("nobody panicked")
    }

    async fn outcome_now(&self, token: &str) -> String {
        let case = &self.status(token).await["case"];
        let number = case["caseId"].as_i64();
        let text = "select state from exchange.kyc_cases where case_id = $1";
        let row = self
            .owner
            .query_one(text, &[&number])
            .await
            .expect("a case");
        match row.get::<_, String>(0).as_str() {
            "manual" => "manual".to_owned(),
            _ => case["status"].as_str().expect("a status").to_owned(),
        }
    }

    /// Submits and gives outcome and reasons, such as `rejected UNDER_AGE`.
    async fn review(&self, form: &Form, token: &str) -> String {
        let submitted = self.submit(form, token).await;
        assert_eq!(submitted.shown(), "200", "{submitted:?}");
        let outcome = self.outcome(token).await;
        let status = self.status(token).await;
        let reasons = status["case"]["reasons"]
            .as_array()
            .expect("reasons")
            .clone();
        let reasons = reasons
            .iter()
            .map(|reason| reason["reason"].as_str().expect("a reason"));
        [outcome.as_str()]
            .into_iter()
            .chain(reasons)
            .collect::<Vec<_>>()
            .join(" ")
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        let sent = Call::post(path, &body).by(token).send(self.port()).await;
        sent.expect("an answer")
    }

    async fn get(&self, path: &str, token: &str) -> Reply {
        Call::get(path)
            .by(token)
            .send(self.port())
            .await
            .expect("an answer")
    }

    async fn text(&self, query: &str) -> String {
        let row = self.owner.query_one(query, &[]).await;
        row.unwrap_or_else(|error| panic!("{query}: {error:?}"))
            .get(0)
    }

    async fn run(&self, statement: &str) {
        let done = self.owner.batch_execute(statement).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

fn field_of(reply: &Reply) -> &str {
    reply.body["field"].as_str().unwrap_or_default()
}

fn claim(case_id: i64) -> Value {
    json!({ "caseId": case_id })
}
