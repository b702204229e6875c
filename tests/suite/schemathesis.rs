//! schemathesis over the OpenAPI document and a real API: what it may send, it sends.

use std::path::Path;
use std::process::Command;

use tests::api_server::{self, ApiServer, Build};
use tests::database::Database;
use tests::{checks, fixture, staff};

/// It asks much, from one address and account.
const UNLIMITED: &[(&str, &str)] = &[
    ("EXCHANGE_RATE_ADDRESS", "1000000000/60"),
    ("EXCHANGE_RATE_ACCOUNT", "1000000000/60"),
];

#[tokio::test]
async fn schemathesis_finds_no_500_and_no_undocumented_answer() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("the markets are made");
    let account = api_server::open_account(&owner, "fuzz")
        .await
        .expect("an account");
    for asset in ["BTC", "ETH", "USDT"] {
        let text = format!(
            "select exchange.adjust_balance({account}, '{asset}', 1000000, 'test', 'fund-{asset}')"
        );
        owner
            .batch_execute(&text)
            .await
            .expect("the account is funded");
    }
    let server = ApiServer::start_as(&database, Build::Debug, UNLIMITED)
        .await
        .expect("the API starts");
    let token = api_server::login(server.port(), "fuzz")
        .await
        .expect("a token");
    let (_, staff) = staff::join(server.port(), &owner, &staff::ROLES)
        .await
        .expect("a member of the staff");
    let url = format!("http://127.0.0.1:{}", server.port());
    for (token, whose) in [(token, "users"), (staff, "staff")] {
        let arguments = [url.clone(), token, whose.to_owned()];
        let run = tokio::task::spawn_blocking(move || {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/schemathesis.sh");
            Command::new(script).args(arguments).output()
        });
        let run = run.await.expect("it ends").expect("it starts");
        let said = String::from_utf8_lossy(&run.stdout);
        let wrong = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{said}\n{wrong}");
    }
    checks::assert_clean(&owner).await;
    database.drop().await;
}
