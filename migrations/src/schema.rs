//! The schema's dump: what `sql/schema.sql` holds, so that a reviewer sees every change of the
//! schema as one diff. Made by `pg_dump`, without what differs from day to day or server to server.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The committed dump.
pub const COMMITTED: &str = include_str!("../../sql/schema.sql");

/// Where Debian keeps the client programs; `PG_BIN` names another folder.
const PG_BIN: &str = "/usr/lib/postgresql/15/bin";

/// Dumps the schema of a migrated database, normalised: without monthly partitions, settings,
/// versions and comments.
///
/// # Errors
/// `pg_dump` is missing or fails; its words are in the error.
pub fn dump(database_url: &str) -> Result<String> {
    let folder = env::var_os("PG_BIN").map_or_else(|| PathBuf::from(PG_BIN), PathBuf::from);
    let program = folder.join("pg_dump");
    let output = Command::new(&program)
        .args([
            "--schema-only",
            "--schema=exchange",
            "--schema=staff",
            "--schema=audit",
            "--schema=risk",
            "--schema=chain",
            "--schema=proof",
            "--schema=checks",
            "--schema=reporting",
        ])
        .args([
            "--extension=exchange",
            "--exclude-table=exchange.*_2[0-9][0-9][0-9]_[0-9][0-9]",
        ])
        .arg(format!("--dbname={database_url}"))
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if !output.status.success() {
        bail!(
            "pg_dump: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let text = String::from_utf8(output.stdout).context("pg_dump printed no UTF-8")?;
    Ok(normalise(&text))
}

/// `None` where the committed dump is that of this database; else the first line that differs.
///
/// # Errors
/// As [`dump`].
pub fn difference(database_url: &str) -> Result<Option<String>> {
    let found = dump(database_url)?;
    let (mut left, mut right) = (COMMITTED.lines(), found.lines());
    for line in 1.. {
        let (committed, dumped) = (left.next(), right.next());
        if committed != dumped {
            let (was, is) = (committed.unwrap_or("(end)"), dumped.unwrap_or("(end)"));
            return Ok(Some(format!(
                "sql/schema.sql, line {line}: '{was}', now '{is}'"
            )));
        }
        if committed.is_none() {
            break;
        }
    }
    Ok(None)
}

fn normalise(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let noise = line.starts_with("--")
            || line.starts_with("SET ")
            || line.starts_with('\\')
            || line.starts_with("SELECT pg_catalog.set_config(")
            || line.starts_with("COMMENT ON EXTENSION ");
        let second_blank = line.is_empty() && lines.last().is_none_or(|last| last.is_empty());
        if !noise && !second_blank {
            lines.push(line);
        }
    }
    let mut text = lines.join("\n").trim_end().to_owned();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn a_dump_keeps_only_statements() {
        let dump = "--\n-- x\n\\restrict abc\nSET a = b;\n\n\nCREATE TABLE t ();\n\n\n--\n\n";
        assert_eq!(normalise(dump), "CREATE TABLE t ();\n");
    }
}
