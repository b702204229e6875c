//! Addresses: each account's own, the same for ever, derived from public keys alone.

use chain::network::BitcoinNetwork;
use chain::qr;
use serde_json::json;
use tests::account_keys::seed;
use tests::post_office::{PostOffice, STRONG, registration};
use tests::raw::Call;
use tests::trading::number;
use tests::{post_office, wait};

use super::{CONTRACT, Stage, server, settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_one_address_a_coin_which_the_public_key_and_its_number_give() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    let (_, other) = stage.join("bob").await;
    let first = stage.address("BTC", &token).await;
    assert_eq!(stage.address("BTC", &token).await, first, "it stays");
    assert_ne!(stage.address("BTC", &other).await, first, "it is her own");
    let text = format!(
        "select address_id from chain.addresses where account_id = {alice} and asset_id = 1"
    );
    let index = u32::try_from(number(&stage.owner, &text).await).expect("an index");
    let key = seed(1).bitcoin_account(BitcoinNetwork::Regtest, 0);
    let key = key.and_then(|key| key.extended_public()).expect("a key");
    let derived = key.bitcoin_deposit(index, BitcoinNetwork::Regtest);
    let derived = derived.expect("an address");
    assert_eq!(derived.address, first);
    let text = "select script from chain.addresses where address = $1";
    let script: Vec<u8> = stage
        .owner
        .query_one(text, &[&first])
        .await
        .expect("a row")
        .get(0);
    assert_eq!(script, derived.script.as_bytes());
    let path = "/api/wallet/deposit-address?currency=BTC&network=bitcoin";
    let answer = stage.get(path, &token).await.body;
    let expected = json!({ "currency": "BTC", "network": "bitcoin", "address": first,
        "uri": format!("bitcoin:{first}"), "minDeposit": "0.00010000", "confirmations": 2,
        "largeAmount": "5.00000000", "largeConfirmations": 6 });
    assert_eq!(answer, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ether_and_tokens_have_addresses_of_their_own_whose_uris_name_chain_and_contract() {
    let stage = Stage::open().await;
    let (_, token) = stage.join("alice").await;
    let ether = stage.address("ETH", &token).await;
    let tether = stage.address("USDT", &token).await;
    assert_ne!(ether, tether);
    let uri = |currency: &str| format!("/api/wallet/deposit-address?currency={currency}");
    let answer = stage.get(&uri("ETH"), &token).await;
    assert_eq!(answer.body["uri"], format!("ethereum:{ether}@31337"));
    let answer = stage.get(&uri("USDT"), &token).await.body;
    let shown = answer["uri"].as_str().expect("a uri").to_lowercase();
    let contract = hex::encode(CONTRACT);
    let expected = format!("ethereum:0x{contract}@31337/transfer?address={tether}");
    assert_eq!(shown, expected.to_lowercase());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_qr_code_of_the_uri_comes_as_two_pictures_that_nobody_keeps() {
    let stage = Stage::open().await;
    let (_, token) = stage.join("alice").await;
    let path = "/api/wallet/deposit-address?currency=BTC";
    let shown = stage.get(path, &token).await.body;
    let uri = shown["uri"].as_str().expect("a uri");
    let (vector, pixels) = ("image/svg+xml", "image/png");
    let drawn = qr::png(uri).expect("it fits");
    for (name, kind, begins, picture) in [
        ("qr.svg", vector, "<?xml", qr::svg(uri).expect("it fits")),
        (
            "qr.png",
            pixels,
            "\u{fffd}PNG",
            String::from_utf8_lossy(&drawn).into_owned(),
        ),
    ] {
        let path = format!("/api/wallet/deposit-address/{name}?currency=BTC");
        let answer = stage.get(&path, &token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers["content-type"], kind);
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.text.starts_with(begins), "{}", answer.text);
        assert_eq!(answer.text, picture, "{name} says something else");
    }
    let path = "/api/wallet/deposit-address/qr.png?currency=DOGE";
    assert_eq!(stage.get(path, &token).await.shown(), "404 UNKNOWN_ASSET");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_listed_has_no_address_and_the_field_is_named() {
    let stage = Stage::open().await;
    let (_, token) = stage.join("alice").await;
    for (query, shown, field) in [
        ("currency=DOGE", "404 UNKNOWN_ASSET", "currency"),
        (
            "currency=BTC&network=ethereum",
            "404 UNKNOWN_NETWORK",
            "network",
        ),
        ("network=bitcoin", "400 MALFORMED", "currency"),
        ("currency=BTC&chain=bitcoin", "400 MALFORMED", "chain"),
    ] {
        let answer = stage
            .get(&format!("/api/wallet/deposit-address?{query}"), &token)
            .await;
        assert_eq!(answer.shown(), shown, "{query}");
        assert_eq!(answer.body["field"], field, "{query}");
    }
    let listed = stage.get("/api/wallet/coins", &token).await.body;
    let coins = listed["coins"].as_array().expect("a list");
    let symbols: Vec<_> = coins.iter().map(|coin| &coin["asset"]).collect();
    assert_eq!(symbols, ["BTC", "ETH", "USDT"]);
    assert_eq!(coins[2]["contract"], format!("0x{}", hex::encode(CONTRACT)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_are_given_the_same_address() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    let asked = (0..16).map(|_| stage.address("BTC", &token));
    let mut given = futures::future::join_all(asked).await;
    given.dedup();
    assert_eq!(given.len(), 1, "{given:?}");
    let text = format!("select count(*) from chain.addresses where account_id = {alice}");
    assert_eq!(number(&stage.owner, &text).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_the_key_or_with_another_one_gives_out_nothing() {
    let stage = Stage::open().await;
    let (_, alice) = stage.join("alice").await;
    let (_, bob) = stage.join("bob").await;
    let given = stage.address("BTC", &alice).await;
    let path = "/api/wallet/deposit-address?currency=BTC";
    let none = ["EXCHANGE_BITCOIN_XPUB", "EXCHANGE_EVM_XPUB"].map(|name| (name, String::new()));
    for other in [settings(2), none.to_vec()] {
        let other = server(&stage.database, &other).await;
        for token in [&alice, &bob] {
            let answer = Call::get(path).by(token).send(other.port()).await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.shown(), "503 ADDRESSES_UNAVAILABLE");
            assert!(answer.headers.contains_key("retry-after"));
        }
    }
    assert_eq!(stage.address("BTC", &alice).await, given);
    stage.address("BTC", &bob).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_has_an_address_of_every_coin_once_the_password_is_set() {
    let stage = Stage::open().await;
    let mut mails = PostOffice::open(&stage.database).await.expect("mails");
    let port = stage.port();
    let person = registration("carol@example.com");
    let asked = post_office::post(port, "/api/auth/register", &person).await;
    assert_eq!(asked.expect("an answer").status, 202);
    let mail = mails.next().await.expect("a mail");
    let named = "select count(*) from chain.addresses a join exchange.accounts o using (account_id)
        where o.email = 'carol@example.com' and a.address is not null";
    assert_eq!(
        number(&stage.owner, named).await,
        0,
        "who only registers has none"
    );
    let set = post_office::set_password(port, &mail, STRONG).await;
    set.expect("the password is set");
    wait::until("every coin has its address", async || {
        number(&stage.owner, named).await == 3
    })
    .await;
}
