//! Files for offline signing come back as they went, with signatures, and with nothing else.

use alloy::primitives::{Address, Bytes, U256};
use chain::ChainError;
use chain::fee::FeeRate;
use chain::safe::SafeTransaction;
use chain::signing::{finalise, merge, sign_hot};
use chain::spend::Spend;
use chain::unsigned::{MAX_FILE_BYTES, SafeFile, psbt_text, read_psbt};

use crate::stage::{LIMITS, hot_coin, hot_key, payment, previous, wallet};

#[test]
fn a_psbt_goes_to_two_offline_signers_and_comes_back() {
    let wallet = wallet();
    let (coins, payments) = ([hot_coin(1, 90_000)], vec![payment(1, 30_000)]);
    let rate = FeeRate::per_kvb(2_000);
    let spend = Spend::new(&coins, payments, wallet.hot_script(), rate, &LIMITS).expect("a spend");
    let mut psbt = spend.psbt(&wallet, &previous()).expect("a PSBT");
    let text = psbt_text(&psbt);
    for number in [3, 1] {
        let mut carried = read_psbt(&format!("  {text}\r\n")).expect("a PSBT");
        assert_eq!(
            Spend::read(&carried, &wallet, wallet.hot_script()),
            Ok(spend.clone())
        );
        let key = hot_key(number);
        let sign = |digest: &[u8; 32]| Ok::<_, ChainError>(key.sign(digest));
        sign_hot(&mut carried, &wallet, &key.public_key(), sign).expect("signed");
        let back = read_psbt(&psbt_text(&carried)).expect("a PSBT");
        assert_eq!(merge(&mut psbt, &back, &wallet), Ok(()));
    }
    assert!(finalise(&psbt, &wallet).is_ok());
}

#[test]
fn a_psbt_of_another_transaction_or_with_a_forged_signature_is_not_merged() {
    let wallet = wallet();
    let psbt = |sats| {
        let (coins, payments) = ([hot_coin(1, 90_000)], vec![payment(1, sats)]);
        let rate = FeeRate::per_kvb(2_000);
        let spend = Spend::new(&coins, payments, wallet.hot_script(), rate, &LIMITS);
        let spend = spend.expect("a spend");
        spend.psbt(&wallet, &previous()).expect("a PSBT")
    };
    let sign = |psbt: &mut bitcoin::Psbt| {
        let key = hot_key(1);
        let sign = |digest: &[u8; 32]| Ok::<_, ChainError>(key.sign(digest));
        sign_hot(psbt, &wallet, &key.public_key(), sign).expect("signed");
    };
    let (mut mine, mut other) = (psbt(30_000), psbt(40_000));
    sign(&mut other);
    let before = mine.clone();
    assert!(matches!(
        merge(&mut mine, &other, &wallet),
        Err(ChainError::Foreign(_))
    ));
    let mut forged = mine.clone();
    forged.inputs[0].partial_sigs = other.inputs[0].partial_sigs.clone();
    assert_eq!(
        merge(&mut mine, &forged, &wallet),
        Err(ChainError::BadSignature)
    );
    assert_eq!(mine, before);
    for text in [
        "",
        "cHNidP8=",
        "not base64!",
        &"A".repeat(MAX_FILE_BYTES + 1),
    ] {
        assert!(matches!(read_psbt(text), Err(ChainError::Malformed(_))));
    }
}

fn file() -> SafeFile {
    let transaction = SafeTransaction {
        chain_id: 1,
        safe: Address::repeat_byte(0x5a),
        to: Address::repeat_byte(0x22),
        value: U256::MAX,
        data: Bytes::from_static(&[1, 2, 3]),
        safe_tx_gas: 60_000,
        nonce: 4,
    };
    SafeFile {
        transaction,
        signatures: Vec::new(),
    }
}

#[test]
fn a_safes_transaction_is_written_and_read_with_its_signatures() {
    let mut file = file();
    for number in [1, 2, 2] {
        let key = hot_key(number);
        let signature = key.sign(&file.transaction.hash());
        assert_eq!(file.add(key.public_key(), signature), Ok(()));
    }
    assert_eq!(file.signatures.len(), 2);
    let read = SafeFile::read(&file.text().expect("text")).expect("it is read");
    assert_eq!(read, file);
    assert!(read.transaction.execution(&read.signatures).is_ok());
    let stranger = hot_key(3);
    let refused = file.add(stranger.public_key(), stranger.sign(&[0; 32]));
    assert_eq!(refused, Err(ChainError::BadSignature));
}

#[test]
fn a_safes_file_that_was_changed_is_refused() {
    let text = file().text().expect("text");
    for (from, to) in [
        ("\"nonce\": 4", "\"nonce\": 5"),
        ("\"operation\": 0", "\"operation\": 1"),
        ("\"gasPrice\": 0", "\"gasPrice\": 1"),
        ("\"chainId\": 1", "\"chainId\": 5"),
        ("\"data\": \"0x010203\"", "\"data\": \"0x\""),
        ("\"kind\": \"safe-transaction\"", "\"kind\": \"other\""),
        ("\"nonce\": 4", "\"nonce\": 4, \"more\": 1"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        assert!(SafeFile::read(&text.replace(from, to)).is_err(), "{to}");
    }
    assert!(SafeFile::read("{}").is_err());
}
