//! Another account's ids, on every operation.

use serde_json::Value;
use tests::api_server::ApiServer;
use tests::database::Database;
use tests::{checks, fixture};

use super::operations;
use super::party::{self, Party, bearer, send};

#[tokio::test]
async fn nobody_reaches_another_accounts_things_by_their_ids() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(&[fixture::MARKETS, fixture::COINS].concat())
        .await
        .expect("the markets are made");
    let server = ApiServer::start(&database).await.expect("the API starts");
    let port = server.port();
    let victim = party::join(port, &database, "victim").await;
    let thief = party::join(port, &database, "thief").await;
    let before = possessions(port, &victim).await;
    for operation in operations::all() {
        let (target, body) = operation.request(&|name| victim.own(name));
        let headers = [bearer(&thief.token)];
        let answer = send(port, &operation.method, &target, &headers, body.as_deref()).await;
        let expected = match operation.foreign {
            0 => operation.plain,
            foreign => foreign,
        };
        assert_eq!(answer.status, expected, "{}: {answer:?}", operation.id);
        let said = answer.body.to_string();
        // A refusal may repeat the number that was sent.
        let is_shown = answer.status == 200 && said.contains(&victim.order);
        let is_told = is_shown || said.contains("victim");
        assert!(!is_told, "{}: {said}", operation.id);
    }
    assert_eq!(possessions(port, &victim).await, before);
    checks::assert_clean(&owner).await;
    database.drop().await;
}

/// Everything that an account sees of itself.
async fn possessions(port: u16, party: &Party) -> Vec<Value> {
    let mut seen = Vec::new();
    for operation in operations::all()
        .iter()
        // A fee is promised anew each time.
        .filter(|operation| !operation.is_mutating() && operation.id != "withdraw_fee")
    {
        let (target, _) = operation.request(&|name| party.own(name));
        let answer = send(port, "GET", &target, &[bearer(&party.token)], None).await;
        assert_eq!(answer.status, 200, "{}: {answer:?}", operation.id);
        seen.push(answer.body);
    }
    seen
}
