//! Checks passwords with bcrypt, off the async threads and no more at once than cores allow.
//!
//! An unknown user costs the same time as a wrong password, so the time tells nobody who exists.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::config::login::LoginConfig;
use crate::error::ApiError;

/// bcrypt reads no further; a longer password would be cut silently.
const PASSWORD_LIMIT_BYTES: usize = 72;

/// A shorter one is guessed too soon.
const PASSWORD_LEAST_BYTES: usize = 8;

/// bcrypt's work factor for new hashes, and the time that every check takes at least: 2^12 rounds,
/// about 0.2 s.
pub const COST: u32 = 12;

/// A hash of nothing in particular at [`COST`]. It is checked where there is no such user, and
/// besides a user's hash that is cheaper.
const STAND_IN: &str = "$2a$12$seM92k/0J05xDXZ05iCdZO.VmRvQ45Ot7FrgwnkvlQDo6zLI59lcy";

/// Checks passwords; the clones share one limit.
#[derive(Clone, Debug)]
pub struct PasswordChecker {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl PasswordChecker {
    /// With the limits of `config`.
    pub fn new(config: &LoginConfig) -> Self {
        PasswordChecker {
            running: Arc::new(Semaphore::new(config.concurrency)),
            admitted: Arc::new(Semaphore::new(config.concurrency + config.queue_length)),
        }
    }

    /// Whether `password` fits `hash`; `None` stands for a user who does not exist and never fits.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already.
    pub async fn check(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.run(move || verify(&password, hash.as_deref())).await
    }

    /// The hash of a new password, which [`check`] has passed.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.run(move || bcrypt::hash(password, COST))
            .await?
            .map_err(|error| ApiError::Internal(error.to_string()))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let _admitted = self
            .admitted
            .try_acquire()
            .map_err(|_| ApiError::Overloaded)?;
        // The permit moves into the thread: a client that hangs up frees no core.
        let running = self.running.clone().acquire_owned().await;
        let running = running.map_err(|error| ApiError::Internal(error.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            let _running = running;
            work()
        });
        done.await
            .map_err(|error| ApiError::Internal(error.to_string()))
    }
}

/// Whether a new password may be set.
///
/// # Errors
/// The rule that it breaks, for people.
pub fn check(password: &str) -> Result<(), &'static str> {
    match password.len() {
        0..PASSWORD_LEAST_BYTES => Err("a password has at least 8 bytes"),
        PASSWORD_LEAST_BYTES..=PASSWORD_LIMIT_BYTES => Ok(()),
        _ => Err("a password has at most 72 bytes in UTF-8; a longer one would be cut"),
    }
}

fn verify(password: &str, hash: Option<&str>) -> bool {
    let fits = hash.is_some_and(|hash| bcrypt::verify(password, hash).unwrap_or(false));
    let cost = hash
        .and_then(|hash| hash.parse::<bcrypt::HashParts>().ok())
        .map(|p| p.get_cost());
    if cost.is_none_or(|cost| cost < COST) {
        // For its time alone.
        let _ = bcrypt::verify(password, STAND_IN);
    }
    fits && password.len() <= PASSWORD_LIMIT_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least that bcrypt allows, so that the tests are quick.
    const CHEAP: u32 = 4;

    fn hash_of(password: &str) -> String {
        bcrypt::hash(password, CHEAP).expect("hashes")
    }

    #[test]
    fn the_right_password_fits_and_no_other() {
        let hash = hash_of("correct horse");
        assert!(verify("correct horse", Some(&hash)));
        assert!(!verify("correct hors", Some(&hash)));
        assert!(!verify("correct horse", None));
        assert!(!verify("correct horse", Some("no hash")));
    }

    #[test]
    fn a_password_longer_than_bcrypt_reads_never_fits() {
        let long = "x".repeat(PASSWORD_LIMIT_BYTES + 1);
        assert!(!verify(&long, Some(&hash_of(&long[1..]))));
    }

    #[test]
    fn a_new_password_is_neither_too_short_nor_cut() {
        for (length, fits) in [(0, false), (7, false), (8, true), (72, true), (73, false)] {
            assert_eq!(check(&"x".repeat(length)).is_ok(), fits, "{length}");
        }
        assert!(check(&"ä".repeat(37)).is_err(), "74 bytes");
    }

    #[test]
    fn the_stand_in_costs_what_a_real_hash_costs() {
        let parts: bcrypt::HashParts = STAND_IN.parse().expect("a well-formed hash");
        assert_eq!(parts.get_cost(), COST);
    }

    #[tokio::test]
    async fn too_many_logins_are_refused_at_once() {
        let config = LoginConfig {
            session_length: std::time::Duration::from_secs(1),
            concurrency: 1,
            queue_length: 0,
        };
        let checker = PasswordChecker::new(&config);
        let held = checker.admitted.try_acquire().expect("free");
        let refused = checker.check("x".to_owned(), None).await;
        assert!(matches!(refused, Err(ApiError::Overloaded)), "{refused:?}");
        drop(held);
        assert!(
            !checker
                .check("x".to_owned(), Some(hash_of("y")))
                .await
                .expect("checked")
        );
    }
}
