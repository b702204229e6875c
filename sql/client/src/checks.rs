//! The invariants: what the check views and the book's own check find.

use serde_json::Value;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// Most problems that are read at once.
pub const MAX_PROBLEMS: i64 = 1000;

/// A violated invariant.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// The view's name.
    pub check_name: String,
    /// The offending row.
    pub row: Value,
}

/// Runs all checks in one snapshot; empty when all is well, [`MAX_PROBLEMS`] at most.
///
/// # Errors
/// The database's.
pub async fn violations(on: &impl Query) -> Result<Vec<Violation>, Error> {
    const STATEMENT: Statement = Statement::read(
        "violations",
        "select check_name, violation from checks.violations limit $1",
    );
    let rows = on.rows(STATEMENT, &[&MAX_PROBLEMS]).await?;
    let violation = |row| {
        Ok(Violation {
            check_name: column(row, 0)?,
            row: column(row, 1)?,
        })
    };
    rows.iter().map(violation).collect()
}

/// Where the book in shared memory is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookProblem {
    /// The market's symbol.
    pub market: String,
    /// The order, where it is about one.
    pub order_id: Option<i64>,
    /// What is wrong.
    pub problem: String,
}

/// Compares the book of a market (or of all) with the tables.
///
/// # Errors
/// The database's.
pub async fn verify_book(on: &impl Query, market: Option<&str>) -> Result<Vec<BookProblem>, Error> {
    const STATEMENT: Statement = Statement::read(
        "verify_book",
        "select market, order_id, problem from exchange.verify_book($1) limit $2",
    );
    let rows = on.rows(STATEMENT, &[&market, &MAX_PROBLEMS]).await?;
    let problem = |row| {
        Ok(BookProblem {
            market: column(row, 0)?,
            order_id: column(row, 1)?,
            problem: column(row, 2)?,
        })
    };
    rows.iter().map(problem).collect()
}
