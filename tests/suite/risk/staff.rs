//! Risk officers: rules by a second person, events and decisions, all by the API.

use serde_json::{Value, json};
use tests::api_server::{ApiServer, Build};
use tests::database::Database;
use tests::fixture;
use tests::raw::{Call, Reply};
use tests::staff;
use tests::trading::rows;
use tokio_postgres::Client;

use super::assess;

struct Stage {
    owner: Client,
    server: ApiServer,
    alice: i64,
    officer: String,
    other: String,
}

impl Stage {
    async fn set() -> Stage {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        let alice = fixture::populate(&owner, 1).await;
        let unlimited = [("EXCHANGE_RATE_ADDRESS", "off")];
        let server = ApiServer::start_as(&database, Build::Debug, &unlimited).await;
        let server = server.expect("the API starts");
        let login = async || {
            let token = staff::login(server.port(), &owner, "risk").await;
            token.expect("a login")
        };
        let (officer, other) = (login().await, login().await);
        Stage {
            owner,
            server,
            alice,
            officer,
            other,
        }
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        let call = Call::post(&format!("/api/admin/{path}"), body).by(token);
        call.send(self.server.port()).await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Value {
        let call = Call::get(&format!("/api/admin/{path}")).by(&self.officer);
        let reply = call.send(self.server.port()).await.expect("an answer");
        assert_eq!(reply.shown(), "200", "{path}: {reply:?}");
        reply.body
    }

    /// Proposes as the one officer and approves as the other.
    async fn agree(&self, path: &str, body: &Value) -> Reply {
        let proposed = self.post(&self.officer, path, body).await;
        assert_eq!(proposed.shown(), "200", "{proposed:?}");
        let decision = json!({ "proposalId": proposed.body["proposalId"], "approve": true,
            "reason": "looked at it" });
        let alone = self
            .post(&self.officer, "proposals/decide", &decision)
            .await;
        assert_eq!(alone.shown(), "403 SECOND_PERSON_REQUIRED");
        self.post(&self.other, "proposals/decide", &decision).await
    }
}

fn rule(most: &str) -> Value {
    json!({ "rule": "large", "point": "deposit", "kind": "large_deposit", "action": "hold",
        "parameters": { "asset": "BTC", "most": most }, "reasonCode": "LARGE_DEPOSIT",
        "reason": "too much at once" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_officers_publish_a_rule_and_end_it() {
    let stage = Stage::set().await;
    for (most, version) in [("10", 1), ("20", 2)] {
        let decided = stage.agree("risk/rules", &rule(most)).await;
        assert_eq!(
            decided.body["outcome"],
            json!({ "version": version }),
            "{decided:?}"
        );
    }
    let listed = stage.get("risk/rules").await;
    assert_eq!(
        listed["rules"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    assert_eq!(
        listed["rules"][0]["parameters"],
        json!({ "asset": "BTC", "most": "20" })
    );
    let history = stage.get("risk/rules?rule=large").await;
    let versions = history["rules"].as_array().expect("versions");
    assert_eq!(versions.len(), 2);
    assert!(versions[0]["validUntil"].is_null() && versions[1]["validUntil"].is_i64());
    let facts = r#"{"asset":"BTC","amount":"15","wallet":"w"}"#;
    assert_eq!(
        assess(&stage.owner, "deposit", Some(stage.alice), facts).await,
        "allow"
    );
    let end = json!({ "rule": "large", "reason": "no longer" });
    assert_eq!(stage.agree("risk/rules/end", &end).await.shown(), "200");
    assert_eq!(stage.get("risk/rules").await, json!({ "rules": [] }));
    let again = stage.post(&stage.officer, "risk/rules/end", &end).await;
    assert_eq!(again.shown(), "404 RULE_NOT_FOUND");
    let logged = "select distinct detail ->> 'action' from audit.entries
        where action = 'approved' order by 1";
    assert_eq!(
        rows(&stage.owner, logged).await,
        ["end_risk_rule", "publish_risk_rule"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_cannot_be_is_refused_when_it_is_proposed_with_its_field() {
    let stage = Stage::set().await;
    for (field, value, named) in [
        ("rule", json!("No name"), "rule"),
        ("point", json!("order"), "point"),
        ("kind", json!("drop_table"), "kind"),
        ("parameters", json!({ "asset": "BTC" }), "parameters"),
        ("action", json!("allow"), "action"),
        ("reasonCode", json!("small"), "reasonCode"),
    ] {
        let mut body = rule("1");
        body[field] = value;
        let refused = stage.post(&stage.officer, "risk/rules", &body).await;
        assert_eq!(refused.shown(), "422 INVALID_RULE", "{field}: {refused:?}");
        assert_eq!(refused.body["field"], named, "{refused:?}");
    }
    assert_eq!(
        rows(&stage.owner, "select rule from risk.rules").await,
        [""; 0]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_reads_events_page_by_page_and_decides_once() {
    let stage = Stage::set().await;
    stage.agree("risk/rules", &rule("1")).await;
    for n in 0..5 {
        let facts = format!(r#"{{"asset":"BTC","amount":"{}","wallet":"w"}}"#, 2 + n);
        let verdict = assess(&stage.owner, "deposit", Some(stage.alice), &facts).await;
        assert_eq!(verdict, "hold");
    }
    let (mut seen, mut path) = (Vec::new(), "risk/events?limit=2&waiting=true".to_owned());
    loop {
        let page = stage.get(&path).await;
        seen.extend(page["events"].as_array().expect("events").clone());
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("risk/events?limit=2&waiting=true&cursor={cursor}"),
            None => break,
        }
    }
    let amounts: Vec<_> = seen
        .iter()
        .map(|event| event["observed"]["amount"].clone())
        .collect();
    assert_eq!(amounts, ["6", "5", "4", "3", "2"].map(Value::from));
    let standing = "select risk.standing_of(max(activity_id)) from risk.activities";
    assert_eq!(rows(&stage.owner, standing).await, ["held"]);
    let event = &seen[0]["eventId"];
    let decide = json!({ "eventId": event, "decision": "released", "note": "the owner called" });
    for (token, body, expected) in [
        (&stage.officer, &decide, "200"),
        (&stage.officer, &decide, "200"),
        (&stage.other, &decide, "409 RISK_EVENT_DECIDED"),
        (
            &stage.other,
            &json!({ "eventId": 999_999, "decision": "upheld", "note": "x" }),
            "404 RISK_EVENT_NOT_FOUND",
        ),
        (
            &stage.other,
            &json!({ "eventId": event, "decision": "maybe", "note": "x" }),
            "400 MALFORMED",
        ),
        (
            &stage.other,
            &json!({ "eventId": event, "decision": "upheld", "note": "" }),
            "400 MALFORMED",
        ),
    ] {
        let reply = stage.post(token, "risk/events/decide", body).await;
        assert_eq!(reply.shown(), expected, "{body}");
    }
    assert_eq!(rows(&stage.owner, standing).await, ["free"]);
    let left = stage.get("risk/events?waiting=true&rule=large").await;
    assert_eq!(left["events"].as_array().map(Vec::len), Some(4));
    let all = stage
        .get(&format!("risk/events?accountId={}", stage.alice))
        .await;
    assert_eq!(all["events"][0]["decision"], "released");
    let logged = "select subject from audit.entries where action = 'risk_event_released'";
    assert_eq!(
        rows(&stage.owner, logged).await,
        [format!("risk_event:{event}")]
    );
    let told = "select payload ->> 'change' from exchange.events where stream_id = 10002
        order by last_sequence desc limit 1";
    assert_eq!(rows(&stage.owner, told).await, ["released"]);
}
