//! Limits of what is sent on EVM networks. The worker of payments plans within them, and signers
//! refuse what is beyond: what one would plan and the other refuse halts a coin.

/// Gas that an inner call of the Safe may take at most: what needs more is not paid.
pub(crate) const MAX_INNER_GAS: u64 = 500_000;
/// Gas of any transaction at most.
pub(crate) const MAX_GAS: u64 = 1_000_000;
/// The most gas money for a deposit address, in wei: a tenth of an ether.
pub(crate) const MAX_TOP_UP_WEI: u64 = 100_000_000_000_000_000;
