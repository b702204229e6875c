//! Destinations: networks, checksums, and what nobody can own. Vectors are of BIP173, BIP350 and
//! EIP-55.

use chain::address::AddressReject::{BadChecksum, NotAnAddress, UnsupportedAddress, WrongNetwork};
use chain::address::{AddressReject, Checksum, Destination, parse_bitcoin, parse_evm};
use chain::network::{BitcoinNetwork, Network};

const MAINNET: BitcoinNetwork = BitcoinNetwork::Mainnet;

#[test]
fn bitcoin_addresses_of_every_usual_kind_are_taken() {
    for (network, text, script) in [
        (
            MAINNET,
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "0014751e76e8199196d454941c45d1b3a323f1433bd6",
        ),
        (
            BitcoinNetwork::Testnet4,
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
            "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
        ),
        (
            MAINNET,
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        ),
        (
            MAINNET,
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac",
        ),
        (
            MAINNET,
            "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
            "a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87",
        ),
        (
            BitcoinNetwork::Regtest,
            "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
            "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac",
        ),
    ] {
        let destination = parse_bitcoin(text, network).expect(text);
        assert_eq!(destination.script.to_hex_string(), script);
        let is_bech32 = text.to_lowercase().contains("1q") && text.len() > 40;
        if is_bech32 {
            assert_eq!(destination.address, text.to_lowercase());
        }
    }
}

#[test]
fn a_bitcoin_address_that_is_none_here_is_refused_by_name() {
    for (text, expected) in [
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", BadChecksum),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", BadChecksum),
        (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
            BadChecksum,
        ),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", WrongNetwork),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", WrongNetwork),
        ("LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", WrongNetwork),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", WrongNetwork),
        // Of witness versions to come.
        ("BC1SW50QGDZ25J", UnsupportedAddress),
        (
            "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
            UnsupportedAddress,
        ),
        ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", UnsupportedAddress),
        // An output to anchor a child (version 1, two bytes).
        ("bc1pfeessrawgf", UnsupportedAddress),
        ("BC1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", NotAnAddress),
        ("bc1", NotAnAddress),
        ("", NotAnAddress),
        ("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", NotAnAddress),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa ", NotAnAddress),
        ("0x5aAeb6", NotAnAddress),
        ("☃", NotAnAddress),
        (&"1".repeat(10_000), NotAnAddress),
    ] {
        assert_eq!(parse_bitcoin(text, MAINNET), Err(expected), "{text}");
    }
}

#[test]
fn a_key_that_is_no_point_of_the_curve_is_not_paid() {
    use bitcoin::bech32::{Fe32, hrp, segwit};
    // There is no point at x = 5 (BIP340's vectors have it so).
    let mut point = [0; 32];
    point[31] = 5;
    let text = segwit::encode(hrp::BC, Fe32::P, &point).expect("an address");
    assert_eq!(parse_bitcoin(&text, MAINNET), Err(UnsupportedAddress));
}

#[test]
fn an_evm_address_has_a_checksum_in_its_case() {
    for text in [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ] {
        let address = parse_evm(text, Checksum::Required).expect(text);
        assert_eq!(address.to_string(), text);
        for single in [text.to_lowercase(), text.to_uppercase().replace('X', "x")] {
            assert_eq!(parse_evm(&single, Checksum::Optional), Ok(address));
            assert_eq!(parse_evm(&single, Checksum::Required), Err(BadChecksum));
        }
        let mixed = text.replace('A', "a").replace('D', "d");
        if mixed != text {
            assert_eq!(
                parse_evm(&mixed, Checksum::Optional),
                Err(BadChecksum),
                "{mixed}"
            );
        }
    }
    // Digits alone have nothing that could be wrong.
    let digits = "0x1000000000000000000000000000000000000001";
    assert!(parse_evm(digits, Checksum::Required).is_ok());
}

#[test]
fn an_evm_address_that_nobody_owns_or_that_is_none_is_refused() {
    for (text, expected) in [
        (
            "0x0000000000000000000000000000000000000000",
            UnsupportedAddress,
        ),
        (
            "0x0000000000000000000000000000000000000001",
            UnsupportedAddress,
        ),
        (
            "0x0000000000000000000000000000000000000100",
            UnsupportedAddress,
        ),
        ("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", NotAnAddress),
        ("0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", NotAnAddress),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", NotAnAddress),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", NotAnAddress),
        ("vitalik.eth", NotAnAddress),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", WrongNetwork),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", WrongNetwork),
    ] {
        assert_eq!(parse_evm(text, Checksum::Optional), Err(expected), "{text}");
    }
}

#[test]
fn a_destination_is_found_by_its_bytes_and_shown_in_one_way() {
    let parse = |text: &str, network: Network| {
        Destination::parse(text, network, Checksum::Optional).expect("an address")
    };
    let bitcoin = parse(
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        Network::Bitcoin(MAINNET),
    );
    assert_eq!(
        bitcoin.canonical(),
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    );
    assert_eq!(bitcoin.bytes().len(), 22);
    let evm = parse(
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        Network::Evm(1),
    );
    assert_eq!(
        evm.canonical(),
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    );
    assert_eq!(evm.bytes().len(), 20);
}

#[test]
fn each_refusal_has_a_code_of_its_own() {
    let rejects: [AddressReject; 4] = [NotAnAddress, BadChecksum, WrongNetwork, UnsupportedAddress];
    let codes = rejects.map(AddressReject::code);
    assert_eq!(
        codes,
        [
            "NOT_AN_ADDRESS",
            "BAD_CHECKSUM",
            "WRONG_NETWORK",
            "UNSUPPORTED_ADDRESS"
        ]
    );
}
