//! `workers hsm make-key`: makes the key that wraps data keys, in a token that exists.
//! `workers hsm check`: whether the token opens and does its work.

use anyhow::{Context, bail, ensure};
use hsm::{Hsm, HsmConfig};

/// # Errors
/// What is missing or wrong, in one line.
pub fn run(command: &str) -> anyhow::Result<()> {
    let config = HsmConfig::read(|name| std::env::var(name).ok());
    let config = config.context("EXCHANGE_HSM_PIN is not set")?;
    match command {
        "make-key" => {
            let made = Hsm::make_key(&config)?;
            let what = if made { "made" } else { "there already" };
            tracing::info!(token = config.token, key = config.key, "the key is {what}");
        }
        "check" => {
            let hsm = Hsm::open(&config)?;
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
        }
        _ => bail!("workers hsm make-key | check"),
    }
    Ok(())
}
