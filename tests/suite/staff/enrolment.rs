//! From the bootstrap command to a staff with roles.

use serde_json::json;
use tests::api_server::ApiServer;
use tests::database::Database;
use tests::raw::{Call, Reply};
use tests::staff::{self, Person};

use super::stage::Stage;

async fn post(port: u16, token: &str, path: &str, body: serde_json::Value) -> Reply {
    let call = Call::post(path, &body).by(token);
    call.send(port).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_administrator_is_made_once_and_makes_the_second_alone() {
    let database = Database::fresh().await;
    let server = ApiServer::start(&database).await.expect("a server");
    let port = server.port();
    let url = database.url("postgres");
    let invite = async |email: &str| migrations::administrator::invite(&url, email, "Ann").await;
    let first = invite("Ann@staff.example").await.expect("invited");
    let second = invite("ann@staff.example").await.expect("invited again");
    assert!(invite("bob@staff.example").await.is_err(), "another one");
    let body = json!({ "token": first, "password": staff::PASSWORD });
    let old = Call::post("/api/admin/accept-invitation", &body)
        .send(port)
        .await;
    assert_eq!(old.expect("an answer").shown(), "400 INVALID_TOKEN");
    let mut ann = Person::accept(port, 1, &second).await.expect("accepted");
    let ann_token = ann.login(port).await.expect("logged in");
    assert!(invite("ann@staff.example").await.is_err(), "a second time");
    let who = Call::get("/api/admin/session")
        .by(&ann_token)
        .send(port)
        .await;
    assert_eq!(
        who.expect("an answer").body["roles"],
        json!(["administrator"])
    );

    let bob = json!({ "email": "bob@staff.example", "name": "Bob" });
    let made = post(port, &ann_token, "/api/admin/members", bob).await;
    let bob_id = made.body["staffId"].as_i64().expect("a number");
    let roles = async |staff_id: i64, roles: &[&str]| {
        let body = json!({ "staffId": staff_id, "roles": roles, "reason": "new" });
        post(port, &ann_token, "/api/admin/members/roles", body).await
    };
    let early = roles(bob_id, &["administrator"]).await;
    assert_eq!(early.shown(), "409 MEMBER_NOT_ENROLLED");
    let invitation = made.body["invitation"].as_str().expect("an invitation");
    let mut bob = Person::accept(port, bob_id, invitation)
        .await
        .expect("accepted");
    let bob_token = bob.login(port).await.expect("logged in");
    let own = roles(1, &["administrator", "finance"]).await;
    assert_eq!(own.body["state"], "pending", "{own:?}");
    let given = roles(bob_id, &["administrator"]).await;
    assert_eq!(given.body["state"], "approved", "{given:?}");
    let later = roles(bob_id, &["administrator", "risk"]).await;
    assert_eq!(later.body["state"], "pending", "{later:?}");
    let decide = json!({ "proposalId": own.body["proposalId"], "approve": true, "reason": "yes" });
    let done = post(port, &bob_token, "/api/admin/proposals/decide", decide).await;
    assert_eq!(done.body["state"], "approved", "{done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_the_phone_begins_again_by_the_word_of_two() {
    let stage = Stage::set().await;
    let port = stage.port();
    let one = stage.member("administrator").await;
    let two = stage.member("administrator").await;
    let (lost, token) = stage.join(&["support"]).await;
    let who = json!({ "staffId": lost.staff_id, "reason": "lost phone" });
    let invite = json!({ "staffId": lost.staff_id });
    let early = stage.post(&one, "members/invite", invite.clone()).await;
    assert_eq!(early.shown(), "409 MEMBER_ENROLLED", "one is not enough");
    let proposed = stage.post(&one, "members/reset", who).await;
    assert_eq!(stage.get(&token, "session").await.status, 200, "not yet");
    assert_eq!(stage.decide(&two, &proposed, true).await.status, 200);
    assert_eq!(stage.get(&token, "session").await.status, 401);
    let invited = stage.post(&one, "members/invite", invite).await;
    let invitation = invited.body["invitation"].as_str().expect("an invitation");
    let begun = Person::accept(port, lost.staff_id, invitation).await;
    let token = begun.expect("accepted").login(port).await.expect("a login");
    let session = stage.get(&token, "session").await;
    assert_eq!(session.body["roles"], json!([]), "roles are given anew");
    let members = stage.get(&one, "members").await;
    assert_eq!(members.body["members"].as_array().map(Vec::len), Some(3));
    stage.database.drop().await;
}
