//! The gatherer against a submitter whose batches the test lets run one by one.

use super::*;
use tokio::sync::Semaphore;

/// Commands whose turn comes too late: by our limit, and by the client's own.
const LATE: u32 = 40;
const LATE_BY_ITSELF: u32 = 41;

/// Records batches; each waits for a permit. Command 13 makes its batch fail, 99 breaks the worker,
/// 77 loses the connection; any other is answered by its double.
struct Gated {
    permits: Semaphore,
    started: mpsc::UnboundedSender<Vec<u32>>,
}

impl Submit for Gated {
    type Command = u32;
    type Outcome = u32;

    async fn submit(&self, batch: &[u32]) -> Result<Vec<u32>, BatchError> {
        self.started.send(batch.to_vec()).expect("the test listens");
        self.permits.acquire().await.expect("never closed").forget();
        assert!(!batch.contains(&99), "breaks down");
        if batch.contains(&13) {
            return Err(BatchError::Failed("thirteen".to_owned()));
        }
        if batch.contains(&77) {
            return Err(BatchError::OutcomeUnknown);
        }
        Ok(batch.iter().map(|command| command * 2).collect())
    }

    fn hurry(command: &mut u32, _: Duration) -> bool {
        *command != LATE_BY_ITSELF
    }

    fn was_late(outcome: &u32) -> bool {
        [2 * LATE, 2 * LATE_BY_ITSELF].contains(outcome)
    }
}

struct Bench {
    lane: Arc<Lane<Gated>>,
    submit: Arc<Gated>,
    started: mpsc::UnboundedReceiver<Vec<u32>>,
}

impl Bench {
    fn new(queue_length: usize, batch_limit: usize) -> Self {
        Bench::patient(queue_length, batch_limit, Duration::from_secs(60))
    }

    fn patient(queue_length: usize, batch_limit: usize, patience: Duration) -> Self {
        let (sender, started) = mpsc::unbounded_channel();
        let submit = Arc::new(Gated {
            permits: Semaphore::new(0),
            started: sender,
        });
        let config = GatherConfig {
            workers_per_market: 1,
            lanes: 1,
            queue_length,
            batch_limit,
            queue_wait: patience,
            answer_wait: patience,
        };
        let lane = Arc::new(Lane::start("test", &submit, 1, &config));
        Bench {
            lane,
            submit,
            started,
        }
    }

    /// Sends a command and returns once it is in the queue.
    async fn send(&self, command: u32) -> tokio::task::JoinHandle<Result<u32, ApiError>> {
        let lane = self.lane.clone();
        let before = self.waiting();
        let task = tokio::spawn(async move { run_one(&lane, command).await });
        while self.waiting() == before && !task.is_finished() {
            tokio::task::yield_now().await;
        }
        task
    }

    /// Sends a first command and waits until its batch runs, so that what follows queues up.
    async fn occupy(&mut self) -> tokio::task::JoinHandle<Result<u32, ApiError>> {
        let lane = self.lane.clone();
        let task = tokio::spawn(async move { run_one(&lane, 1).await });
        assert_eq!(self.started.recv().await, Some(vec![1]));
        task
    }

    fn waiting(&self) -> usize {
        self.lane.waiting()
    }

    fn allow(&self, batches: usize) {
        self.submit.permits.add_permits(batches);
    }
}

async fn run_one(lane: &Lane<Gated>, command: u32) -> Result<u32, ApiError> {
    let outcomes = lane.run(vec![command]).await?;
    assert_eq!(outcomes.len(), 1);
    Ok(outcomes[0])
}

#[tokio::test]
async fn a_lone_command_runs_at_once() {
    let mut bench = Bench::new(8, 4);
    bench.allow(1);
    assert_eq!(run_one(&bench.lane, 4).await.expect("answered"), 8);
    assert_eq!(bench.started.recv().await, Some(vec![4]));
}

#[tokio::test]
async fn what_arrives_during_a_batch_is_the_next_batch() {
    let mut bench = Bench::new(8, 4);
    let first = bench.occupy().await;
    let mut later = Vec::new();
    for command in 2..=6 {
        later.push(bench.send(command).await);
    }
    bench.allow(3);
    assert_eq!(
        bench.started.recv().await,
        Some(vec![2, 3, 4, 5]),
        "as many as the limit allows"
    );
    assert_eq!(bench.started.recv().await, Some(vec![6]));
    assert_eq!(first.await.expect("ends").expect("answered"), 2);
    for (task, command) in later.into_iter().zip(2..) {
        assert_eq!(task.await.expect("ends").expect("answered"), command * 2);
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_takes_again_later() {
    let mut bench = Bench::new(2, 4);
    let first = bench.occupy().await;
    let queued = [bench.send(2).await, bench.send(3).await];
    let refused = run_one(&bench.lane, 4).await;
    assert!(matches!(refused, Err(ApiError::Overloaded)), "{refused:?}");
    bench.allow(3);
    first.await.expect("ends").expect("answered");
    for task in queued {
        task.await.expect("ends").expect("answered");
    }
    assert_eq!(run_one(&bench.lane, 5).await.expect("answered"), 10);
}

#[tokio::test]
async fn a_command_that_fails_its_batch_harms_no_other() {
    let mut bench = Bench::new(8, 4);
    let first = bench.occupy().await;
    let (good, bad) = (bench.send(2).await, bench.send(13).await);
    bench.allow(4);
    first.await.expect("ends").expect("answered");
    assert_eq!(good.await.expect("ends").expect("answered"), 4);
    let refused = bad.await.expect("ends");
    assert!(matches!(refused, Err(ApiError::Internal(_))), "{refused:?}");
}

#[tokio::test]
async fn a_lost_connection_tells_every_waiter_that_the_outcome_is_unknown() {
    let mut bench = Bench::new(8, 4);
    let first = bench.occupy().await;
    let tasks = [bench.send(2).await, bench.send(77).await];
    bench.allow(2);
    first.await.expect("ends").expect("answered");
    for task in tasks {
        let answer = task.await.expect("ends");
        assert!(
            matches!(answer, Err(ApiError::OutcomeUnknown)),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_worker_that_breaks_down_is_replaced() {
    let bench = Bench::new(8, 4);
    bench.allow(2);
    let answer = run_one(&bench.lane, 99).await;
    assert!(
        matches!(answer, Err(ApiError::OutcomeUnknown)),
        "{answer:?}"
    );
    assert_eq!(run_one(&bench.lane, 5).await.expect("answered"), 10);
}

#[tokio::test]
async fn a_client_that_hung_up_before_the_batch_is_not_served() {
    let mut bench = Bench::new(8, 4);
    let first = bench.occupy().await;
    let gone = bench.send(2).await;
    let stays = bench.send(3).await;
    gone.abort();
    assert!(gone.await.expect_err("aborted").is_cancelled());
    bench.allow(2);
    first.await.expect("ends").expect("answered");
    assert_eq!(stays.await.expect("ends").expect("answered"), 6);
    assert_eq!(bench.started.recv().await, Some(vec![3]));
}

#[tokio::test]
async fn finishing_answers_what_was_taken_and_takes_no_more() {
    let mut bench = Bench::new(8, 4);
    let first = bench.occupy().await;
    let second = bench.send(2).await;
    bench.allow(2);
    bench.lane.finish().await;
    assert_eq!(first.await.expect("ends").expect("answered"), 2);
    assert_eq!(second.await.expect("ends").expect("answered"), 4);
    let late = run_one(&bench.lane, 3).await;
    assert!(matches!(late, Err(ApiError::Unavailable)), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_too_long_is_refused_and_never_sent() {
    let mut bench = Bench::patient(8, 4, Duration::from_millis(400));
    let first = bench.occupy().await;
    let second = bench.send(2).await;
    let refused = second.await.expect("ends");
    assert!(matches!(refused, Err(ApiError::Overloaded)), "{refused:?}");
    // The queue stands: whoever comes now need not even wait.
    let before = Instant::now();
    let refused = run_one(&bench.lane, 3).await;
    assert!(matches!(refused, Err(ApiError::Overloaded)), "{refused:?}");
    assert_eq!(before.elapsed(), Duration::ZERO);
    let unknown = first.await.expect("ends");
    assert!(
        matches!(unknown, Err(ApiError::OutcomeUnknown)),
        "{unknown:?}"
    );
    bench.allow(2);
    bench.lane.finish().await;
    assert_eq!(bench.started.try_recv().ok(), None, "nothing else was sent");
}

#[tokio::test(start_paused = true)]
async fn a_spell_without_commands_is_no_standing_queue() {
    let mut bench = Bench::patient(8, 4, Duration::from_millis(400));
    tokio::time::advance(Duration::from_secs(60)).await;
    let first = bench.occupy().await;
    tokio::time::advance(Duration::from_millis(300)).await;
    let second = bench.send(2).await;
    let third = bench.send(3).await;
    bench.allow(2);
    for (task, outcome) in [(first, 2), (second, 4), (third, 6)] {
        assert_eq!(task.await.expect("ends").expect("answered"), outcome);
    }
}

#[tokio::test]
async fn a_unit_stays_together_and_counts_as_its_commands() {
    let mut bench = Bench::new(4, 2);
    let first = bench.occupy().await;
    let lane = bench.lane.clone();
    let unit = tokio::spawn(async move { lane.run(vec![2, 3, 4]).await });
    while bench.waiting() < 3 {
        tokio::task::yield_now().await;
    }
    let refused = bench.lane.run(vec![5, 6]).await;
    assert!(matches!(refused, Err(ApiError::Overloaded)), "{refused:?}");
    bench.allow(2);
    first.await.expect("ends").expect("answered");
    assert_eq!(unit.await.expect("ends").expect("answered"), [4, 6, 8]);
    assert_eq!(bench.started.recv().await, Some(vec![2, 3, 4]));
}

#[tokio::test]
async fn our_own_limit_is_told_as_a_busy_server_and_the_client_s_as_its_own() {
    let bench = Bench::new(8, 4);
    bench.allow(2);
    let ours = run_one(&bench.lane, LATE).await;
    assert!(matches!(ours, Err(ApiError::Overloaded)), "{ours:?}");
    let theirs = run_one(&bench.lane, LATE_BY_ITSELF).await;
    assert_eq!(theirs.expect("answered"), 2 * LATE_BY_ITSELF);
}
