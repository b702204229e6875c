#!/usr/bin/env bash
# Runs schemathesis over the OpenAPI document of a running API: no 500, and no status, header or
# body that the document does not know. `schemathesis.sh install` only installs it; otherwise
# `schemathesis.sh <url> <bearer token> users|staff`, whose operations. It lives in a folder of its own under the target.
cd "$(dirname "$0")/.."
. scripts/settings.sh

readonly HOME_OF_TOOL=$TARGET/schemathesis
readonly PINNED=scripts/schemathesis.txt
readonly INSTALLED=$HOME_OF_TOOL/installed.txt

# It must not end its own session: the operations that can are left to the attack tests.
# Bounded and the same in each run.
readonly SEED=1
readonly EXAMPLES=${EXCHANGE_SCHEMATHESIS_EXAMPLES:-25}
readonly SECONDS_AT_MOST=90
# Not negative_data_rejection: a batch answers 200 and says of each order whether it was refused.
readonly CHECKS=not_a_server_error,status_code_conformance,content_type_conformance,\
response_headers_conformance,response_schema_conformance,\
missing_required_header,unsupported_method,ignored_auth

main() {
    install
    [ "${1:-}" != install ] || return 0
    local operations
    case "${3:-}" in
        users) operations=(--exclude-path-regex '^/api/admin/'
            --exclude-operation-id logout --exclude-operation-id revoke_session
            --exclude-operation-id revoke_sessions --exclude-operation-id forget_device) ;;
        staff) operations=(--include-path-regex '^/api/admin/' --exclude-operation-id staff_logout) ;;
        *) die "scripts/schemathesis.sh <url> <bearer token> users|staff" ;;
    esac
    export PYTHONDONTWRITEBYTECODE=1
    cd "$HOME_OF_TOOL"
    "$HOME_OF_TOOL/bin/schemathesis" run "$1/api/openapi.json" \
        --header "Authorization: Bearer $2" \
        "${operations[@]}" \
        --phases examples,coverage,fuzzing --checks "$CHECKS" \
        --seed "$SEED" --generation-deterministic \
        --max-examples "$EXAMPLES" --max-time "$SECONDS_AT_MOST" --request-timeout 10 \
        --suppress-health-check all --warnings off --no-color --continue-on-failure
}

install() {
    ! cmp -s "$PINNED" "$INSTALLED" || return 0
    step "Installing schemathesis into $HOME_OF_TOOL"
    rm -rf "$HOME_OF_TOOL"
    python3 -m venv "$HOME_OF_TOOL" ||
        die "python3 cannot make a virtual environment: scripts/setup.sh test installs python3-venv"
    "$HOME_OF_TOOL/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$PINNED" ||
        die "schemathesis could not be installed from PyPI"
    cp "$PINNED" "$INSTALLED"
}

main "$@"
