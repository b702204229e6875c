//! Reads that find connections and waiting room taken are refused at once; those that wait are
//! served when the database goes on.

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde_json::json;
use tests::api_server::{PASSWORD, request};
use tests::database::Database;

use super::{furnish, serve};

const ASKED: usize = 40;
/// One is being answered, so many wait.
const LIMITS: [(&str, &str); 3] = [
    ("EXCHANGE_RATE_ADDRESS", "1000000/60"),
    ("EXCHANGE_READ_CONNECTIONS", "1"),
    ("EXCHANGE_READ_QUEUE", "4"),
];
/// Those who hold a place while the rest is refused.
const SERVED_AT_MOST: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_waiting_room_refuses_at_once_and_serves_who_is_in_it() {
    let database = Database::fresh().await;
    furnish(&database).await;
    let (server, _) = serve(&database, &LIMITS).await;
    let body = json!({ "email": "dora@example.com", "password": PASSWORD }).to_string();
    let login = || request(server.port(), "POST", "/api/auth/login", None, Some(&body));
    let holder = database.owner().await;
    let lock = "begin; lock table exchange.accounts in access exclusive mode";
    holder.batch_execute(lock).await.expect("locked");
    let asked = (0..ASKED).map(|_| login());
    let mut asked: FuturesUnordered<_> = asked.collect();
    // While the table is locked nobody can be served: whoever is answered is refused.
    for _ in 0..ASKED - SERVED_AT_MOST {
        let answer = asked.next().await.expect("asked").expect("an answer");
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.body["code"], "OVERLOADED", "{answer:?}");
    }
    holder.batch_execute("rollback").await.expect("let go");
    let mut served = 0;
    while let Some(answer) = asked.next().await {
        let status = answer.expect("an answer").status;
        assert!([200, 503].contains(&status), "{status}");
        served += usize::from(status == 200);
    }
    assert!(served > 0, "who waited is served");
}
