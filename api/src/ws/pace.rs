//! How much a client sends: so many messages in each second, and twice as many end the socket.

use std::time::Duration;

use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(1);

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is done.
    Take,
    /// It is refused.
    Refuse,
    /// It was one too many.
    End,
}

/// Counts messages.
pub(super) struct Pace {
    limit: usize,
    began_at: Instant,
    count: usize,
}

impl Pace {
    /// So many a second.
    pub(super) fn new(limit: usize) -> Self {
        Pace {
            limit,
            began_at: Instant::now(),
            count: 0,
        }
    }

    /// Counts one.
    pub(super) fn count(&mut self) -> Verdict {
        let now = Instant::now();
        if now - self.began_at >= WINDOW {
            (self.began_at, self.count) = (now, 0);
        }
        self.count += 1;
        match self.count {
            count if count <= self.limit => Verdict::Take,
            count if count <= 2 * self.limit => Verdict::Refuse,
            _ => Verdict::End,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn too_many_are_refused_and_far_too_many_end_it() {
        let mut pace = Pace::new(2);
        let verdicts: Vec<_> = (0..5).map(|_| pace.count()).collect();
        assert_eq!(verdicts[..2], [Verdict::Take; 2]);
        assert_eq!(verdicts[2..4], [Verdict::Refuse; 2]);
        assert_eq!(verdicts[4], Verdict::End);
        tokio::time::advance(WINDOW).await;
        assert_eq!(pace.count(), Verdict::Take);
    }
}
