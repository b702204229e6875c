//! Keys of chains in a real token: signing keys that never leave it, a seed that only it opens.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use chain::extended_key::ExtendedKey;
use chain::network::BitcoinNetwork;
use chain::public_key::PublicKey;
use tests::token::{PIN, Token, words};

/// What the command says where it succeeds.
fn said(token: &Token, command: &str, settings: &[(&str, &str)]) -> String {
    let output = token.ask(command, settings).expect("it runs");
    assert!(output.status.success(), "{command}: {}", words(&output));
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

/// What it says, in one line of an error, where it refuses.
fn refused(token: &Token, command: &str, settings: &[(&str, &str)]) -> String {
    let output = token.ask(command, settings).expect("it runs");
    let said = words(&output);
    assert!(!output.status.success(), "{command}: {said}");
    assert_eq!(said.matches(" ERROR ").count(), 1, "{said}");
    said
}

#[test]
fn a_signing_key_is_made_once_and_signs_for_both_kinds_of_chain() {
    let token = Token::without_key("signing").expect("a token");
    let made = said(&token, "make-signing-key hot", &[]);
    assert!(made.contains("is made"), "{made}");
    let key = said(&token, "public-key hot", &[]);
    key.parse::<PublicKey>().expect("a point of the curve");
    let again = said(&token, "make-signing-key hot", &[]);
    assert!(again.contains("there already"), "{again}");
    assert_eq!(said(&token, "public-key hot", &[]), key);
    let checked = said(&token, "check-signing-key hot", &[]);
    assert!(checked.contains("the key signs"), "{checked}");
    said(&token, "make-signing-key other", &[]);
    assert_ne!(said(&token, "public-key other", &[]), key);
}

#[test]
fn two_signers_have_tokens_and_pins_of_their_own() {
    let token = Token::without_key("signers").expect("a token");
    let mut keys = Vec::new();
    let signers = [("signer-a", "1111-2222"), ("signer-b", "3333-4444")];
    for (label, pin) in signers {
        token.add(label, pin).expect("another token");
        let own = [("EXCHANGE_HSM_TOKEN", label), ("EXCHANGE_HSM_PIN", pin)];
        said(&token, "make-signing-key hot", &own);
        said(&token, "check-signing-key hot", &own);
        keys.push(said(&token, "public-key hot", &own));
    }
    assert_ne!(keys[0], keys[1]);
    let crossed = [
        ("EXCHANGE_HSM_TOKEN", signers[0].0),
        ("EXCHANGE_HSM_PIN", signers[1].1),
    ];
    assert!(refused(&token, "public-key hot", &crossed).contains("refuses the PIN"));
    // The token of everything else has neither.
    assert!(refused(&token, "public-key hot", &[]).contains("no signing key 'hot'"));
}

#[test]
fn what_a_signer_lacks_is_named_in_one_line() {
    let token = Token::without_key("lacking").expect("a token");
    said(&token, "make-signing-key hot", &[]);
    for (command, setting, expected) in [
        (
            "check-signing-key cold",
            ("RUST_LOG", "info"),
            "no signing key 'cold'",
        ),
        (
            "check-signing-key hot",
            ("EXCHANGE_HSM_PIN", "0000"),
            "refuses the PIN",
        ),
        (
            "make-signing-key new",
            ("EXCHANGE_HSM_PIN", "0000"),
            "refuses the PIN",
        ),
        (
            "check-signing-key hot",
            ("EXCHANGE_HSM_TOKEN", "another"),
            "no token 'another'",
        ),
        (
            "check-signing-key hot",
            ("EXCHANGE_HSM_MODULE", "/nowhere/pkcs11.so"),
            "/nowhere/pkcs11.so cannot be loaded",
        ),
        (
            "check-signing-key hot",
            ("EXCHANGE_HSM_PIN", ""),
            "EXCHANGE_HSM_PIN is not set",
        ),
        ("sign hot", ("RUST_LOG", "info"), "workers hsm make-key |"),
    ] {
        let said = refused(&token, command, &[setting]);
        assert!(said.contains(expected) && !said.contains("0000"), "{said}");
    }
    assert!(refused(&token, "public-key new", &[]).contains("no signing key 'new'"));
}

#[test]
fn a_key_of_another_curve_is_not_taken_for_one() {
    let token = Token::without_key("curve").expect("a token");
    let pem = token.folder().join("key.pem");
    let made = Command::new("openssl")
        .args([
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
        ])
        .arg(&pem)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", words(&made));
    let imported = Command::new("softhsm2-util")
        .arg("--import")
        .arg(&pem)
        .args([
            "--token", "exchange", "--pin", PIN, "--label", "foreign", "--id", "01",
        ])
        .envs(token.settings())
        .output()
        .expect("softhsm2-util runs");
    assert!(imported.status.success(), "{}", words(&imported));
    let said = refused(&token, "check-signing-key foreign", &[]);
    assert!(said.contains("not of the curve secp256k1"), "{said}");
}

#[test]
fn a_seed_opens_in_its_token_alone_and_shows_public_keys_alone() {
    let token = Token::make("seeds").expect("a token");
    let file = token.folder().join("deposits.seed");
    let shown = file.display();
    said(&token, &format!("make-seed deposits {shown}"), &[]);
    let text = std::fs::read_to_string(&file).expect("the file");
    assert!(
        text.starts_with("exchange-seed-1 deposits documents "),
        "{text}"
    );
    let mode = std::fs::metadata(&file)
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let keys = said(&token, &format!("extended-keys {shown}"), &[]);
    assert_eq!(said(&token, &format!("extended-keys {shown}"), &[]), keys);
    let lines: Vec<Vec<&str>> = keys.lines().map(|line| line.split(' ').collect()).collect();
    let paths = lines
        .iter()
        .map(|words| (words[0], words[1]))
        .collect::<Vec<_>>();
    let expected = [
        ("bitcoin", "m/84'/0'/0'"),
        ("bitcoin-test", "m/84'/1'/0'"),
        ("evm", "m/44'/60'/0'"),
    ];
    assert_eq!(paths, expected);
    let key = |line: usize| lines[line][2].parse::<ExtendedKey>().expect("a key");
    assert!(key(0).bitcoin_deposit(0, BitcoinNetwork::Mainnet).is_ok());
    assert!(key(1).bitcoin_deposit(0, BitcoinNetwork::Regtest).is_ok());
    assert!(key(2).evm_deposit(0).is_ok());
    assert!(!keys.contains("prv"));
    let other = Token::make("thief").expect("a token");
    assert!(refused(&other, &format!("extended-keys {shown}"), &[]).contains("was changed, or"));
}

#[test]
fn a_seed_that_was_changed_does_not_open() {
    let token = Token::make("forged").expect("a token");
    let file = token.folder().join("deposits.seed");
    let command = format!("extended-keys {}", file.display());
    said(
        &token,
        &format!("make-seed deposits {}", file.display()),
        &[],
    );
    let text = std::fs::read_to_string(&file).expect("the file");
    let last = text.trim().chars().last().expect("a digit");
    let flipped = if last == '0' { '1' } else { '0' };
    let cut = &text.trim()[..text.trim().len() - 1];
    for changed in [
        text.replace(" deposits ", " withdrawals "),
        format!("{cut}{flipped}"),
        cut.to_owned(),
        String::new(),
    ] {
        std::fs::write(&file, changed).expect("written");
        assert!(refused(&token, &command, &[]).contains("deposits.seed"));
    }
    std::fs::write(&file, text.replace(" documents ", " lost ")).expect("written");
    assert!(refused(&token, &command, &[]).contains("no AES key 'lost'"));
    std::fs::write(&file, text).expect("written");
    said(&token, &command, &[]);
}

#[test]
fn a_seed_is_never_overwritten_and_never_written_by_half() {
    let token = Token::make("kept").expect("a token");
    let empty = Token::without_key("keyless").expect("a token");
    let files = || {
        let entries = std::fs::read_dir(token.folder()).expect("the folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let names: Vec<_> = names
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names
            .iter()
            .filter(|name| name.starts_with("deposits"))
            .cloned()
            .collect::<Vec<_>>()
    };
    let file = token.folder().join("deposits.seed");
    let command = format!("make-seed deposits {}", file.display());
    refused(&token, &command, &[("EXCHANGE_HSM_PIN", "0000")]);
    refused(&empty, &command, &[]);
    refused(&token, &command.replace("deposits ", "de:posits "), &[]);
    assert_eq!(files(), Vec::<String>::new());
    said(&token, &command, &[]);
    let text = std::fs::read_to_string(&file).expect("the file");
    assert!(refused(&token, &command, &[]).contains("deposits.seed"));
    assert_eq!(files(), ["deposits.seed"]);
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), text);
}
