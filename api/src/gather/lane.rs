//! One bounded queue and the workers that empty it, a batch at a time.
//!
//! A worker takes what arrived while it ran its last batch. So batches grow with the load by
//! themselves, and a lone command never waits for company.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;

use super::{BatchError, Submit};
use crate::config::gather::GatherConfig;
use crate::error::ApiError;

/// A command, and who waits for its outcome.
struct Waiting<S: Submit> {
    command: S::Command,
    reply: oneshot::Sender<Result<S::Outcome, BatchError>>,
}

type Queue<S> = Arc<Mutex<mpsc::Receiver<Waiting<S>>>>;

/// A queue with its workers.
pub(super) struct Lane<S: Submit> {
    sender: std::sync::Mutex<Option<mpsc::Sender<Waiting<S>>>>,
    workers: Mutex<JoinSet<()>>,
}

impl<S: Submit> Lane<S> {
    pub(super) fn start(
        name: &str,
        submit: &Arc<S>,
        worker_count: usize,
        config: &GatherConfig,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(config.queue_length);
        let queue = Arc::new(Mutex::new(receiver));
        let mut workers = JoinSet::new();
        for _ in 0..worker_count {
            let (name, submit, queue) = (name.to_owned(), submit.clone(), queue.clone());
            workers.spawn(keep_working(name, submit, queue, config.batch_limit));
        }
        Lane {
            sender: std::sync::Mutex::new(Some(sender)),
            workers: Mutex::new(workers),
        }
    }

    pub(super) async fn run(&self, command: S::Command) -> Result<S::Outcome, ApiError> {
        let (reply, outcome) = oneshot::channel();
        let sender = self.sender().clone().ok_or(ApiError::Unavailable)?;
        sender
            .try_send(Waiting { command, reply })
            .map_err(|_| ApiError::Overloaded)?;
        drop(sender);
        match outcome.await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(BatchError::Busy)) => Err(ApiError::Overloaded),
            Ok(Err(BatchError::Unavailable)) => Err(ApiError::Unavailable),
            Ok(Err(BatchError::Failed(details))) => Err(ApiError::Internal(details)),
            // A worker that broke down took the reply with it, and may have sent its batch.
            Ok(Err(BatchError::OutcomeUnknown)) | Err(_) => Err(ApiError::OutcomeUnknown),
        }
    }

    pub(super) async fn finish(&self) {
        self.sender().take();
        let mut workers = self.workers.lock().await;
        while workers.join_next().await.is_some() {}
    }

    fn sender(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Sender<Waiting<S>>>> {
        self.sender
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A batch that panics takes its own waiters with it, not the lane.
async fn keep_working<S: Submit>(name: String, submit: Arc<S>, queue: Queue<S>, limit: usize) {
    while let Err(error) = tokio::spawn(work(submit.clone(), queue.clone(), limit)).await {
        tracing::error!(lane = name, %error, "a gathering worker broke down; starting another");
    }
}

/// Until the queue is closed and empty.
async fn work<S: Submit>(submit: Arc<S>, queue: Queue<S>, limit: usize) {
    let mut taken = Vec::with_capacity(limit);
    loop {
        // The guard is dropped before the batch runs: the next worker gathers meanwhile.
        if queue.lock().await.recv_many(&mut taken, limit).await == 0 {
            return;
        }
        let mut commands = Vec::with_capacity(taken.len());
        let mut replies = Vec::with_capacity(taken.len());
        // Nobody waits for a command whose client hung up before it was sent: it is not sent.
        for waiting in taken.drain(..).filter(|waiting| !waiting.reply.is_closed()) {
            commands.push(waiting.command);
            replies.push(waiting.reply);
        }
        if !commands.is_empty() {
            run_batch(&*submit, &commands, replies).await;
        }
    }
}

async fn run_batch<S: Submit>(
    submit: &S,
    commands: &[S::Command],
    replies: Vec<oneshot::Sender<Result<S::Outcome, BatchError>>>,
) {
    match submit.submit(commands).await {
        Ok(outcomes) if outcomes.len() == commands.len() => {
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                // The client may have hung up meanwhile.
                let _ = reply.send(Ok(outcome));
            }
        }
        // A command that makes the database refuse its whole batch must not harm the others: the
        // batch was rolled back, so each runs again by itself.
        Err(BatchError::Failed(details)) if commands.len() > 1 => {
            tracing::error!(
                details,
                commands = commands.len(),
                "batch refused; running singly"
            );
            for (reply, command) in replies.into_iter().zip(commands) {
                let outcome = submit.submit(std::slice::from_ref(command)).await;
                let _ = reply.send(outcome.and_then(only));
            }
        }
        Ok(outcomes) => {
            let (asked, got) = (commands.len(), outcomes.len());
            tracing::error!(
                asked,
                got,
                "the database answered another number of outcomes"
            );
            answer_all(replies, &BatchError::OutcomeUnknown);
        }
        Err(error) => answer_all(replies, &error),
    }
}

fn only<O>(outcomes: Vec<O>) -> Result<O, BatchError> {
    outcomes
        .into_iter()
        .next()
        .ok_or(BatchError::OutcomeUnknown)
}

fn answer_all<O>(replies: Vec<oneshot::Sender<Result<O, BatchError>>>, error: &BatchError) {
    for reply in replies {
        let _ = reply.send(Err(error.clone()));
    }
}

#[cfg(test)]
mod tests;
