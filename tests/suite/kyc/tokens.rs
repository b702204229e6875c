//! The HSM: what is missing or wrong is named, and nothing is stored without it.

use std::process::Command;

use tests::api_server::{Build, built};
use tests::database::Database;
use tests::form::Form;
use tests::token::{Token, words};

use super::Stage;

#[tokio::test]
async fn a_key_is_made_once_and_seals_and_opens() {
    let token = Token::make("once").expect("a token");
    let again = token.ask("make-key", &[]).expect("it runs");
    assert!(words(&again).contains("there already"), "{}", words(&again));
    let checked = token.ask("check", &[]).expect("it runs");
    assert!(checked.status.success(), "{}", words(&checked));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named_in_one_line() {
    let token = Token::without_key("empty").expect("a token");
    let keyed = Token::make("keyed").expect("a token");
    for (token, setting, expected) in [
        (
            &token,
            ("EXCHANGE_HSM_KEY", "documents"),
            "no AES key 'documents'",
        ),
        (
            &keyed,
            ("EXCHANGE_HSM_KEY", "others"),
            "no AES key 'others'",
        ),
        (&keyed, ("EXCHANGE_HSM_PIN", "0000"), "refuses the PIN"),
        (
            &keyed,
            ("EXCHANGE_HSM_TOKEN", "another"),
            "no token 'another'",
        ),
        (
            &keyed,
            ("EXCHANGE_HSM_MODULE", "/nowhere/pkcs11.so"),
            "/nowhere/pkcs11.so cannot be loaded",
        ),
        (
            &keyed,
            ("EXCHANGE_HSM_PIN", ""),
            "EXCHANGE_HSM_PIN is not set",
        ),
    ] {
        let refused = token.ask("check", &[setting]).expect("it runs");
        let said = words(&refused);
        assert!(
            !refused.status.success() && said.contains(expected),
            "{said}"
        );
        assert!(
            !said.contains("0000") && said.trim().lines().count() == 1,
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_server_with_a_wrong_pin_does_not_start_and_says_why() {
    let database = Database::fresh().await;
    let refused = Command::new(built("api", Build::Debug).expect("built"))
        .env("DATABASE_URL", database.url("exchange_api"))
        .env("EXCHANGE_BIND", "127.0.0.1:0")
        .env("EXCHANGE_SECRETS_KEY", "0f".repeat(32))
        .envs(Token::shared().settings())
        .env("EXCHANGE_HSM_PIN", "0000-0000")
        .output()
        .expect("it runs");
    let said = words(&refused);
    assert!(
        !refused.status.success() && said.contains("refuses the PIN"),
        "{said}"
    );
    assert!(!said.contains("0000-0000"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_documents_are_not_taken_and_all_else_goes_on() {
    let stage = Stage::with(&[("EXCHANGE_HSM_PIN", "")]).await;
    let alice = stage.join("alice").await;
    let refused = stage.submit(&Form::passport("L898902C3"), &alice).await;
    assert_eq!(refused.shown(), "503 UNAVAILABLE");
    assert_eq!(stage.status(&alice).await["level"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_goes_away_stops_documents_alone_and_comes_back() {
    let token = Token::make("lost").expect("a token");
    let settings = token.settings();
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let stage = Stage::with(&settings).await;
    let alice = stage.join("alice").await;
    let (there, away) = (token.folder().join("tokens"), token.folder().join("away"));
    std::fs::rename(&there, &away).expect("moved");
    let refused = stage.submit(&Form::passport("L898902C3"), &alice).await;
    assert_eq!(refused.shown(), "503 UNAVAILABLE", "{refused:?}");
    assert_eq!(
        stage
            .text("select count(*)::text from exchange.kyc_cases")
            .await,
        "0"
    );
    assert_eq!(stage.status(&alice).await["level"], 0);
    std::fs::rename(&away, &there).expect("moved back");
    let taken = stage.submit(&Form::passport("L898902C3"), &alice).await;
    assert_eq!(taken.shown(), "200", "{taken:?}");
}
