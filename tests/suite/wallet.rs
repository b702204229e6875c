//! Where deposits go and what came: the API's side of it, which needs no node. Blocks and deposits
//! are rows that a watcher would have written.

mod addresses;
mod channels;
mod deposits;
mod reports;
mod staff;
mod webhook;

use serde_json::Value;
use tests::api_server::{self, ApiServer, Build};
use tests::database::Database;
use tests::raw::{Call, Reply};
use tests::{account_keys, fixture};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

/// What nodes sign with here.
const WEBHOOK_SECRET: &str = "0909090909090909090909090909090909090909090909090909090909090909";
/// The token's contract.
const CONTRACT: [u8; 20] = [0xdd; 20];

/// The settings of a server that derives addresses from a seed.
fn settings(number: u8) -> Vec<(&'static str, String)> {
    let mut settings = account_keys::settings(number).expect("keys").to_vec();
    settings.push(("EXCHANGE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()));
    for unlimited in ["EXCHANGE_RATE_ADDRESS", "EXCHANGE_RATE_ACCOUNT"] {
        settings.push((unlimited, "off".to_owned()));
    }
    settings
}

/// A server over a database.
async fn server(database: &Database, settings: &[(&'static str, String)]) -> ApiServer {
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let server = ApiServer::start_as(database, Build::Debug, &settings).await;
    server.expect("the API starts")
}

/// An exchange with both networks listed, and its API.
struct Stage {
    database: Database,
    owner: Client,
    server: ApiServer,
}

impl Stage {
    async fn open() -> Stage {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        let listed = [fixture::MARKETS, fixture::COINS].concat();
        owner.batch_execute(&listed).await.expect("coins");
        let server = server(&database, &settings(1)).await;
        Stage {
            database,
            owner,
            server,
        }
    }

    fn port(&self) -> u16 {
        self.server.port()
    }

    /// A new account: its number and a token.
    async fn join(&self, name: &str) -> (i64, String) {
        let account = api_server::open_account(&self.owner, name).await;
        let token = api_server::login(self.port(), name).await;
        (account.expect("an account"), token.expect("a token"))
    }

    async fn get(&self, path: &str, token: &str) -> Reply {
        let answer = Call::get(path).by(token).send(self.port()).await;
        answer.expect("an answer")
    }

    /// The account's address of a currency.
    async fn address(&self, currency: &str, token: &str) -> String {
        let path = format!("/api/wallet/deposit-address?currency={currency}");
        let answer = self.get(&path, token).await;
        let address = answer.body["address"].as_str();
        address.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    async fn run(&self, text: &str) {
        self.owner.batch_execute(text).await.expect("it is done");
    }

    /// Blocks 0 to `tip` of Bitcoin, as a watcher reads them.
    async fn read_blocks(&self, tip: i64) {
        let text = format!(
            "insert into chain.blocks (network_id, height, hash, parent_hash, mined_at)
            select 1, h, sha256(h::text::bytea), sha256((h - 1)::text::bytea), now()
            from generate_series(0, {tip}) h on conflict do nothing"
        );
        self.run(&text).await;
    }

    /// A deposit of so many bitcoins to the account's address, in that block where there is one;
    /// gives its number.
    async fn deposit(&self, account: i64, amount: &str, state: &str, height: Option<i64>) -> i64 {
        let text = "
            insert into exchange.deposits (network_id, txid, position, asset_id, account_id,
                address_id, amount, block_hash, block_height, required_confirmations, state,
                credited_at)
            select 1, sha256(gen_random_uuid()::text::bytea), 'output:0', 1, $1, a.address_id,
                $2::text::numeric, sha256($4::text::bytea), $4::text::bigint, 2, $3,
                case when $3 = 'credited' then now() end
            from chain.addresses a where a.account_id = $1 and a.asset_id = 1
            returning deposit_id";
        let height = height.map(|height| height.to_string());
        let parameters: [&(dyn ToSql + Sync); 4] = [&account, &amount, &state, &height];
        let row = self.owner.query_one(text, &parameters).await;
        row.expect("a deposit").get(0)
    }
}

/// The numbers of a list.
fn numbers(list: &Value) -> Vec<String> {
    let rows = list.as_array().into_iter().flatten();
    let numbers = rows.filter_map(|row| row["depositId"].as_str());
    numbers.map(str::to_owned).collect()
}
