//! `GET /api/account/ledger`.

use axum::Json;
use axum::extract::State;
use client::LedgerFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{cursor, cut, millis, moment, page};

/// Entries in one answer when the query says nothing, and at most.
const PAGE: i64 = 100;
const PAGE_LIMIT: i64 = 500;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LedgerQuery {
    /// Only of this asset.
    asset: Option<String>,
    /// At this time or later, in milliseconds UTC.
    from: Option<i64>,
    /// Before this time, in milliseconds UTC.
    to: Option<i64>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of the ledger.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// What a fact added to the account, or took from it where negative.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Entry {
    /// trade, adjustment, transfer, deposit or withdrawal.
    kind: String,
    /// Its number.
    reference_id: String,
    /// base, quote, fee, adjustment, transfer, deposit or withdrawal.
    leg: String,
    /// Of a trade.
    market: Option<String>,
    asset: String,
    amount: String,
    occurred_at: i64,
}

impl From<client::LedgerEntry> for Entry {
    fn from(entry: client::LedgerEntry) -> Self {
        Entry {
            kind: entry.fact_kind,
            reference_id: entry.fact_id.to_string(),
            leg: entry.leg,
            market: entry.market,
            asset: entry.asset,
            amount: entry.amount,
            occurred_at: millis(entry.occurred_at),
        }
    }
}

/// The caller's ledger, the newest first: everything that ever changed what it has.
#[utoipa::path(get, path = "/api/account/ledger", tag = "account", params(LedgerQuery),
    responses((status = 200, body = Ledger), Refusals))]
pub(crate) async fn ledger(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<LedgerQuery>,
) -> Result<Json<Ledger>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let filter = LedgerFilter {
        asset: query.asset,
        from: query.from.map(|at| moment("from", at)).transpose()?,
        to: query.to.map(|at| moment("to", at)).transpose()?,
        before: query.cursor.as_deref().map(cursor).transpose()?,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let mut rows = client::account_ledger(&app.reads, caller.account_id, &filter).await?;
    let next_cursor = cut(&mut rows, limit, client::LedgerEntry::place);
    let entries = rows.into_iter().map(Entry::from).collect();
    Ok(Json(Ledger {
        entries,
        next_cursor,
    }))
}
