#!/usr/bin/env bash
# Makes a proof of reserves of the running exchange: the snapshot and what nodes say of it, and the
# signatures of both signers, each with its own token and role.
cd "$(dirname "$0")/.."
. scripts/settings.sh
. scripts/cluster.sh
. scripts/chains.sh

[ -s "$BITCOIN_PASSWORD_FILE" ] || die "there are no chains yet: make run"
locate_cluster
export_nodes
DATABASE_URL=$(url_of exchange_worker) RUST_LOG=info "$TARGET/release/workers" proof
for signer in a b; do
    DATABASE_URL=$(url_of "exchange_signer_$signer") TOKEN_LOG=info \
        with_token "$signer" sign-statements "$signer"
done
