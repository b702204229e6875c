//! Strict extractors: a body or a query of exactly the documented form, or an error that names the
//! field. Unknown fields are refused by `deny_unknown_fields` on each request type.

mod harmless;

use std::error::Error;

use axum::body::{Bytes, HttpBody};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::server::body::TooSlow;

/// Largest body taken.
pub const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// Longest single text in a body or a query.
pub const TEXT_LIMIT_BYTES: usize = 4 * 1024;
/// Longest message and longest name of a field that are given back: both may repeat the client's
/// own words, and those may be long.
pub const WORDS_LIMIT: usize = 200;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// The query of the address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !says_json(request.headers()) {
            let message = "the header Content-Type must say application/json";
            return Err(ApiError::malformed("Content-Type", message));
        }
        if request.headers().contains_key(header::CONTENT_ENCODING) {
            let message = "bodies are taken as they are, never compressed";
            return Err(ApiError::malformed("Content-Encoding", message));
        }
        if request.body().size_hint().lower() > BODY_LIMIT_BYTES as u64 {
            return Err(ApiError::BodyTooLarge {
                limit_bytes: BODY_LIMIT_BYTES,
            });
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(unreadable)?;
        parse_json(&bytes).map(Body)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Query)
    }
}

fn says_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

pub(crate) fn unreadable(rejection: BytesRejection) -> ApiError {
    if is_too_slow(&rejection) {
        return ApiError::RequestTimeout;
    }
    match rejection.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge {
            limit_bytes: BODY_LIMIT_BYTES,
        },
        _ => ApiError::Malformed {
            field: None,
            message: rejection.body_text(),
        },
    }
}

pub(crate) fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    error.is::<TooSlow>() || error.source().is_some_and(is_too_slow)
}

pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    harmless::check_json(bytes)?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(malformed)?;
    match deserializer.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(ApiError::Malformed {
            field: None,
            message: error.to_string(),
        }),
    }
}

fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    for (name, value) in pairs {
        harmless::check_decoded(&value)
            .map_err(|words| ApiError::malformed(&shorten(&name), words))?;
    }
    let deserializer = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(malformed)
}

/// The field is where the parser stood. For a missing or a repeated one it stood on the object
/// around it, and serde names the field in the message alone.
fn malformed<E: std::error::Error>(error: serde_path_to_error::Error<E>) -> ApiError {
    let message = error.inner().to_string();
    let path = error.path().to_string();
    let named = ["missing field `", "duplicate field `", "unknown field `"]
        .iter()
        .find_map(|p| {
            let rest = message.strip_prefix(p)?;
            Some(rest.split('`').next().unwrap_or_default().to_owned())
        });
    let field = match (path.as_str(), named) {
        ("." | "?", named) => named,
        (path, Some(named)) if path != named && !path.ends_with(&format!(".{named}")) => {
            Some(format!("{path}.{named}"))
        }
        (path, _) => Some(path.to_owned()),
    };
    ApiError::Malformed {
        field: field.map(|field| shorten(&field)),
        message: shorten(&message),
    }
}

pub(crate) fn shorten(words: &str) -> String {
    words.chars().take(WORDS_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Order {
        price: String,
        post_only: Option<bool>,
        limit: Option<u32>,
    }

    fn field_of(result: Result<Order, ApiError>) -> Option<String> {
        match result.expect_err("must be refused") {
            ApiError::Malformed { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_well_formed_body_is_taken() {
        let order: Order = parse_json(br#"{"price":"1.5","postOnly":true}"#).expect("well formed");
        assert_eq!(
            (order.price.as_str(), order.post_only, order.limit),
            ("1.5", Some(true), None)
        );
    }

    #[test]
    fn a_number_where_a_decimal_string_belongs_is_refused_by_name() {
        assert_eq!(
            field_of(parse_json(br#"{"price":1.5}"#)),
            Some("price".to_owned())
        );
    }

    #[test]
    fn unknown_missing_and_repeated_fields_are_refused_by_name() {
        let unknown = parse_json(br#"{"price":"1","prcie":"2"}"#);
        assert_eq!(field_of(unknown), Some("prcie".to_owned()));
        assert_eq!(field_of(parse_json(b"{}")), Some("price".to_owned()));
        let repeated = parse_json(br#"{"price":"1","price":"2"}"#);
        assert_eq!(field_of(repeated), Some("price".to_owned()));
    }

    #[test]
    fn broken_json_and_trailing_text_are_refused() {
        assert_eq!(field_of(parse_json(b"{")), None);
        assert_eq!(field_of(parse_json(br#"{"price":"1"} x"#)), None);
    }

    #[test]
    fn a_query_is_as_strict_as_a_body() {
        let order: Order = parse_query("price=1%2F2&limit=5").expect("well formed");
        assert_eq!((order.price.as_str(), order.limit), ("1/2", Some(5)));
        assert_eq!(
            field_of(parse_query("price=1&limit=x")),
            Some("limit".to_owned())
        );
        assert_eq!(
            field_of(parse_query("price=1&offset=1")),
            Some("offset".to_owned())
        );
    }
}
