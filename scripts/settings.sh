# Settings of every script: environment variables with defaults, and how to say things.
# Sourced, never run. README.md lists the variables.
# shellcheck shell=bash disable=SC2034

set -euo pipefail

readonly PG_MAJOR=15
readonly CHECKOUT=${CHECKOUT:-$PWD}

EXCHANGE_DEMO=${EXCHANGE_DEMO:-1}
EXCHANGE_BIND=${EXCHANGE_BIND:-127.0.0.1:8080}
EXCHANGE_LOCAL_DIR=${EXCHANGE_LOCAL_DIR:-$CHECKOUT/.local}
EXCHANGE_CACHE_DIR=${EXCHANGE_CACHE_DIR:-$HOME/.cache/exchange}
EXCHANGE_PG_BIN=${EXCHANGE_PG_BIN:-/usr/lib/postgresql/$PG_MAJOR/bin}
EXCHANGE_PG_PORT=${EXCHANGE_PG_PORT:-5440}
EXCHANGE_PG_USER=${EXCHANGE_PG_USER:-postgres}
EXCHANGE_EVM_PORT=${EXCHANGE_EVM_PORT:-8546}
EXCHANGE_BITCOIN_PORT=${EXCHANGE_BITCOIN_PORT:-18543}
EXCHANGE_EVM_BLOCK_SECONDS=${EXCHANGE_EVM_BLOCK_SECONDS:-3}
EXCHANGE_BITCOIN_BLOCK_SECONDS=${EXCHANGE_BITCOIN_BLOCK_SECONDS:-10}
RUST_LOG=${RUST_LOG:-info,api=debug}
export EXCHANGE_DEMO EXCHANGE_BIND EXCHANGE_CACHE_DIR RUST_LOG

# Where setup.sh puts Node if the machine has none that is new enough. Usually it is not there.
readonly NODE_DIR=$EXCHANGE_CACHE_DIR/node
PATH=$NODE_DIR/bin:$PATH

readonly DATABASE=exchange
readonly TARGET=${CARGO_TARGET_DIR:-$CHECKOUT/target}

step() { printf '\033[1m==>\033[0m %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
    printf '\033[1;31merror:\033[0m %s\n' "$*" >&2
    exit 1
}

readonly PIDS_FILE=$EXCHANGE_LOCAL_DIR/pids
readonly SECRETS_FILE=$EXCHANGE_LOCAL_DIR/secrets_key
readonly HSM_DIR=$EXCHANGE_LOCAL_DIR/hsm
readonly MAIL_DIR=${EXCHANGE_MAIL_DIR:-$EXCHANGE_LOCAL_DIR/mails}
readonly DEMO_FILE=$EXCHANGE_LOCAL_DIR/demo_accounts

demo_mode() { [[ ${EXCHANGE_DEMO,,} =~ ^(1|true|on|yes)$ ]]; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# Runs a command as root, by sudo where needed. $1 names the script that asks, for a failure's line.
as_root() {
    local script=$1
    shift
    if is_root; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this step needs root, and sudo is not installed: run $script as root once"
    fi
}

# Whether something listens on a loopback port.
port_in_use() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }
