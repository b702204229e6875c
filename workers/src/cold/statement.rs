//! Statements of reserves for the keys of the cold wallet: exported, signed offline, imported. They
//! move nothing.

use std::path::Path;

use anyhow::{Context as _, ensure};
use chain::control::{Keys, digest};
use chain::statement_file::StatementFile;
use chain::unsigned::MAX_FILE_BYTES;
use client::Pool;

use super::{Place, written};

/// Whether a file holds a statement, not a refill.
pub(super) fn is_one(file: &Path) -> bool {
    read(file).is_ok_and(|text| StatementFile::is_one(&text))
}

fn read(file: &Path) -> anyhow::Result<String> {
    let shown = || file.display().to_string();
    let bytes = std::fs::metadata(file).with_context(shown)?.len();
    ensure!(bytes <= MAX_FILE_BYTES as u64, "it is too large");
    std::fs::read_to_string(file).with_context(shown)
}

pub(super) async fn export(
    pool: &Pool,
    place: &Place,
    proof_id: i64,
    file: &str,
) -> anyhow::Result<()> {
    let name = &place.network.name;
    let text = client::statement_text(pool, proof_id, place.network.network_id).await?;
    let text = text.with_context(|| format!("proof {proof_id} says nothing of {name}"))?;
    let statement = StatementFile {
        proof_id,
        place: name.clone(),
        network: format!("{}:{}", place.family, place.network.chain).parse()?,
        text,
        signatures: Vec::new(),
    };
    written(file, &statement.document()?, async { Ok(()) }).await?;
    println!(
        "proof {proof_id} on {name}, to be signed by owners of {}",
        place.cold.address
    );
    Ok(())
}

/// Of the file nothing is taken but signatures by keys of the cold wallet, over the text that is
/// stored.
pub(super) async fn import(pool: &Pool, file: &Path) -> anyhow::Result<()> {
    let shown = || file.display().to_string();
    let signed = StatementFile::read(&read(file)?).with_context(shown)?;
    let place = Place::of(pool, &signed.place).await?;
    let (proof_id, network_id) = (signed.proof_id, place.network.network_id);
    let text = client::statement_text(pool, proof_id, network_id).await?;
    ensure!(
        text.as_ref() == Some(&signed.text),
        "not a statement that was exported, or it was changed"
    );
    ensure!(!signed.signatures.is_empty(), "nobody has signed it");
    let (custom, chain) = (signed.custom(), &place.network.chain);
    let keys = Keys::parse(custom, chain, place.cold.descriptor.as_deref())?;
    for (key, _) in &signed.signatures {
        ensure!(keys.has(key), "{key} owns no part of the cold wallet");
    }
    let mut new = 0;
    for (key, signature) in &signed.signatures {
        let (key, signature) = (key.bytes(), signature.bytes());
        let is_new = client::add_cold_signature(pool, proof_id, network_id, &key, &signature);
        new += usize::from(is_new.await?);
    }
    let digest = digest(custom, &signed.text);
    let words = match keys.verify(&place.cold.address, &digest, &signed.signatures) {
        Ok(()) => "it shows who controls the cold wallet",
        Err(_) => "another owner has to sign too",
    };
    println!(
        "proof {proof_id} on {}: {new} new signatures; {words}",
        signed.place
    );
    Ok(())
}
