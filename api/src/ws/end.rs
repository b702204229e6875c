//! Why a socket ends, and what its client is told (RFC 6455, section 7.4).

use std::borrow::Cow;

use axum::extract::ws::{CloseFrame, Utf8Bytes};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;

/// A reason is at most so long: a control frame has 125 bytes, two of them the code's.
const REASON_BYTES: usize = 123;

const PROTOCOL: u16 = 1002;
const POLICY: u16 = 1008;
const TOO_LARGE: u16 = 1009;
const RESTART: u16 = 1012;

/// Why a socket ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client closed it, or the connection is lost.
    Gone,
    /// What came is no WebSocket frame.
    Garbled(String),
    /// A frame or message is over the limit.
    TooLarge(String),
    /// The client reads more slowly than it is told.
    TooSlow,
    /// Nothing was heard of the client.
    Silent,
    /// The client went on after it was told that it sends too much.
    TooMany,
    /// The credential was revoked.
    Revoked,
    /// The session's time is over.
    SessionOver,
    /// Revocations came faster than they could be looked at: one of them may have been its own.
    Unsure,
    /// The server stops.
    Stopping,
}

impl End {
    /// Of an error of the socket.
    pub(super) fn of_error(error: axum::Error) -> Self {
        let inner = error.into_inner();
        match inner.downcast_ref::<Error>() {
            Some(Error::Capacity(error)) => End::TooLarge(error.to_string()),
            // The connection is lost without a closing frame: nobody is there to be told.
            Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Gone,
            Some(Error::Protocol(error)) => End::Garbled(error.to_string()),
            Some(Error::Utf8(problem)) => End::Garbled(problem.clone()),
            _ => End::Gone,
        }
    }

    /// What the client is told, if it is still there.
    pub(super) fn frame(&self) -> Option<CloseFrame> {
        let (code, reason): (u16, Cow<'static, str>) = match self {
            End::Gone => return None,
            End::Garbled(problem) => (PROTOCOL, problem.clone().into()),
            End::TooLarge(problem) => (TOO_LARGE, problem.clone().into()),
            End::TooSlow => (
                POLICY,
                "too slow: messages came faster than you read".into(),
            ),
            End::Silent => (POLICY, "silent: no answer to pings".into()),
            End::TooMany => (POLICY, "too many messages, in spite of RATE_LIMITED".into()),
            End::Revoked => (POLICY, "the credential was revoked".into()),
            End::SessionOver => (POLICY, "the session has ended: log in again".into()),
            End::Unsure => (RESTART, "connect and authenticate again".into()),
            End::Stopping => (RESTART, "the server stops: connect again".into()),
        };
        Some(CloseFrame {
            code,
            reason: short(&reason),
        })
    }
}

fn short(reason: &str) -> Utf8Bytes {
    let end = reason.floor_char_boundary(REASON_BYTES);
    reason[..end].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_into_a_control_frame() {
        let frame = End::Garbled("ä".repeat(100)).frame().expect("a frame");
        assert_eq!(frame.reason.as_str(), "ä".repeat(61));
        assert_eq!(End::Gone.frame(), None);
    }
}
