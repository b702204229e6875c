//! What a watcher does about a failure: says it once, pauses longer and longer up to a limit, and
//! says once when it is over.

use std::time::Duration;

use crate::node_client::NodeError;

/// Pause after the first failure; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why a round ended early.
#[derive(Debug)]
pub(super) enum Trouble {
    Node(NodeError),
    Database(client::Error),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Node(error) => error.fmt(f),
            Trouble::Database(error) => error.fmt(f),
        }
    }
}

impl From<NodeError> for Trouble {
    fn from(error: NodeError) -> Self {
        Trouble::Node(error)
    }
}

impl From<client::Error> for Trouble {
    fn from(error: client::Error) -> Self {
        Trouble::Database(error)
    }
}

/// Failures in a row.
pub(super) struct Failures {
    network: String,
    pause: Option<Duration>,
}

impl Failures {
    pub(super) fn new(network: String) -> Self {
        let pause = None;
        Failures { network, pause }
    }

    /// How long to wait.
    ///
    /// # Errors
    /// The node is of another chain: nothing that it says may be believed, now or later.
    pub(super) fn begun(&mut self, trouble: Trouble) -> anyhow::Result<Duration> {
        if let Trouble::Database(error) = &trouble
            && error.reject_code() == Some("WRONG_NODE")
        {
            anyhow::bail!("{}: {error}", self.network);
        }
        let network = &self.network;
        match self.pause {
            None => tracing::warn!(network, "cannot watch; trying again: {trouble}"),
            Some(_) => tracing::debug!(network, "still cannot watch: {trouble}"),
        }
        let pause = self.pause.map_or(FIRST_PAUSE, |last| last * 2);
        let pause = pause.min(LONGEST_PAUSE);
        self.pause = Some(pause);
        Ok(pause)
    }

    /// A round went well.
    pub(super) fn ended(&mut self) {
        if self.pause.take().is_some() {
            tracing::info!(network = self.network, "watching again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew() {
        let mut failures = Failures::new("bitcoin".to_owned());
        let away = || Trouble::Node(NodeError::Away(anyhow::anyhow!("away")));
        let pauses: Vec<Duration> = (0..10)
            .map(|_| failures.begun(away()).expect("it is tried again"))
            .collect();
        assert_eq!(pauses[..2], [FIRST_PAUSE, FIRST_PAUSE * 2]);
        assert_eq!(pauses[9], LONGEST_PAUSE);
        failures.ended();
        assert_eq!(failures.begun(away()).expect("a pause"), FIRST_PAUSE);
    }

    #[test]
    fn a_wrong_node_is_not_tried_again() {
        let code = "WRONG_NODE".to_owned();
        let message = "another chain".to_owned();
        let wrong = Trouble::Database(client::Error::Rejected { code, message });
        assert!(Failures::new("bitcoin".to_owned()).begun(wrong).is_err());
    }
}
