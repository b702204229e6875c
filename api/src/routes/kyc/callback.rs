//! `POST /api/kyc/callback`: an outside provider's answer, signed with the secret that both have.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::callback;
use crate::error::ApiError;
use crate::extract::{parse_json, unreadable};
use crate::openapi::Refusals;
use crate::wire::millis;

/// What the provider found.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderAnswer {
    /// As the case was sent.
    #[schema(
        pattern = "^[0-9a-f]{32}$",
        examples("00112233445566778899aabbccddeeff")
    )]
    reference: String,
    /// 0: nothing wrong; 100: certainly wrong. `exchange.kyc_rules` says what follows.
    #[schema(minimum = 0, maximum = 100, examples(0))]
    score: u8,
    /// What was seen, for reviewers.
    #[schema(max_length = 500, examples("faces match"))]
    #[serde(default)]
    detail: String,
}

/// The answer is noted.
#[derive(Serialize, ToSchema)]
pub(crate) struct Noted {
    status: &'static str,
}

/// Takes a provider's answer; a repeat changes nothing. Headers `X-Timestamp` (milliseconds) and
/// `X-Signature`: HMAC-SHA256 of timestamp, path and body, joined by line feeds, in
/// hexadecimal digits.
#[utoipa::path(post, path = "/api/kyc/callback", tag = "kyc", request_body = ProviderAnswer,
    responses((status = 200, body = Noted), Refusals))]
pub(crate) async fn kyc_callback(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Noted>, ApiError> {
    let body = body.map_err(unreadable)?;
    let now_ms = millis(OffsetDateTime::now_utc());
    callback::check(
        app.documents.provider(),
        &headers,
        uri.path(),
        &body,
        now_ms,
    )?;
    let answer: ProviderAnswer = parse_json(&body)?;
    if answer.score > 100 {
        return Err(ApiError::malformed("score", "score is 0 to 100"));
    }
    let score = i32::from(answer.score);
    let pool = &app.documents.pool;
    let outcome =
        client::answer_kyc_provider(pool, &answer.reference, score, &answer.detail).await?;
    tracing::info!(answer.reference, outcome, "a provider answered");
    Ok(Json(Noted { status: "noted" }))
}
