#!/usr/bin/env bash
# Builds the extension and puts it where PostgreSQL looks for it, where it changed.
cd "$(dirname "$0")/.."
. scripts/settings.sh

main() {
    local library=$TARGET/release/libexchange.so
    local libraries shared file
    libraries=$("$EXCHANGE_PG_BIN/pg_config" --pkglibdir)
    shared=$("$EXCHANGE_PG_BIN/pg_config" --sharedir)/extension
    step "Building the extension (the first time takes some minutes)"
    cargo build --release --locked -p exchange
    put "$library" "$libraries/exchange.so"
    for file in extension/exchange.control extension/sql/exchange--*.sql; do
        put "$file" "$shared/$(basename "$file")"
    done
}

# By renaming: a running server keeps the file that it has open, and never sees half of one.
put() {
    ! cmp -s "$1" "$2" || return 0
    note "installing $2"
    as_root scripts/install_extension.sh install -m 644 "$1" "$2.new"
    as_root scripts/install_extension.sh mv -f "$2.new" "$2"
}

main "$@"
