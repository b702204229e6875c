//! What can go wrong, by what the caller should do about it.

use tokio_postgres::error::SqlState;

/// SQLSTATE of input that a SQL function of ours refuses; see `sql/functions/reject.sql`.
const REJECT: &str = "RJECT";

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Other transactions were in the way, again and again. Nothing was done; try later.
    #[error("the database is busy; nothing was done: {0}")]
    Busy(String),
    /// Too many callers wait for a connection already. Nothing was done; try later.
    #[error("too many callers wait for the database; nothing was done: {0}")]
    Overloaded(String),
    /// No connection, or a server that takes no work. Nothing was done; try later.
    #[error("the database cannot be reached; nothing was done: {0}")]
    Unavailable(String),
    /// The server was lost while it worked: it may have been done. Repeat with the same key, or
    /// read.
    #[error("the database was lost; the outcome is unknown: {0}")]
    OutcomeUnknown(String),
    /// The input was refused; nothing was done.
    #[error("{code}: {message}")]
    Rejected {
        /// Such as `UNKNOWN_ASSET`.
        code: String,
        /// For people.
        message: String,
    },
    /// A fault of ours: log it.
    #[error("database fault: {0}")]
    Bug(String),
}

impl Error {
    /// The code of an argument that a function refuses without a code of its own.
    pub const INVALID_ARGUMENT: &'static str = "INVALID_ARGUMENT";

    /// What a risk rule denies. The function returned, so that its event stays, and did nothing.
    pub(crate) fn denied() -> Error {
        Error::Rejected {
            code: "RISK_DENIED".to_owned(),
            message: "a risk rule forbids this".to_owned(),
        }
    }

    /// The answer of a function that says whether it was done, or denied by a risk rule.
    pub(crate) fn unless_denied(is_done: bool) -> Result<(), Error> {
        is_done.then_some(()).ok_or_else(Error::denied)
    }

    /// Whether the same call may succeed in a moment, and was certainly not done.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Busy(_))
    }

    /// Whether the connection was lost, or cannot be relied on any more.
    pub(crate) fn is_loss(&self) -> bool {
        matches!(self, Error::Unavailable(_) | Error::OutcomeUnknown(_))
    }

    /// The code of a rejection.
    pub fn reject_code(&self) -> Option<&str> {
        match self {
            Error::Rejected { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The class of what the driver reports.
    pub(crate) fn of(error: &tokio_postgres::Error, effect: Effect) -> Error {
        let Some(said) = error.as_db_error() else {
            return Error::of_driver(error, effect);
        };
        let text = format!("{} ({})", said.message(), said.code().code());
        match said.code() {
            code if code.code() == REJECT => rejected(said.message()),
            &SqlState::INVALID_PARAMETER_VALUE => Error::Rejected {
                code: Error::INVALID_ARGUMENT.to_owned(),
                message: said.message().to_owned(),
            },
            &SqlState::T_R_SERIALIZATION_FAILURE
            | &SqlState::T_R_DEADLOCK_DETECTED
            | &SqlState::LOCK_NOT_AVAILABLE => Error::Busy(text),
            &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::DATABASE_DROPPED
            | &SqlState::READ_ONLY_SQL_TRANSACTION => Error::Unavailable(text),
            code => match &code.code()[..2] {
                // Too many connections, disk full, out of memory.
                "53" => Error::Unavailable(text),
                // Shut down, terminated or cancelled; a commit may already have happened.
                "57" | "08" => effect.lost(text),
                _ => Error::Bug(text),
            },
        }
    }

    fn of_driver(error: &tokio_postgres::Error, effect: Effect) -> Error {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        let mut from_network = error.is_closed();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            from_network |= cause.is::<std::io::Error>();
            source = cause.source();
        }
        if from_network {
            effect.lost(text)
        } else {
            Error::Bug(text)
        }
    }
}

/// Whether a statement changes anything: decides what the loss of the server means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only reads, so that a loss means that nothing was done.
    Reads,
    /// It writes, so that a loss leaves the outcome unknown.
    Writes,
}

impl Effect {
    pub(crate) fn lost(self, text: String) -> Error {
        match self {
            Effect::Reads => Error::Unavailable(text),
            Effect::Writes => Error::OutcomeUnknown(text),
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A required setting is missing.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A setting that must be a positive number is none.
    #[error("{0} must be a positive number, not '{1}'")]
    NotANumber(&'static str, String),
    /// The URL is none.
    #[error("DATABASE_URL cannot be read: {0}")]
    Url(String),
}

/// `CODE: words`, as `exchange.reject` puts it.
fn rejected(message: &str) -> Error {
    let (code, message) = message.split_once(": ").unwrap_or(("REJECTED", message));
    Error::Rejected {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_split_into_code_and_words() {
        let error = rejected("UNKNOWN_ASSET: no asset X: none");
        assert_eq!(error.reject_code(), Some("UNKNOWN_ASSET"));
        assert_eq!(error.to_string(), "UNKNOWN_ASSET: no asset X: none");
    }

    #[test]
    fn a_lost_server_leaves_only_writes_in_doubt() {
        assert_eq!(
            Effect::Reads.lost("x".into()),
            Error::Unavailable("x".into())
        );
        assert_eq!(
            Effect::Writes.lost("x".into()),
            Error::OutcomeUnknown("x".into())
        );
    }
}
