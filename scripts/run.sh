#!/usr/bin/env bash
# Builds and runs the exchange in the foreground; Ctrl-C stops all of it and keeps the data.
cd "$(dirname "$0")/.."
. scripts/settings.sh
. scripts/cluster.sh
. scripts/token.sh
. scripts/chains.sh

main() {
    lock_local_dir
    check_ports
    scripts/setup.sh
    scripts/install_extension.sh
    step "Building the API, the workers and the migrations"
    cargo build --release --locked -p api -p workers -p migrations
    locate_cluster
    make_cluster
    check_cluster_version
    trap stop_cluster EXIT
    start_cluster
    prepare_wal
    migrate
    run_programs
}

# Before anything that takes long.
check_ports() {
    local host=${EXCHANGE_BIND%:*} port=${EXCHANGE_BIND##*:}
    [[ $port =~ ^[0-9]+$ ]] || die "EXCHANGE_BIND must be address:port, not '$EXCHANGE_BIND'"
    ! port_in_use "${host//[\[\]]/}" "$port" ||
        die "port $port is in use by another program: set EXCHANGE_BIND, such as 127.0.0.1:8090"
    # A cluster of ours that an earlier run left behind is dealt with later.
    [ -e "$CLUSTER_LINK/postmaster.pid" ] || check_cluster_port
}

migrate() {
    local what=seed
    ! demo_mode || what=demo
    make_database
    step "Migrating the database"
    DEMO_ACCOUNTS=$(DATABASE_URL=$(url_of postgres) DEMO_CREDENTIALS=$DEMO_FILE \
        "$TARGET/release/migrations" "$what") || die "the database could not be migrated"
    set_role_passwords
}

# The programs run beside this shell, not in its foreground: only so does a signal to the shell
# alone reach them too. The run ends when the API ends.
run_programs() {
    local api workers status=0
    make_secrets_key
    open_token
    ! demo_mode || { prepare_chains && list_chains; }
    DATABASE_URL=$(url_of exchange_worker) EXCHANGE_MAIL_DIR=$MAIL_DIR \
        EXCHANGE_PUBLIC_URL=${EXCHANGE_PUBLIC_URL:-http://$EXCHANGE_BIND} \
        "$TARGET/release/workers" all &
    workers=$!
    DATABASE_URL=$(url_of exchange_api) EXCHANGE_SECRETS_KEY=$(<"$SECRETS_FILE") \
        EXCHANGE_PASSKEY_ORIGIN=${EXCHANGE_PASSKEY_ORIGIN:-http://localhost:${EXCHANGE_BIND##*:}} \
        "$TARGET/release/api" &
    api=$!
    printf '%s\n' "$api" "$workers" >"$PIDS_FILE"
    trap 'kill -TERM $api 2>/dev/null' INT TERM HUP
    greet
    ! demo_mode || join_chains
    while true; do
        status=0
        wait "$api" || status=$?
        # A trapped signal ends `wait` early; then the API is still there.
        kill -0 "$api" 2>/dev/null || break
    done
    trap '' INT TERM HUP
    step "The API has stopped; stopping the rest"
    leave_chains
    kill -TERM "$workers" 2>/dev/null || true
    wait "$workers" || true
    rm -f "$PIDS_FILE"
    return "$status"
}

# The master key of API keys' secrets, made once: without it no stored secret can be read.
make_secrets_key() {
    [ ! -s "$SECRETS_FILE" ] || return 0
    (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$SECRETS_FILE.new")
    mv "$SECRETS_FILE.new" "$SECRETS_FILE"
}

greet() {
    note "API:      http://$EXCHANGE_BIND  (try: curl http://$EXCHANGE_BIND/health)"
    note "Database: make psql  (as the analyst, who reads everything but secrets)"
    note "Mails:    $MAIL_DIR  (where no EXCHANGE_SMTP_URL is set; the log has the links too)"
    if demo_mode; then
        note "Demo accounts (also in $DEMO_FILE), e-mail address and password:"
        note "    ${DEMO_ACCOUNTS//$'\n'/$'\n'        }"
    fi
    ! demo_mode || note "Chains:   Ethereum joins in seconds, Bitcoin when its node is built (the first time some minutes)"
    note "Ctrl-C stops everything; the data stays in $CLUSTER"
}

main "$@"
