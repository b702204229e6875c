//! Many deposits at once, of blocks that no node has made.

use anyhow::Result;
use tokio_postgres::Client;

/// So many accounts, each with an address on network 1.
const ADDRESSES: &str = "with made as (
        insert into exchange.accounts (email)
        select 'payee' || n || '@bench.example' from generate_series(1, $1::bigint) n
        returning account_id),
    numbered as (select account_id, row_number() over (order by account_id) as n from made)
    insert into chain.addresses (network_id, account_id, asset_id, address, script)
    select 1, account_id, 1, 'address' || n,
        '\\x0014'::bytea || substr(sha256(int8send(n)), 1, 20)
    from numbered order by n";

/// A block of so many outputs, of which the first `ours` pay deposit addresses, at a height.
const READ: &str = "select chain.read_blocks(
        1, array[$1::bigint], array[sha256(int8send($1))], array[sha256(int8send($1 - 1))],
        array[1700000000 + $1], array_agg(1), array_agg(txid), array_agg('output:0'::text),
        array_agg(script), array_agg(null::bytea), array_agg(100000::numeric),
        array_agg('somebody'::text), array_agg(1), array_agg(txid), array_agg(txid), array_agg(0))
    from (
        select sha256(int8send($1) || int4send(n)) as txid,
            '\\x0014'::bytea || substr(sha256(int8send(
                case when n <= $3 then n * ($4::bigint / $2) else - n end)), 1, 20) as script
        from generate_series(1, $2::integer) n) made";

/// Makes accounts, each with a deposit address of BTC.
///
/// # Errors
/// What the database says.
pub async fn give_addresses(owner: &Client, addresses: i64) -> Result<()> {
    owner.execute(ADDRESSES, &[&addresses]).await?;
    Ok(())
}

/// Reads a block as a watcher does: the next height, so many outputs of 0.001 BTC, of which the
/// first `ours` pay some of the first `of` addresses.
///
/// # Errors
/// What the database says.
pub async fn read_block(
    owner: &Client,
    height: i64,
    outputs: i32,
    ours: i32,
    of: i64,
) -> Result<()> {
    let row = owner
        .query_one(READ, &[&height, &outputs, &ours, &of])
        .await?;
    anyhow::ensure!(row.get::<_, bool>(0), "block {height} does not follow");
    Ok(())
}

/// Notes that all of these deposits come from one sender, as a watcher does that has asked.
///
/// # Errors
/// What the database says.
pub async fn note_sources(owner: &Client) -> Result<()> {
    let text = "select chain.note_sources(1, array_agg(txid), array_agg(txid),
            array_agg('somebody'::text))
        from exchange.deposits where state = 'pending'";
    owner.execute(text, &[]).await?;
    Ok(())
}
