//! Proofs as the database gives them, in the form that the pure crate verifies.

use chain::liabilities::{Leaf, Node, Proof, Side, Step};
use serde_json::Value;
use tests::trading::{number, rows};
use tokio_postgres::Client;

/// Makes a proof of now and gives its number.
pub(super) async fn make(owner: &Client) -> i64 {
    number(owner, "select proof.liabilities()").await
}

/// The root of an asset in a proof.
pub(super) async fn root(owner: &Client, proof: i64, asset: &str) -> Node {
    let text = format!(
        "select encode(r.root, 'hex') || ' ' || trunc(r.sum * ('1e' || a.scale)::numeric)
         from proof.roots r join exchange.assets a using (asset_id)
         where r.proof_id = {proof} and a.symbol = '{asset}'"
    );
    let found = rows(owner, &text).await.remove(0);
    let (hash, sum) = found.split_once(' ').expect("two words");
    Node {
        hash: bytes(hash),
        sum: sum.parse().expect("a sum"),
    }
}

/// All leaves of a tree in the order in which they stand there.
pub(super) async fn leaves(owner: &Client, proof: i64, asset: &str) -> Vec<Leaf> {
    let text = format!(
        "select l.account_id || ' ' || l.atoms || ' '
             || encode(proof.salt_of(r.secret, l.account_id), 'hex')
         from proof.pages p
         join proof.roots r using (proof_id, asset_id)
         join exchange.assets a using (asset_id)
         cross join unnest(p.account_ids, p.atoms) with ordinality l (account_id, atoms, number)
         where p.proof_id = {proof} and a.symbol = '{asset}'
         order by p.page, l.number"
    );
    let rows = rows(owner, &text).await;
    rows.iter().map(|row| leaf(row)).collect()
}

fn leaf(row: &str) -> Leaf {
    let words: Vec<&str> = row.split(' ').collect();
    Leaf {
        account_id: words[0].parse().expect("a number"),
        sum: words[1].parse().expect("a sum"),
        salt: bytes(words[2]),
    }
}

/// An account's leaf and path, as the API's role is given them.
pub(super) async fn path(trader: &Client, account: i64, proof: i64, asset: &str) -> Proof {
    let acting = format!("set exchange.account_id = {account}");
    trader.batch_execute(&acting).await.expect("set");
    let text = "select atoms, encode(salt, 'hex'), path from proof.path_of($1, $2, $3)";
    let row = trader.query_one(text, &[&account, &proof, &asset]).await;
    let row = row.expect("a path");
    let steps: Value = row.get(2);
    let steps = steps.as_array().expect("steps").iter().map(step);
    Proof {
        leaf: Leaf {
            account_id: account.unsigned_abs(),
            sum: row.get::<_, String>(0).parse().expect("a sum"),
            salt: bytes(&row.get::<_, String>(1)),
        },
        path: steps.collect(),
    }
}

fn step(step: &Value) -> Step {
    let text = |name: &str| step[name].as_str().expect("text");
    Step {
        side: match text("side") {
            "left" => Side::Left,
            _ => Side::Right,
        },
        node: Node {
            hash: bytes(text("hash")),
            sum: text("sum").parse().expect("a sum"),
        },
    }
}

fn bytes(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).expect("64 digits");
    bytes
}
