# The chains of `make run` in demo mode: tokens and keys, before the API starts; networks and coins in
# the database; then nodes and workers, which join beside the API when they are ready.
# Sourced by run.sh, never run.
# shellcheck shell=bash

readonly CHAINS_DIR=$EXCHANGE_LOCAL_DIR/chains
readonly SEED_FILE=$CHAINS_DIR/seed
readonly TOKEN_FILE=$CHAINS_DIR/usdt_contract
readonly WEBHOOK_FILE=$CHAINS_DIR/webhook_secret
readonly BITCOIN_DIR=$CHAINS_DIR/bitcoin
readonly BITCOIN_PASSWORD_FILE=$CHAINS_DIR/bitcoin_password
# Longest pause before a program that has ended is started again.
readonly LONGEST_PAUSE_SECONDS=30

# Two signers with a token each, the keys of the cold wallet in a third one (in earnest it lies in a
# safe), and the seed of deposit addresses, wrapped by signer a's token. Made once.
prepare_chains() {
    local signer
    (umask 077 && mkdir -p "$CHAINS_DIR")
    for signer in a b cold; do
        make_signer "$signer"
    done
    [ -s "$SEED_FILE" ] || with_token a hsm make-seed deposits "$SEED_FILE" || die "no seed was made"
    make_secret "$WEBHOOK_FILE"
    make_secret "$BITCOIN_PASSWORD_FILE"
    EXCHANGE_BITCOIN_XPUB=$(with_token a hsm extended-keys "$SEED_FILE" | awk '$1 == "bitcoin-test" { print $3 }')
    EXCHANGE_EVM_XPUB=$(with_token a hsm extended-keys "$SEED_FILE" | awk '$1 == "evm" { print $3 }')
    EXCHANGE_WEBHOOK_SECRET=$(<"$WEBHOOK_FILE")
    export EXCHANGE_BITCOIN_XPUB EXCHANGE_EVM_XPUB EXCHANGE_WEBHOOK_SECRET
    export_nodes
}

# Where the nodes answer, or will.
export_nodes() {
    EXCHANGE_EVM_URL=http://127.0.0.1:$EXCHANGE_EVM_PORT
    EXCHANGE_BITCOIN_URL=http://exchange:$(<"$BITCOIN_PASSWORD_FILE")@127.0.0.1:$EXCHANGE_BITCOIN_PORT
    export EXCHANGE_EVM_URL EXCHANGE_BITCOIN_URL
}

make_secret() { [ -s "$1" ] || (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$1"); }

# A token of its own folder, so that no other program sees it, with the keys that it needs.
make_signer() {
    local signer=$1 folder=$CHAINS_DIR/signer_$1
    if [ ! -s "$folder/pin" ]; then
        step "Making a SoftHSM token for ${signer/cold/the cold wallet} in $folder"
        rm -rf "$folder"
        (umask 077 && make_token_in "$folder" "signer_$signer")
    fi
    case $signer in
        a) with_token a hsm make-key && make_keys a hot gas ;;
        b) make_keys b hot ;;
        cold) make_keys cold hot first second third ;;
    esac
}

make_keys() {
    local signer=$1 key
    shift
    for key in "$@"; do
        with_token "$signer" hsm make-signing-key "$key" || die "no key $key for signer $signer"
    done
}

# Sets SETTINGS: what `workers` needs to use a signer's token.
settings_of() {
    local signer=$1 folder=$CHAINS_DIR/signer_$1 seed=
    # Deposit addresses are swept by signer a alone.
    [ "$signer" != a ] || seed=$SEED_FILE
    SETTINGS=(
        SOFTHSM2_CONF="$folder/softhsm2.conf" EXCHANGE_SEED_FILE="$seed" EXCHANGE_HSM_KEY=seed
        EXCHANGE_HSM_TOKEN="signer_$signer" EXCHANGE_HSM_PIN="$(<"$folder/pin")"
        EXCHANGE_SIGNER_TOKEN="signer_$signer" EXCHANGE_SIGNER_PIN="$(<"$folder/pin")"
    )
}

# `workers` with a signer's token.
with_token() {
    settings_of "$1"
    shift
    env "${SETTINGS[@]}" RUST_LOG="${TOKEN_LOG:-warn}" "$TARGET/release/workers" "$@"
}

public_key_of() { with_token "$1" hsm public-key "${2:-hot}"; }

# What is listed from the first moment; the token follows once its contract is on the chain. And what
# the walk-through of the README needs: the demo accounts may withdraw, to addresses that are new.
list_chains() {
    superuser_psql -d "$DATABASE" -f scripts/demo_chains.sql >/dev/null || die "the coins cannot be listed"
}

# Both chains join in the background, each when its node is ready. Their programs end with this run.
join_chains() {
    RUN_PID=$$
    rm -f "$CHAINS_DIR"/wallets_*
    join_chain evm &
    CHAIN_PIDS=$!
    join_chain bitcoin &
    CHAIN_PIDS+=" $!"
    join_signer a &
    CHAIN_PIDS+=" $!"
    join_signer b &
    CHAIN_PIDS+=" $!"
}

# Sees to one chain: its node, its wallets, its watcher and its blocks.
join_chain() {
    trap end_children TERM
    set +e
    "join_$1" || note "The chain $1 does not join (see above); everything else goes on"
    # Signers wait for this, even where there are no wallets.
    touch "$CHAINS_DIR/wallets_$1"
    wait
}

join_evm() {
    scripts/nodes.sh evm || return 1
    keep anvil env -u RUST_LOG "$EXCHANGE_CACHE_DIR/bin/anvil" --quiet --host 127.0.0.1 \
        --port "$EXCHANGE_EVM_PORT" --chain-id 31337 --block-time "$EXCHANGE_EVM_BLOCK_SECONDS" \
        --state "$CHAINS_DIR/anvil.json" --state-interval 30 --cache-path "$CHAINS_DIR/anvil_states"
    await_port "$EXCHANGE_EVM_PORT" || return 1
    once gas_funded demo_chain fund-ether "$(gas_account)" 100 && list_token && make_safes || return 1
    keep_worker evm EXCHANGE_BITCOIN_URL=
    keep_worker payments EXCHANGE_BITCOIN_URL=
    note "Ethereum has joined: chain 31337 at $EXCHANGE_EVM_URL; deposits of ETH and USDT are taken"
}

gas_account() {
    TOKEN_LOG=info with_token a hsm check-signing-key gas 2>&1 | sed -n 's/.*account=\(0x[0-9a-fA-F]*\).*/\1/p'
}

# The house begins with something in its hot wallets, so that withdrawals of demo funds can be paid.
make_safes() {
    local owners hot cold
    owners=$(printf '%s ' "$(public_key_of a)" "$(public_key_of b)" "$(public_key_of cold)")
    # shellcheck disable=SC2086
    hot=$(in_house safe hot $owners | sed -n 's/^hot //p') &&
        cold=$(in_house safe cold $owners | sed -n 's/^cold //p') || return 1
    name_wallets evm evm:31337 "$hot" "$cold"
    once ether_funded demo_chain fund-ether "$hot" 500 &&
        once token_funded demo_chain fund-token "$hot" 1000000 "$(<"$TOKEN_FILE")"
}

# Writes down for the signers which wallets are ours: in earnest people do, and compare.
name_wallets() { echo "$2/hot=$3,$2/cold=$4" >"$CHAINS_DIR/wallets_$1"; }

# Does something once in the life of these chains.
once() {
    local mark=$CHAINS_DIR/$1
    shift
    [ -e "$mark" ] || { "$@" >/dev/null && touch "$mark"; }
}

# `workers wallets` as the operator.
in_house() {
    DATABASE_URL=$(url_of postgres) \
        EXCHANGE_SAFE_ARTIFACTS=$EXCHANGE_CACHE_DIR/npm/node_modules/@safe-global/safe-contracts/build/artifacts \
        with_token a wallets "$@"
}

list_token() {
    local contract
    contract=$(demo_chain deploy-token "$TOKEN_FILE") || return 1
    echo "$contract" >"$TOKEN_FILE"
    superuser_psql -d "$DATABASE" -v "contract=${contract#0x}" -f scripts/demo_token.sql >/dev/null
}

join_bitcoin() {
    local hot cold
    scripts/nodes.sh bitcoin || return 1
    BITCOIND=$(command -v bitcoind || echo "$EXCHANGE_CACHE_DIR/bin/bitcoind")
    (umask 077 && mkdir -p "$BITCOIN_DIR" && cat >"$BITCOIN_DIR/bitcoin.conf") <<CONF
# Written by \`make run\` at every start.
regtest=1
listen=0
txindex=1
printtoconsole=0
# At once instead of at the watcher's next look.
blocknotify="$CHECKOUT/scripts/ring.sh" "http://$EXCHANGE_BIND" bitcoin "$WEBHOOK_FILE"
[regtest]
rpcbind=127.0.0.1
rpcallowip=127.0.0.1
rpcport=$EXCHANGE_BITCOIN_PORT
rpcuser=exchange
rpcpassword=$(<"$BITCOIN_PASSWORD_FILE")
CONF
    keep bitcoind "$BITCOIND" -datadir="$BITCOIN_DIR"
    await_port "$EXCHANGE_BITCOIN_PORT" || return 1
    hot=$(in_house bitcoin hot "$(public_key_of a)" "$(public_key_of b)" "$(public_key_of cold)") || return 1
    cold=$(in_house bitcoin cold "$(public_key_of cold first)" "$(public_key_of cold second)" \
        "$(public_key_of cold third)") || return 1
    name_wallets bitcoin bitcoin:regtest "$hot" "$cold"
    keep_worker bitcoin EXCHANGE_EVM_URL=
    keep_worker payments EXCHANGE_EVM_URL=
    once bitcoin_mined demo_chain mine 105 && once bitcoin_funded demo_chain fund-bitcoin "$hot" 100 || return 1
    keep miner node scripts/demo_chain.mjs mine-on "$EXCHANGE_BITCOIN_BLOCK_SECONDS"
    # It compares both chains with the books, and this one joins last.
    keep_worker reserves
    note "Bitcoin has joined: regtest on port $EXCHANGE_BITCOIN_PORT; deposits of BTC are taken"
}

demo_chain() { node scripts/demo_chain.mjs "$@"; }

# A node answers within a minute, or something is wrong with it.
await_port() {
    local tries
    for ((tries = 0; tries < 120; tries++)); do
        ! port_in_use 127.0.0.1 "$1" || return 0
        sleep 0.5
    done
    note "nothing answers on port $1"
    return 1
}

# A worker of a chain, with further settings: who pays on one chain knows no other, which may not be there.
keep_worker() {
    local name=$1
    shift
    keep "$name" env DATABASE_URL="$(url_of exchange_worker)" "$@" "$TARGET/release/workers" "$name"
}

# A signer, which needs no node, but to be told which wallets are ours.
join_signer() {
    local wallets
    trap end_children TERM
    until [ -e "$CHAINS_DIR/wallets_evm" ] && [ -e "$CHAINS_DIR/wallets_bitcoin" ]; do
        sleep 0.5 &
        wait $!
    done
    wallets=$(cat "$CHAINS_DIR/wallets_evm" "$CHAINS_DIR/wallets_bitcoin" | paste -sd,)
    settings_of "$1"
    keep "signer $1" env "${SETTINGS[@]}" DATABASE_URL="$(url_of "exchange_signer_$1")" \
        EXCHANGE_SIGNER_WALLETS="$wallets" \
        "$TARGET/release/workers" signer "$1"
    wait
}

# Runs a program in the background, and again whenever it ends, after pauses that double up to half a
# minute; no longer than the run lives.
keep() {
    local name=$1
    shift
    (
        trap 'kill -TERM "${child:-}" 2>/dev/null; wait; exit 0' TERM
        pause=1
        while kill -0 "$RUN_PID" 2>/dev/null; do
            began=$SECONDS
            "$@" &
            child=$!
            echo "$child" >>"$PIDS_FILE"
            wait "$child"
            [ $((SECONDS - began)) -lt 60 ] || pause=1
            note "$name has ended; it starts again in $pause s"
            sleep "$pause" &
            child=$!
            wait "$child"
            pause=$((pause * 2 > LONGEST_PAUSE_SECONDS ? LONGEST_PAUSE_SECONDS : pause * 2))
        done
    ) &
}

# All that this shell has started in the background.
end_children() {
    local children
    mapfile -t children < <(jobs -p)
    [ ${#children[@]} -eq 0 ] || kill -TERM "${children[@]}" 2>/dev/null
    wait
    exit 0
}

leave_chains() {
    # shellcheck disable=SC2086
    [ -z "${CHAIN_PIDS:-}" ] || kill -TERM $CHAIN_PIDS 2>/dev/null || true
    # shellcheck disable=SC2086
    [ -z "${CHAIN_PIDS:-}" ] || wait $CHAIN_PIDS 2>/dev/null || true
}
