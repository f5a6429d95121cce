#!/usr/bin/env bash
# Runs a command beside AWS simulators that all of its tests share:
#
#   scripts/simulators.sh COMMAND...
#
# BERTH_TEST_SIMULATORS names the directory of their sockets to it (crates/testkit/src/simulator.rs). Each is one
# process and Python, so there are two of those that much is asked of.
set -euo pipefail
source "$(dirname "$0")/common.sh"

KINDS=(moto-0 moto-1 ministack-0 ministack-1 moto-plain-0)

DIRECTORY=$(mktemp -d)
LAUNCHERS=()
stop() {
  [ ${#LAUNCHERS[@]} = 0 ] || kill "${LAUNCHERS[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$DIRECTORY"
}
trap stop EXIT

mkfifo "$DIRECTORY/open"
for name in "${KINDS[@]}"; do
  "$PYTHON" "$ROOT/crates/testkit/simulators/launch.py" "${name%-*}" --socket "$DIRECTORY/$name" \
    <"$DIRECTORY/open" >/dev/null &
  LAUNCHERS+=($!)
done
exec {OPEN}>"$DIRECTORY/open" # each ends when this closes, at the latest with this script
for name in "${KINDS[@]}"; do
  for _ in $(seq 600); do
    [ ! -S "$DIRECTORY/$name" ] || continue 2
    sleep 0.1
  done
  die "the AWS simulator $name did not start; it says why above"
done
BERTH_TEST_SIMULATORS=$DIRECTORY "$@" {OPEN}>&-
