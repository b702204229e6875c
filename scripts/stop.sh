#!/usr/bin/env bash
# Ends a run, also what a killed one left behind; with --delete-data then deletes its data.
cd "$(dirname "$0")/.."
. scripts/settings.sh
. scripts/cluster.sh

main() {
    stop_programs
    [ -e "$CLUSTER_LINK" ] || return 0
    locate_cluster
    # A run in the foreground stops its cluster itself once its API has ended; then this waits.
    flock -w 60 "$EXCHANGE_LOCAL_DIR/lock" true || die "the run in $EXCHANGE_LOCAL_DIR does not end"
    stop_cluster
    [ "${1:-}" != --delete-data ] || delete_data
}

# A number in the file may be another program's by now.
stop_programs() {
    local pids pid program
    [ -e "$PIDS_FILE" ] || return 0
    mapfile -t pids <"$PIDS_FILE"
    for pid in "${pids[@]}"; do
        program=$(basename "$(readlink "/proc/$pid/exe")" " (deleted)")
        [[ $program =~ ^(api|workers|anvil|bitcoind|node)$ ]] || continue
        step "Stopping $program"
        # The run may have ended it meanwhile.
        kill -TERM "$pid" 2>/dev/null || true
    done
}

delete_data() {
    step "Deleting the data in $CLUSTER"
    rm -rf "$CLUSTER" "$PGPASSFILE" "$DEMO_FILE" "$EXCHANGE_LOCAL_DIR/chains"
    rm -f "$CLUSTER_LINK"
}

main "$@"
