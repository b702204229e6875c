#!/usr/bin/env bash
# Stops the cluster that a killed run left behind; with --delete-data also deletes it.
cd "$(dirname "$0")/.."
. scripts/settings.sh
. scripts/cluster.sh

[ -e "$CLUSTER_LINK" ] || exit 0
locate_cluster
if cluster_runs; then
    step "Stopping PostgreSQL"
    stop_cluster
fi
if [ "${1:-}" = --delete-data ]; then
    step "Deleting the data in $CLUSTER"
    rm -rf "$CLUSTER" "$PGPASSFILE"
    rm -f "$CLUSTER_LINK"
fi
