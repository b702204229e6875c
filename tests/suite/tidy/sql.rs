//! Style of SQL files, of migrations, and what no file may hold.

use std::collections::BTreeMap;
use std::fs;

use super::source::{Source, all, assert_none, root, with_ending};

/// Migrations that were released, with the hash of their bytes: they never change again.
const MIGRATIONS: &str = include_str!("../../migrations.txt");

/// SQL that people write. The bench's rival is somebody else's style on purpose, and the dump of
/// the schema is pg_dump's.
fn sources() -> Vec<Source> {
    let is_foreign = |path: &str| path.starts_with("tests/bench") || path == "sql/schema.sql";
    with_ending(".sql")
        .into_iter()
        .filter(|source| !is_foreign(&source.path))
        .collect()
}

#[test]
fn a_function_has_a_file_of_its_name() {
    let mut findings = Vec::new();
    const FOLDERS: [&str; 6] = [
        "sql/functions/",
        "sql/staff/",
        "sql/audit/",
        "sql/risk/",
        "sql/chain/",
        "sql/proof/",
    ];
    let is_function = |source: &&Source| FOLDERS.iter().any(|folder| source.is_under(folder));
    for source in sources().iter().filter(is_function) {
        let made: Vec<&str> = source
            .text
            .lines()
            .filter_map(|line| {
                line.strip_prefix("create or replace function ")
                    .or_else(|| line.strip_prefix("create function "))
            })
            .filter_map(|rest| rest.split('(').next())
            .collect();
        let expected = source.name().trim_end_matches(".sql");
        if made.len() != 1 || made[0].rsplit('.').next() != Some(expected) {
            findings.push(format!("{}: makes {made:?}", source.path));
        }
    }
    assert_none("one function a file, named after it", &findings);
}

#[test]
fn a_view_has_a_file_of_its_name() {
    let mut findings = Vec::new();
    let is_view =
        |source: &&Source| source.is_under("sql/views/") || source.is_under("sql/checks/");
    for source in sources().iter().filter(is_view) {
        let name = source.name().trim_end_matches(".sql");
        let makes = source.text.lines().any(|line| {
            line.contains(" view ")
                && line.starts_with("create")
                && line.contains(&format!(".{name}"))
        });
        if !makes {
            findings.push(format!("{}: makes no view {name}", source.path));
        }
    }
    assert_none("one view a file, named after it", &findings);
}

#[test]
fn keywords_are_lower_case() {
    const WORDS: [&str; 8] = [
        "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "FROM ", "WHERE ", "RETURNS ",
    ];
    let mut findings = Vec::new();
    for source in sources() {
        for (number, line) in source.lines() {
            let code = line.split("--").next().unwrap_or_default();
            let bare: String = code.split('\'').step_by(2).collect();
            // `tg_op = 'UPDATE'` is quoted; a word that opens a line or follows a blank is not.
            if WORDS.iter().any(|word| bare.trim_start().starts_with(word)) {
                findings.push(format!("{} line {number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none("SQL is lower case", &findings);
}

#[test]
fn constraints_of_tables_are_named() {
    const KINDS: [&str; 5] = [
        "primary key",
        "unique (",
        "references ",
        "check (",
        "foreign key",
    ];
    let mut findings = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| source.is_under("migrations/"))
    {
        let mut in_table = false;
        let mut named = false;
        for (number, line) in source.lines() {
            in_table |= line.starts_with("create table");
            let code = line.trim_start();
            if in_table && code.starts_with("constraint ") {
                named = true;
            } else if in_table && line.starts_with("    ") && !line.starts_with("     ") {
                named = false;
            }
            let has_constraint = KINDS.iter().any(|kind| code.contains(kind));
            if in_table && !named && has_constraint && !code.starts_with("--") {
                findings.push(format!("{} line {number}: {code}", source.path));
            }
            if line.starts_with(')') {
                (in_table, named) = (false, false);
            }
        }
    }
    assert_none("every constraint has a name", &findings);
}

#[test]
fn migrations_are_only_ever_added() {
    let released: BTreeMap<&str, &str> = MIGRATIONS
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(h, p)| (p, h))
        .collect();
    let mut findings = Vec::new();
    for (path, hash) in &released {
        match fs::read(root().join(path)) {
            Ok(bytes) if format!("{:016x}", hash_of(&bytes)) == *hash => {}
            Ok(bytes) => {
                findings.push(format!(
                    "{path} changed; its hash is now {:016x}",
                    hash_of(&bytes)
                ));
            }
            Err(_) => findings.push(format!("{path} is gone")),
        }
    }
    for source in sources()
        .iter()
        .filter(|source| source.is_under("migrations/sql/"))
    {
        if !released.contains_key(source.path.as_str()) {
            let hash = hash_of(source.text.as_bytes());
            findings.push(format!(
                "add to tests/migrations.txt: {hash:016x}  {}",
                source.path
            ));
        }
    }
    assert_none("migrations are only ever added", &findings);
}

/// FNV-1a: it guards against a slip, not against an attacker.
fn hash_of(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    // In pieces, so that this file does not name them either.
    let places = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/home", "/"].concat(),
    ];
    let mut findings = Vec::new();
    for source in all() {
        for (number, line) in source.lines() {
            if places.iter().any(|place| line.contains(place.as_str())) {
                findings.push(format!("{} line {number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none("no path of one machine", &findings);
}
