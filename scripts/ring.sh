#!/bin/sh
# Tells the exchange that a chain has something new, as a node does that is given this as a command:
#     blocknotify=/where/it/is/ring.sh https://exchange.example bitcoin /etc/exchange/webhook_secret
# It needs openssl and curl, and no checkout.
set -eu
url=$1 network=$2 secret=$(cat "$3")
path=/api/webhook/chain/$network
at=$(date +%s%3N)
# Timestamp, path and an empty body, joined by line feeds.
signature=$(printf '%s\n%s\n' "$at" "$path" |
    openssl dgst -sha256 -mac HMAC -macopt hexkey:"$secret" -r | cut -d' ' -f1)
exec curl -sS --fail --max-time 5 --output /dev/null -X POST "$url$path" \
    -H "X-Timestamp: $at" -H "X-Signature: $signature"
