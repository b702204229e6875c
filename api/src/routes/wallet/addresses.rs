//! `GET /api/wallet/addresses`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::withdrawal_mode::Mode;
use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// The address book.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressBook {
    /// The entries, the oldest first; 100 at most.
    addresses: Vec<BookAddress>,
    /// Whether anything is sent elsewhere.
    mode: Mode,
}

/// An address of the book.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BookAddress {
    address_id: i64,
    network: String,
    /// In its canonical form.
    #[schema(
        max_length = 100,
        examples("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
    )]
    address: String,
    label: String,
    created_at: i64,
    usable_from: i64,
}

/// The caller's address book, and whether withdrawals go to its addresses alone.
#[utoipa::path(get, path = "/api/wallet/addresses", tag = "wallet",
    responses((status = 200, body = AddressBook), Refusals))]
pub(crate) async fn withdrawal_addresses(
    State(app): State<App>,
    owner: Owner,
) -> Result<Json<AddressBook>, ApiError> {
    let account_id = owner.caller.account_id;
    let entries = client::withdrawal_addresses(&app.reads, account_id).await?;
    let mode = client::withdrawal_mode(&app.reads, account_id).await?;
    let entry = |entry: client::WithdrawalAddress| BookAddress {
        address_id: entry.address_id,
        network: entry.network,
        address: entry.address,
        label: entry.label,
        created_at: millis(entry.created_at),
        usable_from: millis(entry.usable_from),
    };
    Ok(Json(AddressBook {
        addresses: entries.into_iter().map(entry).collect(),
        mode: Mode::from(mode),
    }))
}
