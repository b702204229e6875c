//! Withdrawals as far as no chain is needed: what is asked, refused, reviewed, settled and given
//! back, by the real API and the functions that the payments call.

mod addresses;
mod fees;
mod guards;
mod halts;
mod internal;
mod payments;
mod races;
mod reviews;
mod risk;
mod states;
mod waiting;

use bitcoin::hashes::Hash as _;
use bitcoin::{Address, Network, ScriptBuf, WPubkeyHash};
use ring::hmac;
use serde_json::{Value, json};
use tests::api_server::{self, ApiServer, Build};
use tests::database::Database;
use tests::raw::{Call, Key, Reply, Signer};
use tests::{fixture, staff};
use tokio_postgres::Client;

/// Weights would end tests that ask again and again.
const UNLIMITED: [(&str, &str); 3] = [
    ("EXCHANGE_RATE_ADDRESS", "off"),
    ("EXCHANGE_RATE_ACCOUNT", "off"),
    ("EXCHANGE_RATE_KEY", "off"),
];

/// What each account has: 10 BTC, 100 ETH, 200,000 USDT.
const FUNDS: [(&str, i64); 3] = [("BTC", 10), ("ETH", 100), ("USDT", 200_000)];

struct Stage {
    database: Database,
    owner: Client,
    server: ApiServer,
}

/// An account of level 2 with money and a session.
#[derive(Clone)]
struct User {
    account: i64,
    token: String,
}

impl Stage {
    async fn set() -> Stage {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        let text = [fixture::MARKETS, fixture::COINS].concat();
        owner.batch_execute(&text).await.expect("markets and coins");
        let server = ApiServer::start_as(&database, Build::Debug, &UNLIMITED).await;
        Stage {
            server: server.expect("the API starts"),
            database,
            owner,
        }
    }

    fn port(&self) -> u16 {
        self.server.port()
    }

    async fn join(&self, name: &str) -> User {
        let account = api_server::open_account(&self.owner, name).await;
        let account = account.expect("an account");
        self.run(&format!(
            "update exchange.accounts set kyc_level = 2 where account_id = {account}"
        ))
        .await;
        for (asset, amount) in FUNDS {
            self.run(&format!(
                "select exchange.adjust_balance({account}, '{asset}', {amount}, 'test',
                     'fund-{name}-{asset}')"
            ))
            .await;
        }
        let token = api_server::login(self.port(), name).await.expect("a token");
        User { account, token }
    }

    async fn staff(&self, role: &str) -> String {
        let token = staff::login(self.port(), &self.owner, role).await;
        token.expect("a member's token")
    }

    async fn post(&self, token: &str, path: &str, body: Value) -> Reply {
        let call = Call::post(&format!("/api/{path}"), &body).by(token);
        call.send(self.port()).await.expect("an answer")
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        let call = Call::get(&format!("/api/{path}")).by(token);
        call.send(self.port()).await.expect("an answer")
    }

    /// Asks for a withdrawal.
    async fn ask(&self, user: &User, asset: &str, to: &str, amount: &str) -> Reply {
        let body = json!({ "asset": asset, "address": to, "amount": amount });
        self.post(&user.token, "wallet/withdraw", body).await
    }

    /// Asks for a withdrawal that is not refused; gives its number.
    async fn withdraw(&self, user: &User, asset: &str, to: &str, amount: &str) -> String {
        let reply = self.ask(user, asset, to, amount).await;
        number_of(&reply)
    }

    async fn cancel(&self, user: &User, number: &str) -> Reply {
        let body = json!({ "withdrawalId": number });
        self.post(&user.token, "wallet/cancel-withdrawal", body)
            .await
    }

    async fn review(&self, token: &str, number: &str, approve: bool) -> Reply {
        let body = json!({ "withdrawalId": number, "approve": approve, "reason": "looked at it" });
        self.post(token, "admin/withdrawals/review", body).await
    }

    async fn withdrawal(&self, user: &User, number: &str) -> Value {
        let path = format!("wallet/withdrawal?withdrawalId={number}");
        let reply = self.get(&user.token, &path).await;
        assert_eq!(reply.shown(), "200", "{reply:?}");
        reply.body
    }

    async fn state(&self, number: &str) -> String {
        self.text(&format!(
            "select state from exchange.withdrawals where withdrawal_id = {number}"
        ))
        .await
    }

    /// `available held` of an account, without zeros at the end.
    async fn balance(&self, account: i64, asset: &str) -> String {
        self.text(&format!(
            "select trim_scale(available) || ' ' || trim_scale(held)
             from exchange.account_balances where account_id = {account} and asset = '{asset}'"
        ))
        .await
    }

    async fn run(&self, text: &str) {
        self.owner.batch_execute(text).await.expect("it runs");
    }

    /// The code of the reject that a statement ends with.
    async fn refusal(&self, text: &str) -> String {
        let error = self.owner.batch_execute(text).await;
        let error = error.expect_err("it is refused");
        let said = error.as_db_error().expect("the database refuses it");
        said.message().to_owned()
    }

    /// The only value of a query, as text.
    async fn text(&self, text: &str) -> String {
        let query = format!("select coalesce((({text})::text), 'null')");
        let row = self.owner.query_one(&query, &[]).await;
        row.unwrap_or_else(|error| panic!("{text}: {error:?}"))
            .get(0)
    }

    /// A payment that nobody sends, with these withdrawals planned in it.
    async fn plan(&self, numbers: &[&str]) -> String {
        let text = "insert into chain.payments (network_id, purpose, asset_id, amount, plan)
            values (1, 'withdrawal', 1, 1, '{}') returning payment_id::text";
        let row = self.owner.query_one(text, &[]).await.expect("a payment");
        let payment: String = row.get(0);
        self.step(numbers, "approved", &payment).await;
        payment
    }

    /// What the payments do to withdrawals.
    async fn step(&self, numbers: &[&str], state: &str, payment: &str) {
        let all = numbers.join(",");
        self.run(&format!(
            "select exchange.move_withdrawals(array[{all}]::bigint[], '{state}', {payment})"
        ))
        .await;
    }
}

/// The number of a withdrawal that was not refused.
fn number_of(reply: &Reply) -> String {
    let number = reply.body["withdrawal"]["withdrawalId"].as_str();
    number
        .unwrap_or_else(|| panic!("refused: {reply:?}"))
        .to_owned()
}

/// An API key that was made.
fn key_of(made: &Reply) -> Key {
    let text = |name: &str| {
        let value = made.body[name].as_str();
        value.unwrap_or_else(|| panic!("no key: {made:?}"))
    };
    let secret = hex::decode(text("secret")).expect("hexadecimal");
    Key {
        public_id: text("publicId").to_owned(),
        signer: Signer::Hmac(hmac::Key::new(hmac::HMAC_SHA256, &secret)),
    }
}

/// Status, code and field of a refusal.
fn told(reply: &Reply) -> String {
    match reply.body["field"].as_str() {
        Some(field) => format!("{} {field}", reply.shown()),
        None => reply.shown(),
    }
}

/// A Bitcoin address of nobody's, and its script in hexadecimal.
fn bitcoin(seed: u8) -> (String, String) {
    let script = ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array([seed; 20]));
    let address = Address::from_script(&script, Network::Regtest).expect("an address");
    (address.to_string(), hex::encode(script.as_bytes()))
}

/// An Ethereum address of nobody's.
fn ethereum(seed: u8) -> String {
    alloy::primitives::Address::from([seed; 20]).to_string()
}
