//! Puts questions that are asked at the same time into one round trip.
//!
//! A worker takes what arrived while it waited for its last answer, so a lone question never waits
//! for company and a crowd costs one query. An answer always comes from a query that began after
//! its question was asked.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::error::ApiError;

/// Answers many questions at once.
pub trait Answers: Send + Sync + 'static {
    /// One question.
    type Question: Send + 'static;
    /// Its answer.
    type Answer: Send + 'static;

    /// An answer for each question, in the same order.
    fn answer(
        &self,
        questions: Vec<Self::Question>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, client::Error>> + Send;
}

struct Waiting<A: Answers> {
    question: A::Question,
    reply: oneshot::Sender<Result<A::Answer, client::Error>>,
}

/// A bounded queue of questions and the worker that empties it.
pub struct Batcher<A: Answers> {
    sender: mpsc::Sender<Waiting<A>>,
    wait: Duration,
}

impl<A: Answers> Clone for Batcher<A> {
    fn clone(&self) -> Self {
        Batcher {
            sender: self.sender.clone(),
            wait: self.wait,
        }
    }
}

impl<A: Answers> Batcher<A> {
    /// Starts the worker; it ends with the last clone. `queue_length` questions may wait, each for
    /// `wait` at most, of which `batch_limit` go into one round trip.
    pub fn start(answers: A, queue_length: usize, batch_limit: usize, wait: Duration) -> Self {
        let (sender, receiver) = mpsc::channel(queue_length);
        tokio::spawn(keep_working(Arc::new(answers), receiver, batch_limit));
        Batcher { sender, wait }
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// `Overloaded` where too many wait; `Unavailable` where it takes too long, also because the
    /// batch before did; otherwise the database's.
    pub async fn ask(&self, question: A::Question) -> Result<A::Answer, ApiError> {
        let (reply, answer) = oneshot::channel();
        self.sender
            .try_send(Waiting { question, reply })
            .map_err(|_| ApiError::Overloaded)?;
        match timeout(self.wait, answer).await {
            Ok(Ok(answer)) => Ok(answer?),
            Err(_) => Err(ApiError::Unavailable),
            Ok(Err(_)) => Err(ApiError::Internal("a batch of questions broke down".into())),
        }
    }
}

async fn keep_working<A: Answers>(
    answers: Arc<A>,
    mut queue: mpsc::Receiver<Waiting<A>>,
    batch_limit: usize,
) {
    let mut taken = Vec::with_capacity(batch_limit);
    while queue.recv_many(&mut taken, batch_limit).await > 0 {
        let waiting = taken.drain(..).filter(|waiting| !waiting.reply.is_closed());
        let (questions, replies): (Vec<_>, Vec<_>) = waiting
            .map(|waiting| (waiting.question, waiting.reply))
            .unzip();
        if questions.is_empty() {
            continue;
        }
        // In a task of its own: a batch that panics takes its own waiters with it, not the queue.
        let asked = answers.clone();
        let answered = tokio::spawn(async move { asked.answer(questions).await }).await;
        let answered = match answered {
            Ok(Ok(given)) if given.len() == replies.len() => Ok(given),
            Ok(Ok(given)) => Err(client::Error::Bug(format!(
                "{} answers to {} questions",
                given.len(),
                replies.len()
            ))),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(client::Error::Bug(error.to_string())),
        };
        give(replies, answered);
    }
}

/// Whoever hung up meanwhile misses nothing.
fn give<T>(
    replies: Vec<oneshot::Sender<Result<T, client::Error>>>,
    answered: Result<Vec<T>, client::Error>,
) {
    match answered {
        Ok(answers) => {
            for (reply, answer) in replies.into_iter().zip(answers) {
                let _ = reply.send(Ok(answer));
            }
        }
        Err(error) => {
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const WAIT: Duration = Duration::from_secs(1);

    /// Never answers.
    struct Silent;

    impl Answers for Silent {
        type Question = ();
        type Answer = ();

        async fn answer(&self, _: Vec<()>) -> Result<Vec<()>, client::Error> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_said_whoever_came_before() {
        let batcher = Batcher::start(Silent, 10, 1, WAIT);
        let began = tokio::time::Instant::now();
        let asked = join_all((0..3).map(|_| batcher.ask(()))).await;
        assert!(
            asked
                .iter()
                .all(|told| matches!(told, Err(ApiError::Unavailable)))
        );
        assert_eq!(began.elapsed(), WAIT);
    }

    /// Doubles, and counts round trips; refuses a batch with a zero.
    struct Doubling(Arc<AtomicUsize>);

    impl Answers for Doubling {
        type Question = u32;
        type Answer = u32;

        async fn answer(&self, questions: Vec<u32>) -> Result<Vec<u32>, client::Error> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            match questions.iter().min() {
                Some(0) => Err(client::Error::Unavailable("away".into())),
                Some(1) => panic!("as asked"),
                _ => Ok(questions.iter().map(|n| n * 2).collect()),
            }
        }
    }

    #[tokio::test]
    async fn many_questions_cost_few_round_trips_and_each_gets_its_answer() {
        let trips = Arc::new(AtomicUsize::new(0));
        let batcher = Batcher::start(Doubling(trips.clone()), 1000, 1000, WAIT);
        let answers = join_all((2..102).map(|n| batcher.ask(n))).await;
        for (n, answer) in (2..102).zip(answers) {
            assert_eq!(answer.expect("answered"), n * 2);
        }
        assert!(trips.load(Ordering::Relaxed) <= 2);
    }

    #[tokio::test]
    async fn a_batch_that_fails_fails_alone() {
        let batcher = Batcher::start(Doubling(Arc::default()), 10, 10, WAIT);
        let away = batcher.ask(0).await;
        assert!(matches!(away, Err(ApiError::Unavailable)), "{away:?}");
        let broken = batcher.ask(1).await;
        assert!(matches!(broken, Err(ApiError::Internal(_))), "{broken:?}");
        assert_eq!(batcher.ask(4).await.expect("answered"), 8);
    }

    #[tokio::test]
    async fn a_full_queue_is_told_at_once() {
        let batcher = Batcher::start(Doubling(Arc::default()), 1, 1, WAIT);
        let asked = join_all((2..12).map(|n| batcher.ask(n))).await;
        assert!(
            asked
                .iter()
                .any(|answer| matches!(answer, Err(ApiError::Overloaded)))
        );
    }
}
