#!/usr/bin/env bash
# Pays from the demo's nodes to any address, as somebody outside would:
# scripts/faucet.sh BTC|ETH|USDT <address> <amount>. Without arguments: an outside Bitcoin address.
cd "$(dirname "$0")/.."
. scripts/settings.sh
. scripts/chains.sh

[ -s "$WEBHOOK_FILE" ] || die "there are no chains yet: make run"
export_nodes
[ -n "${1:-}" ] || exec node scripts/demo_chain.mjs payer
[ $# -eq 3 ] && [ -n "$2" ] && [ -n "$3" ] || die "make faucet ASSET=BTC TO=bcrt1... AMOUNT=0.5"
contract=$(cat "$TOKEN_FILE" 2>/dev/null || true)
exec node scripts/demo_chain.mjs pay "$1" "$2" "$3" "$contract"
