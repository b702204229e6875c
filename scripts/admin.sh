#!/usr/bin/env bash
# Makes the first administrator of the running exchange, once: scripts/admin.sh <email> <name>.
# Prints the invitation; docs/accounts.md says what to do with it.
cd "$(dirname "$0")/.."
. scripts/settings.sh
. scripts/cluster.sh

[ $# -eq 2 ] && [ -n "$1" ] && [ -n "$2" ] || die "make admin EMAIL=ann@example.com NAME=Ann"
[ -e "$CLUSTER_LINK" ] || die "there is no database yet: make run"
[ -x "$TARGET/release/migrations" ] || die "it is not built yet: make run"
locate_cluster
DATABASE_URL=$(url_of postgres) exec "$TARGET/release/migrations" admin "$1" "$2"
