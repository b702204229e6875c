//! `workers hsm …`: keys in a token that exists, made and checked; the seed of deposit addresses.

use anyhow::{Context, bail, ensure};
use hsm::{Hsm, HsmConfig};

use crate::hsm_signing;

const USAGE: &str = "workers hsm make-key | check | make-signing-key LABEL | public-key LABEL | \
    check-signing-key LABEL | make-seed LABEL FILE | extended-keys FILE";

/// # Errors
/// What is missing or wrong, in one line.
pub fn run(command: &[&str]) -> anyhow::Result<()> {
    let config = HsmConfig::read(|name| std::env::var(name).ok());
    let config = config.context("EXCHANGE_HSM_PIN is not set")?;
    match command {
        ["make-key"] => {
            let made = Hsm::make_key(&config)?;
            let what = if made { "made" } else { "there already" };
            tracing::info!(token = config.token, key = config.key, "the key is {what}");
            Ok(())
        }
        ["check"] => check(&config),
        ["make-signing-key", label] => hsm_signing::make_key(&config, label),
        ["public-key", label] => hsm_signing::show_public_key(&config, label),
        ["check-signing-key", label] => hsm_signing::check_key(&config, label),
        ["make-seed", label, file] => hsm_signing::make_seed(&config, label, file.as_ref()),
        ["extended-keys", file] => hsm_signing::show_extended_keys(&config, file.as_ref()),
        _ => bail!(USAGE),
    }
}

/// Whether the token opens and does its work.
fn check(config: &HsmConfig) -> anyhow::Result<()> {
    let hsm = Hsm::open(config)?;
    let sealed = hsm::seal(&hsm, b"check", b"content".to_vec())?;
    let opened = hsm::open(&hsm, b"check", sealed)?;
    ensure!(
        opened == b"content",
        "what was opened is not what was sealed"
    );
    let other = hsm::seal(&hsm, b"check", b"content".to_vec())?;
    let stolen = hsm::open(&hsm, b"another place", other);
    ensure!(stolen.is_err(), "a content opens in another place");
    tracing::info!(
        token = config.token,
        key = config.key,
        "the key seals and opens"
    );
    Ok(())
}
