//! The command that verifies proofs, run as a user runs it: on files, without a database.

use std::path::PathBuf;
use std::process::Command;

use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::control::{Custom, digest};
use chain::network::BitcoinNetwork;
use chain::public_key::PublicKey;
use serde_json::{Value, json};
use tests::api_server::{self, ApiServer, Build, built};
use tests::database::Database;
use tests::fixture;
use tests::trading::rows;
use tokio_postgres::Client;

use super::stage::make;

/// Files of one test.
struct Files {
    folder: PathBuf,
}

impl Files {
    fn make(name: &str) -> Files {
        let folder = std::env::temp_dir().join(format!("proofs-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Files { folder }
    }

    /// Runs the command on these documents; gives whether it is content, and its words.
    fn verify(&self, documents: &[&Value]) -> (bool, String) {
        let program = built("chain", Build::Debug).expect("built");
        let mut command = Command::new(program.with_file_name("examples").join("verify_proof"));
        for (number, document) in documents.iter().enumerate() {
            let path = self.folder.join(format!("{number}.json"));
            std::fs::write(&path, document.to_string()).expect("written");
            command.arg(path);
        }
        let output = command.env_clear().output().expect("it runs");
        let said = String::from_utf8(output.stdout).expect("text");
        (output.status.success(), said)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn get(server: &ApiServer, path: &str, token: Option<&str>) -> Value {
    let answer = api_server::request(server.port(), "GET", path, token, None).await;
    answer.expect("an answer").body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_whether_a_balance_is_part_of_what_is_published() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 5).await;
    let alice = api_server::open_account(&owner, "alice").await;
    let alice = alice.expect("an account");
    let fund = format!("select exchange.adjust_balance({alice}, 'ETH', 1234.5, 'test', 'alice')");
    owner.batch_execute(&fund).await.expect("funds");
    make(&owner).await;
    let server = ApiServer::start(&database).await.expect("the API starts");
    let token = api_server::login(server.port(), "alice").await.expect("in");
    let own = get(&server, "/api/account/proof?asset=ETH", Some(&token)).await;
    let published = get(&server, "/api/wallet/proofs", None).await;
    let files = Files::make("own");
    let (is_right, said) = files.verify(&[&own]);
    assert!(is_right, "{said}");
    let words = format!("RIGHT: the 1234.500000000000000000 ETH of account {alice} are part of");
    assert!(said.starts_with(&words), "{said}");
    let (is_right, said) = files.verify(&[&own, &published]);
    assert!(is_right && said.contains("as published"), "{said}");

    let changed = |change: &dyn Fn(&mut Value)| {
        let mut document = own.clone();
        change(&mut document);
        document
    };
    for (document, words) in [
        (
            changed(&|own| own["leaf"]["atoms"] = json!("1")),
            "leads to another root",
        ),
        (
            changed(&|own| own["leaf"]["accountId"] = json!(alice + 1)),
            "leads to another root",
        ),
        (
            changed(&|own| own["path"][0]["neighbour"] = json!("nowhere")),
            "documented form",
        ),
        (
            changed(&|own| own["path"][0]["atoms"] = json!("-5")),
            "is no number of atoms",
        ),
        (changed(&|own| own["path"] = json!([])), "another root"),
    ] {
        let (is_right, said) = files.verify(&[&document]);
        assert!(!is_right, "{said}");
        assert!(
            said.starts_with("WRONG: ") && said.contains(words),
            "{said}"
        );
    }
    // A whole tree of its own for one user, which nobody else is shown.
    make(&owner).await;
    let other = get(&server, "/api/account/proof?asset=ETH", Some(&token)).await;
    let mut forged = other.clone();
    forged["proofId"] = own["proofId"].clone();
    let (is_right, said) = files.verify(&[&forged, &published]);
    assert!(
        !is_right && said.contains("published is another root"),
        "{said}"
    );
    database.drop().await;
}

fn secret(number: u8) -> SecretKey {
    SecretKey::from_slice(&[number; 32]).expect("a key")
}

fn public(number: u8) -> PublicKey {
    let key = secret(number).public_key(&Secp256k1::new());
    PublicKey::from_bytes(&key.serialize()).expect("a point")
}

/// Networks with wallets of known keys, and a proof that states what lies there.
async fn stated(owner: &Client) -> (i64, Vec<String>) {
    let keys = [public(1), public(2), public(3)];
    let hot = BitcoinWallet::new(BitcoinNetwork::Regtest, keys, None).expect("a wallet");
    let (address, descriptor) = (hot.hot_address(), hot.descriptor());
    let script = hex::encode(hot.hot_script().as_bytes());
    let owners: Vec<String> = keys
        .iter()
        .map(|key| key.evm_address().to_string())
        .collect();
    let gas = public(4).evm_address();
    let coin = "confirmations => 2, large_amount => 5, large_confirmations => 6,
        min_deposit => 0.0001, min_withdrawal => 0.001, review_above => 1, second_review_above => 5,
        fee_units => 200, fee_floor => 0.00001, fee_ceiling => 0.001, sweep_above => 0.001,
        hot_floor => 1, hot_ceiling => 100";
    let text = format!(
        "select chain.create_network(1, 'bitcoin', 'bitcoin', 'regtest');
        select chain.create_coin('BTC', 'bitcoin', null, {coin});
        select chain.create_network(2, 'ethereum', 'evm', '31337');
        select chain.create_coin('ETH', 'ethereum', null, {coin});
        insert into chain.wallets (network_id, role, address, script, descriptor) values
            (1, 'hot', '{address}', '\\x{script}', '{descriptor}'),
            (2, 'hot', '0x00000000000000000000000000000000000000aa',
                '\\x00000000000000000000000000000000000000aa', '{}'),
            (2, 'gas', '{gas}', '\\x{}', null);",
        owners.join(","),
        hex::encode(gas)
    );
    owner.batch_execute(&text).await.expect("networks");
    let proof = make(owner).await;
    let text = format!(
        "select proof.state_reserves({proof}, 1, 7, sha256('b'), array[1, 1],
             array['hot', 'deposits'], array[3.5, 0.25])
         union all
         select proof.state_reserves({proof}, 2, 9, sha256('e'), array[2, 2],
             array['hot', 'gas'], array[40, 0.5])"
    );
    (proof, rows(owner, &text).await)
}

/// A signer's signature over a text, stored by its own role.
async fn sign(
    database: &Database,
    (signer, key): (&str, u8),
    (proof, network, holder): (i64, i32, &str),
    text: &str,
) {
    let custom = [Custom::Bitcoin, Custom::Evm][usize::from(network == 2)];
    let message = Message::from_digest(digest(custom, text));
    let signature = Secp256k1::new().sign_ecdsa(&message, &secret(key));
    let client = database.connect(&format!("exchange_signer_{signer}")).await;
    let (key, signature) = (public(key).bytes(), signature.serialize_compact());
    client
        .expect("the signer logs in")
        .execute(
            "select proof.add_signature($1, $2, $3, $4, $5, $6)",
            &[
                &signer,
                &proof,
                &network,
                &holder,
                &key.as_slice(),
                &signature.as_slice(),
            ],
        )
        .await
        .expect("it is stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_whose_keys_signed_what_is_held() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 2).await;
    let (proof, texts) = stated(&owner).await;
    let server = ApiServer::start(&database).await.expect("the API starts");
    let files = Files::make("published");
    sign(&database, ("a", 1), (proof, 1, "hot"), &texts[0]).await;
    let published = get(&server, "/api/wallet/proofs", None).await;
    let (is_right, said) = files.verify(&[&published]);
    assert!(!is_right, "one key of two is not enough: {said}");
    assert!(
        said.contains("too few of the wallet's keys have signed"),
        "{said}"
    );

    let waiting = "select holder || network_id from proof.unsigned_statements('b')";
    assert_eq!(rows(&owner, waiting).await, ["hot1", "hot2"]);
    sign(&database, ("b", 2), (proof, 1, "hot"), &texts[0]).await;
    sign(&database, ("a", 3), (proof, 2, "hot"), &texts[1]).await;
    sign(&database, ("b", 2), (proof, 2, "hot"), &texts[1]).await;
    sign(&database, ("a", 4), (proof, 2, "gas"), &texts[1]).await;
    for signer in ["a", "b"] {
        let left = format!("select holder from proof.unsigned_statements('{signer}')");
        assert!(rows(&owner, &left).await.is_empty(), "{signer}");
    }
    let published = get(&server, "/api/wallet/proofs", None).await;
    let (is_right, said) = files.verify(&[&published]);
    assert!(is_right, "{said}");
    assert_eq!(said.matches("RIGHT: ").count(), 3, "{said}");
    assert!(said.contains("0.25 BTC at deposit addresses"), "{said}");

    let statement = "/proofs/0/statements/0";
    for (place, value) in [
        ("/reserves/1/amount", json!("35.0")),
        ("/signedText", json!("Proof of reserves 1")),
        ("/signatures/0/signature", json!("11".repeat(64))),
        ("/signatures/1/signerKey", json!(public(5).to_string())),
        ("/reserves/1/walletAddress", json!("bcrt1qother")),
    ] {
        let mut forged = published.clone();
        let found = forged.pointer_mut(&format!("{statement}{place}"));
        *found.unwrap_or_else(|| panic!("no {place}: {published}")) = value;
        let (is_right, said) = files.verify(&[&forged]);
        assert!(!is_right && said.contains("WRONG: "), "{place}: {said}");
    }
    let mut forged = published.clone();
    forged["proofs"][0]["liabilities"][0]["sum"] = json!("1.00000000");
    let (is_right, said) = files.verify(&[&forged]);
    assert!(!is_right && said.contains("not about this root"), "{said}");
    database.drop().await;
}
