//! The router without a database: what is decided before one is asked, and what it answers when
//! there is none. Everything else is tested against Postgres, in crate `tests`.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::config::Config;
use crate::extract::{TEXT_LIMIT_BYTES, WORDS_LIMIT};
use crate::request_id::REQUEST_ID;

/// Nothing listens on port 1.
const NOWHERE: &str = "postgres://exchange_api@127.0.0.1:1/exchange";

fn routes() -> Router {
    let lookup = |name: &str| match name {
        "DATABASE_URL" => Some(NOWHERE.to_owned()),
        "EXCHANGE_SECRETS_KEY" => Some("0f".repeat(32)),
        // A limit is asked of the database.
        "EXCHANGE_RATE_ADDRESS" => Some("off".to_owned()),
        _ => None,
    };
    let config = Config::read(&lookup).expect("defaults");
    let reads = crate::app::reads(&config).expect("connects nothing yet");
    router(App::new(&config, reads, &[]).expect("connects nothing yet"))
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(Method::POST).uri(path);
    request
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .expect("a request")
}

fn get_of(path: &str) -> Request<Body> {
    Request::builder()
        .uri(path)
        .body(Body::empty())
        .expect("a request")
}

async fn answer(request: Request<Body>) -> Response {
    routes().oneshot(request).await.expect("infallible")
}

/// Status, code and field.
async fn refusal(request: Request<Body>) -> (StatusCode, String, Option<String>) {
    let response = answer(request).await;
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    assert!(text("message").is_some_and(|message| !message.is_empty()));
    (status, text("code").expect("a code"), text("field"))
}

#[tokio::test]
async fn nothing_of_an_account_is_given_without_a_token() {
    for request in [
        post("/api/trade/create-order", "{}"),
        post("/api/trade/cancel-order", "{}"),
        get_of("/api/trade/orders"),
        get_of("/api/account/balances"),
    ] {
        let response = answer(request).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }
}

#[tokio::test]
async fn a_header_that_is_no_token_is_refused_before_the_database_is_asked() {
    for value in [
        "Bearer",
        "Bearer ",
        "Bearer abc",
        "Basic YTpi",
        "bearer \u{e9}",
    ] {
        let mut request = get_of("/api/account/balances");
        let value = header::HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        request.headers_mut().insert(header::AUTHORIZATION, value);
        let (status, code, _) = refusal(request).await;
        assert_eq!(
            (status, code.as_str()),
            (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED")
        );
    }
}

#[tokio::test]
async fn wrong_paths_and_methods_are_answered_in_the_same_form() {
    let (status, code, _) = refusal(get_of("/api/nothing")).await;
    assert_eq!(
        (status, code.as_str()),
        (StatusCode::NOT_FOUND, "NOT_FOUND")
    );
    let (status, code, _) = refusal(get_of("/api/auth/login")).await;
    assert_eq!(
        (status, code.as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED")
    );
}

#[tokio::test]
async fn bodies_of_another_form_are_refused_by_field() {
    for (body, field) in [
        (r#"{"email":"a@b","password":5}"#, Some("password")),
        (r#"{"email":"a@b","password":"x","otp":"1"}"#, Some("otp")),
        (r#"{"email":"a@b"}"#, Some("password")),
        (r#"{"email":"a\u0000@b","password":"x"}"#, Some("email")),
        (r#"{"email":"a@b","#, None),
        ("[]", None),
    ] {
        let (status, code, named) = refusal(post("/api/auth/login", body)).await;
        assert_eq!(
            (status, code.as_str()),
            (StatusCode::BAD_REQUEST, "MALFORMED"),
            "{body}"
        );
        assert_eq!(named.as_deref(), field, "{body}");
    }
    let untyped = Request::post("/api/auth/login")
        .body(Body::from("{}"))
        .expect("a request");
    assert_eq!(refusal(untyped).await.2.as_deref(), Some("Content-Type"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_announced_or_not() {
    let large = vec![b' '; BODY_LIMIT_BYTES + 1];
    let (status, code, _) = refusal(post("/api/auth/login", large.clone())).await;
    assert_eq!(
        (status, code.as_str()),
        (StatusCode::BAD_REQUEST, "BODY_TOO_LARGE")
    );
    let pieces = large
        .chunks(1000)
        .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
    let pieces: Vec<_> = pieces.collect();
    let streamed = Body::from_stream(futures::stream::iter(pieces));
    let (_, code, _) = refusal(post("/api/auth/login", streamed)).await;
    assert_eq!(code, "BODY_TOO_LARGE");
}

#[tokio::test]
async fn without_a_database_the_server_lives_and_says_so() {
    assert_eq!(
        answer(get_of("/health/live")).await.status(),
        StatusCode::OK
    );
    for request in [
        get_of("/health"),
        get_of("/api/market/depth?market=BTC/USDT"),
        post("/api/auth/login", r#"{"email":"a@b","password":"x"}"#),
    ] {
        let response = answer(request).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let mut request = get_of("/health/live");
    request
        .headers_mut()
        .insert(REQUEST_ID, header::HeaderValue::from_static("mine-1"));
    assert_eq!(answer(request).await.headers()[REQUEST_ID], "mine-1");
    let mut request = get_of("/api/nothing");
    request
        .headers_mut()
        .insert(REQUEST_ID, header::HeaderValue::from_static("a b"));
    assert_ne!(answer(request).await.headers()[REQUEST_ID], "a b");
}

#[tokio::test]
async fn the_document_and_its_page_come_from_the_server_itself() {
    let response = answer(get_of("/api/openapi.json")).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    let given: Value = serde_json::from_slice(&bytes.expect("a body")).expect("JSON");
    assert_eq!(given, document().expect("a document"));
    for path in ["/api/docs/", "/api/docs/swagger-initializer.js"] {
        let response = answer(get_of(path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await;
        let text = String::from_utf8(bytes.expect("a body").to_vec()).expect("text");
        assert!(
            !text.contains("https://") && !text.contains("cdn"),
            "{path}: {text}"
        );
    }
}

#[tokio::test]
async fn texts_that_nothing_can_mean_are_refused_by_name() {
    let long = "x".repeat(TEXT_LIMIT_BYTES + 1);
    let nul = r#"{"email":"a@b","password":"x\u0000"}"#;
    let long = format!(r#"{{"email":"{long}","password":"x"}}"#);
    for (body, field) in [(nul, "password"), (long.as_str(), "email")] {
        let (status, code, named) = refusal(post("/api/auth/login", body.to_owned())).await;
        assert_eq!(
            (status, code.as_str()),
            (StatusCode::BAD_REQUEST, "MALFORMED")
        );
        assert_eq!(named.as_deref(), Some(field));
    }
    for (query, field) in [
        ("market=A%00B", "market"),
        ("market=%FF", "market"),
        ("market=A&market=B", "market"),
        ("market=A&mar%6bet=B", "market"),
        ("market=A&side=buy", "side"),
        ("limit=5", "market"),
    ] {
        let (_, code, named) = refusal(get_of(&format!("/api/market/depth?{query}"))).await;
        assert_eq!(
            (code.as_str(), named.as_deref()),
            ("MALFORMED", Some(field)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn every_operation_refuses_a_parameter_that_it_does_not_take() {
    let document = document().expect("a document");
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            let method = method.to_ascii_uppercase();
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            for query in ["surprise=1", "surprise", "%73urprise=1&surprise=2"] {
                let request = Request::builder()
                    .method(method.clone())
                    .uri(format!("{path}?{query}"))
                    .body(Body::empty())
                    .expect("a request");
                let (status, code, field) = refusal(request).await;
                let told = (status, code.as_str(), field.as_deref());
                let expected = (StatusCode::BAD_REQUEST, "MALFORMED", Some("surprise"));
                assert_eq!(told, expected, "{method} {path}?{query}");
            }
            operations += 1;
        }
    }
    assert!(operations > 80, "only {operations} operations");
    // An empty query says nothing, and a HEAD takes what a GET does.
    for query in ["", "&", "?"] {
        let time = answer(get_of(&format!("/api/time?{query}"))).await.status();
        assert_eq!(time.is_success(), query != "?", "{query}");
    }
    let mut head = get_of("/api/time?surprise=1");
    *head.method_mut() = Method::HEAD;
    assert_eq!(answer(head).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn nothing_is_unpacked() {
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let mut request = post("/api/auth/login", r#"{"email":"a@b","password":"x"}"#);
        let value = header::HeaderValue::from_static(encoding);
        request
            .headers_mut()
            .insert(header::CONTENT_ENCODING, value);
        let (status, _, field) = refusal(request).await;
        assert_eq!(
            (status, field.as_deref()),
            (StatusCode::BAD_REQUEST, Some("Content-Encoding"))
        );
    }
}

#[tokio::test]
async fn deep_nesting_and_long_names_are_refused_in_few_words() {
    let deep = format!(
        r#"{{"email":{}1{}}}"#,
        "[".repeat(30_000),
        "]".repeat(30_000)
    );
    assert_eq!(refusal(post("/api/auth/login", deep)).await.1, "MALFORMED");
    let named = format!(r#"{{"{}":1}}"#, "x".repeat(60_000));
    let response = answer(post("/api/auth/login", named)).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    assert!(bytes.len() < 2 * WORDS_LIMIT + 200, "{}", bytes.len());
}
