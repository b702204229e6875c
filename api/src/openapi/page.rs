//! The document at `/api/openapi.json`, and a page to browse it at `/api/docs`. Both come out of
//! the program: nothing is fetched from anywhere.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use serde_json::Value;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Where the document is.
const DOCUMENT_PATH: &str = "/api/openapi.json";

/// Both routes. The document is made into text once.
pub fn routes<S: Clone + Send + Sync + 'static>(document: &Value) -> Router<S> {
    let text = Bytes::from(document.to_string());
    let give = move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    // Without a validator: the page asks nobody else.
    let config = Config::new([DOCUMENT_PATH]).validator_url("none");
    let page: Router<S> = SwaggerUi::new("/api/docs").config(config).into();
    page.route(DOCUMENT_PATH, get(give))
}
