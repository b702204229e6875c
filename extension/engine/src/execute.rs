//! What a command does: guards in the order of [`Reject`], then what cannot fail.

use crate::book::Book;
use crate::command::{Command, Outcome};
use crate::facts::Facts;
use crate::host::Host;
use crate::reject::Reject;
use crate::rules::Rules;

impl Book<'_> {
    /// Executes one command. A reject leaves book, host and facts as they were.
    pub fn execute(
        &mut self,
        _rules: &Rules,
        _host: &mut impl Host,
        _command: &Command,
        _facts: &mut Facts,
    ) -> Result<Outcome, Reject> {
        Err(Reject::MarketHalted)
    }
}
