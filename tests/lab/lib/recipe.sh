# shellcheck shell=bash
# What the base file systems hold. The cache is keyed by this file's hash:
# a change here builds them anew, a change elsewhere does not.

# A generation is a Debian suite; what matters is its systemd.
generations="bookworm bullseye trixie busybox"

recipe_packages() {
  local common=systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,sudo,ca-certificates
  case $1 in
    # systemd 252: the one with a whole server's userland.
    bookworm)
      echo "$common,libpam-systemd,borgbackup,cron,curl,git,jq,nginx-light,python3,restic,rsync,sqlite3,openssl,tcsh,fish,locales,busybox-static"
      ;;
    # systemd 247. Without libpam-systemd: here a login has no scope of its own and
    # what it starts stays in ssh.service, as on many a small server.
    bullseye) echo "$common,python3-minimal" ;;
    # systemd 257, and the tools of backups as they are three years later.
    trixie) echo "$common,libpam-systemd,python3-minimal,borgbackup,restic" ;;
    *) return 1 ;;
  esac
}

# Settings of a fresh base in $1, of generation $2.
recipe_settle() {
  local root=$1 generation=$2 user
  # Upkeep and consoles: noise in a test, and time at boot.
  local noise="apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service
    dpkg-db-backup.timer fstrim.timer man-db.timer getty@.service getty-static.service
    console-getty.service systemd-networkd.service systemd-networkd.socket systemd-firstboot.service"
  # Disabled as well: a target that wants a masked unit would still list it.
  # shellcheck disable=SC2086
  chroot "$root" systemctl disable $noise >/dev/null 2>&1 || true
  # shellcheck disable=SC2086
  chroot "$root" systemctl mask $noise >/dev/null 2>&1
  chroot "$root" systemctl enable ssh.service >/dev/null 2>&1
  # A scenario starts them.
  chroot "$root" systemctl disable nginx.service cron.service >/dev/null 2>&1 || true

  for user in ops ops2; do chroot "$root" useradd --create-home --shell /bin/bash "$user"; done
  # ops is what an operator should be: reads the journal, may become root.
  chroot "$root" usermod --append --groups adm,systemd-journal ops
  echo 'ops ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ops"
  chmod 440 "$root/etc/sudoers.d/ops"

  # Each host gets its own key when it boots.
  rm -f "$root"/etc/ssh/ssh_host_*
  mkdir -p "$root/etc/ssh/sshd_config.d"
  cat >"$root/etc/ssh/sshd_config.d/10-lab.conf" <<'CONF'
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys .ssh/authorized_keys
PermitRootLogin prohibit-password
CONF
  # Otherwise journald decides by the directory, which differs by generation.
  mkdir -p "$root/var/log/journal"
  rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*_* "$root/etc/machine-id"
  rm -f "$root/etc/resolv.conf"
  : >"$root/etc/resolv.conf"

  if [ "$generation" = bookworm ]; then
    chroot "$root" localedef -i de_DE -f UTF-8 de_DE.UTF-8
    rm -f "$root/etc/nginx/sites-enabled/default"
  fi
}

# A host without GNU and without systemd: busybox is the userland, and only sshd with
# its libraries comes from Debian, at $2. Nothing else is in $1, so nothing else can
# be found by accident.
recipe_busybox() {
  local root=$1 debian=$2 library applet
  mkdir -p "$root"/{bin,dev,etc/ssh,home/ops,home/ops2,proc,root,run/sshd,sbin,sys,tmp,usr,var/empty,var/log}
  mkdir -p "$root"/usr/{bin,sbin,lib/openssh}
  chmod 1777 "$root/tmp"
  cp "$debian/bin/busybox" "$root/bin/busybox"
  while read -r applet; do
    mkdir -p "$root/${applet%/*}"
    [ -e "$root/$applet" ] || ln -s /bin/busybox "$root/$applet"
  done < <("$root/bin/busybox" --list-full)
  cp "$debian/usr/sbin/sshd" "$root/usr/sbin/sshd"
  cp "$debian/usr/lib/openssh/sftp-server" "$root/usr/lib/openssh/sftp-server"
  # What the loader names, at the very paths it names.
  while read -r library; do
    mkdir -p "$root/${library%/*}"
    cp -L "$debian$library" "$root$library"
  done < <(for program in /usr/sbin/sshd /usr/lib/openssh/sftp-server; do
    chroot "$debian" ldd "$program"
  done | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) print $i }' | sort -u)
  cat >"$root/etc/passwd" <<'CONF'
root:x:0:0:root:/root:/bin/sh
sshd:x:100:65534::/run/sshd:/bin/false
ops:x:1000:1000::/home/ops:/bin/sh
ops2:x:1001:1001::/home/ops2:/bin/sh
CONF
  printf '%s\n' root:x:0: adm:x:4:ops ops:x:1000: ops2:x:1001: nogroup:x:65534: >"$root/etc/group"
  # A star is no password but, unlike an exclamation mark, no locked account either.
  printf '%s:*:19000:0:99999:7:::\n' root sshd ops ops2 >"$root/etc/shadow"
  chmod 600 "$root/etc/shadow"
  chown 1000:1000 "$root/home/ops"
  chown 1001:1001 "$root/home/ops2"
  cat >"$root/etc/ssh/sshd_config" <<'CONF'
Include /etc/ssh/sshd_config.d/*.conf
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys .ssh/authorized_keys
PermitRootLogin prohibit-password
UsePAM no
Subsystem sftp /usr/lib/openssh/sftp-server
CONF
  mkdir -p "$root/etc/ssh/sshd_config.d"
  printf 'NAME="busybox"\nID=busybox\n' >"$root/etc/os-release"
}
