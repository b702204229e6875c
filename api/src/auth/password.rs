//! Checks and makes password hashes with bcrypt, off the async threads and no more at once than
//! cores allow.
//!
//! An unknown user costs the same time as a wrong password, so the time tells nobody who exists.

use std::sync::Arc;

use tokio::sync::Semaphore;
use zxcvbn::Score;

use crate::config::login::LoginConfig;
use crate::error::{ApiError, Rejection};

/// bcrypt reads no further; a longer password would be cut silently.
const PASSWORD_LIMIT_BYTES: usize = 72;

/// A shorter one is guessed too soon.
const PASSWORD_LEAST_BYTES: usize = 8;

/// Of zxcvbn's five scores (0 to 4): 10^8 guesses and more, "safely unguessable".
const LEAST_SCORE: Score = Score::Three;

/// What is hashed for its time alone.
const STAND_IN: &[u8] = b"nobody\0";

/// Checks passwords; the clones share one limit.
#[derive(Clone, Debug)]
pub struct PasswordChecker {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    cost: u32,
}

/// What a check found.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked {
    /// The password fits.
    pub fits: bool,
    /// It fits, and its hash was cheaper than it should be: a new one.
    pub new_hash: Option<String>,
}

impl PasswordChecker {
    /// With the limits of `config`.
    pub fn new(config: &LoginConfig) -> Self {
        PasswordChecker {
            running: Arc::new(Semaphore::new(config.concurrency)),
            admitted: Arc::new(Semaphore::new(config.concurrency + config.queue_length)),
            cost: config.bcrypt_cost,
        }
    }

    /// Whether `password` fits `hash`; `None` stands for a user who does not exist and never fits.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already.
    pub async fn check(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let cost = self.cost;
        self.run(move || verify(&password, hash.as_deref(), cost))
            .await
    }

    /// The same, with a new hash where the cost has risen since.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already.
    pub async fn check_and_rehash(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<Checked, ApiError> {
        let cost = self.cost;
        self.run(move || {
            let fits = verify(&password, hash.as_deref(), cost);
            let is_cheap = cost_of(hash.as_deref()).is_some_and(|its| its < cost);
            let new_hash = (fits && is_cheap).then(|| bcrypt::hash(password, cost).ok());
            Checked {
                fits,
                new_hash: new_hash.flatten(),
            }
        })
        .await
    }

    /// The hash of a new password, which [`check`] has passed.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let cost = self.cost;
        self.run(move || bcrypt::hash(password, cost))
            .await?
            .map_err(|error| ApiError::Internal(error.to_string()))
    }

    /// The same, where the password is not easily guessed by who knows these words of its owner.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already; rejected as `WEAK_PASSWORD`.
    pub async fn hash_strong(
        &self,
        password: String,
        words: Vec<String>,
    ) -> Result<String, ApiError> {
        let cost = self.cost;
        let hashed = self.run(move || match weakness(&password, &words) {
            Some(weakness) => Err(ApiError::Rejected(Rejection {
                code: "WEAK_PASSWORD".to_owned(),
                field: Some("password".to_owned()),
                message: weakness,
            })),
            None => {
                bcrypt::hash(password, cost).map_err(|error| ApiError::Internal(error.to_string()))
            }
        });
        hashed.await?
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

/// Whether a new password may be set, but for its strength.
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

/// Why a password is easily guessed, for people.
fn weakness(password: &str, words: &[String]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(password, &words);
    if estimate.score() >= LEAST_SCORE {
        return None;
    }
    let mut told = "this password is guessed too easily".to_owned();
    if let Some(feedback) = estimate.feedback() {
        for words in feedback
            .warning()
            .map(|words| words.to_string())
            .into_iter()
            .chain(feedback.suggestions().iter().map(|words| words.to_string()))
        {
            told.push_str(&format!("; {}", words.trim_end_matches('.')));
        }
    }
    Some(told)
}

fn verify(password: &str, hash: Option<&str>, cost: u32) -> bool {
    let fits = hash.is_some_and(|hash| bcrypt::verify(password, hash).unwrap_or(false));
    match cost_of(hash) {
        // All rounds that make up the difference: 2^c + 2^c + 2^(c+1) + … + 2^(cost-1) = 2^cost.
        Some(its) => (its..cost).for_each(spend),
        None => spend(cost),
    }
    fits && password.len() <= PASSWORD_LIMIT_BYTES
}

fn cost_of(hash: Option<&str>) -> Option<u32> {
    let parts = hash?.parse::<bcrypt::HashParts>().ok()?;
    Some(parts.get_cost())
}

/// The time of a hash of that cost, and nothing else.
fn spend(cost: u32) {
    std::hint::black_box(bcrypt::bcrypt(cost, [0; 16], STAND_IN));
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// The least that bcrypt allows, so that the tests are quick.
    const CHEAP: u32 = 4;

    fn hash_of(password: &str) -> String {
        bcrypt::hash(password, CHEAP).expect("hashes")
    }

    fn config(cost: u32) -> LoginConfig {
        LoginConfig {
            session_length: Duration::from_secs(1),
            concurrency: 1,
            queue_length: 0,
            bcrypt_cost: cost,
        }
    }

    #[test]
    fn the_right_password_fits_and_no_other() {
        let hash = hash_of("correct horse");
        assert!(verify("correct horse", Some(&hash), CHEAP));
        assert!(!verify("correct hors", Some(&hash), CHEAP));
        assert!(!verify("correct horse", None, CHEAP));
        assert!(!verify("correct horse", Some("no hash"), CHEAP));
    }

    #[test]
    fn a_password_longer_than_bcrypt_reads_never_fits() {
        let long = "x".repeat(PASSWORD_LIMIT_BYTES + 1);
        assert!(!verify(&long, Some(&hash_of(&long[1..])), CHEAP));
    }

    #[test]
    fn a_new_password_is_neither_too_short_nor_cut() {
        for (length, fits) in [(0, false), (7, false), (8, true), (72, true), (73, false)] {
            assert_eq!(check(&"x".repeat(length)).is_ok(), fits, "{length}");
        }
        assert!(check(&"ä".repeat(37)).is_err(), "74 bytes");
    }

    #[test]
    fn what_is_easily_guessed_is_weak_and_the_owner_s_own_words_are_too() {
        let words = [
            "margarethe.hohenstein@example.com".to_owned(),
            "Hohenstein".to_owned(),
        ];
        for weak in [
            "password",
            "qwertyuiop",
            "12345678",
            "hohenstein1",
            "aaaaaaaaaaaa",
        ] {
            let why = weakness(weak, &words);
            assert!(
                why.is_some_and(|why| why.starts_with("this password")),
                "{weak}"
            );
        }
        for strong in [
            "plural walnut ceiling",
            "xK4$mm9!qZw2",
            &"ab-Zq7_".repeat(10),
        ] {
            assert_eq!(weakness(strong, &words), None, "{strong}");
        }
    }

    #[test]
    fn a_cheaper_hash_an_unknown_user_and_a_right_hash_take_the_same_time() {
        const COST: u32 = 9;
        let dear = bcrypt::hash("x", COST).expect("hashes");
        let cheap = bcrypt::hash("x", COST - 2).expect("hashes");
        let cheapest = hash_of("x");
        let cases = [Some(dear.as_str()), Some(&cheap), Some(&cheapest), None];
        let mut best = [Duration::MAX; 4];
        // The least of many: what other programs take of the machine only adds.
        for _ in 0..40 {
            for (best, hash) in best.iter_mut().zip(cases) {
                let start = Instant::now();
                assert!(!verify("wrong", hash, COST));
                *best = start.elapsed().min(*best);
            }
        }
        let (least, most) = (best.iter().min(), best.iter().max());
        let (least, most) = least.zip(most).expect("four");
        assert!(*most < *least * 5 / 4, "{best:?}");
    }

    #[tokio::test]
    async fn a_hash_is_made_anew_when_the_cost_has_risen_and_only_then() {
        let checker = PasswordChecker::new(&config(CHEAP + 1));
        let hash = hash_of("right");
        let check = async |password: &str, hash: &str| {
            let checked = checker.check_and_rehash(password.to_owned(), Some(hash.to_owned()));
            checked.await.expect("not overloaded")
        };
        let checked = check("right", &hash).await;
        let new_hash = checked.new_hash.expect("a new hash");
        assert_eq!(cost_of(Some(&new_hash)), Some(CHEAP + 1));
        assert!(
            check("right", &new_hash).await
                == Checked {
                    fits: true,
                    new_hash: None
                }
        );
        assert!(
            check("wrong", &hash).await
                == Checked {
                    fits: false,
                    new_hash: None
                }
        );
    }

    #[tokio::test]
    async fn too_many_logins_are_refused_at_once() {
        let checker = PasswordChecker::new(&config(CHEAP));
        let held = checker.admitted.try_acquire().expect("free");
        let refused = checker.check("x".to_owned(), None).await;
        assert!(matches!(refused, Err(ApiError::Overloaded)), "{refused:?}");
        drop(held);
        assert!(
            !checker
                .check("x".to_owned(), Some(hash_of("y")))
                .await
                .expect("free again")
        );
    }
}
