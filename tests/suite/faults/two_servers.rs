//! One of two servers dies under load: its clients repeat what they asked on the other.

use futures::future::join_all;
use tests::checks::assert_clean;
use tests::database::Database;

use super::{count_orders, furnish, place, resting, serve};

const CLIENTS: usize = 8;
const ORDERS_PER_CLIENT: usize = 40;
/// Orders of the first client before its server dies.
const BEFORE_THE_END: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_a_killed_server_go_on_at_the_other_and_nothing_is_lost_or_done_twice() {
    let database = Database::fresh().await;
    furnish(&database).await;
    let (mut dying, token) = serve(&database, &[]).await;
    let (other, _) = serve(&database, &[]).await;
    let ports = [dying.port(), other.port()];
    let (count, mut counted) = tokio::sync::mpsc::unbounded_channel();
    let clients = (0..CLIENTS).map(|client| {
        let (token, count) = (token.clone(), count.clone());
        tokio::spawn(async move { trade(ports, &token, client, &count).await })
    });
    let clients: Vec<_> = clients.collect();
    for _ in 0..BEFORE_THE_END * CLIENTS {
        counted.recv().await.expect("they work");
    }
    dying.kill().expect("it is killed");
    let moved = join_all(clients).await;
    let moved = moved
        .into_iter()
        .filter(|moved| *moved.as_ref().expect("well"));
    assert!(moved.count() > 0, "the kill met nobody at work");
    let owner = database.owner().await;
    let done = count_orders(&owner, "two-").await;
    assert_eq!(done, (CLIENTS * ORDERS_PER_CLIENT) as i64);
    assert_clean(&owner).await;
    drop((other, owner));
    database.drop().await;
}

/// Places all its orders, each until it is acknowledged; says whether it had to move.
async fn trade(
    ports: [u16; 2],
    token: &str,
    client: usize,
    count: &tokio::sync::mpsc::UnboundedSender<()>,
) -> bool {
    let mut server = 0;
    for number in 0..ORDERS_PER_CLIENT {
        let order = resting("BTC/USDT", &format!("two-{client}-{number}"));
        let answer = match place(ports[server], token, &order).await {
            Some(answer) => answer,
            None => {
                server = 1;
                place(ports[server], token, &order).await.expect("it lives")
            }
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        // Nobody counts any more after the kill.
        let _ = count.send(());
    }
    server == 1
}
