//! The wallets of the house that a signer believes in: from its own settings, whatever the database
//! says.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use chain::address::{Checksum, Destination};
use chain::network::Network;

/// The setting that names them.
pub(super) const SETTING: &str = "EXCHANGE_SIGNER_WALLETS";
/// The wallets that money may stay in.
const ROLES: [&str; 2] = ["hot", "cold"];

/// Wallets by network and role: what the chain has of their addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pins(HashMap<(Network, String), Vec<u8>>);

impl Pins {
    /// Of a text such as `evm:1/hot=0x…,bitcoin:main/cold=bc1q…`.
    ///
    /// # Errors
    /// What in it is no wallet.
    pub(super) fn read(text: Option<String>) -> anyhow::Result<Pins> {
        let mut pins = HashMap::new();
        for pin in text.iter().flat_map(|text| text.split(',')) {
            let words = || format!("{SETTING}: '{pin}' is no wallet, such as evm:1/hot=0x…");
            let (place, address) = pin.trim().split_once('=').with_context(words)?;
            let (network, role) = place.split_once('/').with_context(words)?;
            let network: Network = network.parse().with_context(words)?;
            let read = Destination::parse(address, network, Checksum::Required);
            let script = read.with_context(words)?.bytes().to_vec();
            if !ROLES.contains(&role) || pins.contains_key(&(network, role.to_owned())) {
                bail!("{}: a hot and a cold wallet once each", words());
            }
            pins.insert((network, role.to_owned()), script);
        }
        Ok(Pins(pins))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the chain has of the wallet's address.
    pub(super) fn script(&self, family: &str, chain: &str, role: &str) -> Option<&[u8]> {
        let network = Network::of(family, chain).ok()?;
        let script = self.0.get(&(network, role.to_owned()));
        script.map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::Pins;

    fn read(text: &str) -> anyhow::Result<Pins> {
        Pins::read(Some(text.to_owned()))
    }

    #[test]
    fn wallets_are_named_by_network_and_role() {
        let safe = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let pins = read(&format!("evm:1/hot={safe},evm:5/hot={safe}")).expect("wallets");
        assert_eq!(pins.script("evm", "1", "hot").map(<[u8]>::len), Some(20));
        assert_eq!(pins.script("evm", "1", "cold"), None);
        assert_eq!(pins.script("evm", "2", "hot"), None);
        for wrong in [
            "",
            "hot",
            "evm:1/hot=bc1q",
            "evm:1/gas=0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "bitcoin:main/hot=0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            &format!("evm:1/hot={safe},evm:1/hot={safe}"),
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(Pins::read(None).expect("none").is_empty());
    }
}
