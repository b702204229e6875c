//! What is known of identity documents: the machine-readable zone, and files that are safe to keep.
//!
//! Pure: no SQL, no network, no clock.

pub mod file;
pub mod mrz;

/// What is authenticated with a file's content, so that no stored file passes for another account's
/// or for another side.
pub fn seal_context(account_id: i64, kind: &str, seal_id: &[u8]) -> Vec<u8> {
    let seal_id = hex::encode(seal_id);
    format!("kyc document\n{account_id}\n{kind}\n{seal_id}").into_bytes()
}
