//! What can be wrong with what is read here. Outcomes that a user sees are `Reject` values of
//! their modules ([`crate::address::AddressReject`], [`crate::spend::SpendReject`]).

/// Why something cannot be read, or must not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No network of that name, or no chain id.
    #[error("'{0}' is no network: bitcoin:main, testnet4, signet or regtest, or evm:<chain id>")]
    NotANetwork(String),
    /// A key that cannot be read, or is another kind of key.
    #[error("not the key that is wanted: {0}")]
    NotAKey(String),
    /// An index that is no child of an account's key.
    #[error("index {0} is beyond the last address of an account")]
    IndexTooLarge(u32),
    /// A signature that is none, or that another key or another content made.
    #[error("the signature is not this key's over this content")]
    BadSignature,
    /// Bytes or text that are not what they should be.
    #[error("not {0}")]
    Malformed(&'static str),
    /// A transaction that spends or pays what this wallet does not know.
    #[error("not this wallet's: {0}")]
    Foreign(String),
    /// Signatures are missing.
    #[error("input {0} lacks signatures")]
    Unsigned(usize),
    /// A sum that does not fit.
    #[error("the amounts are too large to be added")]
    Overflow,
    /// More text than a QR code holds.
    #[error("the text is too long for a QR code")]
    TooLong,
}
