//! Isolation specs: what sessions see of each other, step by step, in every order that is listed.
//!
//! A spec names sessions and their steps; each permutation is run on a fresh exchange. A step that
//! waits for a lock says so, and what it answers is shown when it stops waiting. Waiting is seen in
//! pg_stat_activity, never guessed from time. Read one of `isolation/*.txt` first.

mod run;
mod spec;

pub use run::{Transcript, run};
pub use spec::{Permutation, Spec, read};
