# shellcheck shell=bash
# lab scenario login-shell NAME SHELL
#
# The login shell of both users is another: fish, tcsh, dash, rbash, sh, nologin…

scenario() {
  need_host "${1:-}"
  local name=$1 shell=${2:?login-shell: which shell?} path
  # Looked up by hand: busybox's shell finds itself without a path.
  path=$(guest "$name" sh -c 'for d in /bin /usr/bin /usr/sbin; do [ ! -x "$d/$1" ] || exec echo "$d/$1"; done; exit 1' - "$shell") ||
    die "host $name ($(host_get "$name" generation)) has no $shell"
  # Through no tool: busybox has no usermod.
  guest "$name" sed -i -E "s|^(ops2?:.*):[^:]*$|\\1:$path|" /etc/passwd
}
