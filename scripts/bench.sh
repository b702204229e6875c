#!/usr/bin/env bash
# Measures in one run, on a cluster of its own; prints a table and writes target/bench.json.
cd "$(dirname "$0")/.."
. scripts/settings.sh

scripts/setup.sh
scripts/nodes.sh
scripts/install_extension.sh
step "Building and running the bench"
cargo run --release --locked -p tests --bin bench -- "$@"
