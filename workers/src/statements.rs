//! `workers sign-statements a|b`: a signer signs what proofs of reserves say, with its keys in its
//! token: the text of a proof and nothing that could move a coin.

use anyhow::{Context as _, ensure};
use chain::control::{Custom, digest};
use chain::public_key::PublicKey;
use chain::signature::Signature;
use client::{Pool, UnsignedStatement};
use hsm::{HsmConfig, SigningKey};

/// A signer's token, and what its keys are called there.
#[derive(Clone, Debug)]
pub struct StatementKeys {
    /// `EXCHANGE_SIGNER_TOKEN` and `EXCHANGE_SIGNER_PIN`, in the module of `EXCHANGE_HSM_MODULE`.
    pub token: HsmConfig,
    /// `EXCHANGE_SIGNER_KEY`: the key of the hot wallets.
    pub hot: String,
    /// `EXCHANGE_GAS_KEY`: the key of the gas account.
    pub gas: String,
}

impl StatementKeys {
    /// From the environment.
    ///
    /// # Errors
    /// There is no PIN.
    pub fn from_env() -> anyhow::Result<StatementKeys> {
        let value = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let token = HsmConfig::read(|name| match name {
            "EXCHANGE_HSM_TOKEN" => value("EXCHANGE_SIGNER_TOKEN"),
            "EXCHANGE_HSM_PIN" => value("EXCHANGE_SIGNER_PIN"),
            other => value(other),
        });
        let or = |name: &str, otherwise: &str| value(name).unwrap_or_else(|| otherwise.to_owned());
        Ok(StatementKeys {
            token: token.context("EXCHANGE_SIGNER_PIN is not set")?,
            hot: or("EXCHANGE_SIGNER_KEY", "hot"),
            gas: or("EXCHANGE_GAS_KEY", "gas"),
        })
    }
}

/// Signs what the signer has not signed, and gives how many statements.
///
/// # Errors
/// The database's, or the token's.
pub async fn sign(pool: &Pool, keys: &StatementKeys, signer: &str) -> anyhow::Result<usize> {
    let waiting = client::unsigned_statements(pool, signer).await?;
    for statement in &waiting {
        let (key, signature) = signed(keys, statement)?;
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
    keys: &StatementKeys,
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
        "gas" => &keys.gas,
        _ => &keys.hot,
    };
    let key = SigningKey::open(&keys.token, label).with_context(|| format!("the key {label}"))?;
    let digest = digest(custom, &statement.message);
    let public = PublicKey::from_bytes(&key.public_key())?;
    let signature = Signature::from_bytes(&key.sign(&digest)?)?;
    signature.verify(&digest, &public)?;
    Ok((public, signature))
}
