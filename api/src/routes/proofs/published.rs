//! `GET /api/wallet/proofs`.

use axum::Json;
use axum::extract::State;
use client::{
    PublishedProof, PublishedReserve, PublishedRoot, PublishedSignature, PublishedStatement,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{millis, number, page};

/// Proofs in one answer when the query says nothing, and at most.
const PAGE: i64 = 20;
const PAGE_LIMIT: i64 = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProofsQuery {
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of proofs, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proofs {
    proofs: Vec<Proof>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// What was owed at a moment, and what was held.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Proof {
    proof_id: i64,
    taken_at: i64,
    liabilities: Vec<Liability>,
    statements: Vec<Statement>,
}

/// What all users were owed of an asset: the root of a tree in which each of them finds the own
/// balance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Liability {
    asset: String,
    scale: i32,
    root: String,
    sum: String,
    leaves: i32,
    house_amount: String,
}

/// What a node said that the exchange holds on a network, as of a block. The keys of the wallets
/// sign the text, which names the roots.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Statement {
    network: String,
    family: String,
    chain_name: String,
    block_height: i64,
    block_hash: String,
    signed_text: String,
    reserves: Vec<Reserve>,
    signatures: Vec<Signature>,
}

/// What one wallet, or all deposit addresses together, held of an asset.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Reserve {
    holder: String,
    wallet_address: Option<String>,
    descriptor: Option<String>,
    asset: String,
    amount: String,
}

/// A signature of one of a wallet's keys over the text: as a signed message of Bitcoin, or as a
/// personal message (EIP-191).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Signature {
    holder: String,
    signer_key: String,
    signature: String,
}

impl From<PublishedProof> for Proof {
    fn from(proof: PublishedProof) -> Self {
        Proof {
            proof_id: proof.proof_id,
            taken_at: millis(proof.taken_at),
            liabilities: proof.roots.into_iter().map(Liability::from).collect(),
            statements: proof.statements.into_iter().map(Statement::from).collect(),
        }
    }
}

impl From<PublishedRoot> for Liability {
    fn from(root: PublishedRoot) -> Self {
        Liability {
            asset: root.asset,
            scale: root.scale,
            root: root.root,
            sum: root.sum,
            leaves: root.leaves,
            house_amount: root.house_amount,
        }
    }
}

impl From<PublishedStatement> for Statement {
    fn from(statement: PublishedStatement) -> Self {
        Statement {
            network: statement.network,
            family: statement.family,
            chain_name: statement.chain,
            block_height: statement.block_height,
            block_hash: statement.block_hash,
            signed_text: statement.message,
            reserves: statement.reserves.into_iter().map(Reserve::from).collect(),
            signatures: statement
                .signatures
                .into_iter()
                .map(Signature::from)
                .collect(),
        }
    }
}

impl From<PublishedReserve> for Reserve {
    fn from(held: PublishedReserve) -> Self {
        Reserve {
            holder: held.holder,
            wallet_address: held.address,
            descriptor: held.descriptor,
            asset: held.asset,
            amount: held.amount,
        }
    }
}

impl From<PublishedSignature> for Signature {
    fn from(signed: PublishedSignature) -> Self {
        Signature {
            holder: signed.holder,
            signer_key: signed.public_key,
            signature: signed.signature,
        }
    }
}

/// Proofs of reserves, the newest first: what is owed, what is held, and signatures that the
/// wallets are the exchange's.
#[utoipa::path(get, path = "/api/wallet/proofs", tag = "market", params(ProofsQuery),
    responses((status = 200, body = Proofs), Refusals))]
pub(crate) async fn proofs(
    State(app): State<App>,
    Query(query): Query<ProofsQuery>,
) -> Result<Json<Proofs>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let before = query.cursor.as_deref();
    let before = before.map(|text| number("cursor", text)).transpose()?;
    // One more tells whether there is a next page.
    let mut rows = client::proofs(&app.reads, before, (limit + 1) as i32).await?;
    let is_more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| is_more);
    let next_cursor = last.map(|proof| proof.proof_id.to_string());
    let proofs = rows.into_iter().map(Proof::from).collect();
    Ok(Json(Proofs {
        proofs,
        next_cursor,
    }))
}
