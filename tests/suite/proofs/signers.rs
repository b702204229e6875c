//! Signers sign what proofs say, each with keys of its own token and in its own role.

use chain::bitcoin_wallet::BitcoinWallet;
use chain::control::{ControlReject, Custom, Keys, digest};
use chain::network::BitcoinNetwork;
use chain::public_key::PublicKey;
use chain::signature::Signature;
use tests::database::Database;
use tests::fixture;
use tests::token::{Token, words};
use tests::trading::rows;
use tests::worker;
use tokio_postgres::Client;

use super::stage::make;

/// Signer, token, PIN.
const SIGNERS: [(&str, &str, &str); 2] = [
    ("a", "signer-a", "1111-2222"),
    ("b", "signer-b", "3333-4444"),
];

/// Tokens of both signers, and the public keys of the hot wallet.
fn tokens() -> (Token, Vec<PublicKey>) {
    let token = Token::without_key("statements").expect("a token");
    let key = |(_, label, pin): &(&str, &str, &str)| {
        token.add(label, pin).expect("another token");
        let own = [("EXCHANGE_HSM_TOKEN", *label), ("EXCHANGE_HSM_PIN", *pin)];
        let made = token.ask("make-signing-key hot", &own).expect("it runs");
        assert!(made.status.success(), "{}", words(&made));
        let shown = token.ask("public-key hot", &own).expect("it runs");
        let shown = String::from_utf8(shown.stdout).expect("text");
        shown.trim().parse().expect("a public key")
    };
    let keys = SIGNERS.iter().map(key).collect();
    (token, keys)
}

/// A wallet of these keys and a third one, and a proof that says what is in it.
async fn stated(owner: &Client, wallet: &BitcoinWallet) {
    let text = format!(
        "select chain.create_network(1, 'bitcoin', 'bitcoin', 'regtest');
        select chain.create_coin('BTC', 'bitcoin', null, confirmations => 2, large_amount => 5,
            large_confirmations => 6, min_deposit => 0.0001, min_withdrawal => 0.001,
            review_above => 1, second_review_above => 5, fee_units => 200, fee_floor => 0.00001,
            fee_ceiling => 0.001, sweep_above => 0.001, hot_floor => 1, hot_ceiling => 100);
        insert into chain.wallets (network_id, role, address, script, descriptor)
        values (1, 'hot', '{}', '\\x{}', '{}');",
        wallet.hot_address(),
        hex::encode(wallet.hot_script().as_bytes()),
        wallet.descriptor()
    );
    owner.batch_execute(&text).await.expect("a wallet");
    let proof = make(owner).await;
    let state = format!(
        "select proof.state_reserves({proof}, 1, 7, sha256('b'), array[1], array['hot'],
             array[3.5])"
    );
    owner.batch_execute(&state).await.expect("stated");
}

/// Runs a signer in a role.
fn sign(database: &Database, token: &Token, signer: usize, role: &str) -> std::process::Output {
    let (name, label, pin) = SIGNERS[signer];
    let mut settings = token.settings().to_vec();
    settings.push(("DATABASE_URL", database.url(role)));
    settings.push(("EXCHANGE_SIGNER_TOKEN", label.to_owned()));
    settings.push(("EXCHANGE_SIGNER_PIN", pin.to_owned()));
    worker::run(database, &["sign-statements", name], &settings).expect("it runs")
}

async fn signatures(owner: &Client) -> Vec<(PublicKey, Signature)> {
    let text = "select encode(public_key, 'hex') || ' ' || encode(signature, 'hex')
        from proof.signatures order by signer";
    let rows = rows(owner, text).await;
    let signature = |row: &String| {
        let (key, signature) = row.split_once(' ').expect("two words");
        let mut bytes = [0; 64];
        hex::decode_to_slice(signature, &mut bytes).expect("128 digits");
        let signature = Signature::from_bytes(&bytes).expect("a signature");
        (key.parse().expect("a key"), signature)
    };
    rows.iter().map(signature).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_signers_sign_once_and_only_in_their_own_roles() {
    let (token, keys) = tokens();
    let third: PublicKey = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
        .parse()
        .expect("a point");
    let wallet = BitcoinWallet::new(BitcoinNetwork::Regtest, [keys[0], keys[1], third], None);
    let wallet = wallet.expect("a wallet");
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 2).await;
    stated(&owner, &wallet).await;

    let crossed = sign(&database, &token, 0, "exchange_signer_b");
    assert!(!crossed.status.success(), "{}", words(&crossed));
    assert!(signatures(&owner).await.is_empty());

    let message = rows(&owner, "select message from proof.statements").await;
    let digest = digest(Custom::Bitcoin, &message[0]);
    let published = Keys::parse(Custom::Bitcoin, "regtest", Some(&wallet.descriptor()));
    let published = published.expect("a descriptor");
    let verified = |signed: &[(PublicKey, Signature)]| {
        published.verify(&wallet.hot_address(), &digest, signed)
    };
    let one = sign(&database, &token, 0, "exchange_signer_a");
    assert!(one.status.success(), "{}", words(&one));
    let signed = signatures(&owner).await;
    assert_eq!(verified(&signed), Err(ControlReject::TooFew));
    let twice = [signed[0], signed[0]];
    assert_eq!(
        verified(&twice),
        Err(ControlReject::TooFew),
        "one key, twice"
    );
    for _ in 0..2 {
        let two = sign(&database, &token, 1, "exchange_signer_b");
        assert!(two.status.success(), "{}", words(&two));
    }
    let signed = signatures(&owner).await;
    assert_eq!(signed.len(), 2);
    assert_eq!(verified(&signed), Ok(()));
    let elsewhere = published.verify("bcrt1qother", &digest, &signed);
    assert_eq!(elsewhere, Err(ControlReject::AnotherAddress));
    database.drop().await;
}
