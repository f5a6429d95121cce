#!/usr/bin/env bash
# Everything that can be told without running tests; what `make check` does. The quick checks come first.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

DENY=$TOOLS/cargo-tools/bin/cargo-deny

step "check: tools" scripts/setup.sh cargo-tools
step "check: formatting" cargo fmt --all --check
step "check: who may use what (deny.toml)" "$DENY" --log-level error check bans licenses sources
if [ "${BERTH_ADVISORIES:-}" = 1 ]; then
  step "check: advisories" "$DENY" check advisories
else
  say "advisories: skipped, needs the internet (BERTH_ADVISORIES=1 runs it)"
fi
step "check: unused dependencies" "$TOOLS/cargo-tools/bin/cargo-shear" --locked
step "check: the console" scripts/console.sh check
step "check: clippy" cargo clippy --workspace --all-targets --quiet -- -D warnings
# With the examples, so that dependencies have the features that they have in tests: else all are compiled anew.
step "check: documentation" env RUSTDOCFLAGS="-D warnings" \
  cargo doc --workspace --no-deps --document-private-items --lib --bins --examples --quiet
step "check: generated files" scripts/regen.sh --check
say "check: all good"
