# The SoftHSM token of `make run`: its key wraps the keys of identity documents.
# Sourced by run.sh, never run. Who has a real HSM sets EXCHANGE_HSM_PIN, and nothing is made here.
# shellcheck shell=bash

# Makes token and key once, and exports what programs need to use them.
open_token() {
    [ -z "${EXCHANGE_HSM_PIN:-}" ] || return 0
    export SOFTHSM2_CONF=$HSM_DIR/softhsm2.conf EXCHANGE_HSM_PIN
    if [ ! -s "$HSM_DIR/pin" ]; then
        step "Making a SoftHSM token in $HSM_DIR"
        # What an interrupted run left behind has no PIN, and wrapped nothing.
        rm -rf "$HSM_DIR"
        (umask 077 && make_token)
    fi
    EXCHANGE_HSM_PIN=$(<"$HSM_DIR/pin")
    "$TARGET/release/workers" hsm make-key || die "the token in $HSM_DIR cannot be used"
}

make_token() { make_token_in "$HSM_DIR" exchange; }

# In a folder of its own, with that label.
make_token_in() {
    local folder=$1 label=$2
    mkdir -p "$folder/tokens"
    cat >"$folder/softhsm2.conf" <<CONF
# Written by \`make run\`.
directories.tokendir = $folder/tokens
objectstore.backend = file
log.level = ERROR
CONF
    random_pin >"$folder/pin.new"
    random_pin >"$folder/so_pin"
    SOFTHSM2_CONF=$folder/softhsm2.conf softhsm2-util --init-token --free --label "$label" \
        --pin "$(<"$folder/pin.new")" --so-pin "$(<"$folder/so_pin")" >/dev/null ||
        die "softhsm2-util made no token"
    mv "$folder/pin.new" "$folder/pin"
}

random_pin() { od -An -N12 -tx1 /dev/urandom | tr -d ' \n'; }
