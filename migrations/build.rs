//! Lists the repeatable contract under `../sql` in the order in which it is applied, so that the
//! binary carries it. A new file needs no mention anywhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What is applied, in this order; a folder's files by name, `violations.sql` last.
const ORDER: [&str; 18] = [
    "roles.sql",
    "reset.sql",
    "views",
    "functions",
    "events",
    "audit",
    "risk/facts",
    "risk/conditions",
    "risk",
    "staff",
    "kyc",
    "chain",
    "proof",
    "checks",
    "reporting",
    "ownership.sql",
    "grants.sql",
    "chain_grants.sql",
];

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    // refinery's macro reads this folder and does not say so to cargo.
    println!("cargo::rerun-if-changed={}", here.join("sql").display());
    let root = here.parent().unwrap_or(&here).join("sql");
    let mut list = String::from("&[\n");
    for name in ORDER {
        println!("cargo::rerun-if-changed={}", root.join(name).display());
        for file in files(&root, name)? {
            let path = root.join(&file);
            writeln!(
                list,
                "    ({file:?}, include_str!({:?})),",
                path.display().to_string()
            )
            .map_err(io::Error::other)?;
        }
    }
    list.push_str("]\n");
    fs::write(out.join("contract.rs"), list)
}

fn files(root: &Path, name: &str) -> io::Result<Vec<String>> {
    if name.ends_with(".sql") {
        return Ok(vec![name.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join(name))? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        if file.ends_with(".sql") {
            found.push(format!("{name}/{file}"));
        }
    }
    found.sort_by_key(|file| (file.ends_with("/violations.sql"), file.clone()));
    Ok(found)
}
