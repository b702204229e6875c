//! Role escalation: strangers, users and each role of staff on every operation of staff, read from
//! the OpenAPI document; and staff on every operation of users.

use serde_json::Value;
use tests::api_server::{Answer, ApiServer, Build};
use tests::database::Database;
use tests::{fixture, staff};
use tokio_postgres::Client;

use super::operations::{self, DOCUMENT};
use super::party::{self, bearer, send};

/// Weights would end this test, which asks again and again.
const UNLIMITED: [(&str, &str); 1] = [("EXCHANGE_RATE_ADDRESS", "off")];

/// What is sent to an operation of staff, and what a permitted role gets. `{account}`, `{member}`
/// and `{fresh}` stand for a user's account, an enrolled member and one who never logged in.
const SAMPLES: &[(&str, &str, u16)] = &[
    ("staff_session", "", 200),
    ("members", "", 200),
    (
        "create_member",
        r#"{"email":"new-{role}@staff.example","name":"New"}"#,
        200,
    ),
    ("invite_member", r#"{"staffId":{fresh}}"#, 200),
    (
        "disable_member",
        r#"{"staffId":{fresh},"reason":"gone"}"#,
        200,
    ),
    (
        "propose_roles",
        r#"{"staffId":{member},"roles":["administrator"],"reason":"up"}"#,
        200,
    ),
    (
        "propose_reset",
        r#"{"staffId":{member},"reason":"lost phone"}"#,
        200,
    ),
    ("proposals", "", 200),
    (
        "decide",
        r#"{"proposalId":999999,"approve":true,"reason":"yes"}"#,
        404,
    ),
    ("audit", "", 200),
    ("find_accounts", "?email=alice", 200),
    ("show_account", "?accountId={account}", 200),
    (
        "freeze_account",
        r#"{"accountId":{account},"reason":"odd"}"#,
        200,
    ),
    (
        "propose_unfreeze",
        r#"{"accountId":{account},"reason":"fine"}"#,
        200,
    ),
    (
        "propose_fee_tier",
        r#"{"accountId":{account},"feeTierId":1,"reason":"good"}"#,
        200,
    ),
    (
        "propose_fee_rates",
        r#"{"feeTierId":1,"makerRate":"0.002","takerRate":"0.003","reason":"costs"}"#,
        200,
    ),
    (
        "propose_adjustment",
        r#"{"accountId":{account},"asset":"USDT","amount":"1000000","reason":"gift"}"#,
        200,
    ),
    (
        "propose_market_status",
        r#"{"market":"BTC/USDT","status":"halted","reason":"storm"}"#,
        200,
    ),
    (
        "propose_market_limits",
        r#"{"market":"BTC/USDT","priceBand":"0.9","reason":"calm"}"#,
        200,
    ),
    ("kyc_queue", "", 200),
    ("claim_kyc_case", r#"{"caseId":999999}"#, 404),
    ("release_kyc_case", r#"{"caseId":999999}"#, 409),
    ("kyc_case", "?caseId=999999", 404),
    ("kyc_document", "?documentId=999999", 404),
    (
        "decide_kyc_case",
        r#"{"caseId":999999,"decision":"approve"}"#,
        404,
    ),
    (
        "propose_kyc_limits",
        r#"{"level":3,"mayTrade":true,"mayWithdraw":true,"dailyWithdrawal":"9",
            "monthlyWithdrawal":"9","reason":"more"}"#,
        200,
    ),
    ("risk_rules", "", 200),
    ("propose_risk_rule", RISK_RULE, 200),
    (
        "propose_rule_end",
        r#"{"rule":"no_such_rule","reason":"old"}"#,
        404,
    ),
    ("risk_events", "?waiting=true", 200),
    (
        "decide_risk_event",
        r#"{"eventId":999999,"decision":"released","note":"fine"}"#,
        404,
    ),
    ("staff_deposits", "?state=suspicious", 200),
    (
        "release_deposit",
        r#"{"depositId":"999999","note":"the invoice was shown"}"#,
        404,
    ),
    (
        "propose_refund",
        r#"{"depositId":"999999","network":"bitcoin","reason":"as asked",
            "address":"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"}"#,
        404,
    ),
    ("debts", "", 200),
    ("withdrawal_queue", "", 200),
    (
        "review_withdrawal",
        r#"{"withdrawalId":"999999","approve":true,"reason":"fine"}"#,
        404,
    ),
    ("withdrawal_halts", "", 200),
    (
        "halt_withdrawals",
        r#"{"asset":"BTC","reason":"the node is odd"}"#,
        200,
    ),
    (
        "propose_lift",
        r#"{"asset":"BTC","reason":"looked at it"}"#,
        200,
    ),
    ("staff_logout", "", 200),
];

const RISK_RULE: &str = r#"{"rule":"first","point":"withdrawal","kind":"first_withdrawal",
    "parameters":{},"action":"review","reasonCode":"FIRST","reason":"new"}"#;

/// Everything that staff may change, but for their sessions.
const STATE: &str = "select md5(concat(
    (select json_agg(a order by account_id) from exchange.accounts a),
    (select json_agg(t order by fee_tier_id) from exchange.fee_tiers t),
    (select json_agg(m order by market_id) from exchange.markets m),
    (select json_agg(b order by account_id, asset_id) from exchange.balances b),
    (select json_agg(c order by asset_id, network_id) from chain.coins c),
    (select json_agg(w order by withdrawal_id) from exchange.withdrawals w),
    (select json_agg(m order by staff_id) from staff.members m),
    (select json_agg(r order by rule, version) from risk.rules r),
    (select json_agg(r order by event_id) from risk.reviews r),
    (select json_agg(p order by proposal_id) from staff.proposals p),
    (select json_agg(e order by entry_id) from audit.entries e)))";

struct Operation {
    id: String,
    method: String,
    path: String,
    roles: Vec<String>,
    text: &'static str,
    expected: u16,
}

impl Operation {
    fn permits(&self, role: Option<&str>) -> bool {
        self.roles.is_empty() || role.is_some_and(|role| self.roles.iter().any(|r| r == role))
    }
}

/// All operations of staff; the logout comes last.
fn all() -> Vec<Operation> {
    let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, said) in item.as_object().expect("operations") {
            let Some(roles) = said["x-staff-roles"].as_array() else {
                let is_open = said["security"].as_array().is_some_and(Vec::is_empty);
                assert!(is_open || !path.starts_with("/api/admin/"), "{path}");
                continue;
            };
            let id = said["operationId"].as_str().expect("an id");
            let sample = SAMPLES.iter().find(|sample| sample.0 == id);
            let sample = sample.unwrap_or_else(|| panic!("{id}: add a sample of it to SAMPLES"));
            let roles = roles
                .iter()
                .map(|role| role.as_str().expect("a role").to_owned());
            all.push(Operation {
                id: id.to_owned(),
                method: method.to_uppercase(),
                path: path.to_owned(),
                roles: roles.collect(),
                text: sample.1,
                expected: sample.2,
            });
        }
    }
    all.sort_by_key(|operation| operation.id == "staff_logout");
    all
}

/// An exchange with a user, a member of each role, and members to do things to.
struct Stage {
    database: Database,
    owner: Client,
    server: ApiServer,
    user: party::Party,
    account: i64,
    member: i64,
}

impl Stage {
    async fn set() -> Stage {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        let made = owner
            .batch_execute(&[fixture::MARKETS, fixture::COINS].concat())
            .await;
        made.expect("the markets are made");
        let server = ApiServer::start_as(&database, Build::Debug, &UNLIMITED).await;
        let server = server.expect("the API starts");
        let user = party::join(server.port(), &database, "alice").await;
        let text = "select account_id from exchange.accounts where email = 'alice@example.com'";
        let account = owner.query_one(text, &[]).await.expect("alice").get(0);
        let (member, _) = staff::join(server.port(), &owner, &[])
            .await
            .expect("a member");
        Stage {
            database,
            owner,
            server,
            user,
            account,
            member: member.staff_id,
        }
    }

    async fn ask(&self, operation: &Operation, role: &str, headers: &[party::Header]) -> Answer {
        let fresh = "with made as (select 'fresh' || count(*) || '@staff.example' as email
                from staff.members)
            insert into staff.members (email, name) select email, 'Fresh' from made
            returning staff_id";
        let fresh: i64 = match operation.text.contains("{fresh}") {
            true => self.owner.query_one(fresh, &[]).await.expect("made").get(0),
            false => 0,
        };
        let text = operation
            .text
            .replace("{role}", role)
            .replace("{account}", &self.account.to_string())
            .replace("{member}", &self.member.to_string())
            .replace("{fresh}", &fresh.to_string());
        let (method, path) = (&operation.method, &operation.path);
        match method.as_str() {
            "GET" => {
                send(
                    self.server.port(),
                    method,
                    &format!("{path}{text}"),
                    headers,
                    None,
                )
                .await
            }
            _ => send(self.server.port(), method, path, headers, Some(&text)).await,
        }
    }

    async fn state(&self) -> String {
        let row = self.owner.query_one(STATE, &[]).await;
        row.expect("the state").get(0)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_does_what_it_is_permitted_and_no_more() {
    let stage = Stage::set().await;
    let port = stage.server.port();
    let mut tokens = Vec::new();
    for role in staff::ROLES {
        let token = staff::login(port, &stage.owner, role)
            .await
            .expect("a login");
        tokens.push((Some(role), token));
    }
    let (_, token) = staff::join(port, &stage.owner, &[])
        .await
        .expect("a member");
    tokens.push((None, token));
    for operation in all() {
        // First those who may not: nothing that they try leaves a trace.
        for (role, token) in tokens.iter().filter(|(role, _)| !operation.permits(*role)) {
            let before = stage.state().await;
            let name = role.unwrap_or("none");
            if operation.text.contains("{fresh}") {
                // Making the member to do it to is a trace of ours; the refusal is looked at below.
                let answer = stage.ask(&operation, name, &[bearer(token)]).await;
                assert_eq!(answer.status, 403, "{} as {name}: {answer:?}", operation.id);
                continue;
            }
            let answer = stage.ask(&operation, name, &[bearer(token)]).await;
            let told = (
                answer.status,
                answer.body["code"].as_str().unwrap_or_default(),
            );
            assert_eq!(
                told,
                (403, "PERMISSION_DENIED"),
                "{} as {name}",
                operation.id
            );
            assert_eq!(stage.state().await, before, "{} as {name}", operation.id);
        }
        for (role, token) in tokens.iter().filter(|(role, _)| operation.permits(*role)) {
            let name = role.unwrap_or("none");
            let answer = stage.ask(&operation, name, &[bearer(token)]).await;
            assert_eq!(
                answer.status, operation.expected,
                "{} as {name}: {answer:?}",
                operation.id
            );
        }
    }
    // The logout was last: nothing is open any more.
    for operation in all() {
        for (role, token) in &tokens {
            let answer = stage
                .ask(&operation, role.unwrap_or("none"), &[bearer(token)])
                .await;
            assert_eq!(answer.status, 401, "{}: {answer:?}", operation.id);
        }
    }
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_user_reaches_what_is_staff_s_and_no_staff_what_is_users() {
    let stage = Stage::set().await;
    let port = stage.server.port();
    let person = staff::join(port, &stage.owner, &staff::ROLES)
        .await
        .expect("a member");
    let before = stage.state().await;
    let half = stage.user.token[..32].to_owned();
    for operation in all()
        .iter()
        .filter(|operation| !operation.text.contains("{fresh}"))
    {
        let signed = stage
            .user
            .key
            .sign(&operation.method, &operation.path, operation.text, 0);
        let mut other = person.1.clone();
        let last = if other.pop() == Some('0') { '1' } else { '0' };
        other.push(last);
        let raw = ("authorization", person.1.clone());
        for (what, headers) in [
            ("nothing", vec![]),
            ("a user's token", vec![bearer(&stage.user.token)]),
            ("a user's signature", signed),
            ("half a token", vec![bearer(&half)]),
            ("a token of no session", vec![bearer(&other)]),
            ("a token without its scheme", vec![raw]),
        ] {
            let answer = stage.ask(operation, "none", &headers).await;
            let told = (
                answer.status,
                answer.body["code"].as_str().unwrap_or_default(),
            );
            assert_eq!(
                told,
                (401, "UNAUTHENTICATED"),
                "{} with {what}",
                operation.id
            );
        }
    }
    assert_eq!(stage.state().await, before);
    for operation in operations::all() {
        let (target, body) = operation.request(&|name| stage.user.own(name));
        let headers = [bearer(&person.1)];
        let answer = send(port, &operation.method, &target, &headers, body.as_deref()).await;
        assert_eq!(answer.status, 401, "{}: {answer:?}", operation.id);
    }
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gives_oneself_more_by_fields_that_a_request_does_not_have() {
    let stage = Stage::set().await;
    let port = stage.server.port();
    let (_, token) = staff::join(port, &stage.owner, &staff::ROLES)
        .await
        .expect("a member");
    let before = stage.state().await;
    for operation in all() {
        let more = [
            ("roles", "[\"administrator\"]"),
            ("state", "\"approved\""),
            ("staffSessionId", "1"),
        ];
        for (name, value) in more {
            if operation.method == "GET" || operation.text.is_empty() {
                continue;
            }
            let field = format!("{{\"{name}\":{value},");
            let already = operation.text.contains(&format!("\"{name}\""));
            let body = operation
                .text
                .replacen('{', &field, 1)
                .replace("{fresh}", "1");
            let body = body.replace("{account}", "1").replace("{member}", "1");
            let answer = send(
                port,
                "POST",
                &operation.path,
                &[bearer(&token)],
                Some(&body),
            )
            .await;
            assert_eq!(answer.status, 400, "{}: {body}: {answer:?}", operation.id);
            assert!(
                already || answer.body["field"] == name,
                "{}: {answer:?}",
                operation.id
            );
        }
    }
    assert_eq!(stage.state().await, before);
    stage.database.drop().await;
}
