//! What a wallet reads from a QR code: BIP21 and ERC-681 (EIP-681).

use alloy::primitives::{Address, U256};

/// Satoshis of a bitcoin have eight digits.
const BITCOIN_DIGITS: usize = 8;

/// `bitcoin:<address>?amount=<bitcoins>`.
pub fn bitcoin(address: &str, amount_sats: Option<u64>) -> String {
    let Some(sats) = amount_sats else {
        return format!("bitcoin:{address}");
    };
    let digits = format!("{sats:0>width$}", width = BITCOIN_DIGITS + 1);
    let (whole, fraction) = digits.split_at(digits.len() - BITCOIN_DIGITS);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("bitcoin:{address}?amount={whole}{point}{fraction}")
}

/// `ethereum:<address>@<chain id>?value=<wei>`.
pub fn ether(address: Address, chain_id: u64, amount_wei: Option<U256>) -> String {
    let value = amount_wei.map(|wei| format!("?value={wei}"));
    format!("ethereum:{address}@{chain_id}{}", value.unwrap_or_default())
}

/// `ethereum:<contract>@<chain id>/transfer?address=<address>&uint256=<atoms>`.
pub fn token(contract: Address, chain_id: u64, to: Address, amount_atoms: Option<U256>) -> String {
    let value = amount_atoms.map(|atoms| format!("&uint256={atoms}"));
    let value = value.unwrap_or_default();
    format!("ethereum:{contract}@{chain_id}/transfer?address={to}{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_in_bitcoins_without_needless_digits() {
        let uri = |sats| bitcoin("bc1q", Some(sats));
        assert_eq!(bitcoin("bc1q", None), "bitcoin:bc1q");
        assert_eq!(uri(1), "bitcoin:bc1q?amount=0.00000001");
        assert_eq!(uri(150_000_000), "bitcoin:bc1q?amount=1.5");
        assert_eq!(uri(2_100_000_000_000_000), "bitcoin:bc1q?amount=21000000");
    }

    #[test]
    fn ether_and_tokens_name_their_chain() {
        let to = Address::repeat_byte(0x11);
        let shown = "0x1111111111111111111111111111111111111111";
        assert_eq!(ether(to, 1, None), format!("ethereum:{shown}@1"));
        assert_eq!(
            ether(to, 31337, Some(U256::from(7))),
            format!("ethereum:{shown}@31337?value=7")
        );
        assert_eq!(
            token(to, 1, to, Some(U256::from(9))),
            format!("ethereum:{shown}@1/transfer?address={shown}&uint256=9")
        );
    }
}
