//! A proof of what users are owed: how long the tree over so many accounts takes, and how long one
//! account's path.

use std::time::Instant;

use anyhow::{Context, Result};

use super::report::Report;
use super::stage::Exchange;

/// Paths that are asked for.
const PATHS: usize = 200;

/// Makes a proof over so many accounts, each with a balance of its own, and asks for paths.
pub async fn run(accounts: i64, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let owner = exchange.database.owner().await;
    let fill = format!(
        "with opened as (
            insert into exchange.accounts (email)
            select 'owed' || n || '@bench.example' from generate_series(1, {accounts}) n
            returning account_id)
        insert into exchange.balances (account_id, asset_id, available, held)
        select account_id, (select min(asset_id) from exchange.assets), account_id * 1.00001, 0.5
        from opened;
        analyze exchange.accounts; analyze exchange.balances;"
    );
    owner.batch_execute(&fill).await?;
    let began = Instant::now();
    owner.query_one("select proof.liabilities()", &[]).await?;
    report.add_duration("proof_of_liabilities_s", began.elapsed());
    let leaves = "select max(leaves)::bigint from proof.roots";
    let leaves: i64 = owner.query_one(leaves, &[]).await?.get(0);
    report.add("proof_leaves", leaves.unsigned_abs(), "accounts");

    let some = "select a.account_id, s.symbol from exchange.accounts a
        cross join (select symbol from exchange.assets order by asset_id limit 1) s
        where a.email like 'owed%@bench.example' order by md5(a.email) limit $1";
    let limit = i64::try_from(PATHS)?;
    let trader = exchange.database.trader().await;
    let path = trader
        .prepare("select path from proof.path_of($1, null, $2)")
        .await?;
    let mut taken = Vec::new();
    for row in owner.query(some, &[&limit]).await? {
        let (account, asset): (i64, String) = (row.get(0), row.get(1));
        let acting = format!("set exchange.account_id = {account}");
        trader.batch_execute(&acting).await?;
        let began = Instant::now();
        trader.query_one(&path, &[&account, &asset]).await?;
        taken.push(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    taken.sort_unstable();
    let last = taken.len().checked_sub(1).context("no paths")?;
    report.add("proof_path_p50_us", taken[last / 2], "us");
    report.add("proof_path_p99_us", taken[last * 99 / 100], "us");
    Ok(())
}
