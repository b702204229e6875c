//! What a client's message says, as strictly as a request's body: unknown, missing and repeated
//! fields are refused by name. The answer carries the message's id.

use std::collections::HashMap;

use axum::extract::ws::Utf8Bytes;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::ApiError;
use crate::extract::parse_json;
use crate::feed::candles::Interval;
use crate::openapi::ErrorBody;

/// Characters of an id, so that an answer is not as large as the client likes.
const ID_LENGTH: usize = 64;

/// The client's name for a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

/// What every message begins with; the rest is read once the operation is known.
#[derive(Debug, Deserialize)]
struct Head {
    id: Option<serde_json::Value>,
    op: Option<serde_json::Value>,
}

/// A message's id and operation.
pub(super) struct Named {
    pub(super) id: Option<Id>,
    pub(super) op: Result<String, ApiError>,
}

impl Named {
    /// Reads them; where the id is well formed, it is known however wrong the rest is.
    pub(super) fn read(text: &str) -> Self {
        let head: Head = match parse_json(text.as_bytes()) {
            Ok(head) => head,
            Err(error) => {
                return Named {
                    id: None,
                    op: Err(error),
                };
            }
        };
        let id = match head.id.map(serde_json::from_value::<Id>) {
            Some(Ok(id)) if !matches!(&id, Id::Text(text) if text.len() > ID_LENGTH) => Some(id),
            None => None,
            Some(_) => {
                let message = format!("id is a whole number or at most {ID_LENGTH} characters");
                let op = Err(ApiError::malformed("id", message));
                return Named { id: None, op };
            }
        };
        let op = match head.op {
            Some(serde_json::Value::String(op)) => Ok(op),
            _ => Err(ApiError::malformed("op", "op names an operation")),
        };
        Named { id, op }
    }
}

/// An operation without fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bare {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "op")]
    _op: IgnoredAny,
}

/// `subscribe` and `unsubscribe`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channels {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    pub(super) channels: Vec<Channel>,
}

/// A channel, and from where on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) channel: ChannelName,
    pub(super) market: Option<String>,
    pub(super) interval: Option<Interval>,
    pub(super) after: Option<After>,
}

/// The channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChannelName {
    Depth,
    Trades,
    Ticker,
    Klines,
    Orders,
    Fills,
    Balances,
    Deposits,
    Withdrawals,
}

/// The last number that the client knows: of the market, of the account's deposits or withdrawals,
/// or of each market.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum After {
    Number(i64),
    Markets(HashMap<String, i64>),
}

/// `authenticate`: a token, or a signature of `GET /api/ws`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Authenticate {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    pub(super) token: Option<String>,
    pub(super) csrf_token: Option<String>,
    pub(super) api_key: Option<String>,
    pub(super) timestamp: Option<i64>,
    pub(super) receive_window: Option<i64>,
    pub(super) signature: Option<String>,
}

/// An operation on one order, whose fields are those of the endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnOrder<T> {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    pub(super) order: T,
}

/// `cancelAll`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelAll {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    pub(super) market: Option<String>,
    pub(super) side: Option<client::Side>,
}

/// `cancelOnDisconnect`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelOnDisconnect {
    #[serde(rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "op")]
    _op: IgnoredAny,
    pub(super) enabled: bool,
    pub(super) market: Option<String>,
}

/// The whole message.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    parse_json(text.as_bytes())
}

/// What an operation answers.
pub(super) type Reply = Result<Box<RawValue>, ApiError>;

/// An operation's result.
pub(super) fn reply(result: &impl Serialize) -> Reply {
    let text = serde_json::value::to_raw_value(result);
    text.map_err(|error| ApiError::Internal(error.to_string()))
}

/// The text of an answer.
pub(super) fn answer(id: Option<&Id>, reply: Reply) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Answer<'a> {
        id: Option<&'a Id>,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<Box<RawValue>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<ErrorBody>,
    }
    if let Err(ApiError::Internal(details)) = &reply {
        tracing::error!(details, "internal error");
    }
    let (result, error) = match reply {
        Ok(result) => (Some(result), None),
        Err(error) => (None, Some(error.body())),
    };
    // Types with derived `Serialize` and text keys cannot fail.
    serde_json::to_string(&Answer { id, result, error })
        .unwrap_or_default()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_of<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> Option<String> {
        match parse::<T>(text).expect_err("must be refused") {
            ApiError::Malformed { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_id_is_known_however_wrong_the_rest_is() {
        let named = Named::read(r#"{"id":7,"op":1,"x":[]}"#);
        assert_eq!(named.id, Some(Id::Number(7)));
        assert!(named.op.is_err());
        let named = Named::read(r#"{"id":"a","op":"ping"}"#);
        assert_eq!(named.id, Some(Id::Text("a".to_owned())));
        assert_eq!(named.op.expect("an operation"), "ping");
        for wrong in [
            r#"{"id":[1],"op":"ping"}"#,
            r#"{"id":1.5,"op":"ping"}"#,
            "{",
            "[]",
        ] {
            let named = Named::read(wrong);
            assert!(named.id.is_none() && named.op.is_err(), "{wrong}");
        }
    }

    #[test]
    fn fields_are_refused_by_name() {
        let text = r#"{"op":"subscribe","channels":[{"channel":"depth","marked":"x"}]}"#;
        assert_eq!(
            field_of::<Channels>(text).as_deref(),
            Some("channels[0].marked")
        );
        let text = r#"{"op":"subscribe","channels":[{"channel":"deep"}]}"#;
        assert_eq!(
            field_of::<Channels>(text).as_deref(),
            Some("channels[0].channel")
        );
        assert_eq!(
            field_of::<Channels>(r#"{"op":"x"}"#).as_deref(),
            Some("channels")
        );
        assert_eq!(
            field_of::<Bare>(r#"{"op":"ping","a":1}"#).as_deref(),
            Some("a")
        );
        let text = r#"{"op":"cancelOnDisconnect","enabled":1}"#;
        assert_eq!(
            field_of::<CancelOnDisconnect>(text).as_deref(),
            Some("enabled")
        );
    }

    #[test]
    fn an_answer_has_the_id_and_either_result_or_error() {
        let id = Id::Text("a\"b".to_owned());
        let text = answer(Some(&id), reply(&1));
        assert_eq!(text.as_str(), r#"{"id":"a\"b","result":1}"#);
        let text = answer(None, Err(ApiError::malformed("op", "no")));
        let expected = r#"{"id":null,"error":{"code":"MALFORMED","message":"no","field":"op"}}"#;
        assert_eq!(text.as_str(), expected);
    }
}
