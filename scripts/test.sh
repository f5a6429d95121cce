#!/usr/bin/env bash
# Every test there is, on SQLite and on PostgreSQL, against real AWS simulators, and in a browser:
#
#   scripts/test.sh            what `make test` does
#   scripts/test.sh crash      what `make crash` does: kill -9 at every step and at random instants of building
#   scripts/test.sh fakecloud  what `make test-fakecloud` does: the suites that can run on fakecloud, on it
#
# Uses the server of $TEST_DATABASE_URL where that is set, else starts one and stops it again.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

main() {
  case ${1:-} in
    '') everything ;;
    crash) crash ;;
    fakecloud) on_fakecloud ;;
    *) die "usage: scripts/test.sh [crash|fakecloud]" ;;
  esac
}

everything() {
  scripts/setup.sh python redisctl postgres node chromium
  say "test: the console's logic"
  scripts/console.sh test
  export BERTH_TEST_PYTHON=$PYTHON BERTH_TEST_REDISCTL=$TOOLS/bin/redisctl
  say "test: building"
  # First: the program embeds it.
  scripts/console.sh build
  cargo test --workspace --no-run
  say "test: schemathesis against docs/reference/openapi.json"
  "$PYTHON" scripts/fuzz_api.py --berth "$(target_dir)/debug/berth"
  say "test: the console's journeys"
  scripts/e2e.sh
  start_postgres
  # Examples in the documentation first: a run should end with the summary of tests that there are.
  cargo test --workspace --doc
  cargo test --workspace --lib --bins --tests --no-fail-fast
}

crash() {
  scripts/setup.sh python postgres
  export BERTH_TEST_PYTHON=$PYTHON
  start_postgres
  cargo test --package berth --test process building -- --include-ignored --test-threads 2
}

on_fakecloud() {
  local binary=${FAKECLOUD:-$(command -v fakecloud || true)}
  [ -n "$binary" ] || die "fakecloud is not installed: 'cargo install fakecloud --locked' (about half an hour), then 'make test-fakecloud FAKECLOUD=/path/to/fakecloud'"
  [ -x "$binary" ] || die "FAKECLOUD=$binary is not a program"
  scripts/setup.sh python
  export BERTH_TEST_PYTHON=$PYTHON FAKECLOUD=$binary
  # Its tests are named `fakecloud` and ignored unless asked for (`on_every_simulator!` in crates/testkit).
  cargo test --workspace --tests --no-fail-fast -- --ignored fakecloud
}

start_postgres() {
  [ -z "${TEST_DATABASE_URL:-}" ] || return 0
  STATE_DIRECTORY=$(mktemp -d)
  export BERTH_POSTGRES_STATE=$STATE_DIRECTORY/postgres
  trap 'scripts/postgres.sh stop; rm -rf "$STATE_DIRECTORY"' EXIT
  TEST_DATABASE_URL=$(scripts/postgres.sh start)
  export TEST_DATABASE_URL
}

main "$@"
