//! The whole loop through the API, on a real node: from an e-mail address to coins outside.

mod faucet;

use alloy::primitives::{Address, U256};
use serde_json::{Value, json};
use tests::api_server::{self, ApiServer, Build};
use tests::checks::assert_clean;
use tests::house::{House, fund};
use tests::post_office::{self, PostOffice, STRONG, registration};
use tests::raw::{Call, Reply};
use tests::socket::Socket;
use tests::wait;
use tests::watched_evm::{WatchedEvm, milliether_wei};
use tests::worker::Worker;

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

/// Sells an ether to another user, Bob, for 100 USDT.
async fn sell_ether(world: &WatchedEvm, seller: &User) {
    let port = seller.port;
    let bob = api_server::open_account(&world.owner, "bob").await;
    fund(&world.owner, bob.expect("an account"), "USDT", "1000").await;
    let token = api_server::login(port, "bob").await.expect("a token");
    let bob = User { port, token };
    let order = |side: &str| {
        json!({ "market": "ETH/USDT", "side": side, "price": "100",
        "quantity": "1" })
    };
    let sold = seller.post("/api/trade/create-order", order("sell")).await;
    assert_eq!(sold.status, 200, "{sold:?}");
    let bought = bob.post("/api/trade/create-order", order("buy")).await;
    assert_eq!(bought.body["state"], "filled", "{bought:?}");
}

/// An exchange that pays out, its API, and a newcomer who may withdraw.
struct Stage {
    carol: User,
    _mails: PostOffice,
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
        let server = ApiServer::start_as(&world.database, Build::Debug, &settings).await;
        let server = server.expect("the API starts");
        let mut mails = PostOffice::open(&world.database).await.expect("mails");
        let carol = join(server.port(), &mut mails).await;
        let known = "update exchange.accounts set kyc_level = 2 where email = 'carol@example.com'";
        world.owner.batch_execute(known).await.expect("known");
        Stage {
            carol,
            _mails: mails,
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
    let stage = Stage::open("wallet_loop").await;
    let (world, carol) = (&stage.world, &stage.carol);
    let mut socket = Socket::login(carol.port, &carol.token)
        .await
        .expect("a socket");
    socket
        .subscribe(json!({ "channel": "deposits" }))
        .await
        .expect("subscribes");

    // In.
    let address = stage.address("ETH").await;
    let paid = world.node.pay(0, address, milliether_wei(2_000)).await;
    paid.expect("the node takes it");
    world.mine(1).await;
    let list = "/api/wallet/deposits";
    carol.until(list, "deposits", "pending").await;
    world.mine(2).await;
    carol.until(list, "deposits", "credited").await;
    loop {
        let told = socket.next_of("deposits").await.expect("a message");
        if told["change"] == "credited" {
            assert_eq!(told["deposit"]["asset"], "ETH");
            break;
        }
    }

    sell_ether(world, carol).await;

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
