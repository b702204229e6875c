//! Pages that links in mails lead to. They change nothing by themselves, so that a program that
//! follows every link of a mail does no harm: a person presses the button.

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::auth::LinkQuery;
use crate::auth::token::Token;
use crate::error::ApiError;
use crate::extract::Query;

/// The page needs nothing but its own form, is kept nowhere, and tells nobody its address.
const HEADERS: [(header::HeaderName, &str); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// All pages.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/verify", get(verify))
        .route("/freeze", get(freeze))
        .route("/confirm-email", get(confirm_email))
}

async fn verify(Query(query): Query<LinkQuery>) -> Result<impl IntoResponse, ApiError> {
    let words = "This proves that the e-mail address is yours, and gives a token to set a password \
        with. The link works once.";
    page(
        &query,
        "Confirm my e-mail address",
        words,
        Button::Get("/api/auth/verify"),
    )
}

async fn freeze(Query(query): Query<LinkQuery>) -> Result<impl IntoResponse, ApiError> {
    let words = "Freezing ends all logins, revokes all API keys and stops trading and withdrawals \
        until our support frees the account.";
    page(
        &query,
        "Freeze my account",
        words,
        Button::Post("/api/auth/freeze"),
    )
}

async fn confirm_email(Query(query): Query<LinkQuery>) -> Result<impl IntoResponse, ApiError> {
    let words = "The account moves to the e-mail address that got this link. All logins end, and \
        nothing is withdrawn for 24 hours.";
    page(
        &query,
        "Confirm my e-mail address",
        words,
        Button::Post("/api/auth/confirm-email"),
    )
}

/// What the button asks for, with the token in its query.
enum Button {
    Get(&'static str),
    Post(&'static str),
}

/// The token is one, so that nothing else of the address gets into the page.
fn page(
    query: &LinkQuery,
    title: &str,
    words: &str,
    button: Button,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let token = Token::parse(&query.token).ok_or_else(super::auth::unknown_token)?;
    let token = token.text();
    let (form, field) = match button {
        // A form that gets replaces the query of its action by its fields.
        Button::Get(path) => (
            format!("method=\"get\" action=\"{path}\""),
            format!("<input type=\"hidden\" name=\"token\" value=\"{token}\">"),
        ),
        Button::Post(path) => (
            format!("method=\"post\" action=\"{path}?token={token}\""),
            String::new(),
        ),
    };
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>{words}</p>\
         <form {form}>{field}<button>{title}</button></form>\
         </html>\n"
    );
    Ok((HEADERS, Html(html)))
}
