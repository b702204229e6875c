//! The people who run the exchange: how they come in, what takes two of them, and what is logged.

mod audit;
mod chain;
mod enrolment;
mod login;
mod proposals;
mod second_person;
mod stage;
