//! The whole loop through the API, on real nodes: from an e-mail address to coins outside.

mod faucet;

use alloy::primitives::{Address, U256};
use serde_json::{Value, json};
use tests::api_server::{self, ApiServer, Build};
use tests::checks::assert_clean;
use tests::comparison::assert_agreed;
use tests::database::Database;
use tests::house::{House, fund};
use tests::paying_bitcoin::{self, script_of};
use tests::post_office::{self, PostOffice, STRONG, registration};
use tests::purse::{FEE, Purse};
use tests::raw::{Call, Reply};
use tests::socket::Socket;
use tests::wait;
use tests::watched_bitcoin::WatchedBitcoin;
use tests::watched_evm::{WatchedEvm, milliether_wei};
use tests::worker::Worker;
use tokio_postgres::Client;

/// Until a withdrawal is final, where it is listed.
const FINAL: u64 = 12;

/// A user at the API.
struct User {
    port: u16,
    token: String,
}

impl User {
    async fn get(&self, path: &str) -> Value {
        let answer = Call::get(path).by(&self.token).send(self.port).await;
        answer.expect("an answer").body
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        let answer = Call::post(path, &body)
            .by(&self.token)
            .send(self.port)
            .await;
        answer.expect("an answer")
    }

    async fn until(&self, path: &str, list: &str, state: &str) {
        let what = format!("{path} says {state}");
        wait::until(&what, async || {
            self.get(path).await[list][0]["state"] == state
        })
        .await;
    }
}

/// Registers by mail and logs in.
async fn join(port: u16, mails: &mut PostOffice) -> User {
    let asked = registration("carol@example.com");
    let asked = post_office::post(port, "/api/auth/register", &asked).await;
    assert_eq!(asked.expect("an answer").status, 202);
    let mail = mails.next().await.expect("a mail");
    let set = post_office::set_password(port, &mail, STRONG).await;
    set.expect("the password is set");
    let body = json!({ "email": "carol@example.com", "password": STRONG });
    let login = post_office::post(port, "/api/auth/login", &body).await;
    let login = login.expect("an answer");
    let token = login.body["token"].as_str().expect("a token").to_owned();
    User { port, token }
}

/// Sells to another user, Bob, for 100 USDT apiece.
async fn sell(owner: &Client, seller: &User, market: &str, quantity: &str) {
    let port = seller.port;
    let bob = api_server::open_account(owner, "bob").await;
    fund(owner, bob.expect("an account"), "USDT", "1000").await;
    let token = api_server::login(port, "bob").await.expect("a token");
    let bob = User { port, token };
    let order = |side: &str| {
        json!({ "market": market, "side": side,
        "price": "100", "quantity": quantity })
    };
    let sold = seller.post("/api/trade/create-order", order("sell")).await;
    assert_eq!(sold.status, 200, "{sold:?}");
    let bought = bob.post("/api/trade/create-order", order("buy")).await;
    assert_eq!(bought.body["state"], "filled", "{bought:?}");
}

/// An API, a user who has just joined it and is known well enough to withdraw, and what she is told
/// of her deposits.
async fn newcomer(database: &Database, settings: &[(&str, &str)]) -> (ApiServer, User, Socket) {
    let server = ApiServer::start_as(database, Build::Debug, settings).await;
    let server = server.expect("the API starts");
    let mut mails = PostOffice::open(database).await.expect("mails");
    let carol = join(server.port(), &mut mails).await;
    let known = "update exchange.accounts set kyc_level = 2 where email = 'carol@example.com'";
    let owner = database.owner().await;
    owner.batch_execute(known).await.expect("known");
    let socket = Socket::login(server.port(), &carol.token).await;
    let mut socket = socket.expect("a socket");
    let subscribed = socket.subscribe(json!({ "channel": "deposits" })).await;
    subscribed.expect("subscribes");
    (server, carol, socket)
}

/// Waits until the stream says that a deposit is credited.
async fn told_of_credit(socket: &mut Socket, asset: &str) {
    loop {
        let told = socket.next_of("deposits").await.expect("a message");
        if told["change"] == "credited" {
            assert_eq!(told["deposit"]["asset"], asset);
            return;
        }
    }
}

/// An exchange that pays out, its API, and a newcomer who may withdraw.
struct Stage {
    carol: User,
    socket: Socket,
    _server: ApiServer,
    _workers: Vec<Worker>,
    // Its tokens' folders go with it.
    _house: House,
    world: WatchedEvm,
    safe: Address,
}

impl Stage {
    async fn open(name: &str) -> Stage {
        let world = WatchedEvm::start(1).await;
        let house = House::make(name).expect("tokens");
        let settled = house.settle_evm(&world.database, &world.node).await;
        let safe = settled.expect("a Safe");
        world.mine(1).await;
        // Before the signer opens the same token: SoftHSM stumbles over tokens that others change.
        let key = house.deposits("evm").expect("a key").to_string();
        let mut workers = vec![world.watch()];
        workers.extend(house.signers(&world.database));
        workers.push(house.payments(&world.database, &world.settings()));
        let settings = [("EXCHANGE_EVM_XPUB", key.as_str())];
        let (server, carol, socket) = newcomer(&world.database, &settings).await;
        Stage {
            carol,
            socket,
            _server: server,
            _workers: workers,
            _house: house,
            world,
            safe,
        }
    }

    /// Carol's own address of a coin.
    async fn address(&self, currency: &str) -> Address {
        let path = format!("/api/wallet/deposit-address?currency={currency}");
        let given = self.carol.get(&path).await;
        let address = given["address"].as_str().expect("an address");
        address.parse().expect("hexadecimal")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_registers_pays_in_trades_and_withdraws() {
    let mut stage = Stage::open("wallet_loop").await;
    let (world, carol) = (&stage.world, &stage.carol);

    // In.
    let address = stage.address("ETH").await;
    let paid = world.node.pay(0, address, milliether_wei(2_000)).await;
    paid.expect("the node takes it");
    world.mine(1).await;
    let list = "/api/wallet/deposits";
    carol.until(list, "deposits", "pending").await;
    world.mine(2).await;
    carol.until(list, "deposits", "credited").await;
    told_of_credit(&mut stage.socket, "ETH").await;

    sell(&world.owner, carol, "ETH/USDT", "1").await;

    // Out.
    let outside = Address::repeat_byte(0x77);
    let body = json!({ "asset": "ETH", "amount": "0.5", "address": outside.to_string() });
    let asked = carol.post("/api/wallet/withdraw", body).await;
    assert_eq!(asked.body["withdrawal"]["state"], "approved", "{asked:?}");
    let list = "/api/wallet/withdrawals";
    carol.until(list, "withdrawals", "broadcast").await;
    world.mine(FINAL).await;
    carol.until(list, "withdrawals", "confirmed").await;
    let held = world.node.balance(outside).await.expect("a balance");
    assert_eq!(held, U256::from(500_000_000_000_000_000_u64));
    assert_clean(&world.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_pays_bitcoin_in_by_its_code_trades_and_withdraws() {
    let mut world = WatchedBitcoin::start(1).await;
    let house = House::make("wallet_loop_bitcoin").expect("tokens");
    let hot = house.settle_bitcoin(&world.database).expect("a wallet");
    // Before the signer opens the same token: SoftHSM stumbles over tokens that others change.
    let key = house.deposits("bitcoin-test").expect("a key").to_string();
    let _watcher = world.watch();
    let _signers = house.signers(&world.database);
    let mut paying = world.settings();
    paying.push(("EXCHANGE_BITCOIN_XPUB", key.clone()));
    let _payments = house.payments(&world.database, &paying);
    let settings = [("EXCHANGE_BITCOIN_XPUB", key.as_str())];
    let (server, carol, mut socket) = newcomer(&world.database, &settings).await;

    // In: by what the picture says.
    let path = "/api/wallet/deposit-address?currency=BTC";
    let given = carol.get(path).await;
    let address = given["address"].as_str().expect("an address").to_owned();
    assert_eq!(given["uri"], format!("bitcoin:{address}"));
    let picture = Call::get("/api/wallet/deposit-address/qr.svg?currency=BTC");
    let picture = picture.by(&carol.token).send(server.port()).await;
    let picture = picture.expect("an answer");
    assert_eq!(picture.headers["content-type"], "image/svg+xml");
    for (script, sats) in [
        (script_of(&address), 50_000_000),
        (script_of(&hot), 100_000_000),
    ] {
        let paid = world.purse.pay(&[(script, sats)], FEE).expect("a payment");
        world.node.send(&paid).await.expect("taken");
    }
    let list = "/api/wallet/deposits";
    carol.until(list, "deposits", "seen").await;
    for (confirmations, state) in [(1, "pending"), (2, "credited")] {
        world.mine(1).await;
        carol.until(list, "deposits", state).await;
        let shown = carol.get(list).await["deposits"][0].clone();
        assert_eq!(shown["confirmations"], confirmations, "{shown}");
        assert_eq!(shown["amount"], "0.50000000");
    }
    told_of_credit(&mut socket, "BTC").await;

    sell(&world.owner, &carol, "BTC/USDT", "0.1").await;

    // Out.
    let outside = Purse::new(77).address().to_string();
    let body = json!({ "asset": "BTC", "amount": "0.2", "address": outside });
    let asked = carol.post("/api/wallet/withdraw", body).await;
    assert_eq!(asked.body["withdrawal"]["state"], "approved", "{asked:?}");
    let list = "/api/wallet/withdrawals";
    carol.until(list, "withdrawals", "broadcast").await;
    world.mine(paying_bitcoin::FINAL).await;
    carol.until(list, "withdrawals", "confirmed").await;
    let params = json!(["start", [format!("addr({outside})")]]);
    let held = world.node.call("scantxoutset", params).await;
    assert_eq!(held.expect("an answer")["total_amount"].to_string(), "0.2");
    world.caught_up().await;
    assert_agreed(&world.database, &world.owner, &world.settings()).await;
}
