# shellcheck shell=bash
# lab scenario postgres NAME
#
# A PostgreSQL that runs, as Debian installs it: cluster 15/main, its socket in /run/postgresql.

postgres_packages="postgresql-15 postgresql-client-15 postgresql-common postgresql-client-common
  libpq5 libjson-perl ssl-cert netbase libxslt1.1 libxml2 libicu72"

scenario() {
  need_host "${1:-}"
  need_systemd "$1"
  local name=$1 root debs=$cache/postgres-bookworm
  [ "$(host_get "$name" generation)" = bookworm ] || die "PostgreSQL is known of bookworm only"
  root=$(host_root "$name")
  (
    flock 9
    [ -f "$debs/complete" ] && exit
    mkdir -p "$debs"
    cd "$debs"
    # shellcheck disable=SC2086
    apt-get download -qq $postgres_packages || { apt-get update -qq && apt-get download -qq $postgres_packages; }
    touch complete
  ) 9>"$cache/postgres.lock" >/dev/null 2>&1 || die "PostgreSQL cannot be downloaded"
  mkdir -p "$root/var/tmp/debs"
  cp "$debs"/*.deb "$root/var/tmp/debs/"
  # What compiles queries to machine code (LLVM, 100 MB) is not needed here, nor are all locales.
  guest "$name" sh -c 'export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
    dpkg -i --force-depends --force-unsafe-io /var/tmp/debs/*.deb >/var/tmp/postgres.log 2>&1; rm -r /var/tmp/debs
    echo "jit = off" >/etc/postgresql/15/main/conf.d/lab.conf && systemctl start postgresql@15-main' ||
    die "PostgreSQL does not start: $(tail -n 5 "$root/var/tmp/postgres.log")"
  guest "$name" runuser -u postgres -- psql -XAtqc 'select version()' >&2
}
