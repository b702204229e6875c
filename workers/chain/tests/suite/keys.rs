//! Keys are derived as the standards say: BIP32, BIP39, BIP44, BIP67, BIP84.

use bitcoin::bip32::{DerivationPath, Xpriv, Xpub};
use bitcoin::secp256k1::Secp256k1;
use chain::ChainError;
use chain::bitcoin_wallet::BitcoinWallet;
use chain::extended_key::ExtendedKey;
use chain::network::BitcoinNetwork;
use chain::public_key::PublicKey;

use crate::stage::{abandon, hot_key, junk};

const ZPUB: &str = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCTo\
    UG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs";
const FIRST: &str = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu";
const SECOND: &str = "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g";

#[test]
fn the_vectors_of_bip32_hold() {
    let curve = Secp256k1::new();
    let vectors = [
        (
            "000102030405060708090a0b0c0d0e0f",
            "m/0'/1/2'/2/1000000000",
            "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSVqNTEcYFgJS2UaFcxupHiYkro49S8\
             yGasTvXEYBVPamhGW6cFJodrTHy",
        ),
        (
            "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a878481\
             7e7b7875726f6c696663605d5a5754514e4b484542",
            "m/0/2147483647'/1/2147483646'/2",
            "xpub6FnCn6nSzZAw5Tw7cgR9bi15UV96gLZhjDstkXXxvCLsUXBGXPdSnLFbdpq8p9HmGsApME5hQTZ3emM2\
             rnY5agb9rXpVGyy3bdW6EEgAtqt",
        ),
        (
            "4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4acba45d239319ac14f863b8\
             d5ab5a0d0c64d2e8a1e7d1457df2e5a3c51c73235be",
            "m/0'",
            "xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6HbuccFQN9Ku14VQrADWgqbhhTHBaohPX4CjNLf9fq9MY\
             o6oDaPPLPxSb7gwQN3ih19Zm4Y",
        ),
    ];
    for (seed, path, expected) in vectors {
        let seed = hex::decode(seed).expect("digits");
        let master = Xpriv::new_master(bitcoin::Network::Bitcoin, &seed).expect("a key");
        let path: DerivationPath = path.parse().expect("a path");
        let key = master.derive_priv(&curve, &path).expect("a child");
        assert_eq!(Xpub::from_priv(&curve, &key).to_string(), expected);
    }
}

#[test]
fn the_vectors_of_bip84_hold() {
    let account = abandon().bitcoin_account(BitcoinNetwork::Mainnet, 0);
    let account = account.expect("an account");
    let public = account.extended_public().expect("its public side");
    assert_eq!(ZPUB.parse(), Ok(public.clone()));
    assert!(public.to_string().starts_with("xpub"));
    assert_eq!(public.to_string().parse(), Ok(public.clone()));
    for (index, address, key) in [
        (
            0,
            FIRST,
            "0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c",
        ),
        (
            1,
            SECOND,
            "03e775fd51f0dfb8cd865d9ff1cca2a158cf651fe997fdc9fee9c1d3b5e995ea77",
        ),
    ] {
        let deposit = public.bitcoin_deposit(index, BitcoinNetwork::Mainnet);
        let deposit = deposit.expect("an address");
        assert_eq!(deposit.address, address);
        assert_eq!(deposit.public_key.to_string(), key);
        let private = account.child(index).expect("a key");
        assert_eq!(private.public_key(), deposit.public_key);
    }
}

#[test]
fn an_evm_account_is_the_one_that_every_wallet_derives() {
    let account = junk().evm_account(0).expect("an account");
    let public = account.extended_public().expect("its public side");
    for (index, address) in [
        (0, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        (1, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        (9, "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"),
    ] {
        assert_eq!(
            public.evm_deposit(index).expect("an address").to_string(),
            address
        );
        let private = account.child(index).expect("a key");
        assert_eq!(private.public_key().evm_address().to_string(), address);
    }
}

#[test]
fn a_key_that_is_no_accounts_is_refused() {
    let curve = Secp256k1::new();
    let master = Xpriv::new_master(bitcoin::Network::Bitcoin, &[7; 64]).expect("a key");
    let master = Xpub::from_priv(&curve, &master).to_string();
    let changed = ZPUB.replace("rFR7", "rFR8");
    for text in [master.as_str(), changed.as_str(), FIRST, "", "xpub"] {
        let refused = text.parse::<ExtendedKey>();
        assert!(matches!(refused, Err(ChainError::NotAKey(_))), "{text}");
    }
}

#[test]
fn a_key_gives_addresses_of_its_own_kind_of_network_alone() {
    let account: ExtendedKey = ZPUB.parse().expect("a key");
    let refused = account.bitcoin_deposit(0, BitcoinNetwork::Regtest);
    assert!(matches!(refused, Err(ChainError::NotAKey(_))));
    let test = abandon()
        .bitcoin_account(BitcoinNetwork::Regtest, 0)
        .expect("an account");
    let test = test.extended_public().expect("a key");
    assert!(test.to_string().starts_with("tpub"));
    for (network, start) in [
        (BitcoinNetwork::Regtest, "bcrt1q"),
        (BitcoinNetwork::Signet, "tb1q"),
        (BitcoinNetwork::Testnet4, "tb1q"),
    ] {
        let deposit = test.bitcoin_deposit(5, network).expect("an address");
        assert!(deposit.address.starts_with(start), "{}", deposit.address);
    }
}

#[test]
fn there_is_no_address_beyond_the_last() {
    let account: ExtendedKey = ZPUB.parse().expect("a key");
    assert!(account.child(i32::MAX as u32).is_ok());
    let beyond = 1 << 31;
    assert_eq!(
        account.child(beyond),
        Err(ChainError::IndexTooLarge(beyond))
    );
    assert!(abandon().evm_account(beyond).is_err());
}

#[test]
fn the_hot_wallets_script_sorts_its_keys_as_bip67_says() {
    let sorted = [
        "02632b12f4ac5b1d1b72b2a3b508c19172de44f6f46bcee50ba33f3f9291e47ed0",
        "027735a29bae7780a9755fae7a1c4374c656ac6a69ea9f3697fda61bb99a4f3e77",
        "02e2cc6bd5f45edd43bebe7cb9b675f0ce9ed3efe613b177588290ad188d11b404",
    ];
    let key = |index: usize| sorted[index].parse::<PublicKey>().expect("a key");
    let expected = format!("5221{}21{}21{}53ae", sorted[0], sorted[1], sorted[2]);
    let mut descriptors = Vec::new();
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let wallet = BitcoinWallet::new(BitcoinNetwork::Regtest, order.map(key), None);
        let wallet = wallet.expect("a wallet");
        assert_eq!(wallet.witness_script().to_hex_string(), expected);
        assert!(wallet.hot_address().starts_with("bcrt1q"));
        assert!(wallet.deposit(0).is_err());
        let text = wallet.descriptor();
        let read = BitcoinWallet::from_descriptor(BitcoinNetwork::Regtest, &text, None);
        assert_eq!(read.expect("a wallet").hot_script(), wallet.hot_script());
        descriptors.push(text);
    }
    assert!(descriptors[0].starts_with("wsh(sortedmulti(2,") && descriptors[0].contains('#'));
    let other = descriptors[0].split('#').next().expect("a descriptor");
    for (from, to) in [("(2,", "(3,"), ("wsh(", "sh(wsh(")] {
        let text = match from {
            "wsh(" => format!("{})", other.replace(from, to)),
            _ => other.replace(from, to),
        };
        let refused = BitcoinWallet::from_descriptor(BitcoinNetwork::Regtest, &text, None);
        assert!(refused.is_err(), "{text}");
    }
    descriptors.dedup();
    assert_eq!(descriptors.len(), 1);
    let twice = BitcoinWallet::new(BitcoinNetwork::Regtest, [key(0), key(1), key(0)], None);
    assert!(twice.is_err());
}

#[test]
fn nothing_secret_is_shown() {
    let (seed, key) = (abandon(), hot_key(9));
    let account = seed.evm_account(0).expect("an account");
    let shown = format!("{seed:?} {account:?} {key:?}");
    assert!(
        !shown.contains("prv") && !shown.contains(&"09".repeat(8)),
        "{shown}"
    );
}
