#!/usr/bin/env bash
# Everything that can be told without running tests; what `make check` does. The quick checks come first.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

main() {
  step "check: tools" scripts/setup.sh cargo-tools
  step "check: formatting" cargo fmt --all --check
  step "check: who may use what (deny.toml)" deny
  step "check: unused dependencies" "$TOOLS/cargo-tools/bin/cargo-shear" --locked
  step "check: the console" scripts/console.sh check
  step "check: clippy" cargo clippy --workspace --all-targets --quiet -- -D warnings
  step "check: documentation" documentation
  step "check: generated files" scripts/regen.sh --check
  say "check: all good"
}

deny() {
  "$TOOLS/cargo-tools/bin/cargo-deny" --log-level error check bans licenses sources
  if [ "${BERTH_ADVISORIES:-}" = 1 ]; then
    "$TOOLS/cargo-tools/bin/cargo-deny" check advisories
  else
    say "advisories: skipped, needs the internet (BERTH_ADVISORIES=1 runs it)"
  fi
}

documentation() {
  # With the examples, so that dependencies have the features that they have in tests: else all are compiled anew.
  RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --lib --bins --examples --quiet
}

main "$@"
