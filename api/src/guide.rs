//! Holds docs/api.md to the code: its table of errors, and its example of a signature.

use crate::auth::signature::{Signature, Signed, Verifier};
use crate::error::STATUSES;

const GUIDE: &str = include_str!("../../docs/api.md");

/// What stands in the fenced block of that name.
fn block(name: &str) -> &'static str {
    let fence = format!("```text {name}\n");
    let (_, rest) = GUIDE
        .split_once(&fence)
        .unwrap_or_else(|| panic!("no {fence}"));
    rest.split_once("\n```").expect("an end").0
}

#[test]
fn the_table_of_errors_is_that_of_the_code() {
    let (_, rest) = GUIDE.split_once("<!-- errors -->\n").expect("the table");
    let (table, _) = rest.split_once("<!-- end of errors -->").expect("its end");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(2)
        .map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let told: Vec<(String, String)> = rows
        .iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].to_owned()))
        .collect();
    let known: Vec<(String, String)> = STATUSES
        .iter()
        .map(|(code, status)| ((*code).to_owned(), status.as_u16().to_string()))
        .collect();
    assert_eq!(
        told, known,
        "docs/api.md has one line for each code, in the order of the code"
    );
    assert!(
        rows.iter()
            .all(|row| row.len() == 3 && row[2].ends_with('.'))
    );
}

#[test]
fn the_example_of_a_signature_is_right() {
    let secret = hex::decode(block("secret")).expect("hexadecimal");
    let lines: Vec<&str> = block("signed").splitn(6, '\n').collect();
    let [timestamp, window, key, method, target, body] = lines[..] else {
        panic!("six lines");
    };
    let signature = Signature {
        public_id: "0".repeat(32),
        timestamp: timestamp.to_owned(),
        window: Some(window.to_owned()),
        signature: block("signature").to_owned(),
    };
    let signed = Signed {
        idempotency_key: Some(key),
        method,
        target,
        body: body.as_bytes(),
    };
    let now_ms = timestamp.parse().expect("milliseconds");
    let checked = signature.check(signed, &Verifier::hmac(&secret), now_ms);
    checked.expect("the guide's signature is right");
}
