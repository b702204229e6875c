//! `GET /api/account/proof`.

use axum::Json;
use axum::extract::State;
use client::{LeafPath, PathStep};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Which proof, and of which asset.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountProofQuery {
    /// The proof's number; without it the newest.
    #[param(minimum = 1)]
    proof_id: Option<i64>,
    asset: String,
}

/// The caller's leaf, and the way from it to the root: what the command `verify_proof` reads.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountProof {
    proof_id: i64,
    taken_at: i64,
    asset: String,
    scale: i32,
    root: String,
    root_atoms: String,
    leaf: Leaf,
    path: Vec<Step>,
}

/// What the caller was owed. Its hash is SHA-256 over a zero byte, salt, account (8 bytes) and
/// atoms (16 bytes), big-endian.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Leaf {
    account_id: i64,
    salt: String,
    atoms: String,
}

/// A node beside the way. The hash above two nodes is SHA-256 over a byte of one, hash and atoms
/// of the left one, hash and atoms of the right one; its atoms are their sum.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Step {
    neighbour: String,
    hash: String,
    atoms: String,
}

impl From<PathStep> for Step {
    fn from(step: PathStep) -> Self {
        Step {
            neighbour: step.side,
            hash: step.hash,
            atoms: step.sum,
        }
    }
}

/// The caller's part in a proof of what the exchange owes. Others cannot ask for it; whoever sees
/// it learns no other account's number or name.
#[utoipa::path(get, path = "/api/account/proof", tag = "account", params(AccountProofQuery),
    responses((status = 200, body = AccountProof), Refusals))]
pub(crate) async fn account_proof(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<AccountProofQuery>,
) -> Result<Json<AccountProof>, ApiError> {
    if query.proof_id.is_some_and(|number| number < 1) {
        let words = "proofId is a positive whole number";
        return Err(ApiError::malformed("proofId", words));
    }
    let AccountProofQuery { proof_id, asset } = query;
    let found = client::leaf_path(&app.reads, caller.account_id, proof_id, &asset).await?;
    Ok(Json(shown(caller.account_id, asset, found)))
}

fn shown(account_id: i64, asset: String, found: LeafPath) -> AccountProof {
    AccountProof {
        proof_id: found.proof_id,
        taken_at: millis(found.taken_at),
        asset,
        scale: found.scale,
        root: hex::encode(&found.root),
        root_atoms: found.root_atoms,
        leaf: Leaf {
            account_id,
            salt: hex::encode(&found.salt),
            atoms: found.atoms,
        },
        path: found.path.into_iter().map(Step::from).collect(),
    }
}
