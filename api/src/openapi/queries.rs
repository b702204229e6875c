//! Refuses a query that says more than the document lists for its operation, so that a misspelt
//! filter is never taken for none. What a parameter may say is for its handler to know.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::error::ApiError;
use crate::extract::shorten;

/// Names of parameters, by the operation's pattern and method.
pub type Queries = Arc<HashMap<String, HashMap<Method, BTreeSet<String>>>>;

/// What each operation of the document takes.
pub fn of(document: &Value) -> Queries {
    let objects = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let mut queries = HashMap::new();
    for (path, item) in objects(&document["paths"]) {
        let known: &mut HashMap<_, _> = queries.entry(path).or_default();
        for (method, operation) in objects(&item) {
            let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
                continue;
            };
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let named = parameters.filter(|parameter| parameter["in"] == "query");
            let names = named.filter_map(|parameter| parameter["name"].as_str());
            known.insert(method, names.map(str::to_owned).collect());
        }
    }
    Arc::new(queries)
}

/// Lets a request through whose query has nothing unknown.
pub async fn refuse_unknown(
    State(queries): State<Queries>,
    request: Request,
    next: Next,
) -> Response {
    match unknown(&queries, &request) {
        Some(name) => {
            let name = shorten(&name);
            let message = format!("unknown field `{name}`");
            ApiError::malformed(&name, message).into_response()
        }
        None => next.run(request).await,
    }
}

/// The first name that the operation does not take. What no operation answers is refused elsewhere.
fn unknown(queries: &Queries, request: &Request) -> Option<String> {
    let query = request.uri().query()?;
    let path = request.extensions().get::<MatchedPath>()?;
    // A HEAD asks what a GET would answer.
    let method = match request.method() {
        &Method::HEAD => &Method::GET,
        method => method,
    };
    let known = queries.get(path.as_str())?.get(method)?;
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    names
        .find(|name| !known.contains(name.as_ref()))
        .map(Into::into)
}
