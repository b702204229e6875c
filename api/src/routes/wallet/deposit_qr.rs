//! `GET /api/wallet/deposit-address/qr.svg` and `qr.png`: the address for the camera of a phone.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use chain::{ChainError, qr};

use super::deposit_address::{AddressQuery, issue};
use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;

/// What the bytes are, and that nobody on the way keeps them.
type Head = [(HeaderName, HeaderValue); 2];

/// The QR code of the caller's deposit address, as a vector picture.
#[utoipa::path(get, path = "/api/wallet/deposit-address/qr.svg", tag = "wallet",
    params(AddressQuery),
    responses((status = 200, content_type = "image/svg+xml", body = String), Refusals))]
pub(crate) async fn deposit_qr_svg(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<AddressQuery>,
) -> Result<(Head, String), ApiError> {
    let issued = issue(&app, caller.account_id, &query).await?;
    let picture = qr::svg(&issued.uri).map_err(unpicturable)?;
    Ok((head("image/svg+xml"), picture))
}

/// The QR code of the caller's deposit address, as an image of pixels.
#[utoipa::path(get, path = "/api/wallet/deposit-address/qr.png", tag = "wallet",
    params(AddressQuery),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), Refusals))]
pub(crate) async fn deposit_qr_png(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<AddressQuery>,
) -> Result<(Head, Vec<u8>), ApiError> {
    let issued = issue(&app, caller.account_id, &query).await?;
    let picture = qr::png(&issued.uri).map_err(unpicturable)?;
    Ok((head("image/png"), picture))
}

fn head(kind: &'static str) -> Head {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}

/// An address always fits.
fn unpicturable(error: ChainError) -> ApiError {
    ApiError::Internal(error.to_string())
}
