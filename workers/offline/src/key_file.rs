//! The file of a cold key: the key, and the addresses that may be paid by it, sealed together by a
//! passphrase, so that a stolen disk neither holds a key nor can be made to pay a thief.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use chain::address::{Checksum, Destination};
use chain::network::{BitcoinNetwork, Network};
use chain::public_key::PublicKey;
use chain::seed::PrivateKey;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::sealing::{RANDOM, Sealed, random};
use crate::{passphrase, replace};

/// The largest file that is read.
const MAX_BYTES: u64 = 65_536;
/// Keys that are tried: of 2^128 numbers less than one is no key.
const TRIES: usize = 3;
const KIND: &str = "exchange-sealed-key";
/// Of files that were made before there were passphrases.
const OPEN_KIND: &str = "exchange-offline-key";

/// A file that was opened.
pub(crate) struct KeyFile {
    content: Content,
    passphrase: Zeroizing<String>,
}

/// A key and whom it may pay.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// In a file without a passphrase alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
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
        ensure!(!path.exists(), "{} exists already", path.display());
        let file = KeyFile {
            passphrase: passphrase::ask_new()?,
            content: Content {
                kind: None,
                secret: random_key()?,
                allowed: Vec::new(),
            },
        };
        let text = file.sealed()?;
        let mut options = std::fs::OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(path);
        let mut made = made.with_context(|| path.display().to_string())?;
        made.write_all(text.as_bytes())?;
        made.sync_all()?;
        Ok(file)
    }

    /// Asks for the passphrase and opens the file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<KeyFile> {
        let text = text_of(path)?;
        let sealed = serde_json::from_str::<Sealed>(&text).ok();
        let Some(sealed) = sealed.filter(|sealed| sealed.kind() == KIND) else {
            let shown = path.display();
            match open_content(&text) {
                Some(_) => bail!("{shown} has no passphrase: offline-sign passphrase {shown}"),
                None => bail!("{shown} is no file of a key"),
            }
        };
        let passphrase = passphrase::ask("passphrase")?;
        let bytes = sealed.open(&passphrase)?;
        let content = serde_json::from_slice(&bytes).ok();
        let content = content.with_context(|| format!("{} holds no key", path.display()))?;
        let file = KeyFile {
            content,
            passphrase,
        };
        file.key()?;
        Ok(file)
    }

    /// Gives the file another passphrase, or its first one.
    pub(crate) fn change_passphrase(path: &Path) -> anyhow::Result<KeyFile> {
        let mut file = match open_content(&text_of(path)?) {
            Some(content) => KeyFile {
                content,
                passphrase: Zeroizing::default(),
            },
            None => KeyFile::read(path)?,
        };
        file.key()?;
        file.content.kind = None;
        file.passphrase = passphrase::ask_new()?;
        file.write(path)?;
        Ok(file)
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        replace(path, &self.sealed()?)
    }

    fn sealed(&self) -> anyhow::Result<String> {
        let content = Zeroizing::new(serde_json::to_vec(&self.content)?);
        let sealed = Sealed::seal(KIND, &self.passphrase, &content)?;
        Ok(serde_json::to_string_pretty(&sealed)?)
    }

    pub(crate) fn key(&self) -> anyhow::Result<PrivateKey> {
        let mut bytes = Zeroizing::new([0; 32]);
        let decoded = hex::decode_to_slice(&self.content.secret, &mut *bytes);
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
        self.content.allowed.push(allowed);
        Ok(shown)
    }

    /// What may be paid on a network.
    pub(crate) fn allowed_on(&self, network: Network) -> anyhow::Result<Vec<Destination>> {
        let mut found = Vec::new();
        for allowed in &self.content.allowed {
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
        for allowed in &self.content.allowed {
            if let Network::Bitcoin(network) = allowed.network.parse()? {
                return Ok(network);
            }
        }
        bail!("no Bitcoin address may be paid: see offline-sign allow")
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

fn text_of(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let shown = || path.display().to_string();
    let mut text = Zeroizing::new(String::new());
    let opened = std::fs::File::open(path).with_context(shown)?;
    opened
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .with_context(shown)?;
    Ok(text)
}

/// What stands in a file without a passphrase. Without the reader's own words, which would show
/// what it read.
fn open_content(text: &str) -> Option<Content> {
    let content = serde_json::from_str::<Content>(text).ok()?;
    (content.kind.as_deref() == Some(OPEN_KIND)).then_some(content)
}

/// 64 digits.
fn random_key() -> anyhow::Result<String> {
    for _ in 0..TRIES {
        let bytes = random::<32>()?;
        if PrivateKey::from_bytes(&bytes).is_ok() {
            return Ok(hex::encode(*bytes));
        }
    }
    bail!("{RANDOM} gives no randomness")
}
