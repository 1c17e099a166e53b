# shellcheck shell=bash
# What goes wrong with hosts, on command and back again. Each fault can be repeated, and
# mending what is whole does nothing.

# The link is down on this side: packets vanish in both directions, and nobody is told.
command_cut() {
  need_host "${1:-}"
  ip link set "$(host_link "$1")" down
}

command_heal() {
  need_host "${1:-}"
  ip link set "$(host_link "$1")" up
}

# The process of host $1 that it numbers $2, as this machine numbers it.
host_pid() {
  local leader
  leader=$(host_leader "$1") || return 1
  # A process that has just ended is no reason to fail.
  descendants "$leader" | sed 's|.*|/proc/&/status|' | { xargs -r grep -H '^NSpid:' 2>/dev/null || true; } |
    awk -F '[/\t]' -v inside="$2" '$NF == inside { print $3; exit }'
}

# The sshd that accepts connections.
host_listener() { host_pid "$1" "$(guest "$1" cat /run/sshd.pid)"; }

# Stops the processes that serve connections, with what they run: connections stay open
# and fall silent. New ones work, unless --listener stops their server too.
command_freeze() {
  need_host "${1:-}"
  local name=$1 listener pid
  listener=$(host_listener "$name")
  [ -n "$listener" ] || die "host $name has no sshd"
  for pid in $(descendants "$listener") $([ "${2:-}" = --listener ] && echo "$listener"); do
    kill -STOP "$pid" 2>/dev/null && echo "$pid $(process_start "$pid")" >>"$run/hosts/$name/frozen"
  done
  [ -s "$run/hosts/$name/frozen" ] || say "host $name: no connection to freeze"
}

command_thaw() {
  need_host "${1:-}"
  local pid start
  while read -r pid start; do
    [ "$(process_start "$pid")" != "$start" ] || kill -CONT "$pid" 2>/dev/null || true
  done < <(cat "$run/hosts/$1/frozen" 2>/dev/null)
  rm -f "$run/hosts/$1/frozen"
}

# A new host key, which known_hosts does not have: as after a reinstallation, or with
# someone in between. `lab trust` accepts it.
command_rekey() {
  need_host "${1:-}"
  local key
  key=$(host_root "$1")/etc/ssh/ssh_host_ed25519_key
  rm -f "$key" "$key.pub"
  ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$key"
  sshd_reload "$1"
}

# The disk is shrunk around its contents, then filled: not a byte is left, for root
# neither.
command_fill() {
  need_host "${1:-}"
  local disk used file
  disk=$run/hosts/$1/disk
  file=$(host_root "$1")/var/log/huge.log
  used=$(df --output=used -B1 "$disk" | tail -n 1)
  [ -e "$file" ] || mount -o "remount,size=$((used + 32 * 1024 * 1024))" "$disk"
  # It ends when nothing fits any more, which is the aim.
  cat /dev/zero >>"$file" 2>/dev/null || true
}

command_unfill() {
  need_host "${1:-}"
  rm -f "$(host_root "$1")/var/log/huge.log"
  mount -o "remount,size=$disk_size" "$run/hosts/$1/disk"
}

# The programs that reach the manager; with --bus also those that speak to it directly.
hang_paths() {
  guest "$1" sh -c 'for p in "$@"; do command -v "$p"; done' - systemctl ${2:+systemd-stdio-bridge busctl}
}

# Programs that never answer. Mounted over the real ones, so no path leads past them.
command_hang_systemctl() {
  need_host "${1:-}"
  local name=$1 bus="" path
  [ "${2:-}" != --bus ] || bus=yes
  put "$name" 755 hang /usr/local/libexec/lab-hang
  for path in $(hang_paths "$name" "$bus"); do
    guest "$name" sh -c 'grep -q " $1 " /proc/self/mounts || mount --bind /usr/local/libexec/lab-hang "$1"' - "$path"
  done
}

command_unhang_systemctl() {
  need_host "${1:-}"
  local path
  for path in $(hang_paths "$1" bus); do
    guest "$1" sh -c '! grep -q " $1 " /proc/self/mounts || umount "$1"' - "$path"
  done
}

# A manager that is there and says nothing.
command_stop_pid1() {
  need_host "${1:-}"
  kill -STOP "$(host_leader "$1")"
}

command_cont_pid1() {
  need_host "${1:-}"
  kill -CONT "$(host_leader "$1")"
}

# Kills a unit's main process, and prints when, in nanoseconds of this machine's clock:
# the moment from which a latency counts. So everything slow comes before.
command_crash() {
  need_host "${1:-}"
  local name=$1 unit=${2:?crash: which unit?} signal=${3:-KILL} inside pid
  inside=$(guest "$name" systemctl show --property MainPID --value "$unit")
  [ "${inside:-0}" != 0 ] || die "host $name: $unit has no main process"
  pid=$(host_pid "$name" "$inside")
  [ -n "$pid" ] || die "host $name: process $inside of $unit is gone"
  local now=${EPOCHREALTIME/./}000
  kill "-$signal" "$pid"
  echo "$now"
}
