//! Who has an account cannot be told from how long an answer takes: requests under known and
//! unknown addresses by turns, and in half of the pairs the known one is the slower.

use std::time::Instant;

use serde_json::{Value, json};
use tests::api_server::{ApiServer, Build, open_account};
use tests::database::Database;
use tests::fixture;
use tests::post_office::{post, registration};
use tests::trading::number;

/// Pairs of requests. By chance alone the known one is the slower in four to six of ten, but for
/// one run in ten thousand.
const PAIRS: usize = 400;
const LEAST: usize = PAIRS * 4 / 10;
const MOST: usize = PAIRS * 6 / 10;

/// What else the machine does can lean on one round; what the answer gives away shows in each.
const ROUNDS: i64 = 3;

/// Asks until a round shows no difference; gives how many it took.
async fn assert_same(
    server: &ApiServer,
    path: &str,
    status: u16,
    body: impl Fn(&str) -> Value,
    names: impl Fn(usize) -> [String; 2],
) -> i64 {
    for round in 1..=ROUNDS {
        let known_slower = compare(server, path, status, &body, &names).await;
        if (LEAST..=MOST).contains(&known_slower) {
            return round;
        }
    }
    panic!("{path}: in each of {ROUNDS} rounds one kind was the slower (see above)");
}

/// In how many pairs the known one was the slower. Answers tell nothing else either.
async fn compare(
    server: &ApiServer,
    path: &str,
    status: u16,
    body: impl Fn(&str) -> Value,
    names: impl Fn(usize) -> [String; 2],
) -> usize {
    let port = server.port();
    let mut known_slower = 0;
    let mut times = [Vec::new(), Vec::new()];
    for pair in 0..PAIRS {
        let mut taken = [0; 2];
        let names = names(pair);
        // Who comes first is slower for other reasons.
        let order = if pair % 2 == 0 { [0, 1] } else { [1, 0] };
        let mut texts = [String::new(), String::new()];
        for which in order {
            let body = body(&names[which]);
            let begun = Instant::now();
            let reply = post(port, path, &body).await.expect("an answer");
            taken[which] = begun.elapsed().as_micros();
            assert_eq!(reply.status, status, "{path}: {reply:?}");
            texts[which] = reply.text;
            times[which].push(taken[which]);
        }
        assert_eq!(texts[0], texts[1]);
        known_slower += usize::from(taken[0] > taken[1]);
    }
    for times in &mut times {
        times.sort_unstable();
    }
    let [known, unknown] = times.map(|times| times[times.len() / 2]);
    let found = format!(
        "{path}: known {known} us, unknown {unknown} us, known slower in {known_slower} of {PAIRS}"
    );
    println!("{found}");
    known_slower
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_addresses_take_as_long_as_unknown_ones() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("markets");
    // At the least cost, so that everything but the hash is a large part of the time. Rounds for
    // hashes of another cost are counted where they are made up.
    let settings = [("EXCHANGE_RATE_ADDRESS", "off")];
    let server = ApiServer::start_as(&database, Build::Debug, &settings).await;
    let server = server.expect("a server");
    for name in 0..PAIRS {
        let name = format!("known{name}");
        open_account(&owner, &name).await.expect("an account");
    }
    let names = |pair: usize| {
        let name = |kind: &str| format!("{kind}{pair}@example.com");
        [name("known"), name("fresh")]
    };
    let asked_for = assert_same(&server, "/api/auth/register", 202, registration, names).await;
    let reset = |email: &str| json!({ "email": email });
    let asked_for =
        asked_for + assert_same(&server, "/api/auth/reset-password", 202, reset, names).await;
    // Nobody is paused for the network that all come from.
    let calm = "create function calm() returns trigger language plpgsql as $$
        begin
            if starts_with(new.subject, 'network:') then new.failures := 0; end if;
            return new;
        end $$;
        create trigger calm before update on exchange.login_pauses
        for each row execute function calm()";
    owner.batch_execute(calm).await.expect("made");
    let login = |email: &str| json!({ "email": email, "password": "wrong" });
    assert_same(&server, "/api/auth/login", 401, login, names).await;
    let asked = "select count(*) from exchange.mail_requests";
    let pairs = i64::try_from(PAIRS).expect("a few");
    assert_eq!(number(&owner, asked).await, 2 * asked_for * pairs);
}
