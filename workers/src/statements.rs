//! `workers sign-statements a|b`: a signer signs what proofs of reserves say, with its keys in its
//! token: the text of a proof and nothing that could move a coin.

use anyhow::{Context as _, ensure};
use chain::control::{Custom, digest};
use chain::public_key::PublicKey;
use chain::signature::Signature;
use client::{Pool, UnsignedStatement};
use hsm::SigningKey;

use crate::signer::SignerConfig;

/// Signs what the signer has not signed, and gives how many statements.
///
/// # Errors
/// The database's, or the token's.
pub async fn sign(pool: &Pool, config: &SignerConfig) -> anyhow::Result<usize> {
    let signer = config.name.as_str();
    let waiting = client::unsigned_statements(pool, signer).await?;
    for statement in &waiting {
        let (key, signature) = signed(config, statement)?;
        let (key, signature) = (key.bytes(), signature.bytes());
        client::add_statement_signature(pool, signer, statement, &key, &signature).await?;
        let UnsignedStatement {
            proof_id, holder, ..
        } = statement;
        tracing::info!(proof_id, signer, holder, "signed a statement of reserves");
    }
    Ok(waiting.len())
}

fn signed(
    config: &SignerConfig,
    statement: &UnsignedStatement,
) -> anyhow::Result<(PublicKey, Signature)> {
    // What it signs begins with words that no transaction begins with.
    ensure!(
        statement.message.starts_with("Proof of reserves "),
        "this is no statement of reserves"
    );
    let custom = match statement.family.as_str() {
        "bitcoin" => Custom::Bitcoin,
        _ => Custom::Evm,
    };
    let label = match statement.holder.as_str() {
        "gas" => &config.gas_key,
        _ => &config.hot_key,
    };
    let key = SigningKey::open(&config.hsm, label).with_context(|| format!("the key {label}"))?;
    let digest = digest(custom, &statement.message);
    let public = PublicKey::from_bytes(&key.public_key())?;
    let signature = Signature::from_bytes(&key.sign(&digest)?)?;
    signature.verify(&digest, &public)?;
    Ok((public, signature))
}
