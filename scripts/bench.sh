#!/usr/bin/env bash
# Measures Berth and prints the table that README quotes. Takes some minutes; wants an idle machine.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

scripts/setup.sh python postgres wrk custodian
say "bench: building (optimised)"
# Apart: the examples switch on the store's test helpers, which the program that is measured does not have.
cargo build --release --locked --package berth
cargo build --release --locked --package berth-testkit --examples
if [ -z "${TEST_DATABASE_URL:-}" ]; then
  export BERTH_POSTGRES_STATE=$ROOT/.cache/postgres-bench
  trap 'scripts/postgres.sh stop' EXIT
  TEST_DATABASE_URL=$(scripts/postgres.sh start)
  export TEST_DATABASE_URL
fi
"$PYTHON" scripts/bench.py --built "$(target_dir)/release" --custodian "$(ls -d "$TOOLS"/c7n-*/bin/custodian | tail -n 1)"
