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

    /// Its name here.
    pub fn name(self) -> &'static str {
        match self {
            BitcoinNetwork::Mainnet => "mainnet",
            BitcoinNetwork::Testnet4 => "testnet4",
            BitcoinNetwork::Signet => "signet",
            BitcoinNetwork::Regtest => "regtest",
        }
    }

    /// What the node calls it (`getblockchaininfo`, field `chain`).
    pub fn node_name(self) -> &'static str {
        match self {
            BitcoinNetwork::Mainnet => "main",
            other => other.name(),
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

    /// Its name here, or the node's.
    fn from_str(text: &str) -> Result<BitcoinNetwork, ChainError> {
        let is_named =
            |network: &BitcoinNetwork| text == network.name() || text == network.node_name();
        let found = BitcoinNetwork::ALL.into_iter().find(is_named);
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

impl FromStr for Network {
    type Err = ChainError;

    fn from_str(text: &str) -> Result<Network, ChainError> {
        let wrong = || ChainError::NotANetwork(text.to_owned());
        match text.split_once(':').ok_or_else(wrong)? {
            ("bitcoin", name) => name.parse().map(Network::Bitcoin).map_err(|_| wrong()),
            ("evm", id) => match id.parse() {
                Ok(chain_id) if chain_id > 0 && id == format!("{chain_id}") => {
                    Ok(Network::Evm(chain_id))
                }
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
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
        for text in ["bitcoin:mainnet", "bitcoin:testnet4", "bitcoin:regtest", "evm:1"] {
            let network: Network = text.parse().expect("a network");
            assert_eq!(network.to_string(), text);
        }
        assert_eq!("main".parse(), Ok(BitcoinNetwork::Mainnet));
        for text in ["", "bitcoin", "bitcoin:", "bitcoin:testnet3", "evm:0", "evm:01", "evm:-1"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
