//! `offline-sign`: signs what was exported from the cold wallet, on a machine without a network. It
//! knows no database, no node and no token: a file, a key, and to whom the key may pay.

mod key_file;
mod passphrase;
mod request;
mod sealing;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use self::key_file::KeyFile;
use self::request::Request;

const USAGE: &str = "offline-sign make-key KEYFILE | passphrase KEYFILE | \
    allow KEYFILE NETWORK ADDRESS | show FILE KEYFILE | sign FILE KEYFILE; \
    a network is bitcoin:main, evm:1 or the like";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> anyhow::Result<()> {
    match arguments {
        ["make-key", key] => {
            let made = KeyFile::make(Path::new(key))?;
            println!("public key {}", made.public_key()?);
            println!("evm address {}", made.public_key()?.evm_address());
            Ok(())
        }
        ["passphrase", key] => {
            let file = KeyFile::change_passphrase(Path::new(key))?;
            println!("sealed anew: public key {}", file.public_key()?);
            Ok(())
        }
        ["allow", key, network, address] => {
            let mut file = KeyFile::read(Path::new(key))?;
            let allowed = file.allow(network, address)?;
            file.write(Path::new(key))?;
            println!("may be paid: {allowed}");
            Ok(())
        }
        ["show", file, key] => {
            let key = KeyFile::read(Path::new(key))?;
            let request = Request::read(Path::new(file))?;
            print!("{}", request.judge(&key)?);
            Ok(())
        }
        ["sign", file, key] => {
            let key = KeyFile::read(Path::new(key))?;
            let mut request = Request::read(Path::new(file))?;
            print!("{}", request.judge(&key)?);
            request.sign(&key)?;
            replace(Path::new(file), &request.text()?)?;
            println!("signed by {}", key.public_key()?);
            Ok(())
        }
        _ => bail!(USAGE),
    }
}

/// Writes a file anew as a whole: a power cut leaves the old one or the new one. Only its owner can
/// read it.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let shown = || path.display().to_string();
    let mut name = path.file_name().with_context(shown)?.to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut options = std::fs::OpenOptions::new();
    let opened = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new);
    let mut file = opened.with_context(|| new.display().to_string())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path).with_context(shown)
}
