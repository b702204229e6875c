#!/usr/bin/env bash
# Everything that is tested, from nothing. The tests make clusters of their own and remove them.
cd "$(dirname "$0")/.."
. scripts/settings.sh

# A test that never ends fails the run, and the log says which it was.
readonly LIMIT=60m

main() {
    local log=$TARGET/test.log status=0
    scripts/setup.sh test
    scripts/install_extension.sh
    scripts/lint.sh
    step "Running the tests"
    timeout --kill-after=1m "$LIMIT" cargo test --locked --no-fail-fast 2>&1 | tee "$log" || status=$?
    step "Closing lines of cargo test (all of it: $log)"
    grep -E '^test result:|^error|^test .* FAILED$' "$log" | grep -v ' 0 passed; 0 failed' || true
    summarise "$log"
    return "$status"
}

# One line in cargo's own form over all of its test binaries.
summarise() {
    awk '/^test result:/ { binaries++; passed += $4; failed += $6; ignored += $8 }
        END { printf "test result: %s. %d passed; %d failed; %d ignored; in %d binaries\n",
            (failed || !binaries) ? "FAILED" : "ok", passed, failed, ignored, binaries }' "$1"
}

main "$@"
