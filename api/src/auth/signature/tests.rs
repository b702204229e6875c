//! Which signatures are taken, and which are not.

use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::*;

const NOW_MS: i64 = 1_700_000_000_000;
const SECRET: &[u8; 32] = b"an example of thirty-two bytes!!";

fn signed(body: &[u8]) -> Signed<'_> {
    Signed {
        idempotency_key: None,
        method: "POST",
        target: "/api/trade/create-order?a=b",
        body,
    }
}

fn by_hmac(timestamp_ms: i64, window: Option<&str>, signed: Signed<'_>) -> Signature {
    let mut signature = Signature {
        public_id: "ab".repeat(16),
        timestamp: timestamp_ms.to_string(),
        window: window.map(str::to_owned),
        signature: String::new(),
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    signature.signature = hex::encode(hmac::sign(&key, &signature.text(signed)));
    signature
}

fn refusal(checked: Result<Proof, ApiError>) -> String {
    match checked {
        Err(ApiError::InvalidSignature(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_signed_text_is_the_documented_one() {
    let mut with_key = signed(b"{}");
    let signature = by_hmac(NOW_MS, Some("100"), with_key);
    let text = "1700000000000\n100\nPOST\n/api/trade/create-order?a=b\n{}";
    assert_eq!(signature.text(with_key), text.as_bytes());
    with_key.idempotency_key = Some("k-1");
    let text = "1700000000000\n\nk-1\nPOST\n/api/trade/create-order?a=b\n{}";
    assert_eq!(
        by_hmac(NOW_MS, None, with_key).text(with_key),
        text.as_bytes()
    );
}

#[test]
fn a_right_signature_is_taken_until_its_window_ends() {
    let verifier = Verifier::hmac(SECRET);
    for (window, valid_for) in [(None, 5_000), (Some("1"), 1), (Some("60000"), 60_000)] {
        let signature = by_hmac(NOW_MS, window, signed(b"{}"));
        for now in [NOW_MS - EARLY_LIMIT_MS, NOW_MS, NOW_MS + valid_for] {
            let proof = signature
                .check(signed(b"{}"), &verifier, now)
                .expect("taken");
            assert_eq!(proof.valid_until_ms, NOW_MS + valid_for);
        }
        for now in [NOW_MS - EARLY_LIMIT_MS - 1, NOW_MS + valid_for + 1] {
            refusal(signature.check(signed(b"{}"), &verifier, now));
        }
    }
}

#[test]
fn whatever_was_changed_is_noticed() {
    let verifier = Verifier::hmac(SECRET);
    let original = by_hmac(NOW_MS, None, signed(b"{}"));
    let check = |signature: &Signature, text| refusal(signature.check(text, &verifier, NOW_MS));
    check(&original, signed(b"{ }"));
    let text = signed(b"{}");
    check(
        &original,
        Signed {
            method: "GET",
            ..text
        },
    );
    check(
        &original,
        Signed {
            target: "/api/trade/create-order",
            ..text
        },
    );
    check(
        &original,
        Signed {
            idempotency_key: Some("k"),
            ..text
        },
    );
    check(
        &Signature {
            timestamp: (NOW_MS + 1).to_string(),
            ..original.clone()
        },
        text,
    );
    check(
        &Signature {
            window: Some("5000".to_owned()),
            ..original.clone()
        },
        text,
    );
    check(
        &Signature {
            signature: String::new(),
            ..original.clone()
        },
        text,
    );
    check(
        &Signature {
            signature: "zz".repeat(32),
            ..original.clone()
        },
        text,
    );
    check(
        &Signature {
            signature: "00".repeat(31),
            ..original.clone()
        },
        text,
    );
    let other = Verifier::hmac(&[0; 32]);
    refusal(original.check(text, &other, NOW_MS));
}

#[test]
fn times_and_names_of_another_form_are_refused() {
    let good = by_hmac(NOW_MS, None, signed(b""));
    for timestamp in ["", "+1700000000000", "-1", "1e12", "9999999999999999"] {
        let bad = Signature {
            timestamp: timestamp.to_owned(),
            ..good.clone()
        };
        assert!(bad.check_times(NOW_MS).is_err(), "{timestamp}");
    }
    for window in ["", "0", "60001", "-5", "x"] {
        let bad = Signature {
            window: Some(window.to_owned()),
            ..good.clone()
        };
        assert!(bad.check_times(NOW_MS).is_err(), "{window}");
    }
    for public_id in ["", "AB", &"AB".repeat(16), &"ab".repeat(17)] {
        let bad = Signature {
            public_id: public_id.to_owned(),
            ..good.clone()
        };
        assert!(bad.check_times(NOW_MS).is_err(), "{public_id}");
    }
}

#[test]
fn a_replay_has_the_same_request_key_however_it_is_spelled() {
    let verifier = Verifier::hmac(SECRET);
    let signature = by_hmac(NOW_MS, None, signed(b"{}"));
    let key = |signature: &Signature| {
        let proof = signature
            .check(signed(b"{}"), &verifier, NOW_MS)
            .expect("taken");
        proof.request_key
    };
    let upper = signature.signature.to_uppercase();
    let respelled = Signature {
        signature: upper,
        ..signature.clone()
    };
    assert_eq!(key(&signature), key(&respelled));
    assert_eq!(key(&signature).len(), "sig-".len() + 24);
    let later = by_hmac(NOW_MS + 1, None, signed(b"{}"));
    assert_ne!(key(&signature), key(&later));
}

#[test]
fn an_ed25519_signature_is_taken_by_its_public_key_alone() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("a pair");
    let mut signature = by_hmac(NOW_MS, None, signed(b"{}"));
    signature.signature = STANDARD.encode(pair.sign(&signature.text(signed(b"{}"))));
    let public: [u8; 32] = pair.public_key().as_ref().try_into().expect("32 bytes");
    let verifier = Verifier::Ed25519(public);
    signature
        .check(signed(b"{}"), &verifier, NOW_MS)
        .expect("taken");
    refusal(signature.check(signed(b"{} "), &verifier, NOW_MS));
    let other = Verifier::Ed25519([1; 32]);
    refusal(signature.check(signed(b"{}"), &other, NOW_MS));
}
