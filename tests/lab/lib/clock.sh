# shellcheck shell=bash
# A host with a wrong clock. What that means here, payload/clock.c says.

clock_seconds() {
  local factor=1
  [[ $1 =~ ^([+-]?)([0-9]+)([smhd]?)$ ]] || die "clock: an offset is like +2h, -90s or 0: $1"
  case ${BASH_REMATCH[3]} in m) factor=60 ;; h) factor=3600 ;; d) factor=86400 ;; esac
  echo "${BASH_REMATCH[1]#+}$((10#${BASH_REMATCH[2]} * factor))"
}

# Shifts the clock of new processes (so: of every session), of the manager and of the
# journal. Other services keep theirs until they are restarted.
command_clock() {
  need_host "${1:-}"
  local name=$1 root seconds
  root=$(host_root "$name")
  [ "$(host_get "$name" kind)" != busybox ] || die "clock: busybox is static, nothing can be loaded into it"
  seconds=$(clock_seconds "${2:?clock: which offset?}")
  if [ "$seconds" -eq 0 ]; then
    rm -f "$root/etc/ld.so.preload" "$root/etc/lab-clock"
  else
    need_commands cc gcc
    mkdir -p "$root/usr/local/lib"
    # Anew under its name: it may be mapped into programs of the host.
    # The headers promise that pointers are not null; callers do not keep that.
    cc -O2 -fPIC -fvisibility=hidden -fno-delete-null-pointer-checks -shared -o "$run/hosts/$name/clock.so" "$lab_dir/payload/clock.c" ||
      die "clock: the compiler failed"
    cp "$run/hosts/$name/clock.so" "$root/usr/local/lib/lab-clock.so.new"
    mv "$root/usr/local/lib/lab-clock.so.new" "$root/usr/local/lib/lab-clock.so"
    echo "$seconds" >"$root/etc/lab-clock"
    echo /usr/local/lib/lab-clock.so >"$root/etc/ld.so.preload"
  fi
  case $(host_get "$name" kind) in
    systemd | no-rights)
      guest "$name" systemctl daemon-reexec
      guest "$name" systemctl restart systemd-journald.service
      ;;
  esac
}
