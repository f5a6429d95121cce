#!/usr/bin/env bash
# The console's journeys, in Chromium against a real Berth and a simulated AWS; what `make e2e` does.
#
#   scripts/e2e.sh [ARGUMENTS of `playwright test`]     such as: scripts/e2e.sh add -g 'wrong secret'
#
# Pictures of every view land in e2e/screenshots; what went wrong, with traces, in e2e/test-results.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

# E2E_BERTH names a program that is built already.
npm_ci e2e
if [ -z "${E2E_BERTH:-}" ]; then
  scripts/setup.sh python node chromium
  scripts/console.sh build
  say "e2e: building Berth with the console in it"
  # The same build that the tests use: nothing is compiled twice.
  cargo test --workspace --no-run --quiet
  E2E_BERTH=$(target_dir)/debug/berth
fi
E2E_PYTHON=$PYTHON
export E2E_PYTHON E2E_BERTH
cd e2e
exec npx playwright test "$@"
