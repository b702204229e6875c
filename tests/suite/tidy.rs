//! Style that a machine can hold; see docs/style.md. Nothing here needs Postgres but the test of
//! comments in the catalogue.

mod catalogue;
mod rust;
mod settings;
mod source;
mod sql;
