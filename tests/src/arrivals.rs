//! What the database says of deposits, for tests of watchers: states, balances, debts, events; and
//! the waiting for them.

use anyhow::Result;
use tokio_postgres::Client;

use crate::checks::assert_clean;
use crate::wait;

/// Accounts without money; gives the first one's number, the others follow it.
pub async fn open_accounts(owner: &Client, accounts: i64) -> i64 {
    let text = "insert into exchange.accounts (email)
        select 'depositor' || n || '@example.com' from generate_series(1, $1::bigint) n
        order by n returning account_id";
    let rows = owner.query(text, &[&accounts]).await;
    let rows = rows.expect("the accounts are made");
    rows.iter()
        .map(|row| row.get(0))
        .min()
        .expect("some accounts")
}

/// One value of a query, as text; empty where there is no row or null.
pub async fn ask(owner: &Client, text: &str) -> String {
    let rows = owner.query(text, &[]).await;
    let rows = rows.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let value = rows.first().and_then(|row| row.get::<_, Option<String>>(0));
    value.unwrap_or_default()
}

/// Waits until a query gives that text; panics with what it gave last.
pub async fn until_it_says(owner: &Client, text: &str, wanted: &str) {
    let last = std::sync::Mutex::new(String::new());
    let what = format!("'{wanted}' is the answer to: {text}");
    let said = wait::until(&what, async || {
        let said = ask(owner, text).await;
        let is_wanted = said == wanted;
        *last.lock().expect("not poisoned") = said;
        is_wanted
    });
    let limit = wait::PATIENCE - std::time::Duration::from_secs(5);
    if tokio::time::timeout(limit, said).await.is_err() {
        let last = last.lock().expect("not poisoned").clone();
        let all = ask(owner, EVERYTHING).await;
        panic!("wanted '{wanted}', got '{last}', of: {text}\nall deposits: {all}");
    }
}

const EVERYTHING: &str = "select string_agg(d::text, E'\\n' order by deposit_id) \
    from exchange.deposits d";

/// Text of a query for the states of a transaction's deposits, by position.
pub fn states_of(txid: &str) -> String {
    format!(
        "select string_agg(position || ' ' || state, ', ' order by position) from exchange.deposits
         where txid = decode('{txid}', 'hex')"
    )
}

/// Text of a query for what an account has of an asset.
pub fn available_of(account_id: i64, symbol: &str) -> String {
    format!(
        "select trim_scale(b.available)::text from exchange.balances b
         join exchange.assets a using (asset_id)
         where b.account_id = {account_id} and a.symbol = '{symbol}'"
    )
}

/// Text of a query for what an account owes of an asset.
pub fn owed_by(account_id: i64, symbol: &str) -> String {
    format!(
        "select trim_scale(d.owed)::text from exchange.debts d
         join exchange.assets a using (asset_id)
         where d.account_id = {account_id} and a.symbol = '{symbol}'"
    )
}

/// Text of a query for the confirmations that a transaction's deposits were said to have, in the
/// order in which they were said.
pub fn told_of(txid: &str) -> String {
    format!(
        "select string_agg(payload ->> 'state' || ' ' || (payload ->> 'confirmations'), ', '
            order by last_sequence)
         from exchange.events where stream_id = 10001
            and payload ->> 'txid' in ('{txid}', '0x{txid}')"
    )
}

/// What the chain must hold at deposit addresses, in atoms: all that arrived and was not undone.
pub async fn arrived(owner: &Client, symbol: &str) -> String {
    let text = format!(
        "select trim_scale(coalesce(sum(d.amount * power(10::numeric, a.scale)), 0))::text
         from exchange.deposits d join exchange.assets a using (asset_id)
         where a.symbol = '{symbol}' and d.block_hash is not null"
    );
    ask(owner, &text).await
}

/// Takes money away, as if it had been spent.
pub async fn spend(owner: &Client, account_id: i64, symbol: &str, amount: &str) -> Result<()> {
    let text = "select exchange.adjust_balance($1, $2, - $3::text::numeric, 'spent',
        'spent-' || gen_random_uuid())";
    owner.query(text, &[&account_id, &symbol, &amount]).await?;
    Ok(())
}

/// Makes the watchers look at their nodes now.
pub async fn ring(owner: &Client, network_id: i32) {
    let text = format!("notify exchange_events, '{}'", 10_910 + network_id);
    // A server that is away has nobody to tell.
    let _ = owner.batch_execute(&text).await;
}

/// Panics where the database's checks find something, or where what was credited is not what
/// balances and debts say.
pub async fn assert_sound(owner: &Client) {
    assert_clean(owner).await;
    let unequal = ask(
        owner,
        "select string_agg(deposit_id::text, ', ') from exchange.deposits d
         where (state = 'credited') <> (coalesce((select sum(amount) from exchange.deposit_entries e
            where e.deposit_id = d.deposit_id), 0) = d.amount)",
    );
    assert_eq!(unequal.await, "", "deposits whose facts do not fit");
}
