//! Attacks on the API. What is attacked is read from the OpenAPI document, so that a new operation
//! cannot be forgotten.

mod accounts;
mod connections;
mod credentials;
mod inputs;
mod operations;
mod party;
mod staff;
