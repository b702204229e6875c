//! The list of routes; one file per group. A handler is: parse, authorise, call, reply.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod auth;
mod health;
pub(crate) mod kyc;
mod market;
mod pages;
pub(crate) mod proofs;
pub(crate) mod trade;
pub(crate) mod wallet;
mod webhook;

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use serde_json::Value;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::body;
use crate::deadline;
use crate::error::ApiError;
use crate::extract::BODY_LIMIT_BYTES;
use crate::limits;
use crate::openapi::{self, queries};
use crate::panics;
use crate::request_id;
use crate::ws;
use kyc::form::FORM_LIMIT_BYTES;

/// Every route, and the document that describes them. A route that is listed here is
/// documented; there is no other way in.
fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .merge(of_logins())
        .merge(of_trading())
        .merge(of_accounts())
        .merge(of_withdrawals())
        .merge(of_markets())
        .merge(of_wallets())
        .merge(of_staff())
        .routes(routes!(ws::connect))
}

/// Coming in, and what guards it.
fn of_logins() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::login_second_factor::login_second_factor))
        .routes(routes!(auth::begin_passkey_login::begin_passkey_login))
        .routes(routes!(auth::passkey_login::passkey_login))
        .routes(routes!(auth::begin_step_up::begin_step_up))
        .routes(routes!(auth::step_up::step_up))
        .routes(routes!(auth::factors::factors))
        .routes(routes!(auth::begin_totp::begin_totp))
        .routes(routes!(auth::confirm_totp::confirm_totp))
        .routes(routes!(auth::remove_totp::remove_totp))
        .routes(routes!(auth::recovery_codes::recovery_codes))
        .routes(routes!(auth::begin_passkey::begin_passkey))
        .routes(routes!(
            auth::add_passkey::add_passkey,
            auth::passkeys::passkeys
        ))
        .routes(routes!(auth::remove_passkey::remove_passkey))
        .routes(routes!(auth::check::check))
        .routes(routes!(auth::logout::logout))
        .routes(routes!(auth::register::register))
        .routes(routes!(auth::verify::verify))
        .routes(routes!(auth::set_password::set_password))
        .routes(routes!(auth::reset_password::reset_password))
        .routes(routes!(auth::change_email::change_email))
        .routes(routes!(auth::confirm_email::confirm_email))
        .routes(routes!(auth::freeze::freeze))
        .routes(routes!(auth::sessions::sessions))
        .routes(routes!(auth::revoke_session::revoke_session))
        .routes(routes!(auth::revoke_sessions::revoke_sessions))
        .routes(routes!(auth::devices::devices))
        .routes(routes!(auth::forget_device::forget_device))
        .routes(routes!(auth::anti_phishing_code::set_anti_phishing_code))
        .routes(routes!(
            auth::create_api_key::create_api_key,
            auth::api_keys::api_keys
        ))
        .routes(routes!(auth::revoke_api_key::revoke_api_key))
}

/// Commands and what they led to.
fn of_trading() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(trade::create_order::create_order))
        .routes(routes!(trade::create_orders::create_orders))
        .routes(routes!(trade::cancel_order::cancel_order))
        .routes(routes!(trade::cancel_all::cancel_all))
        .routes(routes!(trade::cancel_all_after::cancel_all_after))
        .routes(routes!(trade::reduce_order::reduce_order))
        .routes(routes!(trade::replace_order::replace_order))
        .routes(routes!(trade::try_order::try_order))
        .routes(routes!(trade::orders::orders))
        .routes(routes!(trade::order::order))
        .routes(routes!(trade::fills::fills))
}

/// What an account has, and who its owner is.
fn of_accounts() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(account::balances::balances))
        .routes(routes!(account::fees::fees))
        .routes(routes!(account::ledger::ledger))
        .routes(routes!(
            account::open_sub_account::open_sub_account,
            account::sub_accounts::sub_accounts
        ))
        .routes(routes!(account::transfer::transfer))
        .routes(routes!(account::profile::profile))
        .routes(routes!(proofs::account_proof::account_proof))
        .routes(routes!(kyc::submit::submit_kyc).layer(DefaultBodyLimit::max(FORM_LIMIT_BYTES)))
        .routes(routes!(kyc::status::kyc_status))
        .routes(routes!(kyc::callback::kyc_callback))
}

/// Money that leaves, and to where.
fn of_withdrawals() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(wallet::withdraw_fee::withdraw_fee))
        .routes(routes!(wallet::withdraw::withdraw))
        .routes(routes!(wallet::withdrawals::withdrawals))
        .routes(routes!(wallet::withdrawal::withdrawal))
        .routes(routes!(wallet::cancel_withdrawal::cancel_withdrawal))
        .routes(routes!(
            wallet::addresses::withdrawal_addresses,
            wallet::add_address::add_withdrawal_address
        ))
        .routes(routes!(wallet::remove_address::remove_withdrawal_address))
        .routes(routes!(wallet::withdrawal_mode::set_withdrawal_mode))
}

/// What anybody may know of markets.
fn of_markets() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(market::depth::depth))
        .routes(routes!(market::trades::trades))
        .routes(routes!(market::symbols::symbols))
        .routes(routes!(market::ticker::ticker))
        .routes(routes!(market::klines::klines))
        .routes(routes!(market::time::time))
        .routes(routes!(proofs::published::proofs))
}

/// Money that comes and goes.
fn of_wallets() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(wallet::coins::coins))
        .routes(routes!(wallet::deposit_address::deposit_address))
        .routes(routes!(wallet::deposit_qr::deposit_qr_svg))
        .routes(routes!(wallet::deposit_qr::deposit_qr_png))
        .routes(routes!(wallet::deposits::deposits))
        .routes(routes!(wallet::deposit::deposit))
        .routes(routes!(webhook::chain_webhook))
}

/// The routes of staff.
fn of_staff() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(admin::login::staff_login))
        .routes(routes!(admin::logout::staff_logout))
        .routes(routes!(admin::session::staff_session))
        .routes(routes!(admin::accept_invitation::accept_invitation))
        .routes(routes!(
            admin::members::members,
            admin::create_member::create_member
        ))
        .routes(routes!(admin::invite_member::invite_member))
        .routes(routes!(admin::disable_member::disable_member))
        .routes(routes!(admin::member_roles::propose_roles))
        .routes(routes!(admin::member_reset::propose_reset))
        .routes(routes!(admin::proposals::proposals))
        .routes(routes!(admin::decide::decide))
        .routes(routes!(admin::audit::audit))
        .routes(routes!(admin::accounts::find_accounts))
        .routes(routes!(admin::account::show_account))
        .routes(routes!(admin::freeze_account::freeze_account))
        .routes(routes!(admin::unfreeze_account::propose_unfreeze))
        .routes(routes!(admin::fee_tier::propose_fee_tier))
        .routes(routes!(admin::fee_rates::propose_fee_rates))
        .routes(routes!(admin::adjust_balance::propose_adjustment))
        .routes(routes!(admin::market_status::propose_market_status))
        .routes(routes!(admin::market_limits::propose_market_limits))
        .routes(routes!(
            admin::risk_rules::risk_rules,
            admin::risk_rule::propose_risk_rule
        ))
        .routes(routes!(admin::risk_rule_end::propose_rule_end))
        .routes(routes!(admin::risk_events::risk_events))
        .routes(routes!(admin::risk_decision::decide_risk_event))
        .routes(routes!(admin::deposits::staff_deposits))
        .routes(routes!(admin::release_deposit::release_deposit))
        .routes(routes!(admin::refund_deposit::propose_refund))
        .routes(routes!(admin::debts::debts))
        .routes(routes!(admin::kyc::queue::kyc_queue))
        .routes(routes!(admin::kyc::claim::claim_kyc_case))
        .routes(routes!(admin::kyc::release::release_kyc_case))
        .routes(routes!(admin::kyc::case::kyc_case))
        .routes(routes!(admin::kyc::document::kyc_document))
        .routes(routes!(admin::kyc::decide::decide_kyc_case))
        .routes(routes!(admin::kyc::levels::propose_kyc_limits))
        .routes(routes!(admin::withdrawals::queue::withdrawal_queue))
        .routes(routes!(admin::withdrawals::review::review_withdrawal))
        .routes(routes!(
            admin::withdrawals::halts::withdrawal_halts,
            admin::withdrawals::halt::halt_withdrawals
        ))
        .routes(routes!(admin::withdrawals::lift::propose_lift))
}

/// The OpenAPI document.
///
/// # Errors
/// As [`openapi::document`].
pub fn document() -> Result<Value, String> {
    openapi::document(&documented().into_openapi())
}

/// Every route of the API.
pub fn router(app: App) -> Router {
    let (router, said) = documented().split_for_parts();
    // A test builds the same document, so that it fails there and never here.
    let document = openapi::document(&said).unwrap_or_default();
    let known = queries::of(&document);
    router
        .merge(openapi::page::routes(&document))
        .merge(pages::routes())
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn(body::keep))
        .layer(middleware::from_fn_with_state(
            known,
            queries::refuse_unknown,
        ))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            limits::charge_address,
        ))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            deadline::limit_reads,
        ))
        .layer(middleware::from_fn(panics::answer))
        .layer(middleware::from_fn(request_id::identify))
        .with_state(app)
}

#[cfg(test)]
mod tests;
