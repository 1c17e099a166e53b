# The last changes of packages, as the package manager has written them down, oldest first.
qd_packages() {
  if [ -r /var/log/dpkg.log ]; then
    tail -c 65536 /var/log/dpkg.log | grep -E '^[^ ]+ [^ ]+ (install|upgrade|remove|purge) ' | tail -n 12
  elif [ -r /var/log/pacman.log ]; then
    tail -c 65536 /var/log/pacman.log | grep -E '\] (installed|upgraded|downgraded|removed) ' | tail -n 12
  elif qd_have rpm; then
    qd_limit 5 rpm -qa --last | head -n 12
  fi | qd_cap 8192
}
