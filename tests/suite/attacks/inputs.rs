//! Texts that mean something to SQL, to a mail's head or to a terminal, and fields that nobody may
//! set, on every operation.

use serde_json::{Value, json};
use tests::api_server::{ApiServer, Build};
use tests::checks;
use tests::database::Database;
use tests::fixture;

use super::operations::{self, Operation};
use super::party::{self, Party, bearer, post, send};

/// So many requests are no attack here.
const UNLIMITED: [(&str, &str); 3] = [
    ("EXCHANGE_RATE_ADDRESS", "off"),
    ("EXCHANGE_RATE_ACCOUNT", "off"),
    ("EXCHANGE_RATE_KEY", "off"),
];

/// What an account has, and only others may change.
const NOT_YOURS: [&str; 6] = [
    "role",
    "feeTierId",
    "kycLevel",
    "available",
    "emailVerifiedAt",
    "constructor",
];

const EVIL: [&str; 6] = [
    "'; drop table exchange.accounts cascade; --",
    "x' or '1'='1",
    "\\'; select pg_sleep(60); --",
    "a@example.com\r\nBcc: thief@example.com",
    "\u{0}",
    "\u{1b}[2J\u{202e}",
];

async fn stage() -> (Database, ApiServer, Party, Party) {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let markets = owner
        .batch_execute(&[fixture::MARKETS, fixture::COINS].concat())
        .await;
    markets.expect("the markets are made");
    let server = ApiServer::start_as(&database, Build::Debug, &UNLIMITED).await;
    let server = server.expect("the API starts");
    let victim = party::join(server.port(), &database, "victim").await;
    let thief = party::join(server.port(), &database, "thief").await;
    (database, server, victim, thief)
}

/// The object that an operation takes, if it takes one.
fn object(operation: &Operation, party: &Party) -> Option<Value> {
    let (_, body) = operation.request(&|name| party.own(name));
    let body = body.filter(|_| operation.takes_body)?;
    serde_json::from_str(&body).ok().filter(Value::is_object)
}

/// The target of a GET with these parameters beside or instead of its own.
fn target(operation: &Operation, party: &Party, changed: &[(&str, &str)]) -> String {
    let (target, _) = operation.request(&|name| party.own(name));
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let kept = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && changed.iter().all(|(changed, _)| *changed != name)
    });
    let kept = kept.map(str::to_owned);
    let new = changed.iter().map(|(name, text)| {
        let bytes = text.bytes().map(|byte| format!("%{byte:02X}"));
        format!("{name}={}", bytes.collect::<String>())
    });
    let query: Vec<String> = kept.chain(new).collect();
    format!("{path}?{}", query.join("&"))
}

#[tokio::test]
async fn nobody_sets_what_is_not_theirs_to_set() {
    let (database, server, _, thief) = stage().await;
    let (port, headers) = (server.port(), [bearer(&thief.token)]);
    let mut tried = 0;
    for operation in operations::all() {
        for name in NOT_YOURS {
            let answer = match object(&operation, &thief) {
                Some(mut body) => {
                    body[name] = json!("1");
                    let body = body.to_string();
                    send(port, "POST", &operation.path, &headers, Some(&body)).await
                }
                // What takes no query looks at none.
                None if operation.parameters.is_empty() => continue,
                None => {
                    let target = target(&operation, &thief, &[(name, "1")]);
                    send(port, "GET", &target, &headers, None).await
                }
            };
            tried += 1;
            let told = (answer.status, &answer.body["code"], &answer.body["field"]);
            let expected = (400, &json!("MALFORMED"), &json!(name));
            assert_eq!(told, expected, "{}", operation.id);
        }
    }
    assert!(tried > 150, "{tried}");
    let owner = database.owner().await;
    checks::assert_clean(&owner).await;
    database.drop().await;
}

/// The names of an operation's texts: fields of its body, or parameters of its query.
fn texts(operation: &Operation, party: &Party) -> Vec<String> {
    match object(operation, party) {
        Some(body) => {
            let fields = body.as_object().into_iter().flatten();
            let texts = fields.filter(|(_, value)| value.is_string() || value.is_array());
            texts.map(|(name, _)| name.clone()).collect()
        }
        None if operation.is_mutating() => Vec::new(),
        None => operation.parameters.clone(),
    }
}

#[tokio::test]
async fn no_text_is_more_than_a_text() {
    let (database, server, victim, thief) = stage().await;
    let (port, headers) = (server.port(), [bearer(&thief.token)]);
    let balances = "/api/account/balances";
    let before = send(port, "GET", balances, &[bearer(&victim.token)], None).await;
    let mut tried = 0;
    for operation in operations::all() {
        for name in texts(&operation, &thief) {
            for evil in EVIL {
                let answer = match object(&operation, &thief) {
                    Some(mut body) => {
                        let is_list = body[&name].is_array();
                        body[&name] = if is_list { json!([evil]) } else { json!(evil) };
                        let body = body.to_string();
                        send(port, "POST", &operation.path, &headers, Some(&body)).await
                    }
                    None => {
                        let target = target(&operation, &thief, &[(&name, evil)]);
                        send(port, "GET", &target, &headers, None).await
                    }
                };
                tried += 1;
                let id = &operation.id;
                assert!(answer.status < 500, "{id}, {name}, {evil:?}: {answer:?}");
                let said = answer.body.to_string();
                assert!(!said.contains("victim"), "{id}, {name}, {evil:?}: {said}");
            }
        }
    }
    assert!(tried > 250, "{tried}");
    let after = send(port, "GET", balances, &[bearer(&victim.token)], None).await;
    assert_eq!((after.status, after.body), (200, before.body));
    checks::assert_clean(&database.owner().await).await;
    database.drop().await;
}

#[tokio::test]
async fn no_line_breaks_into_a_mail() {
    let (database, server, _, thief) = stage().await;
    let (port, headers) = (server.port(), [bearer(&thief.token)]);
    let person = json!({ "email": "new@example.com", "fullName": "New Person", "country": "DE",
        "birthDate": "1990-01-31" });
    let forms = [
        ("/api/auth/register", person, "email"),
        (
            "/api/auth/reset-password",
            json!({ "email": "thief@example.com" }),
            "email",
        ),
        (
            "/api/auth/anti-phishing-code",
            json!({ "antiPhishingCode": "blue heron" }),
            "antiPhishingCode",
        ),
    ];
    for (path, body, field) in forms {
        for end in ["\r\nBcc: x@example.com", "\n", "\r", "\u{2028}"] {
            let mut evil = body.clone();
            let text = evil[field].as_str().expect("a text");
            evil[field] = json!(format!("{text}{end}x"));
            let answer = post(port, path, &headers, &evil).await;
            assert_eq!(answer.status, 400, "{path}: {answer:?}");
            assert_eq!(answer.body["field"], field, "{path}: {answer:?}");
        }
    }
    database.drop().await;
}
