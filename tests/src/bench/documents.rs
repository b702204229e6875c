//! Identity documents beside nothing else: how long a submission takes, and how long the automatic
//! decision after it, with 20,000 names to screen against.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::report::Report;
use super::stage::Exchange;
use crate::api_server::{self, ApiServer, Build};
use crate::form::Form;
use crate::wait;
use crate::worker::Worker;

/// Names that are screened against.
const NAMES: &str = "insert into exchange.sanctions (list, name, birth_year)
    select 'bench', initcap(
        (array['al','ma','ri','jo','ne','vi','ka','so','el','ta'])[1 + n % 10]
        || (array['na','ra','han','lia','mir','ko','sef','bel','don','yan'])[1 + n / 10 % 10] || ' '
        || (array['er','pet','smi','gar','mul','iva','kov','ras','hal','ber'])[1 + n / 100 % 10]
        || (array['ik','ro','the','ci','ler','no','ac','mus','vor','gman'])[1 + n / 1000 % 10]
        || (array['sson','va'])[1 + n / 10000 % 2]), 1940 + n % 60
    from generate_series(0, 19999) n";

/// Cases that wait for a decision.
const OPEN: &str = "select count(*) from exchange.kyc_cases where state = 'submitted'";

/// Submits so many documents, each of an account of its own and once the one before is decided.
pub async fn run(
    submissions: usize,
    build: Build,
    exchange: &Exchange,
    report: &mut Report,
) -> Result<()> {
    let database = &exchange.database;
    let owner = database.owner().await;
    owner.batch_execute(NAMES).await?;
    owner.batch_execute("analyze exchange.sanctions").await?;
    let unlimited = [
        ("EXCHANGE_RATE_ADDRESS", "off"),
        ("EXCHANGE_RATE_ACCOUNT", "off"),
    ];
    let server = ApiServer::start_as(database, build, &unlimited).await?;
    let _worker = Worker::start_as(database, "kyc", build, &[])?;
    let mut taken = Vec::new();
    for number in 0..submissions {
        let name = format!("document{number}");
        api_server::open_account(&owner, &name).await?;
        let token = api_server::login(server.port(), &name).await?;
        let form = Form::passport(&format!("AB{number:07}"));
        let began = Instant::now();
        let reply = form.submit(server.port(), &token).await?;
        taken.push(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
        ensure!(reply.status == 200, "{reply:?}");
        // The decision of one case, not the length of a queue.
        wait::until("the case is decided", async || {
            let row = owner.query_one(OPEN, &[]).await;
            row.is_ok_and(|row| row.get::<_, i64>(0) == 0)
        })
        .await;
    }
    let text = "select count(*) filter (where state = 'approved'),
            (percentile_disc(0.5) within group (order by decided_at - submitted_at)),
            (percentile_disc(0.99) within group (order by decided_at - submitted_at))
        from exchange.kyc_cases";
    let text = format!(
        "select count, (extract(epoch from p50) * 1000000)::bigint, \
         (extract(epoch from p99) * 1000000)::bigint from ({text}) as figures (count, p50, p99)"
    );
    let row = owner.query_one(&text, &[]).await?;
    let figure = |column: usize| u64::try_from(row.get::<_, i64>(column)).context("a figure");
    report.add("kyc_approved", figure(0)?, "cases");
    report.add("kyc_decision_p50_us", figure(1)?, "us");
    report.add("kyc_decision_p99_us", figure(2)?, "us");
    taken.sort_unstable();
    let at = |percent: usize| taken[(taken.len() * percent / 100).min(taken.len() - 1)];
    report.add("kyc_submit_p50_us", at(50), "us");
    report.add("kyc_submit_p99_us", at(99), "us");
    Ok(())
}
