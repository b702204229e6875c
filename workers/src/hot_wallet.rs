//! A Bitcoin wallet as it is registered, the hot or the cold one: read from its descriptor, and
//! checked against its script.

use anyhow::{Context as _, ensure};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::extended_key::ExtendedKey;
use chain::public_key::PublicKey;

/// The wallet of a descriptor `wsh(sortedmulti(2,A,B,C))`, on a chain of that name.
///
/// # Errors
/// It is another kind of descriptor, or another wallet's.
pub(crate) fn read(
    chain_name: &str,
    descriptor: &str,
    script: &[u8],
    deposits: Option<ExtendedKey>,
) -> anyhow::Result<BitcoinWallet> {
    let inner = descriptor.strip_prefix("wsh(sortedmulti(2,");
    let keys = inner
        .and_then(|rest| rest.split_once(')'))
        .map(|(keys, _)| keys);
    let keys = keys.context("the wallet's descriptor is no wsh(sortedmulti(2,...))")?;
    let keys: Vec<PublicKey> = keys.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let keys = keys
        .try_into()
        .ok()
        .context("the wallet's descriptor has not three keys")?;
    let wallet = BitcoinWallet::new(chain_name.parse()?, keys, deposits)?;
    ensure!(
        wallet.descriptor() == descriptor && wallet.hot_script().as_bytes() == script,
        "the wallet's descriptor and script are two wallets"
    );
    Ok(wallet)
}
