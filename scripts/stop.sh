#!/usr/bin/env bash
# Ends a run, also what a killed one left behind; with --delete-data then deletes its data.
cd "$(dirname "$0")/.."
. scripts/settings.sh
. scripts/cluster.sh

main() {
    stop_api
    [ -e "$CLUSTER_LINK" ] || return 0
    locate_cluster
    # A run in the foreground stops its cluster itself once its API has ended; then this waits.
    flock -w 60 "$EXCHANGE_LOCAL_DIR/lock" true || die "the run in $EXCHANGE_LOCAL_DIR does not end"
    stop_cluster
    [ "${1:-}" != --delete-data ] || delete_data
}

# The number in the file may be another program's by now.
stop_api() {
    local pid
    pid=$(cat "$API_PID_FILE" 2>/dev/null) || return 0
    [ "$(basename "$(readlink "/proc/$pid/exe")" " (deleted)")" = api ] || return 0
    step "Stopping the API"
    kill -TERM "$pid"
}

delete_data() {
    step "Deleting the data in $CLUSTER"
    rm -rf "$CLUSTER" "$PGPASSFILE" "$DEMO_FILE"
    rm -f "$CLUSTER_LINK"
}

main "$@"
