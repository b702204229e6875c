//! Charges each request to its address before anything else, and tells the caller where it stands:
//! `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::subject::Subject;
use super::weights::weight_of;
use super::{Charge, Limits};
use crate::address::ClientAddress;
use crate::app::App;
use crate::error::ApiError;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What a request was charged so far, for its answer's headers and for what it weighs beyond its
/// route.
#[derive(Clone)]
pub struct Charges {
    weight: u32,
    limits: Limits,
    made: Arc<Mutex<Vec<(Subject, Charge)>>>,
}

impl Charges {
    /// Charges the route's weight.
    ///
    /// # Errors
    /// `RateLimited` where too little is left; the database's.
    pub async fn charge(&self, subject: Subject) -> Result<(), ApiError> {
        self.take(subject, self.weight).await
    }

    /// Charges more to everybody who was charged for this request: its body asks for more than one
    /// thing.
    ///
    /// # Errors
    /// As [`Charges::charge`].
    pub async fn add(&self, weight: u32) -> Result<(), ApiError> {
        let subjects: Vec<Subject> = self.lock().iter().map(|(subject, _)| *subject).collect();
        for subject in subjects {
            self.take(subject, weight).await?;
        }
        Ok(())
    }

    async fn take(&self, subject: Subject, weight: u32) -> Result<(), ApiError> {
        if weight == 0 {
            return Ok(());
        }
        let Some(charge) = self.limits.charge(subject, weight).await? else {
            return Ok(());
        };
        let mut made = self.lock();
        match made.iter_mut().find(|(known, _)| *known == subject) {
            Some(earlier) => earlier.1 = charge,
            None => made.push((subject, charge)),
        }
        if charge.is_granted {
            return Ok(());
        }
        Err(ApiError::RateLimited {
            policy: charge.policy,
            retry_after_seconds: charge.ends_in_seconds,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Subject, Charge)>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, headers: &mut HeaderMap) {
        let made = self.lock();
        if made.is_empty() {
            return;
        }
        let (mut policy, mut limit) = (String::new(), String::new());
        for (index, (_, charge)) in made.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let (name, of) = (charge.policy, charge.limit);
            // Writing to a string cannot fail.
            let _ = write!(policy, "{comma}\"{name}\";q={};w={}", of.weight, of.seconds);
            let (left, seconds) = (charge.remaining, charge.ends_in_seconds);
            let _ = write!(limit, "{comma}\"{name}\";r={left};t={seconds}");
        }
        for (name, text) in [(POLICY, policy), (LIMIT, limit)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
}

impl FromRequestParts<App> for Charges {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let charges = parts.extensions.get::<Charges>().cloned();
        Ok(charges.unwrap_or_else(|| Charges {
            weight: 1,
            limits: app.limits.clone(),
            made: Arc::default(),
        }))
    }
}

/// Refuses an address that has used its limit up; otherwise lets the request through.
pub async fn charge_address(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let charges = Charges {
        weight: weight_of(route.map(MatchedPath::as_str)),
        limits: app.limits.clone(),
        made: Arc::default(),
    };
    let address = ClientAddress::of(request.extensions(), request.headers(), &app.proxies);
    let mut response = match charges.charge(Subject::address(address.0)).await {
        Ok(()) => {
            request.extensions_mut().insert(charges.clone());
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    charges.write(response.headers_mut());
    response
}
