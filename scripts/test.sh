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

export BERTH_TEST_PYTHON=$PYTHON BERTH_TEST_REDISCTL=$TOOLS/bin/redisctl

main() {
  case ${1:-} in
    '') everything ;;
    crash) crash ;;
    fakecloud) on_fakecloud ;;
    *) die "usage: scripts/test.sh [crash|fakecloud]" ;;
  esac
}

everything() {
  step "test: tools" scripts/setup.sh python cargo-tools redisctl postgres node chromium
  step "test: the console" scripts/console.sh build
  step "test: the console's logic" scripts/console.sh test
  step "test: building" cargo test --workspace --no-run
  scratch
  E2E_BERTH=$(target_dir)/debug/berth
  export E2E_BERTH
  # The browsers keep two processors busy by themselves; schemathesis and the Rust tests wait for much.
  local failed=0
  step "test: the console's journeys" scripts/e2e.sh 2>&1 | tee "$SCRATCH/journeys.log" || failed=1
  beside fuzz step "test: schemathesis against docs/reference/openapi.json" \
    "$PYTHON" scripts/fuzz_api.py --berth "$E2E_BERTH"
  start_postgres
  step "test: Rust" scripts/simulators.sh "$TOOLS/cargo-tools/bin/cargo-nextest" nextest run --workspace || failed=1
  joined fuzz || failed=1
  tell_flaky
  return "$failed"
}

# A directory for this run alone, in memory where there is room: what tests write needs to outlive no power cut.
scratch() {
  local parent=${TMPDIR:-/tmp}
  [ -n "${TMPDIR:-}" ] || [ "$(df --output=avail -m /dev/shm 2>/dev/null | tail -n 1)" -lt 4000 ] || parent=/dev/shm
  SCRATCH=$(mktemp -d "$parent/berth-run-XXXXXX")
  chmod 755 "$SCRATCH" # PostgreSQL runs as another user
  mkdir "$SCRATCH/tmp" "$SCRATCH/templates"
  chmod 1777 "$SCRATCH/tmp"
  export TMPDIR=$SCRATCH/tmp BERTH_TEST_TEMPLATES=$SCRATCH/templates
  trap clean_up EXIT
}

clean_up() {
  local name
  for name in "${!BESIDE[@]}"; do kill -- "-${BESIDE[$name]}" 2>/dev/null || true; done
  [ -z "${BERTH_POSTGRES_STATE:-}" ] || scripts/postgres.sh stop
  rm -rf "$SCRATCH"
}

declare -A BESIDE=()

# beside NAME COMMAND...: starts it; `joined NAME` waits for it, shows what it printed and fails if it did.
beside() {
  local name=$1
  shift
  set -m # a process group of its own
  "$@" >"$SCRATCH/$name.log" 2>&1 &
  BESIDE[$name]=$!
  set +m
}

joined() {
  local code=0
  wait "${BESIDE[$1]}" || code=$?
  unset "BESIDE[$1]"
  cat "$SCRATCH/$1.log" >&2
  return "$code"
}

# What failed once and then passed, so that nobody overlooks it. The first try's output is above, and in the report.
tell_flaky() {
  local report
  report=$(target_dir)/nextest/default/junit.xml
  "$PYTHON" - "$report" "$SCRATCH/journeys.log" >&2 <<'END'
import re, sys, xml.etree.ElementTree as tree
flaky = []
try:
    flaky = [f"{case.get('classname')} {case.get('name')}" for case in tree.parse(sys.argv[1]).iter("testcase")
             if case.find("flakyFailure") is not None]
except OSError:
    pass
listed = re.search(r"^  \d+ flaky\n((?:    .*\n)+)", open(sys.argv[2]).read(), re.MULTILINE)
flaky += [line.strip() for line in listed[1].splitlines()] if listed else []
for test in flaky:
    print("FLAKY:", test)
if flaky:
    print(f"{len(flaky)} flaky: find the cause the same day (CONTRIBUTING.md, Tests)")
END
}

crash() {
  scripts/setup.sh python postgres
  scratch
  start_postgres
  cargo test --package berth --test it building -- --include-ignored --test-threads 2
}

on_fakecloud() {
  local binary=${FAKECLOUD:-$(command -v fakecloud || true)}
  [ -n "$binary" ] || die "fakecloud is not installed: 'cargo install fakecloud --locked' (about half an hour), then 'make test-fakecloud FAKECLOUD=/path/to/fakecloud'"
  [ -x "$binary" ] || die "FAKECLOUD=$binary is not a program"
  scripts/setup.sh python
  export FAKECLOUD=$binary
  # Its tests are named `fakecloud` and ignored unless asked for (`on_every_simulator!` in crates/testkit).
  cargo test --workspace --tests --no-fail-fast -- --ignored fakecloud
}

start_postgres() {
  [ -z "${TEST_DATABASE_URL:-}" ] || return 0
  export BERTH_POSTGRES_STATE=$SCRATCH/postgres
  TEST_DATABASE_URL=$(scripts/postgres.sh start)
  export TEST_DATABASE_URL
}

main "$@"
