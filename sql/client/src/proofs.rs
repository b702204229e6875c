//! Proofs of what accounts are owed and of what lies on chains: making, publishing, signing them.

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::error::Error;
use crate::pool::Pool;
use crate::query::{Params, Query, Statement, column};
use crate::transaction::read_as;

/// A proof as it is published.
#[derive(Clone, Debug)]
pub struct PublishedProof {
    /// Its number.
    pub proof_id: i64,
    /// The moment whose balances it is about.
    pub taken_at: OffsetDateTime,
    /// What is owed, an asset each.
    pub roots: Vec<PublishedRoot>,
    /// What was held, a network each.
    pub statements: Vec<PublishedStatement>,
}

/// What all users are owed of an asset.
#[derive(Clone, Debug, Deserialize)]
pub struct PublishedRoot {
    /// The asset's symbol.
    pub asset: String,
    /// Decimals of the asset: an atom is `10^-scale`.
    pub scale: i32,
    /// The tree's root, in hexadecimal.
    pub root: String,
    /// The sum that the root carries.
    pub sum: String,
    /// Accounts that are owed something.
    pub leaves: i32,
    /// What the house's own accounts have besides.
    pub house_amount: String,
}

/// What was held on a network at a block, and who signs for it.
#[derive(Clone, Debug, Deserialize)]
pub struct PublishedStatement {
    /// The network's name.
    pub network: String,
    /// bitcoin or evm.
    pub family: String,
    /// Which chain of its family.
    pub chain: String,
    /// Height of the block.
    pub block_height: i64,
    /// Its hash, in hexadecimal.
    pub block_hash: String,
    /// The text that is signed.
    pub message: String,
    /// What was held, by holder and asset.
    pub reserves: Vec<PublishedReserve>,
    /// Signatures over the text.
    pub signatures: Vec<PublishedSignature>,
}

/// What a holder held of an asset.
#[derive(Clone, Debug, Deserialize)]
pub struct PublishedReserve {
    /// A wallet's role, or deposits: all deposit addresses together.
    pub holder: String,
    /// The wallet's address.
    pub address: Option<String>,
    /// Its keys.
    pub descriptor: Option<String>,
    /// The asset's symbol.
    pub asset: String,
    /// How much.
    pub amount: String,
}

/// That a wallet's key is ours.
#[derive(Clone, Debug, Deserialize)]
pub struct PublishedSignature {
    /// The wallet's role.
    pub holder: String,
    /// The key, compressed, in hexadecimal.
    pub public_key: String,
    /// r and s, in hexadecimal.
    pub signature: String,
}

/// Published proofs, the newest first, so many at most; those before a number where one is given.
///
/// # Errors
/// The database's.
pub async fn proofs(
    on: &impl Query,
    before: Option<i64>,
    limit: i32,
) -> Result<Vec<PublishedProof>, Error> {
    const STATEMENT: Statement = Statement::read(
        "proofs",
        "select proof_id, taken_at, roots, statements from proof.list_proofs($1, $2)",
    );
    let proof = |row| {
        Ok(PublishedProof {
            proof_id: column(row, 0)?,
            taken_at: column(row, 1)?,
            roots: parsed(row, 2)?,
            statements: parsed(row, 3)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&before, &limit]).await?;
    rows.iter().map(proof).collect()
}

/// An account's leaf in a proof, and the way from it to the root.
#[derive(Clone, Debug)]
pub struct LeafPath {
    /// The proof.
    pub proof_id: i64,
    /// The moment whose balances it is about.
    pub taken_at: OffsetDateTime,
    /// Decimals of the asset.
    pub scale: i32,
    /// The tree's root.
    pub root: Vec<u8>,
    /// The sum that it carries, in atoms.
    pub root_atoms: String,
    /// The leaf's salt.
    pub salt: Vec<u8>,
    /// The account's balance, in atoms.
    pub atoms: String,
    /// From the leaf up.
    pub path: Vec<PathStep>,
}

/// A neighbour on the way up.
#[derive(Clone, Debug, Deserialize)]
pub struct PathStep {
    /// left or right.
    pub side: String,
    /// Its hash, in hexadecimal.
    pub hash: String,
    /// The sum that it carries, in atoms.
    pub sum: String,
}

/// A user's own leaf and path in a proof; without a number in the newest one.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `PROOF_NOT_FOUND`, `LEAF_NOT_FOUND`.
pub async fn leaf_path(
    pool: &Pool,
    account_id: i64,
    proof_id: Option<i64>,
    asset: &str,
) -> Result<LeafPath, Error> {
    const STATEMENT: Statement = Statement::read(
        "leaf_path",
        "select found_proof_id, taken_at, scale, root, sum_atoms, salt, atoms, path \
         from proof.path_of($1, $2, $3)",
    );
    let params: Params<'_> = &[&account_id, &proof_id, &asset];
    let rows = read_as(pool, account_id, STATEMENT, params).await?;
    let row = rows
        .first()
        .ok_or_else(|| Error::Bug("path_of gave no row".to_owned()))?;
    Ok(LeafPath {
        proof_id: column(row, 0)?,
        taken_at: column(row, 1)?,
        scale: column(row, 2)?,
        root: column(row, 3)?,
        root_atoms: column(row, 4)?,
        salt: column(row, 5)?,
        atoms: column(row, 6)?,
        path: parsed(row, 7)?,
    })
}

/// Makes a proof of what users are owed, of this moment, and gives its number.
///
/// # Errors
/// The database's.
pub async fn make_proof(on: &impl Query) -> Result<i64, Error> {
    const STATEMENT: Statement = Statement::write("make_proof", "select proof.liabilities()");
    on.value(STATEMENT, &[]).await
}

/// What a holder holds of an asset, as a node said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// A wallet's role, or deposits.
    pub holder: String,
    /// The asset.
    pub asset_id: i32,
    /// How much, as a decimal.
    pub amount: String,
}

/// Adds to a proof what is held on a network at a block; gives the text to sign.
///
/// # Errors
/// The database's.
pub async fn state_reserves(
    on: &impl Query,
    proof_id: i64,
    network_id: i32,
    (height, hash): (i64, &[u8]),
    holdings: &[Holding],
) -> Result<String, Error> {
    const STATEMENT: Statement = Statement::write(
        "state_reserves",
        "select proof.state_reserves($1, $2, $3, $4, $5, $6, $7::text[]::numeric[])",
    );
    let assets: Vec<i32> = holdings.iter().map(|held| held.asset_id).collect();
    let holders: Vec<&str> = holdings.iter().map(|held| held.holder.as_str()).collect();
    let amounts: Vec<&str> = holdings.iter().map(|held| held.amount.as_str()).collect();
    let params: Params<'_> = &[
        &proof_id,
        &network_id,
        &height,
        &hash,
        &assets,
        &holders,
        &amounts,
    ];
    on.value(STATEMENT, params).await
}

/// A statement that a signer has not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedStatement {
    /// Of which proof.
    pub proof_id: i64,
    /// On which network.
    pub network_id: i32,
    /// bitcoin or evm.
    pub family: String,
    /// For which wallet: hot or gas.
    pub holder: String,
    /// The text.
    pub message: String,
}

/// What a signer (a or b) has not signed.
///
/// # Errors
/// The database's.
pub async fn unsigned_statements(
    on: &impl Query,
    signer: &str,
) -> Result<Vec<UnsignedStatement>, Error> {
    const STATEMENT: Statement = Statement::read(
        "unsigned_statements",
        "select proof_id, network_id, family, holder, message from proof.unsigned_statements($1)",
    );
    let statement = |row| {
        Ok(UnsignedStatement {
            proof_id: column(row, 0)?,
            network_id: column(row, 1)?,
            family: column(row, 2)?,
            holder: column(row, 3)?,
            message: column(row, 4)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&signer]).await?;
    rows.iter().map(statement).collect()
}

/// Stores a signer's signature.
///
/// # Errors
/// The database's.
pub async fn add_statement_signature(
    on: &impl Query,
    signer: &str,
    statement: &UnsignedStatement,
    public_key: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "add_statement_signature",
        "select proof.add_signature($1, $2, $3, $4, $5, $6)",
    );
    let UnsignedStatement {
        proof_id,
        network_id,
        holder,
        ..
    } = statement;
    let params: Params<'_> = &[
        &signer,
        proof_id,
        network_id,
        holder,
        &public_key,
        &signature,
    ];
    on.rows(STATEMENT, params).await.map(drop)
}

/// Forgets the leaves of proofs older than so many days, so many proofs at most; gives of how many.
///
/// # Errors
/// The database's.
pub async fn forget_proof_pages(
    on: &impl Query,
    age_days: i32,
    limit_proofs: i32,
) -> Result<i32, Error> {
    const STATEMENT: Statement =
        Statement::write("forget_proof_pages", "select proof.forget_pages($1, $2)");
    on.value(STATEMENT, &[&age_days, &limit_proofs]).await
}

/// A column of JSON in typed form.
fn parsed<T: for<'de> Deserialize<'de>>(row: &Row, index: usize) -> Result<T, Error> {
    let value: Value = column(row, index)?;
    serde_json::from_value(value).map_err(|error| Error::Bug(format!("a proof: {error}")))
}

/// What a proof says of a network.
///
/// # Errors
/// The database's.
pub async fn statement_text(
    on: &impl Query,
    proof_id: i64,
    network_id: i32,
) -> Result<Option<String>, Error> {
    const STATEMENT: Statement = Statement::read(
        "statement_text",
        "select (select message from proof.statements where proof_id = $1 and network_id = $2)",
    );
    on.value(STATEMENT, &[&proof_id, &network_id]).await
}

/// Stores a signature by a key of the cold wallet; false where it was stored before.
///
/// # Errors
/// The database's.
pub async fn add_cold_signature(
    on: &impl Query,
    proof_id: i64,
    network_id: i32,
    public_key: &[u8],
    signature: &[u8],
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "add_cold_signature",
        "select proof.add_cold_signature($1, $2, $3, $4)",
    );
    on.value(
        STATEMENT,
        &[&proof_id, &network_id, &public_key, &signature],
    )
    .await
}
