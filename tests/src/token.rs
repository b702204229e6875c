//! A SoftHSM token of the tests' own, and the programs that use it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};

use crate::api_server::{Build, built};

/// The PIN of every token that the tests make.
pub const PIN: &str = "1234-5678";

static SHARED: OnceLock<Token> = OnceLock::new();

/// A token, with the key that wraps data keys, in a folder that goes when it is dropped.
#[derive(Debug)]
pub struct Token {
    folder: PathBuf,
    /// Removes the folder when this process ends, however it does.
    keeper: Child,
}

impl Token {
    /// The token that all servers of this process share.
    pub fn shared() -> &'static Token {
        SHARED.get_or_init(|| Token::make("shared").expect("softhsm2 makes a token"))
    }

    /// A token of the caller's own, with a key.
    pub fn make(name: &str) -> Result<Token> {
        let token = Token::without_key(name)?;
        let made = token.ask("make-key", &[])?;
        ensure!(made.status.success(), "{}", words(&made));
        Ok(token)
    }

    /// The same, without a key.
    pub fn without_key(name: &str) -> Result<Token> {
        let process = std::process::id();
        let folder = std::env::temp_dir().join(format!("exchange_token_{process}_{name}"));
        std::fs::create_dir_all(folder.join("tokens"))?;
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            folder.join("tokens").display()
        );
        std::fs::write(folder.join("softhsm2.conf"), text)?;
        let keeper = Command::new("setsid")
            .args(["sh", "-c", "read -r _; rm -rf \"$1\"", "keeper"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let token = Token { folder, keeper };
        token.add("exchange", PIN)?;
        Ok(token)
    }

    /// Makes another token in the same folder, with a PIN of its own.
    pub fn add(&self, label: &str, pin: &str) -> Result<()> {
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", label])
            .args(["--so-pin", "8765-4321", "--pin", pin])
            .envs(self.settings())
            .output()
            .context("softhsm2-util: scripts/setup.sh installs it")?;
        ensure!(made.status.success(), "{}", words(&made));
        Ok(())
    }

    /// What a program needs to use it.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        let config = self.folder.join("softhsm2.conf");
        [
            ("SOFTHSM2_CONF", config.display().to_string()),
            ("EXCHANGE_HSM_PIN", PIN.to_owned()),
        ]
    }

    /// Runs `workers hsm <command>`, whose words are apart by spaces, with further settings.
    pub fn ask(&self, command: &str, settings: &[(&str, &str)]) -> Result<Output> {
        let output = Command::new(built("workers", Build::Debug)?)
            .arg("hsm")
            .args(command.split(' '))
            .env("RUST_LOG", "info")
            .envs(self.settings())
            .envs(settings.iter().copied())
            .output()?;
        Ok(output)
    }

    /// Where the token's files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It may be gone already, which is as well.
        let _ = self.keeper.wait();
    }
}

/// What a program said.
pub fn words(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}
