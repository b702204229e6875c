//! What watchers hand over, by functions of the database alone: blocks that no node has made.

use tests::chain_fixture::{ETHEREUM, give_address, list_ethereum};
use tests::database::Database;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

mod amounts;
mod locks;
mod ours;
mod outputs;
mod reorganisations;

/// A value that moves on an EVM chain.
struct Move<'a> {
    /// A word that stands for the transaction.
    transaction: &'a str,
    position: &'a str,
    to: [u8; 20],
    /// Of the listed token.
    is_token: bool,
    atoms: String,
    from: Option<String>,
}

/// Contract of the listed token.
const TOKEN: [u8; 20] = [0xdd; 20];

/// An exchange with Ethereum and one account with an address, the script of which is given.
async fn ethereum() -> (Database, Client, [u8; 20]) {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    list_ethereum(&owner, Some(TOKEN.into())).await;
    let account = tests::arrivals::open_accounts(&owner, 1).await;
    let script = [0xa0; 20];
    give_address(&owner, ETHEREUM, account, "ETH", &shown(script), &script).await;
    (database, owner, script)
}

/// An address as a node's logs have it.
fn shown(script: [u8; 20]) -> String {
    alloy::primitives::Address::from(script).to_checksum(None)
}

/// A wallet of the house on Ethereum.
async fn register(owner: &Client, role: &str, script: [u8; 20]) {
    let text = "insert into chain.wallets (network_id, role, address, script)
        values (2, $1, $2, $3)";
    let address = shown(script);
    let made = owner.execute(text, &[&role, &address, &&script[..]]).await;
    made.expect("a wallet");
}

/// Reads the block of a height, with what moves in it; whether it follows.
async fn read_block(owner: &Client, height: i64, moves: &[Move<'_>]) -> bool {
    read_fork(owner, height, "", "", moves).await
}

/// The same for a block of a fork, and the fork of the one below it.
async fn read_fork(
    owner: &Client,
    height: i64,
    fork: &str,
    fork_below: &str,
    moves: &[Move<'_>],
) -> bool {
    let text = "select chain.read_blocks(2, array[$1::bigint],
            array[sha256(convert_to($2, 'utf8'))], array[sha256(convert_to($3, 'utf8'))],
            array[1700000000 + $1], coalesce(array_agg(1) filter (where n > 0), '{}'),
            coalesce(array_agg(sha256(convert_to(t, 'utf8')) order by n) filter (where n > 0),
                '{}'),
            coalesce(array_agg(p order by n) filter (where n > 0), '{}'),
            coalesce(array_agg(s order by n) filter (where n > 0), '{}'),
            coalesce(array_agg(nullif(c, '') order by n) filter (where n > 0), '{}'),
            coalesce(array_agg(a::numeric order by n) filter (where n > 0), '{}'),
            coalesce(array_agg(f order by n) filter (where n > 0), '{}'), '{}', '{}', '{}', '{}')
        from (select 0 as n, null::text as t, null::text as p, null::bytea as s, null::bytea as c,
                null::text as a, null::text as f
            union all
            select o, t, p, s, c, a, f from unnest($4::text[], $5::text[], $6::bytea[], $7::bytea[],
                $8::text[], $9::text[]) with ordinality as m (t, p, s, c, a, f, o)) moved";
    let token = &TOKEN[..];
    let contract = |one: &Move<'_>| if one.is_token { token } else { &[] };
    let transactions: Vec<&str> = moves.iter().map(|one| one.transaction).collect();
    let positions: Vec<&str> = moves.iter().map(|one| one.position).collect();
    let scripts: Vec<&[u8]> = moves.iter().map(|one| &one.to[..]).collect();
    let contracts: Vec<&[u8]> = moves.iter().map(contract).collect();
    let atoms: Vec<&str> = moves.iter().map(|one| one.atoms.as_str()).collect();
    let senders: Vec<Option<&str>> = moves.iter().map(|one| one.from.as_deref()).collect();
    let (hash, below) = (
        format!("{height} {fork}"),
        format!("{} {fork_below}", height - 1),
    );
    let values: [&(dyn ToSql + Sync); 9] = [
        &height,
        &hash,
        &below,
        &transactions,
        &positions,
        &scripts,
        &contracts,
        &atoms,
        &senders,
    ];
    let row = owner.query_one(text, &values).await;
    row.expect("the block is read").get(0)
}
