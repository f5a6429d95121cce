#!/usr/bin/env bash
# Everything that can be told without running tests; what `make check` does. The quick checks come first.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

scripts/setup.sh cargo-deny cargo-machete

say "check: formatting"
cargo fmt --all --check

say "check: who may use what (deny.toml)"
"$TOOLS/bin/cargo-deny" --log-level error check bans licenses sources
if [ "${BERTH_ADVISORIES:-}" = 1 ]; then
  "$TOOLS/bin/cargo-deny" check advisories
else
  say "advisories: skipped, needs the internet (BERTH_ADVISORIES=1 runs it)"
fi

say "check: unused dependencies"
"$TOOLS/bin/cargo-machete"

say "check: the console"
scripts/console.sh check

say "check: clippy"
cargo clippy --workspace --all-targets --quiet -- -D warnings

say "check: documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --quiet

say "check: generated files"
scripts/regen.sh --check
say "check: all good"
