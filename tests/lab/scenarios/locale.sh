# shellcheck shell=bash
# lab scenario locale NAME [LOCALE]
#
# Sessions speak German (or what LOCALE says, of those that the base has): messages, dates
# and the decimal sign are other ones.

scenario() {
  need_host "${1:-}"
  local name=$1 locale=${2:-de_DE.UTF-8} root
  root=$(host_root "$name")
  guest "$name" locale -a | grep -qix "${locale/UTF-8/utf8}" || die "host $name has no locale $locale"
  echo "LANG=$locale" >"$root/etc/default/locale"
  # Set by sshd it also wins over what a client sends along.
  echo "SetEnv LANG=$locale LC_ALL=$locale" >"$root/etc/ssh/sshd_config.d/20-locale.conf"
  sshd_reload "$name"
}
