//! Checks and makes password hashes with bcrypt, on threads of their own and no more at once than
//! cores allow.
//!
//! An unknown user costs the same time as a wrong password, so the time tells nobody who exists.

use std::ops::Range;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zxcvbn::Score;

use super::hashers::Hashers;
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
    hashers: Hashers,
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
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn new(config: &LoginConfig) -> std::io::Result<Self> {
        Ok(PasswordChecker {
            hashers: Hashers::start(config.concurrency)?,
            admitted: Arc::new(Semaphore::new(config.concurrency + config.queue_length)),
            cost: config.bcrypt_cost,
        })
    }

    /// A place in the queue, to be had before an attempt is counted: one that is refused for lack
    /// of room is none.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already.
    pub fn admit(&self) -> Result<Admitted, ApiError> {
        let place = self.admitted.clone().try_acquire_owned();
        Ok(Admitted {
            place: place.map_err(|_| ApiError::Overloaded)?,
            hashers: self.hashers.clone(),
            cost: self.cost,
        })
    }

    /// Whether `password` fits `hash`; `None` stands for a user who does not exist and never fits.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already.
    pub async fn check(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        Ok(self.admit()?.check(password, hash).await?.fits)
    }

    /// The hash of a new password, which [`check`] has passed.
    ///
    /// # Errors
    /// `Overloaded` where too many wait already.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        let cost = self.cost;
        self.admit()?
            .run(move || bcrypt::hash(password, cost))
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
        let hashed = self
            .admit()?
            .run(move || match weakness(&password, &words) {
                Some(weakness) => Err(ApiError::Rejected(Rejection {
                    code: "WEAK_PASSWORD".to_owned(),
                    field: Some("password".to_owned()),
                    message: weakness,
                })),
                None => bcrypt::hash(password, cost)
                    .map_err(|error| ApiError::Internal(error.to_string())),
            });
        hashed.await?
    }
}

/// A place in the queue.
pub struct Admitted {
    place: OwnedSemaphorePermit,
    hashers: Hashers,
    cost: u32,
}

impl Admitted {
    /// Whether `password` fits `hash`; `None` stands for a user who does not exist and never fits.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn check(self, password: String, hash: Option<String>) -> Result<Checked, ApiError> {
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

    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let Admitted { place, hashers, .. } = self;
        // The place goes with the work: a client that hangs up frees no core.
        let done = hashers.run(move || {
            let _place = place;
            work()
        });
        let failed = || ApiError::Internal("a password could not be hashed".to_owned());
        done.await.ok_or_else(failed)
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
    make_up(cost_of(hash), cost).for_each(spend);
    fits && password.len() <= PASSWORD_LIMIT_BYTES
}

/// What else is hashed, so that a check takes the rounds of `cost` in all: where the hash had
/// fewer, 2^its + 2^its + 2^(its+1) + … + 2^(cost-1) = 2^cost.
fn make_up(its: Option<u32>, cost: u32) -> Range<u32> {
    match its {
        Some(its) => its..cost,
        None => cost..cost + 1,
    }
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
    use std::time::Duration;

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
    fn every_check_takes_as_many_rounds_whatever_the_hash() {
        let rounds = |costs: Range<u32>| costs.map(|cost| 1u64 << cost).sum::<u64>();
        for cost in [4, 12, 16] {
            for its in 4..=cost {
                assert_eq!((1 << its) + rounds(make_up(Some(its), cost)), 1 << cost);
            }
            assert_eq!(rounds(make_up(None, cost)), 1 << cost);
        }
        assert!(make_up(Some(13), 12).is_empty());
    }

    #[tokio::test]
    async fn a_hash_is_made_anew_when_the_cost_has_risen_and_only_then() {
        let checker = PasswordChecker::new(&config(CHEAP + 1)).expect("threads");
        let hash = hash_of("right");
        let check = async |password: &str, hash: &str| {
            let place = checker.admit().expect("not overloaded");
            let checked = place.check(password.to_owned(), Some(hash.to_owned()));
            checked.await.expect("checked")
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
        let checker = PasswordChecker::new(&config(CHEAP)).expect("threads");
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
