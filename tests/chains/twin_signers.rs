//! Two processes of one signer: one works and the other stands by, whatever dies, so that they sign
//! no more together than one may.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use tests::arrivals::{ask, until_it_says};
use tests::outage::{durable, kill};
use tests::paying_evm::{PayingEvm, receiver};
use tests::wait;
use tests::worker::Worker;

/// Holds the first or the second of [`AMOUNTS`] beside the third, and not both.
const LIMIT: (&str, &str) = ("EXCHANGE_SIGNER_HOURLY", "ETH=3");
/// Where the first process stands: what it made is not stored yet.
const STOP: (&str, &str) = ("EXCHANGE_STOP_POINT", "signature_made");
/// Withdrawals, in ETH.
const AMOUNTS: [&str; 3] = ["2", "2", "0.5"];
const STANDS_BY: &str = "this one stands by";

/// What signer a did about each payment, oldest first.
const BY_A: &str = "select string_agg(state, ' ' order by payment_id) from chain.signings
    where signer = 'a' and kind = 'safe'";
/// When a session that has no turn last asked for one.
const LAST_ASKED: &str = "select a.query_start::text from pg_stat_activity a
    where a.datname = current_database() and a.usename = 'exchange_signer_a'
        and a.state = 'idle' and a.query like '%pg_try_advisory_lock%'
        and not exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory')";

/// Until a process has asked for its turn, in vain, twice from now on.
async fn stands_by(paying: &PayingEvm) {
    let before = ask(&paying.world.owner, LAST_ASKED).await;
    let asked = RefCell::new(BTreeSet::from([before, String::new()]));
    let known = asked.borrow().len();
    wait::until("a process of signer a stands by", async || {
        let last = ask(&paying.world.owner, LAST_ASKED).await;
        asked.borrow_mut().insert(last);
        asked.borrow().len() >= known + 2
    })
    .await;
}

/// How often a log says that its process stands by.
fn told(log: &Path) -> usize {
    let text = std::fs::read_to_string(log).expect("a log");
    text.matches(STANDS_BY).count()
}

/// [`AMOUNTS`] are asked for and planned, and a process stands with the first one's signature in
/// its hands.
async fn first_stands(paying: &PayingEvm) -> Worker {
    for amount in AMOUNTS {
        paying.withdraw(receiver(30), amount).await;
    }
    until_it_says(&paying.world.owner, BY_A, "waiting waiting waiting").await;
    let first = paying
        .house
        .signer(&paying.world.database, "a", &[LIMIT, STOP]);
    first.stands_at(STOP.1).await;
    first
}

/// Nobody can judge the oldest payment any more, so that whoever signs takes those after it: more
/// atoms than there are numbers for. Until it is put right.
async fn tamper(paying: &PayingEvm) {
    let odd = "update chain.payments set amount = 10::numeric ^ 70
        where payment_id = (select min(payment_id) from chain.payments)";
    let tampered = paying.world.owner.batch_execute(odd).await;
    tampered.expect("tampered");
}

async fn put_right(paying: &PayingEvm) {
    let right = "update chain.payments set amount = 2 where amount > 10";
    let put = paying.world.owner.batch_execute(right).await;
    put.expect("put right");
}

#[tokio::test]
async fn of_two_processes_of_a_signer_one_signs_and_the_limit_holds() {
    let paying = PayingEvm::start("twins").await;
    let _payments = paying.pays(&[]);
    let owner = &paying.world.owner;
    let first = first_stands(&paying).await;
    tamper(&paying).await;
    let (mut second, log) = paying.house.heard_signer(&paying.world.database, &[LIMIT]);
    wait::until("the second stands by, or signs", async || {
        told(&log) > 0 || ask(owner, BY_A).await != "waiting waiting waiting"
    })
    .await;
    assert_eq!(ask(owner, BY_A).await, "waiting waiting waiting");
    stands_by(&paying).await;
    assert_eq!(ask(owner, BY_A).await, "waiting waiting waiting");
    put_right(&paying).await;
    first.goes_on();
    // That the third is signed says that the second was judged.
    until_it_says(owner, BY_A, "signed waiting signed").await;
    stands_by(&paying).await;
    assert_eq!(ask(owner, BY_A).await, "signed waiting signed");
    assert_eq!(told(&log), 1);
    second.shall_end();
    let second = RefCell::new(&mut second);
    wait::until("the one that stands by ends when it is told", async || {
        second.borrow_mut().has_ended().expect("asked") == Some(true)
    })
    .await;
}

#[tokio::test]
async fn the_process_that_stands_by_takes_over_from_one_that_was_killed() {
    let paying = PayingEvm::start("heir").await;
    let _payments = paying.pays(&[]);
    let to = receiver(31);
    paying.withdraw(to, "0.1").await;
    let (house, database) = (&paying.house, &paying.world.database);
    let _b = house.signer(database, "b", &[]);
    let mut first = house.signer(database, "a", &[STOP]);
    first.stands_at(STOP.1).await;
    let mut second = house.signer(database, "a", &[]);
    stands_by(&paying).await;
    let signed = "select count(*)::text from chain.signings where signer = 'a'
        and state = 'signed'";
    assert_eq!(ask(&paying.world.owner, signed).await, "0");
    first.kill().expect("killed");
    paying.ends_well(to, 1, "the end of the first").await;
    second.assert_alive("the second");
}

#[tokio::test]
async fn what_a_process_made_before_it_lost_the_database_is_not_stored() {
    let (cluster, database) = durable().await;
    let mut paying = PayingEvm::on(database, "stale").await;
    let _payments = paying.pays(&[]);
    let mut first = first_stands(&paying).await;
    tamper(&paying).await;
    let second = paying.house.signer(&paying.world.database, "a", &[LIMIT]);
    stands_by(&paying).await;
    kill(&cluster);
    paying.world.owner = paying.world.database.owner().await;
    let owner = &paying.world.owner;
    // It takes over, and signs all but the one of which the first has a signature.
    until_it_says(owner, BY_A, "waiting signed signed").await;
    put_right(&paying).await;
    first.goes_on();
    stands_by(&paying).await;
    assert_eq!(ask(owner, BY_A).await, "waiting signed signed");
    // It is as good as any when its turn comes, and judges anew.
    drop(second);
    paying.withdraw(receiver(32), "0.3").await;
    until_it_says(owner, BY_A, "waiting signed signed signed").await;
    first.assert_alive("the first");
}
