//! Signatures: low, verified before they are believed, recovered by their parity.

use alloy::primitives::{B256, U256};
use chain::ChainError;
use chain::seed::PrivateKey;
use chain::signature::Signature;
use proptest::prelude::*;

/// The curve's order (SEC 2).
fn order() -> U256 {
    let digits = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    U256::from_str_radix(digits, 16).expect("a number")
}

/// The other signature of the same content: with the negative of s.
fn negated(signature: &Signature) -> [u8; 64] {
    let mut bytes = signature.bytes();
    let s = order() - U256::from_be_slice(&bytes[32..]);
    bytes[32..].copy_from_slice(&s.to_be_bytes::<32>());
    bytes
}

proptest! {
    #[test]
    fn a_high_s_is_made_low_and_signs_the_same(secret in 1_u128.., digest: [u8; 32]) {
        let mut bytes = [0; 32];
        bytes[16..].copy_from_slice(&secret.to_be_bytes());
        let key = PrivateKey::from_bytes(&bytes).expect("a key");
        let signature = key.sign(&digest);
        let read = Signature::from_bytes(&negated(&signature)).expect("a signature");
        prop_assert_eq!(read, signature);
        prop_assert!(U256::from_be_slice(&read.bytes()[32..]) <= order() >> 1);
        prop_assert!(read.verify(&digest, &key.public_key()).is_ok());
        prop_assert!(read.der().len() <= 71);
        let recoverable = read.recoverable(&digest, &key.public_key()).expect("recovered");
        let signer = recoverable.recover_address_from_prehash(&B256::from(digest));
        prop_assert_eq!(signer.expect("a signer"), key.public_key().evm_address());
    }
}

#[test]
fn a_signature_of_another_key_or_content_is_refused() {
    let key = |number: u8| PrivateKey::from_bytes(&[number; 32]).expect("a key");
    let (mine, other) = (key(1), key(2));
    let signature = mine.sign(&[5; 32]);
    for (digest, key) in [([5; 32], &other), ([6; 32], &mine)] {
        let key = key.public_key();
        assert_eq!(
            signature.verify(&digest, &key),
            Err(ChainError::BadSignature)
        );
        assert_eq!(
            signature.recoverable(&digest, &key),
            Err(ChainError::BadSignature)
        );
        assert_eq!(
            signature.for_contract(&digest, &key),
            Err(ChainError::BadSignature)
        );
    }
    let last = signature
        .for_contract(&[5; 32], &mine.public_key())
        .expect("signed")[64];
    assert!(last == 27 || last == 28);
}

#[test]
fn what_is_no_signature_is_refused() {
    assert_eq!(
        Signature::from_bytes(&[0xff; 64]),
        Err(ChainError::BadSignature)
    );
    let zero = Signature::from_bytes(&[0; 64]).expect("it can be written");
    let key = PrivateKey::from_bytes(&[1; 32])
        .expect("a key")
        .public_key();
    assert!(zero.verify(&[5; 32], &key).is_err() && zero.recoverable(&[5; 32], &key).is_err());
    assert!(PrivateKey::from_bytes(&[0; 32]).is_err());
}
