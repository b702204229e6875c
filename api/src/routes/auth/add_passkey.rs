//! `POST /api/auth/passkeys`.

use axum::Json;
use axum::extract::State;
use client::NewPasskey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{about, check_label, one_time_token, unknown_token};
use crate::app::App;
use crate::auth::{SteppedUp, recovery};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// A new passkey.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddPasskey {
    /// Of `/api/auth/passkeys/begin`.
    token: String,
    /// The owner's name for it, 1 to 64 characters.
    label: String,
    /// What `navigator.credentials.create` gave, as JSON.
    #[schema(value_type = Object)]
    passkey: Value,
}

/// A passkey that was added.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddedPasskey {
    passkey_id: i64,
    label: String,
    created_at: i64,
    /// Each works once, and is shown this once; null where earlier ones stay good.
    recovery_codes: Option<Vec<String>>,
}

/// Adds a passkey; an account has at most 10. From now on a password alone is not enough. As the
/// account's first second factor it ends all other sessions and gives recovery codes.
#[utoipa::path(post, path = "/api/auth/passkeys", tag = "auth", request_body = AddPasskey,
    responses((status = 200, body = AddedPasskey), Refusals))]
pub(crate) async fn add_passkey(
    State(app): State<App>,
    owner: SteppedUp,
    Body(request): Body<AddPasskey>,
) -> Result<Json<AddedPasskey>, ApiError> {
    let account_id = owner.caller.account_id;
    check_label(&request.label)?;
    let token = one_time_token(&request.token)?;
    let ceremony = client::find_ceremony(&app.reads, &token.hash()).await?;
    let ceremony = ceremony.filter(|ceremony| {
        ceremony.kind == "add_passkey" && ceremony.session_id == Some(owner.session_id)
    });
    let state = ceremony.and_then(|ceremony| ceremony.state);
    let state = state.ok_or_else(unknown_token)?;
    let made = app.passkeys.check_new(state, request.passkey)?;
    let codes = recovery::random()?;
    let passkey = NewPasskey {
        account_id,
        session_id: owner.session_id,
        ceremony_hash: &token.hash(),
        credential_id: &made.credential_id,
        label: &request.label,
        credential: &made.credential,
        code_hashes: &recovery::hashes(account_id, &codes),
    };
    let added = client::add_passkey(&app.reads, passkey)
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    Ok(Json(AddedPasskey {
        passkey_id: added.passkey_id,
        label: request.label,
        created_at: millis(added.created_at),
        recovery_codes: added.is_first.then_some(codes),
    }))
}
