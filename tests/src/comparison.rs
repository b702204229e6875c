//! The operator's comparison of what nodes hold with what the books say, as tests ask for it.

use tokio_postgres::Client;

use crate::arrivals::ask;
use crate::checks::assert_clean;
use crate::database::Database;
use crate::worker;

/// Settings of a program.
pub type Settings = [(&'static str, String)];

/// Compares once, as an operator does; gives what it said.
pub fn compare(database: &Database, settings: &Settings) -> String {
    let output = worker::run(database, &["reserves", "--once"], settings).expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// The newest comparison of a coin: held, difference.
pub async fn newest(owner: &Client, asset: &str) -> String {
    let text = format!(
        "select trim_scale(held) || ' ' || trim_scale(difference) from proof.reconciliations
         join exchange.assets using (asset_id) where symbol = '{asset}'
         order by reconciliation_id desc limit 1"
    );
    ask(owner, &text).await
}

/// Coins whose withdrawals are halted.
pub async fn halted(owner: &Client) -> String {
    let text = "select string_agg(symbol, ',' order by symbol) from chain.coins
        join exchange.assets using (asset_id) where is_halted";
    ask(owner, text).await
}

/// Panics where the checks find something, where a payment has succeeded twice, or where a node
/// holds something else than the books say. For a moment at which nothing is on its way.
pub async fn assert_agreed(database: &Database, owner: &Client, settings: &Settings) {
    assert_clean(owner).await;
    let twice = "select string_agg(payment_id::text, ', ') from (
        select payment_id from chain.attempts where state = 'mined' and is_success
        group by payment_id having count(*) > 1) twice";
    assert_eq!(ask(owner, twice).await, "", "payments that succeeded twice");
    let said = compare(database, settings);
    let apart = "select string_agg(symbol || ' ' || difference, ', ') from (
        select distinct on (a.symbol) a.symbol, trim_scale(r.difference) as difference
        from proof.reconciliations r join exchange.assets a using (asset_id)
        order by a.symbol, r.reconciliation_id desc) last
        where difference <> 0";
    assert_eq!(ask(owner, apart).await, "", "chain and books: {said}");
    assert_eq!(halted(owner).await, "", "halted");
}

/// Books the money that a test's node was told to have, out of nothing: then the books can agree.
pub async fn book_gift(owner: &Client, asset: &str, amount: &str) {
    let text = format!(
        "select proof.book_loss('ethereum', 'hot', '{asset}',
             sha256(gen_random_uuid()::text::bytea), - {amount}, 'a gift of the test')"
    );
    owner.batch_execute(&text).await.expect("booked");
}
