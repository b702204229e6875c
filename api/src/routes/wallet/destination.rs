//! Reads an address that something is sent to by the rules of its network.

use chain::address::{Checksum, Destination};
use chain::network::Network;

use crate::error::{ApiError, Rejection};

/// A destination that was checked.
pub(crate) struct Target {
    /// In its canonical form.
    pub(crate) address: String,
    /// What the chain has: the output script, or the 20 bytes.
    pub(crate) script: Vec<u8>,
}

/// Reads an address of a network: its kind, its network and its checksum. One of the EVM in letters
/// of one case has none and is taken.
///
/// # Errors
/// `NOT_AN_ADDRESS`, `BAD_CHECKSUM`, `WRONG_NETWORK` or `UNSUPPORTED_ADDRESS`, of the field
/// `address`.
pub(crate) fn read(family: &str, chain: &str, text: &str) -> Result<Target, ApiError> {
    let network: Network = format!("{family}:{chain}")
        .parse()
        .map_err(|_| ApiError::Internal(format!("no network {family}:{chain} is known")))?;
    match Destination::parse(text.trim(), network, Checksum::Optional) {
        Ok(destination) => Ok(Target {
            address: destination.canonical(),
            script: destination.bytes().to_vec(),
        }),
        Err(reject) => Err(ApiError::Rejected(Rejection {
            code: reject.code().to_owned(),
            field: Some("address".to_owned()),
            message: reject.to_string(),
        })),
    }
}

/// What a refusal of a withdrawal, or of an address of the book, is about.
pub(super) fn refused(error: client::Error) -> ApiError {
    match ApiError::from(error) {
        ApiError::Rejected(rejection) if rejection.code == "ACCESS_REVOKED" => {
            ApiError::AccessRevoked
        }
        ApiError::Rejected(rejection) => {
            let field = match rejection.code.as_str() {
                "INVALID_AMOUNT" | "BELOW_MINIMUM" | "INSUFFICIENT_BALANCE" => Some("amount"),
                "UNSUPPORTED_ADDRESS"
                | "SAME_ACCOUNT"
                | "ADDRESS_NOT_IN_BOOK"
                | "ADDRESS_COOLING_DOWN" => Some("address"),
                "QUOTE_NOT_FOUND" | "QUOTE_EXPIRED" => Some("quote_id"),
                "WITHDRAWAL_NOT_FOUND" | "WITHDRAWAL_NOT_CANCELLABLE" => Some("withdrawal_id"),
                "ADDRESS_NOT_FOUND" => Some("address_id"),
                _ => rejection.field.as_deref(),
            };
            ApiError::Rejected(Rejection {
                field: field.map(str::to_owned),
                ..rejection
            })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_by_its_network_and_a_refusal_names_the_field() {
        let evm = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
        let read_evm = read("evm", "1", evm).expect("an address");
        assert_eq!(
            read_evm.address,
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
        );
        assert_eq!(read_evm.script.len(), 20);
        let bitcoin = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
        let read_bitcoin = read("bitcoin", "regtest", &format!(" {bitcoin} "));
        assert_eq!(read_bitcoin.expect("an address").address, bitcoin);
        for (family, chain, text, code) in [
            ("bitcoin", "main", bitcoin, "WRONG_NETWORK"),
            ("bitcoin", "regtest", evm, "WRONG_NETWORK"),
            (
                "evm",
                "1",
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
                "BAD_CHECKSUM",
            ),
            (
                "evm",
                "1",
                "0x0000000000000000000000000000000000000000",
                "UNSUPPORTED_ADDRESS",
            ),
        ] {
            let Err(ApiError::Rejected(rejection)) = read(family, chain, text) else {
                panic!("{text} is taken on {family}:{chain}");
            };
            assert_eq!(rejection.code, code, "{text}");
            assert_eq!(rejection.field.as_deref(), Some("address"));
        }
    }
}
