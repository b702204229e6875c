//! Somebody who is logged in proves the password once more, before a change that a thief of the
//! session would like to make.

use crate::app::App;
use crate::error::ApiError;
use client::Attempt;

/// # Errors
/// `InvalidCredentials`; `LoginPaused` after several wrong ones; `Overloaded`.
pub async fn password(app: &App, account_id: i64, password: String) -> Result<(), ApiError> {
    let place = app.passwords.admit()?;
    let login = match client::begin_password_check(&app.reads, account_id).await? {
        Attempt::Paused(wait_ms) => return Err(ApiError::login_paused(wait_ms)),
        Attempt::Taken(login) => login,
    };
    let hash = login.map(|login| login.password_hash);
    if !place.check(password, hash).await?.fits {
        return Err(ApiError::InvalidCredentials);
    }
    client::end_password_check(&app.reads, account_id).await?;
    Ok(())
}
