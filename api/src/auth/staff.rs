//! Extractors that name a member of staff with one of the roles that a handler wants. Users' tokens
//! and API keys open nothing here, staff's tokens nothing elsewhere: the tables are apart.
//!
//! The database is asked on each request; what the handler then calls asks again by itself.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::extractors::idempotency_key;
use super::token::Token;
use crate::app::App;
use crate::error::ApiError;
use crate::limits::{Charges, Subject};

/// Which roles a handler is open to.
pub trait Permit: Send + Sync + 'static {
    /// One of them is enough; none: any member who is logged in.
    const ROLES: &'static [&'static str];
}

/// A member with one of the roles of `P`.
#[derive(Debug)]
pub struct Staff<P> {
    /// The member.
    pub staff_id: i64,
    /// The session, which functions of the database take.
    pub staff_session_id: i64,
    /// What the member may do.
    pub roles: Vec<String>,
    /// When the session ends at the latest, in milliseconds UTC.
    pub ends_at_ms: i64,
    /// A repeat with the same key is the same request.
    pub request_key: Option<String>,
    permit: PhantomData<P>,
}

/// Declares who a handler is open to: a type that [`Staff`] takes, and a name for both.
macro_rules! permits {
    ($($(#[$meaning:meta])* $name:ident, $marker:ident: $roles:expr;)*) => {$(
        $(#[$meaning])*
        pub type $name = Staff<$marker>;
        #[doc = concat!("The roles of [`", stringify!($name), "`].")]
        #[derive(Debug)]
        pub enum $marker {}
        impl Permit for $marker {
            const ROLES: &'static [&'static str] = $roles;
        }
    )*};
}

permits! {
    /// Anybody of the staff.
    Member, OfMember: &[];
    /// Decides about identity documents.
    Reviewer, OfReviewer: &["reviewer"];
    /// Sees to rules and limits.
    RiskOfficer, OfRiskOfficer: &["risk"];
    /// Sees to money and fees.
    FinanceOfficer, OfFinanceOfficer: &["finance"];
    /// Helps users.
    SupportAgent, OfSupportAgent: &["support"];
    /// Sees to staff.
    Administrator, OfAdministrator: &["administrator"];
    /// May look at users' accounts.
    AccountViewer, OfAccountViewer: &["finance", "reviewer", "risk", "support"];
    /// May look at what came to users, and what they owe.
    MoneyViewer, OfMoneyViewer: &["finance", "risk", "support"];
    /// May freeze users' accounts.
    AccountGuard, OfAccountGuard: &["risk", "support"];
    /// May propose that a market is halted or trades again.
    MarketGuard, OfMarketGuard: &["administrator", "risk"];
    /// May approve and reject withdrawals.
    WithdrawalReviewer, OfWithdrawalReviewer: &["finance", "reviewer"];
    /// May see which withdrawals wait.
    WithdrawalViewer, OfWithdrawalViewer: &["finance", "reviewer", "risk"];
    /// May see which withdrawals are halted.
    WithdrawalHaltViewer, OfWithdrawalHaltViewer: &["administrator", "finance", "reviewer", "risk"];
    /// May halt withdrawals.
    WithdrawalGuard, OfWithdrawalGuard: &["administrator", "finance", "risk"];
    /// May have a part in proposals.
    Decider, OfDecider: &["administrator", "finance", "reviewer", "risk", "support"];
}

impl<P: Permit> FromRequestParts<App> for Staff<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or(ApiError::Unauthenticated)?;
        let request_key = idempotency_key(&parts.headers)?.map(str::to_owned);
        let session = client::staff_session(&app.reads, &token.hash()).await?;
        let session = session.ok_or(ApiError::Unauthenticated)?;
        if let Some(charges) = parts.extensions.get::<Charges>() {
            charges.charge(Subject::Member(session.staff_id)).await?;
        }
        let has = |role: &&str| session.roles.iter().any(|held| held == role);
        if !P::ROLES.is_empty() && !P::ROLES.iter().any(has) {
            return Err(ApiError::PermissionDenied(format!(
                "this needs one of the roles {}",
                P::ROLES.join(", ")
            )));
        }
        Ok(Staff {
            staff_id: session.staff_id,
            staff_session_id: session.staff_session_id,
            roles: session.roles,
            ends_at_ms: crate::wire::millis(session.expires_at),
            request_key,
            permit: PhantomData,
        })
    }
}

/// Staff carry a bearer token and nothing else.
fn bearer(parts: &Parts) -> Option<Token> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    Token::parse(text).filter(|_| scheme.eq_ignore_ascii_case("bearer"))
}
