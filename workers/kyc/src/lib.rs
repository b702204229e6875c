//! What is known of identity documents: the machine-readable zone, and files that are safe to keep.
//!
//! Pure: no SQL, no network, no clock.

pub mod file;
pub mod mrz;
