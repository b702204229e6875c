//! Which chain: a Bitcoin network, or an EVM chain by its id.

use std::fmt;
use std::str::FromStr;

use crate::error::ChainError;

/// A Bitcoin network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BitcoinNetwork {
    /// The one with value.
    Mainnet,
    /// The public test network (BIP94).
    Testnet4,
    /// The signed test network (BIP325).
    Signet,
    /// A network of one's own.
    Regtest,
}

impl BitcoinNetwork {
    /// All of them.
    pub const ALL: [BitcoinNetwork; 4] = [
        BitcoinNetwork::Mainnet,
        BitcoinNetwork::Testnet4,
        BitcoinNetwork::Signet,
        BitcoinNetwork::Regtest,
    ];

    /// Its name, which is the node's (`getblockchaininfo`, field `chain`).
    pub fn name(self) -> &'static str {
        match self {
            BitcoinNetwork::Mainnet => "main",
            BitcoinNetwork::Testnet4 => "testnet4",
            BitcoinNetwork::Signet => "signet",
            BitcoinNetwork::Regtest => "regtest",
        }
    }

    /// Its number in key paths (SLIP-44): 0, and 1 for all test networks.
    pub fn coin_type(self) -> u32 {
        u32::from(self != BitcoinNetwork::Mainnet)
    }
}

impl From<BitcoinNetwork> for bitcoin::Network {
    fn from(network: BitcoinNetwork) -> bitcoin::Network {
        match network {
            BitcoinNetwork::Mainnet => bitcoin::Network::Bitcoin,
            BitcoinNetwork::Testnet4 => bitcoin::Network::Testnet4,
            BitcoinNetwork::Signet => bitcoin::Network::Signet,
            BitcoinNetwork::Regtest => bitcoin::Network::Regtest,
        }
    }
}

impl FromStr for BitcoinNetwork {
    type Err = ChainError;

    fn from_str(text: &str) -> Result<BitcoinNetwork, ChainError> {
        let mut all = BitcoinNetwork::ALL.into_iter();
        let found = all.find(|network| text == network.name());
        found.ok_or_else(|| ChainError::NotANetwork(text.to_owned()))
    }
}

impl fmt::Display for BitcoinNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A chain of any kind, as text: `bitcoin:regtest`, `evm:31337`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    /// Bitcoin.
    Bitcoin(BitcoinNetwork),
    /// An EVM chain, by its id (EIP-155); never zero.
    Evm(u64),
}

impl Network {
    /// From its family, `bitcoin` or `evm`, and which of that family it is, as the table
    /// `chain.networks` has them.
    ///
    /// # Errors
    /// [`ChainError::NotANetwork`].
    pub fn of(family: &str, chain: &str) -> Result<Network, ChainError> {
        let wrong = || ChainError::NotANetwork(format!("{family}:{chain}"));
        match (family, chain.parse()) {
            ("bitcoin", _) => chain.parse().map(Network::Bitcoin).map_err(|_| wrong()),
            // One way of writing a number.
            ("evm", Ok(chain_id)) if chain_id > 0 && chain == format!("{chain_id}") => {
                Ok(Network::Evm(chain_id))
            }
            _ => Err(wrong()),
        }
    }
}

impl FromStr for Network {
    type Err = ChainError;

    fn from_str(text: &str) -> Result<Network, ChainError> {
        let (family, chain) = text.split_once(':').unwrap_or((text, ""));
        Network::of(family, chain)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Network::Bitcoin(network) => write!(f, "bitcoin:{network}"),
            Network::Evm(chain_id) => write!(f, "evm:{chain_id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_written_as_it_is_read() {
        for text in [
            "bitcoin:main",
            "bitcoin:testnet4",
            "bitcoin:regtest",
            "evm:1",
        ] {
            let network: Network = text.parse().expect("a network");
            assert_eq!(network.to_string(), text);
        }
        assert_eq!(Network::of("evm", "10"), Ok(Network::Evm(10)));
        for text in [
            "",
            "bitcoin",
            "bitcoin:",
            "bitcoin:mainnet",
            "evm:0",
            "evm:01",
            "evm:-1",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
