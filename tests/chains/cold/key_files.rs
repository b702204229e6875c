//! Files of cold keys: sealed by a passphrase, which alone opens them.

use tests::cold_room::{ColdRoom, PASSPHRASE};
use tests::token::words;

/// An address of the regression test network.
const ADDRESS: &str = "bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx";
const OTHER: &str = "another good passphrase";
/// The secret key 1, in a file as they were before there were passphrases.
const OPEN: &str = r#"{ "kind": "exchange-offline-key", "secret":
    "0000000000000000000000000000000000000000000000000000000000000001", "allowed": [] }"#;
/// The point that all others are multiples of.
const GENERATOR: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

/// What it says where these lines are typed and it refuses.
fn refuses(room: &ColdRoom, arguments: &[&str], lines: &[&str]) -> String {
    let output = room.ask_with(arguments, lines);
    assert!(!output.status.success(), "{}", words(&output));
    words(&output)
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_says_so() {
    let room = ColdRoom::open();
    let file = room.file("key");
    room.make_key("key");
    let allow = ["allow", &file, "bitcoin:regtest", ADDRESS];
    let before = room.text("key");
    assert!(
        !before.contains("secret") && !before.contains("allowed"),
        "{before}"
    );
    let said = refuses(&room, &allow, &["correct horse battery stapler"]);
    assert!(
        said.contains("the passphrase is wrong, or the file was changed"),
        "{said}"
    );
    assert!(refuses(&room, &allow, &[]).contains("no passphrase was given"));
    assert_eq!(room.text("key"), before);
    // Who may be paid is sealed with the key.
    room.says(&allow);
    assert!(!room.text("key").contains(ADDRESS));
    let sealed = room.text("key");
    let changed = sealed.replace("\"passes\": 3", "\"passes\": 1");
    assert_ne!(changed, sealed);
    room.write("key", &changed);
    let said = refuses(&room, &allow, &[PASSPHRASE]);
    assert!(said.contains("the file was changed"), "{said}");
}

#[test]
fn a_new_passphrase_is_long_enough_and_typed_twice() {
    let room = ColdRoom::open();
    let make = ["make-key", &room.file("key")];
    assert!(refuses(&room, &make, &["short", "short"]).contains("12 characters"));
    assert!(refuses(&room, &make, &[PASSPHRASE, OTHER]).contains("two passphrases"));
    let typed = room.ask_with(&make, &[PASSPHRASE, PASSPHRASE]);
    assert!(typed.status.success(), "{}", words(&typed));
    assert!(refuses(&room, &make, &[PASSPHRASE, PASSPHRASE]).contains("exists already"));
    let change = ["passphrase", &room.file("key")];
    let changed = room.ask_with(&change, &[PASSPHRASE, OTHER, OTHER]);
    assert!(changed.status.success(), "{}", words(&changed));
    let said = refuses(&room, &change, &[PASSPHRASE, OTHER, OTHER]);
    assert!(said.contains("the passphrase is wrong"), "{said}");
}

#[test]
fn a_file_without_a_passphrase_is_used_for_nothing_until_it_has_one() {
    let room = ColdRoom::open();
    room.write("key", OPEN);
    let file = room.file("key");
    let allow = ["allow", &file, "bitcoin:regtest", ADDRESS];
    let said = refuses(&room, &allow, &[]);
    assert!(
        said.contains("has no passphrase: offline-sign passphrase"),
        "{said}"
    );
    let sealed = room.says(&["passphrase", &file]);
    assert!(sealed.contains(GENERATOR), "{sealed}");
    assert!(!room.text("key").contains("secret"));
    room.says(&allow);
    room.write("key", "{}");
    assert!(refuses(&room, &allow, &[]).contains("is no file of a key"));
}
