//! Commands for the keys of chains: a hot wallet's signing key, and the seed of deposit addresses,
//! of which only public keys are shown.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, ensure};
use chain::network::BitcoinNetwork;
use chain::public_key::PublicKey;
use chain::seed::Seed;
use chain::signature::Signature;
use hsm::{Hsm, HsmConfig, SigningKey, WrappedSeed};

/// The account of all deposit addresses.
const ACCOUNT: u32 = 0;
/// The largest file of a seed.
const MAX_SEED_FILE_BYTES: u64 = 4_096;

/// Makes a pair of keys, unless it is there.
///
/// # Errors
/// The token's.
pub fn make_key(config: &HsmConfig, label: &str) -> anyhow::Result<()> {
    let made = SigningKey::make(config, label)?;
    let what = if made { "made" } else { "there already" };
    tracing::info!(token = config.token, label, "the signing key is {what}");
    Ok(())
}

/// Prints the public half: 66 digits.
///
/// # Errors
/// The token's.
pub fn show_public_key(config: &HsmConfig, label: &str) -> anyhow::Result<()> {
    println!("{}", public_key(&SigningKey::open(config, label)?)?);
    Ok(())
}

/// Whether the pair signs, for Bitcoin and for an EVM chain.
///
/// # Errors
/// The token's, or that what it signs is not its key's.
pub fn check_key(config: &HsmConfig, label: &str) -> anyhow::Result<()> {
    let key = SigningKey::open(config, label)?;
    let (public, digest) = (public_key(&key)?, [0x5a; 32]);
    let signature = Signature::from_bytes(&key.sign(&digest)?)?;
    signature.verify(&digest, &public)?;
    signature.recoverable(&digest, &public)?;
    tracing::info!(
        token = config.token,
        label,
        account = %public.evm_address(),
        "the key signs"
    );
    Ok(())
}

/// Makes a seed and writes it wrapped into a new file, which is then read back and opened.
///
/// # Errors
/// The token's; that the file is there, because whoever overwrites a seed loses its coins.
pub fn make_seed(config: &HsmConfig, label: &str, path: &Path) -> anyhow::Result<()> {
    let hsm = Hsm::open(config)?;
    let seed = WrappedSeed::make(&hsm, label)?;
    // Only with all of it under its name is there a file.
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&new).with_context(|| shown(&new))?;
    file.write_all(format!("{seed}\n").as_bytes())?;
    file.sync_all()?;
    read_seed(&new)?.open(&hsm)?;
    let linked = std::fs::hard_link(&new, path).with_context(|| shown(path));
    std::fs::remove_file(&new)?;
    linked?;
    tracing::info!(
        token = config.token,
        label,
        "the seed is made: keep copies of the file"
    );
    Ok(())
}

/// Prints the extended public keys of the accounts of deposit addresses: kind of chain, path, key.
///
/// # Errors
/// The file's, or the token's.
pub fn show_extended_keys(config: &HsmConfig, path: &Path) -> anyhow::Result<()> {
    let seed = read_seed(path)?;
    let opened = seed.open(&Hsm::open(config)?);
    let seed = Seed::new(opened.with_context(|| shown(path))?);
    for (name, network) in [
        ("bitcoin", BitcoinNetwork::Mainnet),
        ("bitcoin-test", BitcoinNetwork::Regtest),
    ] {
        let key = seed.bitcoin_account(network, ACCOUNT)?.extended_public()?;
        let coin = network.coin_type();
        println!("{name} m/84'/{coin}'/{ACCOUNT}' {key}");
    }
    let key = seed.evm_account(ACCOUNT)?.extended_public()?;
    println!("evm m/44'/60'/{ACCOUNT}' {key}");
    Ok(())
}

/// Reads a seed's file; it stays wrapped.
///
/// # Errors
/// The file's.
pub fn read_seed(path: &Path) -> anyhow::Result<WrappedSeed> {
    let size = std::fs::metadata(path).with_context(|| shown(path))?.len();
    ensure!(
        size <= MAX_SEED_FILE_BYTES,
        "{}: too large for a seed",
        shown(path)
    );
    let text = std::fs::read_to_string(path).with_context(|| shown(path))?;
    text.parse().with_context(|| shown(path))
}

fn public_key(key: &SigningKey) -> anyhow::Result<PublicKey> {
    Ok(PublicKey::from_bytes(&key.public_key())?)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
