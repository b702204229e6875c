#!/usr/bin/env bash
# Format check, and clippy with warnings as errors, over the whole workspace.
cd "$(dirname "$0")/.."
. scripts/settings.sh

step "Checking the format"
cargo fmt --all --check
step "Running clippy"
cargo clippy --workspace --all-targets --locked -- -D warnings
