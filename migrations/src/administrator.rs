//! The first administrator of an exchange: the one member of the staff whom no other member makes.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use rand::TryRngCore as _;
use rand::rngs::OsRng;

use crate::connection::{self, words};

const TOKEN_BYTES: usize = 32;

/// Makes the first administrator and gives the invitation, 64 hexadecimal digits that are stored
/// nowhere. It works once: until that person has logged in, a repeat for the same address gives a
/// new invitation, which ends the earlier one; afterwards it is refused.
///
/// # Errors
/// The database cannot be reached or is not migrated; there is an administrator already; the
/// address is none.
pub async fn invite(database_url: &str, email: &str, name: &str) -> Result<String> {
    let mut token = [0; TOKEN_BYTES];
    OsRng
        .try_fill_bytes(&mut token)
        .context("the system gave no randomness")?;
    let client = connection::open(database_url).await?;
    let text = "select staff_id from staff.make_founder($1, $2, sha256($3))";
    client
        .query_one(text, &[&email, &name, &&token[..]])
        .await
        .map_err(words)
        .context("cannot make the first administrator")?;
    Ok(token.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
