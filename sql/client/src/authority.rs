//! By what right a command is given: the credential that came with the request, and until when it
//! holds. The exchange checks both again once it is the command's turn.

use serde::{Deserialize, Serialize};

use crate::commands::Command;

/// The credential behind a command. Without any field nothing is checked: that is for workers and
/// operators, who answer for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Authority {
    /// The login that gave the command; it must be the account's and not have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<i64>,
    /// The API key that signed it; it must be the account's, not revoked, and allow to trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<i64>,
    /// The last moment at which the command may still be done, in milliseconds UTC.
    #[serde(
        rename = "valid_until",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_until_ms: Option<i64>,
}

/// A command with the right to give it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorized {
    /// What is to be done.
    #[serde(flatten)]
    pub command: Command,
    /// By what right.
    #[serde(flatten)]
    pub authority: Authority,
}

impl Command {
    /// The command, given by this right.
    pub fn by(self, authority: Authority) -> Authorized {
        Authorized {
            command: self,
            authority,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    fn cancel() -> Command {
        Command::Cancel {
            account_id: 7,
            order_id: Some(9),
            client_order_id: None,
        }
    }

    #[test]
    fn authority_stands_beside_the_command_s_fields() {
        let authority = Authority {
            session_id: Some(3),
            api_key_id: None,
            valid_until_ms: Some(1_700_000_000_000),
        };
        let wire = json!({"verb": "cancel", "account_id": 7, "order_id": 9, "session_id": 3,
            "valid_until": 1_700_000_000_000_i64});
        assert_eq!(to_value(cancel().by(authority)).expect("serialised"), wire);
    }

    #[test]
    fn no_authority_is_not_sent() {
        let plain = to_value(cancel()).expect("serialised");
        let without = to_value(cancel().by(Authority::default())).expect("serialised");
        assert_eq!(plain, without);
    }
}
