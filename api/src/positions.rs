//! How far the database is, asked for as seldom as possible: one query answers all who wait. It
//! begins after each of them asked, so that it sees whatever was acknowledged before.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use client::Pool;
use tokio::sync::{mpsc, oneshot};

use crate::error::ApiError;

/// Questions that may wait.
const WAITING: usize = 65_536;
/// Questions that one query answers at most.
const AT_ONCE: usize = 8192;
/// How long a question waits for its answer: the client shall hear of it within a second.
const ANSWER_LIMIT: Duration = Duration::from_millis(800);

/// The numbers of the last messages of streams.
pub type Found = Arc<HashMap<i32, i64>>;

struct Question {
    stream_ids: Arc<[i32]>,
    answer: oneshot::Sender<Result<Found, ApiError>>,
}

/// Where the streams stand. Cheap to clone.
#[derive(Clone)]
pub struct Positions {
    questions: mpsc::Sender<Question>,
}

impl Positions {
    /// Answers from this database.
    pub fn start(pool: Pool) -> Self {
        let (questions, asked) = mpsc::channel(WAITING);
        tokio::spawn(answer(pool, asked));
        Positions { questions }
    }

    /// The number of a stream's last message, as a query saw it that began after this call.
    ///
    /// # Errors
    /// `Unavailable` where the database does not answer in time; `Overloaded` where too many wait.
    pub async fn of(&self, stream_id: i32) -> Result<i64, ApiError> {
        let found = self.of_all(Arc::from([stream_id])).await?;
        Ok(found.get(&stream_id).copied().unwrap_or(0))
    }

    /// The same of several streams at one moment.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub async fn of_all(&self, stream_ids: Arc<[i32]>) -> Result<Found, ApiError> {
        let (answer, answered) = oneshot::channel();
        let question = Question { stream_ids, answer };
        if self.questions.try_send(question).is_err() {
            return Err(ApiError::Overloaded);
        }
        match tokio::time::timeout(ANSWER_LIMIT, answered).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) | Err(_) => Err(ApiError::Unavailable),
        }
    }
}

/// One query after the other, each for all who waited when it began.
async fn answer(pool: Pool, mut asked: mpsc::Receiver<Question>) {
    let mut questions = Vec::new();
    while asked.recv_many(&mut questions, AT_ONCE).await > 0 {
        let wanted: BTreeSet<i32> = questions
            .iter()
            .flat_map(|question| question.stream_ids.iter().copied())
            .collect();
        let wanted: Vec<i32> = wanted.into_iter().collect();
        let reading = client::positions_of(&pool, &wanted);
        let read = tokio::time::timeout(ANSWER_LIMIT, reading).await;
        let found = match read {
            Ok(Ok(found)) => Some(Arc::new(found.into_iter().collect::<HashMap<_, _>>())),
            Ok(Err(error)) => {
                tracing::debug!(%error, "cannot read positions");
                None
            }
            Err(_) => None,
        };
        for question in questions.drain(..) {
            let answer = found.clone().ok_or(ApiError::Unavailable);
            // Who has given up needs no answer.
            let _ = question.answer.send(answer);
        }
    }
}
