//! The hardware security module, through PKCS#11: it wraps and unwraps data keys and the seed by an
//! AES key that never leaves it, and signs by keys that never leave it, and nothing more.
//!
//! Every call blocks: async code calls it on a thread for blocking work.

mod config;
mod connection;
mod envelope;
mod error;
mod seed;
mod signing_key;
mod token;
mod wrapping_key;

pub use config::HsmConfig;
pub use envelope::{Sealed, open, seal};
pub use error::HsmError;
pub use seed::{SEED_BYTES, WrappedSeed};
pub use signing_key::SigningKey;
pub use wrapping_key::{Hsm, KEY_BYTES};
