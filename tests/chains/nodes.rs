//! The nodes that the other tests stand on do what those take for granted.

use std::sync::Arc;

use alloy::primitives::U256;
use alloy::sol;
use alloy::sol_types::SolCall as _;
use bitcoin::Amount;
use serde_json::{Value, json};
use tests::bitcoin_node::BitcoinNode;
use tests::evm_node::EvmNode;
use tests::purse::{FEE, Purse};
use tokio::sync::watch;

sol! {
    function mint(address to, uint256 value);
    function balanceOf(address of) returns (uint256);
}

#[tokio::test]
async fn bitcoin_pays_replaces_forgets_blocks_and_comes_back() {
    let mut node = BitcoinNode::start().await.expect("a node");
    let mut purse = Purse::funded(&node, 1, 2).await.expect("a purse");
    let target = Purse::new(2).address().clone();
    let paid = purse
        .pay(&[(target.script_pubkey(), 70_000)], FEE)
        .expect("a payment");
    node.send(&paid).await.expect("taken");
    let replaced = purse
        .replace(&paid, &[(target.script_pubkey(), 60_000)], 5 * FEE)
        .expect("a payment");
    let txid = node.send(&replaced).await.expect("taken");
    assert_eq!(node.mempool().await.expect("a mempool"), [txid]);

    node.mine_to(purse.address(), 2).await.expect("mined");
    let held = node.unspent(txid, 0).await.expect("an answer");
    assert_eq!(held, Some(Amount::from_sat(60_000)));

    node.stop();
    node.start_again().await.expect("started");
    let dropped = node.drop_blocks(2).await.expect("dropped");
    assert_eq!(node.mempool().await.expect("a mempool"), [txid]);
    node.reconsider(dropped).await.expect("taken back");
    assert_eq!(node.mempool().await.expect("a mempool"), []);
}

async fn hash_at(node: &EvmNode, height: u64) -> Value {
    let params = json!([format!("{height:#x}"), false]);
    let block = node.call("eth_getBlockByNumber", params).await;
    block.expect("a block")["hash"].clone()
}

#[tokio::test]
async fn an_ethereum_node_mines_when_told_reorganises_and_comes_back() {
    let mut node = EvmNode::start().await.expect("a node");
    let token = node.deploy_token("USDT", 6).await.expect("a token");
    let to = node.account(5);
    let before = node.balance(to).await.expect("a balance");
    let mint = mintCall {
        to,
        value: U256::from(7),
    };
    let minted = node.invoke(0, token, mint.abi_encode(), U256::ZERO).await;
    minted.expect("taken");
    node.mine(1).await.expect("mined");
    let paid = node.pay(0, to, U256::from(1000)).await.expect("taken");
    assert_eq!(node.receipt(paid).await.expect("an answer"), None);
    node.mine(1).await.expect("mined");
    assert!(node.receipt(paid).await.expect("an answer").is_some());

    node.stop();
    node.start_again().await.expect("started");
    let asked = node.ask(token, balanceOfCall { of: to }.abi_encode()).await;
    let held = U256::from_be_slice(&asked.expect("an answer"));
    assert_eq!(held, U256::from(7));

    let height = node.height().await.expect("a height");
    let hashes = [
        hash_at(&node, height - 1).await,
        hash_at(&node, height).await,
    ];
    node.reorganise(1).await.expect("reorganised");
    assert_eq!(node.height().await.expect("a height"), height);
    assert_eq!(node.balance(to).await.expect("a balance"), before);
    // One block, and no more.
    let after = [
        hash_at(&node, height - 1).await,
        hash_at(&node, height).await,
    ];
    assert_eq!(after[0], hashes[0]);
    assert_ne!(after[1], hashes[1]);
}

/// Without the gate anvil stood still in three of four runs of so many blocks.
#[tokio::test(flavor = "multi_thread")]
async fn an_ethereum_node_mines_while_it_is_asked_for_call_trees() {
    const BLOCKS: usize = 500;
    let node = Arc::new(EvmNode::start().await.expect("a node"));
    let (newest, seen) = watch::channel(hash_at(&node, 0).await);
    let askers: Vec<_> = (0..6)
        .map(|_| (Arc::clone(&node), seen.clone()))
        .map(|(node, seen)| {
            tokio::spawn(async move {
                while seen.has_changed().is_ok() {
                    let params = json!([*seen.borrow(), { "tracer": "callTracer" }]);
                    let traced = node.call("debug_traceBlockByHash", params).await;
                    traced.expect("call trees");
                }
            })
        })
        .collect();
    for _ in 0..BLOCKS {
        let paid = node.pay(0, node.account(1), U256::from(1)).await;
        paid.expect("taken");
        node.mine(1).await.expect("mined");
        let height = node.height().await.expect("a height");
        newest.send_replace(hash_at(&node, height).await);
    }
    drop(newest);
    for asker in askers {
        asker.await.expect("it was answered");
    }
}
