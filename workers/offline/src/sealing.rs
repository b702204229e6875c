//! Contents sealed by a passphrase: Argon2id makes a key of it (RFC 9106), AES-256-GCM seals. What
//! the key is made by stands in the file and is sealed with it, so that it may grow later.

use std::io::Read as _;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use anyhow::{Context as _, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

/// Where the system gives randomness.
pub(crate) const RANDOM: &str = "/dev/urandom";
/// RFC 9106, the second of the options it recommends: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// A file that asks for more than 4 GiB, or for so many passes, was changed.
const MAX_MEMORY_KIB: u32 = 4 << 20;
const MAX_PASSES: u32 = 1_000;
const SALT: usize = 16;
const NONCE: usize = 12;
const TAG: usize = 16;
const KEY: usize = 32;

/// A sealed content as it stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    kind: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    nonce: String,
    /// Content and tag.
    content: String,
}

impl Sealed {
    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    /// Seals with a new salt and a new nonce.
    pub(crate) fn seal(kind: &str, passphrase: &str, content: &[u8]) -> anyhow::Result<Sealed> {
        let (salt, nonce) = (random::<SALT>()?, random::<NONCE>()?);
        let mut sealed = Sealed {
            kind: kind.to_owned(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: hex::encode(*salt),
            nonce: hex::encode(*nonce),
            content: String::new(),
        };
        let cipher = sealed.cipher(passphrase)?;
        let mut bytes = Zeroizing::new(content.to_vec());
        let head = sealed.head();
        let tag = cipher
            .encrypt_inout_detached(&(*nonce).into(), head.as_bytes(), (&mut bytes[..]).into())
            .ok()
            .context("the content is too long")?;
        sealed.content = hex::encode(&*bytes) + &hex::encode(tag);
        Ok(sealed)
    }

    /// Opens what [`Sealed::seal`] made.
    ///
    /// # Errors
    /// The passphrase is another one, or the file was changed: nobody can tell which.
    pub(crate) fn open(&self, passphrase: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(hex::decode(&self.content).unwrap_or_default());
        let length = bytes.len().checked_sub(TAG);
        let length = length.context("the file was changed: it has no seal")?;
        let mut tag = [0; TAG];
        tag.copy_from_slice(&bytes[length..]);
        bytes.truncate(length);
        let nonce = fixed::<NONCE>(&self.nonce)?;
        self.cipher(passphrase)?
            .decrypt_inout_detached(
                &nonce.into(),
                self.head().as_bytes(),
                (&mut bytes[..]).into(),
                &tag.into(),
            )
            .ok()
            .context("the passphrase is wrong, or the file was changed")?;
        Ok(bytes)
    }

    /// What stands beside the content, which is sealed too.
    fn head(&self) -> String {
        let Sealed {
            kind,
            memory_kib,
            passes,
            lanes,
            salt,
            ..
        } = self;
        format!("{kind} {memory_kib} {passes} {lanes} {salt}")
    }

    fn cipher(&self, passphrase: &str) -> anyhow::Result<Aes256Gcm> {
        ensure!(
            self.memory_kib <= MAX_MEMORY_KIB && self.passes <= MAX_PASSES,
            "the file was changed: its key would take too long"
        );
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY));
        let params = params.ok().context("the file was changed: no such key")?;
        let mut memory = vec![Block::default(); params.block_count()];
        let mut key = Zeroizing::new([0; KEY]);
        let made = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                passphrase.as_bytes(),
                &fixed::<SALT>(&self.salt)?,
                &mut *key,
                &mut memory,
            );
        for block in &mut memory {
            block.zeroize();
        }
        made.ok().context("the passphrase is too long")?;
        Ok(Aes256Gcm::new((&*key).into()))
    }
}

/// So many random bytes.
pub(crate) fn random<const N: usize>() -> anyhow::Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    let mut source = std::fs::File::open(RANDOM).context(RANDOM)?;
    source.read_exact(&mut *bytes).context(RANDOM)?;
    Ok(bytes)
}

fn fixed<const N: usize>(text: &str) -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    let decoded = hex::decode_to_slice(text, &mut bytes);
    decoded
        .ok()
        .context("the file was changed: it cannot be read")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_opens_what_was_sealed_and_nothing_of_it_may_change() {
        let sealed = Sealed::seal("kind", "a good passphrase", b"secret").expect("sealed");
        let again = Sealed::seal("kind", "a good passphrase", b"secret").expect("sealed");
        assert_ne!(
            (&sealed.salt, &sealed.content),
            (&again.salt, &again.content)
        );
        assert_eq!(
            &*sealed.open("a good passphrase").expect("opened"),
            b"secret"
        );
        let refusal = |sealed: &Sealed, passphrase: &str| match sealed.open(passphrase) {
            Ok(_) => "opened".to_owned(),
            Err(error) => error.to_string(),
        };
        let wrong = "the passphrase is wrong, or the file was changed";
        assert_eq!(refusal(&sealed, "a good passphrase "), wrong);
        type Change = fn(&mut Sealed);
        let changes: [Change; 4] = [
            |it| it.kind = "other".to_owned(),
            |it| it.passes += 1,
            |it| {
                it.content.replace_range(
                    0..1,
                    if it.content.starts_with('0') {
                        "1"
                    } else {
                        "0"
                    },
                )
            },
            |it| it.salt = hex::encode([7; SALT]),
        ];
        for change in changes {
            let text = serde_json::to_string(&sealed).expect("JSON");
            let mut changed: Sealed = serde_json::from_str(&text).expect("read");
            change(&mut changed);
            assert_eq!(refusal(&changed, "a good passphrase"), wrong);
        }
        let text = serde_json::to_string(&sealed).expect("JSON");
        let mut heavy: Sealed = serde_json::from_str(&text).expect("read");
        heavy.memory_kib = u32::MAX;
        assert!(refusal(&heavy, "a good passphrase").contains("too long"));
    }
}
