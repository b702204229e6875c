//! Two funded accounts for a newcomer. Never for an exchange that anybody else can reach: the
//! caller sees to that.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rand::Rng as _;
use tokio_postgres::Client;

use crate::connection::{self, words};

/// The accounts.
pub const EMAILS: [&str; 2] = ["alice@example.com", "bob@example.com"];
/// What each gets, once.
pub const FUNDS: [(&str, &str); 3] = [("BTC", "100"), ("ETH", "1000"), ("USDT", "10000000")];

/// Cheap on purpose: the passwords are 20 random characters, and logins shall be quick to try.
const BCRYPT_COST: u32 = 6;
const PASSWORD_LENGTH: usize = 20;
/// Without the characters that are easily taken for another.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// How to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The login name.
    pub email: String,
    /// The password, in clear.
    pub password: String,
}

/// Makes and funds the demo accounts where they are missing, and gives credentials that work now.
///
/// With a file, passwords are kept in it (readable by its owner only) and stay the same from run
/// to run; without one, every run sets new ones.
///
/// # Errors
/// The database cannot be reached or is not seeded; the file cannot be read or written.
pub async fn demo(database_url: &str, file: Option<&Path>) -> Result<Vec<Credentials>> {
    let kept = file.map(read).transpose()?.unwrap_or_default();
    let client = connection::open(database_url).await?;
    connection::lock(&client).await?;
    let mut all = Vec::new();
    for email in EMAILS {
        let known = kept
            .iter()
            .find(|credentials| credentials.email == email)
            .cloned();
        let credentials = known.unwrap_or_else(|| invent(email));
        let account_id = open_account(&client, &credentials).await?;
        fund(&client, account_id, email).await?;
        all.push(credentials);
    }
    if let Some(file) = file {
        write(file, &all)?;
    }
    Ok(all)
}

fn invent(email: &str) -> Credentials {
    let mut rng = rand::rng();
    let letters = (0..PASSWORD_LENGTH).map(|_| ALPHABET[rng.random_range(0..ALPHABET.len())]);
    Credentials {
        email: email.to_owned(),
        password: letters.map(char::from).collect(),
    }
}

async fn open_account(client: &Client, credentials: &Credentials) -> Result<i64> {
    let Credentials { email, password } = credentials;
    let text = "select account_id, password_hash from exchange.login_account($1)";
    let found = client.query_opt(text, &[email]).await.map_err(words);
    let found = found.context("cannot read the demo accounts")?;
    if let Some(row) = &found
        && bcrypt::verify(password, row.get(1)).unwrap_or(false)
    {
        return Ok(row.get(0));
    }
    let hash = bcrypt::hash(password, BCRYPT_COST).context("cannot hash a password")?;
    if let Some(row) = found {
        let account_id: i64 = row.get(0);
        let text = "select exchange.set_password_hash($1, $2)";
        client
            .execute(text, &[&account_id, &hash])
            .await
            .map_err(words)?;
        return Ok(account_id);
    }
    let text = "select exchange.create_account($1, $2)";
    let made = client.query_one(text, &[email, &hash]).await.map_err(words);
    Ok(made.with_context(|| format!("cannot make {email}"))?.get(0))
}

async fn fund(client: &Client, account_id: i64, email: &str) -> Result<()> {
    let text = "select exchange.adjust_balance($1, $2, $3::text::numeric, 'demo funds', $4)";
    for (asset, amount) in FUNDS {
        let key = format!("demo:{email}:{asset}");
        let funded = client
            .execute(text, &[&account_id, &asset, &amount, &key])
            .await;
        funded
            .map_err(words)
            .with_context(|| format!("cannot fund {email}"))?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<Credentials>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", file.display()));
        }
    };
    let mut all = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (email, password) = (words.next(), words.next());
        ensure!(
            email.is_some() && password.is_some() && words.next().is_none(),
            "{} has a line that is not 'email password': delete the file",
            file.display()
        );
        all.extend(email.zip(password).map(|(email, password)| Credentials {
            email: email.to_owned(),
            password: password.to_owned(),
        }));
    }
    Ok(all)
}

fn write(file: &Path, all: &[Credentials]) -> Result<()> {
    let lines = all
        .iter()
        .map(|one| format!("{} {}\n", one.email, one.password));
    let text: String = lines.collect();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options
        .open(file)
        .and_then(|mut open| open.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_passwords_differ_and_are_long() {
        let (first, second) = (invent("a@b"), invent("a@b"));
        assert_eq!(first.password.len(), PASSWORD_LENGTH);
        assert_ne!(first, second);
    }

    #[test]
    fn kept_credentials_are_read_as_written_and_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::env::temp_dir().join(format!("demo-credentials-{}", std::process::id()));
        let all = vec![invent(EMAILS[0]), invent(EMAILS[1])];
        write(&file, &all).expect("written");
        assert_eq!(read(&file).expect("read"), all);
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        fs::remove_file(&file).expect("removed");
        assert_eq!(mode & 0o077, 0);
        assert_eq!(read(&file).expect("no file is no credentials"), []);
    }
}
