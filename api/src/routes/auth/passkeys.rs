//! `GET /api/auth/passkeys`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Passkeys, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Passkeys {
    passkeys: Vec<Passkey>,
}

/// A passkey.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Passkey {
    passkey_id: i64,
    label: String,
    created_at: i64,
    /// When it last proved its owner.
    last_used_at: Option<i64>,
}

/// The account's passkeys; 10 at most, so there are no pages.
#[utoipa::path(get, path = "/api/auth/passkeys", tag = "auth",
    responses((status = 200, body = Passkeys), Refusals))]
pub(crate) async fn passkeys(
    State(app): State<App>,
    owner: Owner,
) -> Result<Json<Passkeys>, ApiError> {
    let rows = client::passkeys_of(&app.reads, owner.caller.account_id).await?;
    let passkeys = rows.into_iter().map(|row| Passkey {
        passkey_id: row.passkey_id,
        label: row.label,
        created_at: millis(row.created_at),
        last_used_at: row.last_used_at.map(millis),
    });
    Ok(Json(Passkeys {
        passkeys: passkeys.collect(),
    }))
}
