# shellcheck shell=bash
# Sourced by the other scripts: where things are, and how to say what is going on. Does nothing itself.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.cache/venv # a link: what is in it is kept among the tools, for the next clone
PYTHON=$VENV/bin/python
TOOLS=${BERTH_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/berth/tools}

# All of this goes to stderr: what a script answers is on stdout.
say() { printf '%s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# step WHAT COMMAND...: says what begins, and notes how long it took where $BERTH_MINUTES names a file (.ci/run).
# COMMAND is a program: in a function of the shell's, all failures but the last would go unnoticed here.
step() {
  local what=$1 begun=$EPOCHSECONDS code=0
  shift
  say "$what"
  "$@" || code=$?
  [ -z "${BERTH_MINUTES:-}" ] || printf '%s\t%s\n' "$((EPOCHSECONDS - begun))" "$what" >>"$BERTH_MINUTES"
  return "$code"
}

# Where cargo puts what it builds, whatever the environment and the configuration files say.
target_dir() {
  cargo metadata --format-version 1 --no-deps --manifest-path "$ROOT/Cargo.toml" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])'
}

# Installs what a package-lock.json says, unless that was done already.
npm_ci() {
  local stamp
  stamp=$(sha256sum "$ROOT/$1/package-lock.json" | cut -d' ' -f1)
  [ "$(cat "$ROOT/$1/node_modules/.berth" 2>/dev/null)" != "$stamp" ] || return 0
  say "setup: installing the npm packages of $1"
  npm --prefix "$ROOT/$1" ci --silent >&2 ||
    die "the npm packages of $1 could not be installed: is the npm registry reachable from here?"
  echo "$stamp" >"$ROOT/$1/node_modules/.berth"
}
