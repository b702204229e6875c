//! The people who run the exchange: how they come in, what takes two of them, and what is logged.

mod enrolment;
