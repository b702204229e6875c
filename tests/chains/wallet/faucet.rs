//! The demo's faucet, `scripts/faucet.sh`, pays on the tests' own nodes: a token goes in through it
//! and out through the API, and bitcoins go to whoever is named.

use std::path::PathBuf;

use alloy::primitives::{Address, U256};
use bitcoin::Network;
use serde_json::json;
use tests::bitcoin_node::BitcoinNode;
use tests::checks::assert_clean;
use tests::wait;
use tests::watched_evm::{balance_call, transfer_call};
use tokio::process::Command;

use super::{FINAL, Stage};

/// Whole tokens in atoms.
const TOKEN: u64 = 1_000_000;

/// The folder of a `make run` whose nodes are a test's.
struct Run {
    folder: PathBuf,
    ports: [(&'static str, String); 2],
}

impl Run {
    fn make(name: &str, evm: &str, bitcoin: &str, contract: &str) -> Run {
        let name = format!("exchange_run_{}_{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let chains = folder.join("chains");
        std::fs::create_dir_all(&chains).expect("a folder");
        for (file, text) in [("bitcoin_password", "regtest"), ("usdt_contract", contract)] {
            std::fs::write(chains.join(file), text).expect("written");
        }
        let port = |url: &str| {
            let (_, port) = url.rsplit_once(':').expect("a port");
            port.trim_end_matches('/').to_owned()
        };
        let ports = [
            ("EXCHANGE_EVM_PORT", port(evm)),
            ("EXCHANGE_BITCOIN_PORT", port(bitcoin)),
        ];
        Run { folder, ports }
    }

    /// What the faucet says.
    async fn faucet(&self, arguments: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/faucet.sh");
        let ended = Command::new(script)
            .args(arguments)
            .env("EXCHANGE_LOCAL_DIR", &self.folder)
            .envs(self.ports.iter().map(|(name, port)| (name, port)))
            .output()
            .await;
        let ended = ended.expect("it runs");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{arguments:?}: {said}");
        String::from_utf8_lossy(&ended.stdout).trim().to_owned()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_the_faucet_pays_goes_through_the_exchange_and_out_again() {
    let stage = Stage::open("token_loop").await;
    let (world, carol) = (&stage.world, &stage.carol);
    let contract = world.token.to_string();
    let run = Run::make("token", &world.node.url(), "unused:1", &contract);

    // The house has some; a signature later it has less.
    let filled = transfer_call(stage.safe, 1_000 * TOKEN);
    let filled = world.node.invoke(0, world.token, filled, U256::ZERO).await;
    filled.expect("the node takes it");
    world.mine(1).await;

    let address = stage.address("USDT").await.to_string();
    let asked = ["USDT", address.as_str(), "120.5"];
    let paying = run.faucet(&asked);
    let mined = async {
        wait::until("the faucet's transaction waits", async || {
            let pool = world.node.call("txpool_status", json!([])).await;
            pool.expect("a pool")["pending"] == "0x1"
        })
        .await;
        world.mine(1).await;
    };
    let (txid, ()) = tokio::join!(paying, mined);
    let list = "/api/wallet/deposits";
    carol.until(list, "deposits", "pending").await;
    let seen = carol.get(list).await;
    let seen = &seen["deposits"][0];
    assert_eq!(
        (&seen["asset"], &seen["amount"], &seen["txid"]),
        (&json!("USDT"), &json!("120.500000"), &json!(txid))
    );
    world.mine(2).await;
    carol.until(list, "deposits", "credited").await;

    let outside = Address::repeat_byte(0x78);
    let body = json!({ "asset": "USDT", "amount": "100", "address": outside.to_string() });
    let asked = carol.post("/api/wallet/withdraw", body).await;
    let made = &asked.body["withdrawal"];
    assert_eq!(made["state"], "approved", "{asked:?}");
    let list = "/api/wallet/withdrawals";
    carol.until(list, "withdrawals", "broadcast").await;
    world.mine(FINAL).await;
    carol.until(list, "withdrawals", "confirmed").await;
    let held = world.node.ask(world.token, balance_call(outside)).await;
    let held = U256::from_be_slice(&held.expect("a balance"));
    assert_eq!(held, U256::from(100 * TOKEN));
    assert_clean(&world.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_faucet_pays_bitcoins_out_of_what_its_payer_mined() {
    let node = BitcoinNode::start().await.expect("a node");
    let run = Run::make("bitcoin", "unused:1", &node.url(), "");
    let payer = run.faucet(&[]).await;
    let payer = payer.parse::<bitcoin::Address<_>>().expect("an address");
    let payer = payer.require_network(Network::Regtest).expect("of regtest");
    node.mine_to(&payer, 102).await.expect("mined");
    let to = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    let txid = run.faucet(&["BTC", to, "0.5"]).await;
    // Again at once: what waits in the mempool is not spent twice.
    let other = run.faucet(&["BTC", to, "0.25"]).await;
    assert_ne!(txid, other);
    node.mine_to(&payer, 1).await.expect("mined");
    let asked = json!(["start", [format!("addr({to})")]]);
    let found = node.call("scantxoutset", asked).await.expect("a look");
    assert_eq!(found["total_amount"], json!(0.75), "{found}");
}
