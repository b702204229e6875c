//! The people of the cold wallet: a machine of theirs that knows nothing but files, the operator's
//! commands, and the two signers of the hot wallet.

use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::Result;
use chain::public_key::PublicKey;
use chain::seed::PrivateKey;

use crate::api_server::{Build, built};
use crate::database::Database;
use crate::node_process::{NodeFolder, cache};
use crate::token::{Token, words};
use crate::worker::Worker;

/// Name, token and PIN of each signer.
const SIGNERS: [(&str, &str, &str); 2] =
    [("a", "signer-a", "1111-2222"), ("b", "signer-b", "3333-4444")];
/// The third key of the hot wallet, which signs nothing here.
const THIRD: [u8; 32] = [9; 32];

/// A machine without a network.
#[derive(Debug)]
pub struct ColdRoom {
    folder: NodeFolder,
}

impl ColdRoom {
    /// An empty one.
    pub fn open() -> ColdRoom {
        ColdRoom {
            folder: NodeFolder::make("cold").expect("a folder"),
        }
    }

    /// A file there.
    pub fn file(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a file says.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file")
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    /// Makes a key, and gives its public half.
    pub fn make_key(&self, name: &str) -> PublicKey {
        let said = self.says(&["make-key", &self.file(name)]);
        let key = said.lines().find_map(|line| line.strip_prefix("public key "));
        key.and_then(|key| key.parse().ok()).expect("a public key")
    }

    /// Runs `offline-sign`, which gets nothing of this machine's settings.
    pub fn ask(&self, arguments: &[&str]) -> Output {
        let program = built("offline-sign", Build::Debug).expect("it is built");
        let asked = Command::new(program).env_clear().args(arguments).output();
        asked.expect("it runs")
    }

    /// What it says where it succeeds.
    pub fn says(&self, arguments: &[&str]) -> String {
        let output = self.ask(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", words(&output));
        words(&output)
    }

    /// Signs a file by a key.
    pub fn sign(&self, file: &str, key: &str) -> String {
        self.says(&["sign", &self.file(file), &self.file(key)])
    }

    /// What it says where it refuses.
    pub fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.ask(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", words(&output));
        words(&output)
    }
}

/// Runs a command of the operator, whose words are apart by spaces.
pub fn operate(database: &Database, command: &str, settings: &[(&str, String)]) -> Output {
    let program = built("workers", Build::Debug).expect("it is built");
    let asked = Command::new(program)
        .args(command.split(' '))
        .env("DATABASE_URL", database.url("postgres"))
        .env("RUST_LOG", "error")
        .envs(settings.iter().map(|(name, value)| (*name, value)))
        .output();
    asked.expect("it runs")
}

/// The two signers and their tokens.
#[derive(Debug)]
pub struct Signers {
    token: Token,
}

impl Signers {
    /// With a key each; signer a has the gas account's too.
    pub fn make(name: &str) -> Result<Signers> {
        let signers = Signers {
            token: Token::without_key(name)?,
        };
        for (name, label, pin) in SIGNERS {
            signers.token.add(label, pin)?;
            signers.ask(name, "make-signing-key hot")?;
        }
        signers.ask("a", "make-signing-key gas")?;
        Ok(signers)
    }

    fn ask(&self, name: &str, command: &str) -> Result<String> {
        let signer = SIGNERS.iter().find(|signer| signer.0 == name);
        let (_, label, pin) = signer.expect("a signer");
        let own = [("EXCHANGE_HSM_TOKEN", *label), ("EXCHANGE_HSM_PIN", *pin)];
        let output = self.token.ask(command, &own)?;
        anyhow::ensure!(output.status.success(), "{command}: {}", words(&output));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The hot wallet's three keys, apart by spaces.
    pub fn hot_keys(&self) -> Result<String> {
        let third = PrivateKey::from_bytes(&THIRD)?.public_key();
        let keys = ["a", "b"].map(|name| self.ask(name, "public-key hot"));
        let [first, second] = keys;
        Ok(format!("{} {} {third}", first?, second?))
    }

    /// The gas account's key.
    pub fn gas_key(&self) -> Result<PublicKey> {
        Ok(self.ask("a", "public-key gas")?.parse()?)
    }

    /// What signer a, or who makes Safes, needs.
    pub fn settings(&self, name: &str) -> Vec<(&'static str, String)> {
        let signer = SIGNERS.iter().find(|signer| signer.0 == name);
        let (_, label, pin) = signer.expect("a signer");
        let artifacts = cache().expect("a cache");
        let artifacts =
            artifacts.join("npm/node_modules/@safe-global/safe-contracts/build/artifacts");
        let mut settings = self.token.settings().to_vec();
        settings.push(("EXCHANGE_SIGNER_TOKEN", (*label).to_owned()));
        settings.push(("EXCHANGE_SIGNER_PIN", (*pin).to_owned()));
        settings.push(("EXCHANGE_SAFE_ARTIFACTS", artifacts.display().to_string()));
        settings
    }

    /// Starts both.
    pub fn start(&self, database: &Database) -> Vec<Worker> {
        let start = |name: &str| {
            let mut settings = self.settings(name);
            settings.push(("DATABASE_URL", database.url(&format!("exchange_signer_{name}"))));
            Worker::start_with(database, &format!("signer {name}"), &settings)
        };
        let started = SIGNERS.map(|signer| start(signer.0).expect("the signer starts"));
        started.into()
    }
}
