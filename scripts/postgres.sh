#!/usr/bin/env bash
# A throw-away PostgreSQL server for tests, on a free loopback port:
#
#   scripts/postgres.sh start      starts it and prints its URL
#   scripts/postgres.sh url        prints the URL of the one that was started
#   scripts/postgres.sh stop       stops it and deletes its data; fine when there is none
#   scripts/postgres.sh installed  tells by its exit code whether there are server programs to use
#
# Its data is not safe from a crash, and its password is sent in clear, on purpose: that is what makes it fast.
# $BERTH_POSTGRES_STATE names the file that remembers it (default .cache/postgres), so that several can run side by
# side.
set -euo pipefail
source "$(dirname "$0")/common.sh"

MIN_VERSION=15
STATE=${BERTH_POSTGRES_STATE:-$ROOT/.cache/postgres}

main() {
  case ${1:-} in
    start) start ;;
    url) url ;;
    stop) stop ;;
    installed) programs >/dev/null ;;
    *) die "usage: scripts/postgres.sh start|url|stop|installed" ;;
  esac
}

# The directory of the newest server programs.
programs() {
  local candidate version
  for candidate in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse) \
    "$(pg_config --bindir 2>/dev/null || true)" "$(dirname "$(command -v postgres || echo /nowhere/postgres)")"; do
    if ! [ -x "$candidate/initdb" ] || ! [ -x "$candidate/pg_ctl" ]; then continue; fi
    version=$("$candidate/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    [ "$version" -ge "$MIN_VERSION" ] || continue
    echo "$candidate"
    return
  done
  return 1
}

# PostgreSQL refuses to run as root; Debian's package brings a user for it.
as_server() {
  if [ "$(id -u)" -eq 0 ]; then
    id postgres >/dev/null 2>&1 || die "PostgreSQL does not run as root, and there is no user 'postgres' to run it as"
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

start() {
  local bin directory port password attempt
  bin=$(programs) || die "no PostgreSQL $MIN_VERSION or later is installed: run scripts/setup.sh postgres, or set TEST_DATABASE_URL"
  [ ! -s "$STATE" ] || stop # one that a killed run has left
  mkdir -p "$(dirname "$STATE")"
  directory=$(as_server mktemp -d "${TMPDIR:-/tmp}/berth-postgres-XXXXXX")
  echo "$directory" >"$STATE"
  trap stop EXIT
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  as_server sh -c 'umask 077 && cat >"$0"' "$directory/password" <<<"$password"
  as_server "$bin/initdb" --pgdata="$directory/data" --username=berth --pwfile="$directory/password" \
    --auth=password --encoding=UTF8 --locale=C --no-sync >/dev/null
  # The port is free when it is picked and may be gone when it is used: then another one.
  for attempt in 1 2 3 4 5; do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    if as_server "$bin/pg_ctl" start --pgdata="$directory/data" --log="$directory/log" --wait --silent \
      --options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off" >/dev/null; then
      echo "postgres://berth:$password@127.0.0.1:$port/postgres" | as_server tee "$directory/url"
      trap - EXIT
      return
    fi
    say "postgres: attempt $attempt to start it failed"
  done
  tail -n 20 "$directory/log" >&2
  die "PostgreSQL did not start; its last words are above"
}

url() {
  [ -s "$STATE" ] || die "no PostgreSQL was started here: scripts/postgres.sh start"
  as_server cat "$(cat "$STATE")/url"
}

stop() {
  [ -s "$STATE" ] || return 0
  local directory
  directory=$(cat "$STATE")
  case $directory in */berth-postgres-*) ;; *) die "$STATE names $directory, which is not a server of this script's" ;; esac
  if [ -e "$directory/data/postmaster.pid" ]; then
    as_server "$(programs)/pg_ctl" stop --pgdata="$directory/data" --mode=immediate --wait --silent >/dev/null || true
  fi
  rm -rf "$directory"
  rm -f "$STATE"
}

main "$@"
