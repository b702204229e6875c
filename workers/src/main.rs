//! `workers <name>`: runs one worker until it is told to stop.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::{Context, bail};
use client::Pool;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use workers::kyc::KycConfig;
use workers::mail::MailConfig;
use workers::payments::PaymentsConfig;
use workers::reserves::ReservesConfig;
use workers::signer::SignerConfig;
use workers::watch::WatchConfig;
use workers::{
    audit, bitcoin, candles, cold, deadlines, evm, hsm_key, kyc, mail, payments, reserves,
    sanctions, signer, statements, upkeep, wallets,
};

const USAGE: &str = "usage: DATABASE_URL=postgres://… workers \
    all | audit | bitcoin | candles | deadlines | evm | kyc | mail | payments | proof | \
    reserves [--once] | sign-statements a|b | signer a|b | upkeep [--once] | \
    sanctions load LIST FILE; workers wallets …; workers cold …; workers hsm …";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stdout().is_terminal())
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // It asks the token alone.
    if let ["hsm", command @ ..] = arguments.as_slice() {
        return hsm_key::run(command);
    }
    let config = client::Config::from_env()?;
    let pool = Pool::new(&config)?;
    let work = async {
        match arguments.as_slice() {
            ["all"] => all(&pool, &config).await,
            ["upkeep", "--once"] => upkeep::once(&pool).await.context("upkeep"),
            ["upkeep"] => upkeep::run(&pool).await.context("upkeep"),
            ["audit"] => audit::run(&pool, &config).await.context("audit"),
            ["bitcoin"] => {
                let settings = WatchConfig::bitcoin_from_env()?;
                let ended = bitcoin::run(&pool, &config, &settings).await;
                ended.context("bitcoin")
            }
            ["candles"] => candles::run(&pool, &config).await.context("candles"),
            ["deadlines"] => {
                deadlines::run(&pool).await;
                Ok(())
            }
            ["evm"] => {
                let settings = WatchConfig::evm_from_env()?;
                evm::run(&pool, &config, &settings).await.context("evm")
            }
            ["kyc"] => kyc(&pool, &config).await,
            ["mail"] => mail(&pool, &config).await,
            ["reserves", mode @ ..] => compare_reserves(&pool, mode).await.context("reserves"),
            ["proof"] => {
                let settings = ReservesConfig::from_env()?;
                let made = reserves::make(&config, &settings).await;
                made.map(drop).context("proof")
            }
            ["sign-statements", signer @ ("a" | "b")] => {
                let settings = SignerConfig::from_env(signer)?;
                let signed = statements::sign(&pool, &settings).await;
                signed.map(drop).context("sign-statements")
            }
            ["payments"] => {
                let settings = PaymentsConfig::from_env()?;
                payments::run(&pool, &config, &settings)
                    .await
                    .context("payments")
            }
            ["signer", name] => {
                let settings = SignerConfig::from_env(name)?;
                signer::run(&pool, &config, &settings)
                    .await
                    .context("signer")
            }
            ["cold", command @ ..] => cold::run(&pool, command).await,
            ["wallets", command @ ..] => wallets::run(&pool, command).await,
            ["sanctions", "load", list, file] => sanctions::load(&pool, list, file).await,
            _ => bail!(USAGE),
        }
    };
    tokio::select! {
        ended = work => ended,
        stopped = stop_signal() => stopped.context("cannot wait for signals"),
    }
}

/// Every worker in one process. One that ends takes all with it: whoever runs them starts them
/// again.
async fn all(pool: &Pool, config: &client::Config) -> anyhow::Result<()> {
    tokio::select! {
        ended = upkeep::run(pool) => ended.context("upkeep"),
        ended = audit::run(pool, config) => ended.context("audit"),
        ended = candles::run(pool, config) => ended.context("candles"),
        () = deadlines::run(pool) => bail!("deadlines ended"),
        ended = kyc(pool, config) => ended,
        ended = mail(pool, config) => ended,
    }
}

async fn kyc(pool: &Pool, config: &client::Config) -> anyhow::Result<()> {
    let settings = KycConfig::from_env()?;
    kyc::run(pool, config, &settings).await.context("kyc")
}

async fn mail(pool: &Pool, config: &client::Config) -> anyhow::Result<()> {
    let mails = MailConfig::from_env()?;
    mail::run(pool, config, &mails).await.context("mail")
}

async fn compare_reserves(pool: &Pool, mode: &[&str]) -> anyhow::Result<()> {
    let settings = ReservesConfig::from_env()?;
    match mode {
        [] => reserves::run(pool, &settings).await,
        ["--once"] => reserves::once(pool, &settings).await,
        _ => bail!(USAGE),
    }
}

async fn stop_signal() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}
