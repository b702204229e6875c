//! What the single forms share: each is a batch of one, so it cannot behave otherwise than
//! `submit`.

use crate::batch;
use serde_json::{Map, Value};

/// A command under construction; fields that are null in SQL are left out.
pub(super) struct Single(Map<String, Value>);

impl Single {
    pub(super) fn new(verb: &str) -> Single {
        Single(Map::from_iter([("verb".to_owned(), Value::from(verb))]))
    }

    pub(super) fn with(mut self, field: &str, value: Option<impl Into<Value>>) -> Single {
        if let Some(value) = value {
            self.0.insert(field.to_owned(), value.into());
        }
        self
    }

    /// As [`Single::with`] for a decimal, which travels as text.
    pub(super) fn with_decimal(self, field: &str, value: Option<pgrx::AnyNumeric>) -> Single {
        self.with(field, value.map(|value| value.to_string()))
    }

    /// Runs the command and returns its outcome.
    pub(super) fn submit(self) -> String {
        let outcomes = batch::submit(&Value::from(vec![Value::from(self.0)]).to_string());
        outcomes[1..outcomes.len() - 1].to_owned()
    }
}
