//! The file of a cold key: the key, and the addresses that may be paid by it. It is not encrypted:
//! the disk that holds it has to be.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use chain::address::{Checksum, Destination};
use chain::network::{BitcoinNetwork, Network};
use chain::public_key::PublicKey;
use chain::seed::PrivateKey;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::replace;

/// The largest file that is read.
const MAX_BYTES: u64 = 65_536;
/// Where the system gives randomness.
const RANDOM: &str = "/dev/urandom";
/// Keys that are tried: of 2^128 numbers less than one is no key.
const TRIES: usize = 3;
const KIND: &str = "exchange-offline-key";

/// A key and whom it may pay.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    kind: String,
    secret: String,
    allowed: Vec<Allowed>,
}

/// An address that may be paid.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    network: String,
    address: String,
}

impl KeyFile {
    /// A new key in a new file that only its owner can read.
    pub(crate) fn make(path: &Path) -> anyhow::Result<KeyFile> {
        let file = KeyFile {
            kind: KIND.to_owned(),
            secret: random_key()?,
            allowed: Vec::new(),
        };
        let text = Zeroizing::new(serde_json::to_string_pretty(&file)?);
        let mut options = std::fs::OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(path);
        let mut made = made.with_context(|| path.display().to_string())?;
        made.write_all(text.as_bytes())?;
        made.sync_all()?;
        Ok(file)
    }

    pub(crate) fn read(path: &Path) -> anyhow::Result<KeyFile> {
        let shown = || path.display().to_string();
        let mut text = Zeroizing::new(String::new());
        let opened = std::fs::File::open(path).with_context(shown)?;
        opened
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .with_context(shown)?;
        // Without the reader's own words, which would show what it read.
        let read = serde_json::from_str::<KeyFile>(&text).ok();
        let file = read.with_context(|| format!("{} is no file of a key", path.display()))?;
        ensure!(file.kind == KIND, "{} is no file of a key", path.display());
        file.key()?;
        Ok(file)
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = Zeroizing::new(serde_json::to_string_pretty(self)?);
        replace(path, &text)
    }

    pub(crate) fn key(&self) -> anyhow::Result<PrivateKey> {
        let mut bytes = Zeroizing::new([0; 32]);
        let decoded = hex::decode_to_slice(&self.secret, &mut *bytes);
        decoded.ok().context("the file's key is no key")?;
        PrivateKey::from_bytes(&bytes).context("the file's key is no key")
    }

    pub(crate) fn public_key(&self) -> anyhow::Result<PublicKey> {
        Ok(self.key()?.public_key())
    }

    /// From now on the address may be paid.
    pub(crate) fn allow(&mut self, network: &str, address: &str) -> anyhow::Result<String> {
        let network: Network = network.parse()?;
        let destination = Destination::parse(address, network, Checksum::Required)?;
        let allowed = Allowed {
            network: network.to_string(),
            address: destination.canonical(),
        };
        let shown = format!("{} {}", allowed.network, allowed.address);
        self.allowed.push(allowed);
        Ok(shown)
    }

    /// What may be paid on a network.
    pub(crate) fn allowed_on(&self, network: Network) -> anyhow::Result<Vec<Destination>> {
        let mut found = Vec::new();
        for allowed in &self.allowed {
            if allowed.network.parse::<Network>()? == network {
                found.push(Destination::parse(
                    &allowed.address,
                    network,
                    Checksum::Required,
                )?);
            }
        }
        Ok(found)
    }

    /// The Bitcoin network of the addresses, which no PSBT says: the first one's.
    pub(crate) fn bitcoin_network(&self) -> anyhow::Result<BitcoinNetwork> {
        for allowed in &self.allowed {
            if let Network::Bitcoin(network) = allowed.network.parse()? {
                return Ok(network);
            }
        }
        anyhow::bail!("no Bitcoin address may be paid: see offline-sign allow")
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// 64 digits.
fn random_key() -> anyhow::Result<String> {
    let mut source = std::fs::File::open(RANDOM).context(RANDOM)?;
    for _ in 0..TRIES {
        let mut bytes = Zeroizing::new([0; 32]);
        source.read_exact(&mut *bytes).context(RANDOM)?;
        if PrivateKey::from_bytes(&bytes).is_ok() {
            return Ok(hex::encode(*bytes));
        }
    }
    anyhow::bail!("{RANDOM} gives no randomness")
}
