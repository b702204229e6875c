//! No credentials, wrong ones, ended ones, and those that do not allow it, on every operation.

use serde_json::json;
use tests::api_server::{Answer, ApiServer};
use tests::database::Database;
use tests::fixture;

use super::operations::{self, Operation};
use super::party::{self, Header, Party, bearer, send};

async fn start() -> (Database, ApiServer, Party) {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(&[fixture::MARKETS, fixture::COINS].concat())
        .await
        .expect("the markets are made");
    let server = ApiServer::start(&database).await.expect("the API starts");
    let party = party::join(server.port(), &database, "alice").await;
    (database, server, party)
}

async fn ask(port: u16, operation: &Operation, party: &Party, headers: &[Header]) -> Answer {
    let (target, body) = operation.request(&|name| party.own(name));
    send(port, &operation.method, &target, headers, body.as_deref()).await
}

fn assert_refused(operation: &Operation, what: &str, answer: &Answer, status: u16, code: &str) {
    let given = (
        answer.status,
        answer.body["code"].as_str().unwrap_or_default(),
    );
    assert_eq!(
        given,
        (status, code),
        "{} with {what}: {answer:?}",
        operation.id
    );
}

/// What a key sends with the operation's own request.
fn signed(operation: &Operation, party: &Party, key: &party::Key, shift_ms: i64) -> Vec<Header> {
    let (target, body) = operation.request(&|name| party.own(name));
    key.sign(
        &operation.method,
        &target,
        &body.unwrap_or_default(),
        shift_ms,
    )
}

#[tokio::test]
async fn every_operation_refuses_a_stranger() {
    let (database, server, party) = start().await;
    let port = server.port();
    let mut other = party.token.clone();
    let last = if other.pop() == Some('0') { '1' } else { '0' };
    other.push(last);
    let wrong = [
        ("a token of no session", bearer(&other)),
        ("half a token", bearer(&party.token[..32])),
        ("nothing after Bearer", bearer("")),
        (
            "another scheme",
            ("authorization", format!("Basic {}", party.token)),
        ),
        ("the token alone", ("authorization", party.token.clone())),
    ];
    for operation in operations::all() {
        let answer = ask(port, &operation, &party, &[]).await;
        assert_refused(&operation, "nothing", &answer, 401, "UNAUTHENTICATED");
        for (what, header) in &wrong {
            let answer = ask(port, &operation, &party, std::slice::from_ref(header)).await;
            assert_refused(&operation, what, &answer, 401, "UNAUTHENTICATED");
        }
        let mut both = signed(&operation, &party, &party.key, 0);
        both.push(bearer(&party.token));
        let answer = ask(port, &operation, &party, &both).await;
        assert_refused(&operation, "both", &answer, 400, "MALFORMED");
    }
    database.drop().await;
}

#[tokio::test]
async fn another_site_sends_the_cookie_and_nothing_is_done() {
    let (database, server, party) = start().await;
    let port = server.port();
    let cookie = ("cookie", format!("__Host-session={}", party.token));
    for operation in operations::all() {
        let answer = ask(port, &operation, &party, std::slice::from_ref(&cookie)).await;
        if !operation.is_mutating() {
            assert_eq!(answer.status, 200, "{}: {answer:?}", operation.id);
            continue;
        }
        let code = "INVALID_CSRF_TOKEN";
        assert_refused(&operation, "no header", &answer, 403, code);
        let headers = [cookie.clone(), ("x-csrf-token", party.token.clone())];
        let answer = ask(port, &operation, &party, &headers).await;
        assert_refused(&operation, "another header", &answer, 403, code);
    }
    database.drop().await;
}

#[tokio::test]
async fn a_signature_is_good_for_its_own_request_and_time_alone() {
    let (database, server, party) = start().await;
    let port = server.port();
    let key = &party.key;
    for operation in operations::all() {
        let (target, body) = operation.request(&|name| party.own(name));
        let (method, body) = (operation.method.as_str(), body.unwrap_or_default());
        let mut flipped = key.sign(method, &target, &body, 0);
        let last = flipped.last_mut().expect("the signature");
        let digit = if last.1.starts_with('0') { "1" } else { "0" };
        last.1.replace_range(..1, digit);
        let mut later = key.sign(method, &target, &body, 0);
        later[1].1 = key.sign(method, &target, &body, 500)[1].1.clone();
        let mut widened = key.sign(method, &target, &body, 0);
        widened.push(("x-receive-window", "60000".to_owned()));
        let mut keyed = key.sign(method, &target, &body, 0);
        keyed.push(("idempotency-key", "another".to_owned()));
        let mut nobody = key.sign(method, &target, &body, 0);
        nobody[0].1 = "0".repeat(32);
        let mut unsigned = key.sign(method, &target, &body, 0);
        unsigned.pop();
        for (what, headers) in [
            ("another method", key.sign("PUT", &target, &body, 0)),
            (
                "another path",
                key.sign(method, &format!("{target}x"), &body, 0),
            ),
            (
                "another body",
                key.sign(method, &target, &format!("{body} "), 0),
            ),
            ("another digit", flipped),
            ("another time", later),
            ("another window", widened),
            ("another idempotency key", keyed),
            ("another key", nobody),
            ("no signature", unsigned),
            ("a late time", key.sign(method, &target, &body, -6_000)),
            ("an early time", key.sign(method, &target, &body, 60_000)),
        ] {
            let answer = ask(port, &operation, &party, &headers).await;
            assert_refused(&operation, what, &answer, 401, "INVALID_SIGNATURE");
        }
    }
    database.drop().await;
}

#[tokio::test]
async fn a_key_does_what_it_is_allowed_and_no_more() {
    let (database, server, party) = start().await;
    let port = server.port();
    let reading = party::make_key(port, &party.token, &["read"]).await;
    for operation in operations::all() {
        let headers = signed(&operation, &party, &reading, 0);
        let answer = ask(port, &operation, &party, &headers).await;
        if operation.is_owners || operation.is_mutating() {
            assert_refused(
                &operation,
                "a key to read",
                &answer,
                403,
                "PERMISSION_DENIED",
            );
        } else {
            assert_eq!(answer.status, 200, "{}: {answer:?}", operation.id);
        }
    }
    database.drop().await;
}

#[tokio::test]
async fn what_was_revoked_opens_nothing_though_the_server_knew_it() {
    let (database, server, party) = start().await;
    let port = server.port();
    let key = party::make_key(port, &party.token, &["read", "trade"]).await;
    let balances = "/api/account/balances";
    let known = send(
        port,
        "GET",
        balances,
        &key.sign("GET", balances, "", 0),
        None,
    )
    .await;
    assert_eq!(known.status, 200, "{known:?}");
    let body = json!({ "apiKeyId": key.id.parse::<i64>().expect("a number") }).to_string();
    let headers = [bearer(&party.token)];
    let revoked = send(
        port,
        "POST",
        "/api/auth/api-keys/revoke",
        &headers,
        Some(&body),
    )
    .await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    // A check does nothing, so that there is no transaction to look again.
    let acting = || {
        operations::all()
            .into_iter()
            .filter(|operation| operation.id != "check")
    };
    for operation in acting() {
        let headers = signed(&operation, &party, &key, 0);
        let answer = ask(port, &operation, &party, &headers).await;
        assert_eq!(answer.status, 401, "{}: {answer:?}", operation.id);
    }
    let ended = send(port, "POST", "/api/auth/logout", &headers, None).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    for operation in acting() {
        let answer = ask(port, &operation, &party, &headers).await;
        assert_eq!(answer.status, 401, "{}: {answer:?}", operation.id);
    }
    database.drop().await;
}
