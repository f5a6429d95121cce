#!/usr/bin/env bash
# Builds Berth and plays the demo (demo.py); with --check, asserts every step and stops.
# $BERTH_BIN names a binary to use instead of building one.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

scripts/setup.sh python
if [ -z "${BERTH_BIN:-}" ]; then
  scripts/console.sh build
  say "demo: building Berth (some minutes the first time)"
  cargo build --package berth
  BERTH_BIN=$(target_dir)/debug/berth
fi
exec "$PYTHON" scripts/demo.py --berth "$BERTH_BIN" "$@"
