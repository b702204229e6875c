# The exchange's own Postgres cluster: where it lies, who runs it, start and stop.
# Sourced by run.sh and friends, never run.
#
# It listens on loopback TCP only: a socket's path may not be longer than 107 bytes, and a checkout
# may lie deep. Everybody gives a password (scram); they are random and in the file pgpass
# beside the data.
# shellcheck shell=bash

readonly CLUSTER_LINK=$EXCHANGE_LOCAL_DIR/pg
readonly CLUSTER_LOG_NAME=postgres.log
readonly START_TIMEOUT_SECONDS=600 # a crash recovery may take a while
readonly ROLES=(postgres exchange_api exchange_worker exchange_signer_a exchange_signer_b exchange_analyst)

# Postgres refuses to run as root, so root runs it as an unprivileged user.
as_cluster_user() {
    if is_root; then
        (cd / && setpriv --reuid="$EXCHANGE_PG_USER" --regid="$(id -g "$EXCHANGE_PG_USER")" \
            --init-groups env HOME=/ "$@") 9>&-
    else
        "$@" 9>&-
    fi
}

# One run at a time in a folder. Postgres does not inherit the lock, so it never outlives its run.
lock_local_dir() {
    mkdir -p "$EXCHANGE_LOCAL_DIR"
    exec 9>"$EXCHANGE_LOCAL_DIR/lock"
    flock -n 9 ||
        die "another \`make run\` uses $EXCHANGE_LOCAL_DIR: end it (\`make stop\`)," \
            "or set EXCHANGE_LOCAL_DIR"
}

# Sets CLUSTER, making its folder, and PGPASSFILE beside it. Under a checkout that the unprivileged
# user cannot reach (such as one in /root) the data lies in /var/lib, and .local/pg is a link to it.
locate_cluster() {
    mkdir -p "$EXCHANGE_LOCAL_DIR"
    find_cluster
    export PGPASSFILE=${CLUSTER%/*}/pgpass
    mkdir -p "$CLUSTER"
    chmod 700 "$CLUSTER"
    ! is_root || chown "$EXCHANGE_PG_USER": "$CLUSTER"
}

find_cluster() {
    if [ -e "$CLUSTER_LINK" ] || [ -L "$CLUSTER_LINK" ]; then
        CLUSTER=$(readlink -m "$CLUSTER_LINK")
        return
    fi
    CLUSTER=$CLUSTER_LINK
    if is_root; then
        getent passwd "$EXCHANGE_PG_USER" >/dev/null ||
            die "there is no user $EXCHANGE_PG_USER to run PostgreSQL as: set EXCHANGE_PG_USER"
        if ! as_cluster_user test -x "$EXCHANGE_LOCAL_DIR"; then
            CLUSTER=/var/lib/exchange/$(printf '%s' "$CLUSTER_LINK" | sha256sum | cut -c1-12)/pg
            note "user $EXCHANGE_PG_USER cannot reach $EXCHANGE_LOCAL_DIR: data goes to $CLUSTER"
            ln -s "$CLUSTER" "$CLUSTER_LINK"
        fi
    fi
}

make_cluster() {
    [ ! -s "$CLUSTER/PG_VERSION" ] || return 0
    step "Making a PostgreSQL cluster in $CLUSTER"
    write_passwords
    # The password reaches initdb through a pipe, which must be the unprivileged user's own.
    # shellcheck disable=SC2016
    password_of postgres | as_cluster_user bash -c '"$0" "$@" --pwfile=<(cat)' \
        "$EXCHANGE_PG_BIN/initdb" -D "$CLUSTER" -U postgres -A scram-sha-256 \
        -E UTF8 --locale=C.UTF-8 --data-checksums >/dev/null || die "initdb failed (see above)"
    echo "include 'exchange.conf'" | as_cluster_user tee -a "$CLUSTER/postgresql.conf" >/dev/null
}

check_cluster_version() {
    local version
    version=$(as_cluster_user cat "$CLUSTER/PG_VERSION")
    [ "$version" = "$PG_MAJOR" ] ||
        die "the data in $CLUSTER is of PostgreSQL $version, not $PG_MAJOR: move it away"
}

configure_cluster() {
    as_cluster_user tee "$CLUSTER/exchange.conf" >/dev/null <<CONF
# Written by \`make run\` at every start.
$(<scripts/postgres.conf)
listen_addresses = '127.0.0.1'
port = $EXCHANGE_PG_PORT
unix_socket_directories = ''
max_connections = 200
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
CONF
}

write_passwords() {
    local role
    (
        umask 077
        for role in "${ROLES[@]}"; do
            printf '*:*:*:%s:%s\n' "$role" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
        done >"$PGPASSFILE"
    )
}

password_of() { sed -n "s/^\*:\*:\*:$1://p" "$PGPASSFILE"; }

url_of() { echo "postgres://$1:$(password_of "$1")@127.0.0.1:$EXCHANGE_PG_PORT/${2:-$DATABASE}"; }

cluster_runs() { as_cluster_user "$EXCHANGE_PG_BIN/pg_ctl" -D "$CLUSTER" status >/dev/null 2>&1; }

check_cluster_port() {
    ! port_in_use 127.0.0.1 "$EXCHANGE_PG_PORT" ||
        die "port $EXCHANGE_PG_PORT is in use by another program: set EXCHANGE_PG_PORT"
}

start_cluster() {
    local log=$CLUSTER/$CLUSTER_LOG_NAME
    if cluster_runs; then
        note "PostgreSQL runs already (left by an earlier run): restarting it"
        stop_cluster
    fi
    check_cluster_port
    configure_cluster
    step "Starting PostgreSQL on 127.0.0.1:$EXCHANGE_PG_PORT (log: $log)"
    if ! as_cluster_user "$EXCHANGE_PG_BIN/pg_ctl" -D "$CLUSTER" -l "$log" -w \
        -t "$START_TIMEOUT_SECONDS" start >/dev/null; then
        as_cluster_user tail -n 5 "$log" >&2
        die "PostgreSQL did not start; its last words are above, all of them in $log"
    fi
}

# Of a new cluster; one that has its files is left alone.
prepare_wal() { superuser_psql -d postgres -f scripts/prepare_wal.sql; }

stop_cluster() {
    cluster_runs || return 0
    as_cluster_user "$EXCHANGE_PG_BIN/pg_ctl" -D "$CLUSTER" -w -m fast stop >/dev/null ||
        note "PostgreSQL did not stop; see $CLUSTER/$CLUSTER_LOG_NAME"
}

# psql as the cluster's superuser.
superuser_psql() {
    "$EXCHANGE_PG_BIN/psql" -X -q -At -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$EXCHANGE_PG_PORT" \
        -U postgres "$@"
}

make_database() {
    local found
    found=$(superuser_psql -d postgres -c "select 1 from pg_database where datname = '$DATABASE'")
    [ -n "$found" ] || superuser_psql -d postgres -c "create database $DATABASE"
}

# The roles come from the migrations, without passwords; here they get those of pgpass.
set_role_passwords() {
    local role
    for role in "${ROLES[@]:1}"; do
        printf "alter role %s password '%s';\n" "$role" "$(password_of "$role")"
    done | superuser_psql -d "$DATABASE"
}
