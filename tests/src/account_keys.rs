//! Extended public keys of the accounts of deposit addresses, of seeds that hold nothing.

use chain::ChainError;
use chain::network::BitcoinNetwork;
use chain::seed::Seed;

/// The account of all deposit addresses.
const ACCOUNT: u32 = 0;

/// The seed of that number.
pub fn seed(number: u8) -> Seed {
    Seed::new([number; 64].into())
}

/// What a server needs to derive addresses from the seed of that number.
///
/// # Errors
/// None that a test has met.
pub fn settings(number: u8) -> Result<[(&'static str, String); 2], ChainError> {
    let bitcoin = seed(number).bitcoin_account(BitcoinNetwork::Regtest, ACCOUNT)?;
    let evm = seed(number).evm_account(ACCOUNT)?;
    Ok([
        (
            "EXCHANGE_BITCOIN_XPUB",
            bitcoin.extended_public()?.to_string(),
        ),
        ("EXCHANGE_EVM_XPUB", evm.extended_public()?.to_string()),
    ])
}
