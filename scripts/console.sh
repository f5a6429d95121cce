#!/usr/bin/env bash
# The console (console/), which `cargo build` embeds in the binary where it has been built:
#
#   scripts/console.sh build          what `make console` does: into console/dist
#   scripts/console.sh check          lints, formatting and types, of the console and of e2e
#   scripts/console.sh test           the tests of its logic
#   scripts/console.sh regen [--check]  its types and limits, from docs/reference/openapi.json
#
# Installs what it needs from the npm registry, as package-lock.json says.
set -euo pipefail
source "$(dirname "$0")/common.sh"
cd "$ROOT"

main() {
  scripts/setup.sh node
  npm_ci console
  case ${1:-} in
    build) build ;;
    check)
      npm_ci e2e
      npm --prefix console run --silent check
      npm --prefix e2e run --silent check
      ;;
    test) npm --prefix console run --silent test ;;
    regen) regen "${2:-}" ;;
    *) die "usage: scripts/console.sh build|check|test|regen [--check]" ;;
  esac
}

# Unless nothing in it has changed since the last time: files that are written anew make cargo embed them anew.
build() {
  local stamp
  stamp=$(git ls-files -z --cached --others --exclude-standard console | sort -z | xargs -0 sha256sum 2>/dev/null | sha256sum)
  [ "$(cat .cache/console 2>/dev/null)" != "$stamp" ] || ! [ -e console/dist/index.html ] || return 0
  npm --prefix console run --silent build
  mkdir -p .cache
  echo "$stamp" >.cache/console
}

regen() {
  local files=(console/src/api/schema.d.ts console/src/api/limits.ts) before
  before=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$before'" EXIT
  cp "${files[@]}" "$before"
  npm --prefix console run --silent regen >/dev/null
  local file stale=
  for file in "${files[@]}"; do
    if [ "${1:-}" != --check ]; then
      say "regen: $file"
    elif ! cmp --silent "$file" "$before/${file##*/}"; then
      cp "$before/${file##*/}" "$file"
      stale+=" $file"
    fi
  done
  [ -z "$stale" ] || die "out of date:$stale: run 'make regen' and commit what it changes"
}

main "$@"
