//! `workers sanctions load LIST FILE`: replaces what is known of a list by a file, in one
//! transaction. A line is a name, then a year of birth and a country where there are, with tabs
//! between; an alias is a line of its own.

use anyhow::{Context, ensure};
use client::Pool;
use serde_json::{Value, json};

/// Names sent at once.
const PIECE: usize = 2_000;
/// Largest file: beyond all lists that are published.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// # Errors
/// The file cannot be read, a line is of another form, or the database's.
pub async fn load(pool: &Pool, list: &str, file: &str) -> anyhow::Result<()> {
    let size = std::fs::metadata(file).with_context(|| format!("cannot read {file}"))?;
    ensure!(
        size.len() <= MAX_BYTES,
        "{file} has more than {MAX_BYTES} bytes"
    );
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let entries = read(&text)?;
    ensure!(
        !entries.is_empty(),
        "{file} has no name: the list stays as it is"
    );
    let loaded = client::run_tx(pool, "load_sanctions", |tx| {
        Box::pin(replace(tx, list.to_owned(), entries.clone()))
    });
    let loaded = loaded.await?;
    tracing::info!(list, loaded, "the list is loaded");
    Ok(())
}

async fn replace(
    tx: &client::Transaction<'_>,
    list: String,
    entries: Vec<Value>,
) -> Result<i32, client::Error> {
    let mut loaded = 0;
    for (number, piece) in entries.chunks(PIECE).enumerate() {
        let piece = Value::from(piece);
        loaded += client::load_sanctions(tx, &list, &piece, number == 0).await?;
    }
    Ok(loaded)
}

fn read(text: &str) -> anyhow::Result<Vec<Value>> {
    let mut entries = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut columns = line.split('\t').map(str::trim);
        let mut next = || columns.next().filter(|column| !column.is_empty());
        let (name, year, country) = (next(), next(), next());
        let name = name.with_context(|| format!("line {}: no name", number + 1))?;
        let year: Option<i32> = year
            .map(str::parse)
            .transpose()
            .with_context(|| format!("line {}: the year is none", number + 1))?;
        entries.push(json!({ "name": name, "birth_year": year, "country": country }));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_what_is_known() {
        let read = read("# a list\nJohn Smith\t1970\tUTO\n\nJane Doe\n").expect("read");
        assert_eq!(
            read,
            [
                json!({ "name": "John Smith", "birth_year": 1970, "country": "UTO" }),
                json!({ "name": "Jane Doe", "birth_year": null, "country": null }),
            ]
        );
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, words) in [
            ("A\tB\tC", "line 1: the year"),
            ("A\n\t1970", "line 2: no name"),
        ] {
            let error = read(text).expect_err("refused");
            assert!(format!("{error:#}").starts_with(words), "{error:#}");
        }
    }
}
