//! The people of the cold wallet: a machine of theirs that knows nothing but files; and the
//! operator's commands.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use chain::public_key::PublicKey;

use crate::api_server::{Build, built};
use crate::database::Database;
use crate::node_process::NodeFolder;
use crate::token::words;

/// What seals each key file there.
pub const PASSPHRASE: &str = "correct horse battery staple";

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
        let key = said
            .lines()
            .find_map(|line| line.strip_prefix("public key "));
        key.and_then(|key| key.parse().ok()).expect("a public key")
    }

    /// Runs `offline-sign`, which gets nothing of this machine's settings, and the passphrase.
    pub fn ask(&self, arguments: &[&str]) -> Output {
        self.ask_with(arguments, &[PASSPHRASE, PASSPHRASE])
    }

    /// The same with these lines typed.
    pub fn ask_with(&self, arguments: &[&str], lines: &[&str]) -> Output {
        let program = built("offline-sign", Build::Debug).expect("it is built");
        let mut asked = Command::new(program)
            .env_clear()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let typed: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut input = asked.stdin.take().expect("an input");
        // It may end without reading.
        let _ = input.write_all(typed.as_bytes());
        drop(input);
        asked.wait_with_output().expect("it ends")
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
        assert!(
            !output.status.success(),
            "{arguments:?}: {}",
            words(&output)
        );
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
