//! Reviews the documents that owners submitted, as soon as they come: by the rules built in, or by
//! an outside provider. What it finds is decided by the database, in one transaction.

mod built_in;
mod config;
mod provider;

use std::future::Future;
use std::time::Duration;

use client::{Finding, KYC_BELL, Pool, ReviewCase, Ring};

pub use config::{KycConfig, ProviderConfig};

/// A case is taken up so often; pauses between double from 30 seconds. Then people decide.
pub const MAX_REVIEWS: i32 = 8;
/// Cases taken at once.
const AT_ONCE: i32 = 10;
/// The longest sleep: then a case whose review failed may be due again.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a reviewer says of a case.
pub enum Answer {
    /// All that it finds: decide now.
    Now(Vec<Finding>),
    /// Its answer comes later, by another way.
    Later,
}

/// Who reviews automatically.
pub trait Reviewer: Sync {
    /// Looks at a case.
    ///
    /// # Errors
    /// It could not; it is asked again.
    fn review(
        &self,
        pool: &Pool,
        case: &ReviewCase,
    ) -> impl Future<Output = anyhow::Result<Answer>> + Send;
}

/// Works until it is dropped. A database that is away is waited for.
///
/// # Errors
/// The configuration cannot be used.
pub async fn run(pool: &Pool, database: &client::Config, config: &KycConfig) -> anyhow::Result<()> {
    match &config.provider {
        None => work(pool, database, &built_in::BuiltIn).await,
        Some(settings) => work(pool, database, &provider::Provider::open(settings)?).await,
    }
}

async fn work(
    pool: &Pool,
    database: &client::Config,
    reviewer: &impl Reviewer,
) -> anyhow::Result<()> {
    let mut bell = client::listen(database)?;
    loop {
        if let Err(error) = once(pool, reviewer).await {
            tracing::error!("cannot see to the documents: {error}");
        }
        let rung = async {
            while !matches!(bell.next().await, Ring::Stream(KYC_BELL) | Ring::Everything) {}
        };
        // Passing in silence is as good as a ring.
        let _ = tokio::time::timeout(LONGEST_PAUSE, rung).await;
    }
}

/// Reviews what is due.
async fn once(pool: &Pool, reviewer: &impl Reviewer) -> Result<(), client::Error> {
    loop {
        let cases = client::claim_kyc_reviews(pool, MAX_REVIEWS, AT_ONCE).await?;
        if cases.is_empty() {
            return Ok(());
        }
        for case in cases {
            match attempt(pool, reviewer, &case).await {
                Ok(outcome) => tracing::info!(case = case.case_id, outcome, "case reviewed"),
                Err(error) => {
                    let failure = format!("{error:#}");
                    let review = case.review;
                    tracing::warn!(case = case.case_id, review, "case not reviewed: {failure}");
                    client::fail_kyc_review(pool, case.case_id, &failure).await?;
                }
            }
        }
    }
}

async fn attempt(
    pool: &Pool,
    reviewer: &impl Reviewer,
    case: &ReviewCase,
) -> anyhow::Result<String> {
    match reviewer.review(pool, case).await? {
        Answer::Now(found) => Ok(client::decide_kyc(pool, case.case_id, &found).await?),
        Answer::Later => {
            client::await_kyc_provider(pool, case.case_id).await?;
            Ok("with the provider".to_owned())
        }
    }
}
