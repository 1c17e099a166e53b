# shellcheck shell=bash
# lab scenario noisy-login NAME
#
# A host that talks at every login: a banner before it, and text from the shell's own
# files into what should be the command's output.

scenario() {
  need_host "${1:-}"
  local name=$1 root
  root=$(host_root "$name")
  printf '%s\n' '**************************' '*  AUTHORIZED USE ONLY   *' '**************************' \
    >"$root/etc/ssh/lab-banner"
  echo 'Banner /etc/ssh/lab-banner' >"$root/etc/ssh/sshd_config.d/20-banner.conf"
  # The first line, as Debian's own file ends at once in a shell that is not interactive:
  # bash reads it all the same when sshd starts it.
  local user
  for user in ops ops2; do
    printf '%s\n' 'echo "Welcome back! 3 updates can be applied."' 'printf "\033[32mhave a nice day\033[0m\n"' \
      'echo "motd: warning from .bashrc" >&2' >"$root/home/$user/.bashrc"
    echo 'echo "hello from .profile"' >"$root/home/$user/.profile"
  done
  sshd_reload "$name"
}
