//! Where a withdrawal may go: a text that a user gives is checked for its network and checksum,
//! and for being something that somebody can own.

use alloy::primitives::Address;
use bitcoin::address::ParseError;
use bitcoin::bech32::primitives::decode::SegwitHrpstringError;
use bitcoin::bech32::segwit;
use bitcoin::{AddressType, ScriptBuf, XOnlyPublicKey, base58};

use crate::network::{BitcoinNetwork, Network};

/// The longest address of any kind (BIP173) is 90 characters.
const MAX_LENGTH: usize = 90;
/// Digits of an EVM address.
const EVM_DIGITS: usize = 40;
/// EVM addresses that begin with so many zero bytes belong to precompiled contracts, now and to
/// come (the last one that exists is 0x100, EIP-7951), or to nobody.
const RESERVED_ZEROS: usize = 18;

/// Why a text is no destination. The names are wire codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressReject {
    /// It is no address of this kind of chain.
    #[error("this is no address")]
    NotAnAddress,
    /// A character is wrong.
    #[error("the address has a wrong character")]
    BadChecksum,
    /// It is an address, but of another network.
    #[error("the address belongs to another network")]
    WrongNetwork,
    /// It is an address of this network to which nothing is sent from here.
    #[error("nothing can be sent to this address")]
    UnsupportedAddress,
}

impl AddressReject {
    /// The wire code.
    pub fn code(self) -> &'static str {
        match self {
            AddressReject::NotAnAddress => "NOT_AN_ADDRESS",
            AddressReject::BadChecksum => "BAD_CHECKSUM",
            AddressReject::WrongNetwork => "WRONG_NETWORK",
            AddressReject::UnsupportedAddress => "UNSUPPORTED_ADDRESS",
        }
    }
}

/// What to do with an EVM address in letters of one case, which has no checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// It is refused as [`AddressReject::BadChecksum`].
    Required,
    /// It is taken.
    Optional,
}

/// A destination that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// On Bitcoin.
    Bitcoin(BitcoinDestination),
    /// On an EVM chain; `to_string` gives it with its checksum.
    Evm(Address),
}

/// A Bitcoin destination that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitcoinDestination {
    /// What an output to it says.
    pub script: ScriptBuf,
    /// As it is usually written.
    pub address: String,
}

impl Destination {
    /// Reads and checks a text. Spaces around it are the caller's to trim.
    ///
    /// # Errors
    /// Each of [`AddressReject`].
    pub fn parse(
        text: &str,
        network: Network,
        checksum: Checksum,
    ) -> Result<Destination, AddressReject> {
        match network {
            Network::Bitcoin(network) => parse_bitcoin(text, network).map(Destination::Bitcoin),
            Network::Evm(_) => parse_evm(text, checksum).map(Destination::Evm),
        }
    }

    /// As it is usually written: what is stored and compared.
    pub fn canonical(&self) -> String {
        match self {
            Destination::Bitcoin(bitcoin) => bitcoin.address.clone(),
            Destination::Evm(address) => address.to_string(),
        }
    }

    /// What deposits are found by: the output's script, or the 20 bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Destination::Bitcoin(bitcoin) => bitcoin.script.as_bytes(),
            Destination::Evm(address) => address.as_slice(),
        }
    }
}

/// A Bitcoin address: base58, bech32 (BIP173) or bech32m (BIP350).
///
/// # Errors
/// Each of [`AddressReject`].
pub fn parse_bitcoin(
    text: &str,
    network: BitcoinNetwork,
) -> Result<BitcoinDestination, AddressReject> {
    if text.len() > MAX_LENGTH || !text.is_ascii() {
        return Err(AddressReject::NotAnAddress);
    }
    if text.starts_with("0x") {
        return Err(match text.parse::<Address>() {
            Ok(_) => AddressReject::WrongNetwork,
            Err(_) => AddressReject::NotAnAddress,
        });
    }
    let parsed = text.parse::<bitcoin::Address<_>>();
    let unchecked = parsed.map_err(|error| reject_of(text, &error))?;
    let required = unchecked.require_network(network.into());
    let address = required.map_err(|_| AddressReject::WrongNetwork)?;
    let script = address.script_pubkey();
    let is_payable = match address.address_type() {
        // A key that is no point of the curve can never be spent from.
        Some(AddressType::P2tr) => XOnlyPublicKey::from_slice(&script.as_bytes()[2..]).is_ok(),
        Some(kind) => {
            use AddressType::{P2pkh, P2sh, P2wpkh, P2wsh};
            matches!(kind, P2pkh | P2sh | P2wpkh | P2wsh)
        }
        // Of a witness version to come: anybody could spend it today.
        None => false,
    };
    if !is_payable {
        return Err(AddressReject::UnsupportedAddress);
    }
    Ok(BitcoinDestination {
        script,
        address: address.to_string(),
    })
}

/// Why the library did not take it, and which of the two alphabets it was meant in.
fn reject_of(text: &str, error: &ParseError) -> AddressReject {
    let lower = text.to_ascii_lowercase();
    let is_bech32 = ["bc1", "tb1", "bcrt1"]
        .iter()
        .any(|start| lower.starts_with(start));
    if is_bech32 {
        return match segwit::decode(text).map_err(|error| error.0) {
            Err(SegwitHrpstringError::Checksum(_)) => AddressReject::BadChecksum,
            Err(_) => AddressReject::NotAnAddress,
            Ok(_) => AddressReject::UnsupportedAddress,
        };
    }
    match error {
        ParseError::UnknownHrp(_) | ParseError::InvalidLegacyPrefix(_) => {
            AddressReject::WrongNetwork
        }
        ParseError::Base58(base58::Error::IncorrectChecksum(_)) => AddressReject::BadChecksum,
        _ => AddressReject::NotAnAddress,
    }
}

/// An EVM address: `0x` and 40 digits, with the checksum of EIP-55 in their case.
///
/// # Errors
/// Each of [`AddressReject`].
pub fn parse_evm(text: &str, checksum: Checksum) -> Result<Address, AddressReject> {
    let Some(digits) = text.strip_prefix("0x") else {
        let is_bitcoin = text.len() <= MAX_LENGTH && text.parse::<bitcoin::Address<_>>().is_ok();
        return Err(match is_bitcoin {
            true => AddressReject::WrongNetwork,
            false => AddressReject::NotAnAddress,
        });
    };
    if digits.len() != EVM_DIGITS {
        return Err(AddressReject::NotAnAddress);
    }
    let address: Address = text.parse().map_err(|_| AddressReject::NotAnAddress)?;
    let has = |is_case: fn(&u8) -> bool| digits.as_bytes().iter().any(is_case);
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let matches = address.to_checksum(None) == text;
    if !matches && (is_mixed || checksum == Checksum::Required) {
        return Err(AddressReject::BadChecksum);
    }
    if address[..RESERVED_ZEROS].iter().all(|byte| *byte == 0) {
        return Err(AddressReject::UnsupportedAddress);
    }
    Ok(address)
}
