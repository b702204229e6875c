#!/usr/bin/env bash
# psql on the running exchange, as the analyst or as $ROLE; arguments go to psql.
cd "$(dirname "$0")/.."
. scripts/settings.sh
. scripts/cluster.sh

[ -e "$CLUSTER_LINK" ] || die "there is no database yet: make run"
locate_cluster
exec "$EXCHANGE_PG_BIN/psql" -h 127.0.0.1 -p "$EXCHANGE_PG_PORT" -U "${ROLE:-exchange_analyst}" \
    -d "$DATABASE" "$@"
