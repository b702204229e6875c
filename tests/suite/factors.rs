//! What an account has besides its password, and what only a fresh proof of it allows: through the
//! real API, with an authenticator app and a passkey's device.

mod cookies;
mod passkeys;
mod step_up;
mod sub_accounts;
mod totp;

use serde_json::{Value, json};
use tests::api_server::{self, ApiServer, Build, PASSWORD};
use tests::database::Database;
use tests::fixture;
use tests::raw::{Call, Reply, now_ms};
use tokio_postgres::Client;
use totp_rs::{Algorithm, Builder, Secret};

/// Weights would end these tests, which log in again and again.
const UNLIMITED: [(&str, &str); 2] = [
    ("EXCHANGE_RATE_ADDRESS", "off"),
    ("EXCHANGE_RATE_ACCOUNT", "off"),
];

/// An exchange with markets and one user.
struct Stage {
    database: Database,
    owner: Client,
    server: ApiServer,
    account: i64,
}

async fn stage() -> Stage {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let made = owner.batch_execute(fixture::MARKETS).await;
    made.expect("markets");
    let account = api_server::open_account(&owner, "alice").await;
    let server = ApiServer::start_as(&database, Build::Debug, &UNLIMITED).await;
    Stage {
        account: account.expect("an account"),
        server: server.expect("a server"),
        database,
        owner,
    }
}

impl Stage {
    async fn post(&self, token: &str, path: &str, body: Value) -> Reply {
        let call = Call::post(path, &body);
        let call = if token.is_empty() {
            call
        } else {
            call.by(token)
        };
        self.send(call).await
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        self.send(Call::get(path).by(token)).await
    }

    async fn send(&self, call: Call) -> Reply {
        call.send(self.server.port()).await.expect("an answer")
    }

    async fn run(&self, text: &str) {
        let done = self.owner.batch_execute(text).await;
        done.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }

    /// What a password gets.
    async fn password(&self, name: &str) -> Reply {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        self.post("", "/api/auth/login", body).await
    }

    /// A session by the password alone.
    async fn login(&self, name: &str) -> String {
        token_of(&self.password(name).await)
    }

    /// Turns an authenticator app on; gives it and the recovery codes.
    async fn enrol(&self, token: &str) -> (App, Vec<String>) {
        let begun = self.post(token, "/api/auth/totp/begin", json!({})).await;
        let app = App::of(&begun);
        let body = json!({ "totpCode": app.code(0) });
        let on = self.post(token, "/api/auth/totp/confirm", body).await;
        let codes = on.body["recoveryCodes"].as_array();
        let codes = codes.unwrap_or_else(|| panic!("{on:?}")).iter();
        let codes = codes.map(|code| code.as_str().expect("a code").to_owned());
        (app, codes.collect())
    }

    /// The half minutes pass in which codes were used.
    async fn codes_are_new_again(&self) {
        self.run("update exchange.totp_factors set last_step = 0")
            .await;
    }

    /// So do the pauses after logins that were not ended.
    async fn pauses_pass(&self) {
        self.run("update exchange.login_pauses set paused_until = now()")
            .await;
    }

    /// What sessions proved was long ago.
    async fn time_passes(&self) {
        self.run("update exchange.sessions set stepped_up_at = now() - interval '6 minutes'")
            .await;
    }

    /// Ends a login that wants a second factor.
    async fn second(&self, first: &Reply, mut factor: Value) -> Reply {
        assert_eq!(first.status, 202, "{first:?}");
        factor["token"] = first.body["secondFactorToken"].clone();
        self.post("", "/api/auth/login/second-factor", factor).await
    }
}

fn token_of(reply: &Reply) -> String {
    let token = reply.body["token"].as_str();
    token.unwrap_or_else(|| panic!("{reply:?}")).to_owned()
}

/// An authenticator app.
struct App {
    totp: totp_rs::Totp,
}

impl App {
    /// As it reads what is shown to its owner.
    fn of(begun: &Reply) -> App {
        let secret = begun.body["totpSecret"].as_str();
        let secret = secret.unwrap_or_else(|| panic!("{begun:?}"));
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_secret(Secret::try_from_base32(secret).expect("base32"))
            .build();
        App {
            totp: totp.expect("an app"),
        }
    }

    /// The code of now, or so many half minutes from now.
    fn code(&self, steps: i64) -> String {
        let at = now_ms() / 1000 + 30 * steps;
        let at = u64::try_from(at).expect("after 1970");
        self.totp.generate(at).to_string()
    }

    /// One that is not right, now or soon.
    fn wrong_code(&self) -> String {
        let right: Vec<String> = (-3..=3).map(|step| self.code(step)).collect();
        let mut all = (0..1_000_000).map(|number| format!("{number:06}"));
        all.find(|code| !right.contains(code)).expect("a code")
    }
}
