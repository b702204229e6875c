//! `GET /api/admin/kyc/document`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::staff::Reviewer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::routes::admin::refused;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KycDocumentQuery {
    document_id: i64,
}

/// A file. As text within JSON, so that no browser ever runs or renders what a stranger sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KycDocument {
    document_id: i64,
    /// `front`, `back` or `selfie`.
    kind: String,
    media_type: String,
    /// The file, in base64.
    #[schema(
        content_encoding = "base64",
        max_length = 100_000_000,
        examples("/9j/4AAQ")
    )]
    content: String,
}

/// Not kept by anybody on the way.
type NoStore = [(HeaderName, HeaderValue); 1];

/// Decrypts a file for a reviewer. Each read is in the audit log before the file is given out.
#[utoipa::path(get, path = "/api/admin/kyc/document", tag = "admin", params(KycDocumentQuery),
    responses((status = 200, body = KycDocument), Refusals))]
pub(crate) async fn kyc_document(
    State(app): State<App>,
    staff: Reviewer,
    Query(query): Query<KycDocumentQuery>,
) -> Result<(NoStore, Json<KycDocument>), ApiError> {
    let (session, document_id) = (staff.staff_session_id, query.document_id);
    let sealed = client::read_kyc_document(&app.documents.pool, session, document_id);
    let sealed = sealed.await.map_err(refused)?;
    let (kind, media_type) = (sealed.kind.clone(), sealed.media_type.clone());
    let content = app.documents.open(sealed).await?;
    let document = KycDocument {
        document_id,
        kind,
        media_type,
        content: STANDARD.encode(content),
    };
    let no_store = HeaderValue::from_static("no-store");
    Ok(([(header::CACHE_CONTROL, no_store)], Json(document)))
}
