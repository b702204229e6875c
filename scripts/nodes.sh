#!/usr/bin/env bash
# Installs real nodes for the tests and the demo, once, into a cache that `make clean` leaves alone:
# `nodes.sh` both and the contracts; `nodes.sh bitcoin` or `nodes.sh evm` one. Prints nothing when they are there.
cd "$(dirname "$0")/.."
. scripts/settings.sh

# The crate ships the source of Bitcoin Core; cargo downloads it, and its checksum is looked at here.
readonly CORE_CRATE=libbitcoinkernel-sys
readonly CORE_VERSION=0.4.1
readonly CORE_SHA256=345d18a1ce19a1becfcaaa066e3a60e9c7813ef5c23ea8c20704ca4ba1a46339
readonly CORE_PACKAGES=(cmake make g++ libboost-dev libevent-dev)
readonly CORE_OPTIONS=(
    -DBUILD_DAEMON=ON -DBUILD_CLI=ON -DBUILD_TESTS=OFF -DBUILD_TX=OFF -DBUILD_UTIL=OFF -DBUILD_BENCH=OFF
    -DENABLE_WALLET=OFF -DENABLE_IPC=OFF -DWITH_ZMQ=OFF -DWITH_EMBEDDED_ASMAP=OFF -DINSTALL_MAN=OFF
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1
)
readonly CORE_DIR=$EXCHANGE_CACHE_DIR/bitcoin-core-$CORE_VERSION
readonly NPM_DIR=$EXCHANGE_CACHE_DIR/npm
readonly PINNED=scripts/nodes/package-lock.json

main() {
    mkdir -p "$EXCHANGE_CACHE_DIR"
    scripts/setup.sh node
    case "${1:-all}" in
        all) install_evm && install_bitcoin ;;
        evm) install_evm ;;
        bitcoin) install_bitcoin ;;
        *) die "scripts/nodes.sh [all|bitcoin|evm]" ;;
    esac
}

# Two at once would build the same twice: the second waits for the first.
locked() {
    exec 7>"$EXCHANGE_CACHE_DIR/lock.$1"
    flock 7
}

install_evm() {
    locked evm
    ! cmp -s "$PINNED" "$NPM_DIR/package-lock.json.installed" || return 0
    step "Installing the Ethereum node and the contracts from npm into $NPM_DIR"
    mkdir -p "$NPM_DIR"
    cp scripts/nodes/package.json "$PINNED" "$NPM_DIR/"
    npm ci --prefix "$NPM_DIR" --ignore-scripts --no-audit --no-fund --loglevel=error ||
        die "npm could not install what $PINNED names"
    mkdir -p "$EXCHANGE_CACHE_DIR/bin"
    ln -sf "$(anvil_binary)" "$EXCHANGE_CACHE_DIR/bin/anvil"
    "$EXCHANGE_CACHE_DIR/bin/anvil" --version >/dev/null || die "anvil was installed but does not start"
    cp "$PINNED" "$NPM_DIR/package-lock.json.installed"
}

# npm installs the one of this machine's kind beside a small launcher.
anvil_binary() {
    local found
    found=$(find "$NPM_DIR/node_modules/@foundry-rs" -type f -name anvil -path '*/bin/*' | head -n 1)
    [ -n "$found" ] || die "the npm package of anvil has no binary for this machine"
    echo "$found"
}

install_bitcoin() {
    ! command -v bitcoind >/dev/null || return 0
    locked bitcoin
    [ ! -x "$EXCHANGE_CACHE_DIR/bin/bitcoind" ] || return 0
    scripts/setup.sh packages "${CORE_PACKAGES[@]}"
    step "Building Bitcoin Core into $CORE_DIR, once (some seven minutes on two cores)"
    local log=$EXCHANGE_CACHE_DIR/bitcoin-core.log
    unpack_core
    if ! build_core >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "Bitcoin Core could not be built; all of it: $log"
    fi
    rm -rf "$CORE_DIR"
}

unpack_core() {
    local crate fetching=$CORE_DIR/fetch
    rm -rf "$CORE_DIR"
    mkdir -p "$fetching/src"
    printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n%s = "=%s"\n[workspace]\n' \
        "$CORE_CRATE" "$CORE_VERSION" >"$fetching/Cargo.toml"
    : >"$fetching/src/lib.rs"
    (cd "$fetching" && cargo fetch --quiet) || die "cargo could not fetch $CORE_CRATE"
    crate=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/cache" -name "$CORE_CRATE-$CORE_VERSION.crate" | head -n 1)
    [ -n "$crate" ] || die "cargo fetched $CORE_CRATE, but its archive is not in its cache"
    echo "$CORE_SHA256  $crate" | sha256sum --check --quiet || die "$crate is not what was pinned"
    tar -xzf "$crate" -C "$CORE_DIR" --strip-components 1
}

build_core() {
    cmake -S "$CORE_DIR/bitcoin" -B "$CORE_DIR/build" "${CORE_OPTIONS[@]}" &&
        nice -n 10 cmake --build "$CORE_DIR/build" --parallel "$(nproc)" --target bitcoind bitcoin-cli &&
        mkdir -p "$EXCHANGE_CACHE_DIR/bin" &&
        cp "$CORE_DIR/build/bin/bitcoin-cli" "$EXCHANGE_CACHE_DIR/bin/" &&
        cp "$CORE_DIR/build/bin/bitcoind" "$EXCHANGE_CACHE_DIR/bin/bitcoind.new" &&
        mv "$EXCHANGE_CACHE_DIR/bin/bitcoind.new" "$EXCHANGE_CACHE_DIR/bin/bitcoind"
}

main "$@"
