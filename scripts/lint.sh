#!/usr/bin/env bash
# Format check, and clippy with warnings as errors, over the whole workspace.
cd "$(dirname "$0")/.."
. scripts/settings.sh

step "Checking the format"
cargo fmt --all --check
step "Running clippy"
cargo clippy --locked --all-targets -- -D warnings
# In the profile in which it was built, so that the headers are not translated once more.
cargo clippy --locked --release -p exchange --all-targets -- -D warnings
