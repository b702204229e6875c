//! Sessions of browsers: the token in a cookie that no script can read, and a second value that a
//! script must send back in a header with whatever changes something.
//!
//! A page of another site can make a browser send the cookie (it is `SameSite=Strict`, so not even
//! that), but cannot read the second value. That one is made of the token, so none can be planted.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use ring::hmac;
use time::OffsetDateTime;

use super::token::Token;
use crate::error::{ApiError, Rejection};

/// The cookie with the session's token. Its prefix makes browsers refuse it without `Secure`, for
/// another path, or from a neighbouring domain.
const SESSION_COOKIE: &str = "__Host-session";
/// The cookie with the value that goes into [`CSRF_HEADER`]: scripts of the page may read it.
const CSRF_COOKIE: &str = "__Host-csrf";
/// The header that every request which changes something has beside the cookie.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// Separates this use of the token from any other.
const CSRF_PURPOSE: &[u8] = b"csrf";

/// The token in the session cookie; `None` where there is none. A cookie that is sent twice, or is
/// no token, is a login that is not good.
///
/// # Errors
/// `Unauthenticated`.
pub fn session(headers: &HeaderMap) -> Result<Option<Token>, ApiError> {
    let mut values = values(headers, SESSION_COOKIE);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (Token::parse(value), values.next()) {
        (Some(token), None) => Ok(Some(token)),
        _ => Err(ApiError::Unauthenticated),
    }
}

/// What must come back in the header, or in the WebSocket's `authenticate`.
pub fn csrf_token(token: &Token) -> String {
    hex::encode(hmac::sign(&csrf_key(token), CSRF_PURPOSE))
}

/// Whether the value is that of this session's token, in constant time.
pub fn is_csrf_token(token: &Token, value: &str) -> bool {
    hex::decode(value).is_ok_and(|tag| hmac::verify(&csrf_key(token), CSRF_PURPOSE, &tag).is_ok())
}

/// Whether the request's header proves that a script of our own page sent it.
///
/// # Errors
/// Rejected as `INVALID_CSRF_TOKEN`.
pub fn check_csrf(headers: &HeaderMap, token: &Token) -> Result<(), ApiError> {
    let mut sent = headers.get_all(CSRF_HEADER).iter();
    let value = sent.next().and_then(|value| value.to_str().ok());
    if value.is_some_and(|value| is_csrf_token(token, value)) && sent.next().is_none() {
        return Ok(());
    }
    Err(ApiError::Rejected(Rejection {
        code: "INVALID_CSRF_TOKEN".to_owned(),
        field: Some("X-Csrf-Token".to_owned()),
        message: "a request that changes something, and comes with the session cookie, has the \
                  header X-Csrf-Token with the value that the login gave"
            .to_owned(),
    }))
}

/// The headers that give a browser its session.
pub fn set(token: &Token, expires_at: OffsetDateTime) -> HeaderMap {
    let seconds = (expires_at - OffsetDateTime::now_utc()).whole_seconds();
    both(&token.text(), &csrf_token(token), seconds.max(0))
}

/// The headers that take it away.
pub fn clear() -> HeaderMap {
    both("", "", 0)
}

fn both(session: &str, csrf: &str, seconds: i64) -> HeaderMap {
    let attributes = format!("Path=/; Secure; SameSite=Strict; Max-Age={seconds}");
    let lines = [
        format!("{SESSION_COOKIE}={session}; HttpOnly; {attributes}"),
        format!("{CSRF_COOKIE}={csrf}; {attributes}"),
    ];
    let mut headers = HeaderMap::new();
    // Hexadecimal digits and our own words always make a header value.
    for line in lines.into_iter().flat_map(HeaderValue::try_from) {
        headers.append(SET_COOKIE, line);
    }
    headers
}

fn csrf_key(token: &Token) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, token.text().as_bytes())
}

fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.to_str().unwrap_or_default().split(';'));
    pairs.filter_map(move |pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(line: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_str(line).expect("a value"));
        headers
    }

    #[test]
    fn the_session_is_found_among_other_cookies_and_only_once() {
        let token = Token::random().expect("randomness");
        let text = token.text();
        let found = |line: &str| session(&sent(line));
        let among = found(&format!("a=b; __Host-session={text}; theme=dark"));
        assert_eq!(among.expect("good"), Some(token));
        assert_eq!(found("a=b; session=x").expect("none"), None);
        assert_eq!(session(&HeaderMap::new()).expect("none"), None);
        for wrong in [
            "__Host-session=x".to_owned(),
            "__Host-session=".to_owned(),
            format!("__Host-session={text}; __Host-session={text}"),
        ] {
            assert!(found(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_header_must_be_that_of_the_same_session() {
        let (token, other) = (Token::random(), Token::random());
        let (token, other) = (token.expect("one"), other.expect("another"));
        let check = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = HeaderValue::from_str(value).expect("a value");
                headers.append(CSRF_HEADER, value);
            }
            check_csrf(&headers, &token).is_ok()
        };
        let right = csrf_token(&token);
        assert!(check(&[&right]));
        assert!(!check(&[]) && !check(&[""]) && !check(&[&right, &right]));
        assert!(!check(&[&csrf_token(&other)]) && !check(&[&token.text()]));
    }

    #[test]
    fn no_script_reads_the_session_and_no_other_site_sends_it() {
        let token = Token::random().expect("randomness");
        let ends = OffsetDateTime::now_utc() + time::Duration::hours(1);
        let headers = set(&token, ends);
        let lines: Vec<&str> = headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().expect("text"))
            .collect();
        let [session, csrf] = lines[..] else {
            panic!("{lines:?}");
        };
        assert!(session.starts_with(&format!("__Host-session={}; HttpOnly;", token.text())));
        assert!(csrf.starts_with(&format!("__Host-csrf={};", csrf_token(&token))));
        assert!(!csrf.contains(&token.text()) && !csrf.contains("HttpOnly"));
        for line in [session, csrf] {
            for attribute in ["Path=/", "Secure", "SameSite=Strict", "Max-Age=3"] {
                assert!(line.contains(attribute), "{line}");
            }
        }
        for line in clear().get_all(SET_COOKIE) {
            assert!(line.to_str().expect("text").contains("=; "), "{line:?}");
        }
    }
}
