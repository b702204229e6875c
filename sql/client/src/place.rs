//! Where a row stands in a list that is read page by page.

use time::OffsetDateTime;

/// The key that a list is ordered by: the page after a row begins below its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the fact happened.
    pub at: OffsetDateTime,
    /// The fact's number.
    pub number: i64,
    /// Which of the fact's rows; 0 where there is one.
    pub part: i32,
}
