//! One bounded queue and the workers that empty it, a batch at a time.
//!
//! A worker takes what arrived while it ran its last batch. So batches grow with the load by
//! themselves, and a lone command never waits for company.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{BatchError, Submit};
use crate::config::gather::GatherConfig;
use crate::error::ApiError;

/// What waits for the outcomes of a unit.
type Reply<S> = oneshot::Sender<Result<Vec<<S as Submit>::Outcome>, BatchError>>;

/// Commands that go together and in this order, and who waits for their outcomes.
struct Waiting<S: Submit> {
    commands: Vec<S::Command>,
    reply: Reply<S>,
    /// Set by the first of two: the worker that takes it, or the client that gives up waiting. Only
    /// so can a client be told for certain that its command was not sent.
    decided: Arc<AtomicBool>,
    /// One for each command; free again when a worker takes them.
    _places: OwnedSemaphorePermit,
}

/// What the door and the workers know of the queue's pace.
struct Pace {
    began: Instant,
    /// Milliseconds since `began` when a worker last took commands, or when one came and found
    /// nobody waiting. Whoever waits longest has waited since then at least.
    moved_at_ms: AtomicU64,
}

impl Pace {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn moved(&self) {
        self.moved_at_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// How long somebody has waited at least, where somebody waits.
    fn standing(&self) -> Duration {
        let moved_at_ms = self.moved_at_ms.load(Ordering::Relaxed);
        Duration::from_millis(self.now_ms().saturating_sub(moved_at_ms))
    }
}

type Queue<S> = Arc<Mutex<mpsc::UnboundedReceiver<Waiting<S>>>>;

/// A queue with its workers.
pub(super) struct Lane<S: Submit> {
    sender: std::sync::Mutex<Option<mpsc::UnboundedSender<Waiting<S>>>>,
    workers: Mutex<JoinSet<()>>,
    pace: Arc<Pace>,
    /// Bounds the queue by commands, because a unit may hold many.
    places: Arc<Semaphore>,
    queue_length: usize,
    queue_wait: Duration,
    answer_wait: Duration,
}

impl<S: Submit> Lane<S> {
    pub(super) fn start(
        name: &str,
        submit: &Arc<S>,
        worker_count: usize,
        config: &GatherConfig,
    ) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let queue = Arc::new(Mutex::new(receiver));
        let pace = Arc::new(Pace {
            began: Instant::now(),
            moved_at_ms: AtomicU64::new(0),
        });
        let mut workers = JoinSet::new();
        for _ in 0..worker_count {
            let worker = Worker {
                submit: submit.clone(),
                queue: queue.clone(),
                pace: pace.clone(),
                batch_limit: config.batch_limit,
            };
            workers.spawn(keep_working(name.to_owned(), worker));
        }
        Lane {
            sender: std::sync::Mutex::new(Some(sender)),
            workers: Mutex::new(workers),
            pace,
            places: Arc::new(Semaphore::new(config.queue_length)),
            queue_length: config.queue_length,
            queue_wait: config.queue_wait,
            answer_wait: config.answer_wait,
        }
    }

    /// Runs the commands in one batch, in this order.
    pub(super) async fn run(
        &self,
        mut commands: Vec<S::Command>,
    ) -> Result<Vec<S::Outcome>, ApiError> {
        let sender = self.sender().clone().ok_or(ApiError::Unavailable)?;
        match self.waiting() {
            0 => self.pace.moved(),
            // Whoever waits already has waited too long, so these would as well.
            _ if self.pace.standing() >= self.queue_wait => return Err(ApiError::Overloaded),
            _ => {}
        }
        let count = u32::try_from(commands.len()).unwrap_or(u32::MAX);
        let places = self.places.clone().try_acquire_many_owned(count);
        let places = places.map_err(|_| ApiError::Overloaded)?;
        let mut hurried = false;
        for command in &mut commands {
            hurried |= S::hurry(command, self.queue_wait + self.answer_wait);
        }
        let (reply, outcomes) = oneshot::channel();
        let decided = Arc::new(AtomicBool::new(false));
        let waiting = Waiting {
            commands,
            reply,
            decided: decided.clone(),
            _places: places,
        };
        sender.send(waiting).map_err(|_| ApiError::Unavailable)?;
        drop(sender);
        let outcomes = self.wait(&decided, outcomes).await?;
        // They had come to nothing for a reason that is ours, not the client's.
        if hurried && outcomes.iter().any(S::was_late) {
            return Err(ApiError::Overloaded);
        }
        Ok(outcomes)
    }

    async fn wait(
        &self,
        decided: &AtomicBool,
        mut outcomes: oneshot::Receiver<Result<Vec<S::Outcome>, BatchError>>,
    ) -> Result<Vec<S::Outcome>, ApiError> {
        let answer = match timeout(self.queue_wait, &mut outcomes).await {
            Ok(answer) => Some(answer),
            Err(_) if !decided.swap(true, Ordering::AcqRel) => return Err(ApiError::Overloaded),
            // They were sent.
            Err(_) => timeout(self.answer_wait, outcomes).await.ok(),
        };
        answer.map_or(Err(ApiError::OutcomeUnknown), answered)
    }

    pub(super) async fn finish(&self) {
        self.sender().take();
        let mut workers = self.workers.lock().await;
        while workers.join_next().await.is_some() {}
    }

    /// Commands that no worker has taken.
    fn waiting(&self) -> usize {
        self.queue_length - self.places.available_permits()
    }

    fn sender(&self) -> std::sync::MutexGuard<'_, Option<mpsc::UnboundedSender<Waiting<S>>>> {
        self.sender
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn answered<O>(
    outcomes: Result<Result<O, BatchError>, oneshot::error::RecvError>,
) -> Result<O, ApiError> {
    match outcomes {
        Ok(Ok(outcomes)) => Ok(outcomes),
        Ok(Err(BatchError::Busy)) => Err(ApiError::Overloaded),
        Ok(Err(BatchError::Unavailable)) => Err(ApiError::Unavailable),
        Ok(Err(BatchError::Failed(details))) => Err(ApiError::Internal(details)),
        // A worker that broke down took the reply with it, and may have sent its batch.
        Ok(Err(BatchError::OutcomeUnknown)) | Err(_) => Err(ApiError::OutcomeUnknown),
    }
}

/// What each of a lane's workers works with.
struct Worker<S: Submit> {
    submit: Arc<S>,
    queue: Queue<S>,
    pace: Arc<Pace>,
    batch_limit: usize,
}

impl<S: Submit> Clone for Worker<S> {
    fn clone(&self) -> Self {
        Worker {
            submit: self.submit.clone(),
            queue: self.queue.clone(),
            pace: self.pace.clone(),
            batch_limit: self.batch_limit,
        }
    }
}

/// A batch that panics takes its own waiters with it, not the lane.
async fn keep_working<S: Submit>(name: String, worker: Worker<S>) {
    while let Err(error) = tokio::spawn(work(worker.clone())).await {
        tracing::error!(lane = name, %error, "a gathering worker broke down; starting another");
    }
}

/// Until the queue is closed and empty.
async fn work<S: Submit>(worker: Worker<S>) {
    // The guard is dropped before the batch runs: the next worker gathers meanwhile.
    while let Some(batch) = gather(&worker).await {
        if !batch.commands.is_empty() {
            batch.run(&*worker.submit).await;
        }
    }
}

/// What waits now, up to a batch; none where nothing will come any more.
async fn gather<S: Submit>(worker: &Worker<S>) -> Option<Batch<S>> {
    let mut queue = worker.queue.lock().await;
    let mut next = Some(queue.recv().await?);
    worker.pace.moved();
    let mut batch = Batch {
        commands: Vec::new(),
        replies: Vec::new(),
    };
    while let Some(waiting) = next {
        // Nobody waits for a command whose client gave up or hung up before it was sent.
        if !waiting.reply.is_closed() && !waiting.decided.swap(true, Ordering::AcqRel) {
            batch.replies.push((waiting.commands.len(), waiting.reply));
            batch.commands.extend(waiting.commands);
        }
        let is_full = batch.commands.len() >= worker.batch_limit;
        next = if is_full { None } else { queue.try_recv().ok() };
    }
    Some(batch)
}

/// Units under way together.
struct Batch<S: Submit> {
    commands: Vec<S::Command>,
    /// How many of the commands each is about, in order.
    replies: Vec<(usize, Reply<S>)>,
}

impl<S: Submit> Batch<S> {
    async fn run(self, submit: &S) {
        match submit.submit(&self.commands).await {
            Ok(outcomes) if outcomes.len() == self.commands.len() => {
                let mut outcomes = outcomes.into_iter();
                for (count, reply) in self.replies {
                    // The client may have hung up meanwhile.
                    let _ = reply.send(Ok(outcomes.by_ref().take(count).collect()));
                }
            }
            // A command that makes the database refuse its whole batch must not harm the others:
            // the batch was rolled back, so each unit runs again by itself.
            Err(BatchError::Failed(details)) if self.replies.len() > 1 => {
                let commands = self.commands.len();
                tracing::error!(details, commands, "batch refused; running singly");
                let mut rest = &self.commands[..];
                for (count, reply) in self.replies {
                    let (unit, others) = rest.split_at(count);
                    rest = others;
                    let outcomes = submit.submit(unit).await;
                    let _ = reply.send(outcomes.and_then(|got| whole(got, count)));
                }
            }
            Ok(outcomes) => {
                let (asked, got) = (self.commands.len(), outcomes.len());
                tracing::error!(asked, got, "another number of outcomes was answered");
                answer_all(self.replies, &BatchError::OutcomeUnknown);
            }
            Err(error) => answer_all(self.replies, &error),
        }
    }
}

fn whole<O>(outcomes: Vec<O>, count: usize) -> Result<Vec<O>, BatchError> {
    if outcomes.len() == count {
        Ok(outcomes)
    } else {
        Err(BatchError::OutcomeUnknown)
    }
}

fn answer_all<R>(
    replies: Vec<(usize, oneshot::Sender<Result<R, BatchError>>)>,
    error: &BatchError,
) {
    for (_, reply) in replies {
        let _ = reply.send(Err(error.clone()));
    }
}

#[cfg(test)]
mod tests;
