#!/usr/bin/env bash
# Licences, sources and known faults of the dependencies, as deny.toml wants them. Not part of
# `make test`: it needs the network, and a fresh machine builds cargo-deny for minutes.
cd "$(dirname "$0")/.."
. scripts/settings.sh

if ! cargo deny --version >/dev/null 2>&1; then
    step "Installing cargo-deny (some minutes)"
    cargo install --locked cargo-deny
fi
cargo deny check
