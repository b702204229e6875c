//! `workers proof`: a proof of what users are owed, and what nodes say that we hold, beside it.

use std::time::Duration;

use client::Pool;

use super::{ReservesConfig, measure, network};

/// How long the tree may take: a million accounts take half a minute of this.
const TREE_LIMIT: Duration = Duration::from_secs(600);
/// Looks at a node before the proof goes without it, and what lies between two of them.
const LOOKS: u32 = 20;
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// Makes a proof and gives its number. The signers sign its statements by themselves.
///
/// # Errors
/// The database's, or a node's. What was made until then stays: a proof may have no statement.
pub async fn make(database: &client::Config, config: &ReservesConfig) -> anyhow::Result<i64> {
    let pool = Pool::new(&client::Config {
        pool_size: 1,
        statement_timeout: TREE_LIMIT,
        answer_timeout: TREE_LIMIT + client::Config::ANSWER_MARGIN,
        ..database.clone()
    })?;
    let proof_id = client::make_proof(&pool).await?;
    tracing::info!(proof_id, "made a proof of liabilities");
    for (name, node) in &config.nodes()? {
        let network = network(&pool, name).await?;
        let mut measured = None;
        for _ in 0..LOOKS {
            measured = measure(&pool, &network, node).await?;
            if measured.is_some() {
                break;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        let Some(measured) = measured else {
            tracing::warn!(
                network = name,
                "no statement: the node stands at another block"
            );
            continue;
        };
        let block = (measured.block_height, measured.block_hash.as_slice());
        let holdings = measured.holdings();
        client::state_reserves(&pool, proof_id, network.network_id, block, &holdings).await?;
        tracing::info!(
            proof_id,
            network = name,
            block = block.0,
            "stated what is held"
        );
    }
    Ok(proof_id)
}
