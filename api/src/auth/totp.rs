//! Codes of authenticator apps (TOTP, RFC 6238: SHA-1, 6 digits, 30 s, as every app knows them).
//!
//! Arithmetic alone: a code is right or not. That it works once is the database's to hold, by the
//! step that [`verify`] returns: an account takes only codes of a later step than the last.

use rand::TryRngCore as _;
use rand::rngs::OsRng;
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::error::ApiError;

/// Bytes of a secret: RFC 4226 recommends 160 bits.
pub const SECRET_BYTES: usize = 20;
/// Digits of a code.
pub const DIGITS: u8 = 6;
/// Seconds for which a code is shown.
pub const STEP_SECONDS: u64 = 30;
/// Codes before and after the current one that are taken, for clocks that go wrong and slow hands.
const SKEW_STEPS: u16 = 1;
/// Whose codes they are, as the app shows it.
const ISSUER: &str = "Exchange";

/// A new secret.
///
/// # Errors
/// The system gives no randomness.
pub fn random_secret() -> Result<[u8; SECRET_BYTES], ApiError> {
    let mut secret = [0; SECRET_BYTES];
    let filled = OsRng.try_fill_bytes(&mut secret);
    filled.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(secret)
}

/// What an app is given: the secret in base32 to type, and the address to show as a QR code.
///
/// # Errors
/// The secret is none, or the name has a colon.
pub fn enrolment(secret: &[u8], account_name: &str) -> Result<Enrolment, ApiError> {
    let built = builder(secret)
        .with_account_name(account_name)
        .with_issuer(Some(ISSUER))
        .build()
        .and_then(|totp| Ok((totp.secret().to_base32(), totp.to_url()?)));
    let (secret, uri) = built.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(Enrolment { secret, uri })
}

/// What an app is given. It is never printed by `Debug`.
pub struct Enrolment {
    /// The secret in base32.
    pub secret: String,
    /// `otpauth://totp/…`.
    pub uri: String,
}

/// The step whose code it is, where it is one of those taken at that time; a step is a number of
/// half minutes since 1970. In constant time for each step.
pub fn verify(secret: &[u8], code: &str, unix_seconds: i64) -> Option<i64> {
    let is_code = code.len() == usize::from(DIGITS) && code.bytes().all(|b| b.is_ascii_digit());
    let now = u64::try_from(unix_seconds).ok().filter(|_| is_code)?;
    let step = totp(secret)?.check(code, now)?;
    i64::try_from(step).ok()
}

/// The code of a time: for programs that stand in for an app.
pub fn code_at(secret: &[u8], unix_seconds: i64) -> Option<String> {
    let now = u64::try_from(unix_seconds).ok()?;
    Some(totp(secret)?.generate(now).to_string())
}

fn totp(secret: &[u8]) -> Option<Totp> {
    builder(secret).build().ok()
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW_STEPS)
        .with_step_duration(STEP_SECONDS)
        .with_secret(Secret::new(secret.into()))
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors of RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // Its eight digits, of which the last six are ours.
        for (at, code, step) in [
            (59, "287082", 1),
            (1_111_111_109, "081804", 37_037_036),
            (1_234_567_890, "005924", 41_152_263),
            (20_000_000_000, "353130", 666_666_666),
        ] {
            assert_eq!(verify(SECRET, code, at), Some(step), "{at}");
            assert_eq!(code_at(SECRET, at).as_deref(), Some(code));
        }
    }

    #[test]
    fn a_code_is_taken_a_step_early_and_a_step_late_and_no_longer() {
        let code = "081804";
        let begins = 37_037_036 * 30;
        for (at, taken) in [
            (-31, false),
            (-30, true),
            (0, true),
            (59, true),
            (60, false),
        ] {
            assert_eq!(verify(SECRET, code, begins + at).is_some(), taken, "{at}");
        }
    }

    #[test]
    fn what_is_no_code_fits_nothing() {
        for code in [
            "",
            "08180",
            "0818040",
            "08180x",
            "081 804",
            "０８１８０４",
            "-81804",
        ] {
            assert_eq!(verify(SECRET, code, 1_111_111_109), None, "{code}");
        }
        assert_eq!(verify(SECRET, "081804", -1), None);
        assert_eq!(verify(b"", "081804", 1_111_111_109), None);
    }

    #[test]
    fn an_app_is_told_everything_by_one_address() {
        let told = enrolment(SECRET, "a+b@example.com").expect("told");
        assert_eq!(told.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            told.uri
                .starts_with("otpauth://totp/Exchange:a%2Bb%40example.com?"),
            "{}",
            told.uri
        );
        assert!(told.uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
        assert_eq!(format!("{told:?}"), "Enrolment(…)");
        assert_ne!(
            random_secret().expect("one"),
            random_secret().expect("another")
        );
    }
}
