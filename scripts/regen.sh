#!/usr/bin/env bash
# Makes the generated files anew; with --check, tells which of them are not as they would be made.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

# What is generated, and by which command.
FILES=(
  "docs/reference/openapi.json        openapi"
  "docs/reference/configuration.md    config reference"
  "docs/reference/permissions.md      iam doc"
  "docs/reference/berth.toml          config default"
)

# The same build that the tests use: nothing is compiled twice.
cargo test --workspace --no-run --quiet
berth=$(target_dir)/debug/berth
made=$(mktemp)
trap 'rm -f "$made"' EXIT

stale=0
for entry in "${FILES[@]}"; do
  read -r file arguments <<<"$entry"
  # Without the environment, so that no setting of this machine gets into a file.
  # shellcheck disable=SC2086
  env -i "$berth" $arguments >"$made" || die "'berth $arguments' failed"
  if [ "${1:-}" != --check ]; then
    mkdir -p "$(dirname "$file")"
    cp "$made" "$file"
    say "regen: $file"
  elif ! diff -u --label "$file" --label "$file, as 'berth $arguments' prints it" "$file" "$made" >&2; then
    stale=1
  fi
done
[ "$stale" = 0 ] || die "generated files are out of date: run 'make regen' and commit what it changes"

# Made from docs/reference/openapi.json, so after it.
scripts/console.sh regen "$@"
